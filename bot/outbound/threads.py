"""Opening a ticket's thread, and giving it another card where the card was deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import delivery_row, link_row, to_ms
from bot.errors import AuthFailed, RemoteError
from bot.model import ChatMessageId, Cursor, NewCardPayload, Opened, OpenPayload, Post, Said, State, Voice
from bot.outbound.chats import card_if_outdated, part_said, said_last
from bot.outbound.job import Directory, Job, require, thread_of
from bot.tickets import enqueue
from bot.tickets.incidents import channel_failing, channel_works, record_channel_incident
from bot.tickets.routing import Rules, record_said, route_link
from bot.wording import notices

_LINE, _CARD = 0, 1
_READING = 1
# Nobody answers a card sooner, and no connection is lost and renewed meanwhile.
_AT_ONCE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class NewCardCourier:
    """Says in a thread that its card was deleted, and then the card as it is now: the ticket's from then on."""

    directory: Directory
    retries_forever = True
    idempotent = False
    eventually_consistent = False

    async def attempt(self, job: Job) -> ChatMessageId | None:
        """Returns None where the thread has another card by now, as one has that replaced it."""
        link = require(job.link)
        if link.card != job.delivery.payload_as(NewCardPayload).deleted:
            return None
        chat, place = self.directory.chat(link.chat), thread_of(link)
        if job.delivery.part == _LINE:
            return await chat.post(place, Post(voice=Voice.BELL, name="", text=notices.card_again()), 0, job.key)
        return await chat.post_card(place, self.directory.card(job, link.chat), job.key)

    async def reconcile(self, job: Job) -> ChatMessageId | None:
        link = require(job.link)
        return await self.directory.chat(link.chat).find_post(thread_of(link), job.key, job.delivery.after)

    def record(self, tx: Transaction, job: Job, result: ChatMessageId | None, now: datetime) -> int | None:
        link = require(job.link)
        if result is None:
            return None
        part_said(tx, job, result)
        channel_works(tx, link.place, now, job.delivery.id)
        if job.delivery.part == _LINE:
            return _CARD
        was = job.delivery.payload_as(NewCardPayload).deleted
        tx.run("card_replaced", id=link.id, deleted=was, card=result, version=require(job.ticket).version)
        # It may show what was true before, and what was said may have opened an archived thread.
        enqueue.card(tx, link_row(require(tx.one("link", id=link.id))), now)
        return None

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        enqueue.line(tx, require(job.link), notices.delivery_failed(reason), now)


@dataclass(frozen=True, slots=True)
class ThreadCourier:
    """Opens a link's thread with the ticket's card; its second part, where it needs one, reads the thread."""

    directory: Directory
    rules: Rules
    retries_forever = True
    idempotent = False
    eventually_consistent = False

    async def attempt(self, job: Job) -> Opened | list[Said]:
        if job.delivery.part == _READING:
            return await self._read(job)
        link = require(job.link)
        card = self.directory.card(job, link.chat)
        return await self.directory.chat(link.chat).open_thread(link.channel, card, job.key)

    async def reconcile(self, job: Job) -> Opened | list[Said] | None:
        if job.delivery.part == _READING:
            return await self._read(job)
        link = require(job.link)
        card = self.directory.card(job, link.chat)
        return await self.directory.chat(link.chat).find_thread(link.channel, card, job.key, job.delivery.after)

    def record(self, tx: Transaction, job: Job, result: Opened | list[Said], now: datetime) -> int | None:
        link, ticket = require(job.link), require(job.ticket)
        if not isinstance(result, Opened):
            for said in result:
                record_said(tx, said)
            route_link(tx, link, self.rules, now, self.directory.chat(link.chat).now())
            self._open_anew(tx, job, now)
            return None
        channel_works(tx, link.place, now, job.delivery.id)
        said_last(tx, job, result.card)
        tx.run("link_opened", id=link.id, thread=result.thread, card=result.card, version=ticket.version)
        if job.delivery.state is State.UNCERTAIN:  # it was found, and its card is from before we knew
            enqueue.card(tx, link_row(require(tx.one("link", id=link.id))), now)
        else:
            card_if_outdated(tx, link, ticket, now)
        return _READING if _may_be_answered(tx, job, now) else None

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """Told in the ticket's other threads; where it has none, wherever somebody may see it."""
        link = require(job.link)
        label = self.directory.chat(link.chat).label
        others = [other for other in enqueue.links_of(tx, link.ticket) if other.id != link.id]
        if not others:
            channel_failing(tx, link.place, (), label, reason, now, fallbacks=self.directory.channels)
            return
        record_channel_incident(tx, link.place, reason, now)
        for other in others:
            enqueue.line(tx, other, notices.no_thread(label, reason), now)

    def _open_anew(self, tx: Transaction, job: Job, now: datetime) -> None:
        """A thread that vanished while it was being read could have no other opening beside this one."""
        link = link_row(require(tx.one("link", id=require(job.link).id)))
        if link.thread is None:
            tx.run("finish_delivery", id=job.delivery.id, now=to_ms(now))
            enqueue.open_link(tx, link, now)

    async def _read(self, job: Job) -> list[Said]:
        """Everything that people have said in the thread; nothing where it cannot be read any more."""
        link = require(job.link)
        try:
            missed = self.directory.chat(link.chat).missed([Cursor(place=link.place, after=None)])
            return [said async for said in missed]
        except RemoteError as error:
            if error.again or isinstance(error, AuthFailed):
                raise
            return []


def _may_be_answered(tx: Transaction, job: Job, now: datetime) -> bool:
    """Whether somebody may have spoken in a thread before this moment, in which it is recorded."""
    begun = job.delivery
    current = delivery_row(require(tx.one("delivery", id=begun.id)))
    spoken_in = current.payload_as(OpenPayload).spoken_in
    at_once = begun.begun_at is not None and timedelta() <= now - begun.begun_at <= _AT_ONCE
    return not at_once or begun.state is State.UNCERTAIN or begun.attempts > 1 or spoken_in
