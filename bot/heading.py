"""
Heading a thread anew: where people have deleted its card and not the thread, the ticket gets another card in it.

Chats in which the thread goes with its card never come here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import phrases, queue
from bot.couriers import Known, part_said, present, thread_of
from bot.db.connection import Transaction
from bot.db.values import link_row
from bot.job import Job
from bot.model import ChatMessageId, Deleted, Post, Voice
from bot.trouble import channel_well

_LINE, _CARD = 0, 1


@dataclass(frozen=True, slots=True)
class Heading:
    """Says in a thread that its card was deleted, and then the card as it is now: the ticket's from then on."""

    known: Known
    for_ever = True
    repeatable = False
    lags = False

    async def carry(self, job: Job) -> ChatMessageId | None:
        """Returns None where the thread has another card by now, as one has that replaced it."""
        link = present(job.link)
        if link.card != job.delivery.body["card"]:
            return None
        chat, place = self.known.chat(link.chat), thread_of(link)
        if job.delivery.part == _LINE:
            return await chat.post(place, Post(voice=Voice.BELL, name="", text=phrases.card_again()), 0, job.key)
        return await chat.post_card(place, self.known.card(job, link.chat), job.key)

    async def find(self, job: Job) -> ChatMessageId | None:
        link = present(job.link)
        return await self.known.chat(link.chat).find_post(thread_of(link), job.key, job.delivery.after)

    def record(self, tx: Transaction, job: Job, result: ChatMessageId | None, now: datetime) -> int | None:
        link = present(job.link)
        if result is None:
            return None
        part_said(tx, job, result)
        channel_well(tx, link.place, now, job.delivery.id)
        if job.delivery.part == _LINE:
            return _CARD
        was = job.delivery.body["card"]
        tx.run("link_headed", id=link.id, was=was, card=result, version=present(job.ticket).version)
        # It may show what was true before, and what was said may have opened an archived thread.
        queue.card(tx, link_row(present(tx.one("link", id=link.id))), now)
        return None

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        queue.line(tx, present(job.link), phrases.delivery_failed(reason), now)


def card_deleted(tx: Transaction, deleted: Deleted, now: datetime) -> None:
    """Where a message that was deleted is a ticket's card, look after the card at once."""
    place = deleted.place
    where = {"chat": place.chat, "channel": place.channel, "thread": place.thread or deleted.message}
    row = tx.one("link_by_card", **where, card=deleted.message)
    if row is not None:
        queue.card(tx, link_row(row), now)
