"""Where couriers look up the configured stores, their vendors and the chats; and a card as it must look now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.clock import Clock
from bot.db.rows import TicketRow, require
from bot.errors import Rejected
from bot.model import (
    Card,
    ChatName,
    OtherTicket,
    Place,
    Store,
    StoreName,
    TicketNumber,
)
from bot.outbound.job import Job
from bot.ports import CanWriteAs, Chat, Vendor
from bot.tickets.day.queue import standing
from bot.tickets.day.quiet_hours import is_quiet
from bot.tickets.holders import holder
from bot.tickets.people import chat_id, vendor_user
from bot.tickets.rules_from_settings import Rules
from bot.wording import cards, notices, reasons
from bot.wording.cards import dashboard
from bot.wording.plainer_cards import plainer_card


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Where couriers look up the configured stores, their vendors, and the chats."""

    rules: Rules
    vendors: Mapping[StoreName, Vendor]
    chats: Mapping[ChatName, Chat]
    clock: Clock

    @property
    def is_quiet(self) -> bool:
        """Whether what is posted now makes no sound."""
        return is_quiet(self.rules, self.clock.now())

    def card(self, job: Job, chat: ChatName) -> Card:
        """
        The ticket's card as it must look now in this chat, in the delivery's form.

        Its hint names a note prefix that can be typed there.
        """
        ticket = require(job.ticket)
        typable = [prefix for prefix in self.rules.note_prefixes if self.chat(chat).typable(prefix)]
        store = self.store(ticket)
        capabilities = self.rules.capabilities[store.name]
        masks = self.rules.masks_emails
        has = holder(ticket, self.rules)
        card = cards.card(
            ticket,
            job.opening,
            [self._other(number, place) for number, place in job.others],
            store,
            capabilities,
            typable,
            standing=standing(ticket),
            taken_by="" if has is None else has.name,
            masks_emails=masks,
        )
        return replace(plainer_card(card, job.delivery.form), silent=self.is_quiet)

    def _other(self, number: TicketNumber, place: Place) -> OtherTicket:
        return OtherTicket(number, self.chat(place.chat).address(place) if place.thread else "")

    @property
    def channels(self) -> list[Place]:
        """The channels of all stores."""
        return [place for store in self.rules.stores.values() for place in store.channels]

    def store(self, ticket: TicketRow) -> Store:
        """The ticket's store. Raises `Rejected` if it is not configured any more."""
        store = self.rules.stores.get(ticket.store)
        if store is None:
            raise Rejected(reasons.store_unknown(ticket.store))
        return store

    def where_to_read(self, job: Job) -> str:
        """
        Where a delivery's words can be read if a chat does not show them.

        An agent's are where they were written; the others in the vendor's dashboard.
        """
        if job.link_of_message is not None and require(job.message).chat_message is not None:
            return notices.read_in_chat(self.chat(job.link_of_message.chat).label)
        ticket = require(job.ticket)
        store = self.rules.stores.get(ticket.store)
        if store is None:
            return notices.read_at_vendor(ticket.store)
        return notices.read_at_vendor(store.vendor_label, dashboard(ticket, store))

    def vendor(self, ticket: TicketRow) -> Vendor:
        """The vendor to write to. Raises `Rejected` if the store is not configured, or it knows the ticket no more."""
        if ticket.forgotten:
            raise Rejected(reasons.forgotten())
        vendor = self.vendors.get(ticket.store)
        if vendor is None:
            raise Rejected(reasons.store_unknown(ticket.store))
        if ticket.is_left_behind:
            raise Rejected(reasons.left_behind(self.store(ticket).vendor_label))
        if ticket.is_replaced:
            raise Rejected(reasons.replaced(self.store(ticket).vendor_label))
        return vendor

    def vendor_for(self, job: Job) -> Vendor:
        """The vendor to write an agent's message to: as its author, if they are a user there. Raises as `vendor`."""
        vendor, message, link = self.vendor(require(job.ticket)), require(job.message), require(job.link_of_message)
        if not isinstance(vendor, CanWriteAs):
            return vendor
        recorded = chat_id(link.chat, require(message.agent))
        user = vendor_user(self.rules.colleagues, recorded, self.store(require(job.ticket)).vendor)
        return vendor if user is None else vendor.writing_as(user)

    def chat(self, name: ChatName) -> Chat:
        return self.chats[name]  # the outbox only has destinations for configured chats
