"""A file of the first schema, with data in it, becomes one of the present schema and loses nothing but free pages."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.db.connection import Database, Transaction
from bot.db.migrate import migrate, migrations
from bot.model import State, StoreName, TicketNumber
from bot.tickets.erasure import forget
from bot.tickets.figures.stats import report
from bot.tickets.lookup import finding
from bot.tickets.lookup.history import read_ticket
from bot.tickets.lookup.next_steps import Names
from bot.tickets.lookup.searched_words import words_of
from bot.tickets.lookup.why import whole
from tests.support.database import NOON as NOW
from tests.support.database import read, write

GONE = "words that were deleted before the upgrade"
DROPPED = {"card_version"}
"""Columns that nothing used."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """As the first version left it: restored from a backup, with finished and unfinished deliveries, and a hole."""
    path = tmp_path / "db"
    ((_, first), *_) = migrations()
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.executescript(f"BEGIN; {first} PRAGMA user_version = 1; COMMIT;")
        made.executescript(f"""
            PRAGMA foreign_keys = ON;
            PRAGMA secure_delete = OFF;
            INSERT INTO installation (only_row, key_prefix) VALUES (1, 'abc');
            INSERT INTO stores (name) VALUES ('main');
            INSERT INTO tickets (store, vendor_id, status, subject, customer_email, created_at, followed)
            VALUES ('main', 't1', 'open', 'A key', 'jane@example.com', 5, 1);
            INSERT INTO links (ticket, chat, channel, thread, card) VALUES (1001, 'discord', '1', '900', '901');
            INSERT INTO messages (ticket, vendor_id, purpose, author, text, written_at)
            VALUES (1001, 'm1', 'vendor', 'customer', 'Hello', 5), (1001, 'm2', 'vendor', 'staff', 'Hi', 6);
            INSERT INTO deliveries (kind, lane, destination, ticket, link, message, state, created_at, due_at, error)
            VALUES ('post', 'thread:1', 'chat:discord', 1001, 1, 1, 'done', 1, 2, NULL),
                ('post', 'thread:1', 'chat:discord', 1001, 1, 2, 'uncertain', 3, 4, 'No answer.');
            INSERT INTO posted (delivery, part, chat_message) VALUES (1, 0, '902');
            UPDATE sqlite_sequence SET seq = 1000002 WHERE name = 'deliveries';
            INSERT INTO messages (ticket, vendor_id, purpose, author, text, written_at)
            VALUES (1001, 'm3', 'vendor', 'staff', '{GONE * 200}', 7);
            DELETE FROM messages WHERE vendor_id = 'm3';
        """)
    assert GONE.encode() in path.read_bytes()
    return path


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as opened:
        return opened.execute(sql).fetchall()


async def upgraded(path: Path) -> None:
    database = await Database.open(path)
    await database.aclose()


async def test_every_row_is_kept(old: Path) -> None:
    """Tickets, messages, deliveries and what was posted, but for columns nothing used; no number is given twice."""
    tables = ("stores", "tickets", "links", "messages", "deliveries", "posted")
    columns = {
        table: ", ".join(name for _, name, *_ in rows(old, f"PRAGMA table_info({table})") if name not in DROPPED)
        for table in tables
    }
    before = {table: rows(old, f"SELECT {columns[table]} FROM {table}") for table in tables}
    await upgraded(old)
    assert {table: rows(old, f"SELECT {columns[table]} FROM {table}") for table in tables} == before
    assert rows(old, "PRAGMA user_version") == [(len(migrations()),)]
    assert rows(old, "PRAGMA foreign_key_check") == []
    assert rows(old, "PRAGMA integrity_check") == [("ok",)]
    assert rows(old, "SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'") == [(1000002,)]
    assert rows(old, "SELECT name FROM sqlite_schema WHERE name LIKE 'new%'") == []


async def test_it_has_what_a_new_file_has(old: Path, tmp_path: Path) -> None:
    """The same tables, columns, indexes and conditions, apart from how they are written down."""
    await upgraded(old)
    await upgraded(tmp_path / "new")
    schema = "SELECT type, name, tbl_name, REPLACE(sql, '\"', '') FROM sqlite_schema ORDER BY name"
    assert rows(old, schema) == rows(tmp_path / "new", schema)


async def test_what_was_deleted_before_is_gone_from_the_file(old: Path) -> None:
    """The first version did not overwrite what it deleted; the upgrade does."""
    await upgraded(old)
    assert GONE.encode() not in old.read_bytes()


async def test_that_is_not_left_out_after_a_kill(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that ends as soon as the file has its new schema has overwritten it, or the next one does."""

    def killed(connection: sqlite3.Connection) -> None:
        migrate(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.db.connection.migrate", killed)
    with pytest.raises(KeyboardInterrupt):
        await upgraded(old)
    monkeypatch.undo()
    await upgraded(old)
    assert GONE.encode() not in old.read_bytes()


async def test_a_customer_of_an_old_file_can_be_forgotten(old: Path) -> None:
    """The installation has got its key."""

    def work(tx: Transaction) -> str:
        forget(tx, [TicketNumber(1001)], NOW, in_chats=False)
        row = tx.one("ticket", number=1001)
        assert row is not None
        return str(row["vendor_id"])

    assert len(await write(old, work)) == 32
    assert rows(old, "SELECT DISTINCT text FROM messages") == [("",)]


async def test_the_numbers_of_orders_are_known_as_such(old: Path) -> None:
    """A card's line that says `Order` has always been the order's number; other lines, and their order, stay."""
    with closing(sqlite3.connect(old, isolation_level=None)) as made:
        facts = """[["Product", "Order"], ["Order", "4711 \\"ä\\" {}"], ["Amount", "9"]]"""
        made.execute("UPDATE tickets SET facts = ?", (facts,))
        made.execute(
            "INSERT INTO tickets (store, vendor_id, status, facts, created_at) VALUES ('main', 't2', 'open', '[]', 5)"
        )
    await upgraded(old)
    first, second = rows(old, "SELECT * FROM (SELECT facts FROM tickets ORDER BY number)")
    assert json.loads(first[0]) == [["Product", "Order"], ["Order", '4711 "ä" {}', "order.number"], ["Amount", "9"]]
    assert second == ("[]",)


async def test_the_answers_so_far_are_counted(old: Path) -> None:
    """From the messages of all tickets: who waited since when, who answered, and whether it was the first time."""
    with closing(sqlite3.connect(old, isolation_level=None)) as made:
        made.executescript("""
            DELETE FROM messages WHERE ticket = 1001 AND id > 2;
            UPDATE messages SET written_at = 1000 + id;
            INSERT INTO messages (ticket, vendor_id, purpose, author, text, written_at, is_public) VALUES
                (1001, 'm4', 'vendor', 'staff', 'for us', 1500, 0), (1001, 'm5', 'vendor', 'customer', 'And?', 2000, 1),
                (1001, 'm6', 'vendor', 'unknown', 'Hello?', 2500, 1);
            INSERT INTO messages (
                ticket, link, thread, chat_message, agent, purpose, author, author_name, text, written_at, vendor_id
            ) VALUES
                (1001, 1, '900', 'c1', '17', 'talk', 'staff', 'Ann', 'to nobody', 2600, NULL),
                (1001, 1, '900', 'c2', '17', 'reply', 'staff', 'Ann', 'not sent', 2700, NULL),
                (1001, 1, '900', 'c3', '17', 'reply', 'staff', 'Ann', 'sent', 3000, 'm7'),
                (1001, 1, '900', 'c4', '17', 'reply', 'staff', 'Ann B.', 'sent, too', 3100, 'm8');
            INSERT INTO tickets (store, vendor_id, status, created_at, closed_at)
            VALUES ('main', 't2', 'closed', 5, 9), ('main', 't3', 'closed', 5, NULL);
            INSERT INTO messages (ticket, vendor_id, purpose, author, text, written_at) VALUES
                (1002, 'n1', 'vendor', 'customer', 'At the same time', 7), (1002, 'n2', 'vendor', 'staff', 'Yes', 7);
        """)
    await upgraded(old)
    found = rows(old, "SELECT store, is_first, since, answered_at, ticket, agent FROM answers ORDER BY since")
    assert found == [("main", 1, 1001, 1002, 1001, None), ("main", 0, 2000, 3000, 1001, "discord:17")]
    assert rows(old, "SELECT id, name FROM agents") == [("discord:17", "Ann B.")]
    assert rows(old, "SELECT closed_tickets FROM stores") == [(2,)]


NAMED = "the ticket A key of jane"


@pytest.mark.parametrize("step", range(1, 18))
async def test_finished_lines_for_channels_lose_their_words(old: Path, step: int) -> None:
    """
    They may name a ticket. Earlier versions kept the words of what was posted or dropped.

    What still waits, or may be tried again, keeps its words, as does a line that belongs to a ticket.
    """
    line = json.dumps({"text": NAMED, "place": {"chat": "discord", "channel": "1"}, "resolved_text": "Main is back."})
    with closing(sqlite3.connect(old, isolation_level=None)) as made:
        for number, script in migrations()[1:step]:
            made.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
        for ticket, state in [(None, state) for state in State] + [(1001, State.DROPPED), (1001, State.DONE)]:
            made.execute(
                "INSERT INTO deliveries (kind, lane, destination, ticket, state, created_at, due_at, payload)"
                " VALUES ('line', 'channel:discord:1', 'chat:discord', ?, ?, 3, 4, ?)",
                (ticket, state, line),
            )
    await upgraded(old)
    found = rows(old, "SELECT ticket, state, payload FROM deliveries WHERE kind = 'line'")
    texts = {(ticket, State(state)): json.loads(payload)["text"] for ticket, state, payload in found}
    assert texts == {(None, state): NAMED for state in State} | {
        (None, State.DONE): "",
        (None, State.DROPPED): "",
        (1001, State.DONE): NAMED,
        (1001, State.DROPPED): NAMED,
    }
    assert {json.loads(payload)["resolved_text"] for *_, payload in found} == {"Main is back."}
    amount = len(texts) - 2
    assert old.read_bytes().count(NAMED.encode()) == amount, "the words are overwritten in the file"


ODD = "Z\u00fcrich \U0001f600 \"x\" 'y' {} \\ \u202etest %"


@pytest.mark.parametrize("step", range(1, len(migrations())))
async def test_rows_of_every_step_are_kept_and_can_be_used(old: Path, step: int) -> None:
    """Whoever upgrades from any version, with what that version wrote: nothing is lost, and all of it can be read."""
    with closing(sqlite3.connect(old, isolation_level=None)) as made:
        for number, script in migrations()[1:step]:
            made.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
        made.execute("PRAGMA foreign_keys = ON")
        made.execute(
            "INSERT INTO tickets (store, vendor_id, status, subject, customer_name, customer_email, created_at,"
            " followed, closed_at, first_response_at)"
            " VALUES ('main', 't9', 'closed', ?, ?, 'J@x.example', 1000, 1, 9000, 5000)",
            (ODD, ODD),
        )
        (ticket,) = made.execute("SELECT number FROM tickets WHERE vendor_id = 't9'").fetchone()
        made.execute("INSERT INTO links (ticket, chat, channel, thread) VALUES (?, 'slack', 'C1', '1.1')", (ticket,))
        (link,) = made.execute("SELECT id FROM links WHERE ticket = ?", (ticket,)).fetchone()
        made.execute(
            "INSERT INTO messages (ticket, link, chat_message, agent, purpose, author, author_name, text, written_at)"
            " VALUES (?, ?, '1.2', 'U1', 'reply', 'staff', ?, ?, 4000)",
            (ticket, link, ODD, f"{ODD} upgraded"),
        )
        made.execute(
            "INSERT INTO messages (ticket, vendor_id, purpose, author, text, written_at)"
            " VALUES (?, 'm9', 'vendor', 'customer', 'A question', 2000)",
            (ticket,),
        )
        reply = made.execute("SELECT id FROM messages WHERE chat_message = '1.2'").fetchone()[0]
        made.execute(
            "INSERT INTO deliveries (kind, lane, destination, ticket, link, message, state, created_at, due_at, error)"
            " VALUES ('reply', ?, 'store:main', ?, ?, ?, 'failed', 3, 4, ?)",
            (f"vendor:{ticket}", ticket, link, reply, ODD),
        )
    amounts = {
        name: rows(old, f"SELECT COUNT(*) FROM {name}") for name in ("tickets", "messages", "deliveries", "links")
    }
    texts = rows(old, "SELECT id, text, author_name FROM messages ORDER BY id")
    await upgraded(old)
    assert rows(old, "PRAGMA user_version") == [(len(migrations()),)]
    assert rows(old, "PRAGMA foreign_key_check") == rows(old, "PRAGMA integrity_check")[1:] == []
    assert {name: rows(old, f"SELECT COUNT(*) FROM {name}") for name in amounts} == amounts
    assert rows(old, "SELECT id, text, author_name FROM messages ORDER BY id") == texts

    def use(tx: Transaction) -> tuple[list[int], list[str], int]:
        found = finding.find(tx, words_of("upgraded zurich"), finding.Scope())
        lines = whole(read_ticket(tx, TicketNumber(ticket)), Names(vendor="Main", chats={}), NOW)
        counted = report(tx, {StoreName("main"): None}, 30, NOW)
        return [each.ticket.number for each in found.found], lines, len(counted.stores)

    found, lines, stores = await read(old, use)
    assert found == [ticket]
    assert any(ODD in line for line in lines)
    assert stores == 1
    await write(old, lambda tx: forget(tx, [TicketNumber(ticket)], NOW, in_chats=False))
    assert ODD not in repr([rows(old, f"SELECT * FROM {name}") for name in amounts])
