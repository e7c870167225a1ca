"""The state of a store over time: when an incident is reported, and when its end."""

from __future__ import annotations

import pytest

from bot.errors import AuthFailed, RateLimited, RemoteError, Unavailable
from bot.inbound.vendors.outage import RESOLVED_AFTER, RESOLVED_AGAIN_AFTER, OutageState

MINUTE = 60.0


@pytest.mark.parametrize(
    ("error", "minutes"),
    [(Unavailable("Away."), 3), (RateLimited("Slowly.", retry_after=1.0), 15), (AuthFailed("No."), 1)],
)
def test_each_kind_of_incident_is_reported_after_its_time(error: RemoteError, minutes: float) -> None:
    """Counted from the first failure, however many follow; while a store works there is nothing to report."""
    state = OutageState()
    assert state.notify_at is None
    for second in (10.0, 20.0, 30.0):
        state = state.failed(error, second)
    assert state.notify_at == 10.0 + minutes * MINUTE
    assert state.worked(40.0).notify_at is None


def test_the_end_is_reported_after_some_time_and_not_again_soon() -> None:
    """A store that fails again and again is one incident."""
    state = OutageState().failed(Unavailable("Away."), 0.0).worked(10.0)
    assert not state.is_resolved(10.0 + RESOLVED_AFTER - 1)
    assert state.is_resolved(10.0 + RESOLVED_AFTER)
    again = state.resolved_notified(200.0).failed(Unavailable("Away."), 210.0).worked(220.0)
    assert not again.is_resolved(200.0 + RESOLVED_AGAIN_AFTER - 1)
    assert again.is_resolved(200.0 + RESOLVED_AGAIN_AFTER)
