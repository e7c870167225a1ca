"""Discord as the core sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import datetime
from typing import Any, NoReturn

import discord
import structlog

from adapters.chats.discord import checks, commands, messages, wording
from adapters.chats.discord.card import NAME_LENGTH, NOBODY, Json, card_message
from adapters.chats.discord.client import Client, Connection
from adapters.chats.discord.connection import Gateway
from adapters.chats.discord.events import Hearing
from adapters.chats.discord.failures import (
    ARCHIVED,
    REACTIONS_BLOCKED,
    UNKNOWN_EMOJI,
    UNKNOWN_MESSAGE,
    code_of,
)
from adapters.chats.discord.history import Missed, reread
from adapters.chats.discord.markup import cut_escaped, cut_line
from adapters.chats.discord.reading import DISCORD, Agents
from adapters.chats.discord.recent_messages import StandingInDiscord
from adapters.chats.discord.threads import Threads
from adapters.chats.echo import Echo
from adapters.chats.patrol import Patrol
from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected, RemoteError
from bot.model import (
    Agent,
    Attachment,
    Card,
    ChannelId,
    ChatMessageId,
    ChatName,
    Cursor,
    DeliveryKey,
    Finding,
    Mark,
    Opened,
    Place,
    Post,
    Said,
)
from bot.ports import ChatHealth, Intake

_log = structlog.get_logger(__name__)

_CONTENT = 2000
_AROUND = 100
"""Room for what stands around a private word."""
_FINISH_SECONDS = 3.0
_PUBLISH_AGAIN_SECONDS = 60.0


class Discord:
    """
    Implements `bot.ports.Chat` with discord.py.

    Args:
        token: The bot's.
        api_url: REST base; the gateway's address is taken from that server. None: Discord's own.
        agent_roles: Ids of roles that may reply and run commands; empty: everybody who can write in the channel.
        channels: Ids of the channels that are served; nothing outside them and their threads is listened to.
        clock: For waiting and for when something was last heard.
    """

    name: ChatName = DISCORD
    label = "Discord"

    def __init__(
        self,
        *,
        token: str,
        api_url: str | None,
        agent_roles: frozenset[str],
        channels: frozenset[ChannelId],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._channels = channels
        self._agents = Agents(agent_roles)
        self._asking = commands.Asking(self._agents)
        self._connection = Connection(
            token=token, api_url=api_url, clock=clock, heard=self._heard, prepare=self._prepare
        )
        self._echo = Echo(clock)
        self._threads = Threads(self._connection)
        standing = StandingInDiscord(self._connection, self._threads, self._agents, channels)
        self._patrol = Patrol(DISCORD, standing, clock, self._connection.their_clock)
        self._gateway = Gateway(connection=self._connection, clock=clock, echo=self._echo, patrol=self._patrol)
        self._intake: Intake | None = None

    def _heard(self, kind: str | None) -> None:
        self._gateway.heard(kind)

    def _prepare(self, client: Client) -> None:
        commands.install(client, self._asking)

    def typable(self, beginning: str) -> bool:  # noqa: ARG002 - Discord sends what is no command as it stands
        return True

    # ------------------------------------------------------------ listening

    async def run(self, intake: Intake) -> NoReturn:
        """See the port. What has arrived is still handed over after the cancellation, for three seconds at most."""
        self._intake = intake
        self._asking.serve(intake)
        client = await self._gateway.client()
        hearing = Hearing(
            client=client,
            connection=self._connection,
            gateway=self._gateway,
            intake=intake,
            agents=self._agents,
            served=self._channels,
            patrol=self._patrol,
        )
        client.arrived = hearing.arrived
        listening = asyncio.create_task(self._gateway.listen(intake), name="discord gateway")
        bringing = asyncio.create_task(hearing.bring(), name="discord events")
        publishing = asyncio.create_task(self._publish(client, hearing.ready), name="discord commands")
        try:
            done, _ = await asyncio.wait((listening, bringing, publishing), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _ended(listening, publishing)
            client.arrived = None
            if not bringing.done():
                await _at_most(_FINISH_SECONDS, hearing.finish())
            await _ended(bringing)
            await self._asking.finish()
        raise RuntimeError("the tasks of a connection only end by raising")

    async def _publish(self, client: Client, ready: asyncio.Event) -> NoReturn:
        """After each login, make the servers of our channels offer the commands."""
        while True:
            await ready.wait()
            ready.clear()
            found = [client.get_channel(int(channel)) for channel in self._channels]
            for guild in {channel.guild.id for channel in found if isinstance(channel, discord.abc.GuildChannel)}:
                try:
                    if await commands.publish(self._connection, guild):
                        _log.info("discord commands published", server=guild)
                except RemoteError as error:
                    _log.warning("discord commands not published", server=guild, reason=error.told)
                    if error.again:
                        await self._clock.sleep(error.retry_after or _PUBLISH_AGAIN_SECONDS)
                        ready.set()

    def health(self) -> ChatHealth:
        return self._gateway.health()

    def now(self) -> datetime | None:
        return self._connection.their_clock.now()

    def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        heard = self._patrol.heard
        return Missed(self._connection, self._threads, self._agents, heard, self._intake).read(cursors)

    async def reread(self, place: Place, message: ChatMessageId) -> str | None:
        return await reread(self._connection, self._threads, place, message)

    # ------------------------------------------------------------ saying

    def parts(self, post: Post) -> int:
        return messages.parts(post)

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        with self._echo.speaking():
            return await self._post(place, post, part, key)

    async def _post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        message = messages.post_message(post, part, key)
        if place.thread is None:
            where = await self._threads.channel(place.channel)
            if isinstance(where, discord.ForumChannel):
                # Nothing can be said in a forum itself.
                name = cut_line(post.text, NAME_LENGTH) or self.label
                return ChatMessageId(await self._threads.open_post(where, name, message))
        said = await self._say(place, {**message, "nonce": key, "enforce_nonce": True})
        return ChatMessageId(said["id"])

    async def _say(self, place: Place, message: Json) -> Json:
        """Discord itself opens an archived thread for a message, unless it is locked besides."""
        try:
            return await self._send(place, message)
        except Rejected as error:
            if code_of(error) != ARCHIVED or place.thread is None:
                raise
        await self._threads.set_thread(place, archived=False)
        return await self._send(place, message)

    async def _send(self, place: Place, message: Json) -> Json:
        async def send() -> Json:
            said: Json = await self._connection.call(
                "POST",
                "/channels/{channel_id}/messages",
                channel_id=place.thread or place.channel,
                json=message,
                permission="Send Messages in Threads" if place.thread else "Send Messages",
            )
            return said

        return await self._threads.with_room(place.channel, send) if place.thread else await send()

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        found: str | None = None
        where = await self._threads.readable(place.channel)
        if isinstance(where, discord.ForumChannel) and place.thread is None:
            found = await self._threads.find_forum_post(where, key, after)
        else:
            found = await self._threads.find_message(place.thread or place.channel, key, after)
        return None if found is None else ChatMessageId(found)

    async def tell(self, place: Place, agent: Agent, text: str) -> None:
        """
        By direct message; where the agent takes none, in the thread with their name and without a ping.

        Discord has nothing that only one person sees, except as an answer to a command.
        """
        words = cut_escaped(text, _CONTENT - _AROUND)
        privately = wording.IN_THREAD.format(thread=f"<#{place.thread or place.channel}>", text=words)
        try:
            channel = await self._connection.call("POST", "/users/@me/channels", json={"recipient_id": agent.id})
            await self._say(
                Place(chat=DISCORD, channel=ChannelId(channel["id"])),
                {"content": privately, "allowed_mentions": NOBODY},
            )
        except (Forbidden, Gone, Rejected):
            await self._say(place, {"content": f"<@{agent.id}> {words}", "allowed_mentions": NOBODY})

    async def download(self, attachment: Attachment) -> bytes:
        """See the port. The address has to be a fresh one: Discord signs it for about a day."""
        if attachment.url is None:
            raise Gone(wording.FILE_GONE)
        return await self._connection.download(attachment.url)

    # ------------------------------------------------------------ threads, cards and marks

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        with self._echo.speaking():
            return await self._threads.open_thread(channel, card, key)

    async def find_thread(
        self, channel: ChannelId, card: Card, key: DeliveryKey, after: ChatMessageId | None
    ) -> Opened | None:
        return await self._threads.find_thread(channel, card, key, after)

    async def render_card(self, place: Place, opened: Opened, card: Card) -> bool:
        return await self._threads.render_card(place, opened, card)

    async def post_card(self, place: Place, card: Card, key: DeliveryKey) -> ChatMessageId:
        with self._echo.speaking():
            said = await self._say(place, {**card_message(card, key), "nonce": key, "enforce_nonce": True})
        return ChatMessageId(said["id"])

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        """A deleted message, or an author who has blocked the bot, leaves nothing to be done."""
        channel = place.thread or place.channel
        try:
            await self._react(channel, message, mark, was)
        except Rejected as error:
            if code_of(error) == REACTIONS_BLOCKED:
                return
            if code_of(error) != ARCHIVED:
                raise
            await self._threads.set_thread(place, archived=False)
            await self._react(channel, message, mark, was)
            await self._threads.set_thread(place, archived=True)

    async def _react(self, channel: str, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        path = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"
        wanted = [("PUT", mark)] if mark else []
        wanted += [("DELETE", was)] if was and was is not mark else []
        for method, emoji in wanted:
            try:
                await self._connection.call(
                    method,
                    path,
                    channel_id=channel,
                    message_id=message,
                    emoji=emoji.value,
                    permission="Add Reactions",
                )
            except Gone as error:
                if code_of(error) not in (UNKNOWN_MESSAGE, UNKNOWN_EMOJI):
                    raise

    # ------------------------------------------------------------ the rest

    async def check(self, channels: Sequence[ChannelId]) -> Sequence[Finding]:
        return await checks.check(self._connection, channels)

    async def aclose(self) -> None:
        await self._connection.close()


async def _ended(*tasks: asyncio.Task[NoReturn]) -> None:
    """Cancel tasks and wait until they are over; what one of them failed with is raised by whoever waits for it."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _at_most(seconds: float, waiting: Coroutine[Any, Any, None]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await waiting
    except TimeoutError:
        _log.warning("discord events left behind")
