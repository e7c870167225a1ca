"""The composition root: the world outside and the services between it, in one TaskGroup, with an ordered stop."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from random import Random

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import to_ms
from bot.inbound.chats.catchup import CatchUp
from bot.inbound.chats.commands import Commands
from bot.inbound.chats.intake import ChatIntake
from bot.inbound.chats.reread import RereadCheck
from bot.inbound.isolation import keep_connected
from bot.inbound.vendors.poller import Poller
from bot.model import ChatName, Kind, StoreName, TicketId
from bot.ops.health import Health
from bot.ops.web import Hook, WebServer
from bot.outbound.chats import CardCourier, LineCourier, MarkCourier, PostCourier, ThreadReplacement
from bot.outbound.job import Courier, Directory
from bot.outbound.late_replies import LateReplies
from bot.outbound.outbox import Outbox
from bot.outbound.retry import Decider
from bot.outbound.threads import NewCardCourier, ThreadCourier
from bot.outbound.vendors import NoteCourier, ReplyCourier, StatusCourier
from bot.ports import CanAttach, CanCount, CanNote
from bot.settings import LoadedSettings
from bot.tickets.enqueue import chat_destination, store_destination
from bot.tickets.routing import Rules
from bot.tickets.threads import apply_channel_settings
from bot.wiring import World

_log = structlog.get_logger(__name__)

_STOP_SECONDS = 8.0


class App:
    """The running bridge."""

    def __init__(
        self, loaded: LoadedSettings, world: World, database: Database, clock: Clock, decider: Decider, random: Random
    ) -> None:
        settings = loaded.general
        rules = Rules(
            stores=world.stores,
            capabilities={name: vendor.capabilities for name, vendor in world.vendors.items()},
            noting=frozenset(name for name, vendor in world.vendors.items() if isinstance(vendor, CanNote)),
            attaching=frozenset(name for name, vendor in world.vendors.items() if isinstance(vendor, CanAttach)),
            note_prefixes=settings.note_prefixes,
            undo=timedelta(seconds=settings.undo_seconds),
        )
        directory = Directory(
            stores=world.stores, vendors=world.vendors, chats=world.chats, note_prefixes=settings.note_prefixes
        )
        destinations = [store_destination(name) for name in world.stores] + [chat_destination(n) for n in world.chats]
        self._world = world
        self._database = database
        self._clock = clock
        couriers = _couriers(directory, rules, database, clock)
        wake: Callable[[], None] = lambda: self.outbox.wake()  # noqa: E731, PLW0108 - it is made only below
        self._catchups = {name: CatchUp(chat, database, rules, clock, wake) for name, chat in world.chats.items()}
        reread = RereadCheck(world.chats, self._catchups, database, rules, clock)
        self.outbox = Outbox(
            database, couriers, reread, ThreadReplacement(directory).after, destinations, clock, decider
        )
        labels = {name: chat.label for name, chat in world.chats.items()}
        counting = {name: vendor for name, vendor in world.vendors.items() if isinstance(vendor, CanCount)}
        desk = Commands(database, self.outbox, rules, clock, chat_labels=labels, counting=counting)
        self._reception = ChatIntake(database, world.chats, self._catchups, desk, rules, clock, wake)
        self._sweepers = {
            name: Poller(store, world.vendors[name], database, clock, wake, random)
            for name, store in world.stores.items()
        }
        self._lateness = LateReplies(database, destinations, clock, wake)
        caught_up: Callable[[ChatName], bool] = lambda name: self._catchups[name].in_sync  # noqa: E731
        self.health = Health(world.chats, list(world.stores), database, clock, caught_up)
        self._server: WebServer | None = None
        if settings.http_port is not None:
            hooks = {
                name: Hook(section.webhook_secret.get_secret_value(), world.vendors[name], partial(self.nudge, name))
                for name, section in loaded.stores.items()
                if section.webhook_secret is not None
            }
            self._server = WebServer(self.health, hooks, settings.http_host, settings.http_port)

    def nudge(self, store: StoreName, ticket: TicketId | None = None) -> None:
        """Look at this ticket of a store now; None: at the whole store."""
        self._sweepers[store].nudge(ticket)

    async def run(self, stop: asyncio.Event) -> None:
        """
        Run until `stop` is set; then stop in order: no more events in, what is in flight ends, connections close.

        Whatever could not be delivered by then stays queued in the database.
        """
        await self._database.write(_begin, self._clock.now())
        await self._database.write(apply_channel_settings, self._world.stores.values(), self._clock.now())
        await self.outbox.prepare()
        if self._server is not None:
            await self._server.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                outbox = tasks.create_task(self.outbox.run(), name="outbox")
                inputs = [tasks.create_task(c.run(), name=f"catch-up {n}") for n, c in self._catchups.items()]
                inputs += [tasks.create_task(s.run(), name=f"sweep {n}") for n, s in self._sweepers.items()]
                inputs.append(tasks.create_task(self._lateness.run(), name="lateness"))
                connections = [
                    tasks.create_task(keep_connected(chat, self._reception, self._clock), name=f"chat {name}")
                    for name, chat in self._world.chats.items()
                ]
                await stop.wait()
                await self._stop(outbox, inputs, connections)
        finally:
            if self._server is not None:
                await self._server.stop()

    async def _stop(
        self, outbox: asyncio.Task[None], inputs: list[asyncio.Task[None]], connections: list[asyncio.Task[None]]
    ) -> None:
        _log.info("stopping")
        for task in (*inputs, *connections):
            task.cancel()
        await asyncio.wait((*inputs, *connections), timeout=_STOP_SECONDS / 2)
        self.outbox.stop()
        words = asyncio.create_task(self._reception.aclose(_STOP_SECONDS / 2), name="last private words")
        await asyncio.wait([outbox, words], timeout=_STOP_SECONDS / 2)
        outbox.cancel()
        await words


def _begin(tx: Transaction, now: datetime) -> None:
    """What is written down before anything runs: whose file this is, and whether it is a backup that takes over."""
    tx.run("add_installation", key_prefix=secrets.token_hex(3))
    if tx.run("begin_after_restore", now=to_ms(now)):
        tx.run("replies_may_have_left", now=to_ms(now))


def _couriers(directory: Directory, rules: Rules, database: Database, clock: Clock) -> Mapping[Kind, Courier]:
    return {
        Kind.OPEN: ThreadCourier(directory, rules),
        Kind.POST: PostCourier(directory),
        Kind.LINE: LineCourier(directory),
        Kind.CARD: CardCourier(directory),
        Kind.NEW_CARD: NewCardCourier(directory),
        Kind.MARK: MarkCourier(directory),
        Kind.REPLY: ReplyCourier(directory, rules, database, clock),
        Kind.NOTE: NoteCourier(directory),
        Kind.STATUS: StatusCourier(directory),
    }
