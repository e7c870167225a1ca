"""
A database as a bridge leaves it behind after years: any number of tickets, through the real schema.

`fill` writes a million tickets with all that belongs to them within two minutes: the rows are made by SQLite itself,
and the indexes of words are written at the end, as the migration that made them does.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bot.db.connection import Transaction
from bot.db.migrate import migrate
from bot.db.rows import to_ms

_YEARS = timedelta(days=730)
_READ_BACK = timedelta(days=60)
"""Threads of tickets that were closed later are read at the start; those here have none, as no chat knows them."""
_COMMON = ("order", "key", "please", "refund", "working", "hello", "thank", "license", "payment", "error", "invoice")
_WORDS = 20_000
_SENTENCES = 5_000
_NAMES = 500
_TRIGGERS = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'words_of_%'"

# ?1: how many tickets, ?2: from when in milliseconds, ?3: how long between two of them, ?4: the store,
# ?5: when threads were last read.
_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 WHERE ?1 > 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)"
_TICKETS = f"""
{_NUMBERS}
INSERT INTO tickets (
    number, store, vendor_id, subject, status, status_word, customer_name, customer_email, facts, awaiting, created_at,
    first_response_at, closed_at, fingerprint, followed, version
)
SELECT
    1001 + i, ?4, 'old-' || i, 'About ' || (SELECT words FROM temp.names WHERE id = i % {_NAMES}), 'closed', 'closed',
    (SELECT words FROM temp.names WHERE id = i * 7 % {_NAMES}), 'customer' || (i / 3) || '@example.com',
    JSON_ARRAY(JSON_ARRAY('Order', 'ORD-' || (i * 13))), 'customer', ?2 + i * ?3,
    ?2 + i * ?3 + 60000 * (1 + i % 600), ?2 + i * ?3 + 3600000 * (10 + i % 60), 'closed', ?2 + i * ?3 < ?5, 3
FROM n
"""
_LINKS = """
INSERT INTO links (ticket, chat, channel, thread, card, read_up_to, read_up_to_at)
SELECT t.number, p.chat, p.channel, p.chat || '-' || t.number, p.chat || '-' || t.number,
    p.chat || '-' || t.number, t.closed_at
FROM tickets AS t CROSS JOIN temp.places AS p WHERE t.followed = 1 AND t.status = 'closed'
"""
_CUSTOMERS = f"""
INSERT INTO messages (ticket, vendor_id, purpose, author, author_name, text, written_at, routed_at)
SELECT number, vendor_id || '-1', 'vendor', 'customer', customer_name,
    (SELECT words FROM temp.sentences WHERE id = number * 31 % {_SENTENCES}), created_at, created_at
FROM tickets WHERE status = 'closed'
"""
_REPLIES = f"""
INSERT INTO messages (
    ticket, vendor_id, link, thread, chat_message, agent, purpose, author, author_name, text, written_at, routed_at,
    mark
)
SELECT l.ticket, 'reply-' || l.ticket, l.id, l.thread, l.chat || '-m' || l.id, 'U1', 'reply', 'staff', 'Bob',
    (SELECT words FROM temp.sentences WHERE id = l.ticket * 17 % {_SENTENCES}), t.first_response_at,
    t.first_response_at, '✅'
FROM links AS l JOIN tickets AS t ON t.number = l.ticket WHERE l.id % (SELECT COUNT(*) FROM temp.places) = 0
"""
_ANSWERED = """
INSERT INTO answers (store, is_first, answered_at, ticket, since, agent)
SELECT store, 1, first_response_at, number, created_at, 'slack:U' || (1 + number % 12) FROM tickets
WHERE status = 'closed'
"""
_AGENTS = "INSERT INTO agents (id, name) SELECT DISTINCT agent, 'Agent ' || SUBSTR(agent, 8) FROM answers"
_OPENINGS = """
INSERT INTO deliveries (kind, lane, destination, ticket, link, state, attempts, created_at, due_at, finished_at)
SELECT 'open', 'thread:' || l.id, 'chat:' || l.chat, l.ticket, l.id, 'done', 1, t.created_at, t.created_at,
    t.created_at + 1000
FROM links AS l JOIN tickets AS t ON t.number = l.ticket WHERE t.status = 'closed'
"""
_SENT = """
INSERT INTO deliveries (kind, lane, destination, ticket, message, state, attempts, created_at, due_at, finished_at)
SELECT 'reply', 'store:' || m.ticket, 'store:' || ?1, m.ticket, m.id, 'done', 1, m.written_at, m.written_at,
    m.written_at + 5000
FROM messages AS m WHERE m.purpose = 'reply'
"""
_SHOWN = """
INSERT INTO deliveries (
    kind, lane, destination, ticket, link, message, state, attempts, created_at, due_at, finished_at
)
SELECT 'post', 'thread:' || l.id, 'chat:' || l.chat, m.ticket, l.id, m.id, 'done', 1, m.written_at, m.written_at,
    m.written_at + 1000
FROM messages AS m JOIN links AS l ON l.ticket = m.ticket AND l.id <> m.link WHERE m.purpose = 'reply'
"""
_SWEPT = "UPDATE stores SET first_swept_at = ?1, fully_swept_at = ?1, swept_at = ?1 WHERE name = ?2"
_POSTED = """
INSERT INTO posted (delivery, part, chat_message, thread, posted_at)
SELECT d.id, 0, l.chat || '-p' || d.id, l.thread, d.finished_at
FROM deliveries AS d JOIN links AS l ON l.id = d.link WHERE d.kind = 'post'
"""


Thread = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket:
    """
    A ticket that its practice store lists now.

    Attributes:
        fingerprint: As the adapter makes it, so that a sweep finds nothing new.
        threads: Chat, thread, card, and the last message in it, for each that it has.
    """

    vendor_id: str
    subject: str
    fingerprint: str
    threads: tuple[Thread, ...] = ()


def fill(path: Path, amount: int, *, store: str, places: Sequence[tuple[str, str]], now: datetime) -> None:
    """
    Make a file with so many closed tickets, spread over two years.

    Args:
        places: Chat and channel of the store's threads.
    """
    with closing(_opened(path)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        migrate(connection)
        triggers = [row["sql"] for row in connection.execute(_TRIGGERS)]
        for (name,) in connection.execute(_TRIGGERS.replace("sql FROM", "name FROM")).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("BEGIN")
        _vocabulary(connection, places)
        tx = Transaction(connection)
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=store)
        connection.execute(_SWEPT, (to_ms(now), store))
        _closed_ones(connection, amount, store, now)
        connection.execute("INSERT INTO card_words (rowid, words) SELECT ticket, words FROM words_of_cards")
        connection.execute("INSERT INTO ticket_words (rowid, words) SELECT ticket, words FROM words_of_tickets")
        for trigger in triggers:
            connection.execute(trigger)
        connection.execute("COMMIT")


def open_tickets(
    path: Path, tickets: Iterable[OpenTicket], *, store: str, places: Sequence[tuple[str, str]], now: datetime
) -> None:
    """Put open tickets into a filled file, as if the store had just been swept."""
    with closing(_opened(path)) as connection:
        connection.execute("BEGIN")
        connection.execute(_SWEPT, (to_ms(now), store))
        for ticket in tickets:
            _open_one(connection, ticket, store, dict(places), now)
        connection.execute("COMMIT")


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _vocabulary(connection: sqlite3.Connection, places: Sequence[tuple[str, str]]) -> None:
    """What customers and agents say, drawn once: some words are frequent, most are rare."""
    random = Random(1)
    letters = "abcdefghijklmnoprstuvw"
    words = ["".join(random.choices(letters, k=random.randint(3, 10))) for _ in range(_WORDS)]

    def text(length: int) -> str:
        drawn = (int(_WORDS * random.random() ** 3) for _ in range(length))
        return " ".join(random.choice(_COMMON) if random.random() < 0.3 else words[place] for place in drawn)

    connection.execute("CREATE TEMP TABLE names (id INTEGER PRIMARY KEY, words TEXT)")
    connection.execute("CREATE TEMP TABLE sentences (id INTEGER PRIMARY KEY, words TEXT)")
    connection.execute("CREATE TEMP TABLE places (chat TEXT, channel TEXT)")
    connection.executemany("INSERT INTO temp.names VALUES (?, ?)", ((n, text(2).title()) for n in range(_NAMES)))
    sentences = ((number, text(random.randint(6, 30))) for number in range(_SENTENCES))
    connection.executemany("INSERT INTO temp.sentences VALUES (?, ?)", sentences)
    connection.executemany("INSERT INTO temp.places VALUES (?, ?)", places)


def _closed_ones(connection: sqlite3.Connection, amount: int, store: str, now: datetime) -> None:
    last = to_ms(now - timedelta(days=4))
    distance = int(_YEARS.total_seconds() * 1000) // max(1, amount)
    connection.execute(_TICKETS, (amount, last - amount * distance, distance, store, to_ms(now - _READ_BACK)))
    for statement in (_LINKS, _CUSTOMERS, _REPLIES, _ANSWERED, _AGENTS, _OPENINGS):
        connection.execute(statement)
    connection.execute(_SENT, (store,))
    connection.execute(_SHOWN)
    connection.execute(_POSTED)


def _open_one(
    connection: sqlite3.Connection, ticket: OpenTicket, store: str, channels: dict[str, str], now: datetime
) -> None:
    at = to_ms(now)
    (number,) = connection.execute(
        "INSERT INTO tickets (store, vendor_id, subject, status, customer_name, customer_email, facts, awaiting,"
        " created_at, waiting_since, fingerprint, followed)"
        " VALUES (?, ?, ?, 'open', 'Jane Doe', 'jane@example.com', ?, 'us', ?, ?, ?, ?) RETURNING number",
        (store, ticket.vendor_id, ticket.subject, json.dumps([]), at, at, ticket.fingerprint, bool(ticket.threads)),
    ).fetchone()
    connection.execute(
        "INSERT INTO messages (ticket, vendor_id, purpose, author, author_name, text, written_at, routed_at)"
        " VALUES (?, ?, 'vendor', 'customer', 'Jane Doe', 'It does not work.', ?, ?)",
        (number, f"{ticket.vendor_id}-1", at, at),
    )
    for chat, thread, card, last in ticket.threads:
        connection.execute(
            "INSERT INTO links (ticket, chat, channel, thread, card, read_up_to, read_up_to_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, chat, channels[chat], thread, card, last, at),
        )
