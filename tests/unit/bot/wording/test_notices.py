"""The sentences that are put together from parts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.wording import answers, channel_notices, form_answers, notices, phrases, questions


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
    assert phrases.duration(span) == said


def test_what_was_left_out_is_listed_as_people_do() -> None:
    """One, two and three things read as a sentence."""
    for what, listed in (
        (["a sticker"], "a sticker"),
        (["a sticker", "a poll"], "a sticker and a poll"),
        (["a.png", "b.png", "a poll"], "a.png, b.png and a poll"),
    ):
        assert listed in notices.parts_left_out("Sellgate", what)


def test_a_ticket_with_an_endless_id_is_told_of_in_a_line() -> None:
    """A vendor's id can be of any length, and of several lines."""
    text = channel_notices.tickets_unreadable("Main", ["1\n" * 100_000, "t2"], "It is down.")
    assert text.startswith("⚠️ 2 tickets of Main cannot be read: 1 1 1 ")
    assert text.endswith("… and t2. It is down. Each gets its thread as soon as it can be read.")
    assert len(text) < 300


def test_what_crosses_in_the_same_second_is_not_said_in_seconds() -> None:
    """Nobody says `0 s before you`."""
    for before, said in ((0.4, "in the same second as you,"), (1, "1 s before you,"), (-1, "meanwhile,")):
        text = questions.colleague_answers("Ann", "Discord", timedelta(seconds=before), "")
        assert f"Ann in Discord wrote to the customer {said}" in text
    assert "appeared here just before yours," in questions.customer_just_wrote(timedelta(), "", by_customer=True)
    assert "appeared here 2 s before" in questions.customer_just_wrote(timedelta(seconds=2), "", by_customer=True)


@pytest.mark.parametrize("quoted", ["Is that right?", "Stop!", "Well…", "Done.", "Just words"])
def test_what_is_quoted_brings_its_own_mark(quoted: str) -> None:
    """No sentence ends twice because what it quotes, or names, ends in a mark."""
    sentences = (
        questions.colleague_answers("Ann", "Discord", timedelta(seconds=9), quoted),
        questions.customer_just_wrote(timedelta(seconds=9), quoted, by_customer=True),
        notices.taken_over("Ann", quoted),
        notices.assigned(quoted, "Ann"),
        answers.no_such_ticket(quoted),
        answers.no_such_store(quoted, ["main"]),
        form_answers.no_such_snippet(quoted, ""),
    )
    for sentence in sentences:
        assert quoted in sentence
        assert not re.search(r"[.!?…][”)]?\.", sentence), sentence


@pytest.mark.parametrize(
    ("waiting", "taken", "said"),
    [
        (1, [], "☀️ 1 ticket waits for us; the oldest is #7, for 1 h 00 min. Nobody has taken it. "),
        (2, [], "☀️ 2 tickets wait for us; the oldest is #7, for 1 h 00 min. Nobody has taken one. "),
        (2, [("Ann", 1)], "☀️ 2 tickets wait for us; the oldest is #7, for 1 h 00 min. Ann has 1 and nobody has 1. "),
    ],
)
def test_the_day_counts_as_people_do(waiting: int, taken: list[tuple[str, int]], said: str) -> None:
    """One is not spoken of as several."""
    text = channel_notices.day(waiting, 7, timedelta(hours=1), "", taken, broken=None, recovered=0, lost=0)
    assert text == f"{said}Recovered since yesterday: 0. Lost: 0."
