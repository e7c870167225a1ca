"""A practice Discord with the real adapter on it, for the scenarios."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from adapters.chats import disappearance
from adapters.chats import discord as adapter
from adapters.chats.discord import DiscordChat
from adapters.chats.discord.client import Client
from bot.model import (
    Agent,
    Answer,
    Ask,
    Button,
    Card,
    ChannelId,
    ChatName,
    Choice,
    Customer,
    Deleted,
    DeliveryKey,
    Door,
    Edited,
    Fact,
    Modal,
    Opened,
    Place,
    Post,
    Said,
    SnippetChoice,
    Standing,
    Status,
    TicketNumber,
    TimeChoice,
    Verb,
    Voice,
)
from bot.sandbox.discord import PracticeDiscord
from bot.sandbox.loopback_server import Exchange
from tests.support.clocks import ShortPausesClock
from tests.support.openapi.discord import check_exchange
from tests.support.waiting import until

DISCORD = ChatName("discord")
KEY = DeliveryKey("a1b2c3-1-0")


class Recorder:
    """An intake that writes down what comes in, in order, and answers what it is told to."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.asks: list[Ask] = []
        self.picks: list[tuple[Verb, str, Place]] = []
        self.answer = Answer(text="Done.")
        self.modal: Modal | None = None
        self.failure: Exception | None = None

    def gap_possible(self, chat: ChatName) -> None:
        self.events.append("gap_possible")

    async def connected(self, chat: ChatName) -> None:
        self.events.append("connected")

    async def said(self, said: Said) -> bool:
        self.events.append(said)
        return True

    async def edited(self, edited: Edited) -> None:
        self.events.append(edited)

    async def deleted(self, deleted: Deleted) -> None:
        self.events.append(deleted)

    async def place_deleted(self, place: Place) -> None:
        self.events.append(place)

    async def channel_unreadable(self, place: Place, told: str) -> None:
        self.events.append((place, told))

    async def ask(self, ask: Ask) -> Answer:
        self.asks.append(ask)
        if self.failure is not None:
            raise self.failure
        return self.answer

    async def home_opened(self, chat: ChatName, agent: Agent, answer: Answer | None = None) -> None:
        raise AssertionError("Discord has no such page")

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        self.picks.append((verb, typed, place))
        return [Choice(TicketNumber(1042), "#1042 · Jane · " + "Key not working " * 10)]

    async def form(self, ask: Ask) -> Modal | Answer:
        self.asks.append(ask)
        if self.failure is not None:
            raise self.failure
        return self.modal or self.answer

    async def snippets(self, typed: str, place: Place, agent: Agent) -> Sequence[SnippetChoice]:
        return [SnippetChoice("refund", f"Hi, {typed}")]

    async def times(self, typed: str) -> Sequence[TimeChoice]:
        return [TimeChoice("2h", f"{typed}2h · soon")]

    async def refusal(self, chat: ChatName, agent: Agent, door: Door) -> Answer | None:
        """Everybody is an agent here."""
        return None

    async def stores(self, place: Place, agent: Agent) -> Sequence[str]:
        return ["main", "second"]

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def texts(self) -> list[str]:
        return [said.text for said in self.of(Said)]


@dataclass
class Stage:
    """
    A practice Discord with a text channel and a forum, and the chat under test.

    Attributes:
        text, forum: The two channels that are served.
    """

    server: PracticeDiscord
    chat: DiscordChat
    text: ChannelId
    forum: ChannelId
    intake: Recorder = field(default_factory=Recorder)
    running: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Run the chat and wait until it is usable and has made its commands known."""
        self.intake.events.clear()
        running = asyncio.create_task(_run(self.chat, self.intake))
        self.running = running
        await until(lambda: "connected" in self.intake.events or running.done())
        if running.done():
            running.result()
        await until(lambda: "stats" in self.server.command_names())

    async def disconnect(self) -> None:
        """Cancel `run` and wait until it is over."""
        if self.running is not None:
            self.running.cancel()
            await asyncio.wait([self.running])
            self.running = None

    async def restart(self) -> None:
        """What a new process would be: a new chat on the same Discord."""
        await self.disconnect()
        await self.chat.aclose()
        self.chat = build(self.server, [self.text, self.forum])
        await self.connect()

    async def open(self, channel: ChannelId, **changes: Any) -> Opened:
        return await self.chat.open_thread(channel, card(**changes), KEY)

    async def told(self, count: int) -> list[Said]:
        """What was said, once it is so much."""
        await until(lambda: len(self.intake.of(Said)) >= count)
        return self.intake.of(Said)

    @property
    def client(self) -> Client:
        """discord.py inside the chat."""
        client = self.chat._account._client
        assert client is not None
        return client

    def requests(self, method: str, ending: str = "") -> list[Exchange]:
        """What the bot asked of Discord, by method and the end of the path."""
        return [e for e in self.server.http_server.seen if e.method == method and e.path.endswith(ending)]

    def shown(self, opened: Opened, channel: ChannelId) -> Any:
        """The card's embed as people see it."""
        where = opened.thread if channel == self.forum else channel
        return self.server.message(where, opened.card).embeds[0]


async def _run(chat: DiscordChat, intake: Recorder) -> None:
    await chat.run(intake)


@asynccontextmanager
async def stage(
    *,
    connected: bool = True,
    tags: Sequence[str] = (),
    require_tag: bool = False,
    **settings: Any,
) -> AsyncIterator[Stage]:
    """A stage whose every request and answer is held against Discord's own description."""
    server = PracticeDiscord(**{"speed": 20.0, **settings})
    server.http_server.observers.append(check_exchange)
    await server.start()
    text, forum = server.add_text_channel("support"), server.add_forum("tickets", tags, require_tag=require_tag)
    channels = ChannelId(str(text.id)), ChannelId(str(forum.id))
    here = Stage(server, build(server, channels), *channels)
    try:
        with patch.object(disappearance, "APART", disappearance.APART / 60):
            if connected:
                await here.connect()
            yield here
    finally:
        await here.disconnect()
        await here.chat.aclose()
        await server.stop()
    assert server.http_server.observer_errors == []


def build(server: PracticeDiscord, channels: Sequence[str], token: str = "") -> DiscordChat:
    return adapter.build(
        token=token or server.token,
        api_url=server.api_url,
        channels=frozenset(ChannelId(channel) for channel in channels),
        clock=ShortPausesClock(),
    )


def place(channel: ChannelId, opened: Opened | None = None) -> Place:
    return Place(chat=DISCORD, channel=channel, thread=None if opened is None else opened.thread)


def card(status: Status = Status.OPEN, **changes: Any) -> Card:
    verb, label = (Verb.CLOSE, "Close") if status is Status.OPEN else (Verb.REOPEN, "Reopen")
    fields: dict[str, Any] = {
        "number": TicketNumber(1042),
        "title": "#1042 · Jane · Key not working",
        "names": (changes.get("title", "#1042 · Jane · Key not working"), "#1042 · Jane", "#1042"),
        "store": "Main · Sellgate",
        "customer": Customer(name="Jane", email="jane@example.com"),
        "status": status,
        "status_text": status.value,
        "standing": Standing.CUSTOMER if status is Status.OPEN else Standing.CLOSED,
        "moment": None,
        "opening": "Hello, my key does not work. @everyone",
        "facts": (Fact("Order", "ord_1"),),
        "hint": "Reply here to answer.",
        "url": "https://dash.example.com/1042",
        "buttons": (Button(verb=verb, label=label, ticket=TicketNumber(1042)),),
    }
    return Card(**{**fields, **changes})


def post(text: str, voice: Voice = Voice.CUSTOMER, **more: Any) -> Post:
    return Post(voice=voice, name="" if voice is Voice.BELL else "Jane", text=text, **more)
