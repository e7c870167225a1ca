"""A practice Slack whose time passes only when it is told to."""

from __future__ import annotations

import pytest

from bot.sandbox.slack import PracticeSlack
from tests.support.practice.slack import Make, Stopwatch, maker


@pytest.fixture
def clock() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def make(clock: Stopwatch) -> Make:
    return maker(clock)


@pytest.fixture
def slack(make: Make) -> PracticeSlack:
    return make()
