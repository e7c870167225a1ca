"""What holds for every test: its order, its settings, and simulated time where it is asked for."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path

import httpx
import hypothesis
import pytest
import structlog
from httpx._transports import default as httpx_transports

from bot.db import connection as bot_connection
from bot.db.migrate import migrate, open_vocabulary
from bot.sandbox import bot_process
from bot.settings import Settings
from tests.support.forked import Start, forking
from tests.support.once import Once
from tests.support.simulation.loop import SimulatedLoop

# No outcome depends on how fast the machine is.
_AT_ANY_SPEED = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
# The same examples in each run, so that a change is judged by what it changes.
hypothesis.settings.register_profile("same", _AT_ANY_SPEED, derandomize=True)
hypothesis.settings.register_profile("new", _AT_ANY_SPEED)
hypothesis.settings.load_profile("same")
# Among how much of the short tests the long ones are spread.
_SPREAD = 0.7
# What is imported and collected stays, so nothing is to be found before `pytest_collection_finish`.
gc.disable()
# Nobody speaks TLS here, and each context reads the certificates of the whole world.
httpx.create_ssl_context = cache(httpx.create_ssl_context)
vars(httpx_transports)["create_ssl_context"] = httpx.create_ssl_context
# structlog's own way to show a traceback reads and colours the source of every frame.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    The order of the tests.

    The long ones mostly wait, and the short ones mostly do not. So the long ones, longest first, are spread among the
    short ones: at any time some workers wait and the others keep the processor busy. None of them begins near the end,
    where it would run alone.
    """
    long = sorted((item for item in items if _seconds(item)), key=_seconds, reverse=True)
    short = iter([item for item in items if not _seconds(item)])
    waited, in_all = 0.0, sum(map(_seconds, long))
    before, end = 0, _SPREAD * (len(items) - len(long))
    items.clear()
    for item in long:
        place = int(end * waited / in_all)
        items += [*islice(short, place - before), item]
        waited, before = waited + _seconds(item), place
    items += short


def _seconds(item: pytest.Item) -> float:
    """How long a test takes according to its mark `takes`; without one it is short."""
    mark = item.get_closest_marker("takes")
    return float(mark.args[0]) if mark is not None else 0.0


def pytest_collection_finish() -> None:
    """
    What is loaded by now stays: the garbage collector need not look through it again and again.

    And it looks less often. In the simulations it took a fifth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


@cache
def _migrated() -> sqlite3.Connection:
    migrated = sqlite3.connect(":memory:", check_same_thread=False)
    migrate(migrated)
    return migrated


def _as_migrated(connection: sqlite3.Connection) -> None:
    """A new file is a copy of one that went through all migrations: a tenth of the time, and nothing else differs."""
    if connection.execute("SELECT count(*) FROM main.sqlite_schema").fetchone()[0] > 0:
        migrate(connection)
        return
    _migrated().backup(connection)
    open_vocabulary(connection)


# What migrating itself does is tested in tests/unit/bot/db, and by each process that a test starts.
vars(bot_connection)["migrate"] = _as_migrated


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a test runs that needs no folder of its own; making and removing thousands takes half a minute."""
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Calculates what is the same for all workers in one of them."""
    own = tmp_path_factory.getbasetemp()
    return Once(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


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


@pytest.fixture(scope="session")
def forking_server() -> Iterator[Start]:
    with forking() as start:
        yield start


@pytest.fixture
def forked_bots(forking_server: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every `BotProcess` is a fork of a process that has imported everything, which spares a second for each start."""
    monkeypatch.setattr(bot_process, "started", forking_server)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """A test that is marked `simulated` runs on a loop whose time is simulated."""
    if item.get_closest_marker("simulated") is not None:
        return {"simulated": SimulatedLoop}
    return {"real": asyncio.new_event_loop}
