"""
Answers: each time a customer waited and somebody answered; noted once, when it happens.

The definitions that all figures stand on:

* A customer begins to wait with the first public message that nobody has answered, and is answered by the next public
  message of the staff, wherever that was written. What an unknown author wrote counts as the customer's. Several
  messages of a customer in a row are one wait, and a second message of the staff answers nothing.
* The *first answer* is a ticket's first public message of the staff; each later answer is a *next answer*. Who wrote
  first to a customer who had not asked has answered nobody.
* A reply answers nothing that was first read while it was on its way, unless its vendor shows that it came later.
* A ticket that is closed waits no longer: what nobody answered before is no answer to be counted, and a customer who
  writes again waits from that message on. A snoozed ticket waits on, for its customer does.
* The *time to close* runs from a ticket's opening to its last closing. A ticket that is opened again is not closed,
  and counts once it is closed again. When a ticket was opened is unknown where its vendor does not say it and the
  ticket was there before shopbell was; such a ticket is left out.
* What a vendor's clock makes negative is left out.
* An answer belongs to the agent who wrote it, a closing to the agent who asked for it. Who answers or closes at the
  vendor itself is counted as such, without a name.
* An answer is a reply that has reached its vendor. Its time is ours; of what was written at the vendor it is the
  vendor's, and so is the time at which a customer wrote. Where the vendor tells no time it is when we read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, MessageRow, TicketRow, from_ms, require, ticket_row, to_ms
from bot.model import AgentId, Author, Awaiting, ChatName, Message, MessageId
from bot.tickets import enqueue
from bot.tickets.people import chat_id


@dataclass(frozen=True, slots=True)
class Given:
    """An answer in a conversation; `message` is the one that answers."""

    since: datetime
    at: datetime
    is_first: bool
    message: MessageId


def answers_in(messages: Sequence[Message], settled_at: datetime | None) -> list[Given]:
    """
    The answers in a conversation. Pure.

    Args:
        messages: All of it, oldest first. A message without a time neither begins nor ends a wait that is counted.
        settled_at: When the ticket was last closed before it was opened again; None: never.
    """
    found: list[Given] = []
    waiting: list[datetime] = []
    is_first = True
    for message in messages:
        if not message.is_public:
            continue
        at = message.written_at
        if message.author is not Author.STAFF:
            waiting += [at] if at is not None else []
            continue
        since = None if at is None else _since(waiting, at, settled_at)
        if at is not None and since is not None and since <= at:
            found.append(Given(since, at, is_first, message.id))
        waiting, is_first = [], False
    return found


def _since(waiting: Sequence[datetime], answered: datetime, settled_at: datetime | None) -> datetime | None:
    """Since when the customer waits who wrote at these times; None: nobody waits."""
    if settled_at is None or answered <= settled_at:
        return waiting[0] if waiting else None
    return next((each for each in waiting if each > settled_at), None)


def record_reply(tx: Transaction, message: MessageRow, now: datetime) -> None:
    """An agent's reply reached the vendor; the ticket's row does not say so yet."""
    ticket = ticket_row(require(tx.one("ticket", number=message.ticket)))
    since = ticket.waiting_since
    if ticket.awaiting != Awaiting.US or since is None:
        return
    if ticket.settled_at is not None and since <= ticket.settled_at:
        row = require(tx.one("first_unanswered", ticket=ticket.number, after=to_ms(ticket.settled_at)))
        since = None if row["since"] is None else from_ms(row["since"])
    agent = agent_of(enqueue.load_link(tx, require(message.link)), message)
    if agent is not None:
        set_agent(tx, agent, message.author_name or "")
    if since is not None and since <= now:
        # If a sweep found the reply, the ticket's row has its time already.
        first = ticket.first_response_at
        is_first = first is None or first >= since
        tx.run("add_answer_of_reply", message=message.id, **_values(ticket, since, now, agent, is_first=is_first))


def record_author(tx: Transaction, message: MessageRow, at: int) -> None:
    """An agent's reply was read, and taken for a colleague's, which was written at the vendor itself at that time."""
    agent = agent_of(enqueue.load_link(tx, require(message.link)), message)
    if agent is not None:
        set_agent(tx, agent, message.author_name or "")
        tx.run("set_answer_agent", ticket=message.ticket, at=at, agent=agent)


def record_read(tx: Transaction, ticket: TicketRow, messages: Sequence[Message]) -> None:
    """A conversation was read at its vendor, with something new of the staff: note the answers that are new."""
    first = None if ticket.first_response_at is None else to_ms(ticket.first_response_at)
    recorded = {row["vendor_id"]: row["written_at"] for row in tx.all("times_of_messages", ticket=ticket.number)}
    untimed = {message.id for message in messages if message.written_at is None}
    timed = [_with_time(message, recorded.get(message.id)) for message in messages]
    for given in answers_in(timed, ticket.settled_at):
        if given.since == given.at and given.message in untimed:
            continue  # both were read at once, and nobody knows how much lay between them
        row = tx.one("agent_of_message", ticket=ticket.number, vendor_id=given.message)
        agent = None
        if row is not None and row["agent"] is not None:
            agent = chat_id(ChatName(row["chat"]), AgentId(row["agent"]))
            set_agent(tx, agent, row["name"] or "")
        is_first = given.is_first and (first is None or to_ms(given.at) <= first)
        tx.run("add_answer", **_values(ticket, given.since, given.at, agent, is_first=is_first))


def _with_time(message: Message, recorded: int | None) -> Message:
    """Of a message without a time it is known when it was first read."""
    if message.written_at is not None or recorded is None:
        return message
    return replace(message, written_at=from_ms(recorded))


def agent_of(link: LinkRow, message: MessageRow) -> str | None:
    """Who wrote a message in a link's thread, as it is recorded; None: it was nobody of a chat."""
    return None if message.agent is None else chat_id(link.chat, message.agent)


def set_agent(tx: Transaction, agent: str, name: str) -> None:
    """Note what somebody is called who answers or closes tickets."""
    if name:
        tx.run("set_agent", id=agent, name=name)


def _values(ticket: TicketRow, since: datetime, at: datetime, agent: str | None, *, is_first: bool) -> dict[str, Any]:
    """A row of the answers."""
    return {
        "store": ticket.store,
        "is_first": is_first,
        "at": to_ms(at),
        "ticket": ticket.number,
        "since": to_ms(since),
        "agent": agent,
    }
