"""What the pickers find, and how far they search."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.db.connection import Transaction
from bot.db.migrate import migrate

_OLDEST = 1001
_SEARCHED = 2_000
_OLDER = 10
"""So many tickets are older than those that are searched."""


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """More open tickets than are searched."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection)
        transaction = Transaction(connection)
        transaction.run("add_store", name="main")
        connection.execute("BEGIN")
        for number in range(_SEARCHED + _OLDER):
            transaction.add("insert_ticket", store="main", vendor_id=str(number), status="open", created_at=0)
        connection.execute("UPDATE tickets SET followed = 1, subject = 'About a key'")
        connection.execute("INSERT INTO links (ticket, chat, channel) SELECT number, 'slack', 'C1' FROM tickets")
        connection.execute("COMMIT")
        yield transaction


def _change(tx: Transaction, number: int, setting: str) -> None:
    tx._connection.execute(f"UPDATE tickets SET {setting} WHERE number = ?", (number,))


def _found(tx: Transaction, typed: str, *, here: int = 0, taken_by: str | None = None) -> list[int]:
    where = {"store": "main", "chat": "slack", "channels": '["C1"]', "most": _SEARCHED, "taken_by": taken_by}
    return [row["number"] for row in tx.all("tickets_to_choose", status="open", typed=typed, here=here, **where)]


def test_the_latest_come_first(tx: Transaction) -> None:
    """Nothing typed: the latest tickets, as many as a picker can show."""
    latest = _OLDEST + _SEARCHED + _OLDER - 1
    assert _found(tx, "") == list(range(latest, latest - 25, -1))


@pytest.mark.parametrize("column", ["subject", "customer_name"])
def test_words_are_searched_in_the_latest_tickets(tx: Transaction, column: str) -> None:
    """Words are found anywhere in a field, in capitals or not; in an older ticket they are not."""
    first_searched = _OLDEST + _OLDER
    for number in (first_searched - 1, first_searched, first_searched + 7):
        _change(tx, number, f"{column} = 'The Parcel.'")
    assert _found(tx, "parcel") == [first_searched + 7, first_searched]


def test_an_address_is_searched_only_as_far_as_it_is_shown(tx: Transaction) -> None:
    """Where there is no name, the part before the @ stands for it."""
    _change(tx, 2_500, "customer_email = 'jane.parcel@spoon.example'")
    assert _found(tx, "parcel") == [2_500]
    assert _found(tx, "spoon") == _found(tx, "@") == []
    _change(tx, 2_500, "customer_name = 'Jane'")
    assert _found(tx, "parcel") == []
    assert _found(tx, "jane") == [2_500]


@pytest.mark.parametrize(
    "elsewhere", [{"store": "other"}, {"chat": "discord"}, {"channels": '["C2"]'}, {"channels": "[]"}]
)
def test_what_is_elsewhere_is_not_offered(tx: Transaction, elsewhere: dict[str, str]) -> None:
    """Neither by its words, nor by its number, nor as the ticket of this thread."""
    where = {"store": "main", "chat": "slack", "channels": '["C1"]', **elsewhere}
    given = {"status": "open", "here": 2_500, "most": _SEARCHED, "taken_by": None, **where}
    assert tx.all("tickets_to_choose", typed="key", **given) == []
    assert tx.all("tickets_to_choose", typed="2500", **given) == []


def test_an_older_ticket_is_found_by_its_number(tx: Transaction) -> None:
    """The whole number, that is; a part of it brings those that are searched."""
    assert _found(tx, str(_OLDEST)) == [_OLDEST]
    assert _OLDEST not in _found(tx, str(_OLDEST)[:-1])


def test_the_ticket_of_this_thread_comes_first_however_old_it_is(tx: Transaction) -> None:
    """It is found by its words like those that are searched."""
    _change(tx, _OLDEST, "subject = 'The parcel'")
    _change(tx, _OLDEST + _OLDER, "subject = 'Another parcel'")
    assert _found(tx, "parcel", here=_OLDEST) == [_OLDEST, _OLDEST + _OLDER]
    assert _found(tx, "", here=_OLDEST)[0] == _OLDEST
    assert _OLDEST not in _found(tx, "spoon", here=_OLDEST)


def test_a_number_that_begins_so_comes_before_words(tx: Transaction) -> None:
    """Who types digits most likely means a number."""
    _change(tx, _OLDEST + 2_005, "subject = 'Order 1020'")
    found = _found(tx, "1020")
    assert found == [1020, _OLDEST + 2_005]
    assert _found(tx, "102")[:10] == list(range(1029, 1019, -1))


@pytest.mark.parametrize("setting", ["status = 'closed'", "followed = 0", "gone_at = 1"])
def test_only_tickets_that_can_be_chosen(tx: Transaction, setting: str) -> None:
    """One of the other status, without threads, or that its vendor does not have any more, is not offered."""
    _change(tx, 2_500, setting)
    assert _found(tx, "2500") == []
    assert _found(tx, "", here=2_500)[0] != 2_500


@pytest.mark.parametrize("typed", ["%", "_", "10%1", "1e3", " 1001", "99999999999999999999999"])
def test_what_is_typed_is_only_text(tx: Transaction, typed: str) -> None:
    """Nothing in it stands for other letters or is calculated."""
    assert _found(tx, typed) == []


def test_what_somebody_has_is_found_among_many(tx: Transaction) -> None:
    """To be released: however many newer tickets there are that others have, or nobody; by each of a person's ids."""
    _change(tx, 2_500, "taken_by = 'slack:U1'")
    _change(tx, 2_501, "taken_by = 'discord:1'")
    _change(tx, 2_502, "taken_by = 'slack:U2'")
    assert _found(tx, "", taken_by='["slack:U1", "discord:1"]') == [2_501, 2_500]
    assert _found(tx, "key", taken_by='["slack:U1"]') == [2_500]
    assert _found(tx, "", taken_by='["slack:U9"]') == []
