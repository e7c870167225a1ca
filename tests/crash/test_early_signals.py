"""A bridge that is asked to stop before it has begun: it ends at once, well, and has left nothing behind."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.sandbox.bot_process import BotProcess
from tests.support.crash.scene import ended, signalled
from tests.support.shell import GOOD_SETTINGS, environment
from tests.support.waiting import PATIENCE, until

_NOWHERE = "http://127.0.0.1:9/"
_SETTINGS = {**GOOD_SETTINGS, "DISCORD_API_URL": _NOWHERE, "STORES__MAIN__BASE_URL": _NOWHERE}


def _listens(bot: BotProcess) -> bool:
    """Whether the process has a handler for SIGTERM."""
    assert bot._process is not None
    status = Path(f"/proc/{bot._process.pid}/status").read_text("utf-8").splitlines()
    (caught,) = (line.split()[1] for line in status if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("delay", [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3])
async def test_a_signal_at_any_moment_of_the_start_ends_it_well(
    tmp_path: Path, number: signal.Signals, delay: float
) -> None:
    """From its first moments on it ends with 0 and without a traceback: while it loads, opens its file, connects."""
    bot = BotProcess(tmp_path, _SETTINGS)
    await bot.start()
    try:
        await until(lambda: _listens(bot))
        await asyncio.sleep(delay)
        signalled(bot, number)
        assert await ended(bot, PATIENCE) == 0, bot.log
        assert "Traceback" not in bot.log
    finally:
        await bot.kill()


def test_it_listens_before_it_loads_anything_slow(tmp_path: Path) -> None:
    """What handles signals imports nothing else of the program."""
    code = "import sys, bot.__main__; print([name for name in sys.modules if name.startswith('bot.')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment({}), capture_output=True, text=True, check=True
    )
    assert done.stdout == "['bot.__main__']\n"
