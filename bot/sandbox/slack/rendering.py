"""How a person reads a message, and whom it pings. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from bot.sandbox.slack.emoji import to_signs
from bot.sandbox.slack.values import Json


class Names(Protocol):
    """The names behind ids; the id itself if it is unknown."""

    def user(self, user: str) -> str: ...

    def channel(self, channel: str) -> str: ...

    def group(self, group: str) -> str: ...


BROADCASTS = ("channel", "here", "everyone")
_CONTROL = re.compile(r"<([^<>\n]+)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_CODE = re.compile(r"```\n?(.+?)\n?```|(?<![\w`])`([^`\n]+)`(?![\w`])", re.DOTALL)
_STYLES = (
    re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*[^*\s])\*(?![\w*])"),
    re.compile(r"(?<![\w_])_(?=\S)([^_\n]*[^_\s])_(?![\w_])"),
    re.compile(r"(?<![\w~])~(?=\S)([^~\n]*[^~\s])~(?![\w~])"),
)
_QUOTE = re.compile(r"^(?:&gt;|>)+ ?", re.MULTILINE)


def unescape(text: str) -> str:
    """The text with `&lt;`, `&gt;` and `&amp;` replaced by their characters."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


# ---------------------------------------------------------------- pings


def pings(text: str, blocks: Sequence[Json], attachments: Sequence[Json] = ()) -> tuple[str, ...]:
    """
    Who is notified: `@channel`, `@here`, `@everyone`, user ids and group ids, each once.

    If there are blocks, the text is only for the notification and pings nobody. Mentions ping even if formatting is
    off (`mrkdwn: false`).
    """
    found = [ping for block in blocks for ping in _pings_of_block(block)] if blocks else list(_pings_of_text(text))
    for attachment in attachments:
        found += _pings_of_text(" ".join(_texts(attachment)))
        found += [ping for block in attachment.get("blocks", ()) for ping in _pings_of_block(block)]
    return tuple(dict.fromkeys(found))


def _texts(attachment: Json) -> list[str]:
    return [str(attachment[name]) for name in ("pretext", "title", "text") if attachment.get(name)]


def _pings_of_text(text: str) -> Iterator[str]:
    for control in _CONTROL.findall(text):
        target = control.partition("|")[0]
        if target.startswith("@"):
            yield target[1:]
        elif target.startswith("!subteam^"):
            yield target.removeprefix("!subteam^")
        elif target.startswith("!") and target[1:] in BROADCASTS:
            yield f"@{target[1:]}"


def _pings_of_block(part: object) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _pings_of_block(each)
    if not isinstance(part, dict):
        return
    kind = part.get("type")
    if kind in ("mrkdwn", "markdown"):
        yield from _pings_of_text(part["text"])
    elif kind == "user" and "user_id" in part:
        yield part["user_id"]
    elif kind == "usergroup" and "usergroup_id" in part:
        yield part["usergroup_id"]
    elif kind == "broadcast" and "range" in part:
        yield f"@{part['range']}"
    for each in part.values():
        if isinstance(each, (list, dict)):
            yield from _pings_of_block(each)


# ---------------------------------------------------------------- reading


def read_mrkdwn(text: str, names: Names) -> str:
    """What `mrkdwn` shows: without the marks of formatting, mentions and links as names, a quoted line after a bar."""
    pieces: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        pieces += [_read_prose(text[end : code.start()], names), _read_plain(code[1] or code[2], names)]
        end = code.end()
    return "".join([*pieces, _read_prose(text[end:], names)])


def _read_prose(text: str, names: Names) -> str:
    text = _QUOTE.sub("▌ ", text)
    for style in _STYLES:
        text = style.sub(r"\1", text)
    return _read_plain(to_signs(text), names)


def _read_plain(text: str, names: Names) -> str:
    return unescape(_CONTROL.sub(lambda found: _shown(found[1], names), text))


def _shown(control: str, names: Names) -> str:
    target, _, label = control.partition("|")
    if target.startswith("@"):
        return f"@{names.user(target[1:])}"
    if target.startswith("#"):
        return f"#{names.channel(target[1:])}"
    if target.startswith("!subteam^"):
        return f"@{names.group(target.removeprefix('!subteam^'))}"
    if target.startswith("!date^"):
        return label
    if target.startswith("!"):
        return f"@{target[1:]}"
    return label or target.removeprefix("mailto:")


def read_text_object(part: Json, names: Names) -> str:
    """A text object as people read it; `plain_text` shows every character as it is, except `:emoji:`."""
    text = str(part["text"])
    if part["type"] == "mrkdwn":
        return read_mrkdwn(text, names)
    return to_signs(text) if part.get("emoji", True) else text


def read_message(
    text: str, blocks: Sequence[Json], attachments: Sequence[Json], names: Names, *, mrkdwn: bool = True
) -> str:
    """The whole message, line by line; blocks replace the text, attachments are below."""
    if blocks:
        lines = [read_blocks(blocks, names)]
    else:
        lines = [read_mrkdwn(text, names) if mrkdwn else _read_plain(to_signs(text), names)]
    for attachment in attachments:
        lines += [read_mrkdwn(each, names) for each in _texts(attachment)]
        lines.append(read_blocks(attachment.get("blocks", ()), names))
    return "\n".join(line for line in lines if line)


def read_blocks(blocks: Sequence[Json], names: Names) -> str:
    """Blocks from top to bottom; a button reads `[Close]`."""
    return "\n".join(line for block in blocks if (line := _read_block(block, names)))


def _read_block(block: Json, names: Names) -> str:
    match block["type"]:
        case "header":
            shown = read_text_object(block["text"], names)
        case "divider":
            shown = "───"
        case "image":
            shown = f"({block['alt_text']})"
        case "markdown":
            shown = str(block["text"])
        case "context" | "actions":
            shown = " ".join(_read_element(element, names) for element in block["elements"])
        case "input":
            shown = f"{read_text_object(block['label'], names)}: {_read_element(block['element'], names)}"
        case "rich_text":
            shown = _read_rich(block["elements"], names)
        case "table":
            shown = "\n".join(" | ".join(_read_cell(cell, names) for cell in row) for row in block["rows"])
        case _:
            shown = _read_section(block, names)
    return shown


def _read_cell(cell: Json, names: Names) -> str:
    return str(cell["text"]) if cell["type"] == "raw_text" else _read_rich(cell["elements"], names)


def _read_section(block: Json, names: Names) -> str:
    parts = [block["text"]] if block.get("text") else []
    lines = [read_text_object(part, names) for part in (*parts, *block.get("fields", ()))]
    if block.get("accessory"):
        lines.append(_read_element(block["accessory"], names))
    return "\n".join(lines)


def _read_element(element: Json, names: Names) -> str:
    kind = element["type"]
    if kind in ("plain_text", "mrkdwn"):
        return read_text_object(element, names)
    if kind == "image":
        return f"({element['alt_text']})"
    if kind == "button":
        return f"[{read_text_object(element['text'], names)}]"
    placeholder = element.get("placeholder")
    return f"[{read_text_object(placeholder, names) if placeholder else '…'}]"


def _read_rich(elements: Sequence[Json], names: Names) -> str:
    lines: list[str] = []
    for element in elements:
        kind, inner = element["type"], element.get("elements", [])
        if kind == "rich_text_list":
            lines.extend(f"• {_read_rich([item], names)}" for item in inner)
        elif kind == "rich_text_quote":
            lines.append("▌ " + _read_spans(inner, names).replace("\n", "\n▌ "))
        else:
            lines.append(_read_spans(inner, names))
    return "\n".join(lines)


def _read_spans(spans: Sequence[Json], names: Names) -> str:
    return "".join(_read_span(span, names) for span in spans)


def _read_span(span: Json, names: Names) -> str:
    match span["type"]:
        case "text":
            shown = str(span["text"])
        case "link":
            shown = str(span.get("text") or span["url"])
        case "emoji":
            shown = to_signs(f":{span['name']}:")
        case "date":
            shown = str(span.get("fallback") or span["timestamp"])
        case "user":
            shown = f"@{names.user(span['user_id'])}"
        case "channel":
            shown = f"#{names.channel(span['channel_id'])}"
        case "usergroup":
            shown = f"@{names.group(span['usergroup_id'])}"
        case _:
            shown = f"@{span['range']}"
    return shown
