"""
How a reply and a change of status reach a ticket's vendor, and what follows when they have.

A reply whose answer was lost is looked for by reading the ticket again: `bot.record` takes a staff message that says
the same for the proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import phrases, queue
from bot.clock import Clock
from bot.couriers import Known, present
from bot.db.connection import Database, Transaction
from bot.db.values import MessageRow, message_row, to_ms
from bot.errors import Gone
from bot.model import Button, Conversation, MessageId, Status, Verb
from bot.outbox import Job
from bot.record import Sighting, record, record_gone, reply_arrived


@dataclass(frozen=True, slots=True)
class Arrived:
    """A reply is at the vendor; under which id, where the vendor said so."""

    id: MessageId | None


@dataclass(frozen=True, slots=True)
class Replying:
    """Says an agent's message to the customer."""

    known: Known
    database: Database
    clock: Clock
    for_ever = False
    repeatable = False
    lags = True

    async def carry(self, job: Job) -> Arrived:
        ticket, message = present(job.ticket), present(job.message)
        return Arrived(await self.known.vendor(ticket).reply(ticket.vendor_id, message.text))

    async def find(self, job: Job) -> Arrived | None:
        message = present(job.message)
        if message.vendor_id is None:
            message = await self._read_again(job)
        return None if message.vendor_id is None else Arrived(MessageId(message.vendor_id))

    def record(self, tx: Transaction, job: Job, result: Arrived, now: datetime) -> bool:
        message = message_row(present(tx.one("message", id=present(job.message).id)))
        # The new state must be there before the mark is decided.
        tx.run("finish_delivery", id=job.delivery.id, now=to_ms(now))
        reply_arrived(tx, message, result.id, now)
        return False

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        message = present(job.message)
        queue.mark(tx, message, now)
        retry = Button(verb=Verb.RETRY, label="Retry", delivery=job.delivery.id)
        for link in queue.links_of(tx, message.ticket):
            if link.id == message.link:
                queue.line(tx, link, phrases.reply_failed(reason), now, (retry,))

    async def _read_again(self, job: Job) -> MessageRow:
        """Read the ticket and record it as a sweep would; then our message as it is known now."""
        ticket = present(job.ticket)
        store = self.known.store(ticket)
        read_at = self.clock.now()
        try:
            conversation = await self.known.vendor(ticket).ticket(ticket.vendor_id)
        except Gone:
            await self.database.write(record_gone, store, ticket.vendor_id, self.clock.now())
            raise

        def work(tx: Transaction, conversation: Conversation, now: datetime) -> MessageRow:
            sighting = Sighting(
                ticket=conversation.ticket,
                messages=conversation.messages,
                fingerprint=None,
                read_at=read_at,
                follow=False,
            )
            record(tx, store, sighting, now)
            return message_row(present(tx.one("message", id=present(job.message).id)))

        return await self.database.write(work, conversation, self.clock.now())


@dataclass(frozen=True, slots=True)
class StatusChanging:
    """Closes or reopens a ticket at its vendor."""

    known: Known
    for_ever = False
    repeatable = True
    lags = False

    async def carry(self, job: Job) -> Status:
        ticket, wanted = present(job.ticket), Status(job.delivery.body["status"])
        await self.known.vendor(ticket).set_status(ticket.vendor_id, wanted)
        return wanted

    async def find(self, job: Job) -> Status | None:
        return await self.carry(job)

    def record(self, tx: Transaction, job: Job, result: Status, now: datetime) -> bool:
        ticket = present(job.ticket)
        tx.run("set_ticket_status", number=ticket.number, status=result, now=to_ms(now))
        if ticket.status is not result:
            queue.lines(tx, ticket.number, phrases.status_changed(result, job.delivery.body["by"]), now)
        queue.cards(tx, ticket.number, now)
        return False

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        ticket, wanted = present(job.ticket), Status(job.delivery.body["status"])
        retry = Button(verb=Verb.RETRY, label="Retry", delivery=job.delivery.id)
        for link in queue.links_of(tx, ticket.number):
            queue.line(tx, link, phrases.status_failed(wanted, reason), now, (retry,))
