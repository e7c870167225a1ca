"""
Everything that can happen in the practice guild, whoever does it.

Each act checks what the guild itself forbids (locked, archived, full), changes the world and tells the gateway.
Permissions of the one who acts are checked before, by `rest_*.py` for the bot and by `people.py` for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.sandbox.discord.gateway import GUILD_MESSAGE_REACTIONS, GUILD_MESSAGES, GUILDS, Event, Gateway
from bot.sandbox.discord.limits import Draft
from bot.sandbox.discord.mentions import pinged
from bot.sandbox.discord.permissions import has
from bot.sandbox.discord.refusals import Json, Refusal
from bot.sandbox.discord.render import Renderer, emoji_body, number
from bot.sandbox.discord.world import (
    HAS_THREAD,
    Attachment,
    Channel,
    Kind,
    Member,
    Message,
    Pinged,
    Place,
    Reference,
    Sort,
    Thread,
    World,
    newest,
)

REACTIONS = 20
OLD = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Allowances:
    """
    Limits that Discord does not publish or that a test wants smaller.

    Attributes:
        active_threads: How many a guild may have (1000 by all reports).
        old_edits: How many edits of messages older than an hour one channel takes in an hour.
        nonce_seconds: For how long an enforced nonce is remembered ("the past few minutes").
        renames: How often a thread or channel may be renamed in `rename_seconds`.
    """

    active_threads: int = 1000
    old_edits: int = 30
    nonce_seconds: float = 300.0
    renames: int = 2
    rename_seconds: float = 600.0


@dataclass(eq=False, slots=True)
class Guild:
    """The acts; `world` is what they change."""

    world: World
    gateway: Gateway
    renderer: Renderer
    clock: Clock
    allowances: Allowances
    _nonces: dict[tuple[int, str], tuple[float, Message]] = field(default_factory=dict)

    # ------------------------------------------------------------ messages

    def say(
        self,
        author: Member,
        place: Place,
        draft: Draft,
        *,
        sort: Sort = Sort.SAID,
        message_id: int | None = None,
        via: int | None = None,
        only_for: int | None = None,
        more_flags: int = 0,
    ) -> Message:
        """
        Put a message into a channel or thread; an archived thread is opened by it, unless it is locked.

        Raises:
            Refusal: 50006 nothing to see, 50008 a forum, 160005 locked, 50083 locked and archived, 160006 full.
        """
        if draft.empty and not more_flags:
            raise Refusal(50006)
        if place.kind is Kind.FORUM:
            raise Refusal(50008)
        known = self._by_nonce(author, draft)
        if known is not None:
            return known
        if only_for is None:
            self._make_writable(author, place)
        replied_to = self.world.message(place.id, draft.reply_to) if draft.reply_to is not None else None
        new_id = message_id or self.world.new_id()
        message = Message(
            id=new_id,
            channel_id=place.id,
            author_id=author.id,
            created_at=self.world.now(),
            sort=Sort.REPLY if replied_to is not None else sort,
            content=draft.content,
            embeds=[shown_embed(embed) for embed in draft.embeds],
            components=shown_components(draft.components),
            attachments=[Attachment(self.world.new_id(), place.id, upload) for upload in draft.files],
            stickers=list(draft.stickers),
            flags=draft.flags | more_flags,
            nonce=draft.nonce,
            reference=Reference(channel_id=place.id, message_id=draft.reply_to) if replied_to is not None else None,
            pinged=self._pinged(author, place, draft, replied_to),
            only_for=only_for,
            via=via,
        )
        self._add(place, message)
        if draft.enforce_nonce and draft.nonce is not None:
            self._nonces[author.id, str(draft.nonce)] = (self.clock.monotonic(), message)
        return message

    def change(self, message: Message, author: Member, draft: Draft, *, less_flags: int = 0) -> None:
        """
        Edit a message: what `draft.given` names is replaced, the rest stays.

        Raises:
            Refusal: 50006, 50083 archived, 160005 locked, 30046 too many edits of old messages.
        """
        place = self.world.place(message.channel_id)
        if message.only_for is None:
            self._refuse_untouchable(author, place)
            self._count_old_edit(message)
        content = draft.content if "content" in draft.given else message.content
        embeds = [shown_embed(e) for e in draft.embeds] if "embeds" in draft.given else message.embeds
        components = shown_components(draft.components) if "components" in draft.given else message.components
        kept = message.attachments
        if draft.kept is not None:
            kept = [attachment for attachment in message.attachments if attachment.id in draft.kept]
        added = [Attachment(self.world.new_id(), place.id, upload) for upload in draft.files]
        if not (content or embeds or components or kept or added or message.stickers):
            raise Refusal(50006)
        message.content, message.embeds, message.components = content, embeds, components
        message.attachments = [*kept, *added]
        message.flags = (message.flags | draft.flags) & ~less_flags
        message.edited_at = self.world.now()
        if "content" in draft.given:
            message.pinged |= self._pinged(author, place, draft, None)
        self.world.keep(message)
        self.tell_message("MESSAGE_UPDATE", message)

    def remove(self, message: Message) -> None:
        """Delete a message; the one thing that an archived thread allows."""
        self.world.forget(message)
        place = self.world.place(message.channel_id)
        if isinstance(place, Thread) and message.id != place.id:
            place.message_count -= 1
        gone = {"id": str(message.id), "channel_id": str(place.id), "guild_id": str(self.world.guild_id)}
        if message.only_for is None:
            self._tell("MESSAGE_DELETE", gone, GUILD_MESSAGES, place)

    def react(self, member: Member, message: Message, emoji: str) -> None:
        """Raises `Refusal` 50083 where archived, 30010 for the 21st emoji."""
        place = self.world.place(message.channel_id)
        if isinstance(place, Thread) and place.archived:
            raise Refusal(50083)
        if emoji not in message.reactions and len(message.reactions) >= REACTIONS:
            raise Refusal(30010)
        users = message.reactions.setdefault(emoji, [])
        if member.id not in users:
            users.append(member.id)
            told = self._reaction(member, message, emoji) | {"member": self.renderer.member(member)}
            self._tell("MESSAGE_REACTION_ADD", told, GUILD_MESSAGE_REACTIONS, place)

    def unreact(self, member: Member, message: Message, emoji: str) -> None:
        """Raises `Refusal` 50083 where archived, 10014 where nobody has reacted with that."""
        place = self.world.place(message.channel_id)
        if isinstance(place, Thread) and place.archived:
            raise Refusal(50083)
        if emoji not in message.reactions:
            raise Refusal(10014, status=404)
        users = message.reactions[emoji]
        if member.id in users:
            users.remove(member.id)
            self._tell(
                "MESSAGE_REACTION_REMOVE", self._reaction(member, message, emoji), GUILD_MESSAGE_REACTIONS, place
            )
        if not users:
            del message.reactions[emoji]

    def tell_message(self, event: str, message: Message) -> None:
        """Tell the gateway of a message; of one that only one person sees, nobody hears."""
        if message.only_for is not None:
            return
        self.gateway.tell(
            Event(
                name=event,
                data=self.renderer.message_event(message, readable=True),
                without_content=self.renderer.message_event(message, readable=False),
                intent=GUILD_MESSAGES,
                place_id=message.channel_id,
            )
        )

    # ------------------------------------------------------------ threads

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
            self._by_discord(owner, thread, Sort.THREAD_STARTER, "", points_at)
        if not under_newest:
            self._by_discord(owner, parent, Sort.THREAD_CREATED, name, Reference(channel_id=thread.id))
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

    def tell_thread(self, thread: Thread) -> None:
        self._tell("THREAD_UPDATE", self.renderer.thread(thread), GUILDS, thread)

    def archive(self, thread: Thread, *, archived: bool) -> None:
        """Archive or open a thread, without telling. Raises `Refusal` 160006 when the guild is full."""
        if thread.archived == archived:
            return
        if not archived:
            self._refuse_full()
        thread.archived = archived
        thread.archived_at = self.world.now()

    def rename(self, actor: Member, thread: Thread, name: str) -> None:
        """Rename a thread; Discord itself says so in it."""
        thread.name = name
        self._by_discord(actor, thread, Sort.RENAMED, name, None)

    def remove_place(self, place: Place) -> None:
        """Delete a thread, or a channel with its threads."""
        if isinstance(place, Thread):
            kind = {"id": str(place.id), "parent_id": str(place.parent_id), "type": int(place.kind)}
            self._tell("THREAD_DELETE", kind | {"guild_id": str(self.world.guild_id)}, GUILDS, place)
        else:
            for thread in self.world.threads_of(place.id):
                self.world.forget_place(thread)
            self._tell("CHANNEL_DELETE", self.renderer.channel(place), GUILDS, None)
        self.world.forget_place(place)

    def tell_channel(self, event: str, channel: Channel) -> None:
        self._tell(event, self.renderer.channel(channel), GUILDS, None)

    # ------------------------------------------------------------ inside

    def _new_thread(
        self, owner: Member, parent: Channel, name: str, minutes: int, thread_id: int, tags: Sequence[int] = ()
    ) -> Thread:
        self._refuse_full()
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
        self._tell("THREAD_CREATE", self.renderer.thread(thread) | {"newly_created": True}, GUILDS, thread)
        return thread

    def _by_discord(self, actor: Member, place: Place, sort: Sort, text: str, points_at: Reference | None) -> None:
        message = Message(
            id=self.world.new_id(),
            channel_id=place.id,
            author_id=actor.id,
            created_at=self.world.now(),
            sort=sort,
            content=text,
            reference=points_at,
        )
        self._add(place, message)

    def _add(self, place: Place, message: Message) -> None:
        self.world.keep(message)
        if message.only_for is None:
            place.last_message_id = message.id
            if isinstance(place, Thread) and message.id != place.id:
                place.message_count += 1
        self.tell_message("MESSAGE_CREATE", message)

    def _by_nonce(self, author: Member, draft: Draft) -> Message | None:
        if draft.nonce is None or not draft.enforce_nonce:
            return None
        made, message = self._nonces.get((author.id, str(draft.nonce)), (float("-inf"), None))
        fresh = self.clock.monotonic() - made < self.allowances.nonce_seconds
        return message if fresh else None

    def _make_writable(self, author: Member, place: Place) -> None:
        if not isinstance(place, Thread):
            return
        if place.locked and not has(self.world, author, place, "manage_threads"):
            raise Refusal(160005)
        if place.locked and place.archived:
            raise Refusal(50083)
        if place.archived:
            self.archive(place, archived=False)
            self.tell_thread(place)

    def _refuse_untouchable(self, author: Member, place: Place) -> None:
        if isinstance(place, Thread) and place.archived:
            raise Refusal(50083)
        if isinstance(place, Thread) and place.locked and not has(self.world, author, place, "manage_threads"):
            raise Refusal(160005)

    def _refuse_full(self) -> None:
        if len(self.world.active_threads()) >= self.allowances.active_threads:
            raise Refusal(160006)

    def _count_old_edit(self, message: Message) -> None:
        if self.world.now() - message.created_at < OLD:
            return
        now = self.clock.monotonic()
        message.edits[:] = [at for at in message.edits if now - at < OLD.total_seconds()]
        if len(message.edits) >= self.allowances.old_edits:
            raise Refusal(30046, retry_after=OLD.total_seconds() - (now - message.edits[0]))
        message.edits.append(now)

    def _pinged(self, author: Member, place: Place, draft: Draft, replied_to: Message | None) -> Pinged:
        return pinged(
            draft.content,
            draft.allowed,
            members=self.world.members.keys(),
            roles=self.world.roles.keys(),
            may_everyone=has(self.world, author, place, "mention_everyone"),
            replied_to=None if replied_to is None else replied_to.author_id,
        )

    def _reaction(self, member: Member, message: Message, emoji: str) -> Json:
        return {
            "user_id": str(member.id),
            "channel_id": str(message.channel_id),
            "message_id": str(message.id),
            "guild_id": str(self.world.guild_id),
            "message_author_id": number(message.author_id),
            "emoji": emoji_body(emoji),
            "burst": False,
            "type": 0,
        }

    def _tell(self, name: str, data: Json, intent: int, place: Place | None) -> None:
        self.gateway.tell(Event(name=name, data=data, intent=intent, place_id=place.id if place else None))


def shown_embed(embed: Json) -> Json:
    """An embed as Discord gives it back: typed, without empty parts, its fields always saying whether inline."""
    kept: Json = {"type": "rich"} | {key: value for key, value in embed.items() if value not in (None, "", [])}
    if "fields" in kept:
        kept["fields"] = [{**part, "inline": bool(part.get("inline"))} for part in kept["fields"]]
    return kept


def shown_components(components: Sequence[Any]) -> list[Json]:
    """Components as Discord gives them back: each with a number, without empty parts."""
    counter = iter(range(1, 1000))

    def shown(component: Json) -> Json:
        kept = {key: value for key, value in component.items() if value is not None}
        kept["id"] = next(counter)
        if "components" in kept:
            kept["components"] = [shown(child) for child in kept["components"]]
        return kept

    return [shown(component) for component in components]


def newest_of(guild: Guild, place: Place) -> int | None:
    """The newest message of a place, for after a deletion."""
    message = newest(guild.world.messages(place.id))
    return None if message is None else message.id
