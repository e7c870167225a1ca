"""All commands. Each reads the settings, calls one service and prints the result."""

from __future__ import annotations

import typer

from bot.cli.bridge import run
from bot.cli.export import commands as export
from bot.cli.find import find, why
from bot.cli.forget import forget
from bot.cli.invitations import invites, manifests
from bot.cli.outbox import commands as outbox
from bot.cli.reports import backup, stats, tickets
from bot.cli.snippets import commands as snippets
from bot.cli.trials import check, sandbox

commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for command in (run, check, sandbox, stats, tickets, find, why, forget, backup):
    commands.command()(command)
commands.add_typer(outbox, name="outbox")
commands.add_typer(snippets, name="snippets")
commands.add_typer(export, name="export")
commands.add_typer(manifests, name="manifest")
commands.add_typer(invites, name="invite")
