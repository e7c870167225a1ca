"""What a card shows and how a message is posted: from rows to what a chat is asked to say. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.db.rows import MessageRow, TicketRow
from bot.model import Author, Button, Card, Customer, Fact, Post, Purpose, Status, Store, TicketNumber, Verb, Voice
from bot.ports import VendorCapabilities
from bot.text import one_line, shorten
from bot.wording import notices

_OPENING_LENGTH = 500
_NAME_LENGTH = 40
_OTHERS_SHOWN = 5


def card(
    ticket: TicketRow,
    opening: str,
    others: Sequence[TicketNumber],
    store: Store,
    capabilities: VendorCapabilities,
    note_prefixes: Sequence[str],
) -> Card:
    """
    The ticket's card as it has to look now.

    Args:
        others: The same customer's other tickets in any store here.
    """
    return Card(
        number=ticket.number,
        title=title(ticket),
        store=store.label,
        customer=ticket.customer,
        status=ticket.status,
        status_text=notices.status_text(ticket.status, _word(ticket), ticket.awaiting, gone=ticket.gone),
        opening=shorten(opening, _OPENING_LENGTH),
        facts=ticket.facts + _other_tickets(others),
        hint=notices.hint(sends_all=store.sends_all, note_prefixes=note_prefixes),
        url=None if store.dashboard is None else store.dashboard.replace("{id}", ticket.vendor_id),
        buttons=buttons(ticket, capabilities),
    )


def _word(ticket: TicketRow) -> str | None:
    """What is said beside the status: the vendor's own word, or that the vendor knows nothing of it."""
    return notices.here_only() if ticket.closed_here_only else ticket.status_word


def _other_tickets(others: Sequence[TicketNumber]) -> tuple[Fact, ...]:
    if not others:
        return ()
    shown = others[:_OTHERS_SHOWN]
    return (Fact("Other tickets", notices.other_tickets(shown, len(others) - len(shown))),)


def title(ticket: TicketRow) -> str:
    """`#1042 · Jane · Key not working`, on one line, of any length."""
    return notices.card_title(ticket.number, customer_name(ticket.customer), one_line(ticket.subject, 200))


def customer_name(customer: Customer) -> str:
    """The customer as people call them: the name, else what stands before the @, else `Customer`."""
    if customer.name and customer.name.strip():
        return one_line(customer.name, _NAME_LENGTH)
    if customer.email:
        return one_line(customer.email.split("@")[0], _NAME_LENGTH) or "Customer"
    return "Customer"


def buttons(ticket: TicketRow, capabilities: VendorCapabilities) -> tuple[Button, ...]:
    """`Close` on an open ticket, `Reopen` on a closed one; none that the vendor cannot do."""
    if ticket.gone:
        return ()
    verb, label = (Verb.CLOSE, "Close") if ticket.status is Status.OPEN else (Verb.REOPEN, "Reopen")
    return (Button(verb=verb, label=label, ticket=ticket.number),) if verb in capabilities.verbs else ()


def post(message: MessageRow, ticket: TicketRow, store: Store) -> Post:
    """A message as it is said in a thread it was not written in."""
    return Post(
        voice=_voice(message),
        name=_speaker(message, ticket, store),
        text=message.text,
        at=message.written_at,
        attachments=message.attachments,
    )


def _voice(message: MessageRow) -> Voice:
    if message.purpose is Purpose.NOTE or not message.is_public:
        return Voice.NOTE
    return Voice.STAFF if message.author is Author.STAFF else Voice.CUSTOMER


def _speaker(message: MessageRow, ticket: TicketRow, store: Store) -> str:
    if message.author_name and message.author_name.strip():
        return one_line(message.author_name, 80)
    if message.author is Author.CUSTOMER:
        return customer_name(ticket.customer)
    return store.vendor_label
