"""What stands between angle brackets in Discord's markdown: mentions, emoji, moments, addresses. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.chats import shared_wording
from adapters.chats.discord import wording
from bot.text.tree import Emoji, Inline, Link, Mention, Moment, Style

_BRACKETED = re.compile(
    r"<(?:@!?(?P<user>\d{1,20})|@&(?P<role>\d{1,20})|#(?P<channel>\d{1,20})"
    r"|a?:(?P<emoji>\w{1,80}):\d{1,20}"
    r"|t:(?P<moment>-?\d{1,17})(?::(?P<style>[A-Za-z]))?"
    r"|(?P<command>/[^:<>\n]{1,100}):\d{1,20}"
    r"|id:(?P<guide>[\w\-]{1,40})(?::\d{1,20})?"
    r"|sound:\d{1,20}:(?P<sound>\d{1,20})"
    r"|(?P<address>(?i:https?)://[^\s<>]{1,4000}))>"
)
_DATE_ONLY = frozenset("dD")
_TIME_ONLY = frozenset("tT")
_LAST_MOMENT = 253_402_300_799
"""The last second of the year 9999, to which dates are counted."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names for the ids in a message; where a name is missing, a word is shown that says what it is."""

    users: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)


def bracketed(text: str, at: int, end: int, names: Names, style: Style) -> tuple[Inline, int] | None:
    """What begins with the bracket at this place, and where it ends; None: the bracket is text."""
    found = _BRACKETED.match(text, at, end)
    if found is None or (found["moment"] and abs(int(found["moment"])) > _LAST_MOMENT):
        return None
    return _piece(found, names, style), found.end()


def _piece(found: re.Match[str], names: Names, style: Style) -> Inline:
    if found["moment"]:
        shown = found["style"] or ""
        return Moment(int(found["moment"]), shown not in _TIME_ONLY, shown not in _DATE_ONLY, style)
    kind = str(found.lastgroup)
    value = found[kind]
    if kind == "address":
        return Link(value, "", style)
    return Emoji(value, style) if kind == "emoji" else Mention(_called(kind, value, names), style)


def _called(kind: str, value: str, names: Names) -> str:
    """What is shown for a thing that Discord knows by its id."""
    match kind:
        case "user":
            return "@" + names.users.get(value, shared_wording.SOMEBODY)
        case "role":
            return "@" + names.roles.get(value, shared_wording.A_GROUP)
        case "channel":
            return "#" + names.channels.get(value, shared_wording.A_CHANNEL)
        case "sound":
            return wording.A_SOUND
    return wording.GUIDES.get(value, value)
