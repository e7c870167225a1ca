"""Where events from the chats arrive: the core's side of the `Intake` port."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import MessageRow
from bot.errors import RemoteError
from bot.inbound.chats.catchup import CatchUp
from bot.inbound.chats.commands import Commands
from bot.model import Agent, Answer, Ask, ChatName, Choice, Deleted, Edited, Place, Said, Verb
from bot.ports import Chat
from bot.tickets.edits import record_deleted, record_edited
from bot.tickets.incidents import channel_failing, channel_unreadable
from bot.tickets.routing import Rules, record_said, route_link
from bot.tickets.threads import card_deleted, is_being_opened, message_in_unknown_thread, record_place_deleted
from bot.wording import notices

_log = structlog.get_logger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


class ChatIntake:
    """Implements `bot.ports.Intake` for all chats."""

    def __init__(
        self,
        database: Database,
        chats: Mapping[ChatName, Chat],
        catchups: Mapping[ChatName, CatchUp],
        commands: Commands,
        rules: Rules,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._chats = chats
        self._catchups = catchups
        self._commands = commands
        self._rules = rules
        self._clock = clock
        self._wake = wake
        self._private_messages: set[asyncio.Task[None]] = set()

    async def aclose(self, seconds: float) -> None:
        """Wait up to this many seconds for private messages that are being sent; then cancel them."""
        if not self._private_messages:
            return
        _, unfinished = await asyncio.wait(set(self._private_messages), timeout=seconds)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    def gap_possible(self, chat: ChatName) -> None:
        self._catchups[chat].gap_possible()

    async def connected(self, chat: ChatName) -> None:
        self._catchups[chat].connected()

    async def said(self, said: Said) -> None:
        catchup = self._catchups[said.place.chat]
        # After a gap, this message may have been edited since: Slack sends some events again.
        sync_epoch = catchup.sync_epoch if catchup.in_sync else None
        refused = await self._write(
            said.place, self._record_and_route, said, sync_epoch, self._clock.now(), self._chats[said.place.chat].now()
        )
        catchup.read_first(said.place)
        for message in refused:
            if message.chat_message == said.message:
                self._start_private_message(said.place, said.agent, notices.not_an_agent())

    async def edited(self, edited: Edited) -> None:
        self._catchups[edited.place.chat].message_changed(edited.place, edited.message)
        notice = await self._write(edited.place, record_edited, edited, self._rules, self._clock.now())
        if notice is not None:
            self._start_private_message(edited.place, notice.agent, notice.text)

    async def deleted(self, deleted: Deleted) -> None:
        self._catchups[deleted.place.chat].message_changed(deleted.place, deleted.message)
        notice = await self._write(deleted.place, record_deleted, deleted, self._rules, self._clock.now())
        if notice is not None:
            self._start_private_message(deleted.place, notice.agent, notice.text)
        await self._write(deleted.place, card_deleted, deleted, self._clock.now())

    async def place_deleted(self, place: Place) -> None:
        await self._database.write(record_place_deleted, place, self._clock.now())
        self._wake()

    async def channel_unreadable(self, place: Place, told: str) -> None:
        self._catchups[place.chat].channel_unreadable(place.channel)
        await self._database.write(self._record_unreadable, place, told, self._clock.now())
        self._wake()

    async def ask(self, ask: Ask) -> Answer:
        return await self._commands.ask(ask)

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        return await self._commands.choices(verb, typed, place) if agent.can_reply else ()

    async def stores(self) -> Sequence[str]:
        return self._commands.stores()

    async def _write(
        self, place: Place, work: Callable[Concatenate[Transaction, P], T], *values: P.args, **more: P.kwargs
    ) -> T:
        """Record an event from a place."""
        try:
            result = await self._database.write(work, *values, **more)
        except BaseException:
            # Not every chat sends it again. So this is a gap, and it must be read before anything newer.
            self._catchups[place.chat].gap_possible()
            self._catchups[place.chat].connected()
            raise
        self._wake()
        return result

    def _record_and_route(
        self, tx: Transaction, said: Said, sync_epoch: str | None, now: datetime, chat_now: datetime | None
    ) -> list[MessageRow]:
        link = record_said(tx, said, sync_epoch)
        if link is None:
            message_in_unknown_thread(tx, said.place)
            return []
        routed = sync_epoch is not None and not is_being_opened(tx, link)
        return route_link(tx, link, self._rules, now, chat_now, live=True) if routed else []

    def _record_unreadable(self, tx: Transaction, place: Place, reason: str, now: datetime) -> None:
        """Report it where the tickets of the stores that use this channel have other threads."""
        sharing = [store.channels for store in self._rules.stores.values() if place in store.channels]
        others = [other for channels in sharing for other in channels]
        fallbacks = [other for store in self._rules.stores.values() for other in store.channels]
        channel_failing(tx, place, others, self._chats[place.chat].label, reason, now, fallbacks=fallbacks)
        channel_unreadable(tx, place)

    def _start_private_message(self, place: Place, agent: Agent, text: str) -> None:
        """Send it in the background: the event must be acknowledged without waiting for the network."""
        task = asyncio.create_task(self._send_private_message(place, agent, text), name="private message")
        self._private_messages.add(task)
        task.add_done_callback(self._private_messages.discard)

    async def _send_private_message(self, place: Place, agent: Agent, text: str) -> None:
        try:
            await self._chats[place.chat].tell(place, agent, text)
        except RemoteError as error:
            # The thread itself shows what it is about, so nothing is lost.
            _log.info("private message not sent", error=type(error).__name__)
