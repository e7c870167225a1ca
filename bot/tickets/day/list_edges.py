"""
Where a page of a list begins: beside a ticket, and not behind so many others. Pure.

Tickets are answered and closed between two pages. Whoever then turns the page continues where they were: no ticket is
left out because others before it have gone, and none comes twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.db.rows import TicketRow, to_ms

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_WORD = re.compile(
    r"(?P<side>after|before)-(?P<snoozed>[0-9a-z]{1,12})-(?P<since>[0-9a-z]{0,12})-(?P<number>[0-9]{1,18})"
)


@dataclass(frozen=True, slots=True)
class Edge:
    """
    The place of a ticket in a list, even if it is not there any more.

    Attributes:
        is_after: Whether the page begins right after it; else it ends right before it.
        snoozed, since: Until when it was snoozed, and since when it waited, in milliseconds; 0 and None: it did not.
        number: The ticket's.
    """

    is_after: bool
    snoozed: int
    since: int | None
    number: int

    def __str__(self) -> str:
        """As a word that a button carries; short."""
        since = "" if self.since is None else _written(self.since)
        return f"{'after' if self.is_after else 'before'}-{_written(self.snoozed)}-{since}-{self.number}"


def edge_of(ticket: TicketRow, *, is_after: bool) -> Edge:
    """Where a ticket stands now."""
    snoozed = 0 if ticket.snoozed_until is None else to_ms(ticket.snoozed_until)
    since = None if ticket.waiting_since is None else to_ms(ticket.waiting_since)
    return Edge(is_after=is_after, snoozed=snoozed, since=since, number=ticket.number)


def read_edge(word: str) -> Edge | None:
    """What `str` of an edge has written; None: the word is none."""
    found = _WORD.fullmatch(word)
    if found is None:
        return None
    since = int(found["since"], len(_DIGITS)) if found["since"] else None
    snoozed = int(found["snoozed"], len(_DIGITS))
    return Edge(is_after=found["side"] == "after", snoozed=snoozed, since=since, number=int(found["number"]))


def _written(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
