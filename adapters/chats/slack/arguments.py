"""What somebody typed behind a slash command; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.chats.slack import manifest
from adapters.chats.slack.markup import unescape
from bot.model import Verb
from bot.text.ticket_numbers import ticket_and_words

_PERSON = re.compile(r"<@(?P<user>[UW][0-9A-Z]+)(?:\|[^<>]*)?>")
"""A person who is named in a command whose manifest says `should_escape`."""
_NUMBER = re.compile(r"#?\d{1,12}")
_DAYS = re.compile(r"(?P<days>\d{1,4})d?")

_NAMES = tuple(command[1:] for command, _, _ in manifest.COMMANDS)
SLASH = re.compile(rf"{manifest.ANY[0]}|/(?:shopbell-)?(?P<verb>{'|'.join(_NAMES)})")
"""If another app has the plain names, the manifest can have the longer ones."""


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
    """The parts of what was typed behind the command `verb`: as it was meant, because Slack escapes three signs."""
    if verb is Verb.ASSIGN:
        return _for_assign(text)  # whom it names is known by signs that are not escaped
    return _READERS.get(verb, _for_ticket)(unescape(text))


def _for_ticket(text: str) -> Typed:
    """The number of a ticket, and nothing else."""
    ticket = text.strip() or None
    return Typed(ticket=ticket, lacks_ticket=ticket is None)


def _for_search(text: str) -> Typed:
    """Everything that was typed."""
    return Typed(words=text.strip())


def _for_close(text: str) -> Typed:
    """The number, then why; without a number at the beginning all of it is why, and a picker asks for the number."""
    first, rest = _first_word(text)
    if _NUMBER.fullmatch(first) or (first and not rest):
        return Typed(ticket=first, words=rest)
    return Typed(words=text.strip(), lacks_ticket=True)


def _for_snooze(text: str) -> Typed:
    """The number and the time, in either order where the number has a `#`."""
    number, words = ticket_and_words(text)
    return Typed(ticket=number or None, words=words, lacks_ticket=not number)


def _for_words(text: str) -> Typed:
    """Words about no one ticket."""
    return Typed(words=" ".join(text.split()))


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


def _for_note(text: str) -> Typed:
    """The number, then the note; what begins with no number is a note of which nobody knows where it belongs."""
    first, rest = _first_word(text)
    if _NUMBER.fullmatch(first):
        return Typed(ticket=first, words=rest, lacks_ticket=not rest)
    return Typed(words=text.strip(), lacks_ticket=True)


def _first_word(text: str) -> tuple[str, str]:
    """The first word and what follows it, however they are apart; either may be empty."""
    first, *rest = text.split(maxsplit=1) or [""]
    return first, rest[0].strip() if rest else ""


def _for_reply(text: str) -> Typed:
    """The number, then what the form begins with; both may be left out."""
    found = _for_note(text)
    return Typed(ticket=found.ticket, words=found.words, lacks_ticket=found.ticket is None)


def _for_snippet(text: str) -> Typed:
    """The number and the snippet's name, in either order; the first word that is a number is the ticket's."""
    found = text.split()
    number = next((word for word in found if _NUMBER.fullmatch(word)), None)
    if number is not None:
        found.remove(number)
    name = " ".join(found)
    return Typed(ticket=number, words=name, lacks_ticket=number is None or not name)


def _for_assign(text: str) -> Typed:
    """The number and the first person named, in either order; both are needed, and what is known is not asked again."""
    found = _PERSON.search(text)
    if found is None:
        number = next((word for word in text.split() if _NUMBER.fullmatch(word)), None)
        return Typed(ticket=number, lacks_ticket=True)
    ticket = _PERSON.sub(" ", text).strip() or None
    return Typed(ticket=ticket, assignee=found["user"], lacks_ticket=ticket is None)


_READERS: Mapping[Verb, Callable[[str], Typed]] = {
    Verb.STATS: _for_stats,
    Verb.FIND: _for_search,
    Verb.TICKETS: _for_words,
    Verb.HELP: _for_words,
    Verb.SNOOZE: _for_snooze,
    Verb.CLOSE: _for_close,
    Verb.SNIPPETS: _for_words,
    Verb.NOTE: _for_note,
    Verb.REPLY: _for_reply,
    Verb.SNIPPET: _for_snippet,
}


def meant(command: str, text: str) -> tuple[Verb, str]:
    """What a slash command asks for, and what was typed behind it. `/shopbell` has the command's name behind it."""
    found = SLASH.fullmatch(command)
    if found is not None and found["verb"] is not None:
        return Verb(found["verb"]), text
    name, rest = (*text.split(maxsplit=1), "", "")[:2]
    name = name.removeprefix("/").casefold()
    return (Verb(name), rest.rstrip()) if name in _NAMES else (Verb.HELP, "")
