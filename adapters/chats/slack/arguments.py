"""What somebody typed behind a slash command; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.model import Verb
from bot.text.ticket_numbers import ticket_and_words

_PERSON = re.compile(r"<@(?P<user>[UW][0-9A-Z]+)(?:\|[^<>]*)?>")
"""A person who is named in a command whose manifest says `should_escape`."""
_DAYS = re.compile(r"(?P<days>\d{1,4})d?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """
    The parts of what was typed.

    Attributes:
        ticket: A number, or what stands where one belongs; None: nothing does.
        assignee: The id of the first person who is named.
        words: Whatever is left.
        lacks_ticket: Whether the command needs more than was typed, so that a picker has to ask for it.
    """

    ticket: str | None = None
    assignee: str | None = None
    store: str | None = None
    days: int | None = None
    words: str = ""
    lacks_ticket: bool = False


def typed(verb: Verb, text: str) -> Typed:
    """The parts of what was typed behind the command `verb`."""
    match verb:
        case Verb.STATS:
            return _for_stats(text)
        case Verb.ASSIGN:
            return _for_assign(text)
        case Verb.TICKETS:
            return Typed(words=" ".join(text.split()))
        case Verb.SNOOZE:
            number, words = ticket_and_words(text)
            return Typed(ticket=number or None, words=words, lacks_ticket=not number)
        case _:
            ticket = text.strip() or None
            return Typed(ticket=ticket, lacks_ticket=ticket is None)


def _for_stats(text: str) -> Typed:
    """Store and days in either order: `main 30`, `30d main`, `main`, nothing."""
    store, days = [], None
    for word in text.split():
        found = _DAYS.fullmatch(word)
        if found is not None and days is None:
            days = int(found["days"])
        else:
            store.append(word)
    return Typed(store=" ".join(store) or None, days=days)


def _for_assign(text: str) -> Typed:
    """The number and the first person named, in either order; both are needed."""
    found = _PERSON.search(text)
    assignee = None if found is None else found["user"]
    ticket = _PERSON.sub(" ", text).strip() or None
    return Typed(ticket=ticket, assignee=assignee, lacks_ticket=ticket is None or assignee is None)
