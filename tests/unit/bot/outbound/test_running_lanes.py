"""Whose turn is next at one destination."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import ChannelId, ChatName, Kind, Place, ThreadId, TicketNumber
from bot.outbound.ready_lanes import ReadyLane
from bot.outbound.running_lanes import LANES_AT_ONCE, Turns
from bot.ports import Limit
from tests.support.clocks import NOON


def ready(
    store: str,
    ticket: int,
    *,
    channel: str = "1",
    kind: Kind = Kind.POST,
    since: datetime = NOON,
    whose: str = "",
) -> ReadyLane:
    """The lane of a ticket's thread; it is the same lane each time."""
    place = Place(chat=ChatName("discord"), channel=ChannelId(f"{store}{channel}"), thread=ThreadId(f"{store}{ticket}"))
    return ReadyLane(
        lane=f"thread:{store}{ticket}",
        store=store,
        ticket=TicketNumber(ticket),
        kind=kind,
        place=place,
        due_at=since,
        delivery=ticket,
        whose=whose,
    )


def no_limit(_: ReadyLane) -> None:
    """Nothing is held back."""


def order(turns: Turns, lanes: list[ReadyLane], amount: int) -> list[str]:
    """Who has the next turns, one after the other, while every lane stays ready."""
    found = []
    for _ in range(amount):
        turns.offer(lanes)
        (begun,) = turns.begin(no_limit)
        found.append(f"{begun.store}{begun.ticket}")
        turns.ended(begun.lane)
    return found


def test_stores_take_turns_whatever_they_have_queued() -> None:
    """A store with a hundred tickets has as many turns as one with a single ticket."""
    lanes = [ready("a", number) for number in range(100)] + [ready("z", 500)]
    assert order(Turns(1), lanes, 6) == ["a0", "z500", "a1", "z500", "a2", "z500"]


def test_a_store_that_was_quiet_is_next() -> None:
    """However long the others' queues are, and however long they have waited."""
    turns = Turns(1)
    lanes = [ready(store, 10 * index + number) for index, store in enumerate("abc") for number in range(8)]
    order(turns, lanes, 9)
    assert order(turns, [*lanes, ready("z", 500, since=NOON + timedelta(hours=1))], 2)[0] == "z500"


def test_a_stores_channels_take_turns_and_then_a_channels_tickets() -> None:
    """A busy channel holds up no other of its store; a ticket with a long queue no other of its channel."""
    lanes = [ready("a", 1), ready("a", 2), ready("a", 3, channel="2")]
    assert order(Turns(1), lanes, 8) == ["a1", "a3", "a2", "a3", "a1", "a3", "a2", "a3"]


def test_a_channels_customers_take_turns_and_then_their_tickets() -> None:
    """Who opens a hundred tickets delays nobody else, neither a new customer nor one who has a thread."""
    turns = Turns(1)
    flood = [ready("a", number, kind=Kind.OPEN, whose="jane") for number in range(100)]
    assert order(turns, flood, 1) == ["a0"]
    others = [ready("a", 200, kind=Kind.OPEN, whose="karl"), ready("a", 300, whose="lena"), ready("a", 400)]
    assert set(order(turns, [*flood[1:], *others], 6)) == {"a1", "a200", "a300", "a400"}


@pytest.mark.parametrize("customer", ["", "jane"])
def test_the_message_of_a_new_thread_follows_also_where_others_wait(customer: str) -> None:
    """At once, and once: then it is the others' turn."""
    turns = Turns(1)
    other = ready("a", 2, whose="karl")
    opening = ready("a", 1, kind=Kind.OPEN, whose=customer)
    assert order(turns, [opening], 1) == ["a1"]
    posts = [ready("a", 1, whose=customer), other]
    assert order(turns, posts, 3) == ["a1", "a2", "a1"]


def test_new_tickets_do_not_overtake_for_ever() -> None:
    """A ticket that waits has its turn before those that came later, however many come."""
    turns = Turns(1)
    turns.offer([ready("a", 1), ready("a", 2)])
    (first,) = turns.begin(no_limit)
    turns.ended(first.lane)
    late = [ready("a", number, since=NOON + timedelta(seconds=number)) for number in range(10, 20)]
    assert order(turns, [ready("a", 2), *late], 1) == ["a2"]


def test_the_message_of_a_new_thread_follows_its_opening_at_once() -> None:
    """Else a hundred customers would see a hundred cards before the first message."""
    turns = Turns(1)
    waiting = [ready("a", number, kind=Kind.OPEN) for number in (1, 2)]
    assert order(turns, waiting, 1) == ["a1"]
    assert order(turns, [ready("a", 1), waiting[1]], 2) == ["a1", "a2"]


def test_a_customers_tickets_have_one_turn_together() -> None:
    """Whoever writes in five hundred tickets is passed by whoever writes once."""
    many = [ready("a", number, whose="mallory@shop.example") for number in range(500)]
    turns = Turns(1)
    assert order(turns, many, 3) == ["a0", "a1", "a2"]
    other = ready("a", 1000, whose="jane@shop.example", since=NOON + timedelta(minutes=1))
    assert order(turns, [*many, other], 6) == ["a3", "a1000", "a4", "a1000", "a5", "a1000"]


def test_a_customers_new_threads_have_one_turn_together() -> None:
    """Whoever opens five hundred tickets is passed by whoever writes once, also where each has only its card."""
    turns, number = Turns(1), 0
    opening = [ready("a", each, kind=Kind.OPEN, whose="mallory@shop.example") for each in range(500)]
    other = ready("a", 1000, whose="jane@shop.example", since=NOON + timedelta(minutes=1))
    had: list[str] = []
    while len(had) < 6:
        had += order(turns, [*opening[number:], *([other] if had else [])], 1)
        number += had[-1] != "a1000"
    assert had == ["a0", "a1", "a1000", "a2", "a1000", "a3"]


def test_the_message_of_a_new_thread_follows_its_opening_but_no_other_opening_of_its_customer() -> None:
    """The thread's own message comes before the other customer, and the customer's next thread after them."""
    turns = Turns(1)
    opening = [ready("a", number, kind=Kind.OPEN, whose="mallory@shop.example") for number in (1, 2)]
    other = ready("a", 3, whose="jane@shop.example")
    assert order(turns, [*opening, other], 1) == ["a1"]
    assert order(turns, [ready("a", 1, whose="mallory@shop.example"), opening[1], other], 2) == ["a1", "a3"]
    assert order(turns, [opening[1], other], 1) == ["a2"]


def test_an_opening_that_is_tried_again_has_no_turn_before_the_others() -> None:
    """Only what follows it has: an opening that its chat refuses again and again holds nobody up."""
    turns = Turns(1)
    lanes = [ready("a", 1, kind=Kind.OPEN), ready("a", 2)]
    assert order(turns, lanes, 6).count("a2") == 2


def test_one_store_never_runs_all_lanes() -> None:
    """While a store's turns hang, others find slots, and one that was quiet finds one at once."""
    turns = Turns()
    turns.offer(ready("a", number) for number in range(100))
    assert len(turns.begin(no_limit)) == LANES_AT_ONCE // 2
    turns.offer([*(ready("a", number) for number in range(100)), *(ready("b", 200 + number) for number in range(100))])
    assert {lane.store for lane in turns.begin(no_limit)} == {"b"}
    turns.offer([ready("a", 99), ready("b", 299), ready("z", 500)])
    assert [lane.store for lane in turns.begin(no_limit)] == ["z"]


def test_what_a_limit_holds_back_takes_no_slot_and_tells_its_time() -> None:
    """It is passed over; the shortest of the waits is when to look again."""
    turns = Turns(4)
    waits = {1: 30.0, 2: 4.0, 3: 0.0}
    turns.offer(ready("a", number) for number in waits)
    begun = turns.begin(lambda lane: Limit(lane.lane, waits[int(lane.ticket or 0)]))
    assert [lane.ticket for lane in begun] == [3]
    assert turns.wait == 4.0
    turns.ended(begun[0].lane)
    assert turns.begin(no_limit) != []
    assert turns.wait is None


def test_of_one_bucket_one_turn_runs_at_a_time() -> None:
    """What is left of a limit is known only after the turn before; who waits for that needs no timer."""
    turns = Turns(8)
    lanes = [ready("a", 1), ready("b", 2), ready("b", 3, channel="2")]

    def limit(lane: ReadyLane) -> Limit:
        return Limit("shared" if lane.ticket in (1, 2) else "own", 0.0)

    turns.offer(lanes)
    assert [lane.ticket for lane in turns.begin(limit)] == [1, 3]
    assert (turns.begin(limit), turns.wait) == ([], None)
    turns.ended("thread:a1")
    assert [lane.ticket for lane in turns.begin(limit)] == [2]


def test_of_what_little_is_left_nobody_has_two_threads_in_a_row() -> None:
    """So something is left for others; where there is enough, or for what is said in a thread, it does not matter."""
    turns = Turns(4)
    lanes = [ready("a", number, kind=Kind.OPEN, whose="mallory@shop.example") for number in (1, 2)]

    def scarce(lane: ReadyLane) -> Limit:
        return Limit("open 1", 0.0, 200.0)

    turns.offer(lanes)
    assert [lane.ticket for lane in turns.begin(scarce)] == [1]
    turns.ended("thread:a1")
    turns.offer(lanes[1:])
    assert (turns.begin(scarce), turns.wait) == ([], 200.0)
    turns.offer([lanes[1], ready("a", 3, kind=Kind.OPEN, whose="jane@shop.example")])
    assert [lane.ticket for lane in turns.begin(scarce)] == [3]
    turns.ended("thread:a3")
    assert [lane.ticket for lane in turns.begin(scarce)] == [2]
    turns.ended("thread:a2")
    turns.offer([ready("a", 4, kind=Kind.OPEN, whose="mallory@shop.example")])
    assert [lane.ticket for lane in turns.begin(lambda _: Limit("open 1", 0.0))] == [4]


def test_a_lane_that_runs_is_not_begun_again() -> None:
    """Also if it is offered again meanwhile, as when an opening was queued before what is being posted."""
    turns = Turns(4)
    turns.offer([ready("a", 1)])
    assert len(turns.begin(no_limit)) == 1
    turns.offer([ready("a", 1, kind=Kind.OPEN)])
    assert turns.begin(no_limit) == []


def test_what_is_left_out_stays_ready() -> None:
    """It takes no slot, and no limit is asked for it."""
    turns, post, card = Turns(1), ready("a", 1), ready("a", 2, kind=Kind.CARD)
    turns.offer([card])
    assert turns.begin(no_limit, [Kind.CARD]) == []
    assert turns.has_ready([Kind.CARD])
    turns.offer([card, post])
    assert turns.begin(no_limit, [Kind.CARD]) == [post]
    turns.ended(post.lane)
    assert turns.begin(no_limit) == [card]
    assert not turns.has_ready([Kind.CARD])


def test_nothing_is_kept_of_those_that_have_nothing_to_do() -> None:
    """Of tickets and lanes; of stores and channels there are few."""
    turns = Turns()
    for number in range(200):
        turns.offer([ready("a", number)])
        (begun,) = turns.begin(no_limit)
        turns.ended(begun.lane)
    turns.offer([])
    assert (turns._since, turns._opened) == ({}, {})


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 30), st.sampled_from("12")), min_size=1, max_size=60))
def test_while_all_wait_their_turns_differ_by_one_at_most(asked: list[tuple[str, int, str]]) -> None:
    """Whatever is queued: no store that waits all the time has two turns fewer than another that does."""
    lanes = list({(s, t): ready(s, 100 * "abcd".index(s) + t, channel=c) for s, t, c in asked}.values())
    had = Counter(name[0] for name in order(Turns(1), lanes, 21))
    amounts = [had[store] for store in {lane.store for lane in lanes}]
    assert max(amounts) - min(amounts) <= 1
