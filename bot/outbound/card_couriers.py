"""The couriers for what shows how things are: a ticket's card, and the mark on an agent's message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import (
    LinkRow,
    TicketRow,
    link_row,
    require,
    ticket_row,
)
from bot.errors import Gone
from bot.model import (
    Form,
    Mark,
)
from bot.outbound.chat_failures import retry_button
from bot.outbound.directory import Directory
from bot.outbound.job import Job, read_opening, thread_of
from bot.tickets import enqueue
from bot.tickets.from_vendors.incidents import channel_works
from bot.tickets.links import place_of
from bot.tickets.replies import marks
from bot.wording import notices


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
