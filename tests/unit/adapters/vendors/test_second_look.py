"""Which open ticket is read again, and what proves that none has to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.vendors.client.sweep import RecheckTurns, shows_messages
from bot.model import Author, Message, MessageId, TicketId
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
def test_what_proves_that_the_list_tells(messages: list[Message], updated: float, proof: bool | None) -> None:
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
