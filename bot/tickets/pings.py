"""Lines in all threads of a ticket that ping somebody once in a chat, however many threads there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, TicketRow
from bot.model import ChatName, Mention
from bot.tickets import enqueue
from bot.tickets.people import ids_of
from bot.tickets.rules_from_settings import Rules


def person(tx: Transaction, ticket: TicketRow, recorded: str | None, rules: Rules) -> Mapping[ChatName, Mention]:
    """
    How somebody is pinged: in the chat in which they acted, or if the ticket has no thread there, in another of theirs.

    Args:
        recorded: Who, as `chat_id` writes them; None: nobody.
    """
    if recorded is None:
        return {}
    present = (link for link in enqueue.links_of(tx, ticket.number) if link.thread is not None)
    chats = {link.chat for link in present if link.chat in rules.chat_labels}
    for known in (recorded, *ids_of(rules.colleagues, recorded)):
        chat, _, agent = known.partition(":")
        if chat in chats:
            return {ChatName(chat): Mention(id=agent)}
    return {}


def tell(tx: Transaction, ticket: TicketRow, text: str, whom: Mapping[ChatName, Mention], now: datetime) -> None:
    """Queue a line for every thread of a ticket; in each chat the first one pings who is to be pinged there."""
    pinged: dict[ChatName, LinkRow] = {}
    for link in enqueue.links_of(tx, ticket.number):
        if link.thread is not None:
            pinged.setdefault(link.chat, link)
        ping = whom.get(link.chat) if pinged.get(link.chat) is link else None
        enqueue.line(tx, link, text, now, ping=ping)
