"""
Reading a message again before it is sent, if a change to it may have been missed.

A deletion or an edit that we missed must have the same effect as one that we received. So a reply or a note that was
written in an earlier sync epoch of its chat (see `bot.inbound.chats.catchup`) is sent only after its message was read
again. While the chat cannot be reached, it waits, but only for a limited time: an outage of the chat must not keep the
customer without an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import DeliveryRow, require, to_ms
from bot.errors import AuthFailed, Forbidden, RemoteError
from bot.inbound.chats.catchup import CatchUp
from bot.model import ChatName, Kind, State
from bot.outbound.job import Job
from bot.ports import Chat
from bot.tickets.edits import record_reread
from bot.tickets.rules import Rules

_log = structlog.get_logger(__name__)
_LONGEST_WAIT = 300.0
"""In seconds. If a chat could not be read for this long, what was written there is sent as it was written."""
_RETRY_SECONDS = 1.0
_MAX_RETRY_SECONDS = 15.0
_WAIT_EXPIRES = 2 * _MAX_RETRY_SECONDS
_CHECKED = (Kind.REPLY, Kind.NOTE)


@dataclass(frozen=True, slots=True)
class _Wait:
    """Since when deliveries have waited for a chat, and when one last did; by the monotonic clock."""

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
        self._waits: dict[ChatName, _Wait] = {}

    def needed(self, tx: Transaction, delivery: DeliveryRow) -> bool:
        """
        Whether a message that is about to be sent may have been changed without our knowledge.

        Not if an agent has just asked for it: it is wanted as it is. Not if its thread is gone or its chat is no longer
        configured: then nobody can say.
        """
        if delivery.kind not in _CHECKED or delivery.state is not State.WAITING or delivery.requested:
            return False
        row = tx.one("sync_epoch_of_message", id=delivery.message)
        if row is None or row["chat"] not in self._chats:
            return False
        chat = ChatName(row["chat"])
        missed_nothing = row["sync_epoch"] == self._catchups[chat].sync_epoch and self._chats[chat].health().connected
        return not missed_nothing and not self._waited_long_enough(chat)

    async def run(self, job: Job) -> None:
        """Read the message again; if its chat cannot be reached, postpone the delivery."""
        message, link = require(job.message), require(job.link_of_message)
        chat, catchup = self._chats[link.chat], self._catchups[link.chat]
        sync_epoch = catchup.sync_epoch
        if not catchup.is_connected or not chat.health().connected:
            await self._postpone(job, chat)
            return
        try:
            found = await chat.reread(link.place, require(message.chat_message))
            writable = frozenset() if found is None else await chat.writable(found.agent, [link.place])
        except RemoteError as error:
            if (error.retryable or isinstance(error, AuthFailed)) and not isinstance(error, Forbidden):
                await self._postpone(job, chat, error.retry_after or 0.0)
                return
            # The thread is gone or we may not read it; that does not say that the author changed the message.
            await self._database.write(
                lambda tx: tx.run("set_message_sync_epoch", id=message.id, sync_epoch=sync_epoch)
            )
            return
        self._waits.pop(chat.name, None)
        await self._database.write(
            record_reread, message.id, found, writable, sync_epoch, self._rules, self._clock.now()
        )

    async def _postpone(self, job: Job, chat: Chat, seconds: float = 0.0) -> None:
        now = self._clock.monotonic()
        before = self._waits.get(chat.name)
        # If nothing waited since, the chat may have worked in between: start to count again.
        continues = before is not None and now - before.last <= _WAIT_EXPIRES
        self._waits[chat.name] = _Wait(since=before.since if before is not None and continues else now, last=now)
        if self._waited_long_enough(chat.name):
            _log.info("sent without reading again", chat=chat.name)
            return
        due = self._clock.now() + timedelta(seconds=min(max(seconds, _RETRY_SECONDS), _MAX_RETRY_SECONDS))
        await self._database.write(lambda tx: tx.run("set_due", id=job.delivery.id, due=to_ms(due)))

    def _waited_long_enough(self, chat: ChatName) -> bool:
        wait = self._waits.get(chat)
        if wait is None or self._clock.monotonic() - wait.last > _WAIT_EXPIRES:
            return False
        return wait.last - wait.since >= _LONGEST_WAIT
