"""Masked addresses: `j…@example.com` in place of `jane@example.com`, for channels that many people can read. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.db.rows import MessageRow, TicketRow
from bot.model import Fact

# Everything of which `bot.text.as_seen.is_unseen` says that nobody sees it.
_UNSEEN = (
    r"\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# What may stand before the @: whatever is no white space and no sign that ends words. RFC 5322 and 6532 allow nearly
# all of it, and people's keyboards write the rest: accents as signs of their own, curly apostrophes, emoji. An address
# begins only where such a part begins, so a long text without one is read once. In addresses of web pages the @ is
# written as %40.
_ENDS = (
    r"\s@＠﹫()<>\[\],;:\"\\\u00a1\u00ab\u00bb\u00bf\u2010-\u2018\u201a-\u2027\u2030-\u205e\u3001-\u3003\u3008-\u3011"
    r"\u3014-\u301f\uff01-\uff0f\uff1a-\uff1f\uff3b-\uff40\uff5b-\uff65"
)
_LOCAL = rf"[^{_ENDS}]"
_BESIDE_AT = rf"[{_UNSEEN}\u0300-\u036f]"
_AT = ("@", "＠", "﹫", "%40")
_ADDRESS = re.compile(
    rf"(?:(?P<quote>\")[^\"\n]{{1,64}}\"{_BESIDE_AT}{{0,8}}|(?<!{_LOCAL})(?P<first>{_LOCAL})(?:(?!%40){_LOCAL})*)"
    rf"(?P<at>[@＠﹫]|%40)(?={_BESIDE_AT}*[\w\[])"
)


def masked(text: str) -> str:
    """The text with only the first letter of what stands before the @ of each address in it."""
    if not any(sign in text for sign in _AT):
        return text
    return _ADDRESS.sub(lambda found: f"{found['quote'] or found['first']}…{found['at']}", text)


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
        taken_by_name=None if ticket.taken_by_name is None else masked(ticket.taken_by_name),
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
