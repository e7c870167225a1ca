"""`shopbell export`: every ticket and message, for spreadsheets and programs, and nothing that must not leave."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.lock import held
from bot.model import TicketNumber
from bot.tickets.erasure import forget
from bot.tickets.from_vendors.sync import record
from tests.support.database import NOON, SECRET_WORDS, STORE, small_database, snapshot, write
from tests.support.shell import environment, shopbell


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline="")))


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    await small_database(tmp_path / "shopbell.db")
    return tmp_path


async def spoil(folder: Path, column: str, value: str, table: str = "tickets") -> None:
    await write(
        folder / "shopbell.db", lambda tx: tx._connection.execute(f"UPDATE {table} SET {column} = ?", (value,)).close()
    )


def test_tickets_as_csv(folder: Path) -> None:
    """One line of headings, one line each; also while a bridge holds the file."""
    with held(folder / "shopbell.db"):
        done = shopbell(folder, "export", "tickets")
    assert done.returncode == 0
    first, second = rows(done.stdout)
    assert (first["number"], first["store"], first["id"], first["status"]) == ("1001", "main", "tkt_open", "open")
    assert (first["customer_name"], first["customer_email"]) == ("Jane", "jane@example.com")
    assert first["created_at"] == "2026-11-20T12:00:00.000Z"
    assert (second["number"], second["closed_by"], second["is_erased"]) == ("1002", "", "0")
    assert done.stdout == shopbell(folder, "export", "tickets", "--csv").stdout


def test_messages_as_json_lines(folder: Path) -> None:
    """One object a line, with true and false, lists and null."""
    done = shopbell(folder, "export", "messages", "--jsonl")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["ticket"], first["text"], first["author"], first["agent"]) == (1001, SECRET_WORDS, "customer", None)
    assert (first["is_public"], first["is_deleted"], first["attachments"]) == (True, False, [])
    assert second["ticket"] == 1002


def test_an_empty_export_has_its_headings_alone(folder: Path) -> None:
    """In CSV; JSON lines have none."""
    headings = shopbell(folder, "export", "messages", "--days", "1").stdout
    assert headings.startswith("id,ticket,store,")
    assert len(headings.splitlines()) == 1
    assert shopbell(folder, "export", "messages", "--days", "1", "--jsonl").stdout == ""


async def test_days_and_stores_choose(folder: Path) -> None:
    """Days of the time zone, today included; a store that is not there is exit 1, and nothing is written."""
    today = datetime.now(UTC)

    def more(tx: Transaction) -> None:
        record(tx, STORE, snapshot("new", created_at=today), today)
        record(tx, STORE, snapshot("older", created_at=today - timedelta(days=3)), today)

    await write(folder / "shopbell.db", more)
    assert [row["id"] for row in rows(shopbell(folder, "export", "tickets", "--days", "2").stdout)] == ["new"]
    assert len(rows(shopbell(folder, "export", "tickets", "--store", "main").stdout)) == 4
    assert len(rows(shopbell(folder, "export", "messages", "--store", "main", "--days", "4").stdout)) == 2
    done = shopbell(folder, "export", "tickets", "--store", "mian")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no store mian in this database. The stores are: main.\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["export", "tickets", "--csv", "--jsonl"], 2),
        (["export", "cards"], 2),
        (["export", "tickets", "--days", "0"], 2),
        (["export", "tickets", "--days", "x"], 2),
    ],
)
def test_bad_usage_is_exit_2(folder: Path, arguments: list[str], code: int) -> None:
    """Two forms at once, an unknown table, a wrong number of days: nothing is written to standard output."""
    done = shopbell(folder, *arguments)
    assert (done.returncode, done.stdout) == (code, "")


def test_without_a_database_there_is_nothing(tmp_path: Path) -> None:
    """It says so, and makes none."""
    done = shopbell(tmp_path, "export", "tickets")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no database" in done.stderr


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "＝", "＠"])
async def test_no_cell_is_a_formula(folder: Path, begins: str) -> None:
    """A customer writes what a spreadsheet would carry out: an apostrophe stands before it. JSON has it as it is."""
    evil = f'{begins}HYPERLINK(1)\n"x",;'
    await spoil(folder, "subject", evil)
    assert {row["subject"] for row in rows(shopbell(folder, "export", "tickets").stdout)} == {f"'{evil}"}
    assert json.loads(shopbell(folder, "export", "tickets", "--jsonl").stdout.splitlines()[0])["subject"] == evil


@pytest.mark.parametrize("before", ["a;", "a\n", "a\t", "a;\r\n"])
@pytest.mark.parametrize("sign", "=+-@＝")
async def test_no_cell_is_a_formula_where_semicolons_are_expected(folder: Path, before: str, sign: str) -> None:
    """Where commas stand in numbers, Excel begins a new cell within a text; other signs stay as they are."""
    await spoil(folder, "subject", f"{before}{sign}cmd|' /C calc'!A0;b=1; -2")
    expected = f"{before}'{sign}cmd|' /C calc'!A0;b=1; -2"
    assert {row["subject"] for row in rows(shopbell(folder, "export", "tickets").stdout)} == {expected}


async def test_masked_addresses_are_masked_everywhere(folder: Path) -> None:
    """With the setting, also in what people wrote: nobody answers from an export."""
    await spoil(folder, "text", "write to jane@example.com", "messages")
    await spoil(folder, "author_name", "jane@example.com", "messages")
    settings = {"MASK_EMAILS": "true"}
    for kind in ("tickets", "messages"):
        for form in ("--csv", "--jsonl"):
            shown = shopbell(folder, "export", kind, form, settings=settings).stdout
            assert "jane@example.com" not in shown
            assert "j…@example.com" in shown


async def test_nothing_of_who_is_forgotten(folder: Path) -> None:
    """Neither words nor names nor the vendor's ids; the ticket's figures stay."""
    await write(folder / "shopbell.db", lambda tx: forget(tx, [TicketNumber(1001)], NOON, in_chats=False))
    tickets, messages = (shopbell(folder, "export", kind).stdout for kind in ("tickets", "messages"))
    first, second = rows(tickets)
    assert (first["id"], first["subject"], first["customer_name"], first["is_erased"]) == ("", "", "", "1")
    assert (first["created_at"], second["id"]) == ("2026-11-20T12:00:00.000Z", "tkt_closed")
    assert [row["text"] for row in rows(messages)] == ["", SECRET_WORDS]
    assert "tkt_open" not in tickets + messages


async def test_what_was_deleted_has_no_words(folder: Path) -> None:
    """An export holds nothing that its author took back."""
    await spoil(folder, "deleted_at", str(1), "messages")
    assert SECRET_WORDS not in shopbell(folder, "export", "messages").stdout


async def test_more_than_a_page(folder: Path) -> None:
    """Every row once, in order."""

    def many(tx: Transaction) -> None:
        tx._connection.execute("""
            INSERT INTO messages (ticket, purpose, author, text, written_at)
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2500)
            SELECT 1001, 'vendor', 'staff', 'm' || i, i FROM n
        """)

    await write(folder / "shopbell.db", many)
    texts = [json.loads(line)["text"] for line in shopbell(folder, "export", "messages", "--jsonl").stdout.splitlines()]
    assert texts[2:] == [f"m{number}" for number in range(1, 2501)]


def process(folder: Path, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**environment(settings), "LANG": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def test_whoever_reads_no_further_ends_it_quietly(folder: Path) -> None:
    """As `head` does: no traceback, and it ends well. It is UTF-8 whatever the locale says."""
    await spoil(folder, "subject", "Schlüssel 钥匙" * 2000)
    running = process(folder, "export", "tickets")
    assert running.stdout is not None
    assert running.stderr is not None
    assert "Schlüssel 钥匙".encode() in running.stdout.read(4_000)
    running.stdout.close()
    said = running.stderr.read()
    running.stderr.close()
    assert (running.wait(), said) == (0, b"")


EVIL = "a\x1b[2Jb\u202ec\r\nd"


@pytest.fixture
async def evil(folder: Path) -> Path:
    await spoil(folder, "subject", EVIL)
    return folder


def test_a_terminal_is_not_controlled(evil: Path) -> None:
    """There control characters are shown; in a file they stay what they are."""
    folder = evil
    assert rows(shopbell(folder, "export", "tickets").stdout)[0]["subject"] == EVIL
    for form in ("--csv", "--jsonl"):
        ours, theirs = os.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "bot", "export", "tickets", form], cwd=folder, env=environment({}), stdout=theirs
        ) as running:
            running.wait()
        os.close(theirs)
        shown = os.read(ours, 65_536).decode()
        os.close(ours)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "a\\x1b[2Jb" in shown or "a\\u001b[2Jb" in shown
