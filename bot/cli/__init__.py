"""The commands: one is chosen, carried out, and its errors become an exit code."""

from __future__ import annotations

import sys
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
    try:
        if sys.argv[1:] == ["run"]:
            from bot.cli.bridge import run

            run()
        else:
            from bot.cli.commands import commands

            commands(standalone_mode=True)
    except SettingsError as error:
        fail(str(error), 2)
    except DatabaseInUse as error:
        fail(str(error), 3)
    except DatabaseError as error:
        fail(str(error), 1)
