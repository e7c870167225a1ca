"""The courier that takes a forgotten customer's words out of a thread, message by message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import link_row, require
from bot.errors import Gone
from bot.model import ErasePayload
from bot.outbound.directory import Directory
from bot.outbound.job import Job
from bot.tickets import enqueue
from bot.tickets.from_vendors.incidents import channel_works
from bot.wording import reasons


@dataclass(frozen=True, slots=True)
class EraseCourier:
    """
    Replaces our posts in a thread by a sentence, and at last renames the thread. Each is one part.

    In another customer's ticket only the posts of some messages are replaced, and the thread keeps its name.

    A message or a thread that people have deleted needs no erasing.
    """

    directory: Directory
    retries_forever = True

    async def attempt(self, job: Job) -> bool:
        """Returns whether this was the last part."""
        link = require(job.link)
        if link.opened is None:
            return True
        chat = self.directory.chat(link.chat)
        try:
            if job.posted is not None:
                await chat.erase(link.place, job.posted, reasons.message_erased())
            elif not job.delivery.payload_as(ErasePayload).messages:
                await chat.rename_thread(link.place, self.directory.card(job, link.chat))
        except Gone:
            return job.posted is None
        return job.posted is None

    def record(self, tx: Transaction, job: Job, result: bool, now: datetime) -> int | None:
        link = require(job.link)
        channel_works(tx, link.place, now, job.delivery.id)
        if not result:
            return job.delivery.part + 1
        # Erasing may have opened an archived thread; rendering the card archives it again.
        enqueue.card(tx, link_row(require(tx.one("link", id=link.id))), now)
        return None

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """Does nothing: the operator, who asked for it, sees it in `shopbell outbox`."""
