"""What stands in the lists of tickets: `/tickets` and Slack's App Home."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.db.rows import TicketRow
from bot.model import WAITS_FOR_US, Standing
from bot.wording.phrases import duration

HEADINGS: Final = ("Ticket", "Waits", "Taken by")
NOBODY: Final = "nobody"
NO_PAGE: Final = "You are no agent of a store here. Join its channel, or ask whoever runs shopbell to add you."
OLD_PAGE: Final = "This page was opened some time ago, so it shows no tickets any more. Open the Home tab again."
SECTIONS: Final = {"mine": "Yours", "waiting": "Waiting longest", "snoozed": "Snoozed"}
_HEADS = {
    "waiting": ("waits for us", "wait for us", "longest first"),
    "mine": ("is yours", "are yours", "longest waiting first"),
    "snoozed": ("is snoozed", "are snoozed", "the next to come back first"),
    "all": ("is open", "are open", "longest waiting first"),
}
_NONE = {
    "waiting": "No ticket waits for us.",
    "mine": "You have no open ticket. Use /take to take one.",
    "snoozed": "No ticket is snoozed.",
    "all": "No ticket is open.",
}


def head(which: str, total: int, first: int, shown: int) -> str:
    """
    The line above a page of a list.

    Args:
        which: The list, as people type it.
        first: The place of the page's first ticket in the list, counted from 1.
    """
    if not total:
        return _NONE[which]
    one, many, order = _HEADS[which]
    if total == 1:
        return f"1 ticket {one}."
    if shown == total:
        return f"{total} tickets {many}, {order}."
    last = first + shown - 1
    return f"{total} tickets {many}, {order}: {f'number {first}' if first == last else f'{first} to {last}'}."


def complete_or_not(text: str, unknown: str) -> str:
    """
    What stands above a list of several stores' tickets.

    Args:
        unknown: Why some stores may be missing, as an error says it; empty: none is.
    """
    return f"{text}\nTickets of some stores may be missing here. {unknown}" if unknown else text


def waits(standing: Standing, ticket: TicketRow, now: datetime) -> str:
    """For whom a ticket waits, and how long already."""
    if standing in WAITS_FOR_US:
        since = ticket.waiting_since or ticket.created_at
        return f"for us, {duration(max(now - since, timedelta()))}"
    if standing is Standing.SNOOZED and ticket.snoozed_until is not None:
        return f"snoozed for another {duration(max(ticket.snoozed_until - now, timedelta()))}"
    return "for the customer" if standing is Standing.CUSTOMER else standing


def counts(totals: Mapping[str, int]) -> str:
    """How many tickets there are in each list, in one line: `3 wait for us · 1 is yours · 0 are snoozed`."""
    return " · ".join(f"{total} {_HEADS[which][0 if total == 1 else 1]}" for which, total in totals.items())


def rest(which: str, left: int, total: int) -> str:
    """Below a list of App Home: how many more there are, or that there are none; empty: it shows all there are."""
    if not total:
        return _NONE[which]
    return f"and {left} more: /tickets {which}" if left else ""
