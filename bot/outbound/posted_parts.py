"""The parts of what was posted in a chat: recorded, and which one comes next."""

from __future__ import annotations

from bot.db.connection import Transaction
from bot.db.rows import (
    link_row,
    require,
    to_ms,
)
from bot.model import (
    ChatMessageId,
    DeliveryId,
    LinePayload,
)
from bot.outbound.directory import Directory
from bot.outbound.job import Job


def next_part(tx: Transaction, job: Job, count: int) -> int | None:
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
