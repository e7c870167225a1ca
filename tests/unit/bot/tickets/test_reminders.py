"""What has to be told of a promise, by a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.model import Hours, Promises, Status
from bot.tickets.reminders import Due, Reminded, due
from tests.unit.bot.tickets.test_queue import NOON, ticket

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
        ({"gone": True}, 4 * HOUR, None),
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
