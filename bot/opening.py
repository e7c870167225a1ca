"""
Opening a ticket's thread, and hearing what was said in it before we knew that it is there.

Whoever sees a card can answer it at once. Where its thread is recorded late, because the answer was slow or lost or a
crash came between, what was said there meanwhile stood in nobody's thread; so it is read, once, before anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import phrases, queue
from bot.couriers import Known, card_if_outdated, present, said_last
from bot.db.connection import Transaction
from bot.db.values import State, delivery_row, link_row, to_ms
from bot.errors import AuthFailed, RemoteError
from bot.intake import Rules, record_said, route_link
from bot.job import Job
from bot.model import Cursor, Opened, Said
from bot.trouble import channel_in_trouble, channel_well, note_channel_trouble

_READING = 1
# Nobody answers a card sooner, and no connection is lost and renewed meanwhile.
_AT_ONCE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens a link's thread with the ticket's card; its second part, where it needs one, reads the thread."""

    known: Known
    rules: Rules
    for_ever = True
    repeatable = False
    lags = False

    async def carry(self, job: Job) -> Opened | list[Said]:
        if job.delivery.part == _READING:
            return await self._read(job)
        link = present(job.link)
        card = self.known.card(job, link.chat)
        return await self.known.chat(link.chat).open_thread(link.channel, card, job.key)

    async def find(self, job: Job) -> Opened | list[Said] | None:
        if job.delivery.part == _READING:
            return await self._read(job)
        link = present(job.link)
        card = self.known.card(job, link.chat)
        return await self.known.chat(link.chat).find_thread(link.channel, card, job.key, job.delivery.after)

    def record(self, tx: Transaction, job: Job, result: Opened | list[Said], now: datetime) -> int | None:
        link, ticket = present(job.link), present(job.ticket)
        if not isinstance(result, Opened):
            for said in result:
                record_said(tx, said)
            route_link(tx, link, self.rules, now, self.known.chat(link.chat).now())
            self._open_anew(tx, job, now)
            return None
        channel_well(tx, link.place, now, job.delivery.id)
        said_last(tx, job, result.card)
        tx.run("link_opened", id=link.id, thread=result.thread, card=result.card, version=ticket.version)
        if job.delivery.state is State.UNCERTAIN:  # it was found, and its card is from before we knew
            queue.card(tx, link_row(present(tx.one("link", id=link.id))), now)
        else:
            card_if_outdated(tx, link, ticket, now)
        return _READING if _may_be_answered(tx, job, now) else None

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """Told in the ticket's other threads; where it has none, wherever somebody may see it."""
        link = present(job.link)
        label = self.known.chat(link.chat).label
        others = [other for other in queue.links_of(tx, link.ticket) if other.id != link.id]
        if not others:
            channel_in_trouble(tx, link.place, (), label, reason, now, spare=self.known.channels)
            return
        note_channel_trouble(tx, link.place, reason, now)
        for other in others:
            queue.line(tx, other, phrases.no_thread(label, reason), now)

    def _open_anew(self, tx: Transaction, job: Job, now: datetime) -> None:
        """A thread that vanished while it was being read could have no other opening beside this one."""
        link = link_row(present(tx.one("link", id=present(job.link).id)))
        if link.thread is None:
            tx.run("finish_delivery", id=job.delivery.id, now=to_ms(now))
            queue.open_link(tx, link, now)

    async def _read(self, job: Job) -> list[Said]:
        """Everything that people have said in the thread; nothing where it cannot be read any more."""
        link = present(job.link)
        try:
            missed = self.known.chat(link.chat).missed([Cursor(place=link.place, after=None)])
            return [said async for said in missed]
        except RemoteError as error:
            if error.again or isinstance(error, AuthFailed):
                raise
            return []


def _may_be_answered(tx: Transaction, job: Job, now: datetime) -> bool:
    """Whether somebody may have spoken in a thread before this moment, in which it is recorded."""
    begun = job.delivery
    present_row = delivery_row(present(tx.one("delivery", id=begun.id)))
    at_once = begun.begun_at is not None and timedelta() <= now - begun.begun_at <= _AT_ONCE
    return not at_once or begun.state is State.UNCERTAIN or begun.attempts > 1 or "heard" in present_row.body
