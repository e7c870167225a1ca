"""
Formatted text for the page: lines of spans. Pure.

A line is `{"as": …, "spans": […]}`, where `as` is `plain`, `quote`, `code`, `small`, `heading` or `bullet`. A span is
`{"text": …}` with any of `bold`, `italic`, `underline`, `strike`, `code`, `mention`, `link`, a web address, and `ago`,
the moment of which the page says how long ago it was.
The page makes elements from them and inserts every text as text, so nothing that a customer writes can be markup.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.page.actions import Json

_PNG = b"\x89PNG\r\n\x1a\n"
Names = Callable[[str, int], str]
"""The name behind an id: a kind (`user`, `role`, `channel`) and the id."""

_FENCE = re.compile(r"```(?:[\w+\-.#]*\n)?(.+?)\n?```", re.DOTALL)
_STARTS = (
    (re.compile(r"> ?(?=\S|$)"), "quote"),
    (re.compile(r"-# (?=\S)"), "small"),
    (re.compile(r"#{1,3} (?=\S)"), "heading"),
    (re.compile(r"[-*] (?=\S)"), "bullet"),
)
_INLINE = re.compile(
    r"\\(?P<escaped>[^0-9A-Za-z\s])"
    r"|`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<bold>(?:\\.|[^\\])+?)\*\*(?!\*)"
    r"|__(?P<underline>(?:\\.|[^\\])+?)__(?!_)"
    r"|~~(?P<strike>(?:\\.|[^\\])+?)~~"
    r"|\*(?=\S)(?P<italic>(?:\\.|[^\\*])+?)(?<=\S)\*"
    r"|(?<!\w)_(?=\S)(?P<slanted>(?:\\.|[^\\_])+?)(?<=\S)_(?!\w)"
    r"|\[(?P<label>(?:\\.|[^\]\\])+)\]\((?P<target>https?://[^\s()<>]+)\)"
    r"|<(?P<address>https?://[^\s<>]+)>"
    r"|<@!?(?P<user>\d+)>|<@&(?P<role>\d+)>|<#(?P<channel>\d+)>"
    r"|<t:(?P<ago>\d{1,11}):R>"
    r"|<t:(?P<moment>\d{1,11})(?::\w)?>"
    r"|(?P<bare>https?://[^\s<>]*[^\s<>.,:;!?\"'\])])",
    re.DOTALL,
)
_NESTING = {"bold": "bold", "underline": "underline", "strike": "strike", "italic": "italic", "slanted": "italic"}


def line(kind: str, *spans: Json) -> Json:
    return {"as": kind, "spans": list(spans)}


def span(text: str, **style: Any) -> Json:
    return {"text": text, **style}


def file(name: str, content: bytes, content_type: str, alternative: str) -> Json:
    """A file as a block of the page: a picture shows itself, any other file its name."""
    if content_type != "image/png" or not content.startswith(_PNG):
        return {"kind": "text", "lines": plain(f"📎 {name}")}
    encoded = b64encode(content).decode("ascii")
    return {"kind": "picture", "source": f"data:image/png;base64,{encoded}", "alternative": alternative or name}


def plain(text: str, kind: str = "plain") -> list[Json]:
    """A text without formatting, as one line; no line for an empty text."""
    return [line(kind, span(text))] if text else []


def discord_lines(content: str, names: Names) -> list[Json]:
    """
    Discord's markdown as its client shows it.

    See https://support.discord.com/hc/en-us/articles/210298617.
    """
    lines: list[Json] = []
    end = 0
    for fence in _FENCE.finditer(content):
        lines += _prose(content[end : fence.start()].removesuffix("\n"), names)
        lines.append(line("code", span(fence[1])))
        end = fence.end()
    lines += _prose(content[end:].removeprefix("\n") if end else content, names)
    return lines


def _prose(text: str, names: Names) -> Iterator[Json]:
    """Neighbouring lines of one kind become one line of the page, with line breaks in it."""
    kind, held = "plain", list[str]()
    for each in text.split("\n") if text else ():
        found, rest = _start(each)
        if held and (found != kind or found == "bullet"):
            yield line(kind, *_spans("\n".join(held), names, {}))
            held = []
        kind = found
        held.append(rest)
    if held:
        yield line(kind, *_spans("\n".join(held), names, {}))


def _start(text: str) -> tuple[str, str]:
    for pattern, kind in _STARTS:
        found = pattern.match(text)
        if found is not None:
            return kind, text[found.end() :]
    return "plain", text


def _spans(text: str, names: Names, style: Json) -> list[Json]:
    return list(_joined(_parsed(text, names, style)))


def _parsed(text: str, names: Names, style: Json) -> Iterator[Json]:
    end = 0
    for found in _INLINE.finditer(text):
        if found.start() > end:
            yield span(text[end : found.start()], **style)
        yield from _found(found, names, style)
        end = found.end()
    if end < len(text):
        yield span(text[end:], **style)


def _found(found: re.Match[str], names: Names, style: Json) -> Iterable[Json]:
    kind = next(name for name, value in found.groupdict().items() if value is not None)
    value = found[kind]
    if kind in _NESTING:
        return _parsed(value, names, style | {_NESTING[kind]: True})
    if kind == "label":
        return _parsed(value, names, style | {"link": found["target"]})
    return [_leaf(kind, value, names, style)]


def _leaf(kind: str, value: str, names: Names, style: Json) -> Json:
    match kind:
        case "escaped":
            shown = span(value, **style)
        case "code":
            shown = span(value, **style, code=True)
        case "address" | "bare":
            shown = span(value, **({"link": value} | style))
        case "moment":
            shown = span(_moment(value), **style)
        case "ago":
            shown = span(_moment(value), **style, ago=int(value))
        case _:
            sign = "#" if kind == "channel" else "@"
            shown = span(f"{sign}{names(kind, int(value))}", **style, mention=True)
    return shown


def _moment(value: str) -> str:
    return f"{datetime.fromtimestamp(int(value), UTC):%Y-%m-%d %H:%M} UTC"


def _joined(spans: Iterable[Json]) -> Iterator[Json]:
    """Join neighbouring spans of the same style."""
    held: Json | None = None
    for each in spans:
        if held is not None and held | {"text": ""} == each | {"text": ""}:
            held = each | {"text": held["text"] + each["text"]}
            continue
        if held is not None:
            yield held
        held = each
    if held is not None:
        yield held
