"""What is finished costs nothing: a statement takes as many steps in a file with twice the past."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

from bot.db.migrate import migrate
from bot.db.statements import STATEMENTS
from tests.support.once import Once

_DAY = 86_400_000
_NOW = 1_000 * _DAY
_LATELY = _NOW - 30 * _DAY
_TICKETS = 3_200
"""Two thirds of them can be chosen: more than the pickers search."""

_COUNTS_THE_PAST = {
    "announcements_with_words": "`shopbell forget` looks at all of them",
    "customer_emails": "`shopbell forget` compares addresses as people write them, which SQLite cannot",
    "forms_of_word": "the words of all tickets; the bridge asks for fifty",
    "leave_tickets_behind": "a store that has moved to another vendor, once, at the start",
    "linked_tickets": "`shopbell tickets` and the sandbox's page show every ticket",
    "messages_by_address": "`shopbell forget` does the same for authors' names",
}
"""Statements that read the past because that is what they are for. The figures go back as far as is asked."""

_MEASURED = [name for name in STATEMENTS if name != "quick_check"]  # the doctor's: it reads the whole file

_PARAMETERS = {
    # a ticket that is open, and what belongs to it
    "store": "main",
    "number": 1001,
    "ticket": 1001,
    "here": 1001,
    "vendor_id": "open",
    "mailbox": "open@example.com",
    "hash": "hash",
    "skipped": 0,
    "chat": "slack",
    "channel": "C1",
    "thread": "open",
    "card": "open",
    "deleted": "open",
    "destination": "chat:slack",
    "lane": "thread:1",
    "agent": "U1",
    "chat_message": "open",
    "message": 1,
    "link": 1,
    "id": 1,
    "delivery": 1,
    # times
    "now": _NOW,
    "at": _NOW,
    "since": _LATELY,
    "lately": _LATELY,
    "closed_since": _LATELY,
    "settled": _NOW,
    "before": _NOW,
    "soon": _NOW,
    "latest": _NOW,
    "due": _NOW,
    "by": 1,
    "created_at": _NOW,
    "written_at": _NOW,
    "read_at": _NOW,
    "closed_at": None,
    "first_response_at": None,
    # JSON
    "ids": '["open", "new"]',
    "listed": '["open"]',
    "named": '["slack:C1"]',
    "channels": '["C1"]',
    "but": "[]",
    "notices": "{}",
    "payload": "{}",
    "facts": "[]",
    "attachments": "[]",
    "unsupported": "[]",
    # words and amounts
    "status": "closed",
    "awaiting": "us",
    "kind": "line",
    "state": "waiting",
    "purpose": "reply",
    "author": "customer",
    "typed": "key",
    "most": 8,
    "name": "main",
}


def _fill(connection: sqlite3.Connection) -> None:
    """One store with one open ticket, in which something of every kind is still to be done."""
    connection.executescript(f"""
        INSERT INTO installation (only_row, key_prefix) VALUES (1, 'k');
        INSERT INTO stores (name) VALUES ('main');
        INSERT INTO channel_incidents (chat, channel, incident, since) VALUES ('slack', 'C1', 'closed', 0);
        INSERT INTO tickets (store, vendor_id, status, customer_email, customer_mailbox, created_at, followed)
        VALUES ('main', 'open', 'open', 'open@example.com', 'open@example.com', {_NOW}, 1);
        INSERT INTO links (ticket, chat, channel, thread, card) VALUES (1001, 'slack', 'C1', 'open', 'open');
        INSERT INTO messages (ticket, link, thread, chat_message, purpose, author, text, written_at)
        VALUES (1001, 1, 'open', 'open', 'reply', 'staff', 'Hello', {_NOW});
    """)
    for number, kind in enumerate(("post", "line", "open", "card", "new_card", "mark", "reply", "note", "status")):
        lane = "vendor:1001" if kind in ("reply", "note", "status") else "thread:1"
        connection.execute(
            "INSERT INTO deliveries (kind, lane, destination, ticket, link, message, state, created_at, due_at)"
            " VALUES (?, ?, 'chat:slack', 1001, 1, 1, ?, 0, 0)",
            (kind, lane, ("waiting", "uncertain", "failed")[number % 3]),
        )


def _add_past(connection: sqlite3.Connection) -> None:
    """Many tickets that were closed long ago, with everything that was said and done about them."""
    numbers = f"WITH RECURSIVE n (i) AS (SELECT COUNT(*) FROM tickets UNION ALL SELECT i + 1 FROM n LIMIT {_TICKETS})"
    connection.executescript(f"""
        BEGIN;
        CREATE TEMP TABLE past AS {numbers} SELECT i FROM n;
        INSERT INTO tickets (
            store, vendor_id, subject, status, customer_email, customer_mailbox, created_at, first_response_at,
            closed_at, fingerprint, status_set_at, gone_at, followed
        )
        SELECT
            'main', i, 'A key', 'closed', i, i, i, i, i, CASE WHEN i % 3 THEN i END, i,
            CASE WHEN i % 3 = 0 THEN i END, 1
        FROM past;
        INSERT INTO links (ticket, chat, channel, thread, card, read_up_to, read_up_to_at)
        SELECT 1001 + i, 'slack', 'C1', i, i, i, i FROM past;
        INSERT INTO messages (
            ticket, link, vendor_id, thread, chat_message, purpose, author, text, written_at, routed_at
        )
        SELECT 1001 + i, 1 + i, i, i, i, 'reply', 'staff', 'Hello', i, i FROM past;
        INSERT INTO deliveries (
            kind, lane, destination, ticket, link, message, state, created_at, due_at, begun_at, finished_at
        )
        SELECT kind, 'thread:' || i, 'chat:slack', 1001 + i, 1 + i, 1 + i, state, i, i, i, i
        FROM past, (
            SELECT 'open' AS kind, 'done' AS state
            UNION ALL VALUES ('post', 'done'), ('card', 'done'), ('card', 'dropped'), ('mark', 'done'),
                ('reply', 'done'), ('note', 'dropped'), ('status', 'done'), ('line', 'done')
        );
        INSERT INTO posted (delivery, part, chat_message)
        SELECT id, 0, id FROM deliveries WHERE state = 'done' AND id NOT IN (SELECT delivery FROM posted);
        DROP TABLE past;
        COMMIT;
    """)


def _steps(connection: sqlite3.Connection, sql: str) -> int:
    """How often SQLite goes on to another row while it carries the statement out; nothing of that stays."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    values = {name: _PARAMETERS.get(name) for name in re.findall(r":(\w+)", sql)}
    connection.execute("BEGIN")
    connection.set_progress_handler(count, 1)
    try:
        connection.execute(sql, values).fetchall()
    except sqlite3.IntegrityError:
        pass  # what is searched is searched before the row is refused
    finally:
        connection.set_progress_handler(None, 0)
        connection.execute("ROLLBACK")
    return steps


def _all_steps(connection: sqlite3.Connection) -> dict[str, int]:
    return {name: _steps(connection, STATEMENTS[name]) for name in _MEASURED}


Steps = tuple[dict[str, int], dict[str, int]]


@pytest.fixture(scope="session")
def steps(once: Once) -> Steps:
    """How many steps each statement takes in a file with a past, and in one with twice that past."""
    return once("steps-of-statements", _steps_with_one_and_two_pasts)


def _steps_with_one_and_two_pasts() -> Steps:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        _fill(connection)
        _add_past(connection)
        once = _all_steps(connection)
        _add_past(connection)
        return once, _all_steps(connection)


@pytest.mark.parametrize("name", [name for name in _MEASURED if name not in _COUNTS_THE_PAST])
def test_more_past_costs_no_more(steps: Steps, name: str) -> None:
    """Whatever the running bridge asks, what was finished long ago is not looked at."""
    once, twice = steps
    assert twice[name] <= once[name] + 20


@pytest.mark.parametrize("name", _COUNTS_THE_PAST)
def test_the_exceptions_are_needed(steps: Steps, name: str) -> None:
    """A statement that does not read the past needs no exception; and the test sees it where one does."""
    once, twice = steps
    assert twice[name] > once[name] + 20
