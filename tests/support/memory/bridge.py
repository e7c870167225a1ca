"""The core between a vendor and two chats in memory, running as it runs in production, for tests of the core alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from pathlib import Path
from random import Random

from bot.app import App
from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.model import (
    Agent,
    AgentId,
    Answer,
    Ask,
    ChannelId,
    ChatMessageId,
    ChatName,
    Colleague,
    Deleted,
    Edited,
    Modal,
    Person,
    PersonId,
    Place,
    Said,
    State,
    Store,
    StoreName,
    ThreadId,
    Verb,
)
from bot.outbound.retry import Decider, Schedule
from bot.ports import Intake
from bot.settings import LoadedSettings, Settings
from bot.wiring import World
from tests.support.memory.chat import MemoryChat
from tests.support.memory.vendor import MemoryVendor
from tests.support.rest import SWEEPS, all_finished, nothing_on_its_way
from tests.support.simulation.loop import SimulatedLoop, now, open_database
from tests.support.simulation.loop import clock as loop_clock
from tests.support.waiting import until

MAIN = StoreName("main")
DISCORD = ChatName("discord")
SLACK = ChatName("slack")
ANN = Colleague(person=Person(id=PersonId("agent:ann"), name="Ann"), chats={"discord": "u1", "slack": "u1"})
QUICK = Schedule(retries=(0.01,) * 5, reconcile_delays=(0.01, 0.02), refused_delay=0.02)


def default_vendor() -> MemoryVendor:
    return MemoryVendor(now=now)


@dataclass
class Bridge:
    """A running bridge and the hands of the people around it."""

    app: App
    vendor: MemoryVendor
    discord: MemoryChat
    slack: MemoryChat
    database: Database
    store: Store

    def thread(self, chat: MemoryChat, index: int = 0) -> ThreadId:
        return chat.threads()[index]

    async def ticket_arrives(self, ticket: str = "t1", text: str = "Hello?", name: str = "Jane") -> None:
        """A customer writes, and both chats show it."""
        self.vendor.customer_writes(ticket, text, name=name)
        self.app.nudge(MAIN)
        chats = (self.discord, self.slack)
        await until(lambda: all(any(text in chat.texts(thread) for thread in chat.threads()) for chat in chats))

    async def says(self, chat: MemoryChat, message: str, text: str, **rest: object) -> Said:
        """An agent writes in the chat's first thread."""
        said = self.said(chat, message, text, **rest)
        chat.wordings[said.message] = text
        await _intake(chat).said(said)
        return said

    def said(self, chat: MemoryChat, message: str, text: str, **rest: object) -> Said:
        values: dict[str, object] = {
            "place": self.place(chat),
            "message": ChatMessageId(message),
            "agent": Agent(id=AgentId("u1"), name="Ann", is_full_member=True),
            "text": text,
            "said_at": now(),
        }
        return Said(**{**values, **rest})  # type: ignore[arg-type]

    def place(self, chat: MemoryChat) -> Place:
        return Place(chat=chat.name, channel=ChannelId("1"), thread=self.thread(chat))

    async def edits(self, chat: MemoryChat, message: str, text: str, at: datetime | None = None) -> None:
        agent = Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
        edited = Edited(place=self.place(chat), message=ChatMessageId(message), agent=agent, text=text, edited_at=at)
        chat.wordings[edited.message] = text
        await _intake(chat).edited(edited)

    async def deletes(self, chat: MemoryChat, message: str) -> None:
        deleted = Deleted(place=self.place(chat), message=ChatMessageId(message))
        chat.wordings[deleted.message] = None
        await _intake(chat).deleted(deleted)

    async def asks(self, chat: MemoryChat, verb: Verb, *, may: bool = True, **rest: object) -> Answer:
        agent = Agent(id=AgentId("u1"), name="Ann", is_full_member=may)
        values: dict[str, object] = {"verb": verb, "agent": agent, "place": self.place(chat)}
        return await _intake(chat).ask(Ask(**{**values, **rest}))  # type: ignore[arg-type]

    async def form(self, chat: MemoryChat, verb: Verb, **rest: object) -> Modal | Answer:
        """The form that an agent asks for in the chat's first thread."""
        values: dict[str, object] = {"verb": verb, "place": self.place(chat)}
        return await _intake(chat).form(Ask(**{**values, **rest}))  # type: ignore[arg-type]

    async def drained(self) -> None:
        """Wait until no delivery waits, is held, or has failed."""
        await all_finished(self.rows)

    async def sweeps(self, amount: int) -> None:
        """Wait until the store was swept so many times more."""
        for _ in range(amount):
            before = self.vendor.calls.count("changes")
            self.app.nudge(MAIN)
            await until(partial(self._is_swept_since, before), "another sweep")

    async def at_rest(self, *may_stay: State) -> None:
        """
        Sweep some times more, and wait until nothing is on its way: what happens twice has happened by then.

        Args:
            may_stay: Deliveries in such a state may be left: those that failed for good, or wait for a person's word.
        """
        await self.sweeps(SWEEPS)
        await nothing_on_its_way(self.rows, *may_stay)

    def _is_swept_since(self, sweeps: int) -> bool:
        return self.vendor.calls.count("changes") > sweeps

    async def rows(self, sql_name: str, **values: object) -> list[dict[str, object]]:
        def read(tx: Transaction) -> list[dict[str, object]]:
            return [dict(row) for row in tx.all(sql_name, **values)]

        return await self.database.read(read)


@asynccontextmanager
async def running(
    path: Path,
    *,
    vendor: MemoryVendor | None = None,
    discord: MemoryChat | None = None,
    slack: MemoryChat | None = None,
    undo: float = 0.0,
    clock: Clock | None = None,
    store: Store | None = None,
    poll_seconds: float | None = None,
    schedule: Schedule = QUICK,
    without: ChatName | None = None,
    masks_emails: bool = False,
    colleagues: tuple[Colleague, ...] = (ANN,),
    take_on_reply: bool = True,
    collision_guard: bool = True,
    digest_at: time | None = None,
) -> AsyncIterator[Bridge]:
    """
    Run the core on a database file; again on the same file, it is the next process.

    Args:
        poll_seconds: How often the store is swept, where `store` is not given.
        without: A chat that is not configured.
        colleagues: Ann is one person in both chats, unless it is said otherwise.
    """
    vendor = vendor or default_vendor()
    discord = discord or MemoryChat(name=DISCORD)
    slack = slack or MemoryChat(name=SLACK)
    channels = tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK))
    store = store or Store(
        name=MAIN,
        label="Main · Memory",
        vendor_label="Memory",
        channels=channels,
        poll_seconds=poll_seconds or _poll_seconds(),
    )
    settings = Settings(
        _env_file=None,
        undo_seconds=undo,
        mask_emails=masks_emails,
        take_on_reply=take_on_reply,
        collision_guard=collision_guard,
        digest_at=digest_at,
    )
    chats = {chat.name: chat for chat in (discord, slack) if chat.name != without}
    world = World(stores={store.name: store}, vendors={store.name: vendor}, chats=chats)
    database = await open_database(path)
    loaded = LoadedSettings(general=settings, stores={}, colleagues=colleagues)
    app = App(loaded, world, database, clock or loop_clock(), Decider(schedule, Random(1)), Random(1))
    stop = asyncio.Event()
    task = asyncio.create_task(app.run(stop))
    try:
        await until(lambda: task.done() or all(chat.connected.is_set() for chat in chats.values()), "all connected")
        yield Bridge(app, vendor, discord, slack, database, store)
    finally:
        stop.set()
        try:
            await task
        finally:
            await database.aclose()
            for chat in (discord, slack):
                chat.connected.clear()


def _poll_seconds() -> float:
    """Where time is real, short: a test waits for it. Where it is simulated, an hour would be 72,000 such sweeps."""
    return 5.0 if isinstance(asyncio.get_running_loop(), SimulatedLoop) else 0.05


def _intake(chat: MemoryChat) -> Intake:
    assert chat.intake is not None
    return chat.intake
