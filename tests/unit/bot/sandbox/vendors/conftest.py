"""A store whose time stands still until it is moved."""

from __future__ import annotations

import pytest

from bot.sandbox.vendors import PracticeStore
from tests.support.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> PracticeStore:
    return PracticeStore(clock.now)
