"""What a vendor says of a ticket is believed when it was asked twice, some seconds apart."""

from __future__ import annotations

import pytest

from bot.inbound.vendors.believed_when_repeated import APART, FORGOTTEN_AFTER, SaidTwice
from bot.model import TicketId
from tests.support.clocks import ManualClock

T1 = TicketId("t1")


@pytest.mark.parametrize(
    ("asked_after", "took", "is_believed"),
    [
        (APART, 0.0, True),
        (APART - 0.1, 0.0, False),
        (APART - 0.1, 60.0, False),
        (0.0, APART + 1, False),
        (APART, 60.0, True),
    ],
)
def test_an_answer_is_as_old_as_its_question(asked_after: float, took: float, is_believed: bool) -> None:
    """One that took long says what was true when it was asked for, and so it is not far enough from the first."""
    clock = ManualClock()
    said = SaidTwice(clock)
    assert not said.is_believed(T1, asked_at=clock.monotonic())
    clock.advance(asked_after)
    asked_at = clock.monotonic()
    clock.advance(took)
    assert said.is_believed(T1, asked_at=asked_at) is is_believed


def test_what_was_withdrawn_or_is_long_ago_begins_anew() -> None:
    """And it is forgotten once it was believed."""
    clock = ManualClock()
    said = SaidTwice(clock)
    assert not said.is_believed(T1)
    clock.advance(APART)
    said.withdrawn(T1)
    assert not said.is_believed(T1)
    clock.advance(FORGOTTEN_AFTER + 1)
    assert not said.is_believed(T1)
    clock.advance(APART)
    assert said.would_be_believed(T1)
    assert said.is_believed(T1)
    assert not said.is_believed(T1)
