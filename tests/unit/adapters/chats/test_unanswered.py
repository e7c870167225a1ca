"""Of whom a platform says nothing usable: for minutes everybody waits, then nobody does."""

from __future__ import annotations

from adapters.chats.unanswered import GIVEN_UP_AFTER, Unanswered
from tests.support.clocks import ManualClock


def test_one_that_is_never_answered_is_given_up_after_minutes() -> None:
    """Not before, and not if there was an answer meanwhile."""
    clock = ManualClock()
    unanswered = Unanswered(clock)
    assert not unanswered.failed("eve")
    clock.advance(GIVEN_UP_AFTER - 1)
    assert not unanswered.failed("eve")
    clock.advance(1)
    assert unanswered.failed("eve")
    assert not unanswered.failed("bob")
    unanswered.answered("eve")
    assert not unanswered.failed("eve")


def test_failures_that_are_far_apart_are_no_series() -> None:
    """An hour later it begins anew."""
    clock = ManualClock()
    unanswered = Unanswered(clock)
    unanswered.failed("eve")
    clock.advance(3600)
    assert not unanswered.failed("eve")
