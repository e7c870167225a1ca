"""A practice Slack whose time passes only when it is told to."""

from __future__ import annotations

import pytest

from bot.sandbox.slack import PracticeSlack
from tests.support.clocks import StandingClock
from tests.support.practice.slack import Make, maker


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def make(clock: StandingClock) -> Make:
    return maker(clock)


@pytest.fixture
def slack(make: Make) -> PracticeSlack:
    return make()
