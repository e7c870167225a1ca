"""Pictures are drawn in a process of their own, within limits; what fails there is a picture less, and no more."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp
from unittest.mock import patch

import pytest
from structlog.testing import capture_logs

from bot.drawing.chart import Bars, ByDay, Chart, Lengths
from bot.drawing.process import _PROGRAM as PROGRAM
from bot.drawing.process import Drawing
from tests.support.drawing import NAMES
from tests.support.waiting import until

DAYS = tuple(f"2026-11-{day:02}" for day in range(1, 31))
CHART = Chart(
    "keys · 30 days",
    ByDay("Tickets by day (UTC)", DAYS, ("new", "closed"), ((3, 2),) * 30),
    (Lengths("How long", ("first answer",), ("median", "9 of 10"), ((0.2, 3.0),), (("12 min", "3 h"),)),),
    (Bars("Waiting", ("under 1 h", "over 3 days"), (3.0, 0.0)), Bars("Agents", ("Ann",), (5.0,), ("5",))),
)
PNG = r"\x89PNG\r\n\x1a\n"


def program(folder: Path, text: str) -> Path:
    path = folder / "program.py"
    path.write_text(f"import json, os, sys, time\nchart = json.load(sys.stdin)\n{text}\n")
    return path


def written(what: str) -> str:
    return f"sys.stdout.buffer.write(b'{PNG}' + {what})"


@pytest.mark.parametrize("amount", [1, 2, 400])
async def test_a_picture_is_drawn(tmp_path: Path, amount: int) -> None:
    """Of one day and of more than a year; it is a PNG of about a thousand dots, and no secret is needed for it."""
    days = tuple(f"{2026 + day // 365}-{day % 12 + 1:02}-{day % 28 + 1:02}" for day in range(amount))
    chart = Chart("keys", ByDay("By day", days, ("new", "closed"), ((1, 0),) * amount), (), CHART.bars)
    with capture_logs() as logs:
        picture = await Drawing(tmp_path, seconds=120)(chart)
    assert logs == []
    assert picture is not None
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20], "big") == 1080


async def test_any_names_are_drawn(tmp_path: Path) -> None:
    """Also in that process; what each of them does to a picture is in `test_picture`."""
    empty = Lengths("", NAMES, ("a", "b"), ((None, None),) * len(NAMES), (("–", "–"),) * len(NAMES))
    bars = Bars("", NAMES, (1.0,) * len(NAMES), NAMES)
    with capture_logs() as logs:
        assert await Drawing(tmp_path, seconds=120)(Chart("", CHART.by_day, (empty,), (bars,))) is not None
    assert logs == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise ValueError('no font')", "ValueError: no font"),
        ("sys.exit(3)", "exit code 3"),
        ("os.kill(os.getpid(), 9)", "exit code -9"),
        ("print('no picture')", "exit code 0"),
        (written("b'x' * 5_000_000"), "exit code 0"),
        ("", "exit code 0"),
        ("raise MemoryError", "MemoryError"),
    ],
)
async def test_what_fails_is_a_picture_less(tmp_path: Path, text: str, reason: str) -> None:
    """The log says why."""
    with capture_logs() as logs:
        assert await Drawing(tmp_path, program=program(tmp_path, text))(CHART) is None
    assert [(each["event"], each["log_level"], each["reason"]) for each in logs] == [
        ("picture not drawn", "warning", reason)
    ]


async def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The process is not left behind, and the next one is drawn."""
    slow = program(tmp_path, f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)")
    drawing = Drawing(tmp_path, program=slow, seconds=3.0)
    with capture_logs() as logs:
        assert await drawing(CHART) is None
    assert [each["reason"] for each in logs] == ["it took longer than 3 seconds"]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_who_gives_up_ends_the_process(tmp_path: Path) -> None:
    """When the bridge stops, nothing is drawn on."""
    slow = program(tmp_path, f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)")
    task = asyncio.create_task(Drawing(tmp_path, program=slow, seconds=600)(CHART))
    await until(lambda: (tmp_path / "pid").exists() and bool((tmp_path / "pid").read_text()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_one_at_a_time(tmp_path: Path) -> None:
    """However many ask, so that a small machine is not filled with processes; all get theirs."""
    folder = tmp_path / "running"
    folder.mkdir()
    alone = (
        f"os.mkdir({str(folder / 'one')!r})\ntime.sleep(0.05)\nos.rmdir({str(folder / 'one')!r})\n{written(repr(b'x'))}"
    )
    drawing = Drawing(tmp_path, program=program(tmp_path, alone), seconds=120)
    assert await asyncio.gather(*(drawing(CHART) for _ in range(4))) == [b"\x89PNG\r\n\x1a\nx"] * 4


async def test_no_secret_reaches_the_process(tmp_path: Path) -> None:
    """Neither a token nor another setting, nor a module of the working directory."""
    tell = program(tmp_path, written("repr((sorted(os.environ), sys.flags.isolated)).encode()"))
    with patch.dict(os.environ, {"DISCORD_TOKEN": "secret", "PYTHONPATH": str(tmp_path)}):
        told = await Drawing(tmp_path, program=tell)(CHART)
    assert told is not None
    assert b"DISCORD" not in told
    assert b"PYTHONPATH" not in told
    assert told.endswith(b"1)")


async def test_without_a_temporary_folder_the_databases_is_used(tmp_path: Path) -> None:
    """In a container whose root cannot be written."""
    tell = program(tmp_path, written("os.environ['MPLCONFIGDIR'].encode()"))

    def only_there(*, prefix: str, dir: Path | None = None) -> str:  # noqa: A002 - its name
        if dir is None:
            raise FileNotFoundError("no usable temporary directory")
        return mkdtemp(prefix=prefix, dir=dir)

    with patch("bot.drawing.process.mkdtemp", only_there):
        told = await Drawing(tmp_path, program=tell)(CHART)
    assert told is not None
    assert str(tmp_path).encode() in told


async def test_the_process_has_a_limit_of_memory(tmp_path: Path) -> None:
    """It sets it itself, before it imports what draws."""
    greedy = f"import runpy\nrunpy.run_path({str(PROGRAM)!r})['limit']()\nbytes(2 << 30)"
    with capture_logs() as logs:
        assert await Drawing(tmp_path, program=program(tmp_path, greedy))(CHART) is None
    assert [each["reason"] for each in logs] == ["MemoryError"]


def test_the_bridge_itself_imports_nothing_that_draws() -> None:
    """Its memory stays as it was."""
    asked = "import sys, bot.cli, bot.app; print({'matplotlib', 'numpy', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
