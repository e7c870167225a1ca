"""The commands: one is chosen, carried out, and its errors become an exit code."""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper
from typing import NoReturn

from bot.cli.shell import fail
from bot.cli.threads import end_process
from bot.errors import DatabaseError, DatabaseInUse, SettingsError


def main() -> NoReturn:
    """The console script. Our own errors become an exit code and one line for each fault."""
    code: str | int | None = 0
    try:
        _carry_out()
    except SystemExit as end:
        code = end.code
    end_process(code if isinstance(code, int) else int(code is not None))
    sys.exit(code)


def _carry_out() -> None:
    if isinstance(sys.stdout, TextIOWrapper):
        # Where the shell's encoding lacks a sign, the sign's number stands for it.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            if sys.argv[1:] == ["run"]:
                # What the other commands are drawn with takes ten megabytes, which a bridge would hold for ever.
                from bot.cli.bridge import run

                run()
            else:
                from bot.cli.commands import commands

                commands(standalone_mode=True)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except SettingsError as error:
        fail(str(error), 2)
    except DatabaseInUse as error:
        fail(str(error), 3)
    except DatabaseError as error:
        fail(str(error), 1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        # What is left in the buffer would fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        fail("No space is left where shopbell writes, so something is missing. Make room and try again.", 1)
