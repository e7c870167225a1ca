"""What the tests of settings have in common."""

from __future__ import annotations

import pytest

from tests.support.shell import GOOD_SETTINGS


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without a fault, to spoil."""
    for name, value in GOOD_SETTINGS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch
