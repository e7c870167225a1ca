"""
Snoozing: a ticket is out of the queue until some time, or until its customer writes.

A reply does not end it. "It leaves tomorrow" and a snooze until tomorrow belong together, whichever comes first: the
ticket then comes back when the agent wants to look after it. Closing ends it without a word.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.db.connection import Transaction
from bot.db.rows import TicketRow, from_ms, ticket_row, to_ms
from bot.model import Answer, Button, Status, TicketNumber, TimeChoice, Verb
from bot.text.time_choices import MOST, time_choices
from bot.text.times import TimeFault, is_length, read_time
from bot.tickets import enqueue
from bot.tickets.day.taking import Asker
from bot.tickets.people import chat_id
from bot.tickets.pings import person, tell
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers, notices, reasons
from bot.wording.cards import SNOOZE_OFF

CHOICES: Final = (("1 hour", "1h"), ("Tomorrow", "tomorrow"), ("Monday", "monday"))
"""The times that are offered to whoever names none, each with what one would type."""
_AT_ONCE = 100
"""So many tickets come back in one transaction."""


def snooze(tx: Transaction, ticket: TicketRow, asker: Asker, rules: Rules, now: datetime, *, words: str) -> Answer:
    """
    Take a ticket out of the queue, or put it back.

    Args:
        words: Until when, as typed; `off` ends it. Empty: the answer offers some times.
    """
    if ticket.forgotten:
        return Answer(text=reasons.forgotten())
    if ticket.gone or ticket.status is Status.CLOSED:
        return Answer(text=answers.closed_cannot_be_snoozed(ticket.number))
    words = words.strip()
    if words.casefold() == SNOOZE_OFF:
        return _wake(tx, ticket, now)
    if not words:
        return Answer(text=answers.snooze_until_when(ticket.number), buttons=_choices(ticket.number))
    until = read_time(words, now, rules.zone)
    if isinstance(until, TimeFault):
        return Answer(text=answers.no_time(words, until, rules.zone), buttons=_choices(ticket.number))
    by = chat_id(asker.chat, asker.agent)
    asked_at = to_ms(now) if is_length(words) else None
    tx.run("set_ticket_snoozed", number=ticket.number, until=to_ms(until), by=by, asked_at=asked_at)
    enqueue.cards(tx, ticket.number, now)
    return Answer(text=answers.snoozed(ticket.number, until, rules.zone))


def _wake(tx: Transaction, ticket: TicketRow, now: datetime) -> Answer:
    if ticket.snoozed_until is None:
        return Answer(text=answers.not_snoozed(ticket.number))
    tx.run("wake_ticket", number=ticket.number)
    enqueue.cards(tx, ticket.number, now)
    return Answer(text=answers.woken(ticket.number))


def _choices(number: TicketNumber) -> tuple[Button, ...]:
    return tuple(Button(verb=Verb.SNOOZE, label=label, ticket=number, words=words) for label, words in CHOICES)


def snooze_times(typed: str, now: datetime, zone: ZoneInfo) -> list[TimeChoice]:
    """What can be typed as `words` of `snooze`, and begins with what was typed so far: 25 at most, best first."""
    found = [TimeChoice(words, answers.time_choice(words, at, zone)) for words, at in time_choices(typed, now, zone)]
    is_off = SNOOZE_OFF.startswith(typed.strip().casefold())
    ends = [TimeChoice(SNOOZE_OFF, answers.end_of_snooze(SNOOZE_OFF))] if is_off else []
    return [*found[: MOST - len(ends)], *ends]


def next_to_end(tx: Transaction, rules: Rules) -> datetime | None:
    """When the next snooze ends, which may be over already; None: there is none. Only stores in the settings count."""
    row = tx.one("next_snooze_to_end", stores=_stores(rules))
    return None if row is None else from_ms(row["until"])


def bring_back(tx: Transaction, now: datetime) -> None:
    """The clock was set back to `now`: what was snoozed for a length of time later than that ends so long after now."""
    for row in tx.all("bring_back_snoozes", now=to_ms(now)):
        enqueue.cards(tx, TicketNumber(row["number"]), now)


def end_snoozes(tx: Transaction, rules: Rules, now: datetime) -> None:
    """
    Put tickets back whose snooze is over, once each: their threads say so, and ping who has them.

    Where nobody has it, who snoozed it is pinged. There may be more; then `next_to_end` says so.
    """
    rows = tx.all("ended_snoozes", now=to_ms(now), stores=_stores(rules), most=_AT_ONCE)
    for ticket in map(ticket_row, rows):
        tx.run("wake_ticket", number=ticket.number)
        if not ticket.forgotten:
            enqueue.cards(tx, ticket.number, now)
            whom = person(tx, ticket, ticket.taken_by or ticket.snoozed_by, rules)
            tell(tx, ticket, notices.snooze_over(), whom, now)


def _stores(rules: Rules) -> str:
    return json.dumps(sorted(rules.stores))
