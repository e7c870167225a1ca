"""What Slack's composer makes from what a person types: escaped text with links and mentions, and a rich text block."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.sandbox.slack.emoji import NAMES, SIGN, SIGNS, to_codes
from bot.sandbox.slack.rendering import BROADCASTS
from bot.sandbox.slack.values import Json

_PARTS = re.compile(
    r"(?P<url>https?://[^\s<>|]*[^\s<>|.,;:!?)'\"])"
    r"|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w.@/-])(?P<domain>(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev)(?:/[^\s<>|]*[^\s<>|.,;:!?)'\"])?)(?![\w.@-])"
    r"|(?<!\w)@(?P<who>[\w.-]*\w)"
    r"|(?<!\w)\#(?P<channel>[\w-]+)"
)
_STYLED = re.compile(
    r"(?<![\w`])`(?P<code>[^`\n]+)`(?![\w`])"
    r"|(?<![\w*])\*(?=\S)(?P<bold>[^*\n]*[^*\s])\*(?![\w*])"
    r"|(?<![\w_])_(?=\S)(?P<italic>[^_\n]*[^_\s])_(?![\w_])"
    r"|(?<![\w~])~(?=\S)(?P<strike>[^~\n]*[^~\s])~(?![\w~])"
)
_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_QUOTED = re.compile(r"> ?(?P<rest>.*)")
_ENTRY = re.compile(r"(?P<indent>(?:    )*)(?:(?P<bullet>[*-])|(?P<number>\d+)\.) (?P<rest>\S.*)")
_CODE = re.compile(r":([a-z0-9_+\-]+):")


def escape(text: str) -> str:
    """The text with the three characters that Slack keeps as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def compose(typed: str, mentions: Mapping[str, Json]) -> tuple[str, list[Json]]:
    """
    The `text` and the `blocks` of a message that a person types.

    Args:
        mentions: What `@name` and `#name` stand for, each as a rich text element.
    """
    text: list[str] = []
    elements: list[Json] = []
    for position, part in enumerate(_FENCE.split(typed)):
        if position % 2:
            text.append(f"```{escape(to_codes(part))}```")
            elements.append({"type": "rich_text_preformatted", "elements": [{"type": "text", "text": part}]})
            continue
        text.append(_text(part, mentions))
        elements += _elements(part.removeprefix("\n") if elements else part, mentions)
    block = {"type": "rich_text", "block_id": "typed", "elements": elements}
    return "".join(text), [block] if elements else []


def _elements(typed: str, mentions: Mapping[str, Json]) -> list[Json]:
    """Lines that begin like a quote or a list are one; the text before such a line ends with its line end."""
    elements: list[Json] = []
    held: list[str] = []

    def end_section(end: str) -> None:
        if held and (section := _spans("\n".join(held) + end, mentions, {})):
            elements.append({"type": "rich_text_section", "elements": section})
        held.clear()

    for each in typed.split("\n") if typed else ():
        quoted, entry = _QUOTED.fullmatch(each), _ENTRY.fullmatch(each)
        if quoted is None and entry is None:
            held.append(each)
            continue
        end_section("\n")
        if quoted is not None:
            _add_quoted(elements, _spans(quoted["rest"], mentions, {}))
        elif entry is not None:
            _add_entry(elements, entry, _spans(entry["rest"], mentions, {}))
    end_section("")
    return elements


def _add_quoted(elements: list[Json], spans: list[Json]) -> None:
    if elements and elements[-1]["type"] == "rich_text_quote":
        spans = [*elements.pop()["elements"], {"type": "text", "text": "\n"}, *spans]
    elements.append({"type": "rich_text_quote", "elements": spans})


def _add_entry(elements: list[Json], entry: re.Match[str], spans: list[Json]) -> None:
    shown: Json = {"style": "bullet" if entry["bullet"] else "ordered", "indent": len(entry["indent"]) // 4}
    section: Json = {"type": "rich_text_section", "elements": spans}
    last = elements[-1] if elements else {}
    if last.get("type") == "rich_text_list" and all(last[name] == value for name, value in shown.items()):
        elements[-1] = last | {"elements": [*last["elements"], section]}
        return
    start = int(entry["number"] or 1)
    offset = {"offset": start - 1} if start > 1 else {}
    elements.append({"type": "rich_text_list", **shown, "border": 0, "elements": [section], **offset})


def _text(typed: str, mentions: Mapping[str, Json]) -> str:
    pieces: list[str] = []
    end = 0
    for found in _PARTS.finditer(typed):
        pieces += [escape(to_codes(typed[end : found.start()])), _linked(found, mentions)]
        end = found.end()
    return "".join([*pieces, escape(to_codes(typed[end:]))])


def _linked(found: re.Match[str], mentions: Mapping[str, Json]) -> str:
    if found["url"]:
        return f"<{escape(found['url'])}>"
    if found["mail"]:
        return f"<mailto:{found['mail']}|{found['mail']}>"
    if found["domain"]:
        return f"<http://{found['domain']}|{found['domain']}>"
    target = mentions.get(found[0])
    if target is None:
        return found[0]
    return _mention(target, found[0][1:])


def _mention(target: Json, name: str) -> str:
    kind = target["type"]
    if kind == "user":
        return f"<@{target['user_id']}>"
    if kind == "usergroup":
        return f"<!subteam^{target['usergroup_id']}>"
    if kind == "broadcast":
        return f"<!{target['range']}>"
    return f"<#{target['channel_id']}|{name}>"


def _spans(typed: str, mentions: Mapping[str, Json], style: Mapping[str, bool]) -> list[Json]:
    spans: list[Json] = []
    end = 0
    for found in _STYLED.finditer(typed):
        name = str(found.lastgroup)
        spans += _unstyled(typed[end : found.start()], mentions, style)
        inner = {**style, name: True}
        if name == "code":
            spans.append({"type": "text", "text": found[name], "style": inner})
        else:
            spans += _spans(found[name], mentions, inner)
        end = found.end()
    return spans + _unstyled(typed[end:], mentions, style)


def _unstyled(typed: str, mentions: Mapping[str, Json], style: Mapping[str, bool]) -> list[Json]:
    spans: list[Json] = []
    end = 0
    for found in _PARTS.finditer(typed):
        spans += _plain(typed[end : found.start()])
        spans += [_span(found, mentions)]
        end = found.end()
    spans += _plain(typed[end:])
    return [{**span, "style": dict(style)} for span in spans] if style else spans


def _span(found: re.Match[str], mentions: Mapping[str, Json]) -> Json:
    if found["url"]:
        return {"type": "link", "url": found["url"]}
    if found["mail"]:
        return {"type": "link", "url": f"mailto:{found['mail']}", "text": found["mail"]}
    if found["domain"]:
        return {"type": "link", "url": f"http://{found['domain']}", "text": found["domain"]}
    return dict(mentions.get(found[0], {"type": "text", "text": found[0]}))


def _plain(typed: str) -> list[Json]:
    """Typed emoji, and short codes that Slack knows, become elements of their own."""
    typed = _CODE.sub(lambda found: SIGNS.get(found[1], found[0]), typed)
    spans: list[Json] = []
    end = 0
    for found in SIGN.finditer(typed):
        spans += _words(typed[end : found.start()])
        sign = found[0].rstrip("\ufe0f")
        code = "-".join(f"{ord(character):x}" for character in found[0])
        spans.append({"type": "emoji", "name": NAMES[sign], "unicode": code})
        end = found.end()
    return spans + _words(typed[end:])


def _words(typed: str) -> list[Json]:
    return [{"type": "text", "text": typed}] if typed else []


def broadcasts() -> dict[str, Json]:
    """`@channel`, `@here` and `@everyone` as rich text elements."""
    return {f"@{word}": {"type": "broadcast", "range": word} for word in BROADCASTS}
