"""
Everything that can happen in the practice guild, whoever does it.

Permissions of the one who acts are checked before: by `rest_*.py` for the bot and by `people.py` for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.sandbox.discord.gateway import GUILDS
from bot.sandbox.discord.message_requests import Draft
from bot.sandbox.discord.messages import Talk
from bot.sandbox.discord.refusals import Refusal
from bot.sandbox.discord.values import HAS_THREAD, Channel, Kind, Member, Message, Place, Reference, Sort, Thread


@dataclass(eq=False, slots=True)
class Guild(Talk):
    """All acts: those on messages, and these on threads and channels."""

    def open_thread(self, owner: Member, parent: Channel, name: str, minutes: int, starter: Message | None) -> Thread:
        """
        Make a thread in a text channel, under a message or by itself.

        A thread under a message begins with a message of Discord's own that points at it. In the parent channel
        Discord says that there is a thread, unless it hangs under that channel's newest message.

        Raises:
            Refusal: 160004 the message has one, 160006 the guild is full.
        """
        if starter is not None and starter.id in self.world.threads:
            raise Refusal(160004)
        under_newest = starter is not None and starter.id == parent.last_message_id
        thread = self._new_thread(owner, parent, name, minutes, starter.id if starter else self.world.new_id())
        if starter is not None:
            starter.flags |= HAS_THREAD
            starter.thread_id = thread.id
            self.tell_message("MESSAGE_UPDATE", starter)
            points_at = Reference(channel_id=parent.id, message_id=starter.id)
            self.by_discord(owner, thread, Sort.THREAD_STARTER, "", points_at)
        if not under_newest:
            self.by_discord(owner, parent, Sort.THREAD_CREATED, name, Reference(channel_id=thread.id))
        return thread

    def open_post(
        self, owner: Member, forum: Channel, name: str, minutes: int, tags: Sequence[int], draft: Draft
    ) -> tuple[Thread, Message]:
        """
        Make a post in a forum; its first message has the thread's own id.

        Raises:
            Refusal: 50006 nothing to see, 160006 the guild is full.
        """
        if draft.empty:
            raise Refusal(50006)
        thread = self._new_thread(owner, forum, name, minutes, self.world.new_id(), tags)
        return thread, self.say(owner, thread, draft, message_id=thread.id)

    def rename(self, actor: Member, thread: Thread, name: str) -> None:
        """Rename a thread; Discord itself says so in it."""
        thread.name = name
        self.by_discord(actor, thread, Sort.RENAMED, name, None)

    def remove_place(self, place: Place) -> None:
        """Delete a thread, or a channel with its threads."""
        if isinstance(place, Thread):
            kind = {"id": str(place.id), "parent_id": str(place.parent_id), "type": int(place.kind)}
            self.tell("THREAD_DELETE", kind | {"guild_id": str(self.world.guild_id)}, GUILDS, place)
        else:
            for thread in self.world.threads_of(place.id):
                self.world.forget_place(thread)
            self.tell("CHANNEL_DELETE", self.renderer.channel(place), GUILDS, None)
        self.world.forget_place(place)

    def _new_thread(
        self, owner: Member, parent: Channel, name: str, minutes: int, thread_id: int, tags: Sequence[int] = ()
    ) -> Thread:
        self.refuse_full()
        now = self.world.now()
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
        self.world.threads[thread.id] = thread
        if parent.kind is Kind.FORUM:
            parent.last_message_id = thread.id
        self.tell("THREAD_CREATE", self.renderer.thread(thread) | {"newly_created": True}, GUILDS, thread)
        return thread
