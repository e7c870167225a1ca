"""What a platform says is gone is believed only when it says so twice."""

from __future__ import annotations

import pytest

from adapters.chats import disappearance
from adapters.chats.disappearance import APART, Disappearances
from tests.support.clocks import ManualClock


def test_it_is_believed_when_it_is_said_again_some_seconds_later() -> None:
    """Before that it says how long to wait."""
    clock = ManualClock()
    gone = Disappearances(clock)
    assert gone.missing("a thread") == APART
    clock.advance(APART - 1)
    assert gone.missing("a thread") == 1.0
    clock.advance(1)
    assert gone.missing("a thread") == 0.0


@pytest.mark.parametrize("seconds", [901, 10_000])
def test_an_answer_of_long_ago_says_nothing(seconds: float) -> None:
    """A quarter of an hour later it is as if it had never been said."""
    clock = ManualClock()
    gone = Disappearances(clock)
    gone.missing("a thread")
    clock.advance(seconds)
    assert gone.missing("a thread") == APART


def test_what_was_shown_between_is_there() -> None:
    """Also where it was never said to be gone."""
    clock = ManualClock()
    gone = Disappearances(clock)
    gone.there("a thread")
    gone.missing("a thread")
    clock.advance(APART)
    gone.there("a thread")
    assert gone.missing("a thread") == APART


def test_not_everything_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said longest ago is forgotten first."""
    monkeypatch.setattr(disappearance, "_REMEMBERED", 2)
    clock = ManualClock()
    gone = Disappearances(clock)
    for one in ("a", "b", "c"):
        gone.missing(one)
    clock.advance(APART)
    assert [gone.missing(one) for one in ("c", "b", "a")] == [0.0, 0.0, APART]
