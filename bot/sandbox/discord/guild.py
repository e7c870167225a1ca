"""
Everything that can happen in the practice guild, whoever does it.

Permissions of the one who acts are checked before: by `rest_*.py` for the bot and by `people.py` for people.
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
    """All acts: those on messages, and these on threads and channels."""

    def open_thread(
        self, owner: Member, parent: DiscordChannel, name: str, minutes: int, starter: DiscordMessage | None
    ) -> Thread:
        """
        Make a thread in a text channel, under a message or by itself.

        A thread under a message begins with a message of Discord's own that points at it. In the parent channel
        Discord says that there is a thread, unless it hangs under that channel's newest message.

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
            self.tell_message("MESSAGE_UPDATE", starter)
            points_at = MessageReference(channel_id=parent.id, message_id=starter.id)
            self.by_discord(owner, thread, MessageType.THREAD_STARTER, "", points_at)
        if not under_newest:
            self.by_discord(owner, parent, MessageType.THREAD_CREATED, name, MessageReference(channel_id=thread.id))
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
        """Rename a thread; Discord itself says so in it."""
        thread.name = name
        self.by_discord(actor, thread, MessageType.RENAMED, name, None)

    def remove_place(self, place: Place) -> None:
        """Delete a thread, or a channel with its threads."""
        if isinstance(place, Thread):
            kind = {"id": str(place.id), "parent_id": str(place.parent_id), "type": int(place.type)}
            self.tell("THREAD_DELETE", kind | {"guild_id": str(self.state.guild_id)}, GUILDS, place)
        else:
            for thread in self.state.threads_of(place.id):
                self.state.forget_place(thread)
            self.tell("CHANNEL_DELETE", self.serializer.channel(place), GUILDS, None)
        self.state.forget_place(place)

    def _new_thread(
        self, owner: Member, parent: DiscordChannel, name: str, minutes: int, thread_id: int, tags: Sequence[int] = ()
    ) -> Thread:
        self.refuse_full()
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
        self.tell("THREAD_CREATE", self.serializer.thread(thread) | {"newly_created": True}, GUILDS, thread)
        return thread
