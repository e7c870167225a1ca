"""
What a reply or a note waits for before it is sent: an earlier reply that was missed, or its message being read again.

Replies of one ticket leave in the order in which they were written, in whatever chat. So while another chat of the
ticket is reading what it has missed, a reply waits for it, but only for a limited time.

A deletion or an edit that we missed must have the same effect as one that we received. So a reply or a note that was
written in an earlier sync epoch of its chat (see `bot.inbound.chats.catchup`) is sent only after its message was read
again. While the chat cannot be reached, it waits, but only for a limited time: an outage of the chat must not keep the
customer without an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import DeliveryRow, LinkRow, require, to_ms
from bot.errors import AuthFailed, Forbidden, RemoteError
from bot.inbound.chats.catchup import CatchUp
from bot.model import ChatName, Kind, State
from bot.outbound.job import Job
from bot.ports import Chat
from bot.tickets.enqueue import links_of
from bot.tickets.from_agents.edits import record_reread
from bot.tickets.links import place_of
from bot.tickets.rules_from_settings import Rules

_log = structlog.get_logger(__name__)
_LONGEST_WAIT = 300.0
"""In seconds. If a thread could not be read for this long, what was written there is sent as it was written."""
_RETRY_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 15.0
_WAIT_EXPIRES = 2 * _LONGEST_RETRY_SECONDS
_CHECKED = (Kind.REPLY, Kind.NOTE)


@dataclass(frozen=True, slots=True)
class _Wait:
    """Since when deliveries have waited for a thread to be read, and when one last did; by the monotonic clock."""

    since: float
    last: float


class RereadCheck:
    """Implements `bot.outbound.job.PreSendCheck`."""

    def __init__(
        self,
        chats: Mapping[ChatName, Chat],
        catchups: Mapping[ChatName, CatchUp],
        database: Database,
        rules: Rules,
        clock: Clock,
    ) -> None:
        self._chats = chats
        self._catchups = catchups
        self._database = database
        self._rules = rules
        self._clock = clock
        # By link: that one thread cannot be read says nothing about the others.
        self._waits: dict[int, _Wait] = {}

    def needed(self, tx: Transaction, delivery: DeliveryRow) -> bool:
        """
        Whether a message that is about to be sent may have been changed without our knowledge.

        Not if an agent has just asked for it: it is wanted as it is. Not if its thread is gone or its chat is no longer
        configured: then nobody can say.
        """
        if delivery.kind not in _CHECKED or delivery.state is not State.WAITING or delivery.requested:
            return False
        if self._earlier_expected(tx, delivery):
            return True
        row = tx.one("sync_epoch_of_message", id=delivery.message)
        if row is None or row["chat"] not in self._chats:
            return False
        chat = ChatName(row["chat"])
        missed_nothing = row["sync_epoch"] == self._catchups[chat].sync_epoch and self._chats[chat].health().connected
        return not missed_nothing and not self._waited_long_enough(row["link"])

    async def run(self, job: Job) -> None:
        """Read the message again. If its chat cannot be reached, or an earlier reply may come, postpone it."""
        if await self._database.read(self._earlier_expected, job.delivery):
            await self._set_due(job, _RETRY_SECONDS)
            return
        message, link = require(job.message), require(job.link_of_message)
        chat, catchup, place = self._chats[link.chat], self._catchups[link.chat], place_of(link, message)
        sync_epoch, changes = catchup.sync_epoch, catchup.changed.number(place, require(message.chat_message))
        if not catchup.is_connected or not chat.health().connected:
            await self._postpone(job, link)
            return
        try:
            found = await chat.reread(place, require(message.chat_message))
            writable = frozenset() if found is None else await chat.writable(found.agent, [place], wrote=True)
        except RemoteError as error:
            if (error.retryable or isinstance(error, AuthFailed)) and not isinstance(error, Forbidden):
                await self._postpone(job, link, error.retry_after or 0.0)
                return
            # The thread is gone or we may not read it; that does not say that the author changed the message.
            await self._database.write(
                lambda tx: tx.run("set_message_sync_epoch", id=message.id, sync_epoch=sync_epoch)
            )
            return
        self._waits.pop(link.id, None)
        if catchup.changed.number(place, require(message.chat_message)) != changes:
            return  # what was read may be from before that, so it is read once more
        await self._database.write(
            record_reread, message.id, found, writable, sync_epoch, self._rules, self._clock.now(), chat.now()
        )

    async def _postpone(self, job: Job, link: LinkRow, seconds: float = 0.0) -> None:
        now = self._clock.monotonic()
        # If nothing waited since, the thread may have been readable in between: start to count again.
        self._waits = {each: wait for each, wait in self._waits.items() if now - wait.last <= _WAIT_EXPIRES}
        before = self._waits.get(link.id, _Wait(since=now, last=now))
        self._waits[link.id] = replace(before, last=now)
        if self._waited_long_enough(link.id):
            _log.info("sent without reading again", chat=link.chat, ticket=link.ticket)
            return
        await self._set_due(job, min(max(seconds, _RETRY_SECONDS), _LONGEST_RETRY_SECONDS))

    async def _set_due(self, job: Job, seconds: float) -> None:
        due = self._clock.now() + timedelta(seconds=seconds)
        await self._database.write(lambda tx: tx.run("set_due", id=job.delivery.id, due=to_ms(due)))

    def _earlier_expected(self, tx: Transaction, delivery: DeliveryRow) -> bool:
        """Whether another chat of the ticket is reading messages of which one may be an earlier reply."""
        expecting = {name for name, catchup in self._catchups.items() if catchup.older_expected}
        if delivery.kind is not Kind.REPLY or delivery.attempts or not expecting:
            return False
        message = require(tx.one("message", id=delivery.message))
        # Within one thread messages are routed in their order, so its own chat need not be waited for.
        others = [link for link in links_of(tx, require(delivery.ticket)) if link.id != message["link"]]
        return any(link.chat in expecting for link in others)

    def _waited_long_enough(self, link: int) -> bool:
        wait = self._waits.get(link)
        if wait is None or self._clock.monotonic() - wait.last > _WAIT_EXPIRES:
            return False
        return wait.last - wait.since >= _LONGEST_WAIT
