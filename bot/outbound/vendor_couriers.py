"""
The couriers for vendors: a reply, a note, a change of status; and what follows when they are delivered.

If it is unknown whether a reply arrived, the ticket is read again: for `bot.tickets.from_vendors.sync` a staff message
with the same text is the proof that it did. Where somebody of the store wrote something else at that time, an agent has
to look.

That a ticket is gone counts when its vendor says so twice, some seconds apart: it may be wrong for a moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import MessageRow, message_row, require, to_ms
from bot.errors import Gone, Rejected, Unavailable, Uncertain, Unsupported
from bot.model import Button, File, MessageId, Status, StatusPayload, Verb
from bot.outbound.courier import Unclear
from bot.outbound.directory import Directory
from bot.outbound.job import Job
from bot.outbound.temporary_files import temporary_file
from bot.ports import CanAttach, CanFormat, CanNote, Vendor
from bot.tickets import enqueue
from bot.tickets.from_agents.routing import refusal
from bot.tickets.from_vendors.learned import record_learned
from bot.tickets.from_vendors.own_messages import earliest
from bot.tickets.from_vendors.portions import portions_to_record
from bot.tickets.from_vendors.snapshot import TicketSnapshot, as_asked, lacks_messages
from bot.tickets.from_vendors.sync import record
from bot.tickets.replies.outcomes import reply_arrived, reply_failed, report_failure, set_vendor_id
from bot.wording import notices, reasons

_ASKED_AGAIN = 5.0
"""Seconds between the two answers that a ticket is gone."""
_SEARCHED_FOR = timedelta(minutes=1)
"""So long after an attempt, that the ticket is gone does not end the search for it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A reply or a note is at the vendor; `id` is its id there, None if the vendor did not name it."""

    id: MessageId | None


@dataclass(frozen=True, slots=True)
class ReplyCourier:
    """Sends an agent's message to the customer."""

    directory: Directory
    database: Database
    clock: Clock
    retries_forever = False
    eventually_consistent = True

    async def attempt(self, job: Job) -> Sent:
        ticket, message = require(job.ticket), require(job.message)
        vendor = self.directory.vendor_for(job)
        if refused := refusal(message, ticket, self.directory.rules):
            raise Rejected(refused)
        with ExitStack() as opened:
            files = await self._files(job, vendor, opened) if isinstance(vendor, CanAttach) else []
            opened.enter_context(_gone_if_said_twice(self.directory, job))
            if message.formatted is not None and isinstance(vendor, CanFormat):
                return Sent(await vendor.reply_formatted(ticket.vendor_id, message.text, message.formatted, files))
            if files and isinstance(vendor, CanAttach):
                return Sent(await vendor.reply_with(ticket.vendor_id, message.text, files))
            return Sent(await vendor.reply(ticket.vendor_id, message.text))

    async def reconcile(self, job: Job) -> Sent | Unclear | None:
        message, complete = require(job.message), True
        if message.vendor_id is None:
            with _gone_if_searched_for_long(self.directory, job, self.clock):
                message, complete = await self._read_again(job)
        if message.vendor_id is not None:
            return Sent(MessageId(message.vendor_id))
        ticket = require(job.ticket)
        label = self.directory.store(ticket).vendor_label
        if not complete:
            # It would be sent twice if it is only missing like the others.
            raise Unavailable(notices.messages_missing(label))
        vendor_time = self.directory.vendor(ticket).now()
        ahead = None if vendor_time is None else vendor_time - self.clock.now()
        since = earliest(job.delivery.begun_at or job.delivery.created_at, ahead)
        others = await self.database.read(
            lambda tx: tx.one("written_by_the_store_since", ticket=ticket.number, since=to_ms(since))
        )
        return None if others is None else Unclear(notices.perhaps_sent(label))

    def record(self, tx: Transaction, job: Job, result: Sent, now: datetime) -> None:
        message = message_row(require(tx.one("message", id=require(job.message).id)))
        # The wanted mark follows from the delivery's state, so the state must be written first.
        tx.run("finish_delivery", id=job.delivery.id, now=to_ms(now))
        reply_arrived(tx, message, result.id, now)

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        notice = notices.reply_in_doubt if job.delivery.in_doubt else notices.reply_failed
        chats = self.directory.rules.chat_labels
        reply_failed(tx, require(job.message), job.delivery.id, notice(reason), chats, now)

    async def _files(self, job: Job, vendor: Vendor, opened: ExitStack) -> list[File]:
        """The message's files, downloaded from their chat, open until `opened` ends. `Rejected` if one is gone."""
        link, message = require(job.link_of_message), require(job.message)
        chat = self.directory.chats.get(link.chat)
        files = []
        for attachment in message.attachments:
            if (attachment.size or 0) > vendor.capabilities.file_bytes:
                continue
            if chat is None:
                raise Rejected(reasons.file_out_of_reach(attachment.name, link.chat.title()))
            content = opened.enter_context(temporary_file(self.database.path.parent))
            try:
                await chat.download(attachment, content)
            except Gone as error:
                raise Rejected(reasons.file_lost(attachment.name)) from error
            except Uncertain as error:
                raise Unavailable(error.user_message) from error
            if content.tell() > vendor.capabilities.file_bytes:
                raise Rejected(reasons.file_too_large(attachment.name))  # the chat did not state its size
            content.seek(0)
            files.append(File(name=attachment.name, content=content))
        return files

    async def _read_again(self, job: Job) -> tuple[MessageRow, bool]:
        """
        Read the ticket and record it as a sweep would.

        Returns:
            Our message as it is after that, and whether everything was there that was read before.
        """
        ticket = require(job.ticket)
        store = self.directory.store(ticket)
        vendor = self.directory.vendor(ticket)
        read_at, vendor_time = self.clock.now(), vendor.now()
        conversation = await vendor.ticket(ticket.vendor_id)
        if conversation.ticket.id != ticket.vendor_id:
            conversation = await self.database.read(as_asked, store, ticket.vendor_id, conversation)
        complete = not await self.database.read(lacks_messages, store.name, conversation)
        snapshot = TicketSnapshot(
            ticket=conversation.ticket,
            messages=conversation.messages,
            fingerprint=None,
            read_at=read_at,
            vendor_time=vendor_time,
            follow=False,
            complete=complete,
        )
        for portion in await self.database.read(portions_to_record, store.name, snapshot):
            await self.database.write(record, store, portion, self.clock.now())
        after = await self.database.read(lambda tx: tx.one("message", id=require(job.message).id))
        return message_row(require(after)), complete


@dataclass(frozen=True, slots=True)
class NoteCourier:
    """Adds an agent's note to the vendor's own notes on the ticket."""

    directory: Directory
    clock: Clock
    retries_forever = False
    eventually_consistent = True

    async def attempt(self, job: Job) -> Sent:
        ticket, message = require(job.ticket), require(job.message)
        with _gone_if_said_twice(self.directory, job):
            return Sent(await self._vendor(job).note(ticket.vendor_id, message.author_name or "", message.text))

    async def reconcile(self, job: Job) -> Sent | None:
        ticket, message = require(job.ticket), require(job.message)
        if message.vendor_id is not None:
            return Sent(MessageId(message.vendor_id))
        with _gone_if_searched_for_long(self.directory, job, self.clock):
            found = await self._vendor(job).noted(ticket.vendor_id, message.author_name or "", message.text)
        return Sent(None) if found else None

    def record(self, tx: Transaction, job: Job, result: Sent, now: datetime) -> None:  # noqa: ARG002 - a courier
        set_vendor_id(tx, message_row(require(tx.one("message", id=require(job.message).id))), result.id)

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        notice = notices.note_in_doubt if job.delivery.in_doubt else notices.note_failed
        chats = self.directory.rules.chat_labels
        report_failure(tx, require(job.message), job.delivery.id, notice(reason), chats, now)

    def _vendor(self, job: Job) -> CanNote:
        vendor = self.directory.vendor_for(job)
        if not isinstance(vendor, CanNote):
            raise Unsupported(reasons.notes_unsupported())
        return vendor


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The ticket has this status now. With `closed_here_only` its vendor does not know: it cannot change the status."""

    status: Status
    closed_here_only: bool = False


@dataclass(frozen=True, slots=True)
class StatusCourier:
    """Closes or reopens a ticket at its vendor. If the vendor cannot close it, it is closed here only."""

    directory: Directory
    retries_forever = False

    async def attempt(self, job: Job) -> StatusChanged:
        ticket, wanted = require(job.ticket), job.delivery.payload_as(StatusPayload).wanted
        if ticket.closed_here_only and wanted is Status.OPEN:
            return StatusChanged(wanted)  # the vendor was never asked to close it
        try:
            with _gone_if_said_twice(self.directory, job):
                await self.directory.vendor(ticket).set_status(ticket.vendor_id, wanted)
        except Unsupported:
            if wanted is Status.OPEN:
                raise
            return StatusChanged(wanted, closed_here_only=True)
        return StatusChanged(wanted)

    def record(self, tx: Transaction, job: Job, result: StatusChanged, now: datetime) -> None:
        ticket, payload = require(job.ticket), job.delivery.payload_as(StatusPayload)
        by = payload.by
        record_learned(tx, ticket.store, self.directory.vendor(ticket), now)
        changed = {"status": result.status, "closed_here_only": result.closed_here_only}
        tx.run("set_ticket_status", number=ticket.number, now=to_ms(now), **changed)
        tx.run("set_ticket_closed_by", number=ticket.number, agent=payload.agent)
        if result.closed_here_only:
            vendor = self.directory.store(ticket).vendor_label
            enqueue.lines(tx, ticket.number, notices.closed_here_only(vendor, by), now)
        elif ticket.status is not result.status:
            enqueue.lines(tx, ticket.number, notices.status_changed(result.status, by), now)
        enqueue.cards(tx, ticket.number, now)

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        ticket, wanted = require(job.ticket), job.delivery.payload_as(StatusPayload).wanted
        retry = Button(verb=Verb.RETRY, label="Retry", delivery=job.delivery.id)
        for link in enqueue.links_of(tx, ticket.number):
            enqueue.line(tx, link, notices.status_failed(wanted, reason), now, (retry,))


@contextmanager
def _gone_if_said_twice(directory: Directory, job: Job) -> Iterator[None]:
    """For an attempt: that the ticket is gone is proven if the attempt before this one failed for the same reason."""
    said = notices.perhaps_gone(directory.store(require(job.ticket)).vendor_label)
    with _gone_if(directory, job, proven=job.delivery.error == said):
        yield


@contextmanager
def _gone_if_searched_for_long(directory: Directory, job: Job, clock: Clock) -> Iterator[None]:
    """For a search: right after the attempt, that the ticket is gone is no proof."""
    begun = job.delivery.begun_at or job.delivery.created_at
    with _gone_if(directory, job, proven=clock.now() - begun >= _SEARCHED_FOR):
        yield


@contextmanager
def _gone_if(directory: Directory, job: Job, *, proven: bool) -> Iterator[None]:
    try:
        yield
    except Gone as error:
        if proven:
            raise
        label = directory.store(require(job.ticket)).vendor_label
        raise Unavailable(notices.perhaps_gone(label), retry_after=_ASKED_AGAIN) from error
