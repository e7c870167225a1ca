"""What comes in by the gateway, brought to the core one after the other."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

import discord
import structlog

from adapters.chats.discord.client import Client, Connection
from adapters.chats.discord.connection import Gateway
from adapters.chats.discord.reading import DISCORD, Agents, by_person, kept_from_us, place_of, said, text_of
from adapters.chats.patrol import Patrol
from bot.errors import Forbidden, Gone, Rejected, RemoteError
from bot.model import ChannelId, ChatMessageId, Deleted, Edited, Place
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_HEARD = frozenset(
    {
        "ready",
        "message",
        "raw_message_edit",
        "raw_message_delete",
        "raw_bulk_message_delete",
        "raw_thread_delete",
        "guild_channel_delete",
    }
)
_MAY_BE_READABLE = frozenset(
    {"ready", "guild_available", "guild_join", "guild_channel_update", "guild_role_update", "member_update"}
)
"""After these a channel may be open to us that was not; `member_update` comes for ourselves only."""
_THREADS = (10, 11, 12)
"""Announcement, public and private threads, in https://discord.com/developers/docs/resources/channel#channel-object."""


class Hearing:
    """
    Takes every event at the moment of its dispatch and hands them to the core in that order.

    Args:
        served: The channels whose threads are listened to.
        patrol: Is told of each message that is brought.

    Attributes:
        ready: Set when servers and their channels have become known.
    """

    def __init__(
        self,
        *,
        client: Client,
        connection: Connection,
        gateway: Gateway,
        intake: Intake,
        agents: Agents,
        served: frozenset[ChannelId],
        patrol: Patrol,
    ) -> None:
        self._client = client
        self._connection = connection
        self._gateway = gateway
        self._intake = intake
        self._agents = agents
        self._served = served
        self._patrol = patrol
        self._readable: set[ChannelId] = set()
        self.ready = asyncio.Event()
        self._events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def arrived(self, event: str, args: tuple[Any, ...]) -> None:
        """
        Take one event; does not wait.

        "connect" is dispatched while READY is read, so `blind` is called before any event of the new session; a
        resumption dispatches "resumed" instead and has missed nothing.
        """
        self._gateway.noted(event)
        if event == "ready" or (event in ("guild_available", "guild_join") and self._client.is_ready()):
            self.ready.set()
        if event in _MAY_BE_READABLE and self._sees_more() and event != "ready" and self._client.is_ready():
            self._intake.blind(DISCORD)
            self._events.put_nowait(("ready", None))
        if event == "connect":
            self._intake.blind(DISCORD)
        elif event in _HEARD:
            self._events.put_nowait((event, args[0] if args else None))

    def _sees_more(self) -> bool:
        """Whether a channel can be read that could not be; what was said there meanwhile was told to nobody."""
        now = {channel for channel in self._served if self._may_read(channel)}
        before, self._readable = self._readable, now
        return bool(now - before)

    def _may_read(self, channel: ChannelId) -> bool:
        known = self._client.get_channel(int(channel))
        if not isinstance(known, discord.abc.GuildChannel):
            return False
        me: discord.Member | None = known.guild.me
        held = known.permissions_for(me) if me is not None else discord.Permissions.none()
        return held.view_channel and held.read_message_history

    async def bring(self) -> NoReturn:
        """Hand over what has arrived, for ever; raises what the core raises."""
        while True:
            event, what = await self._events.get()
            try:
                await self._bring(event, what)
            finally:
                self._events.task_done()

    async def finish(self) -> None:
        """Return when everything that has arrived is handed over."""
        await self._events.join()

    async def _bring(self, event: str, what: Any) -> None:
        try:
            match event:
                case "ready":
                    await self._intake.sighted(DISCORD)
                case "message":
                    await self._said(what)
                case "raw_message_edit":
                    await self._edited(what)
                case "raw_message_delete":
                    await self._deleted(what.channel_id, [what.message_id])
                case "raw_bulk_message_delete":
                    await self._deleted(what.channel_id, sorted(what.message_ids))
                case "raw_thread_delete":
                    await self._vanished(what.parent_id, what.thread_id)
                case "guild_channel_delete":
                    await self._vanished(what.id, None)
        except RemoteError as error:
            # Where it was said could not be learned, so something may be missed: what is read later will bring it.
            _log.warning("discord event put off", what=event, reason=error.told)
            self._intake.blind(DISCORD)
            await self._intake.sighted(DISCORD)

    async def _said(self, message: discord.Message) -> None:
        if not by_person(message):
            return
        # Where the thread was deleted since, discord.py has forgotten it, but the message has not.
        thread = message.channel if isinstance(message.channel, discord.Thread) else None
        place = await self._place(message.channel.id, thread)
        if place is None:
            return
        if message.content or kept_from_us(message):
            self._gateway.deaf = not message.content
        await self._intake.said(said(message, place, self._agents.agent(message.author)))
        self._patrol.heard(message.id)

    async def _edited(self, edit: discord.RawMessageUpdateEvent) -> None:
        message = edit.message
        # A link's preview arrives as an edit, too; only a person's own edit sets the time of it.
        if message.edited_at is None or not by_person(message) or kept_from_us(message):
            return
        place = await self._place(edit.channel_id)
        if place is None:
            return
        await self._intake.edited(
            Edited(
                place=place,
                message=ChatMessageId(str(message.id)),
                agent=self._agents.agent(message.author),
                text=text_of(message),
            )
        )

    async def _deleted(self, channel: int, messages: list[int]) -> None:
        # In a text channel the cards stand in the channel itself.
        place = place_of(channel) if str(channel) in self._served else await self._place(channel)
        if place is None:
            return
        for message in messages:
            await self._intake.deleted(Deleted(place=place, message=ChatMessageId(str(message))))

    async def _vanished(self, channel: int, thread: int | None) -> None:
        if str(channel) in self._served:
            await self._intake.vanished(place_of(channel, thread))

    async def _place(self, channel: int, thread: discord.Thread | None = None) -> Place | None:
        """The thread of a channel we serve that this is; None: it is something else."""
        known = thread or self._client.get_channel(channel)
        if isinstance(known, discord.Thread):
            parent = known.parent_id
        elif known is not None:
            return None
        else:
            found = await self._parent(channel)
            if found is None:
                return None
            parent = found
        return place_of(parent, channel) if str(parent) in self._served else None

    async def _parent(self, channel: int) -> int | None:
        """The channel above a thread that discord.py does not hold, as it holds no archived ones."""
        try:
            data = await self._connection.call("GET", "/channels/{channel_id}", channel_id=str(channel))
        except (Forbidden, Gone, Rejected):
            return None
        return int(data["parent_id"]) if data["type"] in _THREADS else None
