"""Masked addresses: `j…@example.com` in place of `jane@example.com`, for channels that many people can read. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.db.rows import MessageRow, TicketRow
from bot.model import Fact

# It begins only where a word begins, so a long text without an address is read once.
_ADDRESS = re.compile(r"(?<![\w.+%'-])([\w.+%'-])[\w.+%'-]*@(?=\w)")


def masked(text: str) -> str:
    """The text with only the first letter of what stands before the @ of each address in it."""
    return _ADDRESS.sub(r"\1…@", text)


def masked_ticket(ticket: TicketRow) -> TicketRow:
    """The ticket as cards, thread names and lists may show it."""
    customer = ticket.customer
    return replace(
        ticket,
        subject=masked(ticket.subject),
        customer=replace(
            customer,
            name=None if customer.name is None else masked(customer.name),
            email=None if customer.email is None else masked(customer.email),
        ),
        facts=tuple(Fact(fact.label, masked(fact.value)) for fact in ticket.facts),
    )


def masked_author(message: MessageRow) -> MessageRow:
    """The message with its author's name masked. Its text is what somebody wrote, and stays."""
    return message if message.author_name is None else replace(message, author_name=masked(message.author_name))
