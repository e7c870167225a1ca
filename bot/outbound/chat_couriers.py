"""
The couriers for what is said in a chat: a post, and a line from shopbell itself.

For cards and marks see `bot.outbound.card_couriers`, for opening a thread `bot.outbound.thread_couriers`, and for
deliveries to a vendor `bot.outbound.vendor_couriers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import (
    DeliveryRow,
    MessageRow,
    TicketRow,
    delivery_row,
    link_row,
    message_row,
    require,
    ticket_row,
    to_ms,
)
from bot.errors import Forbidden, Gone, Rejected, RemoteError
from bot.model import (
    ChatMessageId,
    Form,
    LinePayload,
    Place,
    Post,
    Progress,
    State,
    Status,
    Voice,
    next_form,
)
from bot.outbound import joining
from bot.outbound.chat_failures import retry_button
from bot.outbound.directory import Directory
from bot.outbound.job import Job, thread_of
from bot.outbound.joining import Joined
from bot.outbound.posted_parts import next_part, record_part
from bot.tickets import announcements, deleted_places, enqueue
from bot.tickets.from_vendors.incidents import channel_works
from bot.tickets.replies.progress import progress_of
from bot.tickets.replies.undo_time import is_announced
from bot.wording import cards, notices


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
        if ticket.store not in self.directory.rules.stores:
            return  # the attempt says so, of each by itself
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
        return next_part(tx, job, self.directory.chat(link.chat).parts(self._post(job)))

    def _is_outdated(self, tx: Transaction, job: Job, result: Posted | None) -> bool:
        """Whether the first part shows something else than it must show now."""
        message = require(job.message)
        if job.delivery.part or job.link_of_message is None:
            return False
        if result is not None and result.is_found and is_announced(self.directory.rules):
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
        if said_with_it := [other for other in job.joined if other.is_unsaid and not other.message.erased]:
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
    """
    Posts a line from shopbell itself in a thread or a channel.

    When it is decided what its buttons ask, the same post is changed, so that it shows the decision.
    """

    directory: Directory
    retries_forever = True
    eventually_consistent = False

    async def attempt(self, job: Job) -> ChatMessageId | None:
        """Returns None: it need not be posted here. The place refused it or is gone, or what it asks is decided."""
        place = self._place(job)
        if job.delivery.payload_as(LinePayload).decision and (job.shown is not None or not job.delivery.part):
            return await self._show_decision(job, place)
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
        line = job.delivery.payload_as(LinePayload)
        if result is None and line.decision:
            return None
        if result is None:
            place = line.place
            if place is not None and place.thread is not None:
                deleted_places.former_thread_gone(tx, place)
            return 0 if announcements.move_notice(tx, job.delivery) else None
        record_part(tx, job, self.directory, result)
        if job.link is not None:
            channel_works(tx, job.link.place, now, job.delivery.id)
        if job.link is not None and job.ticket is not None and job.ticket.status is Status.CLOSED:
            enqueue.card(tx, job.link, now)
        part = next_part(tx, job, self.directory.chat(self._place(job).chat).parts(self._post(job)))
        if self._is_outdated(tx, job):
            return 0
        if part is None:
            tx.run("erase_announcement", id=job.delivery.id)
        return part

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:  # noqa: ARG002 - a courier
        """
        A line of a thread that asks something is asked in the channel: the thread takes nothing, so nobody would know.

        Nothing is said about any other line. The operator sees it in `shopbell outbox`.
        """
        line, link = job.delivery.payload_as(LinePayload), job.link
        if link is None or not line.buttons or line.decision:
            return
        text = line.text if line.plainer_text is None else line.plainer_text
        channel = replace(link.place, thread=None)
        said = notices.thread_takes_nothing(f"#{link.ticket}", text)
        announcements.announce(tx, channel, said, now, line.buttons)

    async def _show_decision(self, job: Job, place: Place) -> ChatMessageId | None:
        """Returns None if there is nothing to change: it was never posted, is deleted, or cannot be edited."""
        if job.shown is None:
            return None
        try:
            await self.directory.chat(place.chat).edit_post(
                place, job.shown, self._post(job), job.delivery.part, job.key
            )
        except Gone:
            return None
        except Rejected as error:
            if _has_plainer_form(job, error):
                raise
            return None
        return job.shown

    def _is_outdated(self, tx: Transaction, job: Job) -> bool:
        """Whether it was decided during the attempt, or, if a search found the post, perhaps after it was made."""
        line = job.delivery.payload_as(LinePayload)
        if not line.buttons:
            return bool(line.decision) and job.delivery.state is State.UNCERTAIN
        now = delivery_row(require(tx.one("delivery", id=job.delivery.id)))
        return bool(now.payload_as(LinePayload).decision)

    def _place(self, job: Job) -> Place:
        if job.link is not None:
            return thread_of(job.link)
        return require(job.delivery.payload_as(LinePayload).place)

    def _post(self, job: Job) -> Post:
        line, form = job.delivery.payload_as(LinePayload), job.delivery.form
        is_plainest = form >= Form.DEFUSED
        text = line.plainer_text if is_plainest and line.plainer_text is not None else line.text
        plain_from = job.delivery.plain_from if text == line.text else 0
        if line.decision:
            # An earlier version took the words out of a line for a channel once it was posted: then the text is empty.
            text = f"{text}\n{line.plainer_decision if is_plainest else line.decision}".lstrip()
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


def _may_be_skipped(job: Job, error: RemoteError) -> bool:
    """Whether a line need not be posted here: its old thread is gone, or other channels may take it."""
    line = job.delivery.payload_as(LinePayload)
    in_old_thread = line.place is not None and line.place.thread is not None
    if isinstance(error, Rejected) and _has_plainer_form(job, error):
        return False
    return line.resolved_text is not None or (isinstance(error, Gone) and in_old_thread)


def _has_plainer_form(job: Job, error: Rejected) -> bool:
    """Whether a line that was refused is tried in another form."""
    return error.plainer_may_pass and next_form(job.delivery.form, is_card=False) is not None
