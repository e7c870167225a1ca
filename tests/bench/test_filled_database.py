"""A filled database is one that a bridge could have left behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.migrate import migrate, open_vocabulary
from bot.model import ChannelId, ChatName, Place, StoreName
from bot.tickets.lookup import finding
from bot.tickets.lookup.searched_words import words_of
from tests.bench.filled_database import OpenTicket, fill, open_tickets
from tests.support.clocks import NOON

_PLACES = [("discord", "1"), ("slack", "C1")]
_SCHEMA = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    path = tmp_path / "filled.db"
    fill(path, 400, store="main", places=_PLACES, now=NOON)
    opened = OpenTicket(
        vendor_id="tkt_1",
        subject="A broken zipper",
        fingerprint="f",
        threads=(("discord", "900", "901", "902"), ("slack", "1.1", "1.1", "1.1")),
    )
    open_tickets(path, [opened], store="main", places=_PLACES, now=NOON)
    return path


def test_its_schema_is_the_real_one(filled: Path) -> None:
    """The triggers that were out of the way while it was filled are there again."""
    with closing(sqlite3.connect(filled)) as connection, closing(sqlite3.connect(":memory:")) as other:
        other.isolation_level = None
        migrate(other)
        assert connection.execute(_SCHEMA).fetchall() == other.execute(_SCHEMA).fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_it_holds_what_belongs_to_its_tickets(filled: Path) -> None:
    """Old tickets have threads, a reply that was sent and shown; those closed lately have none that could be missed."""
    with closing(sqlite3.connect(filled)) as connection:
        (tickets, closed, followed) = connection.execute(
            "SELECT COUNT(*), SUM(status = 'closed'), SUM(followed = 1 AND status = 'closed') FROM tickets"
        ).fetchone()
        (links,) = connection.execute("SELECT COUNT(*) FROM links").fetchone()
        (replies,) = connection.execute("SELECT COUNT(*) FROM messages WHERE purpose = 'reply'").fetchone()
        (unfinished,) = connection.execute("SELECT COUNT(*) FROM deliveries WHERE unfinished = 1").fetchone()
        (sent,) = connection.execute("SELECT COUNT(*) FROM deliveries WHERE kind = 'reply'").fetchone()
    assert (tickets, closed) == (401, 400)
    assert 350 < followed < 400
    assert links == 2 * followed + 2
    assert replies == sent == followed
    assert unfinished == 0


def test_its_words_are_found(filled: Path) -> None:
    """The indexes of words hold every ticket, old and open."""
    place = Place(chat=ChatName("discord"), channel=ChannelId("1"))
    scope = finding.Scope(chat=ChatName("discord"), channels={StoreName("main"): (place,)})
    with closing(sqlite3.connect(filled)) as connection:
        connection.row_factory = sqlite3.Row
        open_vocabulary(connection)
        tx = Transaction(connection)
        assert len(finding.find(tx, words_of("zipper"), scope, 0).found) == 1
        assert finding.find(tx, words_of("customer7@example.com"), scope, 0).found
        assert finding.find(tx, words_of("refund"), scope, 0).found
