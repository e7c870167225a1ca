"""What has to be told of a promise, by a table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.db.connection import Transaction
from bot.db.migrate import migrate
from bot.db.rows import to_ms
from bot.model import Hours, Promises, Status, Store, StoreName
from bot.tickets.day import reminders as module
from bot.tickets.day.reminders import Due, Reminded, due, reminders
from bot.tickets.rules_from_settings import Rules
from tests.unit.bot.tickets.day.test_queue import NOON, ticket

PROMISES = Promises(hours=Hours(zone=ZoneInfo("UTC")), first_answer=timedelta(hours=4), next_answer=timedelta(hours=8))
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
SOON = Due(Reminded.SOON, NOON + 3 * HOUR, NOON + 4 * HOUR)
BROKEN = Due(Reminded.BROKEN, NOON + 4 * HOUR, NOON + 4 * HOUR)
TOLD_SOON = {"reminded": "soon", "reminded_for": NOON}
TOLD_BROKEN = {"reminded": "broken", "reminded_for": NOON}


@pytest.mark.parametrize(
    ("changes", "after", "wanted"),
    [
        ({}, 3 * HOUR - SECOND, None),
        ({}, 3 * HOUR, SOON),
        ({}, 4 * HOUR - SECOND, SOON),
        ({}, 4 * HOUR, BROKEN),
        ({}, 4_000 * HOUR, BROKEN),
        (TOLD_SOON, 3 * HOUR, None),
        (TOLD_SOON, 4 * HOUR - SECOND, None),
        (TOLD_SOON, 4 * HOUR, BROKEN),
        (TOLD_BROKEN, 4 * HOUR, None),
        (TOLD_BROKEN, 4_000 * HOUR, None),
        # The clock was put back.
        (TOLD_BROKEN, 3 * HOUR, None),
        (TOLD_SOON, -3 * HOUR, None),
        # The customer waits since a later time; an earlier one is no new waiting.
        ({**TOLD_BROKEN, "reminded_for": NOON - SECOND}, 3 * HOUR, SOON),
        ({**TOLD_BROKEN, "reminded_for": NOON - SECOND}, 4 * HOUR, BROKEN),
        ({**TOLD_BROKEN, "reminded_for": NOON + HOUR}, 4 * HOUR, None),
        # Another promise, and none.
        ({"first_response_at": NOON}, 6 * HOUR - SECOND, None),
        ({"first_response_at": NOON}, 6 * HOUR, Due(Reminded.SOON, NOON + 6 * HOUR, NOON + 8 * HOUR)),
        ({"waiting_since": None}, 4 * HOUR, None),
        ({"awaiting": "customer"}, 4 * HOUR, None),
        ({"snoozed_until": NOON}, 4 * HOUR, None),
        ({"status": Status.CLOSED}, 4 * HOUR, None),
        ({"gone_at": NOON}, 4 * HOUR, None),
    ],
)
def test_what_is_due(changes: dict[str, object], after: timedelta, wanted: Due | None) -> None:
    """From the very second on; each once for one waiting; the second only, if both are due."""
    assert due(ticket(**changes), PROMISES, NOON + after) == wanted


def test_a_store_may_promise_only_one_of_both() -> None:
    """The first answer, or those after it."""
    assert due(ticket(), replace(PROMISES, first_answer=None), NOON + 9 * HOUR) is None
    assert due(ticket(first_response_at=NOON), replace(PROMISES, next_answer=None), NOON + 9 * HOUR) is None
    assert due(ticket(), replace(PROMISES, next_answer=None), NOON + 9 * HOUR) == BROKEN


def test_no_more_tickets_are_looked_at_than_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many wait at first contact: else each hundred would cost the work for all of them."""
    looked_at = []

    def counted(*of: object) -> Due | None:
        looked_at.append(of)
        return due(*of)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "due", counted)
    store = Store(name=StoreName("main"), label="", vendor_label="", channels=(), poll_seconds=60, promises=PROMISES)
    rules = Rules(
        stores={store.name: store},
        capabilities={},
        chat_labels={},
        noting=frozenset(),
        attaching=frozenset(),
        note_prefixes=(),
        undo=timedelta(),
    )
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection)
        tx = Transaction(connection)
        tx.run("add_store", name="main")
        for number in range(300):
            tx.add("insert_ticket", store="main", vendor_id=str(number), status="open", created_at=to_ms(NOON))
        connection.execute(
            "UPDATE tickets SET followed = 1, awaiting = 'us', waiting_since = ? + number", (to_ms(NOON),)
        )
        found = [each.number for each, _ in reminders(tx, rules, NOON + timedelta(days=9))]
        assert found == sorted(found)
        assert len(found) == len(looked_at) == 100
