"""The couriers that open a ticket's thread, and that post a new card in it after the card was deleted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, delivery_row, link_row, require, to_ms
from bot.errors import AuthFailed, RemoteError
from bot.model import (
    ChatMessageId,
    Cursor,
    Form,
    NewCardPayload,
    Opened,
    OpenPayload,
    Place,
    Post,
    Said,
    State,
    Status,
    Voice,
)
from bot.outbound.card_couriers import post_left_out_opening, queue_outdated_card
from bot.outbound.chat_failures import retry_button
from bot.outbound.directory import Directory
from bot.outbound.job import Job, thread_of
from bot.outbound.posted_parts import record_latest_message, record_part
from bot.tickets import announcements, enqueue
from bot.tickets.deleted_places import announce_in_former_thread
from bot.tickets.from_agents.written_messages import record_said, route_link
from bot.tickets.from_vendors.incidents import channel_failing, channel_works, record_channel_incident
from bot.tickets.rights import may_write
from bot.wording import notices

_LINE_PART, _CARD_PART = 0, 1
_READ_PART = 1
# In less time nobody answers a card, and no connection is lost and made again.
_NO_ANSWER_WITHIN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class _Written:
    """A person's message, and where that person can write now."""

    said: Said
    writable: frozenset[Place]


@dataclass(frozen=True, slots=True)
class NewCardCourier:
    """Posts in a thread that its card was deleted, and then a new card, which is the thread's card from then on."""

    directory: Directory
    retries_forever = True
    eventually_consistent = False

    async def attempt(self, job: Job) -> ChatMessageId | None:
        """Returns None if the thread has another card by now, for example because the thread was replaced."""
        link = require(job.link)
        if link.card != job.delivery.payload_as(NewCardPayload).deleted:
            return None
        chat, place = self.directory.chat(link.chat), thread_of(link)
        if job.delivery.part == _LINE_PART:
            return await chat.post(place, Post(voice=Voice.BELL, name="", text=notices.new_card()), 0, job.key)
        return await chat.post_card(place, self.directory.card(job, link.chat), job.key)

    async def reconcile(self, job: Job) -> ChatMessageId | None:
        link = require(job.link)
        return await self.directory.chat(link.chat).find_post(thread_of(link), job.key, job.delivery.after)

    def record(self, tx: Transaction, job: Job, result: ChatMessageId | None, now: datetime) -> int | None:
        link = require(job.link)
        if result is None:
            return None
        record_part(tx, job, self.directory, result)
        channel_works(tx, link.place, now, job.delivery.id)
        if job.delivery.part == _LINE_PART:
            return _CARD_PART
        was = job.delivery.payload_as(NewCardPayload).deleted
        tx.run("replace_card", id=link.id, deleted=was, card=result)
        post_left_out_opening(tx, job, now)
        # The new card may already be outdated, and posting it may have opened an archived thread.
        enqueue.card(tx, link_row(require(tx.one("link", id=link.id))), now)
        return None

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        enqueue.line(tx, require(job.link), notices.card_outdated(reason), now, (retry_button(job),))


@dataclass(frozen=True, slots=True)
class ThreadCourier:
    """
    Opens a link's thread with the ticket's card.

    A second part follows if people may have written in the thread before it was recorded: it reads the thread.
    """

    directory: Directory
    retries_forever = True
    eventually_consistent = False

    async def attempt(self, job: Job) -> Opened | list[_Written]:
        if job.delivery.part == _READ_PART:
            return await self._read(job)
        link = require(job.link)
        card = self.directory.card(job, link.chat)
        return await self.directory.chat(link.chat).open_thread(link.channel, card, job.key)

    async def reconcile(self, job: Job) -> Opened | list[_Written] | None:
        if job.delivery.part == _READ_PART:
            return await self._read(job)
        link = require(job.link)
        card = self.directory.card(job, link.chat)
        return await self.directory.chat(link.chat).find_thread(link.channel, card, job.key, job.delivery.after)

    def record(self, tx: Transaction, job: Job, result: Opened | list[_Written], now: datetime) -> int | None:
        link, ticket, rules = require(job.link), require(job.ticket), self.directory.rules
        if not isinstance(result, Opened):
            for written in result:
                said = written.said
                can_reply = may_write(tx, said.place, said.agent, rules.stores, written.writable)
                record_said(tx, said, can_reply=can_reply)
            route_link(tx, link, rules, now, self.directory.chat(link.chat).now())
            self._reopen_if_lost(tx, job, now)
            return None
        channel_works(tx, link.place, now, job.delivery.id)
        record_latest_message(tx, job, result.card)
        tx.run("set_link_thread", id=link.id, thread=result.thread, card=result.card)
        opened = replace(link.place, thread=result.thread)
        post_left_out_opening(tx, job, now)
        announce_in_former_thread(tx, link, self.directory.chat(link.chat).address(opened), now)
        # Found by a search, its card is of unknown age; and a closed ticket's thread is archived by rendering its card.
        if job.delivery.state is State.UNCERTAIN or ticket.status is Status.CLOSED:
            enqueue.card(tx, link_row(require(tx.one("link", id=link.id))), now)
        else:
            queue_outdated_card(tx, link, ticket, now)
        return _READ_PART if _may_have_messages(tx, job, now) else None

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """
        Announce it in the ticket's other threads; if it has none, in a channel that works.

        If the ticket was refused in every form, nothing is said of the channel: others get their threads there.
        """
        link = require(job.link)
        label = self.directory.chat(link.chat).label
        read = [other for other in enqueue.links_of(tx, link.ticket) if other.chat in self.directory.chats]
        others = [other for other in read if other.id != link.id and _has_thread(tx, other)]
        if job.delivery.form is Form.BARE:
            self._refused(tx, job, reason, others, now)
            return
        if not others:
            channel_failing(tx, link.place, (), label, reason, now, fallbacks=self.directory.channels)
            return
        record_channel_incident(tx, link.place, reason, now)
        for other in others:
            enqueue.line(tx, other, notices.no_thread(label, reason), now)

    def _refused(self, tx: Transaction, job: Job, reason: str, others: list[LinkRow], now: datetime) -> None:
        link = require(job.link)
        label, where = self.directory.chat(link.chat).label, self.directory.where_to_read(job)
        text = notices.thread_refused(f"#{link.ticket}", label, reason, where)
        for other in others:
            enqueue.line(tx, other, text, now, (retry_button(job),))
        if not others:
            announcements.announce(tx, link.place, text, now, (retry_button(job),))

    def _reopen_if_lost(self, tx: Transaction, job: Job, now: datetime) -> None:
        """
        Queue a new opening if the thread was deleted while it was read.

        It could not be queued earlier: a link has one unfinished opening at most, and that was this one.
        """
        link = link_row(require(tx.one("link", id=require(job.link).id)))
        if link.thread is None:
            tx.run("finish_delivery", id=job.delivery.id, now=to_ms(now))
            enqueue.open_link(tx, link, now)

    async def _read(self, job: Job) -> list[_Written]:
        """Everything that people have written in the thread; an empty list if it cannot be read any more."""
        link = require(job.link)
        chat = self.directory.chat(link.chat)
        try:
            missed = chat.missed([Cursor(place=link.place, after=None)])
            return [_Written(said, await chat.writable(said.agent, [said.place], wrote=True)) async for said in missed]
        except RemoteError as error:
            if error.retryable or isinstance(error, AuthFailed):
                raise
            return []


def _has_thread(tx: Transaction, link: LinkRow) -> bool:
    """Whether it has one or gets one: what is said in a thread that could not be opened is read by nobody."""
    return link.thread is not None or tx.one("opening_in_progress", link=link.id) is not None


def _may_have_messages(tx: Transaction, job: Job, now: datetime) -> bool:
    """Whether people may have written in the thread before now, when it is recorded."""
    begun = job.delivery
    current = delivery_row(require(tx.one("delivery", id=begun.id)))
    spoken_in = current.payload_as(OpenPayload).spoken_in
    quick = begun.begun_at is not None and timedelta() <= now - begun.begun_at <= _NO_ANSWER_WITHIN
    return not quick or begun.state is State.UNCERTAIN or begun.attempts > 1 or spoken_in
