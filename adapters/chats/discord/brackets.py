"""What stands between angle brackets in Discord's markdown: mentions, emoji, moments, addresses. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.text.tree import Emoji, Inline, Link, Mention, Moment, Style

_BRACKETED = re.compile(
    r"<(?:@!?(?P<user>\d{1,20})|@&(?P<role>\d{1,20})|#(?P<channel>\d{1,20})"
    r"|a?:(?P<emoji>\w{1,80}):\d{1,20}"
    r"|t:(?P<moment>-?\d{1,17})(?::(?P<style>[A-Za-z]))?"
    r"|(?P<command>/[^:<>\n]{1,100}):\d{1,20}"
    r"|id:(?P<guide>\w{1,40})"
    r"|(?P<address>https?://[^\s<>]{1,4000}))>"
)
_DATE_ONLY = frozenset("dD")
_TIME_ONLY = frozenset("tT")
_LAST_MOMENT = 253_402_300_799
"""The last second of the year 9999, to which dates are counted."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names for the ids in a message; where a name is missing, the kind is shown."""

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
    known = {"user": ("@", names.users), "role": ("@", names.roles), "channel": ("#", names.channels)}
    if kind in known:
        sign, called = known[kind]
        return Mention(sign + called.get(value, kind), style)
    if kind == "emoji":
        return Emoji(value, style)
    return Link(value, "", style) if kind == "address" else Mention(value, style)
