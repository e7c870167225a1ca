"""Who has a ticket, by the name that chats may show; pure."""

from __future__ import annotations

from dataclasses import replace

from bot.db.rows import TicketRow
from bot.model import Person
from bot.tickets.people import person_of
from bot.tickets.rules_from_settings import Rules
from bot.wording.masking import masked


def shown_person(rules: Rules, recorded: str, name: str | None) -> Person:
    """Like `person_of`, by the name that chats may show: some people are called by their address there."""
    person = person_of(rules.colleagues, recorded, name)
    return replace(person, name=masked(person.name)) if rules.masks_emails else person


def holder(ticket: TicketRow, rules: Rules) -> Person | None:
    """Who has the ticket, by the name that chats may show; None: nobody."""
    return None if ticket.taken_by is None else shown_person(rules, ticket.taken_by, ticket.taken_by_name)
