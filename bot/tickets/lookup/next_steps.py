"""What to do next about something that is on its way to a vendor or a chat, and is not there yet. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.db.rows import DeliveryRow, LinkRow
from bot.model import ChatName, Kind, State
from bot.tickets.lookup.history import TicketHistory
from bot.wording import advice, steps
from bot.wording.masking import masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """
    What people call the places, and what decides what is shown.

    Attributes:
        vendor: The vendor's name.
        chats: The chats' names.
        is_configured: Whether the settings name the ticket's store.
        note_prefixes: With what a note begins.
        masks_emails: Whether addresses are masked.
    """

    vendor: str
    chats: Mapping[ChatName, str]
    is_configured: bool = True
    note_prefixes: Sequence[str] = ()
    masks_emails: bool = False

    def shown(self, text: str) -> str:
        """What may be shown of a text."""
        return masked(text) if self.masks_emails else text


def where_of(link: LinkRow, ticket: TicketHistory, names: Names) -> str:
    """The chat of a link; if the ticket has several threads there, with the channel."""
    label = names.chats.get(link.chat, link.chat)
    alone = sum(each.chat == link.chat for each in ticket.links) == 1
    return label if alone else f"{label} ({link.channel})"


def vendor_advice(each: DeliveryRow, ticket: TicketHistory, names: Names, now: datetime) -> str:
    """What to do about a delivery to the vendor; empty: nothing."""
    if each.state in (State.DONE, State.DROPPED):
        return ""
    if not names.is_configured:
        return advice.store_missing(ticket.ticket.store)
    if each.state is State.HELD:
        return advice.press_send_or_discard()
    if each.state is State.FAILED:
        return advice.press_retry(each.error or "", in_doubt=each.in_doubt)
    if ticket.store_incident:
        return advice.store_first(ticket.store_incident)
    return _waiting(each, names.vendor, ticket, now)


def chat_advice(each: DeliveryRow, ticket: TicketHistory, names: Names, now: datetime) -> str:
    """What to do about a post or the opening of a thread; empty: nothing."""
    if each.state in (State.DONE, State.DROPPED):
        return ""
    if each.state is State.FAILED:
        reason = each.error or ""
        if each.kind is Kind.POST:
            return advice.press_retry(reason, in_doubt=each.in_doubt)
        return advice.retry_in_outbox(reason, each.id)
    incident = "" if each.link is None else ticket.channel_incidents.get(each.link, "")
    if incident:
        return advice.store_first(incident)
    link = next((link for link in ticket.links if link.id == each.link), None)
    return _waiting(each, "" if link is None else where_of(link, ticket, names), ticket, now)


def _waiting(each: DeliveryRow, where: str, ticket: TicketHistory, now: datetime) -> str:
    due = steps.clock(each.due_at, now)
    if each.state is State.BEGUN:
        return advice.wait_for_answer(where)
    if each.state is State.UNCERTAIN:
        return advice.wait_for_search(due, where, each.error or "")
    head = ticket.heads.get(each.lane)
    if head is not None and head.id != each.id:
        return advice.goes_first(_head_advice(head, where, now))
    if each.due_at <= now:
        return advice.wait_for_turn()
    return advice.wait_until(due) if each.error is None else advice.wait_for_try(due, each.error)


def _head_advice(head: DeliveryRow, where: str, now: datetime) -> str:
    due = steps.clock(head.due_at, now)
    match head.state:
        case State.FAILED:
            return advice.retry_in_outbox(head.error or "", head.id)
        case State.BEGUN:
            return advice.wait_for_answer(where)
        case State.UNCERTAIN:
            return advice.wait_for_search(due, where, head.error or "")
        case _:
            return advice.wait_for_try(due, head.error or "") if head.due_at > now else advice.wait_for_turn()
