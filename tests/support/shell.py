"""The program as a shell sees it: an environment, a folder, arguments, two outputs and an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from threading import Thread
from unittest.mock import patch

from structlog.testing import capture_logs

from bot import cli, logs

PROJECT = Path(__file__).resolve().parents[2]

GOOD_SETTINGS = {
    "DISCORD_TOKEN": "MTIzNDU2Nzg5MDEyMzQ1Njc4.G-secret.discord-secret",
    "STORES__MAIN__VENDOR": "sellgate",
    "STORES__MAIN__CHANNELS": "discord:1",
    "STORES__MAIN__API_KEY": "sg_live_store-secret",
}
"""Settings without a fault. Nothing in the tests of the outside ever connects with them."""


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """These settings and nothing else that shopbell reads."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return {**kept, "PYTHONPATH": str(PROJECT), **settings}


Done = subprocess.CompletedProcess[str]


class _Terminal(StringIO):
    """An output that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def shopbell(
    folder: Path, *arguments: str, settings: Mapping[str, str] | None = None, on_terminal: bool = False
) -> Done:
    """
    Carry out one command in a folder of its own; in this process, for a new one takes a second to load the program.

    Its logging stays as it is here, and what is logged is not printed.
    """
    out, err, codes = _Terminal() if on_terminal else StringIO(), StringIO(), [0]

    def carry_out() -> None:
        try:
            cli.main()
        except SystemExit as end:
            codes.append(int(end.code or 0))

    with (
        chdir(folder),
        patch.dict(os.environ, environment(settings or {}), clear=True),
        patch.object(sys, "argv", ["shopbell", *arguments]),
        patch.object(logs, "configure"),
        capture_logs(),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        # In a thread of its own, because a test may have an event loop, and a command makes another one.
        thread = Thread(target=carry_out)
        thread.start()
        thread.join()
    return Done(arguments, codes[-1], out.getvalue(), err.getvalue())
