"""How often a channel may be written in."""

from __future__ import annotations

import pytest

from adapters.chats.slack.rate_limits import RateLimits, Refusals
from tests.support.clocks import ManualClock


def test_a_channel_takes_a_burst_and_then_one_a_second() -> None:
    """Three at once, then each a second after the one before; another channel has its own measure."""
    clock = ManualClock()
    pace = RateLimits(clock)
    assert [pace.take("C1") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert pace.take("C1") == pytest.approx(1.0)
    assert pace.take("C2") == 0.0
    clock.advance(0.4)
    assert pace.take("C1") == pytest.approx(0.6)
    clock.advance(0.6)
    assert pace.take("C1") == 0.0
    assert pace.take("C1") == pytest.approx(1.0)
    clock.advance(60)
    assert [pace.take("C1") for _ in range(4)] == [0.0, 0.0, 0.0, pytest.approx(1.0)]


def test_looking_at_the_pace_uses_nothing_of_it() -> None:
    """What a post would have to wait can be asked as often as one likes; it is the time of the next free place."""
    clock = ManualClock()
    pace = RateLimits(clock)
    assert [pace.wait("C1") for _ in range(50)] == [0.0] * 50
    for _ in range(3):
        assert pace.take("C1") == 0.0
    assert [pace.wait("C1") for _ in range(50)] == [pytest.approx(1.0)] * 50
    assert pace.wait("C2") == 0.0
    clock.advance(1.0)
    assert pace.wait("C1") == pace.take("C1") == 0.0


def test_a_refusal_holds_for_the_method_and_for_posts_in_their_channel() -> None:
    """Slack counts a method for the whole workspace, and posts in each channel."""
    clock = ManualClock()
    refusals = Refusals(clock)
    refusals.add("chat.update", "C1", 30.0)
    refusals.add("chat.postMessage", "C1", 20.0)
    assert refusals.wait("chat.update", "C2") == pytest.approx(30.0)
    assert refusals.wait("chat.postMessage", "C1") == pytest.approx(20.0)
    assert refusals.wait("chat.postMessage", "C2") == refusals.wait("reactions.add", "C1") == 0.0
    clock.advance(30.0)
    assert refusals.wait("chat.update", "C1") == 0.0
