"""
What follows from a message that is a command: `bot.tickets.command_words` says which are.

Such a message goes to nobody. What it changes in its own ticket is queued in the transaction that routes it, so that a
kill neither loses nor repeats it. What only has to be answered is asked for afterwards. Its author alone is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, MessageRow, TicketRow
from bot.model import Answer, DeliveryId, Verb
from bot.tickets.command_words import TypedCommand
from bot.tickets.day.snippets import offer
from bot.tickets.day.snoozing import snooze
from bot.tickets.day.status_changes import STATUSES, request_status
from bot.tickets.day.taking import TAKINGS, author
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers


@dataclass(frozen=True, slots=True)
class AnswerDue:
    """
    The author of a message has to be answered.

    Attributes:
        result: The answer; the delivery whose outcome is the answer; or the command that has to be asked for first.
    """

    message: MessageRow
    result: Answer | DeliveryId | TypedCommand


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
