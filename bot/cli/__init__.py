"""The commands. Each reads the settings, calls one service and prints the result."""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper
from typing import NoReturn

import typer

from bot.cli.bridge import check, run, sandbox, serve
from bot.cli.export import commands as export
from bot.cli.find import find, why
from bot.cli.forget import forget
from bot.cli.invitations import invites, manifests
from bot.cli.outbox import commands as outbox
from bot.cli.reports import backup, stats, tickets
from bot.cli.shell import fail
from bot.cli.snippets import commands as snippets
from bot.cli.threads import end_process
from bot.errors import DatabaseError, DatabaseInUse, SettingsError

__all__ = ["commands", "main", "serve"]

commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for command in (run, check, sandbox, stats, tickets, find, why, forget, backup):
    commands.command()(command)
commands.add_typer(outbox, name="outbox")
commands.add_typer(snippets, name="snippets")
commands.add_typer(export, name="export")
commands.add_typer(manifests, name="manifest")
commands.add_typer(invites, name="invite")


def main() -> NoReturn:
    """The console script. Our own errors become an exit code and one line for each fault."""
    try:
        _carry_out()
    except SystemExit as end:
        end_process(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise
    sys.exit(0)


def _carry_out() -> None:
    if isinstance(sys.stdout, TextIOWrapper):
        # Where the shell's encoding lacks a sign, the sign's number stands for it.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
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
