"""
What the ticket's other threads show of a reply before it is sent: `Ann is about to send: …`; later, what came of it.

A reply has one post in each of them. As soon as it is sent, that post is changed and shows the reply itself. That costs
one change more than a reply that is shown only when it was sent. One that leaves at once is shown only then.
"""

from __future__ import annotations

from datetime import datetime

from bot.db.connection import Row, Transaction
from bot.db.rows import MessageRow, to_ms
from bot.model import Progress, Purpose, State
from bot.tickets import enqueue
from bot.tickets.links import is_in_present_thread
from bot.tickets.replies.undo_time import WORTH_SHOWING

_PROGRESS = {
    State.HELD: Progress.HELD,
    State.FAILED: Progress.FAILED,
    State.DROPPED: Progress.WITHDRAWN,
    State.DONE: None,
}


def progress_of(tx: Transaction, message: Row, link: int) -> Progress | None:
    """
    What a post of this message (a row) has to show now in a link's thread; None: the message itself.

    What was written in a form stands as it is where its author is, as if they had written it there.
    """
    is_here = message["chat_message"] is None and message["link"] == link
    if is_here or Purpose(message["purpose"]) in (Purpose.NOTE, Purpose.VENDOR):
        return None
    row = tx.one("reply_of_message", message=message["id"])
    if row is None:
        return None
    progress = _PROGRESS.get(State(row["state"]), Progress.PENDING)
    return Progress.DOUBTFUL if progress is Progress.FAILED and row["in_doubt"] else progress


def show_pending(tx: Transaction, message: MessageRow, due: datetime, now: datetime) -> None:
    """A reply waits until `due`: announce it in the ticket's other threads, if that is worth it."""
    if due - now < WORTH_SHOWING:
        return
    for link in enqueue.links_of(tx, message.ticket):
        if not is_in_present_thread(link, message) and not enqueue.has_no_thread(tx, link):
            enqueue.post(tx, link, message.id, now)


def progress_changed(tx: Transaction, message: int, now: datetime) -> None:
    """What a reply says has changed, or what becomes of it: posts that announce it must show that."""
    tx.run("show_progress_again", message=message, now=to_ms(now))
