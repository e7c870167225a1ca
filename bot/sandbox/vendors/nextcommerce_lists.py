"""Next Commerce's ticket list: its filters, and pages by cursor as Django REST framework makes them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from bot.sandbox.vendors.calls import VendorCall, VendorRefusal
from bot.sandbox.vendors.nextcommerce_bodies import CHANNELS, PRIORITIES, STATUSES, refuse
from bot.sandbox.vendors.store import PracticeTicket

Place = tuple[float | str, ...]
Row = tuple[PracticeTicket, dict[str, Any]]
"""A ticket and its JSON."""


@dataclass(frozen=True, slots=True)
class CursorPage:
    """One page, with the addresses of the next and the previous one; None at the ends."""

    rows: list[Row]
    next: str | None
    previous: str | None


def fits(call: VendorCall, ticket: PracticeTicket, row: dict[str, Any], words: Sequence[str]) -> bool:
    """Whether this ticket fits the query's filters; `words` are the statuses that it counts as."""
    exact = ("id", "requester", "assignee", "ticket_type")
    numbers = {field: call.number(field, 0) for field in exact if call.query(field) is not None}
    text = (call.query("filter_text") or "").casefold()
    haystack = f"{ticket.id}\n{ticket.subject}\n{ticket.email}".casefold()
    products, tags = call.query_all("product"), call.query_all("tags")
    return (
        _one_of(call, "status", STATUSES, words)
        and _one_of(call, "priority", PRIORITIES, [row["priority"]])
        and _one_of(call, "channel", CHANNELS, [row["channel"]])
        and all(row[field] == number for field, number in numbers.items())
        and text in haystack
        and call.query("subject") in (None, row["subject"])
        and call.query("order_number") in (None, row["order"])
        and (not products or any(str(product) in products for product in row["products"]))
        and (not tags or any(tag in tags for tag in row["tags"]))
        and _within(call, ticket.created_at.date())
    )


def cursor_page(
    call: VendorCall, rows: Sequence[Row], *, place: Callable[[Row], Place], size: int, here: str
) -> CursorPage:
    """
    The page at the query's cursor.

    Args:
        rows: All that fit, in the order of `place`.
        here: The list's address, without a query.
    """
    backwards, after = _read_cursor(call.query("cursor"))
    if after is None:
        shown = list(rows[:size])
    elif backwards:
        shown = [row for row in rows if place(row) < after][-size:]
    else:
        shown = [row for row in rows if place(row) > after][:size]
    before_it = bool(shown) and place(rows[0]) < place(shown[0])
    after_it = bool(shown) and place(rows[-1]) > place(shown[-1])

    def address(backwards: bool, row: Row) -> str:
        kept = [(name, value) for name, value in call.queries if name != "cursor"]
        return f"{here}?{urlencode([('cursor', _write_cursor(backwards, place(row))), *kept])}"

    return CursorPage(
        rows=shown,
        next=address(False, shown[-1]) if after_it else None,
        previous=address(True, shown[0]) if before_it else None,
    )


def _write_cursor(backwards: bool, place: Place) -> str:
    return urlsafe_b64encode(json.dumps([backwards, place]).encode()).decode()


def _read_cursor(cursor: str | None) -> tuple[bool, Place | None]:
    if cursor is None:
        return False, None
    try:
        backwards, place = json.loads(urlsafe_b64decode(cursor))
        return bool(backwards), tuple(place)
    except (ValueError, TypeError):
        raise VendorRefusal(404, "Invalid cursor") from None


def _one_of(call: VendorCall, field: str, choices: Sequence[str], values: Sequence[str]) -> bool:
    wanted = call.query_all(field)
    for value in wanted:
        if value not in choices:
            raise refuse(field, f"Select a valid choice. {value} is not one of the available choices.")
    return not wanted or any(value in wanted for value in values)


def _within(call: VendorCall, day: date) -> bool:
    first, last = _day(call, "created_from"), _day(call, "created_to")
    return (first is None or day >= first) and (last is None or day <= last)


def _day(call: VendorCall, field: str) -> date | None:
    value = call.query(field)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise refuse(field, "Enter a valid date.") from None
