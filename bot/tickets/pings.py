"""Lines in all threads of a ticket that ping one person, once, wherever they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, TicketRow
from bot.model import AgentId, ChatName, Colleague
from bot.tickets import enqueue
from bot.tickets.people import ids_of
from bot.tickets.rules import Rules


def tell(tx: Transaction, ticket: TicketRow, text: str, recorded: str | None, rules: Rules, now: datetime) -> None:
    """
    Queue a line for every thread of a ticket. It pings somebody in the first thread in the chat in which they acted.

    If the ticket has no thread in that chat, it is in one of a chat in which the settings say who they are.

    Args:
        recorded: Whom, as `chat_id` writes them; None: nobody.
    """
    links = enqueue.links_of(tx, ticket.number)
    found = None if recorded is None else _thread_to_ping_in(links, recorded, rules.colleagues)
    for link in links:
        ping = found[1] if found is not None and link is found[0] else None
        enqueue.line(tx, link, text, now, ping=ping)


def _thread_to_ping_in(
    links: Sequence[LinkRow], recorded: str, colleagues: Sequence[Colleague]
) -> tuple[LinkRow, AgentId] | None:
    for known in (recorded, *ids_of(colleagues, recorded)):
        chat, _, agent = known.partition(":")
        for link in links:
            if link.chat == ChatName(chat) and link.thread is not None:
                return link, AgentId(agent)
    return None
