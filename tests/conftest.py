"""No setting of whoever runs the tests, in the environment or in a `.env`, reaches them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.settings import Settings


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = {name.upper() for name in Settings.model_fields}
    for variable in list(os.environ):
        if variable.upper() in names or variable.upper().startswith("STORES"):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
