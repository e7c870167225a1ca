"""What holds for replies of any people at any times, in whatever order they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import PersonId
from bot.tickets.replies.collisions import CROSSING, Reply, Shown, collision
from tests.support.database import NOON

always = settings(derandomize=True, database=None)

TIMES = st.integers(0, 200_000).map(lambda ms: NOON + timedelta(milliseconds=ms))
PEOPLE = st.sampled_from([PersonId("ann"), PersonId("bob"), PersonId("cho")])
REPLIES = st.builds(Reply, message=st.just(1), person=PEOPLE, at=TIMES, has_left=st.booleans())
SHOWN = st.builds(Shown, message=st.just(2), at=st.none() | TIMES)
MANY = st.lists(REPLIES, max_size=6)


@always
@given(REPLIES, MANY, st.lists(SHOWN, max_size=4), st.booleans())
def test_nobody_crosses_themselves(reply: Reply, others: Sequence[Reply], shown: list[Shown], has: bool) -> None:
    """Whatever one person writes, in whatever chat, is no reason to hold another reply of theirs."""
    own = [replace(other, person=reply.person) for other in others]
    assert collision(reply, own, shown, has_ticket=has) == collision(reply, [], shown, has_ticket=has)


@always
@given(REPLIES, MANY, st.lists(SHOWN, max_size=4))
def test_what_it_crosses_is_near_and_somebody_elses(reply: Reply, others: list[Reply], shown: list[Shown]) -> None:
    """And nothing that the customer wrote showed between the two."""
    found = collision(reply, others, shown, has_ticket=True)
    if found is not None:
        assert isinstance(found, Reply)
        assert found.person != reply.person
        assert abs(found.at - reply.at) <= CROSSING
        first, last = sorted((found.at, reply.at))
        assert not [each for each in shown if each.at is not None and first < each.at <= last]


@always
@given(st.lists(REPLIES, min_size=2, max_size=6, unique_by=lambda reply: reply.at), st.data())
def test_of_two_that_cross_one_is_asked_about_however_they_are_read(replies: list[Reply], data: st.DataObject) -> None:
    """No two answers at once: of what leaves unasked, no two cross."""
    order = data.draw(st.permutations(range(len(replies))))
    waiting: list[Reply] = []
    for number in order:
        reply = replace(replies[number], has_left=False, message=number)
        if collision(reply, waiting, [], has_ticket=True) is None:
            waiting = [w for w in waiting if collision(w, [reply], [], has_ticket=True) is None or w.at <= reply.at]
            waiting.append(reply)
        # Some of what waits leaves before the next one is read.
        waiting = [replace(w, has_left=w.has_left or data.draw(st.booleans())) for w in waiting]
    pairs = [(a, b) for a in waiting for b in waiting if a.at < b.at and a.person != b.person]
    assert not [pair for pair in pairs if pair[1].at - pair[0].at <= CROSSING]
