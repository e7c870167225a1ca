"""
Which messages are commands: `!close` in a thread, `/close` sent as text, `@shopbell close`; and what looks like one.

What follows from a command is in `bot.tickets.from_agents.typed_commands`. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from bot.db.rows import MessageRow
from bot.model import TicketNumber, Verb
from bot.text.audience import COMMANDS, ForBot, audience
from bot.text.ticket_numbers import ticket_and_words

WORDS: Final = {
    "close": Verb.CLOSE,
    "reopen": Verb.REOPEN,
    "stats": Verb.STATS,
    "take": Verb.TAKE,
    "release": Verb.RELEASE,
    "s": Verb.SNIPPET,
    "tickets": Verb.TICKETS,
    "why": Verb.WHY,
    "help": Verb.HELP,
    "snooze": Verb.SNOOZE,
}
"""The words that are commands, and what each asks for."""


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """
    What a message asks for.

    Attributes:
        ticket: The ticket's number as it was typed; empty: none was, so the thread's ticket is meant.
        words: What was typed besides; empty: nothing.
    """

    verb: Verb
    ticket: str = ""
    words: str = ""

    def is_about(self, number: TicketNumber) -> bool:
        """Whether the ticket of the thread is meant, which has this number."""
        return self.ticket.lstrip("#") in ("", str(number))


def typed_command(message: MessageRow, note_prefixes: Sequence[str]) -> TypedCommand | None:
    """The command that a whole message is; None: it is none. One with files or other parts is none. Pure."""
    found = audience(message.text, note_prefixes)
    if not isinstance(found, ForBot) or message.attachments or message.unsupported:
        return None
    word, _, words = found.word.partition(" ")
    if WORDS.get(word) is Verb.SNIPPET:
        return TypedCommand(Verb.SNIPPET, words=words or found.rest)
    verb = WORDS.get(found.word)
    if verb is Verb.SNOOZE:
        return TypedCommand(verb, *ticket_and_words(found.rest))
    return None if verb is None else TypedCommand(verb, found.rest)


def has_more_than_command(message: MessageRow, note_prefixes: Sequence[str]) -> bool:
    """Whether a message would be a command if nothing but its text had been sent. Pure."""
    alone = replace(message, attachments=(), unsupported=())
    return alone != message and typed_command(alone, note_prefixes) is not None


def nearest_command(word: str) -> str:
    """The command that is most like this one, as one types it: `!close`, `/assign`; empty: none is. Pure."""
    near = get_close_matches(_first(word), COMMANDS - {"shopbell"}, 1)
    if not near:
        return ""
    return f"!{near[0]}" if near[0] in WORDS else f"/{near[0]}"


def is_doubtful(found: ForBot) -> bool:
    """
    Whether a text that is no command seems to be meant for the bot. Pure.

    One word behind `!` does, and whatever begins with the bot's name or that of a command: `!assign @bob`, `!note she
    is a reseller`. Of a few other words behind `!` only those that begin nearly as such a message does: `!clos it
    please`, but not `!nice work`.
    """
    one_word = " " not in found.word or found.word.startswith("@")
    first = _first(found.word)
    return one_word or first in COMMANDS or bool(get_close_matches(first, WORDS, 1))


def _first(words: str) -> str:
    """The first word in lower case, without what ends a sentence."""
    return words.lower().split()[0].rstrip(",.:;!?")
