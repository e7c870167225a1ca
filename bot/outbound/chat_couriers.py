"""
The couriers for chats: a post, a line from shopbell itself, a card, a mark; and what follows when a chat fails.

For opening a thread see `bot.outbound.thread_couriers`. For deliveries to a vendor see `bot.outbound.vendor_couriers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import (
    DeliveryRow,
    LinkRow,
    MessageRow,
    TicketRow,
    link_row,
    message_row,
    require,
    ticket_row,
    to_ms,
)
from bot.errors import AuthFailed, Forbidden, Gone, Rejected, RemoteError
from bot.model import (
    Button,
    ChatMessageId,
    DeliveryId,
    Form,
    Kind,
    LinePayload,
    Mark,
    Place,
    Post,
    Progress,
    Status,
    Verb,
    Voice,
    next_form,
)
from bot.outbound import joining
from bot.outbound.job import Directory, Job, read_opening, thread_of
from bot.outbound.joining import Joined
from bot.tickets import announcements, deleted_places, enqueue
from bot.tickets.from_vendors.incidents import channel_failing, channel_works
from bot.tickets.links import place_of
from bot.tickets.replies import marks
from bot.tickets.replies.progress import WORTH_SHOWING, progress_of
from bot.wording import cards, notices

# Kinds for which `Gone` means that their thread is gone. For an opening it is the channel, for a mark the message.
_IN_THREAD = (Kind.POST, Kind.LINE, Kind.CARD, Kind.NEW_CARD)


@dataclass(frozen=True, slots=True)
class Posted:
    """
    A part of a post stands in its thread.

    Attributes:
        is_found: Whether a search found it: then it may show what was true before.
    """

    message: ChatMessageId
    is_found: bool = False


@dataclass(frozen=True, slots=True)
class PostCourier:
    """
    Posts a message of the ticket in a thread other than the one where it was written.

    A reply that is not sent yet is only announced. Later the same post is changed, so that it shows what came of it.
    What waits behind a message of the vendor's, by the same author, is said in its post: see `bot.outbound.joining`.
    """

    directory: Directory
    retries_forever = True
    eventually_consistent = False

    def join(self, tx: Transaction, delivery: DeliveryRow, now: datetime) -> None:
        message = message_row(require(tx.one("message", id=require(delivery.message))))
        if not joining.may_lead(delivery, message, now) or joining.joined_to(tx, delivery):
            return
        ticket = ticket_row(require(tx.one("ticket", number=require(delivery.ticket))))
        chat = self.directory.chat(link_row(require(tx.one("link", id=require(delivery.link)))).chat)
        others = joining.waiting_behind(tx, delivery, message, now)
        while others and chat.parts(self._together(message, ticket, others)) > 1:
            others.pop()
        joining.join(tx, delivery, others)

    async def attempt(self, job: Job) -> Posted | None:
        """Returns None if there is nothing to say: what became of a reply that was never announced here."""
        link, post = require(job.link), self._post(job)
        chat, place = self.directory.chat(link.chat), thread_of(link)
        if job.shown is not None:
            try:
                await chat.edit_post(place, job.shown, post, job.delivery.part, job.key)
            except Gone:
                if job.progress is not None:
                    return None  # people deleted the announcement
            else:
                return Posted(job.shown)
        elif job.progress not in (None, Progress.PENDING):
            return None
        return Posted(await chat.post(place, post, job.delivery.part, job.key))

    async def reconcile(self, job: Job) -> Posted | None:
        link = require(job.link)
        found = await self.directory.chat(link.chat).find_post(thread_of(link), job.key, job.delivery.after)
        return None if found is None else Posted(found, is_found=True)

    def record(self, tx: Transaction, job: Job, result: Posted | None, now: datetime) -> int | None:
        link, ticket = require(job.link), require(job.ticket)
        if result is not None:
            record_part(tx, job, self.directory, result.message)
            for other in job.joined:
                record_part(tx, job, self.directory, result.message, other.delivery)
                tx.run("finish_joined", id=other.delivery, now=to_ms(now))
            channel_works(tx, link.place, now, job.delivery.id)
        if ticket.status is Status.CLOSED and result is not None:
            enqueue.card(tx, link, now)  # a post opens an archived thread; rendering the card archives it again
        if self._is_outdated(tx, job, result):
            return 0
        if result is None or job.progress is not None:
            return None
        return _next_part(tx, job, self.directory.chat(link.chat).parts(self._post(job)))

    def _is_outdated(self, tx: Transaction, job: Job, result: Posted | None) -> bool:
        """Whether the first part shows something else than it must show now."""
        message = require(job.message)
        if job.delivery.part or job.link_of_message is None:
            return False
        if result is not None and result.is_found and self.directory.rules.undo >= WORTH_SHOWING:
            return True
        row = require(tx.one("message", id=message.id))
        progress = progress_of(tx, row, require(job.link).id)
        if progress is not job.progress:
            return result is not None or progress in (None, Progress.PENDING)
        return progress is not None and row["text"] != message.text

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """Say in the thread whose words are missing, why, and where they can be read."""
        masks = self.directory.rules.masks_emails
        voice, name = cards.speaker(require(job.message), require(job.ticket), masks_emails=masks)
        where = self.directory.where_to_read(job)
        text = notices.words_missing(voice, name, reason, where)
        plainer = notices.words_missing(voice, "", reason, where)
        enqueue.line(tx, require(job.link), text, now, (retry_button(job),), plainer_text=plainer)

    def _post(self, job: Job) -> Post:
        ticket = require(job.ticket)
        masks = self.directory.rules.masks_emails
        message, store = require(job.message), self.directory.store(ticket)
        if said_with_it := [other for other in job.joined if other.is_waiting and not other.message.erased]:
            return replace(self._together(message, ticket, said_with_it), silent=self.directory.is_quiet)
        post = cards.post(message, ticket, store, job.progress, masks_emails=masks)
        return replace(post, form=job.delivery.form, plain_from=job.delivery.plain_from, silent=self.directory.is_quiet)

    def _together(self, message: MessageRow, ticket: TicketRow, others: Sequence[Joined]) -> Post:
        masks, store = self.directory.rules.masks_emails, self.directory.store(ticket)
        first, *further = (
            cards.post(each, ticket, store, masks_emails=masks)
            for each in (message, *(other.message for other in others))
        )
        return joining.together(first, further)


@dataclass(frozen=True, slots=True)
class LineCourier:
    """Posts a line from shopbell itself in a thread or a channel."""

    directory: Directory
    retries_forever = True
    eventually_consistent = False

    async def attempt(self, job: Job) -> ChatMessageId | None:
        """Returns None when the line may be skipped in this place, which refused it or is gone."""
        place = self._place(job)
        try:
            return await self.directory.chat(place.chat).post(place, self._post(job), job.delivery.part, job.key)
        except (Forbidden, Gone, Rejected) as error:
            if not _may_be_skipped(job, error):
                raise
            return None

    async def reconcile(self, job: Job) -> ChatMessageId | None:
        place = self._place(job)
        try:
            return await self.directory.chat(place.chat).find_post(place, job.key, job.delivery.after)
        except Gone as error:
            if not _may_be_skipped(job, error):
                raise
            return None

    def record(self, tx: Transaction, job: Job, result: ChatMessageId | None, now: datetime) -> int | None:
        if result is None:
            place = job.delivery.payload_as(LinePayload).place
            if place is not None and place.thread is not None:
                deleted_places.former_thread_gone(tx, place)
            return 0 if announcements.move_notice(tx, job.delivery) else None
        record_part(tx, job, self.directory, result)
        if job.link is not None:
            channel_works(tx, job.link.place, now, job.delivery.id)
        if job.link is not None and job.ticket is not None and job.ticket.status is Status.CLOSED:
            enqueue.card(tx, job.link, now)
        part = _next_part(tx, job, self.directory.chat(self._place(job).chat).parts(self._post(job)))
        if part is None:
            tx.run("erase_announcement", id=job.delivery.id)
        return part

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """Does nothing: no line is posted about a failed line. The operator sees it in `shopbell outbox`."""

    def _place(self, job: Job) -> Place:
        if job.link is not None:
            return thread_of(job.link)
        return require(job.delivery.payload_as(LinePayload).place)

    def _post(self, job: Job) -> Post:
        line, form = job.delivery.payload_as(LinePayload), job.delivery.form
        text = line.plainer_text if form >= Form.DEFUSED and line.plainer_text is not None else line.text
        plain_from = job.delivery.plain_from if text == line.text else 0
        return Post(
            voice=Voice.BELL,
            name="",
            text=text,
            buttons=line.buttons,
            ping=line.ping,
            form=form,
            plain_from=plain_from,
            silent=self.directory.is_quiet,
        )


@dataclass(frozen=True, slots=True)
class CardCourier:
    """Makes a card show the ticket's current state."""

    directory: Directory
    retries_forever = True

    async def attempt(self, job: Job) -> bool | None:
        """Returns whether the card exists; None: the thread is not open yet, and opening it posts the card."""
        link = require(job.link)
        if link.opened is None:
            return None
        card = self.directory.card(job, link.chat)
        return await self.directory.chat(link.chat).render_card(thread_of(link), link.opened, card)

    def record(self, tx: Transaction, job: Job, result: bool | None, now: datetime) -> None:
        link = require(job.link)
        if result is None:
            return
        tx.run("set_card_version", id=link.id, version=require(job.ticket).version)
        channel_works(tx, link.place, now, job.delivery.id)
        if result:
            post_left_out_opening(tx, job, now)
        else:
            enqueue.new_card(tx, link, now)

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        enqueue.line(tx, require(job.link), notices.card_outdated(reason), now, (retry_button(job),))


@dataclass(frozen=True, slots=True)
class MarkCourier:
    """Makes our mark on an agent's message show what happened to the message."""

    directory: Directory
    retries_forever = True

    async def attempt(self, job: Job) -> Mark | None:
        """If the thread or the message is gone, there is nothing left to mark, and that counts as done."""
        link, message = require(job.link), require(job.message)
        place = place_of(link, message)
        if job.possible_marks == ((job.mark,) if job.mark else ()):
            return job.mark
        outdated: list[Mark | None] = [mark for mark in job.possible_marks if mark is not job.mark]
        try:
            for was in outdated or [None]:
                await self.directory.chat(link.chat).mark(place, require(message.chat_message), job.mark, was)
        except Gone:
            return job.mark
        return job.mark

    def record(self, tx: Transaction, job: Job, result: Mark | None, now: datetime) -> None:
        message = require(job.message)
        tx.run("set_message_mark", id=message.id, mark=result)
        channel_works(tx, require(job.link).place, now, job.delivery.id)
        if marks.wanted_mark(tx, require(tx.one("message", id=message.id))) is not result:
            marks.enqueue_mark(tx, message, now)

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """Does nothing: the lines in the thread say what happened to the message."""


@dataclass(frozen=True, slots=True)
class ChatFailures:
    """What follows at once when a delivery to a chat fails."""

    directory: Directory

    def handle(self, tx: Transaction, job: Job, error: RemoteError, now: datetime) -> bool:
        """
        Replace a thread that is gone; note and announce a channel that the bot is not allowed to use; write down the
        next form of what was refused because of its words.

        Returns:
            Whether the delivery can be attempted again at once: the thread is replaced, or it has another form.
        """
        if isinstance(error, Rejected) and error.plainer_may_pass and _make_plainer(tx, job):
            return True
        if job.link is None:
            return False
        if isinstance(error, AuthFailed | Forbidden):
            others = [link.place for link in enqueue.links_of(tx, job.link.ticket)]
            label = self.directory.chat(job.link.chat).label
            channel_failing(
                tx, job.link.place, others, label, error.user_message, now, fallbacks=self.directory.channels
            )
        if isinstance(error, Gone) and job.delivery.kind in _IN_THREAD:
            deleted_places.reopen_link(tx, job.link, now)
            return True
        return False


def _make_plainer(tx: Transaction, job: Job) -> bool:
    """
    Write down the next form for a delivery that was refused. False: there is none.

    The key stays the same: so what may have been posted in one form is found before another one is posted.
    """
    if job.delivery.kind not in _IN_THREAD and job.delivery.kind is not Kind.OPEN:
        return False
    form = next_form(job.delivery.form, is_card=job.delivery.kind not in (Kind.POST, Kind.LINE))
    if form is None:
        return False
    tx.run("set_delivery_form", id=job.delivery.id, form=form)
    return True


def retry_button(job: Job) -> Button:
    """The button that makes a delivery again that has failed."""
    return Button(verb=Verb.RETRY, label="Retry", delivery=job.delivery.id)


def _may_be_skipped(job: Job, error: RemoteError) -> bool:
    """Whether a line need not be posted here: its old thread is gone, or other channels may take it."""
    line = job.delivery.payload_as(LinePayload)
    in_old_thread = line.place is not None and line.place.thread is not None
    if isinstance(error, Rejected) and error.plainer_may_pass and next_form(job.delivery.form, is_card=False):
        return False
    return line.resolved_text is not None or (isinstance(error, Gone) and in_old_thread)


def _next_part(tx: Transaction, job: Job, count: int) -> int | None:
    """
    Which of `count` parts comes next; None: this was the last.

    If the thread was replaced during the attempt, it is the first again: the new thread has none of them.
    """
    if job.delivery.part + 1 >= count:
        return None
    replaced = (
        job.link is not None and link_row(require(tx.one("link", id=job.link.id))).threads_lost != job.link.threads_lost
    )
    return 0 if replaced else job.delivery.part + 1


def record_part(
    tx: Transaction, job: Job, directory: Directory, message: ChatMessageId, delivery: DeliveryId | None = None
) -> None:
    """Record which chat message a part became, where and when; of the job's delivery, or of another one with it."""
    place = job.link.place if job.link is not None else require(job.delivery.payload_as(LinePayload).place)
    tx.run(
        "set_posted",
        delivery=delivery or job.delivery.id,
        part=job.delivery.part,
        chat_message=message,
        thread=place.thread or place.channel,
        posted_at=to_ms(directory.chat(place.chat).time_of(message)),
        progress=job.progress,
    )
    if job.shown != message:
        record_latest_message(tx, job, message)


def record_latest_message(tx: Transaction, job: Job, message: ChatMessageId) -> None:
    """Record our latest message in this chat: every delivery that is begun from now on will be newer."""
    tx.run("set_last_posted", destination=job.delivery.destination, chat_message=message)


def post_left_out_opening(tx: Transaction, job: Job, now: datetime) -> None:
    """If the first message stands on cards alone, and this card's form leaves it out, post it in the thread."""
    if job.delivery.form < Form.DEFUSED:
        return
    link = require(job.link)
    opening = read_opening(tx, link.ticket, link.id)
    if opening is not None and opening.is_on_cards:
        enqueue.post(tx, link, opening.message, now)


def queue_outdated_card(tx: Transaction, link: LinkRow, shown: TicketRow, now: datetime) -> None:
    """Queue the link's card if the ticket is not any more as `shown`: as the card shows it."""
    if ticket_row(require(tx.one("ticket", number=shown.number))).version != shown.version:
        enqueue.card(tx, link_row(require(tx.one("link", id=link.id))), now)
