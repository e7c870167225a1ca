"""The indexes of words: true after every transaction, and without a word of what was erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from bot.db.connection import Database, Transaction
from bot.db.erased_words import overwrite_erased_words
from bot.db.migrate import migrate, migrations

_INDEXES = {"card_words": "words_of_cards", "ticket_words": "words_of_tickets"}
_VOCABULARY = ("alpha", "Beta", "gámma", "delta", "1042", "a-b", "ünï", "x@y.example", "zeta")


def terms(connection: sqlite3.Connection, index: str) -> list[tuple[str, int]]:
    """Which word is in which ticket, as the index has it."""
    connection.execute(f"CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, {index}, 'instance')")
    found = sorted(connection.execute("SELECT term, doc FROM temp.terms").fetchall())
    connection.execute("DROP TABLE temp.terms")
    return [tuple(each) for each in found]


def true_terms(connection: sqlite3.Connection, index: str) -> list[tuple[str, int]]:
    """The same for an index that is made anew of all texts."""
    connection.execute("""
        CREATE VIRTUAL TABLE anew USING fts5 (
            words, content = '', detail = none, columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
        )
    """)
    connection.execute(f"INSERT INTO anew (rowid, words) SELECT ticket, words FROM {_INDEXES[index]}")
    found = terms(connection, "anew")
    connection.execute("DROP TABLE anew")
    return found


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        migrate(opened)
        opened.executescript("""
            PRAGMA secure_delete = ON;
            INSERT INTO installation (only_row, key_prefix) VALUES (1, 'k');
            INSERT INTO stores (name) VALUES ('main');
        """)
        yield opened


class Hands:
    """Changes tickets and messages at random, by statements such as the bridge has."""

    def __init__(self, connection: sqlite3.Connection, seed: int) -> None:
        self._connection = connection
        self._random = Random(seed)
        self._made = 0

    def text(self) -> str:
        return " ".join(self._random.choice(_VOCABULARY) for _ in range(self._random.randint(0, 5)))

    def change(self) -> None:
        self._random.choice(
            [
                self._new_ticket,
                self._card,
                self._message,
                self._message,
                self._edit,
                self._route,
                self._delete,
                self._erase_message,
                self._erase_ticket,
                self._revive,
                self._forget,
            ]
        )()

    def _run(self, sql: str, *values: object) -> None:
        self._connection.execute(sql, values)

    def _new_ticket(self) -> None:
        self._made += 1
        self._run(
            "INSERT INTO tickets (store, vendor_id, status, created_at) VALUES ('main', ?, 'open', 0)", self._made
        )

    def _card(self) -> None:
        sql = (
            "UPDATE tickets SET subject = ?, customer_name = ?, facts = JSON_ARRAY(JSON_ARRAY('Order', ?)), version = 2"
        )
        self._run(f"{sql} WHERE number = {self._a('number', 'tickets')}", self.text(), self.text() or None, self.text())

    def _message(self) -> None:
        self._run(
            "INSERT INTO messages (ticket, purpose, author, text, written_at) "
            "SELECT number, 'reply', 'staff', ?, 0 FROM tickets ORDER BY RANDOM() LIMIT 1",
            self.text(),
        )

    def _edit(self) -> None:
        self._run(f"UPDATE messages SET text = ? WHERE id >= {self._a('id', 'messages')}", self.text())

    def _route(self) -> None:
        self._run(f"UPDATE messages SET text = text, routed_at = 1 WHERE id = {self._a('id', 'messages')}")

    def _delete(self) -> None:
        self._run(f"UPDATE messages SET deleted_at = 1 WHERE id = {self._a('id', 'messages')}")

    def _erase_message(self) -> None:
        self._run(f"UPDATE messages SET text = '', erased = 1 WHERE id = {self._a('id', 'messages')}")

    def _erase_ticket(self) -> None:
        ((number,),) = self._connection.execute(f"SELECT {self._a('number', 'tickets')}").fetchall()
        steps = [
            "UPDATE tickets SET subject = NULL, customer_name = NULL, facts = '[]', erased = 1 WHERE number = ?",
            "UPDATE messages SET text = '', erased = 1 WHERE ticket = ?",
        ]
        for step in self._random.sample(steps, 2):
            self._run(step, number)

    def _revive(self) -> None:
        self._run(f"UPDATE tickets SET erased = 0 WHERE number = {self._a('number', 'tickets')}")

    def _forget(self) -> None:
        self._made += 1
        sql = f"UPDATE tickets SET vendor_id = ? WHERE number = {self._a('number', 'tickets')}"
        self._run(sql, f"hash-{self._made}")

    @staticmethod
    def _a(column: str, table: str) -> str:
        return f"(SELECT {column} FROM {table} ORDER BY RANDOM() LIMIT 1)"


@pytest.mark.parametrize("seed", range(12))
def test_they_say_what_the_texts_say(connection: sqlite3.Connection, seed: int) -> None:
    """Whatever is changed, in whatever order, whatever is rolled back, and while they are written anew."""
    hands, random = Hands(connection, seed), Random(seed)
    for _ in range(40):
        connection.execute("BEGIN")
        for _ in range(random.choice((1, 1, 4))):
            hands.change()
        connection.execute("ROLLBACK" if random.random() < 0.2 else "COMMIT")
        index = random.choice(list(_INDEXES))
        sign = random.choice("+-")
        connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('merge', {sign}2)")
    for index in _INDEXES:
        connection.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
        assert terms(connection, index) == true_terms(connection, index)


def test_to_record_a_message_costs_the_same_in_a_long_ticket(connection: sqlite3.Connection) -> None:
    """Only its own words are put in, so the index grows by them and not by all that was written before."""
    connection.execute("INSERT INTO tickets (store, vendor_id, status, created_at) VALUES ('main', 't1', 'open', 0)")
    steps: list[int] = []

    def add(text: str) -> int:
        steps.clear()
        connection.set_progress_handler(lambda: steps.append(1), 10)
        insert = (
            "INSERT INTO messages (ticket, purpose, author, text, written_at) VALUES (1001, 'reply', 'staff', ?, 0)"
        )
        connection.execute(insert, (text,))
        connection.set_progress_handler(None, 0)
        return len(steps)

    first = add("a few words")
    for number in range(300):
        add(f"many words {number} " * 50)
    assert add("a few words") <= first + 5


def test_an_old_file_gets_its_words(tmp_path: Path) -> None:
    """What was recorded before is found after the upgrade; what was erased is not."""
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as old:
        for number, script in migrations()[:8]:
            old.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
        old.executescript("""
            INSERT INTO stores (name) VALUES ('main');
            INSERT INTO tickets (store, vendor_id, subject, status, created_at, erased)
            VALUES ('main', 'v1', 'Parcel', 'open', 0, 0), ('main', 'v2', 'Parcel', 'open', 0, 1);
            INSERT INTO messages (ticket, purpose, author, text, written_at, deleted_at)
            VALUES (1001, 'vendor', 'customer', 'Hello', 0, NULL), (1001, 'reply', 'staff', 'Oops', 0, 5);
        """)
        migrate(old)
        assert terms(old, "card_words") == [("1001", 1001), ("parcel", 1001), ("v1", 1001)]
        assert terms(old, "ticket_words") == [("1001", 1001), ("hello", 1001), ("parcel", 1001), ("v1", 1001)]


async def test_erased_words_leave_the_file(tmp_path: Path) -> None:
    """Of many tickets some are erased; afterwards no page of the file and of its log holds their words."""
    path = tmp_path / "db"
    database = await Database.open(path)

    def fill(tx: Transaction) -> None:
        tx.run("add_installation", key_prefix="k")
        tx.run("add_store", name="main")
        for each in range(300):
            number = tx.add("insert_ticket", store="main", vendor_id=f"t{each}", status="open", created_at=0)
            word = "Qzxviolet" if each % 10 == 0 else "Lily"
            _say(tx, number, f"m{each}", f"{word} and {each} other words")

    def erase(tx: Transaction) -> None:
        for each in range(0, 300, 10):
            tx.run("erase_ticket", number=1001 + each, now=0)
            tx.run("erase_messages", ticket=1001 + each)

    await database.write(fill)
    assert not await overwrite_erased_words(database)
    await database.empty_log()
    assert b"qzxviolet" in path.read_bytes().lower()
    await database.write(erase)
    assert await overwrite_erased_words(database)
    assert not await overwrite_erased_words(database)
    assert await database.empty_log()
    assert b"qzx" not in path.read_bytes().lower()
    assert b"lily" in path.read_bytes().lower()
    await database.aclose()


async def test_what_was_cut_short_is_done_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies between two of the steps; and what is erased meanwhile is not forgotten either."""
    path = tmp_path / "db"
    database = await Database.open(path)

    def fill(tx: Transaction) -> None:
        tx.run("add_installation", key_prefix="k")
        tx.run("add_store", name="main")
        for each in range(3):
            number = tx.add("insert_ticket", store="main", vendor_id=f"t{each}", status="open", created_at=0)
            _say(tx, number, f"m{each}", f"Qzxviolet{each}")

    def erase(tx: Transaction, number: int) -> None:
        tx.run("erase_ticket", number=number, now=0)
        tx.run("erase_messages", ticket=number)

    await database.write(fill)
    await database.write(erase, 1001)
    calls = []

    async def killed(work: object, *values: object) -> object:
        calls.append(values)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return await Database.write(database, work, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(database, "write", killed, raising=False)
    with pytest.raises(KeyboardInterrupt):
        await overwrite_erased_words(database)
    monkeypatch.undo()
    await database.write(erase, 1002)
    assert await overwrite_erased_words(database)
    await database.empty_log()
    content = path.read_bytes().lower()
    assert (b"qzxviolet0" in content, b"qzxviolet1" in content, b"qzxviolet2" in content) == (False, False, True)
    await database.aclose()


def _say(tx: Transaction, number: int | None, name: str, text: str) -> None:
    tx.add(
        "insert_vendor_message",
        ticket=number,
        vendor_id=name,
        author="customer",
        author_name=None,
        text=text,
        formatted=None,
        attachments="[]",
        is_public=1,
        written_at=0,
        now=0,
    )
