"""
Neutral text to Slack's mrkdwn, and back; pure.

Slack escapes only `&`, `<` and `>`; everything in angle brackets is a link, a mention or a date.
Source: docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.text import clean

_BRACKETED = re.compile(r"<([^<>\n]*)>")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>\n]*)?>")
# A note may begin with a lock: this must be recognised even if the message does not explain its short codes.
_ALWAYS = {":lock:": "🔒"}
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def escape(text: str) -> str:
    """The text, written so that it makes no mention, link or entity in a mrkdwn field."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def width(text: str) -> int:
    """The text's length as Slack counts it: in UTF-16 units, as its clients do."""
    return len(text.encode("utf-16-le")) // 2


def mentioned(markup: str) -> frozenset[str]:
    """The ids of the people whom a message mentions; `neutral` needs their names."""
    return frozenset(_MENTION.findall(markup))


def neutral(markup: str, names: Mapping[str, str], emoji: Mapping[str, str] | None = None) -> str:
    """
    The text that people read, as neutral text.

    Unknown short codes and `*stars*` stay as they were typed. Entities are resolved last, so that a text that was
    typed as `&lt;@U1&gt;` never becomes a mention.

    Args:
        names: By the id of each mentioned person; without a name the id stays.
        emoji: What short codes stand for: `:lock:` for 🔒.
    """
    codes = _ALWAYS | dict(emoji or {})
    pieces: list[str] = []
    end = 0
    for found in _BRACKETED.finditer(markup):
        pieces.extend((_plain(markup[end : found.start()], codes), _readable(found.group(1), names)))
        end = found.end()
    pieces.append(_plain(markup[end:], codes))
    return clean("".join(pieces))


def _plain(text: str, codes: Mapping[str, str]) -> str:
    """The text with the characters that its known short codes stand for; one pass, however many codes there are."""
    parts = text.split(":")
    shown, at = [parts[0]], 1
    while at < len(parts):
        code = ":".join(("", *parts[at : at + 1], ""))
        toned = ":".join(("", *parts[at : at + 3], ""))
        if at + 3 < len(parts) and toned in codes:
            shown += codes[toned], parts[at + 3]
            at += 4
        elif at + 1 < len(parts) and code in codes:
            shown += codes[code], parts[at + 1]
            at += 2
        else:
            shown += ":", parts[at]
            at += 1
    return _unescape("".join(shown))


def _unescape(text: str) -> str:
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def _readable(inside: str, names: Mapping[str, str]) -> str:
    """The text for what is between angle brackets; its first character says what it is."""
    target, _, label = inside.partition("|")
    target, label = _unescape(target), _unescape(label)
    reader = _READERS.get(target[:1])
    if reader is not None:
        return reader(target[1:], label, names)
    return _link(target, label)


def _person(target: str, label: str, names: Mapping[str, str]) -> str:
    return "@" + (names.get(target) or label or target)


def _channel(target: str, label: str, _names: Mapping[str, str]) -> str:
    return "#" + (label or target)


def _special(target: str, label: str, _names: Mapping[str, str]) -> str:
    """`!here`, `!subteam^S1|@team`, `!date^1700000000^{date}|then`."""
    name, _, rest = target.partition("^")
    if name in ("subteam", "date"):
        return label or rest
    return label if label.startswith("@") else f"@{label or name}"


_READERS: dict[str, Callable[[str, str, Mapping[str, str]], str]] = {"@": _person, "#": _channel, "!": _special}


def _link(target: str, label: str) -> str:
    """An address; before it its label, if that says something else than the address."""
    scheme, colon, rest = target.partition(":")
    if colon and scheme in ("mailto", "tel"):
        target = rest
    bare = target.removeprefix("https://").removeprefix("http://").rstrip("/")
    if not label:
        return target
    if label.rstrip("/") in (target.rstrip("/"), bare):
        return label
    return f"{label} ({target})"
