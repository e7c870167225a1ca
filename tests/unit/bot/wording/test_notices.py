"""The words of the core that are put together from parts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model import Status, TicketNumber
from bot.wording import notices


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h 00 min"),
        (timedelta(hours=3, minutes=5), "3 h 05 min"),
        (timedelta(hours=24), "1 d 0 h"),
        (timedelta(days=2, hours=4, minutes=59), "2 d 4 h"),
    ],
)
def test_a_length_of_time_is_said_as_people_do(span: timedelta, said: str) -> None:
    """Two units at most, the larger first, never rounded up."""
    assert notices.duration(span) == said


@pytest.mark.parametrize(
    ("status", "word", "awaiting", "shown"),
    [
        (Status.OPEN, None, None, "💬 Open"),
        (Status.OPEN, "Open", "us", "💬 Open · waiting for us"),
        (Status.OPEN, "pending", "customer", "💬 Open (pending) · waiting for the customer"),
        (Status.CLOSED, "closed", "us", "✅ Closed"),
        (Status.CLOSED, "solved", None, "✅ Closed (solved)"),
    ],
)
def test_a_status_shows_the_vendors_word_where_it_says_more(
    status: Status, word: str | None, awaiting: str | None, shown: str
) -> None:
    """`open (open)` says nothing; whose turn it is matters only while a ticket is open."""
    assert notices.status_text(status, word, awaiting, gone=False) == shown


def test_a_ticket_that_is_gone_says_so_whatever_it_was() -> None:
    """What the vendor no longer has is neither open nor closed to the reader."""
    texts = {notices.status_text(status, "word", "us", gone=True) for status in Status}
    assert texts == {"🚫 No longer at the vendor"}


def test_a_title_without_a_subject_says_so() -> None:
    """A thread's name always has its three parts."""
    assert notices.card_title(TicketNumber(1042), "Jane", "Key not working") == "#1042 · Jane · Key not working"
    assert notices.card_title(TicketNumber(1042), "Jane", "") == "#1042 · Jane · no subject"


def test_the_hint_says_what_a_message_in_the_thread_does() -> None:
    """Whether it reaches the customer by itself, and how to keep one in the team."""
    assert "Begin with // for a note" in notices.hint(sends_all=True, note_prefixes=("//", "note:"))
    assert "note" not in notices.hint(sends_all=True, note_prefixes=())
    assert "stay with the team" in notices.hint(sends_all=False, note_prefixes=("//",))


def test_what_was_left_out_is_listed_as_people_do() -> None:
    """One, two and three things read as a sentence."""
    for what, listed in (
        (["a sticker"], "a sticker"),
        (["a sticker", "a poll"], "a sticker and a poll"),
        (["a.png", "b.png", "a poll"], "a.png, b.png and a poll"),
    ):
        assert listed in notices.parts_left_out("Sellgate", what)
