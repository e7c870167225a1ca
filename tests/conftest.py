"""What holds for every test: no setting of whoever runs them reaches them, and simulated time where it is asked for."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.support.simulation.loop import SimulatedLoop


def pytest_collection_finish() -> None:
    """
    What is loaded by now stays: the garbage collector need not look through it again and again.

    And it looks less often. In the simulations it took a fifth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a test runs that needs no folder of its own; making and removing thousands takes half a minute."""
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(autouse=True)
def no_settings_of_ours(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, empty_folder: Path
) -> Iterator[None]:
    """Neither the environment nor a `.env` in the working directory."""
    names = {name.upper() for name in Settings.model_fields}
    for variable in list(os.environ):
        if variable.upper() in names or variable.upper().startswith("STORES"):
            monkeypatch.delenv(variable)
    own: Path | None = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    monkeypatch.chdir(own or empty_folder)
    yield
    assert not any(empty_folder.iterdir()), "a test that writes into its working directory asks for `tmp_path`"


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """A test that is marked `simulated` runs on a loop whose time is simulated."""
    if item.get_closest_marker("simulated") is not None:
        return {"simulated": SimulatedLoop}
    return {"real": asyncio.new_event_loop}
