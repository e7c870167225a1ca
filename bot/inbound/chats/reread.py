"""
Reading again what is about to leave, where its chat was out of sight since it was written.

A deletion or an edit that nobody heard of must count as one that was heard. So a reply or a note that was written in
an earlier sync_epoch of its chat (see `bot.inbound.chats.catchup`) leaves only after its message was read once more; and
while nothing comes in from the chat it waits, but not for ever: an outage of the chat must not keep the customer
without an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import DeliveryRow, to_ms
from bot.errors import AuthFailed, Forbidden, RemoteError
from bot.inbound.chats.catchup import CatchUp
from bot.model import ChatName, Kind, State
from bot.outbound.job import Job, require
from bot.ports import Chat
from bot.tickets.edits import record_reread
from bot.tickets.routing import Rules

_log = structlog.get_logger(__name__)
_LONGEST_BLINDNESS = 300.0
"""Seconds; when a chat has been out of sight for so long, what was written there leaves as it was written."""
_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
_FORGOTTEN = 2 * _LONGEST_PAUSE
_LEAVING = (Kind.REPLY, Kind.NOTE)


@dataclass(frozen=True, slots=True)
class _Wait:
    """Since when something waits for a chat's sight, and when that was last so; by the monotonic clock."""

    since: float
    last: float


class RereadCheck:
    """Implements `bot.outbound.outbox.PreSendCheck`."""

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
        Whether what is to leave may have been changed unheard.

        What an agent has asked for just now is wanted as it is. Of what stood in a thread that is gone, or in a chat
        that is not configured any more, nobody can say.
        """
        if delivery.kind not in _LEAVING or delivery.state is not State.WAITING or delivery.requested:
            return False
        row = tx.one("message_in_present_thread", id=delivery.message)
        if row is None or row["chat"] not in self._chats:
            return False
        chat = ChatName(row["chat"])
        missed_nothing = row["sync_epoch"] == self._catchups[chat].sync_epoch and self._chats[chat].health().connected
        return not missed_nothing and not self._is_out_of_patience(chat)

    async def take(self, job: Job) -> None:
        """Read it again where its chat can be heard; else put it off."""
        message, link = require(job.message), require(job.link_of_message)
        chat, catchup = self._chats[link.chat], self._catchups[link.chat]
        sync_epoch = catchup.sync_epoch
        if not catchup.live or not chat.health().connected:
            await self._wait(job, chat)
            return
        try:
            text = await chat.reread(link.place, require(message.chat_message))
        except RemoteError as error:
            if (error.again or isinstance(error, AuthFailed)) and not isinstance(error, Forbidden):
                await self._wait(job, chat, error.retry_after or 0.0)
                return
            # The thread is gone or closed to us; that says nothing about what its author wanted.
            await self._database.write(
                lambda tx: tx.run("set_message_sync_epoch", id=message.id, sync_epoch=sync_epoch)
            )
            return
        self._waits.pop(chat.name, None)
        await self._database.write(record_reread, message.id, text, sync_epoch, self._rules, self._clock.now())

    async def _wait(self, job: Job, chat: Chat, seconds: float = 0.0) -> None:
        now = self._clock.monotonic()
        before = self._waits.get(chat.name)
        # Nobody waited in between: the chat may have been in sight.
        lasts = before is not None and now - before.last <= _FORGOTTEN
        self._waits[chat.name] = _Wait(since=before.since if before is not None and lasts else now, last=now)
        if self._is_out_of_patience(chat.name):
            _log.info("what was written out of sight leaves as it was written", chat=chat.name)
            return
        due = self._clock.now() + timedelta(seconds=min(max(seconds, _PAUSE), _LONGEST_PAUSE))
        await self._database.write(lambda tx: tx.run("put_off", id=job.delivery.id, due=to_ms(due)))

    def _is_out_of_patience(self, chat: ChatName) -> bool:
        wait = self._waits.get(chat)
        if wait is None or self._clock.monotonic() - wait.last > _FORGOTTEN:
            return False
        return wait.last - wait.since >= _LONGEST_BLINDNESS
