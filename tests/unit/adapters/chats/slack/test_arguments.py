"""What somebody typed that is a command."""

from __future__ import annotations

import pytest

from adapters.chats.slack.arguments import typed
from bot.model import Verb


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", (None, None)),
        ("main", ("main", None)),
        ("30", (None, 30)),
        ("30d", (None, 30)),
        ("main 30", ("main", 30)),
        ("30 main", ("main", 30)),
        ("my shop 7d", ("my shop", 7)),
    ],
)
def test_stats_takes_store_and_days_in_either_order(text: str, wanted: tuple[str | None, int | None]) -> None:
    """Both may be left out."""
    found = typed(Verb.STATS, text)
    assert (found.store, found.days) == wanted
    assert not found.lacks_ticket


@pytest.mark.parametrize(
    ("text", "wanted"), [("", ""), ("  ", ""), ("jane refund", "jane refund"), ("R&amp;D &lt;x&gt;", "R&D <x>")]
)
def test_find_takes_everything_as_words(text: str, wanted: str) -> None:
    """As it was typed; no picker opens, because there is nothing to pick."""
    found = typed(Verb.FIND, text)
    assert (found.words, found.ticket, found.lacks_ticket) == (wanted, None, False)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", (None, None)),
        ("1042", ("1042", None)),
        ("1042 <@U1|ann>", ("1042", "U1")),
        ("<@W12> #1042", ("#1042", "W12")),
        ("<@U1|ann>", (None, "U1")),
        ("1042 ann", ("1042", None)),
        ("ann #1042", ("#1042", None)),
        ("ann", (None, None)),
        ("1042 &lt;@U1&gt;", ("1042", None)),
        ("1042 <@U1|ann> <@U2|bob>", ("1042", "U1")),
        ("1042 <#C1|general>", ("1042", None)),
    ],
)
def test_assign_takes_number_and_person_in_either_order(text: str, wanted: tuple[str | None, str | None]) -> None:
    """The first person counts; what is left must be a number, or no such ticket is found. Without one, it is asked."""
    found = typed(Verb.ASSIGN, text)
    assert (found.ticket, found.assignee) == wanted
    assert found.lacks_ticket is (None in wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1042 2h", ("1042", "2h")),
        ("#1042  mon 9:00", ("#1042", "mon 9:00")),
        ("mon 9:00 #1042", ("#1042", "mon 9:00")),
        ("tomorrow", (None, "tomorrow")),
        ("1 dec 9:00", (None, "1 dec 9:00")),
        ("2026-12-01 9:00", (None, "2026-12-01 9:00")),
        ("1042", ("1042", "")),
        ("", (None, "")),
        ("2h 1042", (None, "2h 1042")),
    ],
)
def test_snooze_takes_number_and_time(text: str, wanted: tuple[str | None, str]) -> None:
    """The number first, or anywhere behind `#`; without one a form asks for it and keeps the time."""
    found = typed(Verb.SNOOZE, text)
    assert (found.ticket, found.words) == wanted
    assert found.lacks_ticket == (wanted[0] is None)


@pytest.mark.parametrize(
    ("verb", "text", "words"),
    [
        (Verb.NOTE, "1042 R&amp;D says: if a &lt; b", "R&D says: if a < b"),
        (Verb.NOTE, "no number &amp; no end", "no number & no end"),
        (Verb.NOTE, "1042 &amp;amp;", "&amp;"),
        (Verb.CLOSE, "1042 paid &amp; sent -&gt; done", "paid & sent -> done"),
        (Verb.CLOSE, "paid &amp; sent", "paid & sent"),
        (Verb.SNOOZE, "1042 &lt;soon&gt;", "<soon>"),
        (Verb.SNIPPET, "1042 R&amp;D", "R&D"),
        (Verb.TICKETS, "all R&amp;D", "all R&D"),
    ],
)
def test_words_are_taken_as_they_were_typed(verb: Verb, text: str, words: str) -> None:
    """Slack escapes three signs in what is typed behind a command."""
    assert typed(verb, text).words == words


def test_the_store_of_figures_is_taken_as_it_was_typed() -> None:
    """Its name may have such signs, too."""
    assert typed(Verb.STATS, "R&amp;D 7d").store == "R&D"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", (None, "")),
        ("1042", ("1042", "")),
        ("#1042 Dear Jane,\nno.", ("#1042", "Dear Jane,\nno.")),
        ("Dear Jane", (None, "Dear Jane")),
        ("10 days is too long", ("10", "days is too long")),
    ],
)
def test_reply_takes_number_and_text(text: str, wanted: tuple[str | None, str]) -> None:
    """The form begins with the text; without a number a picker asks for it and keeps the text."""
    found = typed(Verb.REPLY, text)
    assert (found.ticket, found.words) == wanted
    assert found.lacks_ticket is (wanted[0] is None)


@pytest.mark.parametrize("verb", [Verb.CLOSE, Verb.NOTE, Verb.REPLY])
@pytest.mark.parametrize("apart", [" ", "  ", "\n", "\t", "\u00a0", " \n\n "])
def test_the_number_ends_at_any_white_space(verb: Verb, apart: str) -> None:
    """A text that was pasted may begin on a line of its own; its own lines stay."""
    found = typed(verb, f" #1042{apart}Two lines\nof it. ")
    assert (found.ticket, found.words, found.lacks_ticket) == ("#1042", "Two lines\nof it.", False)
