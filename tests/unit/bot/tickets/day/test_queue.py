"""Whose turn it is, since when, and where that puts a ticket in the queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db.rows import TicketRow
from bot.model import WAITS_FOR_US, Author, Awaiting, Message, MessageId, Standing, Status
from bot.tickets.day.queue import Awaited, awaited, standing
from tests.support import rows

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
AUTHORS = {"c": Author.CUSTOMER, "s": Author.STAFF, "u": Author.UNKNOWN, "n": Author.STAFF}


def said(authors: str) -> list[Message]:
    """A message a minute: of the customer, of staff, of somebody unknown, or a note that the customer cannot read."""
    return [
        Message(
            id=MessageId(str(number)),
            author=AUTHORS[who],
            text="x",
            written_at=NOON + timedelta(minutes=number),
            is_public=who != "n",
        )
        for number, who in enumerate(authors)
    ]


US, CUSTOMER = Awaiting.US, Awaiting.CUSTOMER


@pytest.mark.parametrize(
    ("vendor", "authors", "wanted"),
    [
        (None, "", None),
        (None, "n", None),
        (None, "c", (US, 0)),
        (None, "cc", (US, 0)),
        (None, "cs", (CUSTOMER, None)),
        (None, "csc", (US, 2)),
        (None, "csccc", (US, 2)),
        (None, "cscs", (CUSTOMER, None)),
        (None, "cn", (US, 0)),
        (None, "csn", (CUSTOMER, None)),
        (None, "csnc", (US, 3)),
        (None, "s", (CUSTOMER, None)),
        (None, "u", (US, 0)),
        (None, "csu", (US, 2)),
        (None, "csuc", (US, 2)),
        (None, "cus", (CUSTOMER, None)),
        (US, "", (US, None)),
        (US, "cs", (US, None)),
        (US, "csc", (US, 2)),
        (CUSTOMER, "c", (CUSTOMER, None)),
        (CUSTOMER, "", (CUSTOMER, None)),
    ],
)
def test_whose_turn_it_is(vendor: Awaiting | None, authors: str, wanted: tuple[Awaiting, int | None] | None) -> None:
    """From the first message that staff has not answered; what the vendor says itself is preferred."""
    found = awaited(vendor, said(authors))
    if wanted is None:
        assert found is None
        return
    awaiting, since = wanted
    assert found == Awaited(awaiting, None if since is None else NOON + timedelta(minutes=since))


@given(st.text("csun", max_size=12), st.text("csun", max_size=6))
def test_more_from_the_customer_changes_nothing(before: str, after: str) -> None:
    """Whoever writes again does not go back to the end of the queue, and notes do not count."""
    waiting = awaited(None, said(before + "c"))
    more = awaited(None, said(before + "c" + after.replace("s", "c")))
    assert waiting is not None
    assert more == waiting
    assert waiting.awaiting is US


def ticket(**changes: object) -> TicketRow:
    """An open ticket that waits for its first answer."""
    return rows.ticket(**{"awaiting": "us", "waiting_since": NOON, **changes})


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, Standing.FIRST_ANSWER),
        ({"awaiting": None}, Standing.FIRST_ANSWER),
        ({"first_response_at": NOON}, Standing.NEXT_ANSWER),
        ({"awaiting": "customer"}, Standing.CUSTOMER),
        ({"snoozed_until": NOON}, Standing.SNOOZED),
        ({"awaiting": "customer", "snoozed_until": NOON}, Standing.SNOOZED),
        ({"status": Status.CLOSED, "snoozed_until": NOON}, Standing.CLOSED),
        ({"gone_at": NOON}, Standing.CLOSED),
    ],
)
def test_where_a_ticket_stands(changes: dict[str, object], wanted: Standing) -> None:
    """Closed before snoozed before whose turn it is; if nobody knows whose, it is ours."""
    assert standing(ticket(**changes)) is wanted
    assert (wanted in WAITS_FOR_US) is (wanted in (Standing.FIRST_ANSWER, Standing.NEXT_ANSWER))
