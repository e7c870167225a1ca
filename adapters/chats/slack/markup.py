"""
Between neutral text and Slack's mrkdwn.

Slack escapes exactly `&`, `<` and `>`; everything in angle brackets is a link, a mention or a date.
Source: docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from bot.text import clean

_BRACKETED = re.compile(r"<([^<>\n]*)>")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>\n]*)?>")
# Whatever else a message lacks, a note that begins with a lock must be known for one.
_ALWAYS = {":lock:": "🔒"}
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def escape(text: str) -> str:
    """The text so that it cannot make a mention, a link or an entity in a mrkdwn field."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def width(text: str) -> int:
    """How long Slack takes a text for: in UTF-16 units, as its clients do."""
    return len(text.encode("utf-16-le")) // 2


def mentioned(markup: str) -> frozenset[str]:
    """The ids of the people whom a message mentions; their names are needed by `neutral`."""
    return frozenset(_MENTION.findall(markup))


def neutral(markup: str, names: Mapping[str, str], emoji: Mapping[str, str] | None = None) -> str:
    """
    What a message reads like, as neutral text.

    Unknown short codes and `*stars*` stay as they were typed. Entities are resolved last, so that what somebody
    typed as `&lt;@U1&gt;` is never taken for a mention.

    Args:
        names: By the id of each person mentioned; an id without a name stays.
        emoji: What short codes stand for: `:lock:` for 🔒.
    """
    codes = sorted((_ALWAYS | dict(emoji or {})).items(), key=lambda code: -len(code[0]))
    pieces: list[str] = []
    end = 0
    for found in _BRACKETED.finditer(markup):
        pieces.extend((_plain(markup[end : found.start()], codes), _readable(found.group(1), names)))
        end = found.end()
    pieces.append(_plain(markup[end:], codes))
    return clean("".join(pieces))


def _plain(text: str, codes: Sequence[tuple[str, str]]) -> str:
    for code, characters in codes:
        text = text.replace(code, characters)
    return _unescape(text)


def _unescape(text: str) -> str:
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def _readable(inside: str, names: Mapping[str, str]) -> str:
    """What stands between angle brackets, by its first character."""
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
    """An address; its label goes first where it says something else than the address does."""
    scheme, colon, rest = target.partition(":")
    if colon and scheme in ("mailto", "tel"):
        target = rest
    bare = target.removeprefix("https://").removeprefix("http://").rstrip("/")
    if not label:
        return target
    if label.rstrip("/") in (target.rstrip("/"), bare):
        return label
    return f"{label} ({target})"
