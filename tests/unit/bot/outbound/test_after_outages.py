"""When something was tried in vain for so long that it is tried at once after an outage."""

from __future__ import annotations

import pytest

from bot.db.statements import STATEMENTS
from bot.outbound.after_outages import LONG_TRIED
from bot.outbound.retry import MINUTE, Schedule


def test_before_that_it_waits_for_seconds_only() -> None:
    """Pauses of a minute and more begin with this attempt: what waits less long needs no help."""
    retries = Schedule().retries
    assert max(retries[: LONG_TRIED - 1]) < MINUTE <= min(retries[LONG_TRIED - 1 :])


@pytest.mark.parametrize("name", ["make_long_tried_due", "long_tried_delivery"])
def test_the_statements_have_the_same_number(name: str) -> None:
    """It stands in them: the outbox is not the only one that runs them."""
    assert f"attempts >= {LONG_TRIED}" in STATEMENTS[name]
