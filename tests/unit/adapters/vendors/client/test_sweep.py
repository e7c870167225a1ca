"""What a sweep yields, which open ticket is read again, and what proves that none has to be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from adapters.vendors.client.sweep import RecheckTurns, changed_tickets, open_tickets, shows_messages
from bot.model import Absent, Author, Change, Message, MessageId, Nameless, Ticket, TicketId
from tests.support.clocks import ManualClock

CREATED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def said(author: Author, seconds: float) -> Message:
    return Message(id=MessageId(str(seconds)), author=author, text="", written_at=CREATED + timedelta(seconds=seconds))


AGAIN = [said(Author.CUSTOMER, 0), said(Author.CUSTOMER, 60)]


@pytest.mark.parametrize(
    ("messages", "updated", "proof"),
    [
        (AGAIN[:1], 0, None),
        ([said(Author.CUSTOMER, 0), said(Author.STAFF, 60)], 60, None),
        (AGAIN, 61, True),
        (AGAIN, 0, False),
        (AGAIN, 600, None),
        ([], 0, None),
    ],
)
def test_what_proves_that_the_list_is_true(messages: list[Message], updated: float, proof: bool | None) -> None:
    """Only a customer's later message proves something: a time of update right after it, or one before it."""
    assert shows_messages(CREATED + timedelta(seconds=updated), messages) is proof
    assert shows_messages(None, messages) is None


def test_second_looks_go_round() -> None:
    """One ticket a minute, each in its turn, whatever comes and goes."""
    clock = ManualClock()
    look = RecheckTurns(clock, seconds=60)
    held = [TicketId(name) for name in "cab"]
    assert look.choose(held) is None
    chosen = []
    for _ in range(4):
        clock.advance(60)
        chosen.append(look.choose(held))
        assert look.choose(held) is None
    assert chosen == ["a", "b", "c", "a"]
    clock.advance(60)
    assert look.choose([]) is None


def test_second_looks_end_with_proof() -> None:
    """They stop once the list is proven to tell, and begin again when it is proven not to."""
    clock = ManualClock()
    look = RecheckTurns(clock, seconds=60)
    clock.advance(60)
    look.learn(CREATED + timedelta(seconds=60), AGAIN)
    look.learn(CREATED, AGAIN[:1])
    assert look.choose([TicketId("a")]) is None
    look.learn(CREATED, AGAIN)
    assert look.choose([TicketId("a")]) == "a"


def change(number: int, fingerprint: str = "f") -> Change:
    return Change(ticket=Ticket(id=TicketId(str(number))), fingerprint=fingerprint)


class Known:
    """What is known of a store."""

    def __init__(self, fingerprints: Mapping[str, str], open_ids: Sequence[str] = (), *, full: bool = False) -> None:
        self.full = full
        self._fingerprints = fingerprints
        self._open = [TicketId(ticket) for ticket in open_ids]
        self.asked: list[int] = []

    async def fingerprints(self, ids: Collection[TicketId]) -> Mapping[TicketId, str]:
        self.asked.append(len(ids))
        return {ticket: self._fingerprints[ticket] for ticket in ids if ticket in self._fingerprints}

    async def follows(self, _ticket: Ticket) -> bool:
        return True

    async def open_ids(self) -> Sequence[TicketId]:
        return self._open


async def swept(known: Known, *pages: Sequence[Change], again: str | None = None) -> list[str]:
    async def reading() -> AsyncIterator[Sequence[Change]]:
        for page in pages:
            yield page

    held = await open_tickets(known)
    found = changed_tickets(reading(), known, held, TicketId(again) if again else None)
    return [
        f"-{one.id}" if isinstance(one, Absent) else one.ticket.id
        async for one in found
        if not isinstance(one, Nameless)
    ]


async def test_only_what_differs_is_yielded() -> None:
    """A known fingerprint is passed over; one query a page asks for them."""
    known = Known({"1": "f", "2": "old"})
    assert await swept(known, [change(1), change(2)], [change(3)]) == ["2", "3"]
    assert known.asked == [2, 1]


async def test_what_is_not_there_is_absent_at_the_end() -> None:
    """What we hold for open and nobody showed comes last; not in a full sweep."""
    assert await swept(Known({"1": "f"}, ["1", "7"]), [change(1), change(2)]) == ["2", "-7"]
    assert await swept(Known({"1": "f"}, ["1", "7"], full=True), [change(1), change(2)]) == ["2"]


async def test_a_ticket_may_have_a_second_look() -> None:
    """The one whose turn it is comes although nothing shows in it, once."""
    known = Known({"1": "f", "2": "f"}, ["1", "2"])
    assert await swept(known, [change(1), change(2)], [change(2)], again="2") == ["2"]
