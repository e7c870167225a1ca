"""Where the chats' events arrive: the core's side of the `Intake` port."""

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
from bot.tickets.threads import card_deleted, is_being_opened, record_vanished, spoken_in_unknown_thread
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
        desk: Commands,
        rules: Rules,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._chats = chats
        self._catchups = catchups
        self._desk = desk
        self._rules = rules
        self._clock = clock
        self._wake = wake
        self._telling: set[asyncio.Task[None]] = set()

    async def aclose(self, seconds: float) -> None:
        """Let the private words that are being said come to their end, for so many seconds; then let them go."""
        if not self._telling:
            return
        _, late = await asyncio.wait(set(self._telling), timeout=seconds)
        for word in late:
            word.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def blind(self, chat: ChatName) -> None:
        self._catchups[chat].blind()

    async def sighted(self, chat: ChatName) -> None:
        self._catchups[chat].usable()

    async def said(self, said: Said) -> None:
        catchup = self._catchups[said.place.chat]
        # Where older ones may be missing, this one may have been changed since, too: Slack brings some again.
        sync_epoch = catchup.sync_epoch if catchup.sighted else None
        refused = await self._written(
            said.place, self._said, said, sync_epoch, self._clock.now(), self._chats[said.place.chat].now()
        )
        catchup.hurry(said.place)
        for message in refused:
            if message.chat_message == said.message:
                self._tell(said.place, said.agent, notices.not_an_agent())

    async def edited(self, edited: Edited) -> None:
        self._catchups[edited.place.chat].changed(edited.place, edited.message)
        word = await self._written(edited.place, record_edited, edited, self._rules, self._clock.now())
        if word is not None:
            self._tell(edited.place, word.agent, word.text)

    async def deleted(self, deleted: Deleted) -> None:
        self._catchups[deleted.place.chat].changed(deleted.place, deleted.message)
        word = await self._written(deleted.place, record_deleted, deleted, self._rules, self._clock.now())
        if word is not None:
            self._tell(deleted.place, word.agent, word.text)
        await self._written(deleted.place, card_deleted, deleted, self._clock.now())

    async def vanished(self, place: Place) -> None:
        await self._database.write(record_vanished, place, self._clock.now())
        self._wake()

    async def barred(self, place: Place, told: str) -> None:
        self._catchups[place.chat].barred(place.channel)
        await self._database.write(self._barred, place, told, self._clock.now())
        self._wake()

    async def ask(self, ask: Ask) -> Answer:
        return await self._desk.ask(ask)

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        return await self._desk.choices(verb, typed, place) if agent.may else ()

    async def stores(self) -> Sequence[str]:
        return self._desk.stores()

    async def _written(
        self, place: Place, work: Callable[Concatenate[Transaction, P], T], *values: P.args, **more: P.kwargs
    ) -> T:
        """Write down what was heard in a place."""
        try:
            written = await self._database.write(work, *values, **more)
        except BaseException:
            # Not every chat brings it again: from here on there is a gap, to be read before anything newer.
            self._catchups[place.chat].blind()
            self._catchups[place.chat].usable()
            raise
        self._wake()
        return written

    def _said(
        self, tx: Transaction, said: Said, sync_epoch: str | None, now: datetime, there: datetime | None
    ) -> list[MessageRow]:
        link = record_said(tx, said, sync_epoch)
        if link is None:
            spoken_in_unknown_thread(tx, said.place)
            return []
        routed = sync_epoch is not None and not is_being_opened(tx, link)
        return route_link(tx, link, self._rules, now, there, live=True) if routed else []

    def _barred(self, tx: Transaction, place: Place, told: str, now: datetime) -> None:
        """Told where the tickets of the stores that use this channel have threads besides."""
        sharing = [store.channels for store in self._rules.stores.values() if place in store.channels]
        others = [other for channels in sharing for other in channels]
        spare = [other for store in self._rules.stores.values() for other in store.channels]
        channel_failing(tx, place, others, self._chats[place.chat].label, told, now, spare=spare)
        channel_unreadable(tx, place)

    def _tell(self, place: Place, agent: Agent, text: str) -> None:
        """Say it behind the event's acknowledgement, which must not wait for the network."""
        telling = asyncio.create_task(self._whisper(place, agent, text), name="a private word")
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _whisper(self, place: Place, agent: Agent, text: str) -> None:
        try:
            await self._chats[place.chat].tell(place, agent, text)
        except RemoteError as error:
            # It is about something that stands in the thread anyway; nothing is lost without it.
            _log.info("a private word was not heard", error=type(error).__name__)
