"""A store whose time stands still until it is moved."""

from __future__ import annotations

import pytest

from bot.sandbox.vendors import PracticeStore
from tests.support.practice.vendors import Noon


@pytest.fixture
def noon() -> Noon:
    return Noon()


@pytest.fixture
def store(noon: Noon) -> PracticeStore:
    return PracticeStore(noon)
