"""What follows when a delivery to a chat fails: a new thread, a plainer form, an incident, or a button to retry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.db.connection import Transaction
from bot.errors import AuthFailed, Forbidden, Gone, Rejected, RemoteError
from bot.model import (
    Button,
    Kind,
    Verb,
    next_form,
)
from bot.outbound.directory import Directory
from bot.outbound.job import Job
from bot.tickets import deleted_places, enqueue
from bot.tickets.from_vendors.incidents import channel_failing

# Kinds for which `Gone` means that their thread is gone. For an opening it is the channel, for a mark the message.
_IN_THREAD = (Kind.POST, Kind.LINE, Kind.CARD, Kind.NEW_CARD)


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
            links = enqueue.links_of(tx, job.link.ticket)
            others = [link.place for link in links if link.chat in self.directory.chats]
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
