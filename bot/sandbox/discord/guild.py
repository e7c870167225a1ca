"""
Everything that can be done in the practice guild, by the bot or by people.

Permissions are checked by the caller: in `routes_*.py` for the bot and in `people.py` for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.sandbox.discord.gateway import GUILDS
from bot.sandbox.discord.message_requests import DiscordMessageRequest
from bot.sandbox.discord.messages import GuildMessages
from bot.sandbox.discord.refusals import DiscordRefusal
from bot.sandbox.discord.values import (
    HAS_THREAD,
    ChannelType,
    DiscordChannel,
    DiscordMessage,
    Member,
    MessageReference,
    MessageType,
    Place,
    Thread,
)


@dataclass(eq=False, slots=True)
class Guild(GuildMessages):
    """All actions: those on messages, which are inherited, and those on threads and channels."""

    def open_thread(
        self, owner: Member, parent: DiscordChannel, name: str, minutes: int, starter: DiscordMessage | None
    ) -> Thread:
        """
        Make a thread in a text channel, under a message or by itself.

        A thread under a message begins with a system message that points at that message. The parent channel gets a
        system message about the thread, unless the thread is under the channel's newest message.

        Raises:
            DiscordRefusal: 160004 the message has one, 160006 the guild is full.
        """
        if starter is not None and starter.id in self.state.threads:
            raise DiscordRefusal(160004)
        under_newest = starter is not None and starter.id == parent.last_message_id
        thread = self._new_thread(owner, parent, name, minutes, starter.id if starter else self.state.new_id())
        if starter is not None:
            starter.flags |= HAS_THREAD
            starter.thread_id = thread.id
            self.send_message_event("MESSAGE_UPDATE", starter)
            points_at = MessageReference(channel_id=parent.id, message_id=starter.id)
            self.add_system_message(owner, thread, MessageType.THREAD_STARTER, "", points_at)
        if not under_newest:
            self.add_system_message(
                owner, parent, MessageType.THREAD_CREATED, name, MessageReference(channel_id=thread.id)
            )
        return thread

    def open_post(
        self,
        owner: Member,
        forum: DiscordChannel,
        name: str,
        minutes: int,
        tags: Sequence[int],
        request: DiscordMessageRequest,
    ) -> tuple[Thread, DiscordMessage]:
        """
        Make a post in a forum; its first message has the thread's own id.

        Raises:
            DiscordRefusal: 50006 nothing to see, 160006 the guild is full.
        """
        if request.empty:
            raise DiscordRefusal(50006)
        thread = self._new_thread(owner, forum, name, minutes, self.state.new_id(), tags)
        return thread, self.say(owner, thread, request, message_id=thread.id)

    def rename(self, actor: Member, thread: Thread, name: str) -> None:
        """Rename a thread; Discord adds a system message about it."""
        thread.name = name
        self.add_system_message(actor, thread, MessageType.RENAMED, name, None)

    def remove_place(self, place: Place) -> None:
        """Delete a thread, or a channel with its threads."""
        if isinstance(place, Thread):
            kind = {"id": str(place.id), "parent_id": str(place.parent_id), "type": int(place.type)}
            self.send("THREAD_DELETE", kind | {"guild_id": str(self.state.guild_id)}, GUILDS, place)
        else:
            for thread in self.state.threads_of(place.id):
                self.state.forget_place(thread)
            self.send("CHANNEL_DELETE", self.serializer.channel(place), GUILDS, None)
        self.state.forget_place(place)

    def _new_thread(
        self, owner: Member, parent: DiscordChannel, name: str, minutes: int, thread_id: int, tags: Sequence[int] = ()
    ) -> Thread:
        self.refuse_if_full()
        now = self.state.now()
        thread = Thread(
            id=thread_id,
            parent_id=parent.id,
            owner_id=owner.id,
            name=name,
            created_at=now,
            archived_at=now,
            auto_archive_minutes=minutes,
            tags=list(tags),
        )
        self.state.threads[thread.id] = thread
        if parent.type is ChannelType.FORUM:
            parent.last_message_id = thread.id
        self.send("THREAD_CREATE", self.serializer.thread(thread) | {"newly_created": True}, GUILDS, thread)
        return thread
