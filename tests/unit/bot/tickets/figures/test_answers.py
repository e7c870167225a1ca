"""What counts as an answer: the definitions in `bot.tickets.figures.answers`, one by one, and against a plain count."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Author, Message, MessageId
from bot.tickets.figures.answers import Given, answers_in

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AUTHORS = {"c": Author.CUSTOMER, "s": Author.STAFF, "u": Author.UNKNOWN}


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def said(written: str) -> list[Message]:
    """`c0 s5 (s6) c9?`: who wrote in which minute; in brackets for the team alone, with `?` without a time."""
    found = []
    for number, word in enumerate(written.split()):
        bare = word.strip("()?")
        found.append(
            Message(
                id=MessageId(str(number)),
                author=AUTHORS[bare[0]],
                text=word,
                written_at=None if "?" in word else at(int(bare[1:])),
                is_public=not word.startswith("("),
            )
        )
    return found


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("", []),
        ("c0", []),
        ("c0 s5", [(0, 5, True)]),
        ("u0 s5", [(0, 5, True)]),
        ("c0 c3 s5 s6", [(0, 5, True)]),
        ("c0 s5 c9 s10 c11", [(0, 5, True), (9, 10, False)]),
        ("s0 c3 s5", [(3, 5, False)]),
        ("c0 (s2) s5", [(0, 5, True)]),
        ("c0 (c1) s5", [(0, 5, True)]),
        ("(c0) s5", []),
        ("c0? s5", []),
        ("c0? c1 s5", [(1, 5, True)]),
        ("c0 s5?", []),
        ("c0 s5? c6 s8", [(6, 8, False)]),
        ("c5 s0", []),
        ("c5 s5", [(5, 5, True)]),
    ],
)
def test_what_is_an_answer(written: str, found: list[tuple[int, int, bool]]) -> None:
    """From the first message that waits to the team's first public one; a ticket's first answer is known as that."""
    shown = [(each.since, each.at, each.is_first) for each in answers_in(said(written), None)]
    assert shown == [(at(since), at(until), first) for since, until, first in found]


@pytest.mark.parametrize(
    ("written", "settled", "found"),
    [
        ("c0 c9 s10", 5, [(9, 10, True)]),
        ("c0 s10", 5, []),
        ("c0 s3 c9 s10", 5, [(0, 3, True), (9, 10, False)]),
        ("c0 s3", 5, [(0, 3, True)]),
    ],
)
def test_a_closing_ends_the_wait(written: str, settled: int, found: list[tuple[int, int, bool]]) -> None:
    """What nobody answered before it is not counted; who writes again waits from then on."""
    shown = [(each.since, each.at, each.is_first) for each in answers_in(said(written), at(settled))]
    assert shown == [(at(since), at(until), first) for since, until, first in found]


@given(st.lists(st.tuples(st.sampled_from("cs"), st.integers(0, 9)), max_size=12))
def test_against_a_plain_count(turns: list[tuple[str, int]]) -> None:
    """Each answer ends a run of the customer's messages, once, and none is negative; at most one is the first."""
    minute, words = 0, []
    for author, later in turns:
        minute += later
        words.append(f"{author}{minute}")
    found: list[Given] = answers_in(said(" ".join(words)), None)
    runs = "".join(author for author, _ in turns)
    assert len(found) == sum(one == "c" and other == "s" for one, other in itertools.pairwise(runs))
    assert all(each.since <= each.at for each in found)
    assert [each.is_first for each in found[1:]] == [False] * len(found[1:])
    assert len({each.message for each in found}) == len(found)
