"""
How each kind of delivery is made, found again, and recorded.

To a chat: a message, a line of shopbell's own, a card, a mark. The opening of a thread: see `bot.outbound.threads`. To
a vendor: see `bot.outbound.vendors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, TicketRow, link_row, ticket_row
from bot.errors import AuthFailed, Forbidden, Gone, Rejected, RemoteError
from bot.model import ChannelId, ChatMessageId, ChatName, Kind, Mark, Place, Post, Status, ThreadId, Voice
from bot.outbound.job import Job, Known, require, thread_of
from bot.tickets import announcements, enqueue, threads
from bot.tickets.incidents import channel_in_trouble, channel_well
from bot.wording import cards, notices

# Where an opening fails the channel is gone, and where a mark fails only the message: neither has another address.
_IN_A_THREAD = (Kind.POST, Kind.LINE, Kind.CARD, Kind.HEAD)


@dataclass(frozen=True, slots=True)
class Posting:
    """Says a message of the ticket in a thread it was not written in."""

    known: Known
    for_ever = True
    repeatable = False
    lags = False

    async def carry(self, job: Job) -> ChatMessageId:
        link, post = require(job.link), self._post(job)
        return await self.known.chat(link.chat).post(thread_of(link), post, job.delivery.part, job.key)

    async def find(self, job: Job) -> ChatMessageId | None:
        link = require(job.link)
        return await self.known.chat(link.chat).find_post(thread_of(link), job.key, job.delivery.after)

    def record(self, tx: Transaction, job: Job, result: ChatMessageId, now: datetime) -> int | None:
        link, ticket = require(job.link), require(job.ticket)
        part_said(tx, job, result)
        channel_well(tx, link.place, now, job.delivery.id)
        if ticket.status is Status.CLOSED:
            enqueue.card(tx, link, now)  # a message opens an archived thread; the card puts that right
        return _next_part(tx, job, self.known.chat(link.chat).parts(self._post(job)))

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        enqueue.line(tx, require(job.link), notices.delivery_failed(reason), now)

    def _post(self, job: Job) -> Post:
        ticket = require(job.ticket)
        return cards.post(require(job.message), ticket, self.known.store(ticket))


@dataclass(frozen=True, slots=True)
class Line:
    """Says a line of shopbell's own in a thread or a channel."""

    known: Known
    for_ever = True
    repeatable = False
    lags = False

    async def carry(self, job: Job) -> ChatMessageId | None:
        """Returns None where the place does not take it and others may, or nobody misses it."""
        place = self._place(job)
        try:
            return await self.known.chat(place.chat).post(place, self._post(job), job.delivery.part, job.key)
        except (Forbidden, Gone, Rejected) as error:
            if not _dispensable(job, error):
                raise
            return None

    async def find(self, job: Job) -> ChatMessageId | None:
        place = self._place(job)
        try:
            return await self.known.chat(place.chat).find_post(place, job.key, job.delivery.after)
        except Gone as error:
            if not _dispensable(job, error):
                raise
            return None

    def record(self, tx: Transaction, job: Job, result: ChatMessageId | None, now: datetime) -> int | None:
        if result is None:
            return 0 if announcements.say_elsewhere(tx, job.delivery) else None
        part_said(tx, job, result)
        if job.link is not None:
            channel_well(tx, job.link.place, now, job.delivery.id)
        if job.link is not None and job.ticket is not None and job.ticket.status is Status.CLOSED:
            enqueue.card(tx, job.link, now)
        return _next_part(tx, job, self.known.chat(self._place(job).chat).parts(self._post(job)))

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """A line that cannot be said has no line about it; the operator sees it in `shopbell outbox`."""

    def _place(self, job: Job) -> Place:
        if job.link is not None:
            return thread_of(job.link)
        body = job.delivery.body
        thread = ThreadId(body["thread"]) if "thread" in body else None
        return Place(chat=ChatName(body["chat"]), channel=ChannelId(body["channel"]), thread=thread)

    def _post(self, job: Job) -> Post:
        body = job.delivery.body
        return Post(voice=Voice.BELL, name="", text=body["text"], buttons=enqueue.buttons_of(body))


@dataclass(frozen=True, slots=True)
class Rendering:
    """Makes a card show the ticket's present state."""

    known: Known
    for_ever = True
    repeatable = True
    lags = False

    async def carry(self, job: Job) -> bool | None:
        """Returns whether the card is there; None: the thread is still to be opened, which will show it."""
        link = require(job.link)
        if link.opened is None:
            return None
        card = self.known.card(job, link.chat)
        return await self.known.chat(link.chat).render_card(thread_of(link), link.opened, card)

    async def find(self, job: Job) -> bool | None:
        return await self.carry(job)

    def record(self, tx: Transaction, job: Job, result: bool | None, now: datetime) -> None:
        link = require(job.link)
        if result is None:
            return
        tx.run("card_shown", id=link.id, version=require(job.ticket).version)
        channel_well(tx, link.place, now, job.delivery.id)
        if not result:
            enqueue.head(tx, link, now)

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        enqueue.line(tx, require(job.link), notices.delivery_failed(reason), now)


@dataclass(frozen=True, slots=True)
class Marking:
    """Makes our mark on an agent's message show what became of it."""

    known: Known
    for_ever = True
    repeatable = True
    lags = False

    async def carry(self, job: Job) -> Mark | None:
        """Where the thread is gone, the message and its mark are gone with it, and nothing is left to be done."""
        link, message = require(job.link), require(job.message)
        if link.thread is None or job.standing == ((job.mark,) if job.mark else ()):
            return job.mark
        false: list[Mark | None] = [mark for mark in job.standing if mark is not job.mark]
        try:
            for was in false or [None]:
                await self.known.chat(link.chat).mark(link.place, require(message.chat_message), job.mark, was)
        except Gone:
            return job.mark
        return job.mark

    async def find(self, job: Job) -> Mark | None:
        return await self.carry(job)

    def record(self, tx: Transaction, job: Job, result: Mark | None, now: datetime) -> None:
        message = require(job.message)
        tx.run("set_message_mark", id=message.id, mark=result)
        channel_well(tx, require(job.link).place, now, job.delivery.id)
        if enqueue.wanted_mark(tx, message.id) is not result:
            enqueue.mark(tx, message, now)

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """The message may be gone, or its author may have blocked us; the thread's lines say the rest."""


@dataclass(frozen=True, slots=True)
class Mending:
    """What can be done by itself when a chat does not take something."""

    known: Known

    def after(self, tx: Transaction, job: Job, error: RemoteError, now: datetime) -> bool:
        """
        Replace a thread that is gone; tell elsewhere of a channel where we may not do what is needed.

        Returns:
            Whether there is another address now, so that it shall be tried again at once.
        """
        if job.link is None:
            return False
        if isinstance(error, AuthFailed | Forbidden):
            others = [link.place for link in enqueue.links_of(tx, job.link.ticket)]
            label = self.known.chat(job.link.chat).label
            channel_in_trouble(tx, job.link.place, others, label, error.told, now, spare=self.known.channels)
        if isinstance(error, Gone) and job.delivery.kind in _IN_A_THREAD:
            threads.reopen_link(tx, job.link, now)
            return True
        return False


def _dispensable(job: Job, error: RemoteError) -> bool:
    """Whether a line need not be said here: its former thread is gone, or it tells of a trouble as well elsewhere."""
    body = job.delivery.body
    return "over" in body or (isinstance(error, Gone) and "thread" in body)


def _next_part(tx: Transaction, job: Job, of: int) -> int | None:
    """The part to be said next; the first again where the thread was replaced while this one was being said."""
    if job.delivery.part + 1 >= of:
        return None
    moved = job.link is not None and link_row(require(tx.one("link", id=job.link.id))).lost != job.link.lost
    return 0 if moved else job.delivery.part + 1


def part_said(tx: Transaction, job: Job, message: ChatMessageId) -> None:
    """Note as which message a part stands in the chat."""
    tx.run("part_said", delivery=job.delivery.id, part=job.delivery.part, chat_message=message)
    said_last(tx, job, message)


def said_last(tx: Transaction, job: Job, message: ChatMessageId) -> None:
    """Note that whatever is begun from now on in this chat will be newer than this message of ours."""
    tx.run("last_said", destination=job.delivery.destination, chat_message=message)


def card_if_outdated(tx: Transaction, link: LinkRow, shown: TicketRow, now: datetime) -> None:
    """What changed while the thread was being opened is not on its card yet."""
    if ticket_row(require(tx.one("ticket", number=shown.number))).version != shown.version:
        enqueue.card(tx, link_row(require(tx.one("link", id=link.id))), now)
