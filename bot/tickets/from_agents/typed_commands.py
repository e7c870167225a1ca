"""
Messages that are commands: `!close` in a thread, `/close` sent as text, `@shopbell close`.

Such a message goes to nobody. What it changes in its own ticket is queued in the transaction that routes it, so that a
kill neither loses nor repeats it. What only has to be answered is asked for afterwards. Its author alone is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Final

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, MessageRow, TicketRow
from bot.model import Answer, DeliveryId, TicketNumber, Verb
from bot.text.audience import COMMANDS, ForBot, audience
from bot.text.ticket_numbers import ticket_and_words
from bot.tickets.day.snippets import offer
from bot.tickets.day.snoozing import snooze
from bot.tickets.day.status_changes import STATUSES, request_status
from bot.tickets.day.taking import TAKINGS, author
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers

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


@dataclass(frozen=True, slots=True)
class AnswerDue:
    """
    The author of a message has to be answered.

    Attributes:
        result: The answer; the delivery whose outcome is the answer; or the command that has to be asked for first.
    """

    message: MessageRow
    result: Answer | DeliveryId | TypedCommand


def typed_command(message: MessageRow, rules: Rules) -> TypedCommand | None:
    """The command that a whole message is; None: it is none. One with files or other parts is none. Pure."""
    found = audience(message.text, rules.note_prefixes)
    if not isinstance(found, ForBot) or message.attachments or message.unsupported:
        return None
    word, _, words = found.word.partition(" ")
    if WORDS.get(word) is Verb.SNIPPET:
        return TypedCommand(Verb.SNIPPET, words=words or found.rest)
    verb = WORDS.get(found.word)
    if verb is Verb.SNOOZE:
        return TypedCommand(verb, *ticket_and_words(found.rest))
    return None if verb is None else TypedCommand(verb, found.rest)


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


def obey(
    tx: Transaction,
    link: LinkRow,
    ticket: TicketRow,
    message: MessageRow,
    command: TypedCommand,
    rules: Rules,
    now: datetime,
) -> AnswerDue | None:
    """Queue what the command changes in the ticket of its thread, in the settings' store. None: there is no answer."""
    if command.verb is Verb.SNIPPET:
        answer = offer(tx, link, ticket, message, command.words, rules, now)
        return None if answer is None else AnswerDue(message, answer)
    if command.is_about(ticket.number):
        if command.verb in STATUSES:
            return AnswerDue(message, request_status(tx, ticket, command.verb, author(link, message), rules, now))
        if command.verb in TAKINGS:
            return AnswerDue(message, TAKINGS[command.verb](tx, ticket, author(link, message), rules, now))
        if command.verb is Verb.SNOOZE:
            return AnswerDue(message, snooze(tx, ticket, author(link, message), rules, now, words=command.words))
    return AnswerDue(message, command)


def too_old(message: MessageRow, age: timedelta) -> AnswerDue:
    """The command was read so late that it must not be done unasked."""
    return AnswerDue(message, Answer(text=answers.command_too_old(message.text, age)))
