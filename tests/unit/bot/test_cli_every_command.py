"""What holds for every command there is: nothing it prints controls a terminal, or shows an address that is masked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.cli.commands import commands
from bot.tickets.day.snippets import save
from tests.support.database import NOON, small_database, write
from tests.support.shell import GOOD_SETTINGS, shopbell

EMAIL = "violet@customers.example"
EVIL = f"{EMAIL} \x1b[2J\x1b]0;owned\x07\x9b31m\r\n#9999  main  fake\u202e"
"""An address, and what clears the screen, sets the window's title, colours, forges a line, turns the rest around."""
TYPED = EVIL.replace("@", "-")
"""The same as an argument: whoever types an address may see it again."""
NOWHERE = "http://127.0.0.1:9/"
SETTINGS = {**GOOD_SETTINGS, "DISCORD_API_URL": NOWHERE, "STORES__MAIN__BASE_URL": NOWHERE, "MASK_EMAILS": "true"}

ROWS: dict[tuple[str, ...], list[list[str]]] = {
    ("run",): [["--no-such-option"]],
    ("check",): [[]],
    ("stats",): [[], ["--store", TYPED]],
    ("tickets",): [["--status", "all"]],
    ("find",): [["Answered"], ["nothing", TYPED], ["Answered", "--store", TYPED]],
    ("why",): [["1001"], [TYPED]],
    ("forget",): [["#1001", "--yes"], ["#1001", "--chats", "--yes"], [TYPED, "--yes"]],
    ("backup",): [[TYPED]],
    ("outbox",): [[]],
    ("outbox", "list"): [[]],
    ("outbox", "retry"): [["1"], ["17"]],
    ("outbox", "drop"): [["1"], ["2"], ["17"]],
    ("snippets", "list"): [[], ["refund"], [TYPED]],
    ("snippets", "import"): [[TYPED]],
    ("snippets", "export"): [[TYPED]],
    ("export", "tickets"): [[], ["--jsonl"], ["--store", TYPED]],
    ("export", "messages"): [[], ["--jsonl"], ["--store", TYPED]],
    ("manifest", "slack"): [[]],
    ("invite", "discord"): [[], ["--application", TYPED]],
}
"""What each command is tried with."""
CHANGES = {("forget",), ("outbox", "retry"), ("outbox", "drop"), ("snippets", "import")}
"""Those that change the database; that a running bridge notices is held by `integration/test_commands_beside_it.py`."""
WITHOUT = {("sandbox",): "it shows made-up people of its own, and serves until it is ended"}


def every_command(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command that does something, with its words."""
    for name, command in getattr(group, "commands", {}).items():
        if not hasattr(command, "commands") or command.invoke_without_command:
            yield (*before, name), command
        yield from every_command(command, (*before, name))


COMMANDS = dict(every_command(typer.main.get_command(commands)))


def cases() -> Iterator[list[str]]:
    """Each command with each of its rows; once more as JSON where it can be printed so."""
    for name, tried in ROWS.items():
        for arguments in tried:
            yield [*name, *arguments]
            options = [option for each in COMMANDS[name].params for option in each.opts]
            if "--json" in options:
                yield [*name, *arguments, "--json"]


def test_every_command_is_tried() -> None:
    """A new command gets its row here, or a reason why it needs none."""
    assert ROWS.keys() | WITHOUT.keys() == COMMANDS.keys()


HOSTILE = """
    UPDATE tickets SET subject = :evil, customer_name = :evil, customer_email = :evil, taken_by = 'discord:17',
        taken_by_name = :evil, facts = json_array(json_array('Account', :evil));
    UPDATE messages SET text = :evil, author_name = :evil, attachments = json_array(json_object('name', :evil));
    INSERT INTO messages (ticket, link, thread, chat_message, agent, purpose, author, author_name, text, written_at,
        routed_at, replied_by, replied_at)
    SELECT ticket, id, thread, '902', '17', 'reply', 'staff', :evil, 'Answered: ' || :evil, 7, 8, 'discord:17', 8
    FROM links WHERE thread IS NOT NULL;
    INSERT INTO deliveries (kind, lane, destination, ticket, link, message, state, created_at, due_at)
    SELECT 'reply', 'vendor:' || ticket, 'store:main', ticket, link, id, 'failed', 9, 9 FROM messages
    WHERE purpose = 'reply';
    INSERT INTO answers (store, is_first, answered_at, ticket, since, agent)
    SELECT store, 1, 8, number, 6, 'discord:17' FROM tickets;
    INSERT INTO agents (id, name) VALUES ('discord:17', :evil);
    UPDATE deliveries SET error = :evil WHERE state <> 'done';
    UPDATE snippets SET changed_by = 'discord:17', changed_by_name = :evil;
    UPDATE stores SET incident = :evil, incident_since = 5;
    INSERT INTO channel_incidents (chat, channel, incident, since) VALUES ('discord', '1', :evil, 5)
"""
"""Whatever a vendor, a chat or a colleague can write is `:evil`."""


async def hostile_database(path: Path) -> None:
    """The small database, with the address and the controls wherever they can stand."""
    await small_database(path)
    await write(path, lambda tx: save(tx, "refund", "Your refund is on its way.", None, NOON))
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        for statement in HOSTILE.split(";"):
            made.execute(statement, {"evil": EVIL})


def contents(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as opened:
        return [
            str(opened.execute(f"SELECT * FROM {table}").fetchall())
            for table in ("tickets", "messages", "deliveries", "snippets")
        ]


@pytest.mark.parametrize("arguments", list(cases()), ids=lambda arguments: ascii(" ".join(arguments))[1:60])
async def test_nothing_that_is_shown_controls_the_terminal_or_is_an_address(
    tmp_path: Path, arguments: list[str]
) -> None:
    """MASK_EMAILS and the escaping of what controls a terminal hold for each line, for people and as JSON."""
    await hostile_database(tmp_path / "shopbell.db")
    before = contents(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, *arguments, settings=SETTINGS, on_terminal=True)
    if not any(tuple(arguments[: len(name)]) == name for name in CHANGES):
        assert contents(tmp_path / "shopbell.db") == before
    shown = done.stdout + done.stderr
    assert EMAIL not in shown
    lines = shown.split("\n")
    assert [line for line in lines if not line.isprintable()] == []
    assert [line for line in lines if line.startswith("#9999")] == []
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "arguments", [["tickets", "--status", "all"], ["why", "1001"], ["outbox"], ["snippets", "list"]]
)
async def test_whoever_masks_nothing_reads_the_address(tmp_path: Path, arguments: list[str]) -> None:
    """So what is masked and escaped above does reach the commands."""
    await hostile_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, *arguments, settings=SETTINGS | {"MASK_EMAILS": "false"}, on_terminal=True)
    assert EMAIL in done.stdout
    assert "\\x1b[2J" in done.stdout
