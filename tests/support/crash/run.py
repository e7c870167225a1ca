"""The kill test: people write, the bot is killed again and again, and in the end everything is counted."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.support.clocks import FasterClock
from tests.support.crash.nest import Nest
from tests.support.crash.world import CHATS, KillWorld, Verdict

_LOOKS_EVERY = 0.005
_UNFINISHED = "SELECT COUNT(*) FROM deliveries WHERE unfinished = 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What is played.

    Attributes:
        lost_answers: The part of all writes that are carried out and not answered, at every server.
        planned: How many tickets somebody takes and snoozes, beside the others.
        life: How many requests a bot makes on the average before it is killed, on however fast a machine.
        speed: How many times faster time passes.
        patience: After the last kill: how many seconds may pass in which nothing more arrives.
    """

    seed: int
    customers: int
    replies: int
    kills: int
    tickets: int
    lost_answers: float = 0.01
    planned: int = 0
    life: float = 130.0
    speed: float = 30.0
    patience: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What came of it.

    Attributes:
        integrity: What SQLite says of the database file.
        planned: How many tickets were taken and snoozed.
        unfinished: Deliveries that are neither done nor dropped.
        kill_seconds, drain_seconds: How long the killing took, and the rest afterwards.
        left: How many appearances were still missing after the last kill.
    """

    plan: Plan
    verdict: Verdict
    integrity: str
    planned: int
    unfinished: int
    exit_code: int
    customers: int
    replies: int
    lost_answers: int
    kill_seconds: float
    drain_seconds: float
    left: int

    def __str__(self) -> str:
        return (
            f"seed {self.plan.seed}: {self.customers} messages, {self.replies} replies, {self.plan.kills} kills, "
            f"{self.lost_answers} answers lost: {len(self.verdict.lost)} lost, {len(self.verdict.doubled)} doubled, "
            f"{len(self.verdict.disordered)} out of order (killing {self.kill_seconds:.0f} s; then "
            f"{self.left} left, {self.drain_seconds:.0f} s)"
        )


async def play(plan: Plan, folder: Path) -> Outcome:
    """Play the plan on a database in `folder`, which is empty."""
    random = Random(plan.seed)
    since = time.time()
    clock = FasterClock(plan.speed, since)
    async with (
        KillWorld(clock, random, lost_answers=plan.lost_answers) as world,
        Nest(folder, world.settings(), speed=plan.speed, since=since) as nest,
    ):
        began = time.monotonic()
        await _kill(plan, world, nest, random)
        killed = time.monotonic()
        await nest.start()
        left = world.missing()
        await _write_the_rest(plan, world, random)
        waiting = await drain(world, nest.database, plan.patience)
        drained = time.monotonic()
        exit_code = await nest.stop()
        return Outcome(
            plan=plan,
            verdict=world.verdict(),
            integrity=integrity(nest.database),
            planned=sum(ticket.was_planned for ticket in world.tickets),
            unfinished=waiting,
            exit_code=exit_code,
            customers=world.customers,
            replies=world.replies,
            lost_answers=world.lost_answers,
            kill_seconds=killed - began,
            drain_seconds=drained - killed,
            left=left,
        )


async def _kill(plan: Plan, world: KillWorld, nest: Nest, random: Random) -> None:
    """Start and kill; people write their share of the messages within each life, so that none is idle."""
    for number in range(1, plan.kills + 1):
        await nest.start()
        seen, end = world.requests, world.requests + random.expovariate(1 / plan.life)
        share = _share(plan, world, number)
        while world.requests < end:
            await asyncio.sleep(_LOOKS_EVERY)
            new, seen = world.requests - seen, world.requests
            for _ in range(min(share, random.randint(0, 1 + int(share * new * 2 / plan.life)))):
                await _write_one(plan, world, random)
            share = _share(plan, world, number)
            await _plan_some(world)
        await nest.kill()


async def _write_the_rest(plan: Plan, world: KillWorld, random: Random) -> None:
    """What could not be written for want of threads."""
    end = time.monotonic() + plan.patience
    while world.customers + world.replies < plan.customers + plan.replies:
        if time.monotonic() > end:
            raise RuntimeError("there are no threads to write in")
        await _write_one(plan, world, random)
        await asyncio.sleep(0.002)
    while not all(ticket.was_planned for ticket in world.tickets if ticket.is_planned):
        if time.monotonic() > end:
            raise RuntimeError("there are no threads to take")
        await _plan_some(world)
        await asyncio.sleep(_LOOKS_EVERY)


def _share(plan: Plan, world: KillWorld, number: int) -> int:
    """How many more messages may be written before kill `number`."""
    return (plan.customers + plan.replies) * number // plan.kills - world.customers - world.replies


async def _write_one(plan: Plan, world: KillWorld, random: Random) -> None:
    """Somebody writes something, as long as there is something to be written."""
    talking = [ticket for ticket in world.tickets if not ticket.is_planned]
    if len(world.tickets) < plan.tickets and (random.random() < 0.2 or not talking):
        opened = world.customer_opens(world.shops[len(world.tickets) % len(world.shops)])
        opened.is_planned = bool(talking) and len(world.tickets) - len(talking) <= plan.planned
        return
    replying = random.random() < plan.replies / (plan.replies + plan.customers)
    if world.customers >= plan.customers or (replying and world.replies < plan.replies):
        if world.replies >= plan.replies:
            return
        world.find_threads()
        ready = [ticket for ticket in talking if len(ticket.threads) == len(CHATS)]
        if ready:
            await world.agent_replies(random.choice(ready), random.choice(CHATS))
            return
    if world.customers < plan.customers:
        world.customer_goes_on(random.choice(talking))


async def _plan_some(world: KillWorld) -> None:
    """Ann and Bob take and snooze the tickets that are for that, as soon as these have their threads."""
    if any(ticket.is_planned and not ticket.was_planned for ticket in world.tickets):
        world.find_threads()
        for ticket in world.tickets:
            if ticket.is_planned and not ticket.was_planned and len(ticket.threads) == len(CHATS):
                await world.agents_plan(ticket)


async def drain(world: KillWorld, database: Path, patience: float) -> int:
    """
    Wait until everything has arrived and nothing waits any more, as long as something still arrives.

    Args:
        patience: For how many seconds nothing need arrive before it counts as lost.

    Returns:
        How many deliveries were unfinished then. A moment later a sweep may have changed a card again.
    """
    fewest, at = world.missing(), time.monotonic()
    while time.monotonic() - at < patience:
        await asyncio.sleep(0.5)
        missing = world.missing()
        if missing < fewest:
            fewest, at = missing, time.monotonic()
        if missing == 0:
            with suppress(sqlite3.OperationalError):
                if unfinished(database) == 0:
                    return 0
    return unfinished(database)


def unfinished(database: Path) -> int:
    """How many deliveries are neither done nor dropped."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute(_UNFINISHED).fetchone()[0])


def integrity(database: Path) -> str:
    """What SQLite says of the whole file: `ok`, or what is damaged."""
    with closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
