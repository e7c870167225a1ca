"""Who is compared, and the small world that each gets: one store, one chat, people who number what they write."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from bot.sandbox.loopback_server import Exchange
from tests.bench.processes import Bot, Script, processor_seconds, resident_megabytes
from tests.bench.world import credentials, only_discord, practice_world, settings
from tests.support.crash.world import Chat, Ticket

_TOKEN = re.compile(r"[ca]\d{5}x")
_MODULES: Mapping[str, str] = {
    "live relay": "tests.bench.side_by_side.live_relay",
    "cursor script": "tests.bench.side_by_side.cursor_script",
    "errbot": "tests.bench.side_by_side.errbot_start",
    "opsdroid": "tests.bench.side_by_side.opsdroid_start",
}
NAMES = ("shopbell", *_MODULES)


class Process(Protocol):
    """shopbell or a script, as a process that is started and killed."""

    @property
    def pid(self) -> int: ...

    @property
    def has_ended(self) -> bool: ...

    async def start(self) -> None: ...

    async def kill(self) -> None: ...


@dataclass
class World:
    """
    One store, its channel, and what came where.

    Attributes:
        asked: How often the store's list was asked for.
        written: When each message was written; the tokens of customers begin with c, those of agents with a.
        listed: When the store's list first showed it.
        arrived: When it first arrived where it belongs; `times`: how often.
    """

    chat: Chat
    asked: int = 0
    written: dict[str, float] = field(default_factory=dict)
    listed: dict[str, float] = field(default_factory=dict)
    arrived: dict[str, float] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.practice = practice_world("sellgate")
        self.shop = self.practice.shops[0]
        chat = self.practice.discord if self.chat == "discord" else self.practice.slack
        chat.http_server.observers.append(self._posted)
        self.shop.vendor.http_server.observers.append(self._at_store)
        self._in_list: dict[str, list[str]] = {}

    def _posted(self, exchange: Exchange) -> None:
        posts = exchange.path.endswith(("/messages", "/chat.postMessage", "/threads"))
        if exchange.method == "POST" and posts and exchange.status == 200:
            self._arrive("c", exchange)

    def _at_store(self, exchange: Exchange) -> None:
        if exchange.method == "POST" and exchange.status < 300:
            self._arrive("a", exchange)
        if exchange.path == "/v1/tickets":
            self.asked += 1
            for row in exchange.answer["data"]:
                for token in self._in_list.get(row["id"], ())[: row["message_count"]]:
                    self.listed.setdefault(token, time.monotonic())

    def _arrive(self, whose: str, exchange: Exchange) -> None:
        for token in set(_TOKEN.findall(str(exchange.body))):
            if token[0] == whose:
                self.times[token] += 1
                self.arrived.setdefault(token, time.monotonic())

    def customer_opens(self) -> None:
        number = len(self.practice.tickets) + 1
        token, subject = self._next("c"), f"Matter e{number:05d}x"
        opened = self.shop.store.customer_writes(subject, f"{token} my key does not work", email=f"c{number}@a.example")
        self.practice.tickets.append(Ticket(shop=self.shop, id=opened, subject=subject))
        self._in_list[opened] = [token]

    def customer_writes(self, number: int) -> None:
        """The customer of one of the tickets writes."""
        ticket = self.practice.tickets[number % len(self.practice.tickets)]
        token = self._next("c")
        # What staff wrote is in the list's count of messages, too.
        messages = self.shop.store.ticket(ticket.id).messages
        known = self._in_list[ticket.id]
        known += [""] * (len(messages) - len(known)) + [token]
        self.shop.store.customer_replies(ticket.id, f"{token} and another thing")

    async def agent_writes(self, number: int) -> None:
        """An agent answers in the thread of one of the tickets, if that is there."""
        self.practice.find_threads()
        ticket = self.practice.tickets[number % len(self.practice.tickets)]
        if self.chat not in ticket.threads:
            return
        text = f"{self._next('a')} please try again"
        if self.chat == "discord":
            await self.practice.discord.say(self.practice.ann, ticket.threads["discord"], text)
        else:
            await self.practice.slack.say(self.practice.bob, self.shop.slack, text, thread_ts=ticket.threads["slack"])

    def _next(self, whose: str) -> str:
        token = f"{whose}{sum(each[0] == whose for each in self.written) + 1:05d}x"
        self.written[token] = time.monotonic()
        return token

    def lost(self) -> int:
        return sum(self.times[token] == 0 for token in self.written)

    def doubled(self) -> int:
        return sum(self.times[token] > 1 for token in self.written)


class Contender:
    """One of those who are compared, in a world of its own; a context."""

    def __init__(self, name: str, folder: Path, python: Path | None = None) -> None:
        self.name = name
        self.world = World("slack" if name in ("errbot", "opsdroid") else "discord")
        self._folder = folder
        self._python = python
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        await self.world.practice.__aenter__()
        if self.name == "shopbell":
            given = settings(self.world.practice, POLL_SECONDS="1", BACKFILL="all") | {"UNDO_SECONDS": "0"}
            self._process = Bot(self._folder, only_discord(self.world.practice, given))
        else:
            self._process = Script(_MODULES[self.name], self._given(), python=self._python)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.kill()
        await self.world.practice.__aexit__()

    def _given(self) -> dict[str, Any]:
        practice, shop = self.world.practice, self.world.shop
        return {
            "store": shop.vendor.base_url,
            "store_headers": credentials(shop),
            "seconds": 1.0,
            "folder": str(self._folder),
            "discord": practice.discord.api_url,
            "gateway": practice.discord.gateway_url,
            "token": practice.discord.token,
            "channel": str(shop.discord.id),
            "slack": practice.slack.api_url,
            "bot_token": practice.slack.bot_token,
            "app_token": practice.slack.app_token,
            "slack_channel": shop.slack.id,
        }

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    async def start(self) -> None:
        await self.process.start()

    async def kill(self) -> None:
        if self._process is not None:
            await self._process.kill()

    def processor_seconds(self) -> float:
        return processor_seconds(self.process.pid)

    def resident_megabytes(self) -> float:
        return resident_megabytes(self.process.pid)
