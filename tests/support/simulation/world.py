"""A simulated world: stores and chats with people in them, and a supervisor that always starts shopbell again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, Self, TypeVar

import structlog

from bot.app import App
from bot.db.connection import Transaction
from bot.db.rows import from_ms
from bot.inbound.vendors.poller import Poller
from bot.model import (
    Answer,
    Ask,
    ChannelId,
    ChatName,
    Colleague,
    DeliveryId,
    Person,
    PersonId,
    Place,
    Promises,
    Store,
    StoreName,
    TicketId,
    Verb,
)
from bot.outbound.retry import Decider, Schedule
from bot.settings import LoadedSettings, Settings
from bot.tickets.replies.outcomes import drop, retry
from bot.wiring import World
from tests.support.memory.vendor import START
from tests.support.simulation.collisions import may_be_held
from tests.support.simulation.fate import Fate, Garbage, Killed
from tests.support.simulation.loop import LoopDatabase, SimulatedClock, SimulatedLoop
from tests.support.simulation.room import Room, Written, about, agent
from tests.support.simulation.shop import Shop

T = TypeVar("T")
UNDO = 5.0
_STARTS_AGAIN_AFTER = 1.0
_LOOKS_EVERY = 20.0
_QUIET_LOOKS = 2
_STRIDE = 10.0
_STRIDES = 2000
_MOST_POKES = 3
_WATCHED_CLOSELY = 300.0
_LOOKED_AT_AGAIN_AFTER = 240.0
HELD_AFTER = 3600.0
_ROOMS: Mapping[str, type[Room]] = MappingProxyType({"discord": Room, "slack": Room})
_SWEPT = "SELECT swept_at, fully_swept_at FROM stores"
_WAITING_FOR_SOMEBODY = """
SELECT m.text, d.state, m.routed_at, m.written_at, t.store, t.vendor_id AS ticket, l.chat, m.chat_message
FROM deliveries AS d JOIN messages AS m ON m.id = d.message
    JOIN tickets AS t ON t.number = m.ticket LEFT JOIN links AS l ON l.id = m.link
WHERE d.state IN ('failed', 'held') AND d.state IN ('waiting', 'begun', 'uncertain', 'held', 'failed')
"""
_GIVEN_UP = """
SELECT m.text FROM deliveries AS d JOIN messages AS m ON m.id = d.message
WHERE d.kind = 'reply' AND d.state = 'dropped' AND d.attempts > 0
"""
_FAILED = """
SELECT d.id, d.kind, t.vendor_id FROM deliveries AS d LEFT JOIN tickets AS t ON t.number = d.ticket
WHERE d.state = 'failed' AND d.state IN ('waiting', 'begun', 'uncertain', 'failed')
"""
_CHATS_OF_DELIVERY = """
SELECT DISTINCT l.chat FROM deliveries AS d JOIN links AS l ON l.ticket = d.ticket WHERE d.id = :id ORDER BY l.id
"""
_UNFINISHED = """
SELECT id FROM deliveries WHERE state IN ('waiting', 'begun', 'uncertain', 'failed')
"""


class NeverCame(AssertionError):
    """What somebody waited for did not come about in time."""


class Simulation:
    """
    Everything in one simulated loop.

    Attributes:
        shops, rooms: The far sides, by name.
        fate: What befalls the process.
        clock: The process's own.
        promises: Within which time every store answers; None: they promise nothing.
        processes: How many there have been.
        deaths: How many of them died instead of being asked to end.
        problems: Errors that ended a process although nobody planned it.
        out_of_turn: Texts that failed once or waited for a person, and so lost their turn.
        discarded: Messages that an agent decided not to send.
        given_up: Texts of replies that were dropped after an attempt; one that arrived looks like a colleague's.
    """

    def __init__(
        self,
        loop: SimulatedLoop,
        path: Path,
        *,
        stores: Mapping[str, Sequence[str]],
        fate: Fate | None = None,
        schedule: Schedule | None = None,
        poll_seconds: float = 30.0,
        promises: Promises | None = None,
        rooms: Mapping[str, type[Room]] = _ROOMS,
    ) -> None:
        self.loop = loop
        self.path = path
        self.fate = fate or Fate()
        self.clock = SimulatedClock(loop)
        self.processes = 0
        self.deaths = 0
        self.problems: list[BaseException] = []
        self.out_of_turn: set[str] = set()
        self.discarded: list[Written] = []
        self.given_up: set[str] = set()
        self._pokes: Counter[str] = Counter()
        true_time = SimulatedClock(loop)
        self.rooms = {
            name: room(name=ChatName(name), now=true_time.now, gate=self.fate, brings_again=name == "slack")
            for name, room in rooms.items()
        }
        self.shops = {name: Shop(name=name, now=true_time.now, gate=self.fate) for name in stores}
        self._stores = {
            StoreName(name): Store(
                name=StoreName(name),
                label=f"{name.title()} · Memory",
                vendor_label="Memory",
                channels=tuple(_place(channel) for channel in channels),
                poll_seconds=poll_seconds,
                promises=promises,
            )
            for name, channels in stores.items()
        }
        self.promises = promises
        self._schedule = schedule or Schedule()
        self._settings = _settings()
        self._stop = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._ended = False
        self._database: LoopDatabase | None = None
        self._process: App | None = None
        loop.set_exception_handler(self._unheard)
        self._logging = structlog.get_config()

    async def __aenter__(self) -> Self:
        structlog.configure(
            processors=[self._overhear], wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR)
        )
        self._keeper = asyncio.create_task(self._keep(), name="supervisor")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended = True
        self.fate.kill()
        if self._keeper is not None:
            await self._keeper
        structlog.configure(**self._logging)

    @property
    def database(self) -> LoopDatabase:
        """What the present process has open, or the last one had."""
        if self._database is None:
            raise LookupError("no process has begun yet")
        return self._database

    def look(self, work: Callable[[Transaction], T]) -> T:
        """Read the database as it is now, whether a process runs or not."""
        return self.database.look(work)

    def rows(self, sql: str, **values: object) -> list[sqlite3.Row]:
        """What a query of the test's own finds."""
        return self.database.query(sql, **values)

    def lasting(self) -> tuple[object, ...]:
        """How far everything has come that outlives the process."""
        return (
            self.database.changes,
            *(shop.lasting() for shop in self.shops.values()),
            *(room.lasting() for room in self.rooms.values()),
        )

    def channels(self, store: str) -> list[tuple[Room, str]]:
        """Where a store's tickets have their threads."""
        return [(self.rooms[place.chat], place.channel) for place in self._stores[StoreName(store)].channels]

    def restart(self) -> None:
        """Ask the process to stop; another follows."""
        self._stop.set()

    def kill(self) -> None:
        """End the process where it stands; another follows."""
        self.fate.kill()

    def nudge(self, store: str, ticket: str) -> None:
        """A vendor's webhook comes in; where no process listens, it is lost."""
        if self._process is not None and not self.fate.dead:
            self._process.nudge(StoreName(store), TicketId(ticket))

    async def ask(self, room: Room, ask: Ask) -> Answer | None:
        """An agent asks; None: the process died over it, or there was none."""
        if room.intake is None or self.fate.dead or room.waiting():
            return None
        asking = asyncio.create_task(room.intake.ask(ask), name="an agent asks")
        await asyncio.wait([asking])
        if asking.cancelled() or asking.exception() is not None:
            return None
        return asking.result()

    async def press(self, verb: Verb, delivery: int) -> Answer | None:
        """
        An agent presses a button under a line in one of the ticket's threads, where there is a connection.

        What belongs to no ticket has no button: the operator tries it again, with `shopbell outbox retry`.
        """
        self._see_what_waits()
        chats = [row["chat"] for row in self.rows(_CHATS_OF_DELIVERY, id=delivery)]
        if not chats and verb is Verb.RETRY:
            self.look(lambda tx: retry(tx, DeliveryId(delivery), self.clock.now()))
        room = next((room for chat in chats if not (room := self.rooms[chat]).waiting()), None)
        if room is None:
            return None
        place = Place(chat=room.name, channel=ChannelId("1"))
        return await self.ask(room, Ask(verb=verb, agent=agent(), place=place, delivery=DeliveryId(delivery)))

    async def advance_until(self, condition: Callable[[], object], seconds: float = 3600.0) -> None:
        """Let time pass until the condition holds; fails loudly when it does not within so many seconds."""
        latest = self.loop.time() + seconds
        while not condition():
            if self.loop.time() > latest:
                raise NeverCame(f"what was waited for had not come {seconds:.0f} s later")
            await asyncio.sleep(0.5)

    def observe(self) -> None:
        """Remember what has lost its turn, and what was given up."""
        self._see_what_waits()
        self.given_up |= {row["text"] for row in self.rows(_GIVEN_UP)}

    async def settle(self, *, seconds: float = 3 * 86_400.0, full: bool = False) -> None:
        """
        Nothing goes wrong any more, agents press Retry, and time passes until all rests or `seconds` are over.

        Args:
            full: Whether every store is looked through to the last closed ticket, which takes hours.
        """
        self.fate.rate = self.fate.latency = 0.0
        self.fate.down.clear()
        self.fate.planned.clear()
        began, quiet = self.loop.time(), 0
        while quiet < _QUIET_LOOKS and self.loop.time() < began + seconds:
            self._write_where_no_thread_is()
            near = self.loop.time() < began + _WATCHED_CLOSELY
            self.loop.stride = 0.0 if near else _LOOKED_AT_AGAIN_AFTER
            await asyncio.sleep(_LOOKS_EVERY)
            quiet = quiet + 1 if await self._rests(began, full=full) else 0
        self.loop.stride = 0.0

    async def passes(self, seconds: float) -> None:
        """Let a long time pass; what is due meanwhile is some seconds late."""
        self.loop.stride = max(_STRIDE, seconds / _STRIDES)
        await asyncio.sleep(seconds)
        self.loop.stride = 0.0

    def _see_what_waits(self) -> None:
        """What waits for a person loses its turn; and only what was found late, or crosses another, may be held."""
        for row in self.rows(_WAITING_FOR_SOMEBODY):
            self.out_of_turn.add(row["text"])
            if row["state"] == "held" and (age := max(self.ages(row))) < HELD_AFTER and not self._crosses(row):
                self.problems.append(AssertionError(f"{row['text']!r} was held after {age} s"))

    def _crosses(self, row: sqlite3.Row) -> bool:
        """Whether a message that is held crosses another person's, or the customer's."""
        room, ticket = self.rooms[row["chat"]], row["ticket"]
        here = [(r, w) for r in self.rooms.values() for w in r.written if about(w.versions[0]) == ticket]
        message = next(w for w in room.written if w.id == row["chat_message"])
        return may_be_held(self.shops[row["store"]], ticket, room, message, here)

    def ages(self, row: sqlite3.Row) -> list[float]:
        """How many seconds a message may have been old when something was queued for it, by everybody else's clock."""
        written = from_ms(row["written_at"])
        return [(moment - written).total_seconds() for moment in self.clock.when(from_ms(row["routed_at"]))]

    def _write_where_no_thread_is(self) -> None:
        """That a thread was deleted while nobody listened shows when something is to be said in it."""
        bereft = {room.name: room.bereft() for room in self.rooms.values()}
        for shop in self.shops.values():
            alone = set().union(*(bereft[room.name] for room, _ in self.channels(shop.name)))
            for ticket in sorted(alone & shop.tickets.keys()):
                if self._pokes[ticket] < _MOST_POKES:
                    self._pokes[ticket] += 1
                    shop.customer_writes(ticket, f"{ticket} Is anybody there? {self._pokes[ticket]}")

    async def _rests(self, since: float, *, full: bool) -> bool:
        self.observe()
        for row in self.rows(_FAILED):
            gone = any(row["vendor_id"] in shop.vanished for shop in self.shops.values())
            useless = gone and row["kind"] in ("reply", "status")
            if useless:  # the operator drops it: by a button nothing is discarded that may have arrived
                self._drop(DeliveryId(row["id"]))
            else:
                await self.press(Verb.RETRY, row["id"])
        unfinished = self.rows(_UNFINISHED)
        unswept = [row for row in self.rows(_SWEPT) if not self._is_swept(row, since, full=full)]
        swept = not unswept and not any(sweeper.unreadable for sweeper in self._sweepers())
        return not unfinished and swept and not any(room.waiting() for room in self.rooms.values())

    def _drop(self, delivery: DeliveryId) -> None:
        self.look(lambda tx: drop(tx, delivery, self.clock.now()))

    def _sweepers(self) -> Iterable[Poller]:
        return () if self._process is None else self._process._pollers.values()

    def _is_swept(self, row: sqlite3.Row, since: float, *, full: bool) -> bool:
        """Whether a store was swept since then; that a ticket has gone is seen by a sweep of the open ones only."""
        swept, fully = row["swept_at"], row["fully_swept_at"]
        if swept is None or fully is None or swept <= fully:
            return False
        return self._is_after(swept, since) and (not full or self._is_after(fully, since))

    def _is_after(self, shown: int, since: float) -> bool:
        """Whether the process's clock showed this only after a moment, and a little later than what was shown then."""
        latest = START + timedelta(seconds=since + _LOOKS_EVERY)
        return all(moment >= latest for moment in self.clock.when(from_ms(shown)))

    async def _keep(self) -> None:
        while not self._ended:
            await self._live()
            await asyncio.sleep(_STARTS_AGAIN_AFTER)
        if self._database is not None:
            self._database.close()

    async def _live(self) -> None:
        """One process, from its start to its end."""
        self.fate.revive()
        self._stop.clear()
        self.processes += 1
        if self._database is not None:
            self._database.close()
        self._database = LoopDatabase(self.path, self.fate)
        self._process = self._app()
        running = asyncio.create_task(self._process.run(self._stop), name="shopbell")
        dying = asyncio.create_task(self.fate.died.wait(), name="its death")
        await asyncio.wait([running, dying], return_when=asyncio.FIRST_COMPLETED)
        died = self.fate.dead
        self.fate.dead = True  # whatever is left of it has no effect
        await self._bury()
        self.deaths += died
        if not died:
            self.problems += _leaves(running.exception())

    async def _bury(self) -> None:
        """Nothing of the process goes on."""
        while remains := asyncio.all_tasks() - {self._keeper} - set(self.loop.outer):
            for task in remains:
                task.cancel()
            await asyncio.gather(*remains, return_exceptions=True)

    def _app(self) -> App:
        world = World(
            stores=self._stores,
            vendors={StoreName(name): shop for name, shop in self.shops.items()},
            chats={room.name: room for room in self.rooms.values()},
        )
        random = Random(self.processes)
        return App(self._settings, world, self.database, self.clock, Decider(self._schedule, random), random)

    def _overhear(self, _: object, __: str, event: structlog.typing.EventDict) -> str:
        """A defect that a lane met is in the log and nowhere else."""
        if event.get("exc_info"):
            self.problems += [leaf for leaf in _leaves(sys.exc_info()[1]) if not isinstance(leaf, Garbage)]
        raise structlog.DropEvent

    def _unheard(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.problems += _leaves(context.get("exception"))


@cache
def _settings() -> LoadedSettings:
    """The same for every simulation; reading them takes as long as many a story."""
    ann = Colleague(person=Person(id=PersonId("agent:ann"), name="Ann"), chats={"discord": "u-Ann", "slack": "u-Ann"})
    return LoadedSettings(general=Settings(_env_file=None, undo_seconds=UNDO), stores={}, colleagues=(ann,))


def _place(channel: str) -> Place:
    chat, number = channel.split(":")
    return Place(chat=ChatName(chat), channel=ChannelId(number))


def _leaves(error: BaseException | None) -> list[BaseException]:
    """What an error is about, one by one; a process's death is no error."""
    if error is None or isinstance(error, Killed | asyncio.CancelledError):
        return []
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
