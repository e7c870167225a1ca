"""A simulated chat: people write in its threads, and its connection brings that to shopbell, more or less."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.model import (
    Agent,
    AgentId,
    Card,
    ChannelId,
    ChatMessageId,
    Cursor,
    Deleted,
    DeliveryKey,
    Edited,
    Opened,
    Place,
    Said,
    ThreadId,
    TicketId,
)
from bot.ports import ChatHealth, Intake
from tests.support.memory.chat import MemoryChat

# So long an event that was not acknowledged is brought again.
_BROUGHT_AGAIN = timedelta(minutes=6)
_CONNECTING_TAKES = 0.5

NOTE = "// "
"""How a note begins."""


def about(text: str) -> str:
    """The ticket that a text is about."""
    return text.removeprefix(NOTE).split(" ", 1)[0]


def agent(name: str = "Ann", *, may: bool = True) -> Agent:
    """Somebody of the team, or a guest."""
    return Agent(id=AgentId(f"u-{name}" if may else "u-guest"), name=name if may else "Guest", is_full_member=may)


@dataclass
class Written:
    """
    A person's message in a thread.

    Attributes:
        versions: Its texts, the present one last.
        sent_by_hand: Whether somebody asked that it be sent.
    """

    id: ChatMessageId
    place: Place
    agent: Agent
    at: datetime
    versions: list[str]
    deleted: bool = False
    sent_by_hand: bool = False

    @property
    def said(self) -> Said:
        return Said(place=self.place, message=self.id, agent=self.agent, text=self.versions[-1], said_at=self.at)


@dataclass
class Event:
    """Something to be brought to shopbell, as often as `times` says."""

    bring: Callable[[Intake], Awaitable[object]]
    at: datetime
    times: int = 1


@dataclass
class Room(MemoryChat):
    """
    A chat with people in it.

    Attributes:
        brings_again: Whether events that were not acknowledged come again, as Slack's do; else they are gone, as
            Discord's are.
        searchable: Whether it finds what it was told; the core relies on that.
        written: What people wrote, oldest first.
    """

    brings_again: bool = False
    searchable: bool = True
    written: list[Written] = field(default_factory=list)
    connections: int = 0
    _events: deque[Event] = field(default_factory=deque)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)
    _online: bool = False
    _away_until: datetime | None = None
    _resumes: bool = False
    _in_thread: dict[ThreadId, list[Written]] = field(default_factory=lambda: defaultdict(list))

    def writes(self, thread: ThreadId, text: str, *, times: int = 1, may: bool = True, who: str = "Ann") -> Written:
        """Somebody writes in a thread; the event comes `times` times."""
        message = ChatMessageId(str(len(self.written) + 1))
        written = Written(message, self.place_of(thread), agent(who, may=may), self.now(), [text])
        self.written.append(written)
        self._in_thread[thread].append(written)
        said = written.said
        self._happened(lambda intake: intake.said(said), times)
        return written

    def edits(self, written: Written, text: str, *, times: int = 1) -> None:
        """They change the text of their message."""
        written.versions.append(text)
        edited = Edited(place=written.place, message=written.id, agent=written.agent, text=text)
        self._happened(lambda intake: intake.edited(edited), times)

    def deletes(self, written: Written, *, times: int = 1) -> None:
        """They delete their message."""
        written.deleted = True
        deleted = Deleted(place=written.place, message=written.id)
        self._happened(lambda intake: intake.deleted(deleted), times)

    def thread_vanishes(self, thread: ThreadId) -> None:
        """Somebody deletes a thread."""
        place = self.place_of(thread)
        self.gone.add(thread)
        self._happened(lambda intake: intake.place_deleted(place), 1)

    def disconnects(self, seconds: float, *, resumes: bool = False) -> None:
        """The connection, if there is one, is lost for so long; one that resumes brings what happened meanwhile."""
        self._away_until = self.now() + timedelta(seconds=seconds)
        self._resumes = resumes and (self._online or self._resumes)
        self._online = False
        self._stirred.set()

    def place_of(self, thread: ThreadId) -> Place:
        return Place(chat=self.name, channel=self.channel_of(thread), thread=thread)

    def channel_of(self, thread: ThreadId) -> ChannelId:
        """The channel that a thread is in; its id begins with it."""
        return ChannelId(thread.split(".")[0])

    def ticket_of(self, thread: ThreadId) -> TicketId:
        """The ticket whose card heads a thread; its subject is its name."""
        return TicketId(self.cards[thread][0].title.rsplit(" · ", 1)[-1])

    def bereft(self) -> set[TicketId]:
        """The tickets whose threads were all deleted."""
        live = {self.ticket_of(thread) for thread in self.threads() if thread not in self.gone}
        return {self.ticket_of(thread) for thread in self.threads()} - live

    def waiting(self) -> bool:
        """Whether something still has to be brought, or nothing can be."""
        return bool(self._events) or not self._online

    def lasting(self) -> tuple[object, ...]:
        """How much was ever said, shown and changed here, and what is still to be brought."""
        shown = sum(map(len, self.shown.values())), sum(map(len, self.cards.values())), len(self.told)
        people = sum(len(written.versions) + written.deleted for written in self.written), len(self._events)
        return *shown, *people, len(self.headed), len(self.gone), str(self.reactions)

    async def run(self, intake: Intake) -> None:
        self.intake = intake
        self._resumes = False
        while True:
            await self._before("connect")
            await self._come_back()
            if not self._resumes:
                self._forget()
                intake.gap_possible(self.name)
            self._online = True
            self.connections += 1
            try:
                if not self._resumes:
                    await intake.connected(self.name)
                self.connected.set()
                await self._bring(intake)
            finally:
                self._online = False
                self.connected.clear()

    async def find_thread(
        self, channel: ChannelId, card: Card, key: DeliveryKey, after: ChatMessageId | None
    ) -> Opened | None:
        found = await super().find_thread(channel, card, key, after)
        return found if self.searchable else None

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        found = await super().find_post(place, key, after)
        return found if self.searchable else None

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        self.missed_calls += 1
        await self._before("missed")
        for cursor in cursors:
            thread = cursor.place.thread
            if thread in self.gone:
                continue
            here = self._in_thread.get(thread, []) if thread else []
            for written in here[bisect_right(here, int(cursor.after or 0), key=lambda w: int(w.id)) :]:
                if not written.deleted:
                    yield written.said

    async def reread(self, place: Place, message: ChatMessageId) -> Said | None:
        await self._before("reread")
        self._must_be_there(place.channel, place.thread)
        written = next(written for written in self.written if written.id == message)
        self.reread_calls += 1
        reads = None if written.deleted else written.said
        await self._after("reread")
        return reads

    def health(self) -> ChatHealth:
        return ChatHealth(connected=self._online, last_event_at=self.now())

    async def _come_back(self) -> None:
        away = (self._away_until - self.now()).total_seconds() if self._away_until else 0.0
        await asyncio.sleep(max(0.0, away) + _CONNECTING_TAKES)

    async def _bring(self, intake: Intake) -> None:
        while self._online:
            self._stirred.clear()
            if not self._events:
                await self._stirred.wait()
                continue
            event = self._events[0]
            for _ in range(event.times):
                await event.bring(intake)
            if self._events and self._events[0] is event:
                self._events.popleft()

    def _happened(self, bring: Callable[[Intake], Awaitable[object]], times: int) -> None:
        self._events.append(Event(bring, self.now(), times))
        self._stirred.set()

    def _forget(self) -> None:
        """What happened before this connection and does not come again."""
        oldest = self.now() - _BROUGHT_AGAIN
        self._events = deque(event for event in self._events if self.brings_again and event.at >= oldest)
