"""The stores on the page: tickets as their vendors show them, and what customers and colleagues do there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.sandbox.page.actions import Action, ActionFields, ActionRefused, Json
from bot.sandbox.vendors.store import PracticeMessage, PracticeTicket
from bot.sandbox.world import PracticeWorld, Shop
from bot.wiring import vendor_kinds

LONGEST_SUBJECT = 250
LONGEST_TEXT = 60_000
"""Longer than one message of any chat, so that people can try what happens with a long text."""


class StoresPane:
    """
    The left side of the page.

    Attributes:
        actions: What people can do here, by name.
    """

    def __init__(self, world: PracticeWorld) -> None:
        self._shops = {shop.name: shop for shop in world.shops.values()}
        self._shown = [_shop(shop) for shop in self._shops.values()]
        self.actions: Mapping[str, Action] = MappingProxyType(
            {
                "open": self._open,
                "write": self._write,
                "answer": self._answer,
                "close": self._close,
                "reopen": self._reopen,
            }
        )

    def parts(self) -> dict[str, Any]:
        """Everything that is shown here."""
        parts: dict[str, Any] = {"stores": self._shown}
        for shop in self._shops.values():
            tickets = sorted(shop.store.tickets(), key=lambda ticket: ticket.updated_at, reverse=True)
            parts[f"tickets/{shop.name}"] = [_summary(ticket) for ticket in tickets]
            parts |= {f"ticket/{shop.name}/{ticket.id}": _ticket(ticket) for ticket in tickets}
        return parts

    # ------------------------------------------------------------ what people do

    async def _open(self, fields: ActionFields) -> Json:
        shop = self._shop(fields)
        ticket = shop.store.customer_writes(
            _short(fields.text("subject", wanted="Write in a few words what it is about.")),
            _not_too_long(fields.text("text", wanted="Write the customer's message.")),
            name=fields.optional("name"),
            email=_email(fields.text("email", wanted="Enter the customer's e-mail address.")),
        )
        return {"ticket": ticket}

    async def _write(self, fields: ActionFields) -> Json:
        shop, ticket = self._ticket(fields)
        text = fields.text("text", wanted="Write the customer's message.")
        return {"ticket": shop.store.customer_replies(ticket.id, _not_too_long(text))}

    async def _answer(self, fields: ActionFields) -> Json:
        shop, ticket = self._ticket(fields)
        text = fields.text("text", wanted="Write the colleague's answer.")
        shop.store.staff_replies(ticket.id, _not_too_long(text))
        return {}

    async def _close(self, fields: ActionFields) -> Json:
        shop, ticket = self._ticket(fields)
        if ticket.closed:
            raise ActionRefused("This ticket is closed already.")
        shop.store.close(ticket.id)
        return {}

    async def _reopen(self, fields: ActionFields) -> Json:
        shop, ticket = self._ticket(fields)
        if not ticket.closed:
            raise ActionRefused("This ticket is open already.")
        shop.store.reopen(ticket.id)
        return {}

    def _shop(self, fields: ActionFields) -> Shop:
        shop = self._shops.get(fields.text("store"))
        if shop is None:
            raise ActionRefused("There is no such store.")
        return shop

    def _ticket(self, fields: ActionFields) -> tuple[Shop, PracticeTicket]:
        shop = self._shop(fields)
        try:
            return shop, shop.store.ticket(fields.text("ticket"))
        except KeyError:
            raise ActionRefused("There is no such ticket.") from None


def _short(subject: str) -> str:
    if len(subject) > LONGEST_SUBJECT:
        raise ActionRefused(f"A subject has at most {LONGEST_SUBJECT} characters.")
    return subject.strip()


def _not_too_long(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ActionRefused(f"A message has at most {LONGEST_TEXT} characters.")
    return text


def _email(email: str) -> str:
    name, at, host = email.strip().partition("@")
    if not name or not at or "." not in host or any(character.isspace() for character in email.strip()):
        raise ActionRefused("This is not an e-mail address; write one like jane@example.com.")
    return email.strip()


def _shop(shop: Shop) -> Json:
    kind = vendor_kinds()[shop.vendor.vendor]()
    return {"name": shop.name, "vendor": kind.label, "discord": shop.discord.name, "slack": shop.slack.name}


def _summary(ticket: PracticeTicket) -> Json:
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "customer": ticket.name or ticket.email or "",
        "closed": ticket.closed,
        "waits": ticket.awaits_staff and not ticket.closed,
        "at": ticket.updated_at.timestamp(),
    }


def _ticket(ticket: PracticeTicket) -> Json:
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "name": ticket.name or "",
        "email": ticket.email or "",
        "closed": ticket.closed,
        "messages": [_message(message) for message in ticket.messages],
    }


def _message(message: PracticeMessage) -> Json:
    return {
        "id": message.id,
        "writer": message.writer,
        "name": message.name or ("Customer" if message.writer == "customer" else "Staff"),
        "text": message.text,
        "at": message.at.timestamp(),
        "note": not message.public,
        "bridged": message.by_api,
        "files": [file.name for file in message.files],
    }
