"""Masked addresses: `j…@example.com` in place of `jane@example.com`, for channels that many people can read. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.db.rows import MessageRow, TicketRow
from bot.model import Fact

# What may stand before the @: RFC 5322, letters of all scripts, and what nobody sees. An address begins only where such
# a part begins, so a long text without one is read once. In addresses of web pages the @ is written as %40.
_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~\u00ad\u200b-\u200f\u2060\ufeff-]"
_ADDRESS = re.compile(rf"(?<!{_LOCAL})({_LOCAL})(?:(?!%40){_LOCAL})*(@|%40)(?=[\w\[])")


def masked(text: str) -> str:
    """The text with only the first letter of what stands before the @ of each address in it."""
    return _ADDRESS.sub(r"\1…\2", text)


def masked_address(email: str) -> str:
    """What is known to be an address, however it is written: only its first letter and what stands after the @."""
    local, _, domain = email.strip().rpartition("@")
    return f"{local[:1]}…@{domain}" if local else "…"


def masked_ticket(ticket: TicketRow) -> TicketRow:
    """The ticket as cards, thread names and lists may show it."""
    customer = ticket.customer
    return replace(
        ticket,
        subject=masked(ticket.subject),
        customer=replace(
            customer,
            name=None if customer.name is None else masked(customer.name),
            email=None if customer.email is None else masked_address(customer.email),
        ),
        facts=tuple(Fact(fact.label, masked(fact.value)) for fact in ticket.facts),
    )


def masked_author(message: MessageRow) -> MessageRow:
    """The message with its author's name masked. Its text is what somebody wrote, and stays."""
    return message if message.author_name is None else replace(message, author_name=masked(message.author_name))
