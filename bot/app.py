"""The composition root: builds every service, runs them in one TaskGroup, and stops them in order."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from random import Random

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import to_ms
from bot.inbound.chats.catchup import CatchUp
from bot.inbound.chats.choices import Choices
from bot.inbound.chats.commands import Commands
from bot.inbound.chats.figures import Draw, FigureRequests
from bot.inbound.chats.homes import Homes
from bot.inbound.chats.intake import ChatIntake
from bot.inbound.chats.listed_stores import ListedStores
from bot.inbound.chats.lists import Lists
from bot.inbound.chats.private_messages import PrivateMessages
from bot.inbound.chats.refusals import Refusals
from bot.inbound.chats.reread import RereadCheck
from bot.inbound.chats.searches import Searches
from bot.inbound.chats.snippets import Snippets
from bot.inbound.isolation import keep_connected, keep_running
from bot.inbound.vendors.first_sweeps import FirstSweeps
from bot.inbound.vendors.poller import Poller
from bot.model import ChatName, Kind, StoreName, TicketId
from bot.ops.digests import Digests
from bot.ops.health import Health
from bot.ops.reminders import Reminders
from bot.ops.retention import Retention
from bot.ops.web import StoreWebhook, WebServer
from bot.outbound.card_couriers import CardCourier, MarkCourier
from bot.outbound.chat_couriers import LineCourier, PostCourier
from bot.outbound.chat_failures import ChatFailures
from bot.outbound.courier import Courier
from bot.outbound.directory import Directory
from bot.outbound.erase_courier import EraseCourier
from bot.outbound.late_replies import LateReplies
from bot.outbound.outbox import Outbox
from bot.outbound.ready_lanes import LimitOf, chat_limit, vendor_limit
from bot.outbound.retry import Decider
from bot.outbound.thread_couriers import NewCardCourier, ThreadCourier
from bot.outbound.vendor_couriers import NoteCourier, ReplyCourier, StatusCourier
from bot.ports import CanAttach, CanCount, CanNote
from bot.settings import LoadedSettings
from bot.tickets.deleted_places import apply_channel_settings
from bot.tickets.enqueue import chat_destination, store_destination
from bot.tickets.from_vendors.learned import remember_learned
from bot.tickets.from_vendors.moved_stores import settle_vendors
from bot.tickets.links import channels_with_threads
from bot.tickets.rules_from_settings import Rules
from bot.wiring import World

_log = structlog.get_logger(__name__)

_STOP_SECONDS = 8.0


class App:
    """
    The running bridge.

    Args:
        draw: Draws the pictures of figures; None: there are none.
    """

    def __init__(
        self,
        loaded: LoadedSettings,
        world: World,
        database: Database,
        clock: Clock,
        decider: Decider,
        random: Random,
        *,
        draw: Draw | None = None,
    ) -> None:
        settings = loaded.general
        rules = _rules(loaded, world)
        directory = Directory(rules=rules, vendors=world.vendors, chats=world.chats, clock=clock)
        destinations = _destinations(world)
        wake = asyncio.Event()
        self._world = world
        self._database = database
        self._clock = clock
        self._catchups = {name: CatchUp(chat, database, rules, clock, wake.set) for name, chat in world.chats.items()}
        reread = RereadCheck(world.chats, self._catchups, database, rules, clock)
        couriers = _couriers(directory, database, clock)
        on_failure = ChatFailures(directory).handle
        self.outbox = Outbox(database, couriers, reread, on_failure, destinations, wake, clock, decider)
        refusals = Refusals()
        listed = ListedStores(database, rules, clock)
        choices = Choices(database, rules, world.chats, refusals, listed)
        snippets = Snippets(database, rules, clock, chats=world.chats, choices=choices, wake=self.outbox.wake)
        commands = self._commands(rules, refusals, choices, snippets, draw)
        self._homes = Homes(database, rules, clock, world.chats, listed)
        self._private = PrivateMessages(world.chats, commands, database, clock)
        self._intake = ChatIntake(
            database,
            world.chats,
            self._catchups,
            commands=commands,
            choices=choices,
            homes=self._homes,
            snippets=snippets,
            refusals=refusals,
            private=self._private,
            rules=rules,
            clock=clock,
            wake=wake.set,
        )
        first_sweeps = FirstSweeps()
        self._pollers = pollers = {
            name: Poller(store, world.vendors[name], database, clock, wake.set, random, first_sweeps)
            for name, store in world.stores.items()
        }
        self._late_replies = LateReplies(database, destinations, rules.chat_labels, clock, wake.set, self._connected)
        self._reminders = Reminders(database, rules, clock, wake.set)
        addresses = {name: chat.address for name, chat in world.chats.items()}
        self._digests = Digests(database, rules, clock, wake.set, at=settings.digest_at, addresses=addresses)
        others = [*(chat.now for chat in world.chats.values()), *(vendor.now for vendor in world.vendors.values())]
        self._retention = Retention(database, clock, settings.retention_days, lambda: (now() for now in others))
        self.health = Health(
            world.chats,
            list(world.stores),
            database,
            clock,
            is_caught_up=self._is_caught_up,
            first_listed=lambda store: pollers[store].first_listed,
            refused=refusals.counts,
        )
        self._server = self._web_server(loaded)

    def nudge(self, store: StoreName, ticket: TicketId | None = None) -> None:
        """Sweep the store now, or read only this ticket of it."""
        self._pollers[store].nudge(ticket)

    async def run(self, stop: asyncio.Event) -> None:
        """
        Run until `stop` is set, then stop within 8 seconds: first what comes in, then what goes out.

        What is not delivered by then stays queued in the database. The caller closes the world and the database.
        """
        await self._database.write(_record_start, self._clock.now())
        await self._database.write(apply_channel_settings, self._world.stores.values(), self._clock.now())
        await self._database.write(settle_vendors, self._world.stores.values(), self._clock.now())
        await self._database.read(remember_learned, self._world.vendors)
        for chat in self._world.chats.values():
            chat.listen_in(await self._database.read(channels_with_threads, chat.name))
        await self.outbox.prepare()
        if self._server is not None:
            await self._server.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                outbox = tasks.create_task(self.outbox.run(), name="outbox")
                inputs = [
                    tasks.create_task(keep_running(name, run, self._clock), name=name)
                    for name, run in self._background_tasks().items()
                ]
                connections = [
                    tasks.create_task(keep_connected(chat, self._intake, self._clock), name=f"chat {name}")
                    for name, chat in self._world.chats.items()
                ]
                await stop.wait()
                await self._stop(outbox, inputs, connections)
        finally:
            if self._server is not None:
                await self._server.stop()

    def _commands(
        self, rules: Rules, refusals: Refusals, choices: Choices, snippets: Snippets, draw: Draw | None
    ) -> Commands:
        database, clock, chats = self._database, self._clock, self._world.chats
        counting = {name: vendor for name, vendor in self._world.vendors.items() if isinstance(vendor, CanCount)}
        return Commands(
            database,
            self.outbox,
            rules,
            clock,
            chats=chats,
            refusals=refusals,
            choices=choices,
            lists=Lists(database, rules, clock, chats=chats, choices=choices, refusals=refusals),
            snippets=snippets,
            searches=Searches(database, rules, clock, chats=chats, choices=choices, is_caught_up=self._is_caught_up),
            figures=FigureRequests(
                database, rules, clock, choices=choices, refusals=refusals, counting=counting, draw=draw
            ),
        )

    def _web_server(self, loaded: LoadedSettings) -> WebServer | None:
        """None: the settings want none."""
        settings = loaded.general
        if settings.http_port is None:
            return None
        webhooks = {
            name: StoreWebhook(
                section.webhook_secret.get_secret_value(), self._world.vendors[name], self._pollers[name].nudge
            )
            for name, section in loaded.stores.items()
            if section.webhook_secret is not None
        }
        return WebServer(self.health, webhooks, settings.http_host, settings.http_port)

    def _background_tasks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What runs all the time beside the chats, by name; each begins anew if a defect ends it."""
        tell = self._intake.tell_later
        return {
            **{f"catch-up {name}": partial(catchup.run, tell) for name, catchup in self._catchups.items()},
            **{f"poll {name}": poller.run for name, poller in self._pollers.items()},
            "late replies": self._late_replies.run,
            "reminders": self._reminders.run,
            "digests": self._digests.run,
            "retention": self._retention.run,
            "pages": self._homes.run,
        }

    async def _stop(
        self, outbox: asyncio.Task[None], inputs: list[asyncio.Task[None]], connections: list[asyncio.Task[None]]
    ) -> None:
        _log.info("stopping")
        for task in (*inputs, *connections):
            task.cancel()
        await asyncio.wait((*inputs, *connections), timeout=_STOP_SECONDS / 2)
        self.outbox.stop()
        private = asyncio.create_task(self._private.aclose(_STOP_SECONDS / 2), name="last private messages")
        await asyncio.wait([outbox, private], timeout=_STOP_SECONDS / 2)
        outbox.cancel()
        await private

    def _connected(self) -> Mapping[ChatName, str]:
        return {name: self._world.chats[name].label for name, each in self._catchups.items() if each.is_connected}

    def _is_caught_up(self, chat: ChatName) -> bool:
        return self._catchups[chat].in_sync


def _record_start(tx: Transaction, now: datetime) -> None:
    """Give a new database its installation's key prefix, and recognise a backup that was put in its place."""
    tx.run("add_installation", key_prefix=secrets.token_hex(3))
    if tx.run("mark_as_restored", now=to_ms(now)):
        tx.run("make_waiting_replies_uncertain", now=to_ms(now))


def _rules(loaded: LoadedSettings, world: World) -> Rules:
    settings = loaded.general
    return Rules(
        stores=world.stores,
        capabilities={name: vendor.capabilities for name, vendor in world.vendors.items()},
        chat_labels={name: chat.label for name, chat in world.chats.items()},
        noting=frozenset(name for name, vendor in world.vendors.items() if isinstance(vendor, CanNote)),
        attaching=frozenset(name for name, vendor in world.vendors.items() if isinstance(vendor, CanAttach)),
        note_prefixes=settings.note_prefixes,
        undo=timedelta(seconds=settings.undo_seconds),
        masks_emails=settings.mask_emails,
        colleagues=loaded.colleagues,
        take_on_reply=settings.take_on_reply,
        guards_collisions=settings.collision_guard,
        zone=settings.timezone,
        quiet_hours=settings.quiet_hours,
    )


def _destinations(world: World) -> Mapping[str, LimitOf | None]:
    """Every destination, with what limits its lanes; None: nothing that is known."""
    return {
        **{store_destination(name): vendor_limit(world.vendors[name]) for name in world.stores},
        **{chat_destination(name): chat_limit(chat) for name, chat in world.chats.items()},
    }


def _couriers(directory: Directory, database: Database, clock: Clock) -> Mapping[Kind, Courier]:
    return {
        Kind.OPEN: ThreadCourier(directory),
        Kind.POST: PostCourier(directory),
        Kind.LINE: LineCourier(directory),
        Kind.CARD: CardCourier(directory),
        Kind.NEW_CARD: NewCardCourier(directory),
        Kind.ERASE: EraseCourier(directory),
        Kind.MARK: MarkCourier(directory),
        Kind.REPLY: ReplyCourier(directory, database, clock),
        Kind.NOTE: NoteCourier(directory, clock),
        Kind.STATUS: StatusCourier(directory),
    }
