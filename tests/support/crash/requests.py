"""
A process that dies at a request: at each that changes something at a vendor or a chat, one after the other.

What the core asks of an adapter often takes it several requests: a message and then its thread, a message in parts, a
mark that takes another's place. So the points to die at are those of the wire: the request has come and is not carried
out, or it is carried out and not answered.

First every act of a short story is played undisturbed, to see which requests it takes. Then it is played once for each
of them, and the process dies there; the next one has to end the act.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from aiohttp import web

from bot.sandbox.loopback_server import HttpFault, LoopbackServer
from bot.sandbox.ticket_threads import discord_text
from bot.sandbox.vendors.store import PracticeTicket
from tests.support.clocks import FasterClock
from tests.support.crash.nest import Nest
from tests.support.crash.run import integrity, unfinished
from tests.support.crash.world import Chat, KillWorld, Shop, Ticket, Verdict
from tests.support.waiting import until

_SPEED = 30.0
_PATIENCE = 120.0
_LOOK = 0.02
_ASKED_AGAIN_AFTER = 1.5
_REST = 0.2
_CLOSED_BY = "Closed by Bob"
_ONLY_LOOKS = re.compile(r"^(GET|HEAD) |/apps\.connections\.open$|/auth\.test$|/commands$")
# How often that happens within an act is left to chance: what changes meanwhile is shown by one edit. In Discord a
# thread's tags and its archived state are part of its card.
_EDITS_A_CARD = re.compile(r"/chat\.update$|^PATCH .*/messages/#$|^PATCH .*/channels/#$")
_NAMED = re.compile(r"(?<=/)[^/]*\d[^/]*")
_FOR_EVER = 10_000.0
_SETTINGS = {"UNDO_SECONDS": "1"}
_POLL_SECONDS = "3"


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """
    A request of an act.

    Attributes:
        server: Who gets it: `discord`, `slack`, or the shop's name.
        request: What it asks for, without the ids.
        number: The how manyth of its kind it is in its act.
    """

    act: str
    server: str
    request: str
    number: int

    def __str__(self) -> str:
        return f"{self.act}: {self.server}, {self.request}, {self.number}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What came of it.

    Attributes:
        points: Those at which a process died.
        missed: Those at which one should have died, and did not come to.
        stuck_at: The one after which things did not come to their end, so that it was the last; None: they all did.
        faults: What is wrong with notes and closings.
    """

    points: tuple[Point, ...]
    missed: tuple[Point, ...]
    stuck_at: Point | None
    verdict: Verdict
    faults: tuple[str, ...]
    integrity: str
    unfinished: int
    exit_code: int
    tracebacks: int
    seconds: float

    def __str__(self) -> str:
        kinds = len({(point.server, point.request) for point in self.points})
        return f"{len(self.points)} deaths at {kinds} kinds of requests, {self.seconds:.0f} s"


@dataclass(kw_only=True)
class _Deadly(HttpFault):
    """Holds the one request at which to die, so that nothing of its answer gets out."""

    point: Point
    come: asyncio.Event = field(default_factory=asyncio.Event)
    seen: int = 0

    def fits(self, request: web.Request) -> bool:
        if _kind(request.method, request.path) != self.point.request:
            return False
        self.seen += 1
        if self.seen == self.point.number:
            self.come.set()
        return self.seen == self.point.number


def _kind(method: str, path: str) -> str:
    """A request without the ids in it."""
    return f"{method} {_NAMED.sub('#', path)}"


class Story:
    """What people do, act by act, and when an act is over."""

    def __init__(self, world: KillWorld, nest: Nest) -> None:
        self._world = world
        self._nest = nest
        self._standing: dict[str, list[Ticket]] = {shop.name: [] for shop in world.shops}
        self._notes: list[tuple[Ticket, str]] = []
        self._to_be_closed: list[Ticket] = []
        self._asked_at = 0.0

    def acts(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The acts by name, in an order in which they can be played."""
        text, forum = self._world.shops
        return {
            "opening in a text channel": lambda: self._opens(text),
            "opening in a forum": lambda: self._opens(forum),
            "a letter of two parts to a text channel": lambda: self._goes_on(text),
            "a reply from Discord in a text channel": lambda: self._replies(text, "discord"),
            "a reply from Slack to a forum": lambda: self._replies(forum, "slack"),
            "a note in a forum": lambda: self._keeps(forum),
            "closing in a text channel": lambda: self._closes(text),
            "closing in a forum": lambda: self._closes(forum),
        }

    async def prepare(self, act: str) -> None:
        """Bring about, undisturbed, what an act begins with: an open ticket, and its customer's turn."""
        shop = self._world.shops["forum" in act]
        if not act.startswith("opening") and not self._standing[shop.name]:
            await self._opens(shop)
        elif act.startswith("a reply"):
            self._world.customer_goes_on(self._last(shop))
        await self.end()

    async def end(self, *, rest: float = 0.0) -> bool:
        """
        Wait until everything that was done has arrived everywhere and nothing is left to do; False: not in time.

        Args:
            rest: For how many seconds it has to stay so.
        """
        began = since = time.monotonic()
        while not self._over() or time.monotonic() < since + rest:
            if time.monotonic() > began + _PATIENCE:
                return False
            await self._insist()
            await asyncio.sleep(_LOOK)
            if not self._over():
                since = time.monotonic()
        return True

    def faults(self) -> list[str]:
        """Every note and every closing that is not where it belongs, once."""
        return [*map(self._misplaced, self._notes), *map(self._not_closed, self._to_be_closed)]

    def _over(self) -> bool:
        with suppress(sqlite3.OperationalError):
            return unfinished(self._nest.database) == 0 and not any(self.faults()) and self._world.missing() == 0
        return False

    # ------------------------------------------------------------ what people do

    def _last(self, shop: Shop) -> Ticket:
        return self._standing[shop.name][-1]

    async def _opens(self, shop: Shop) -> None:
        self._standing[shop.name].append(self._world.customer_opens(shop, long=True))

    async def _goes_on(self, shop: Shop) -> None:
        self._world.customer_goes_on(self._last(shop), long=True)

    async def _replies(self, shop: Shop, chat: Chat) -> None:
        await self._world.agent_replies(self._last(shop), chat)

    async def _keeps(self, shop: Shop) -> None:
        ticket, words = self._last(shop), f"keep this {len(self._notes):03d}"
        self._notes.append((ticket, words))
        await self._world.discord.say(self._world.ann, ticket.threads["discord"], f"// {words}")

    async def _closes(self, shop: Shop) -> None:
        self._to_be_closed.append(self._standing[shop.name].pop())
        await self._ask()

    async def _ask(self) -> None:
        ticket = self._to_be_closed[-1]
        self._asked_at = time.monotonic()
        await self._world.slack.say(self._world.bob, ticket.shop.slack, "!close", thread_ts=ticket.threads["slack"])

    async def _insist(self) -> None:
        """Who asks and gets no answer asks again: what a process has not written down dies with it."""
        if not self._to_be_closed or time.monotonic() < self._asked_at + _ASKED_AGAIN_AFTER:
            return
        if not self._at_vendor(self._to_be_closed[-1]).closed:
            await self._ask()

    # ------------------------------------------------------------ what came of it

    def _misplaced(self, kept: tuple[Ticket, str]) -> str:
        """Where a note should be and is not, or is too often; empty: it is well."""
        ticket, words = kept
        thread = self._world.slack.thread(ticket.shop.slack, ticket.threads["slack"])
        in_slack = sum(words in message.rendered for message in thread)
        at_vendor = [message.public for message in self._at_vendor(ticket).messages if words in message.text]
        return "" if (in_slack, at_vendor) == (1, [False]) else f"{words}: {in_slack} in Slack, {at_vendor} beyond"

    def _not_closed(self, ticket: Ticket) -> str:
        """Where a ticket that was closed does not say so, or says so too often; empty: it is well."""
        discord, slack = self._world.discord, self._world.slack
        thread = ticket.threads["discord"]
        in_discord = [discord_text(message) for message in discord.messages(thread)]
        in_slack = [message.rendered for message in slack.thread(ticket.shop.slack, ticket.threads["slack"])]
        heads = [discord_text(m) for m in discord.messages(ticket.shop.discord.id) if str(m.id) == thread]
        cards = [*(heads or in_discord[:1]), in_slack[0]]
        told = [sum(_CLOSED_BY in text for text in texts) for texts in (in_discord, in_slack)]
        well = self._at_vendor(ticket).closed and all("Closed" in card for card in cards) and told == [1, 1]
        return "" if well else f"{ticket.subject}: told {told}, cards {[card[:40] for card in cards]}"

    @staticmethod
    def _at_vendor(ticket: Ticket) -> PracticeTicket:
        return ticket.shop.store.ticket(ticket.id)


async def play(folder: Path, *, carried_out: bool, chosen: Callable[[Sequence[Point]], Sequence[Point]]) -> Outcome:
    """
    Play every act undisturbed, and then once for each of its requests.

    Args:
        folder: Where the database is made.
        carried_out: Whether the request at which a process dies has been carried out.
        chosen: Chooses the requests.
    """
    since, began = time.time(), time.monotonic()
    clock = FasterClock(_SPEED, since)
    async with KillWorld(clock, Random(1), lost_answers=0.0, vendors=("sellgate", "nextcommerce")) as world:
        polls = {f"STORES__{shop.name.upper()}__POLL_SECONDS": _POLL_SECONDS for shop in world.shops}
        async with Nest(folder, world.settings() | polls | _SETTINGS, speed=_SPEED, since=since) as nest:
            story = Story(world, nest)
            await nest.start()
            deaths: dict[Point, bool] = {}
            stuck_at = None
            for point in chosen(await _points(story, world)):
                await story.prepare(point.act)
                deaths[point] = await _die_at(point, story, world, nest, carried_out=carried_out)
                if not await story.end():
                    stuck_at = point
                    break
            return Outcome(
                points=tuple(point for point, came in deaths.items() if came),
                missed=tuple(point for point, came in deaths.items() if not came),
                stuck_at=stuck_at,
                verdict=world.verdict(),
                faults=tuple(filter(None, story.faults())),
                exit_code=await nest.stop(),
                integrity=integrity(nest.database),
                unfinished=0 if stuck_at is None else unfinished(nest.database),
                tracebacks=nest.log.count("Traceback"),
                seconds=time.monotonic() - began,
            )


def _wires(world: KillWorld) -> dict[str, LoopbackServer]:
    return {
        "discord": world.discord.http_server,
        "slack": world.slack.http_server,
        **{shop.name: shop.vendor.http_server for shop in world.shops},
    }


async def _points(story: Story, world: KillWorld) -> list[Point]:
    """Play every act undisturbed; returns the requests that each of them took."""
    points = []
    for act, played in story.acts().items():
        await story.prepare(act)
        await story.end(rest=_REST)
        before = {server: len(wire.seen) for server, wire in _wires(world).items()}
        await played()
        await story.end(rest=_REST)
        for server, wire in _wires(world).items():
            kinds: Counter[str] = Counter()
            for exchange in wire.seen[before[server] :]:
                kind = _kind(exchange.method, exchange.path)
                kinds[kind] += 1
                if not _ONLY_LOOKS.search(kind) and (kinds[kind] == 1 or not _EDITS_A_CARD.search(kind)):
                    points.append(Point(act, server, kind, kinds[kind]))
    return points


def _asked(wire: LoopbackServer, since: int, kind: str) -> int:
    return sum(_kind(exchange.method, exchange.path) == kind for exchange in wire.seen[since:])


async def _die_at(point: Point, story: Story, world: KillWorld, nest: Nest, *, carried_out: bool) -> bool:
    """Play the point's act and let the process die there, and the next one begin; whether it came to that."""
    wire = _wires(world)[point.server]
    fault = _Deadly(kind="slow" if carried_out else "hang", seconds=_FOR_EVER, point=point)
    wire.faults.append(fault)
    recorded = len(wire.seen)
    await story.acts()[point.act]()
    ending = asyncio.create_task(story.end())
    coming = asyncio.create_task(fault.come.wait())
    await asyncio.wait((ending, coming), return_when=asyncio.FIRST_COMPLETED)
    for task in (ending, coming):
        task.cancel()
    if fault.come.is_set():
        await until(lambda: _asked(wire, recorded, point.request) >= point.number)
        await nest.kill()
        await nest.start()
    else:
        wire.faults.remove(fault)
    return fault.come.is_set()
