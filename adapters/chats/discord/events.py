"""Events from the gateway, handed to the core one after the other."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from typing import Any, NoReturn

import discord
import structlog

from adapters.chats.discord import wording
from adapters.chats.discord.agents import Agents
from adapters.chats.discord.client import DELETION, MALFORMED, Account, Client
from adapters.chats.discord.connection import Connection
from adapters.chats.discord.deletions import Deletions
from adapters.chats.discord.failures import usable_answer
from adapters.chats.discord.reading import (
    DISCORD,
    attachments_of,
    is_content_hidden,
    is_from_person,
    place_of,
    said,
    text_of,
)
from adapters.chats.malformed import SHAPE_ERRORS
from adapters.chats.patrol import Patrol
from bot.errors import Forbidden, Gone, Rejected, RemoteError, Unavailable
from bot.model import ChannelId, ChatMessageId, Deleted, Edited, Place
from bot.ports import Intake
from bot.text.plain import plain
from bot.text.tree import formatting_of

_log = structlog.get_logger(__name__)

_FOR_THE_CORE = frozenset(
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
_MAY_OPEN_CHANNELS = frozenset(
    {"ready", "guild_available", "guild_join", "guild_channel_update", "guild_role_update", "member_update"}
)
"""After these we may be able to read a channel that we could not read before; `member_update` is about us only."""
_THREADS = (10, 11, 12)
"""Announcement, public and private threads, in https://discord.com/developers/docs/resources/channel#channel-object."""
_MOST_PARENTS = 1_000
"""Of so many archived threads the channel is remembered."""


class Events:
    """
    Takes every event when it is dispatched, and hands them to the core in that order.

    Args:
        deletions: Gets what the gateway says was deleted, before anybody believes it.
        served: The channels whose threads we listen to.
        patrol: Gets the id of each message that was handed over.

    Attributes:
        ready: Set when servers and their channels have become known.
    """

    def __init__(
        self,
        *,
        client: Client,
        account: Account,
        connection: Connection,
        intake: Intake,
        agents: Agents,
        deletions: Deletions,
        served: Collection[ChannelId],
        patrol: Patrol,
    ) -> None:
        self._client = client
        self._account = account
        self._connection = connection
        self._intake = intake
        self._agents = agents
        self._deletions = deletions
        self._served = served
        self._patrol = patrol
        self._readable: set[ChannelId] = set()
        self._parents: OrderedDict[int, int | None] = OrderedDict()
        self.ready = asyncio.Event()
        self._queue: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def take(self, event: str, args: tuple[Any, ...]) -> None:
        """
        Take one event; does not wait.

        "connect" is dispatched while READY is read, so `gap_possible` is called before any event of the new session. A
        resumption dispatches "resumed" instead, and has missed nothing.
        """
        if event == DELETION:
            self._deletions.take(args[0])
            return
        self._connection.on_event(event)
        if event == "ready" or (event in ("guild_available", "guild_join") and self._client.is_ready()):
            self.ready.set()
        if event in _MAY_OPEN_CHANNELS and self._can_read_more() and event != "ready" and self._client.is_ready():
            self._intake.gap_possible(DISCORD)
            self._queue.put_nowait(("ready", None))
        if event == MALFORMED and self._client.is_ready():
            self._intake.gap_possible(DISCORD)
            self._queue.put_nowait(("ready", None))
        if event == "connect":
            self._intake.gap_possible(DISCORD)
        elif event in _FOR_THE_CORE:
            self._queue.put_nowait((event, args[0] if args else None))

    def _can_read_more(self) -> bool:
        """Whether we can read a channel that we could not read before; events from that time are missing."""
        now = {channel for channel in self._served if self._can_read(channel)}
        before, self._readable = self._readable, now
        return bool(now - before)

    def _can_read(self, channel: ChannelId) -> bool:
        known = self._client.get_channel(int(channel))
        if not isinstance(known, discord.abc.GuildChannel):
            return False
        me: discord.Member | None = known.guild.me
        held = known.permissions_for(me) if me is not None else discord.Permissions.none()
        return held.view_channel and held.read_message_history

    async def deliver(self) -> NoReturn:
        """Hand over the events that were taken, without end; raises what the core raises."""
        while True:
            event, data = await self._queue.get()
            try:
                await self._deliver(event, data)
            finally:
                self._queue.task_done()

    async def finish(self) -> None:
        """Return when every event that was taken is handed over."""
        await self._queue.join()

    async def _deliver(self, event: str, data: Any) -> None:
        try:
            match event:
                case "ready":
                    await self._intake.connected(DISCORD)
                case "message":
                    await self._on_message(data)
                case "raw_message_edit":
                    await self._on_edit(data)
                case "raw_message_delete":
                    await self._on_delete(data.channel_id, [data.message_id])
                case "raw_bulk_message_delete":
                    await self._on_delete(data.channel_id, sorted(data.message_ids))
                case "raw_thread_delete":
                    await self._on_place_deleted(data.parent_id, data.thread_id)
                case "guild_channel_delete":
                    await self._on_place_deleted(data.id, None)
        except RemoteError as error:
            # We could not ask where it was written, so something may be missing: reading the threads finds it.
            _log.warning("discord event put off", what=event, reason=error.user_message)
            await self._read_threads()
        except SHAPE_ERRORS as error:
            self._account.malformed.add(event, error)
            await self._read_threads()

    async def _read_threads(self) -> None:
        self._intake.gap_possible(DISCORD)
        await self._intake.connected(DISCORD)

    async def _on_message(self, message: discord.Message) -> None:
        if not is_from_person(message):
            return
        # If the thread was deleted since, discord.py has forgotten it, but the message still holds it.
        thread = message.channel if isinstance(message.channel, discord.Thread) else None
        place = await self._place(message.channel.id, thread)
        if place is None:
            return
        if message.content or is_content_hidden(message):
            self._connection.text_missing = not message.content
        await self._intake.said(said(message, place, await self._agents.author(message, self._guild_of(place))))
        self._patrol.received(message.id)

    async def _on_edit(self, edit: discord.RawMessageUpdateEvent) -> None:
        message = edit.message
        # A link's preview also comes as an edit; only a person's own edit sets `edited_at`.
        if message.edited_at is None or not is_from_person(message) or is_content_hidden(message):
            return
        place = await self._place(edit.channel_id)
        if place is None:
            return
        text = text_of(message)
        await self._intake.edited(
            Edited(
                place=place,
                message=ChatMessageId(str(message.id)),
                agent=await self._agents.author(message, self._guild_of(place)),
                text=plain(text),
                edited_at=message.edited_at,
                formatted=formatting_of(text),
                attachments=attachments_of(message),
            )
        )

    async def _on_delete(self, channel: int, messages: list[int]) -> None:
        # In a text channel the cards are messages of the channel itself.
        place = place_of(channel) if str(channel) in self._served else await self._place(channel)
        if place is None:
            return
        for message in messages:
            await self._intake.deleted(Deleted(place=place, message=ChatMessageId(str(message))))

    async def _on_place_deleted(self, channel: int, thread: int | None) -> None:
        if str(channel) in self._served:
            await self._intake.place_deleted(place_of(channel, thread))

    async def _place(self, channel: int, thread: discord.Thread | None = None) -> Place | None:
        """The thread with this id, if it is in a channel that we serve; else None."""
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

    def _guild_of(self, place: Place) -> int:
        channel = self._client.get_channel(int(place.channel))
        if not isinstance(channel, discord.abc.GuildChannel):
            raise Unavailable(wording.SERVER_NOT_LISTED)
        return channel.guild.id

    async def _parent(self, channel: int) -> int | None:
        """
        The channel of a thread that discord.py does not know; it knows no archived ones. None: it is no thread.

        That never changes, so it is asked for once. All events wait meanwhile, and anybody can cause many: by deleting
        what they wrote in an archived thread.
        """
        if channel in self._parents:
            self._parents.move_to_end(channel)
            return self._parents[channel]
        try:
            data = await self._account.call("GET", "/channels/{channel_id}", channel_id=str(channel))
        except (Forbidden, Gone, Rejected):
            return None
        with usable_answer(wrote=False):
            parent = int(data["parent_id"]) if data["type"] in _THREADS else None
        self._parents[channel] = parent
        if len(self._parents) > _MOST_PARENTS:
            self._parents.popitem(last=False)
        return parent
