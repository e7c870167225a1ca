"""
Promised answers: when a customer has waited so long that somebody is reminded, and that it is done once.

What was told is recorded with the time since when the customer waits: as long as that is the same, it is not told
again. What was due long ago, as at first contact or after downtime, pings nobody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from bot.db.connection import Transaction
from bot.db.rows import TicketRow, ticket_row, to_ms
from bot.model import WAITS_FOR_US, ChatName, Mention, Promises, Standing, StoreName
from bot.tickets import pings
from bot.tickets.business_hours import after_open
from bot.tickets.day.queue import standing
from bot.tickets.rules_from_settings import Rules
from bot.wording import notices

PINGS_WITHIN = timedelta(hours=1)
"""A reminder that comes later than that pings nobody."""
TOLD_WITHIN = timedelta(days=1)
"""One that comes later than that is only recorded."""
_AT_ONCE = 100
"""So many tickets are reminded of in one transaction."""


class Reminded(StrEnum):
    """What was told of a promise."""

    SOON = "soon"  # three quarters of the time have passed
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Due:
    """What has to be told: that the answer is due soon, or overdue; `at` is since when, `until` what was promised."""

    what: Reminded
    at: datetime
    until: datetime


def due(ticket: TicketRow, promises: Promises, now: datetime) -> Due | None:
    """What has to be told of a ticket now; None: nothing, or it was told. Pure."""
    since, where = ticket.waiting_since, standing(ticket)
    promised = promises.first_answer if where is Standing.FIRST_ANSWER else promises.next_answer
    if where not in WAITS_FOR_US or since is None or promised is None:
        return None
    told = ticket.reminded if ticket.reminded_for is not None and since <= ticket.reminded_for else None
    soon, until = (after_open(promises.hours, since, part) for part in (promised * 0.75, promised))
    if soon is None or until is None:
        return None
    if now >= until:
        return None if told == Reminded.BROKEN else Due(Reminded.BROKEN, until, until)
    return Due(Reminded.SOON, soon, until) if now >= soon and told is None else None


def reminders(tx: Transaction, rules: Rules, now: datetime, most: int = _AT_ONCE) -> list[tuple[TicketRow, Due]]:
    """What has to be told now, at most so much, the customers who wait longest first."""
    promising = _promising(rules)
    if not promising:
        return []
    rows = tx.all("tickets_to_remind_of", stores=json.dumps(sorted(promising)))
    found = ((ticket, due(ticket, promising[ticket.store], now)) for ticket in map(ticket_row, rows))
    return list(islice(((ticket, what) for ticket, what in found if what is not None), most))


def remind(tx: Transaction, rules: Rules, now: datetime) -> None:
    """Tell what has to be told in the threads, and record it. There may be more; then `reminders` says so."""
    promising = _promising(rules)
    for ticket, what in reminders(tx, rules, now):
        broken_at = to_ms(what.until) if what.what is Reminded.BROKEN else None
        since = None if ticket.waiting_since is None else to_ms(ticket.waiting_since)
        tx.run("set_ticket_reminded", number=ticket.number, told=what.what, since=since, broken_at=broken_at)
        late = now - what.at
        if late <= TOLD_WITHIN:
            promises = promising[ticket.store]
            notice = notices.answer_overdue if what.what is Reminded.BROKEN else notices.answer_due
            text = notice(what.until, promises.hours.zone, is_first=standing(ticket) is Standing.FIRST_ANSWER)
            whom = _whom(tx, ticket, promises, rules) if late <= PINGS_WITHIN else {}
            pings.tell(tx, ticket, text, whom, now)


def _whom(tx: Transaction, ticket: TicketRow, promises: Promises, rules: Rules) -> Mapping[ChatName, Mention]:
    """Who has the ticket; if nobody has it, or they cannot be reached, whom the settings name."""
    return pings.person(tx, ticket, ticket.taken_by, rules) or dict(promises.remind)


def _promising(rules: Rules) -> Mapping[StoreName, Promises]:
    return {name: store.promises for name, store in rules.stores.items() if store.promises is not None}
