"""A database with very many tickets, made by SQLite itself in about a minute a million, for measuring."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.db.migrate import migrate

_DAY = 86_400_000


def fill(path: Path, *, tickets: int, stores: int, agents: int, days: int, now: int, words: bool = False) -> None:
    """
    Make a file with so many tickets, of so many stores, over the last days before `now` (milliseconds since 1970).

    One in a thousand is open. Each closed one has a first answer, every other one a next answer, too.

    Args:
        words: Whether the indexes of words are filled: that takes most of the time.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("PRAGMA synchronous = OFF")
        migrate(made)
        if not words:
            made.execute("DROP TRIGGER words_of_new_ticket")
        made.executescript(f"""
            BEGIN;
            INSERT INTO installation (only_row, key_prefix, forgetting_key) VALUES (1, 'bench1', 'key');
            CREATE TEMP TABLE n (i INTEGER PRIMARY KEY);
            WITH RECURSIVE c (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c LIMIT {tickets})
            INSERT INTO n SELECT i FROM c;
            INSERT INTO stores (name, first_swept_at, fully_swept_at, swept_at)
            SELECT 'store' || i, 1, {now}, {now} FROM n LIMIT {stores};
            INSERT INTO agents (id, name) SELECT 'discord:' || i, 'Agent ' || i FROM n LIMIT {agents};
            INSERT INTO tickets (
                number, store, vendor_id, subject, status, customer_name, customer_email, awaiting, created_at,
                first_response_at, closed_at, closed_by, fingerprint, followed, waiting_since
            )
            SELECT
                1001 + i, 'store' || (i % {stores}), 't' || i, 'Key not working ' || i,
                CASE WHEN i % 1000 = 0 THEN 'open' ELSE 'closed' END, 'Jane ' || i, 'jane' || i || '@example.com',
                CASE WHEN i % 1000 = 0 THEN 'us' ELSE 'customer' END, at,
                CASE WHEN i % 1000 THEN at + 60000 + (i * 7919) % 40000000 END,
                CASE WHEN i % 1000 THEN at + 41000000 + (i * 104729) % 300000000 END,
                CASE WHEN i % 1000 AND i % 3 THEN 'discord:' || (i % {agents}) END, 'f' || i, 1,
                CASE WHEN i % 1000 = 0 THEN at END
            FROM (SELECT i, {now} - {days * _DAY} + CAST(i * {days * _DAY / tickets} AS INTEGER) AS at FROM n)
            ORDER BY i;
            INSERT INTO answers (store, is_first, answered_at, ticket, since, agent)
            SELECT store, 1, first_response_at, number, created_at, 'discord:' || (number % {agents}) FROM tickets
            WHERE first_response_at IS NOT NULL
            UNION ALL
            SELECT
                store, 0, first_response_at + 30000000, number, first_response_at + 3600000,
                'discord:' || ((number * 31) % {agents})
            FROM tickets WHERE first_response_at IS NOT NULL AND number % 2;
            COMMIT;
        """)
