"""When what webhooks ask for may be done."""

from __future__ import annotations

from itertools import pairwise

from bot.inbound.vendors.nudges import Nudges
from bot.model import TicketId

NEVER = float("inf")


def nudges(spacing: float = 5.0, poll: float = 60.0) -> Nudges:
    return Nudges(spacing=spacing, poll=poll)


def sweeps_in(given: Nudges, seconds: float) -> list[float]:
    """When a store is swept that is nudged all the time."""
    now, found = 0.0, []
    while now <= seconds:
        given.add(None)
        now = max(now, given.sweep_at)
        if now <= seconds:
            given.sweep_begins(now)
            given.swept()
            found.append(now)
    return found


def test_the_first_is_followed_at_once() -> None:
    """A webhook after a quiet time costs nobody a wait."""
    given = nudges()
    assert (given.sweep_at, given.read_at) == (NEVER, NEVER)
    assert given.add(None)
    assert given.sweep_at <= 0.0


def test_a_flood_is_followed_once_a_second_and_then_as_the_quota_bears() -> None:
    """Some at short notice, because customers write twice; then no more often than the quota allows for ever."""
    found = sweeps_in(nudges(spacing=5.0), 100.0)
    assert found[:5] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert [later - earlier for earlier, later in pairwise(found[5:])] == [5.0] * (len(found) - 6)
    assert len(found) <= 100 / 5 + 5


def test_it_is_never_less_often_than_the_regular_sweep() -> None:
    """Where the poll is shorter than the pace, the pace is the poll's."""
    assert len(sweeps_in(nudges(spacing=5.0, poll=0.5), 10.0)) >= 20


def test_the_last_one_is_never_lost() -> None:
    """What comes while the store is being swept is done after that; a second nudge needs no second wake."""
    given = nudges()
    given.add(None)
    given.sweep_begins(10.0)
    assert given.add(None)
    assert not given.add(None)
    given.swept()
    assert given.sweep_at == 11.0


def test_a_regular_sweep_counts_for_the_second_but_not_for_the_quota() -> None:
    """No store is swept twice within a second, for whatever reason."""
    given = nudges()
    for number in range(20):
        given.sweep_begins(10.0 * number)
    given.add(None)
    assert given.sweep_at == 191.0


def test_named_tickets_are_read_and_too_many_are_swept() -> None:
    """A ticket that is named a thousand times is read once; where many are named, a sweep costs less."""
    given = nudges()
    for _ in range(1000):
        given.add(TicketId("t2"))
    given.add(TicketId("t1"))
    assert given.sweep_at == NEVER
    assert given.take_tickets(0.0) == ["t1", "t2"]
    given.were_read(unread=[], unknown=False)
    assert (given.read_at, given.sweep_at) == (NEVER, NEVER)
    for number in range(21):
        given.add(TicketId(f"t{number}"))
    assert given.wants_sweep


def test_tickets_are_read_once_a_second_and_an_unknown_one_waits_for_no_second() -> None:
    """A flood of hooks for known tickets is no flood of reads; a new ticket's hook brings its sweep at once."""
    given = nudges()
    given.sweep_begins(-10.0)
    for now, due in ((0.0, 1.0), (1.0, 2.0), (2.0, 3.0)):
        given.add(TicketId("t1"))
        assert given.read_at <= now
        given.were_read(unread=[], unknown=not given.take_tickets(now))
        given.add(TicketId("t1"))
        assert given.read_at == due
    given.add(TicketId("new"))
    given.take_tickets(3.0)
    given.were_read(unread=[], unknown=True)
    assert given.sweep_at <= 3.0


def test_an_unknown_ticket_needs_a_sweep() -> None:
    """A new ticket is in the list only."""
    given = nudges()
    given.add(TicketId("new"))
    given.take_tickets(0.0)
    given.were_read(unread=[], unknown=True)
    assert given.sweep_at <= 0.0 + 1.0


def test_what_could_not_be_read_is_read_once_more_after_the_next_sweep_that_succeeds() -> None:
    """However many sweeps fail before; but a ticket that can never be read is not asked for in a circle."""
    given = nudges()
    given.add(TicketId("t1"))
    given.were_read(unread=given.take_tickets(0.0), unknown=False)
    assert given.wants_sweep
    for now in (1.0, 50.0):
        given.sweep_begins(now)
        given.hold(now + 5, tickets=False)
        assert given.read_at == NEVER
    given.sweep_begins(100.0)
    given.swept()
    assert given.read_at <= 101.0
    given.were_read(unread=given.take_tickets(101.0), unknown=False)
    assert not given.wants_sweep
    given.sweep_begins(200.0)
    given.swept()
    assert given.read_at == NEVER


def test_a_list_that_fails_holds_back_no_named_ticket() -> None:
    """The one may be out of order and the other not; but where the store allows nothing, nothing is asked for."""
    given = nudges()
    given.sweep_begins(0.0)
    given.hold(30.0, tickets=False)
    given.add(TicketId("t1"))
    given.add(None)
    assert given.read_at <= 0.0
    assert given.sweep_at == 30.0
    given.hold(40.0, tickets=True)
    assert (given.read_at, given.sweep_at) == (40.0, 40.0)
