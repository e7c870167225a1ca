"""
Where what people write in a chat goes: to the customer, to the team, to shopbell, or nowhere. Pure.

A message is first recorded (`written_messages.py`), then routed here, then what it needs is queued (`queueing.py`),
all in one transaction, before the chat's event is acknowledged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.db.rows import MessageRow, TicketRow
from bot.model import Purpose, Store
from bot.text.as_seen import seen
from bot.text.normal_form import normal
from bot.text.note_prefixes import note_of, without_prefix
from bot.text.tree import RichText, verbatim
from bot.tickets.command_words import TypedCommand, typed_command
from bot.tickets.from_agents.mistyped import doubt, told_of_talk
from bot.tickets.rules_from_settings import Rules
from bot.wording import notices, reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """
    Where a message goes.

    Attributes:
        text: What is sent, or shown elsewhere.
        formatted: The same with its formatting; None: it has none.
        held: Why it waits until an agent confirms it; empty: it does not.
        private: What its author alone is told; empty: nothing.
        command: What it asks of shopbell; None: nothing.
        line: What to say about it in its thread; empty: nothing.
        refused: Why the vendor does not accept the reply, so that it fails for good; empty: it is sent.
    """

    purpose: Purpose
    text: str
    formatted: RichText | None = None
    line: str = ""
    refused: str = ""
    held: str = ""
    private: str = ""
    command: TypedCommand | None = None


def decide(message: MessageRow, ticket: TicketRow, rules: Rules) -> Route:
    """Where an agent's message goes. Pure."""
    stays = Route(purpose=Purpose.TALK, text=message.text, formatted=message.formatted)
    store = rules.stores.get(ticket.store)
    if not message.can_reply or message.deleted or store is None:
        return stays
    note = note_route(message, rules)
    if note is not None:
        return note
    route = checked_reply_route(message, ticket, rules)
    if store.sends_all or route.command is not None:
        return route
    return replace(stays, private=told_of_talk(message, rules.note_prefixes))


def checked_reply_route(message: MessageRow, ticket: TicketRow, rules: Rules) -> Route:
    """The route of a message that nobody has said to be for the customer; it may be a command. Pure."""
    command = typed_command(message, rules.note_prefixes)
    if command is not None:
        return Route(purpose=Purpose.TALK, text=message.text, formatted=message.formatted, command=command)
    route = reply_route(message, ticket, rules)
    doubtful = None if route.refused else doubt(message, rules.note_prefixes)
    if doubtful is not None:
        return replace(route, held=doubtful.in_thread, private=doubtful.to_author)
    return route


def note_route(message: MessageRow, rules: Rules) -> Route | None:
    """The route of a note; None: this is none. Pure."""
    note = note_text(message.text, rules)
    if note is None:
        return None
    formatted = None if message.formatted is None else without_prefix(message.formatted, note)
    return Route(purpose=Purpose.NOTE, text=note, formatted=formatted)


def reply_route(message: MessageRow, ticket: TicketRow, rules: Rules) -> Route:
    """The route of a message that is meant for the customer, or why it cannot be sent. Pure."""
    store = rules.stores[ticket.store]
    _, linked, left_out = _sort_attachments(message, rules, store)
    text = "\n".join([message.text, *linked]).strip()
    formatted = None if message.formatted is None else normal((*message.formatted, *verbatim("\n".join(linked))))
    refused = refusal(replace(message, text=text), ticket, rules)
    line = notices.parts_left_out(store.vendor_label, left_out) if left_out and not refused else ""
    return Route(purpose=Purpose.REPLY, text=text, formatted=formatted, line=line, refused=refused)


def text_written(message: MessageRow, rules: Rules, store: Store) -> str:
    """What a routed reply's author wrote, without the links that `reply_route` put behind it. Pure."""
    linked = "\n".join(_sort_attachments(message, rules, store)[1])
    return message.edited_text or message.text.removesuffix(linked).rstrip()


def refusal(message: MessageRow, ticket: TicketRow, rules: Rules) -> str:
    """Why the vendor does not accept this message as a reply, files included; empty: it does. Pure."""
    store = rules.stores[ticket.store]
    if ticket.forgotten:
        return reasons.forgotten()
    sent, _, left_out = _sort_attachments(message, rules, store)
    if not sent and not seen(message.text):
        return reasons.not_accepted(store.vendor_label, left_out) if left_out else reasons.nothing_to_send()
    limit = rules.capabilities[ticket.store].reply_length
    if limit is not None and len(message.text) > limit:
        return reasons.too_long(store.vendor_label, len(message.text) - limit)
    return ""


def _sort_attachments(message: MessageRow, rules: Rules, store: Store) -> tuple[list[str], list[str], list[str]]:
    """What a message has in addition to its text: sent as a file, sent as a link, left out."""
    sent, linked, left_out = [], [], list(message.unsupported)
    largest = rules.capabilities[store.name].file_bytes
    for attachment in message.attachments:
        if store.name in rules.attaching and (attachment.size or 0) <= largest:
            sent.append(attachment.name)
        elif attachment.lasting and attachment.url:
            linked.append(f"{attachment.name}: {attachment.url}")
        else:
            left_out.append(attachment.name)
    return sent, linked, left_out


def note_text(text: str, rules: Rules) -> str | None:
    """The text of a note without its prefix; None: this is no note. Pure."""
    return note_of(text, rules.note_prefixes)
