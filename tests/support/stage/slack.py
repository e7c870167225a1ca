"""A practice Slack with the adapter in it, as the scenario tests of the adapter use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from adapters.chats import disappearance
from adapters.chats.slack import SlackChat, manifest, missed_messages
from bot.clock import SystemClock
from bot.errors import RateLimited
from bot.model import (
    Agent,
    Answer,
    Ask,
    Button,
    Card,
    ChannelId,
    ChatMessageId,
    ChatName,
    Choice,
    Customer,
    Deleted,
    DeliveryKey,
    Door,
    Edited,
    Fact,
    Modal,
    Moment,
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
from bot.ports import Chat
from bot.sandbox.slack.rate_limits import SlackLimits
from bot.sandbox.slack.server import PracticeSlack
from bot.sandbox.slack.values import SlackApp, SlackChannel, SlackMessage, User
from tests.support.waiting import until

NASTY = "<!channel> <@U1> *bold* <https://evil.example|your bank> & `code` @everyone"

CARD = Card(
    number=TicketNumber(1042),
    title="#1042 · Jane · Key not working",
    names=("#1042 · Jane · Key not working", "#1042 · Jane", "#1042"),
    store="Main · Sellgate",
    customer=Customer(name="Jane", email="jane@x.example"),
    status=Status.OPEN,
    status_text="Open",
    standing=Standing.NEXT_ANSWER,
    moment=Moment("Waiting for us since", datetime(2026, 1, 5, 9, tzinfo=UTC)),
    opening="My key does not work",
    facts=(Fact("Order", "ord_xyz_789"),),
    hint="Reply in this thread to answer.",
    url="https://shop.example/tickets/1",
    buttons=(Button(verb=Verb.CLOSE, label="Close", ticket=TicketNumber(1042)),),
)
CLOSED = replace(
    CARD,
    status=Status.CLOSED,
    status_text="Closed",
    standing=Standing.NEXT_ANSWER,
    moment=Moment("Waiting for us since", datetime(2026, 1, 5, 9, tzinfo=UTC)),
    buttons=(Button(verb=Verb.REOPEN, label="Reopen", ticket=TicketNumber(1042)),),
)
POST = Post(voice=Voice.CUSTOMER, name="Jane", text="Hello")


def key(name: str) -> DeliveryKey:
    return DeliveryKey(f"k-{name}")


@dataclass
class Recording:
    """An intake that writes down what it is brought, and can be told to fail or to take its time."""

    seen: list[Said | Edited | Deleted | Place] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    homes: list[tuple[Agent, Answer | None]] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    failures: int = 0
    patience: float = 0.0
    answer: Answer = field(default_factory=lambda: Answer(text="Done."))
    modal: Modal | None = None

    def gap_possible(self, chat: ChatName) -> None:
        self.story.append("gap_possible")

    async def connected(self, chat: ChatName) -> None:
        self.story.append("connected")

    async def said(self, said: Said) -> bool:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        self.story.append("said")
        self.seen.append(said)
        return True

    async def edited(self, edited: Edited) -> None:
        self.seen.append(edited)

    async def deleted(self, deleted: Deleted) -> None:
        self.seen.append(deleted)

    async def place_deleted(self, place: Place) -> None:
        self.seen.append(place)

    async def channel_unreadable(self, place: Place, told: str) -> None:
        self.story.append(f"unreadable {place.channel}: {told}")

    async def ask(self, ask: Ask) -> Answer:
        await asyncio.sleep(self.patience)
        self.asks.append(ask)
        return self.answer

    async def home_opened(self, chat: ChatName, agent: Agent, answer: Answer | None = None) -> None:
        self.homes.append((agent, answer))

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        return [Choice(TicketNumber(1042), f"#1042 · {verb.value} · {typed}")]

    async def form(self, ask: Ask) -> Modal | Answer:
        await asyncio.sleep(self.patience)
        self.asks.append(ask)
        return self.modal or self.answer

    async def snippets(self, typed: str, place: Place, agent: Agent) -> Sequence[SnippetChoice]:
        return [SnippetChoice("refund", f"Hi, {typed}")]

    async def times(self, typed: str) -> Sequence[TimeChoice]:
        return [TimeChoice("2h", f"{typed}2h · soon")]

    async def refusal(self, chat: ChatName, agent: Agent, door: Door) -> Answer | None:
        """Everybody is an agent here."""
        return None

    async def stores(self, place: Place, agent: Agent) -> Sequence[str]:
        return ["main"]

    @property
    def said_texts(self) -> list[str]:
        return [each.text for each in self.seen if isinstance(each, Said)]


@dataclass
class Scene:
    """A workspace with a channel, two people in it, the adapter and its intake."""

    slack: PracticeSlack
    chat: Chat
    intake: Recording
    channel: SlackChannel
    anna: User
    bob: User
    running: asyncio.Task[None] | None = None

    @property
    def id(self) -> ChannelId:
        return ChannelId(self.channel.id)

    async def start(self) -> None:
        self.running = asyncio.create_task(self.chat.run(self.intake))
        await until(lambda: self.running is not None and (self.running.done() or "connected" in self.intake.story))
        if self.running.done():
            await self.running

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)
            self.running = None

    async def renew(self, **rest: Any) -> None:
        """Another process: a new adapter and a new intake, the same workspace."""
        await self.stop()
        await self.chat.aclose()
        self.chat, self.intake = chat_for(self.slack, [self.channel.id], **rest), Recording()

    async def say(self, place: Place, post: Post, name: str, part: int = 0) -> ChatMessageId:
        """Post, and wait where the channel's pace wants it."""
        while True:
            try:
                return await self.chat.post(place, post, part, key(name))
            except RateLimited as limited:
                await asyncio.sleep(limited.retry_after or 0)

    async def open(self, name: str = "card") -> tuple[Opened, Place]:
        opened = await self.chat.open_thread(self.id, CARD, key(name))
        return opened, Place(chat=self.chat.name, channel=self.id, thread=opened.thread)

    def top(self, opened: Opened) -> SlackMessage:
        return self.slack.thread(self.channel, opened.thread)[0]

    def calls(self, method: str) -> int:
        return sum(exchange.path.endswith(f"/{method}") for exchange in self.slack.http_server.seen)


def chat_for(slack: PracticeSlack, channels: Sequence[str], **rest: Any) -> SlackChat:
    settings = {"bot_token": slack.bot_token, "app_token": slack.app_token, "api_url": slack.api_url}
    return SlackChat(
        **(settings | rest),
        clock=SystemClock(),
        channels=frozenset(ChannelId(channel) for channel in channels),
    )


@asynccontextmanager
async def scene(
    *, app: SlackApp | None = None, limits: SlackLimits | None = None, start: bool = True, **rest: Any
) -> AsyncIterator[Scene]:
    """Set everything up as the manifest says, and take it down so that nothing is left running."""
    slack = PracticeSlack(app=app or SlackApp.from_manifest(manifest.app()), limits=limits or SlackLimits())
    await slack.start()
    anna, bob = slack.add_user("anna", display_name="Anna"), slack.add_user("bob", display_name="Bob")
    channel = slack.add_channel("support", [anna, bob])
    stage = Scene(slack, chat_for(slack, [channel.id], **rest), Recording(), channel, anna, bob)
    apart = disappearance.APART / 60
    try:
        with patch.object(disappearance, "APART", apart), patch.object(missed_messages, "APART", 1.1 * apart):
            if start:
                await stage.start()
            yield stage
    finally:
        await stage.stop()
        await stage.chat.aclose()
        await slack.stop()
        left = [task for task in asyncio.all_tasks() if "adapters/chats" in repr(task)]
        assert not left
    assert not slack.http_server.observer_errors
