"""
The whole bridge on a practice world, for scenarios that a user would know.

The real `App` with the real discord.py, slack-bolt and httpx runs in this process; everything that goes to Discord is
held against Discord's own description. A scenario is written as

    @pytest.mark.scenario({"sellgate": "forum slack"}, UNDO_SECONDS="0.1")
    async def test_something(stage: Stage) -> None:
        '''What a user sees.'''

The mark's arguments are those of `set_stage`; without a mark it is one store. Ann, in Discord, and Bob, in Slack, are
one person for the bot, unless the mark says `AGENTS__ANN=""`. `stores` names the vendors and for each
of them where its tickets get threads: `text` (a text channel of Discord),
`forum`, `slack` (a channel of its own) or `triage` (one for all). What is written in capitals is a setting.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

import structlog

from bot.inbound.chats import commands, figures
from bot.model import State, StoreName
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.discord import DiscordMessage
from bot.sandbox.slack import SlackMessage
from bot.sandbox.slack.rate_limits import SlackRateLimiter
from bot.sandbox.ticket_threads import DiscordTicketThread, SlackTicketThread, discord_text
from bot.sandbox.vendors import VENDORS, PracticeStore
from bot.sandbox.vendors.rate_limits import QuotaCounter
from bot.sandbox.vendors.store import PracticeTicket
from bot.sandbox.world import PracticeWorld, Shop
from bot.tickets.replies import collisions
from tests.support.clocks import STAGE_SPEED, FasterClock, StageClock
from tests.support.openapi.discord import check_exchange
from tests.support.openapi.nextcommerce import check_exchange as check_nextcommerce
from tests.support.rest import SWEEPS, nothing_on_its_way
from tests.support.stage.bot import Bridge
from tests.support.vendors.listings import LISTINGS
from tests.support.waiting import PATIENCE, until

_SETTINGS = {"UNDO_SECONDS": "0.05", "REPLY_MODE": "all", "LOG_LEVEL": "INFO"}
_POLL_SECONDS = {"lightspeed": "3", "nextcommerce": "1"}
"""In seconds of the bot's clock: a poll that the documented limit of a vendor bears, however long it lasts."""
_POLL_SECONDS_WITHOUT_LIMIT = "3"

_SEATS = {"discord": {"text", "forum"}, "slack": {"slack", "triage"}}


@dataclass(frozen=True)
class Ticket:
    """
    One ticket, as everybody around it sees it.

    Attributes:
        id: As its vendor names it.
        about: What of its subject finds its threads.
    """

    stage: Stage
    shop: Shop
    id: str
    about: str

    @property
    def discord(self) -> DiscordTicketThread:
        return DiscordTicketThread(self.stage.world.discord, self.shop, self.about)

    @property
    def slack(self) -> SlackTicketThread:
        return SlackTicketThread(self.stage.world.slack, self.shop, self.about)

    @property
    def now(self) -> PracticeTicket:
        """As the vendor has it."""
        return self.shop.store.ticket(self.id)

    @property
    def sent(self) -> list[str]:
        """What the bot has sent the customer, in order."""
        return [message.text for message in self.now.messages if message.by_api and message.public]

    @property
    def number(self) -> str:
        """Its short number, off its card in whichever chat has one."""
        title = self.discord.thread.name if self.discord.threads else self.slack.card.rendered
        return title.split("#", 1)[1].split(" ", 1)[0]

    async def ann_says(self, text: str = "", **more: Any) -> DiscordMessage:
        """Ann writes in its Discord thread."""
        return await self.stage.world.discord.say(self.stage.world.ann, self.discord.thread.id, text, **more)

    async def bob_says(self, text: str = "", **more: Any) -> SlackMessage:
        """Bob writes in its Slack thread."""
        world = self.stage.world
        return await world.slack.say(world.bob, self.shop.slack, text, thread_ts=self.slack.card.ts, **more)

    def customer_says(self, text: str) -> None:
        self.shop.store.customer_replies(self.id, text)
        self.stage.nudge(self.shop)

    async def is_taken(self) -> None:
        """Ann and Bob have it, so what they write is not held because the customer wrote a moment ago."""
        world = self.stage.world
        if self.stage.sits(self.shop, "discord"):
            await world.discord.command(world.ann, self.discord.thread.id, "take")
        else:
            await world.slack.command(world.bob, self.shop.slack, "/take", self.number)

    async def has_sent(self, *texts: str) -> None:
        """Wait until exactly this has gone to the customer."""
        await until(lambda: len(self.sent) >= len(texts), f"the vendor has {list(texts)}")
        assert self.sent == list(texts), f"the vendor has {self.sent}"

    async def marked(self, message: DiscordMessage | SlackMessage, mark: str) -> None:
        """Wait until an agent's message carries exactly this mark, as Discord writes it; empty: none."""
        if isinstance(message, DiscordMessage):
            wanted = {mark} if mark else set()
            await until(lambda: self.discord.reactions(message) == wanted, f"{mark or 'no mark'} in Discord")
            return
        wanted = {_SLACK_MARKS[mark]} if mark else set()
        await until(lambda: self.slack.reactions(message) == wanted, f"{mark or 'no mark'} in Slack")

    async def shown(self, text: str) -> None:
        """Wait until each chat that has a thread for it shows this once."""
        if self.stage.sits(self.shop, "discord"):
            await until(lambda: self.discord.count(text) == 1, f"Discord shows “{text}” once")
        if self.stage.sits(self.shop, "slack"):
            await until(lambda: self.slack.count(text) == 1, f"Slack shows “{text}” once")


_SLACK_MARKS = {"✅": "white_check_mark", "⏳": "hourglass_flowing_sand", "❌": "x", "🔒": "lock"}


@dataclass
class Stage:
    """
    A practice world with a bot in it.

    Attributes:
        seats: By vendor, where its tickets get threads.
        faults: What the bot logged as a defect, and what a task of this loop died of; must stay empty.
        pings: Whom a scenario means to ping in Slack, message by message; nobody else may be pinged.
    """

    world: PracticeWorld
    folder: Path
    seats: Mapping[str, str]
    more: Mapping[str, str]
    bridge: Bridge
    faults: list[str] = field(default_factory=list)
    pings: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def shop(self) -> Shop:
        """The first store."""
        return next(iter(self.world.shops.values()))

    def sits(self, shop: Shop, chat: str) -> bool:
        seats = set(self.seats[shop.vendor.vendor].split())
        return bool(seats & _SEATS[chat])

    def environment(self) -> dict[str, str]:
        """Every setting of this world's bot."""
        variables = self.world.environment()
        for shop in self.world.shops.values():
            places = [f"discord:{shop.discord.id}"] if self.sits(shop, "discord") else []
            places += [f"slack:{shop.slack.id}"] if self.sits(shop, "slack") else []
            variables[f"STORES__{shop.name.upper()}__CHANNELS"] = ",".join(places)
            poll = _POLL_SECONDS.get(shop.vendor.vendor, _POLL_SECONDS_WITHOUT_LIMIT)
            variables[f"STORES__{shop.name.upper()}__POLL_SECONDS"] = poll
        # One person in both chats, so that a story can say much in little time; where it is about two, it says so.
        one_person = {"AGENTS__ANN": f"discord:{self.world.ann.id},slack:{self.world.bob.id}"}
        return variables | _SETTINGS | one_person | dict(self.more)

    def process(self) -> BotProcess:
        """The bot as a process of its own, to be started and killed."""
        return BotProcess(self.folder, self.environment())

    async def writes(
        self, about: str, text: str = "Hello?", *, vendor: str = "", subject: str = "", **more: Any
    ) -> Ticket:
        """A customer opens a ticket, not waiting for anything; `subject` where it is more than `about`."""
        shop = self.world.shops[vendor] if vendor else self.shop
        details = {"name": "Jane", "email": self.world.jane, **more}
        ticket = shop.store.customer_writes(subject or about, text, **details)
        self.nudge(shop)
        return Ticket(self, shop, ticket, about)

    async def arrives(self, about: str, text: str = "Hello?", **more: Any) -> Ticket:
        """A customer opens a ticket, and its threads are there with what the customer wrote."""
        ticket = await self.writes(about, text, **more)
        await ticket.shown(text[:30])
        return ticket

    async def sweeps(self, amount: int, shop: Shop | None = None) -> None:
        """Wait until a store was asked so many times more for its list."""
        vendor = (shop or self.shop).vendor

        def asked() -> int:
            answered = [e.path for e in vendor.http_server.seen if e.method == "GET" and e.status == 200]
            return sum(re.fullmatch(LISTINGS[vendor.vendor], path) is not None for path in answered)

        for _ in range(amount):
            before = asked()
            self.nudge(shop)
            await until(lambda before=before: asked() > before, "one more sweep")  # type: ignore[misc]

    async def at_rest(self, *may_stay: State) -> None:
        """
        Sweep every store again, and wait until nothing is on its way: what happens twice has happened by then.

        Args:
            may_stay: Deliveries in such a state may be left: those that failed for good, or wait for a person's word.
        """
        for shop in self.world.shops.values():
            await self.sweeps(SWEEPS, shop)
        await nothing_on_its_way(self.bridge.rows, *may_stay)

    def nudge(self, shop: Shop | None = None) -> None:
        """Sweep now, where the bot runs in this process."""
        if self.bridge.runs:
            self.bridge.app.nudge(StoreName((shop or self.shop).name))

    def announced(self, shop: Shop, text: str) -> tuple[int, int]:
        """How often the bot says this in the store's channels themselves: in Discord and in Slack."""
        discord = self.world.discord
        places = [shop.discord.id] if shop.discord.id == self.world.support.id else []
        places += [thread.id for thread in discord.threads(shop.discord.id)] if not places else []
        said = [m for place in places for m in discord.messages(place) if m.author_id == discord.bot.id]
        in_discord = sum(text in discord_text(message) for message in said)
        in_slack = sum(text in m.rendered for m in self.world.slack.messages(shop.slack) if m.thread_ts is None)
        return in_discord, in_slack


@asynccontextmanager
async def set_stage(
    stores: Mapping[str, str] | None = None,
    *,
    started: bool = True,
    variants: Mapping[str, str] | None = None,
    reads_at_once: bool = True,
    **settings: str,
) -> AsyncIterator[Stage]:
    """
    Set the stage; what happened on it is checked when the scenario is over.

    Args:
        stores: By vendor, where its tickets get threads.
        started: Whether the bot runs already.
        variants: By vendor, the name of the variant that its practice server is.
        reads_at_once: Whether people answer what the customer wrote a moment ago, as they do in stories that are told
            as fast as this. Otherwise they are asked first, as everywhere.
        settings: The bot's, beside those of the world.
    """
    seats = stores or {"sellgate": "text slack"}
    # A busy machine may take longer than the three seconds that people's Discord and Slack wait for an answer.
    world = PracticeWorld(patience=PATIENCE)
    _limits_by_the_bots_clock(world)
    world.discord.http_server.observers.append(check_exchange)
    world.shops = {
        vendor: _seated(world, vendor, where.split(), (variants or {}).get(vendor)) for vendor, where in seats.items()
    }
    for shop in world.shops.values():
        shop.vendor.meter = _quotas_by_the_bots_clock(shop)
        if shop.vendor.vendor == "nextcommerce":
            shop.vendor.http_server.observers.append(check_nextcommerce)
    with tempfile.TemporaryDirectory(prefix="shopbell-") as folder:
        await world.start()
        here = Stage(world, Path(folder), seats, settings, Bridge({}, Path(folder) / "shopbell.db"))
        here.bridge.settings = here.environment()
        # An agent waits for an answer in real time.
        longer = patch.object(commands, "_VENDOR_SECONDS", 10 * commands._VENDOR_SECONDS)
        counting = patch.object(figures, "_VENDOR_SECONDS", 10 * figures._VENDOR_SECONDS)
        with _defects(here.faults), longer, counting, _all_is_read() if reads_at_once else nullcontext():
            try:
                if started:
                    await here.bridge.start()
                yield here
            finally:
                await here.bridge.stop()
                await world.stop()
    wires = [
        world.discord.http_server,
        world.slack.http_server,
        *(shop.vendor.http_server for shop in world.shops.values()),
    ]
    assert [complaint for wire in wires for complaint in wire.observer_errors] == []
    assert here.faults == []
    assert list(world.slack.pings) == here.pings


def _all_is_read() -> AbstractContextManager[object]:
    return patch.object(collisions, "unread", lambda _reply, _shown: None)


def _seated(world: PracticeWorld, vendor: str, where: Sequence[str], variant: str | None) -> Shop:
    slack = world.triage if "triage" in where else world.slack.add_channel(f"{vendor}-tickets", [world.bob])
    shop = replace(world.shops[vendor], discord=world.tickets if "forum" in where else world.support, slack=slack)
    if variant is None:
        return shop
    kind, store = VENDORS[vendor], PracticeStore()
    chosen = next(each for each in kind.variants() if each.name == variant)
    return replace(shop, store=store, vendor=kind(store, chosen))


def _limits_by_the_bots_clock(world: PracticeWorld) -> None:
    """
    The chats' rate limits in seconds of the bot's clock, so that what they tell the bot to wait is so long.

    Slack's are its own, Discord's windows are five times shorter.
    """
    workspace = world.slack.workspace
    workspace.limits = replace(workspace.limits, posts_per_second=workspace.limits.posts_per_second / STAGE_SPEED)
    workspace.rate_limiter = SlackRateLimiter(StageClock(), workspace.limits)
    world.discord.rate_limiter.clock = FasterClock(STAGE_SPEED, time.time())
    world.discord.rate_limiter.speed = 5.0


def _quotas_by_the_bots_clock(shop: Shop) -> QuotaCounter:
    """
    The vendor's own quotas, in windows as many times shorter as the bot's pauses are.

    A window in real seconds would let the bot, whose clock is faster, ask too often, and then, for minutes, not at all.
    """
    clock, start = StageClock(), shop.store.now()
    quotas = [state.quota for state in shop.vendor.meter.states()]
    return QuotaCounter(quotas, lambda: start + timedelta(seconds=clock.monotonic()))


class _Errors(logging.Handler):
    def __init__(self, into: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._into = into

    def emit(self, record: logging.LogRecord) -> None:
        # A connection that a practice server cuts is cut by raising in it.
        if record.exc_info is None or not isinstance(record.exc_info[1], ConnectionResetError):
            self._into.append(self.format(record))


class _defects:  # noqa: N801 - used like a function
    """Whatever is logged as an error, by anybody, or dies unheard in the loop, goes into a list."""

    def __init__(self, into: list[str]) -> None:
        self._handler = _Errors(into)
        self._into = into
        self._before: list[Any] = []

    def __enter__(self) -> None:
        logging.getLogger().addHandler(self._handler)
        asyncio.get_running_loop().set_exception_handler(lambda _loop, told: self._into.append(str(told)))
        self._before = structlog.get_config()["processors"]
        structlog.configure(processors=[self._judge])

    def __exit__(self, *_error: object) -> None:
        logging.getLogger().removeHandler(self._handler)
        structlog.configure(processors=self._before)

    def _judge(self, _logger: Any, method: str, event: MutableMapping[str, Any]) -> NoReturn:
        sys.stdout.write(f"{time.monotonic():.2f} {method}: {dict(event)}\n")  # shown where a scenario fails
        if method in ("error", "exception", "critical"):
            self._into.append(str(event))
        raise structlog.DropEvent
