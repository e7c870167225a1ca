"""How often a channel may be written in."""

from __future__ import annotations

import pytest

from adapters.chats.slack.rate_limits import RateLimits
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
