"""Discord as the core sees it: the port `Chat`, put together from the other modules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from datetime import datetime
from typing import Any, BinaryIO, NoReturn

import discord
import structlog

from adapters.chats.discord import checks, messages
from adapters.chats.discord.agents import Agents
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Account, Client
from adapters.chats.discord.commands import Commands
from adapters.chats.discord.connection import Connection
from adapters.chats.discord.deletions import Deletions
from adapters.chats.discord.delivery_limits import limit_of
from adapters.chats.discord.events import Events
from adapters.chats.discord.history import History
from adapters.chats.discord.missed_messages import MissedMessages
from adapters.chats.discord.posting import Posting
from adapters.chats.discord.publishing import publish
from adapters.chats.discord.reading import DISCORD
from adapters.chats.discord.recent_messages import RecentMessageReader
from adapters.chats.discord.threads import Threads
from adapters.chats.echo import Echo
from adapters.chats.patrol import Patrol
from bot.clock import Clock
from bot.errors import RemoteError
from bot.model import (
    Agent,
    Answer,
    Attachment,
    Card,
    ChannelId,
    ChatMessageId,
    ChatName,
    Cursor,
    DeliveryKey,
    Finding,
    Kind,
    Mark,
    Mention,
    Opened,
    Place,
    Post,
    Said,
)
from bot.ports import ChatHealth, Intake, Limit

_log = structlog.get_logger(__name__)

_FINISH_SECONDS = 3.0
_PUBLISH_AGAIN_SECONDS = 60.0


class DiscordChat:
    """
    Implements `bot.ports.Chat` with discord.py.

    Args:
        token: The bot's.
        api_url: REST base; the gateway's address is taken from that server. None: Discord's own.
        channels: Ids of the channels that we serve; nothing outside them and their threads is listened to.
        clock: For waiting, and for the times in `health`.
    """

    name: ChatName = DISCORD
    label = "Discord"

    def __init__(
        self,
        *,
        token: str,
        api_url: str | None,
        channels: frozenset[ChannelId],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._served = set(channels)
        self._account = Account(
            token=token, api_url=api_url, clock=clock, on_frame=self._on_frame, prepare=self._prepare
        )
        self._echo = Echo(clock)
        looked_up = self._channels = Channels(self._account)
        self._agents = Agents(self._account, looked_up, clock)
        self._commands = Commands(self._agents)
        reader = RecentMessageReader(self._account, looked_up, self._agents, self._served)
        self._patrol = Patrol(DISCORD, reader, clock, self._account.their_clock)
        self._history = History(self._account, looked_up, self._agents)
        self._threads = Threads(self._account, looked_up, self._history)
        self._posting = Posting(self._account, looked_up, self._threads, self._echo)
        self._connection = Connection(account=self._account, clock=clock, echo=self._echo, patrol=self._patrol)
        self._intake: Intake | None = None

    def _on_frame(self, event: str | None) -> None:
        self._connection.on_frame(event)

    def _prepare(self, client: Client) -> None:
        self._commands.register(client)

    def typable(self, beginning: str) -> bool:  # noqa: ARG002 - Discord sends unknown commands as plain messages
        return True

    def address(self, place: Place) -> str:
        server = self._account.server_of(place.channel)
        return f"https://discord.com/channels/{server}/{place.thread or place.channel}" if server else ""

    # ------------------------------------------------------------ what people do

    def listen_in(self, channels: Collection[ChannelId]) -> None:
        self._served.update(channels)

    async def run(self, intake: Intake) -> NoReturn:
        """See the port. After the cancellation, events that have arrived are handed over for three more seconds."""
        self._intake = intake
        self._commands.serve(intake)
        client = await self._connection.client()
        deletions = Deletions(self._account, client, self._served)
        events = Events(
            client=client,
            account=self._account,
            connection=self._connection,
            intake=intake,
            agents=self._agents,
            deletions=deletions,
            served=self._served,
            patrol=self._patrol,
        )
        client.listener = events.take
        listening = asyncio.create_task(self._connection.listen(intake), name="discord connection")
        delivering = asyncio.create_task(events.deliver(), name="discord events")
        publishing = asyncio.create_task(self._publish(client, events.ready), name="discord commands")
        try:
            done, _ = await asyncio.wait((listening, delivering, publishing), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _cancelled(listening, publishing)
            client.listener = None
            await deletions.aclose()
            if not delivering.done():
                await _at_most(_FINISH_SECONDS, events.finish())
            await _cancelled(delivering)
            await self._commands.finish()
        raise RuntimeError("the tasks of a connection only end by raising")

    async def _publish(self, client: Client, ready: asyncio.Event) -> NoReturn:
        """After each login, make the servers of our channels offer the commands."""
        while True:
            await ready.wait()
            ready.clear()
            found = [client.get_channel(int(channel)) for channel in self._served]
            for guild in {channel.guild.id for channel in found if isinstance(channel, discord.abc.GuildChannel)}:
                try:
                    if await publish(self._account, guild):
                        _log.info("discord commands published", server=guild)
                except RemoteError as error:
                    _log.warning("discord commands not published", server=guild, reason=error.user_message)
                    if error.retryable:
                        await self._clock.sleep(error.retry_after or _PUBLISH_AGAIN_SECONDS)
                        ready.set()

    def health(self) -> ChatHealth:
        return self._connection.health()

    def now(self) -> datetime | None:
        return self._account.their_clock.now()

    def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        reading = MissedMessages(self._account, self._channels, self._agents, self._patrol, self._intake)
        return reading.read(cursors)

    async def writable(self, agent: Agent, places: Collection[Place], *, wrote: bool = False) -> frozenset[Place]:
        return await self._agents.writable(agent, places, wrote=wrote)

    async def known_at(self, agent: Agent, place: Place) -> Agent:
        return await self._agents.known_at(agent, place)

    async def reread(self, place: Place, message: ChatMessageId) -> Said | None:
        return await self._history.reread(place, message)

    async def download(self, attachment: Attachment, target: BinaryIO) -> None:
        """See the port. The address must be fresh: Discord signs it for about a day."""
        await self._account.download(attachment, target)

    # ------------------------------------------------------------ what we post

    def parts(self, post: Post) -> int:
        return messages.parts(post)

    def limit(self, kind: Kind, place: Place) -> Limit:
        return limit_of(self._account.limits, kind, place)

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        return await self._posting.post(place, post, part, key)

    async def edit_post(self, place: Place, message: ChatMessageId, post: Post, part: int, key: DeliveryKey) -> None:
        await self._posting.edit_post(place, message, post, part, key)

    def time_of(self, message: ChatMessageId) -> datetime:
        return discord.utils.snowflake_time(int(message))

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        return await self._history.find_post(place, key, after)

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        with self._echo.sending():
            return await self._threads.open_thread(channel, card, key)

    async def find_thread(
        self, channel: ChannelId, card: Card, key: DeliveryKey, after: ChatMessageId | None
    ) -> Opened | None:
        return await self._threads.find_thread(channel, card, key, after)

    async def render_card(self, place: Place, opened: Opened, card: Card) -> bool:
        return await self._threads.render_card(place, opened, card)

    async def post_card(self, place: Place, card: Card, key: DeliveryKey) -> ChatMessageId:
        return await self._posting.post_card(place, card, key)

    async def erase(self, place: Place, message: ChatMessageId, text: str) -> None:
        await self._posting.erase(place, message, text)

    async def rename_thread(self, place: Place, card: Card) -> None:
        await self._threads.rename(place, card)

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        await self._posting.mark(place, message, mark, was)

    async def tell(self, place: Place, agent: Agent, answer: Answer) -> None:
        await self._posting.tell(place, agent, answer)

    # ------------------------------------------------------------ the rest

    async def check(
        self,
        channels: Sequence[ChannelId],
        pings: Sequence[tuple[ChannelId, Mention]] = (),
        agents: Collection[str] = (),
    ) -> Sequence[Finding]:
        return await checks.check(self._account, channels, pings, agents)

    async def aclose(self) -> None:
        await self._account.aclose()


async def _cancelled(*tasks: asyncio.Task[NoReturn]) -> None:
    """Cancel tasks and wait until they are over; their errors are raised to whoever waits for them."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _at_most(seconds: float, waiting: Coroutine[Any, Any, None]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await waiting
    except TimeoutError:
        _log.warning("discord events not handed over in time")
