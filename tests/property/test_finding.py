"""Finding, whatever is typed and whatever was written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.db.connection import Transaction
from bot.db.migrate import migrate
from bot.tickets.lookup.finding import Scope, find
from bot.tickets.lookup.searched_words import LONGEST, words_of

always = settings(
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

SIGNS = st.text(st.sampled_from("ab1é\u0301\"'*-+^:(){}[],.@#%_\\/&|!<>~ \n\t\x00\ud800"), max_size=80)
KEYWORDS = st.lists(
    st.sampled_from(["NEAR", "NEAR(", "AND", "OR", "NOT", '"', "*", "-", "rank", "words", ":"]), max_size=12
)
TYPED = st.one_of(st.text(max_size=300), SIGNS, KEYWORDS.map(" ".join))


@pytest.fixture(scope="module")
def tx() -> Iterator[Transaction]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection)
        connection.execute("INSERT INTO stores (name) VALUES ('main')")
        connection.execute("INSERT INTO tickets (store, vendor_id, status, created_at) VALUES ('main', 't', 'open', 0)")
        yield Transaction(connection)


@always
@given(TYPED, st.booleans(), st.integers(0, 3))
def test_whatever_is_typed_is_answered(tx: Transaction, typed: str, masks: bool, page: int) -> None:
    """Nothing that people type is an error, or more than words."""
    words = words_of(typed)
    assert len(str(words)) <= LONGEST
    assert words_of(str(words)).words == words.words
    found = find(tx, words, Scope(masks_emails=masks), page)
    assert len(found.found) <= 1


@always
@given(st.text(st.characters(max_codepoint=0x24F, exclude_categories=("Cs", "Cc")), max_size=80))
def test_what_was_written_is_found_by_its_own_words(tx: Transaction, text: str) -> None:
    """A ticket with this text is found by the text; and the line that is shown has them, if it is one line."""
    tx._connection.execute("BEGIN")
    try:
        tx._connection.execute(
            "INSERT INTO messages (ticket, purpose, author, text, written_at) "
            "VALUES (1001, 'vendor', 'customer', ?, 0)",
            (text,),
        )
        words = words_of(text)
        found = find(tx, words, Scope()).found
        assert len(found) == bool(words.words)
        masked = find(tx, words, Scope(masks_emails=True)).found
        assert "@" in text or len(masked) == len(found)
    finally:
        tx._connection.execute("ROLLBACK")
