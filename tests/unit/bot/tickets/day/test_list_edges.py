"""Where a page of a list begins, as a button carries it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tickets.day.list_edges import Edge, read_edge

MOMENTS = st.integers(0, 10**15)


@given(st.booleans(), MOMENTS, st.none() | MOMENTS, st.integers(1, 10**9))
def test_an_edge_comes_back_from_its_button(is_after: bool, snoozed: int, since: int | None, number: int) -> None:
    """Unchanged, as one word, so short that the list and the store have room beside it."""
    edge = Edge(is_after=is_after, snoozed=snoozed, since=since, number=number)
    assert read_edge(str(edge)) == edge
    assert " " not in str(edge)
    assert len(str(edge)) <= 40


@pytest.mark.parametrize(
    "word", ["", "main", "after", "after-1", "after-1-2-", "after--1-2", "after-1-2-3-4", "AFTER-1-2-3"]
)
def test_other_words_are_none(word: str) -> None:
    """A store can have any name."""
    assert read_edge(word) is None
