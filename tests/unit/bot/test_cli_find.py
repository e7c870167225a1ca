"""`shopbell find` and `shopbell why` as a shell sees them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.db.connection import Database, Transaction
from bot.db.lock import held
from bot.tickets.from_vendors.sync import record
from tests.support.database import NOON, SECRET_WORDS, STORE, small_database, snapshot, write
from tests.support.shell import shopbell

EVIL = "t\x1b[2J\x1b]0;owned\x07\x9b31m\r\n#9999  main  fake\u202e"


async def test_what_is_found_is_printed(tmp_path: Path) -> None:
    """The words as well, because they are asked for; beside a running bridge; and nothing is logged."""
    await small_database(tmp_path / "shopbell.db")
    database = await Database.open(tmp_path / "shopbell.db")
    try:
        with held(tmp_path / "shopbell.db"), capture_logs() as logs:
            done = shopbell(tmp_path, "find", "KEY", "1234", "open")
    finally:
        await database.aclose()
    assert done.stdout == f"#1001 · Jane · About tkt_open  main  open  {SECRET_WORDS}\n"
    assert (done.stderr, done.returncode, logs) == ("", 0, [])


async def test_as_json(tmp_path: Path) -> None:
    """Each has its number, title and store, for programs."""
    await small_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, "find", "jane", "--json")
    found = json.loads(done.stdout)
    assert [each["number"] for each in found] == [1002, 1001]
    assert found[1] == {
        "number": 1001,
        "title": "#1001 · Jane · About tkt_open",
        "store": "main",
        "id": "tkt_open",
        "subject": "About tkt_open",
        "status": "open",
        "line": "",
        "threads": [{"chat": "discord", "channel": "1", "thread": "900"}],
    }


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["find", "zebra"], 1, "No ticket has “zebra”."),
        (["find", "zebra", "--json"], 1, "No ticket has “zebra”."),
        (["find", "jane", "--store", "nowhere"], 1, "There is no store nowhere in this database."),
        (["find", "*"], 2, "Give a ticket's number"),
        (["find", ""], 2, "Give a ticket's number"),
        (["find", "NEAR(jane zebra)"], 1, "No ticket has “NEAR jane zebra”."),
        (["find", "x" * 10_000], 1, "No ticket has “xxx"),
        (["why", "1999"], 1, "There is no ticket 1999."),
        (["why", "jane"], 1, "There is no ticket jane. Give the number on its card; `shopbell tickets --status all`"),
        (["why", " "], 1, 'There is no ticket " ". Give'),
        (["why", "9" * 40], 1, "There is no ticket 999"),
    ],
)
async def test_what_is_not_there(tmp_path: Path, arguments: list[str], code: int, told: str) -> None:
    """Nothing found is exit 1, nothing to look for exit 2, each with what to do."""
    await small_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, *arguments)
    assert done.returncode == code
    assert done.stderr.startswith(told)
    assert done.stdout in ("", "[]\n")


@pytest.mark.parametrize("words", [["jane", "x" * 61], ["jane", *(f"word{n}" for n in range(12))]])
async def test_it_is_said_that_not_everything_was_looked_for(tmp_path: Path, words: list[str]) -> None:
    """Whether something was found or not, and for programs, too; what was found stays as it is."""
    await small_database(tmp_path / "shopbell.db")
    cut = "That is only the beginning of what you typed: the rest was too long to be looked for.\n"
    assert shopbell(tmp_path, "find", *words).stderr.endswith(cut)
    fit = shopbell(tmp_path, "find", "jane")
    for more in ([], ["--json"]):
        found = shopbell(tmp_path, "find", *["jane"] * 201, *more)
        assert (found.returncode, found.stderr) == (0, f"These have “jane”. {cut}")
        assert found.stdout == fit.stdout or more
    assert fit.stderr == ""


async def test_it_is_said_that_there_may_be_more_tickets(tmp_path: Path) -> None:
    """At most 200 are listed; more words find fewer."""
    await small_database(tmp_path / "shopbell.db")

    def many(tx: Transaction) -> None:
        for n in range(201):
            record(tx, STORE, snapshot(f"tkt_{n}"), NOON)

    await write(tmp_path / "shopbell.db", many)
    done = shopbell(tmp_path, "find", "jane")
    assert len(done.stdout.splitlines()) == 200
    assert done.stderr == "These are the first 200; there may be more. Give more words to find fewer.\n"


async def test_only_one_store(tmp_path: Path) -> None:
    """A ticket of another store is not found."""
    await small_database(tmp_path / "shopbell.db")
    await write(tmp_path / "shopbell.db", lambda tx: tx.run("add_store", name="other"))
    assert shopbell(tmp_path, "find", "jane", "--store", "main").returncode == 0
    assert shopbell(tmp_path, "find", "jane", "--store", "other").returncode == 1


@pytest.mark.parametrize("number", ["1001", "#1001", " 1001 "])
async def test_why_prints_the_whole(tmp_path: Path, number: str) -> None:
    """The ticket, then every message with its steps and what to do."""
    await small_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, "why", number)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("#1001 · Jane · About tkt_open (")
    assert any(line.endswith("closing at main, by Ann from Discord") for line in lines)
    assert f"#1001: The customer (Jane) wrote on 2026-11-20 (times are UTC): “{SECRET_WORDS}”" in lines
    assert "  12:01:00 seen by shopbell, and on disk" in lines
    assert lines[-1].startswith("  What to do: ")


async def test_why_as_json(tmp_path: Path) -> None:
    """The same account, for programs."""
    await small_database(tmp_path / "shopbell.db")
    found = json.loads(shopbell(tmp_path, "why", "1001", "--json").stdout)
    assert (found["number"], found["store"], len(found["messages"])) == (1001, "main", 1)
    assert found["messages"][0]["steps"][0]["step"] == "written at main"


@pytest.mark.parametrize("arguments", [["find", "owned"], ["find", "owned", "--json"], ["why", "1003"]])
async def test_words_control_no_terminal(tmp_path: Path, arguments: list[str]) -> None:
    """Nor do they look like another ticket's line."""
    await small_database(tmp_path / "shopbell.db")

    def spoil(tx: Transaction) -> None:
        number = record(tx, STORE, snapshot(EVIL), NOON + timedelta(minutes=2))
        tx.run("raise_ticket_version", number=number)

    await write(tmp_path / "shopbell.db", spoil)
    shown = shopbell(tmp_path, *arguments).stdout
    assert "owned" in shown
    assert all(line.isprintable() for line in shown.split("\n"))
    assert not any(line.startswith("#9999") for line in shown.split("\n"))


@pytest.mark.parametrize(
    "arguments",
    [("find", "key"), ("find", "key", "--json"), ("why", "1001"), ("why", "1001", "--json"), ("outbox",)],
)
async def test_addresses_are_masked_where_the_settings_say_so(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """In names, subjects, texts and errors."""
    await small_database(tmp_path / "shopbell.db")
    with closing(sqlite3.connect(tmp_path / "shopbell.db")) as connection, connection:
        connection.execute("UPDATE tickets SET subject = 'key of jane@example.com', customer_name = 'jane@example.com'")
        connection.execute("UPDATE messages SET text = 'The key is for jane@example.com'")
        connection.execute("UPDATE deliveries SET error = 'no such customer as jane@example.com' WHERE state != 'done'")
    assert "jane@example.com" in shopbell(tmp_path, *arguments).stdout
    done = shopbell(tmp_path, *arguments, settings={"MASK_EMAILS": "true"})
    assert done.returncode == 0
    assert "j…@example.com" in done.stdout.replace("\\u2026", "…")
    assert "jane@example.com" not in done.stdout
