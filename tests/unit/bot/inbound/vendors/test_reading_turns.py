"""Which tickets of a store's list are read at once, and which after the others."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.inbound.vendors.reading_turns import AT_ONCE, SECONDS, Found, ReadingTurns
from bot.model import Absent, Change, Customer, Message, Ticket, TicketId
from bot.tickets.forgotten import RecordedTicket
from tests.support.clocks import NOON, ManualClock

_RECORDED = RecordedTicket("before", followed=True)


def change(ticket: str, email: str | None = None, messages: tuple[Message, ...] | None = None) -> Change:
    """A ticket that a list shows as changed."""
    told = Ticket(id=TicketId(ticket), subject=None, status=None, customer=Customer(email=email), created_at=NOON)
    return Change(ticket=told, fingerprint="now", messages=messages)


def at_once(turns: ReadingTurns, found: list[Found], before: RecordedTicket | None = None) -> list[str]:
    """Which of these, listed in this order, are read at once."""
    turns.begin()
    return [_id(each) for each in found if turns.is_now(each, NOON, before)]


def afterwards(turns: ReadingTurns, clock: ManualClock, seconds: float = 1.0) -> list[str]:
    """Which are read when the list is through, if each takes so long."""
    read = []
    for ticket, _, _ in turns.later():
        clock.advance(seconds)
        read.append(str(ticket))
    return read


def _id(found: Found) -> str:
    return str(found.id if isinstance(found, Absent) else found.ticket.id)


def test_of_a_customer_a_few_are_read_at_once_and_the_rest_after_the_list() -> None:
    """However their address is written; nobody else waits for them."""
    clock = ManualClock()
    turns = ReadingTurns(clock)
    many: list[Found] = [change(f"m{number}", f"{'mM'[number % 2]}allory@shop.example") for number in range(6)]
    assert at_once(turns, [*many, change("j", "jane@shop.example")]) == ["m0", "m1", "m2", "j"]
    assert AT_ONCE == 3
    assert (afterwards(turns, clock), turns.has_more) == (["m3", "m4", "m5"], False)


def test_what_there_is_no_time_for_is_left_for_the_next_list_in_its_order() -> None:
    """Whether or not that shows it again: some lists begin behind the newest ticket that they have shown."""
    clock = ManualClock()
    turns = ReadingTurns(clock)
    many: list[Found] = [change(f"m{number}", "mallory@shop.example") for number in range(9)]
    at_once(turns, many)
    assert afterwards(turns, clock, SECONDS / 2) == ["m3", "m4"]
    assert turns.has_more
    assert at_once(turns, [many[8], many[7]]) == ["m8", "m7"]
    assert (afterwards(turns, clock), turns.has_more) == (["m5", "m6"], False)


def test_what_fails_with_the_sweep_comes_again() -> None:
    """As where the store asks us to wait: the list may not show it any more."""
    clock = ManualClock()
    turns = ReadingTurns(clock)
    at_once(turns, [change(f"m{number}", "mallory@shop.example") for number in range(5)])
    for _ in turns.later():
        break
    assert afterwards(turns, clock) == ["m3", "m4"]


def test_it_is_told_when_what_is_read_later_was_listed_and_how_it_was_listed_last() -> None:
    """Of two lists, the later one counts."""
    turns = ReadingTurns(ManualClock())
    absent = Absent(TicketId("a"))
    assert not turns.is_now(absent, NOON, _RECORDED)
    later: datetime = NOON + timedelta(minutes=1)
    assert not turns.is_now(absent, later, _RECORDED)
    assert list(turns.later()) == [("a", absent, later)]


def test_what_the_list_shows_whole_takes_no_request_and_does_not_wait() -> None:
    """Nor does it count for what has to be read."""
    turns = ReadingTurns(ManualClock())
    whole: list[Found] = [change(f"w{number}", "mallory@shop.example", ()) for number in range(9)]
    assert len(at_once(turns, [*whole, change("m", "mallory@shop.example")])) == 10


def test_without_an_address_new_tickets_are_one_customers_and_others_stand_by_themselves() -> None:
    """Nobody knows whose a new one is before it is read, and any number of them can come from one."""
    turns = ReadingTurns(ManualClock())
    unknown: list[Found] = [change(f"n{number}") for number in range(5)]
    assert at_once(turns, unknown) == ["n0", "n1", "n2"]
    assert at_once(turns, unknown, _RECORDED) == [_id(each) for each in unknown]
    assert not turns.has_more
