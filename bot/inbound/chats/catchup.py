"""
Catching up: after a new connection, read what people wrote in the threads while there was none.

A resumed connection has missed nothing. Until catching up is done, live messages are recorded but not routed, so that
they cannot overtake older ones. A thread in which somebody is writing now is read before the others.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.clock import Clock, wait_for
from bot.db.connection import Database, Row, Transaction
from bot.db.rows import link_row, to_ms
from bot.errors import RemoteError, Unavailable
from bot.inbound.chats.changed_messages import ChangedMessages
from bot.inbound.isolation import defects_as_unavailable
from bot.model import ChannelId, ChatMessageId, ChatName, Cursor, Place, Said, ThreadId
from bot.ports import Chat
from bot.tickets import announcements
from bot.tickets.from_agents.written_messages import Routed, record_said, route_link
from bot.tickets.from_vendors.incidents import channel_read
from bot.tickets.links import find_link
from bot.tickets.rights import is_agent_of_any, may_write
from bot.tickets.rules_from_settings import Rules
from bot.wording import channel_notices

_log = structlog.get_logger(__name__)
_READ_BACK = timedelta(days=30)
_RETRY_SECONDS = (1.0, 5.0, 15.0, 60.0)
_UNREADABLE_RETRY_SECONDS = 300.0
_LONGEST_WAIT = 3600.0
_MANY = 5
_CONNECTING_SECONDS = 30.0
_READING_SECONDS = 60.0
_LONG = timedelta(minutes=2)
"""Fewer and younger missed messages are handled without a word: that happens at each restart."""


TellLater = Callable[[Place, Routed], None]
"""Tell the authors of messages in a thread that were read later what became of them. Does not wait."""
_AllRouted = Sequence[tuple[Place, Routed]]


class CatchUp:
    """
    Catches up in one chat, and knows whether a message may be missing there.

    Attributes:
        in_sync: Whether no message older than the live ones can be missing.
        is_connected: Whether the connection works, so that new events arrive.
        sync_epoch: A unique name for the time since the last possible gap. It changes with every possible gap.
        changed: The messages of which events say that they were changed.
    """

    def __init__(self, chat: Chat, database: Database, rules: Rules, clock: Clock, wake: Callable[[], None]) -> None:
        self._chat = chat
        self._database, self._rules, self._clock = database, rules, clock
        self._wake = wake
        self._connection_ready = asyncio.Event()
        self._unreadable_channels: set[ChannelId] = set()
        self._found_in: dict[ChannelId, Found] = {}
        self._found_threads: set[Place] = set()
        self._read_first_threads: asyncio.Queue[Place] = asyncio.Queue()
        self._waiting_to_be_read: set[Place] = set()
        self._changed_meanwhile: set[tuple[Place, ChatMessageId]] = set()
        self.changed = ChangedMessages()
        self.in_sync = self.is_connected = False
        self.sync_epoch = secrets.token_hex(8)
        self._gap_since = self._connected_since = clock.monotonic()

    def gap_possible(self) -> None:
        """From now on, messages may have been missed."""
        if self.in_sync:
            self._gap_since = self._clock.monotonic()
        self.in_sync = self.is_connected = False
        self.sync_epoch = secrets.token_hex(8)
        self._changed_meanwhile.clear()
        self._connection_ready.clear()

    def connected(self) -> None:
        """The connection works: reading may start."""
        if not self.is_connected:
            self._connected_since = self._clock.monotonic()
        self.is_connected = True
        self._connection_ready.set()

    @property
    def older_expected(self) -> bool:
        """
        Whether messages that were written before now are expected from this chat within a short time.

        They are read now; or the connection was lost a moment ago and is being made. Nobody waits for a chat that is
        away for longer.
        """
        if self.in_sync:
            return False
        now = self._clock.monotonic()
        if self.is_connected:
            return now - self._connected_since < _READING_SECONDS
        return now - self._gap_since < _CONNECTING_SECONDS

    def message_changed(self, thread: Place, message: ChatMessageId, made_at: datetime | None = None) -> None:
        """A message was edited, at this time of its chat, or deleted; a copy that is being read may be older."""
        self.changed.add(thread, message, made_at)
        if not self.in_sync:
            self._changed_meanwhile.add((thread, message))

    def channel_unreadable(self, channel: ChannelId) -> None:
        """The current reading found a channel that we may not read."""
        self._unreadable_channels.add(channel)

    def read_first(self, thread: Place) -> None:
        """
        Somebody is writing in this thread: read it before the others, which may be many.

        However much they write, it takes one turn, so that the threads in which others write have theirs.
        """
        if not self.in_sync and thread not in self._waiting_to_be_read:
            self._waiting_to_be_read.add(thread)
            self._read_first_threads.put_nowait(thread)

    async def run(self, tell_later: TellLater) -> None:
        """
        Catch up whenever it is needed, until cancelled.

        Args:
            tell_later: Called with what was found and routed, whose authors may have to be told something.
        """
        self._tell_later = tell_later
        if self.is_connected:
            # A defect has ended this: nobody knows what of it was done.
            self.gap_possible()
            self.connected()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_all())
            tasks.create_task(self._read_ahead())

    async def _read_all(self) -> None:
        while True:
            pause = _UNREADABLE_RETRY_SECONDS if self._unreadable_channels else _LONGEST_WAIT
            if not await wait_for(self._connection_ready, pause, self._clock):
                await self._read_unreadable()
                continue
            self._connection_ready.clear()
            failures = 0
            while not self.in_sync and not await self._catch_up():
                await self._clock.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1

    async def _catch_up(self) -> bool:
        """Read and route what was missed; whether that is done, or a newer connection makes it useless."""
        sync_epoch = self.sync_epoch
        cursors = await self._database.read(self._cursors, self._clock.now() - _READ_BACK)
        self._unreadable_channels.clear()
        try:
            await self._read(cursors)
        except RemoteError as error:
            if not error.retryable:
                self._connected_since = -_READING_SECONDS  # nobody knows when it can be read, so nobody waits for it
            _log.info("catching up failed", chat=self._chat.name, error=type(error).__name__, reason=error.user_message)
            # What cannot be read may be one thread: each in which something was found is read by itself.
            for thread in sorted(self._found_threads, key=str):
                self.read_first(thread)
            self._found_threads.clear()
            return sync_epoch != self.sync_epoch
        if sync_epoch != self.sync_epoch:
            return True
        # From here on a live message is routed at once, after what still waits in its thread.
        self.in_sync = True
        self._changed_meanwhile.clear()
        self._found_threads.clear()
        read = {cursor.place.channel for cursor in cursors} - self._unreadable_channels
        found, self._found_in = self._found_in, {}
        await self._route(partial(self._route_all, found, read))
        _log.info(
            "caught up",
            chat=self._chat.name,
            threads=len(cursors),
            messages=sum(each.amount for each in found.values()),
        )
        return True

    async def _read_unreadable(self) -> None:
        """Try the channels again that could not be read: nobody may tell us that they can be read now."""
        sync_epoch, channels = self.sync_epoch, set(self._unreadable_channels)
        if not self.in_sync or not channels:
            return
        cursors = await self._database.read(self._cursors, self._clock.now() - _READ_BACK)
        self._unreadable_channels.clear()
        try:
            await self._read([cursor for cursor in cursors if cursor.place.channel in channels])
        except RemoteError as error:
            _log.info("channels still not read", chat=self._chat.name, error=type(error).__name__)
            self._unreadable_channels |= channels
            return
        if sync_epoch == self.sync_epoch:
            found, self._found_in = self._found_in, {}
            read = channels - self._unreadable_channels
            await self._route(partial(self._route_all, found, read))

    async def _read(self, cursors: list[Cursor]) -> None:
        """
        Record the messages in these threads that are not recorded yet.

        Raises `RemoteError`, also if only in some channels it cannot be known who may do what; the others are read.
        """
        sync_epoch = self.sync_epoch
        failing: dict[ChannelId, Unavailable] = {}
        with defects_as_unavailable(f"catching up on {self._chat.label}"):
            async for said in self._chat.missed(cursors):
                if sync_epoch != self.sync_epoch:
                    return
                if said.place.channel in failing:
                    continue
                is_agent = is_agent_of_any(said.agent, self._rules.stores.values(), said.place.chat)
                try:
                    writable = await self._chat.writable(said.agent, [said.place], wrote=True) if is_agent else ()
                except Unavailable as error:
                    failing[said.place.channel] = error
                    continue
                epoch = None if (said.place, said.message) in self._changed_meanwhile else sync_epoch
                if await self._database.write(_record_if_new, said, self._rules, writable, epoch):
                    self._found_in[said.place.channel] = with_one(self._found_in.get(said.place.channel), said)
                    self._found_threads.add(said.place)
        if failing:
            raise next(iter(failing.values()))

    async def _read_ahead(self) -> None:
        while True:
            thread = await self._read_first_threads.get()
            self._waiting_to_be_read.discard(thread)  # what is written from now on may need another reading
            sync_epoch = self.sync_epoch
            cursor = None if self.in_sync else await self._database.read(_cursor, thread)
            if cursor is None:
                continue
            try:
                await self._read([cursor])
            except RemoteError as error:
                # Reading all threads includes this one, or reports why it is not possible.
                _log.info("reading ahead failed", chat=self._chat.name, error=type(error).__name__)
                continue
            if sync_epoch == self.sync_epoch:
                await self._route(partial(self._route_one, thread))

    def _cursors(self, tx: Transaction, since: datetime) -> list[Cursor]:
        rows = tx.all("links_to_catch_up", chat=self._chat.name, lately=to_ms(since))
        former = tx.all("former_threads", chat=self._chat.name, lately=to_ms(since))
        return [*(_as_cursor(row) for row in rows), *(_as_former_cursor(row) for row in former)]

    async def _route(self, work: Callable[[Transaction], _AllRouted]) -> None:
        """Route what was read, and tell the authors of commands, and of what was refused."""
        for place, routed in await self._database.write(work):
            self._tell_later(place, routed)
        self._wake()

    def _route_one(self, thread: Place, tx: Transaction) -> _AllRouted:
        link, now = find_link(tx, thread), self._clock.now()
        if link is None:
            return []
        return [(thread, route_link(tx, link, self._rules, now, self._chat.now()))]

    def _route_all(self, found: Mapping[ChannelId, Found], read: set[ChannelId], tx: Transaction) -> _AllRouted:
        now = self._clock.now()
        all_routed: list[tuple[Place, Routed]] = []
        for channel in read:
            channel_read(tx, Place(chat=self._chat.name, channel=channel), now)
        for row in tx.all("links_with_unrouted_messages", chat=self._chat.name):
            link = link_row(row)
            all_routed.append((link.place, route_link(tx, link, self._rules, now, self._chat.now())))
        for channel, missed in found.items():
            if is_worth_saying(missed, self._chat.now() or now):
                place = Place(chat=self._chat.name, channel=channel)
                announcements.announce(
                    tx, place, channel_notices.missed_messages_found(missed.amount, self._chat.label), now
                )
        return all_routed


@dataclass(frozen=True, slots=True)
class Found:
    """How many missed messages were found in a channel, and when the first of them was written."""

    amount: int
    oldest: datetime


def with_one(found: Found | None, said: Said) -> Found:
    """The same with one message more. Pure."""
    if found is None:
        return Found(1, said.said_at)
    return Found(found.amount + 1, min(found.oldest, said.said_at))


def is_worth_saying(found: Found, now: datetime) -> bool:
    """Whether the channel must read what was found: there was much, or somebody has waited for long. Pure."""
    return found.amount >= _MANY or now - found.oldest >= _LONG


def _as_cursor(row: Row) -> Cursor:
    read_up_to = row["read_up_to"]
    return Cursor(place=link_row(row).place, after=None if read_up_to is None else ChatMessageId(read_up_to))


def _as_former_cursor(row: Row) -> Cursor:
    """
    How far a thread had been read when its ticket left it.

    Nothing notes how far it was read since then: little is written there, and what is known is recognised.
    """
    read_up_to = row["read_up_to"]
    place = Place(chat=ChatName(row["chat"]), channel=ChannelId(row["channel"]), thread=ThreadId(row["thread"]))
    after = None if read_up_to is None else ChatMessageId(read_up_to)
    return Cursor(place=place, after=after, is_former=True)


def _cursor(tx: Transaction, thread: Place) -> Cursor | None:
    """How far a thread has been read; None: it belongs to no ticket."""
    where = {"chat": thread.chat, "channel": thread.channel, "thread": thread.thread}
    row = tx.one("link_by_thread", **where)
    if row is not None:
        return _as_cursor(row)
    former = tx.one("former_thread", **where)
    return None if former is None else _as_former_cursor(former)


def _record_if_new(
    tx: Transaction, said: Said, rules: Rules, writable: Collection[Place], sync_epoch: str | None
) -> bool:
    """
    Record a message that was read from its thread; whether it was new.

    Args:
        writable: Where its author can write now: whoever lost the right since they wrote does not answer any more.
        sync_epoch: The sync epoch in which it was read; None: it may have changed since.
    """
    link = find_link(tx, said.place)
    if link is None or tx.one("message_by_chat_id", link=link.id, chat_message=said.message) is not None:
        return False
    can_reply = may_write(tx, said.place, said.agent, rules.stores, writable)
    record_said(tx, said, can_reply=can_reply, sync_epoch=sync_epoch)
    return True
