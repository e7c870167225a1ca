"""
Catching up: after every connection that is not a resumption, what people wrote meanwhile is read from the threads.

Until that is done, what comes in live is only recorded, so that it cannot overtake what was written before it. A thread
in which somebody writes meanwhile is read ahead of the others.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Row, Transaction
from bot.db.rows import link_row, to_ms
from bot.errors import RemoteError
from bot.inbound.isolation import contained
from bot.model import ChannelId, ChatMessageId, Cursor, Place, Said
from bot.ports import Chat
from bot.tickets import announcements
from bot.tickets.incidents import channel_read
from bot.tickets.routing import Rules, record_said, route_link
from bot.tickets.threads import find_link
from bot.wording import notices

_log = structlog.get_logger(__name__)
_LATELY = timedelta(days=30)
_PAUSES = (1.0, 5.0, 15.0, 60.0)


class CatchUp:
    """
    One chat's sight: whether everything that was written has come in.

    Attributes:
        sighted: Whether nothing older than what comes in live can still be missing.
        live: Whether the connection is usable, so that whatever happens from now on comes in by it.
        sync_epoch: Names the time since which everything comes in, unlike any other; it ends when the chat is blind again.
    """

    def __init__(self, chat: Chat, database: Database, rules: Rules, clock: Clock, wake: Callable[[], None]) -> None:
        self._chat = chat
        self._database = database
        self._rules = rules
        self._clock = clock
        self._wake = wake
        self._usable = asyncio.Event()
        self._barred: set[ChannelId] = set()
        self._found: Counter[ChannelId] = Counter()
        self._hurried: asyncio.Queue[Place] = asyncio.Queue()
        self._changed: set[tuple[Place, ChatMessageId]] = set()
        self.sighted = self.live = False
        self.sync_epoch = secrets.token_hex(8)

    def blind(self) -> None:
        """Messages may have been missed from now on."""
        self.sighted = self.live = False
        self.sync_epoch = secrets.token_hex(8)
        self._changed.clear()
        self._usable.clear()

    def usable(self) -> None:
        """The connection works: reading may begin."""
        self.live = True
        self._usable.set()

    def changed(self, thread: Place, message: ChatMessageId) -> None:
        """A message was edited or deleted just now; what is being read of it may be older than that."""
        if not self.sighted:
            self._changed.add((thread, message))

    def barred(self, channel: ChannelId) -> None:
        """A channel that the present reading has met may not be read."""
        self._barred.add(channel)

    def hurry(self, thread: Place) -> None:
        """Somebody writes in this thread just now: read it ahead of the others, for they may be many."""
        if not self.sighted:
            self._hurried.put_nowait(thread)

    async def run(self) -> None:
        """Catch up whenever it is needed, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_all())
            tasks.create_task(self._read_hurried())

    async def _read_all(self) -> None:
        while True:
            await self._usable.wait()
            self._usable.clear()
            failures = 0
            while not self.sighted and not await self._once():
                await self._clock.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1

    async def _once(self) -> bool:
        """Read and route what was missed; whether that is done, or has to be done for a newer connection anyway."""
        sync_epoch = self.sync_epoch
        cursors = await self._database.read(self._cursors, self._clock.now() - _LATELY)
        self._barred.clear()
        try:
            await self._read(cursors)
        except RemoteError as error:
            _log.info("catching up failed", chat=self._chat.name, error=type(error).__name__, told=error.told)
            return sync_epoch != self.sync_epoch
        if sync_epoch != self.sync_epoch:
            return True
        # From here on live messages are routed at once, each after what its thread still holds.
        self.sighted = True
        self._changed.clear()
        read = {cursor.place.channel for cursor in cursors} - self._barred
        found, self._found = self._found, Counter()
        await self._database.write(self._route_all, found, read, self._clock.now())
        self._wake()
        _log.info("caught up", chat=self._chat.name, threads=len(cursors), messages=found.total())
        return True

    async def _read(self, cursors: list[Cursor]) -> None:
        """Record what these threads hold that we have not heard of. Raises `RemoteError`."""
        sync_epoch = self.sync_epoch
        with contained(f"catching up on {self._chat.label}"):
            async for said in self._chat.missed(cursors):
                if sync_epoch != self.sync_epoch:
                    return
                current = (said.place, said.message) not in self._changed
                if await self._database.write(_record_once, said, sync_epoch if current else None):
                    self._found[said.place.channel] += 1

    async def _read_hurried(self) -> None:
        while True:
            thread = await self._hurried.get()
            sync_epoch = self.sync_epoch
            cursor = None if self.sighted else await self._database.read(_cursor, thread)
            if cursor is None:
                continue
            try:
                await self._read([cursor])
            except RemoteError as error:
                # The reading of all threads brings this one, too, or tells why it cannot.
                _log.info("reading ahead failed", chat=self._chat.name, error=type(error).__name__)
                continue
            if sync_epoch == self.sync_epoch:
                await self._database.write(self._route_one, thread, self._clock.now())
                self._wake()

    def _cursors(self, tx: Transaction, since: datetime) -> list[Cursor]:
        rows = tx.all("threads_to_catch_up", chat=self._chat.name, lately=to_ms(since))
        return [_as_cursor(row) for row in rows]

    def _route_one(self, tx: Transaction, thread: Place, now: datetime) -> None:
        link = find_link(tx, thread)
        if link is not None:
            route_link(tx, link, self._rules, now, self._chat.now())

    def _route_all(self, tx: Transaction, found: Counter[ChannelId], read: set[ChannelId], now: datetime) -> None:
        for channel in read:
            channel_read(tx, Place(chat=self._chat.name, channel=channel), now)
        for row in tx.all("links_with_unrouted_messages", chat=self._chat.name):
            route_link(tx, link_row(row), self._rules, now, self._chat.now())
        for channel, amount in found.items():
            place = Place(chat=self._chat.name, channel=channel)
            announcements.announce(tx, place, notices.recovered(amount, self._chat.label), now)


def _as_cursor(row: Row) -> Cursor:
    return Cursor(place=link_row(row).place, after=None if row["seen"] is None else ChatMessageId(row["seen"]))


def _cursor(tx: Transaction, thread: Place) -> Cursor | None:
    """How far a thread has been read; None: it is no ticket's."""
    row = tx.one("link_by_thread", chat=thread.chat, channel=thread.channel, thread=thread.thread)
    return None if row is None else _as_cursor(row)


def _record_once(tx: Transaction, said: Said, sync_epoch: str | None) -> bool:
    """Record a message that was read from its thread in a sync_epoch; whether it is one we had not heard of."""
    link = find_link(tx, said.place)
    if link is None or tx.one("message_by_chat_id", link=link.id, chat_message=said.message) is not None:
        return False
    record_said(tx, said, sync_epoch)
    return True
