"""What can happen to messages, whoever writes them: said, changed, removed, reacted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.sandbox.discord.events import Acts
from bot.sandbox.discord.gateway import GUILD_MESSAGE_REACTIONS, GUILD_MESSAGES
from bot.sandbox.discord.mentions import pinged
from bot.sandbox.discord.message_requests import Draft
from bot.sandbox.discord.permissions import has
from bot.sandbox.discord.refusals import Form, Json, Refusal
from bot.sandbox.discord.serializers import emoji_body, number
from bot.sandbox.discord.values import Attachment, Kind, Member, Message, Pinged, Place, Reference, Sort, Thread

REACTIONS = 20
OLD = timedelta(hours=1)
FEWEST_AT_ONCE, MOST_AT_ONCE = 2, 100
TOO_OLD_AT_ONCE = timedelta(days=14)


@dataclass(eq=False, slots=True)
class Talk(Acts):
    """Acts on messages. Each checks what the guild itself forbids: locked, archived, full, empty."""

    _nonces: dict[tuple[int, str], tuple[float, Message]] = field(default_factory=dict)

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
        replied_to = self._replied_to(place, draft)
        message = Message(
            id=message_id or self.world.new_id(),
            channel_id=place.id,
            author_id=author.id,
            created_at=self.world.now(),
            sort=Sort.REPLY if replied_to is not None else sort,
            content=draft.content,
            embeds=[shown_embed(embed) for embed in draft.embeds],
            components=shown_components(draft.components),
            attachments=[Attachment(self.world.new_id(), place.id, upload) for upload in draft.files],
            stickers=list(draft.stickers),
            poll=draft.poll,
            flags=draft.flags | more_flags,
            nonce=draft.nonce,
            reference=Reference(channel_id=place.id, message_id=draft.reply_to) if replied_to is not None else None,
            pinged=self._pinged(author, place, draft, replied_to),
            only_for=only_for,
            via=via,
        )
        self.add(place, message)
        if draft.enforce_nonce and draft.nonce is not None:
            self._nonces[author.id, str(draft.nonce)] = (self.clock.monotonic(), message)
        return message

    def say_direct(self, channel_id: int, draft: Draft) -> Message:
        """The bot says something in a direct conversation; the guild hears nothing of it. `Refusal` 50006: empty."""
        if draft.empty:
            raise Refusal(50006)
        message = Message(
            id=self.world.new_id(),
            channel_id=channel_id,
            author_id=self.world.bot.id,
            created_at=self.world.now(),
            content=draft.content,
            embeds=[shown_embed(embed) for embed in draft.embeds],
            components=shown_components(draft.components),
        )
        self.world.keep(message)
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
        if not (content or embeds or components or kept or added or message.stickers or message.poll):
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
        place = self._forget(message)
        if message.only_for is None:
            self.tell("MESSAGE_DELETE", {"id": str(message.id), **self._where(place)}, GUILD_MESSAGES, place)

    def remove_at_once(self, place: Place, messages: Sequence[Message]) -> None:
        """Delete 2 to 100 messages of one place, none older than two weeks. Raises `Refusal` 50016, 50034."""
        if not FEWEST_AT_ONCE <= len(messages) <= MOST_AT_ONCE:
            raise Refusal(50016)
        if any(self.world.now() - message.created_at > TOO_OLD_AT_ONCE for message in messages):
            raise Refusal(50034)
        for message in messages:
            self._forget(message)
        gone = {"ids": [str(message.id) for message in messages], **self._where(place)}
        self.tell("MESSAGE_DELETE_BULK", gone, GUILD_MESSAGES, place)

    def _forget(self, message: Message) -> Place:
        self.world.forget(message)
        place = self.world.place(message.channel_id)
        if isinstance(place, Thread) and message.id != place.id:
            place.message_count -= 1
        return place

    def _where(self, place: Place) -> Json:
        return {"channel_id": str(place.id), "guild_id": str(self.world.guild_id)}

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
            self.tell("MESSAGE_REACTION_ADD", told, GUILD_MESSAGE_REACTIONS, place)

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
            self.tell("MESSAGE_REACTION_REMOVE", self._reaction(member, message, emoji), GUILD_MESSAGE_REACTIONS, place)
        if not users:
            del message.reactions[emoji]

    def _replied_to(self, place: Place, draft: Draft) -> Message | None:
        if draft.reply_to is None:
            return None
        message = self.world.find(place.id, draft.reply_to)
        if message is None and draft.reply_must_exist:
            form = Form()
            form.wrong("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            form.refuse()
        return message

    def _by_nonce(self, author: Member, draft: Draft) -> Message | None:
        if draft.nonce is None or not draft.enforce_nonce:
            return None
        made, message = self._nonces.get((author.id, str(draft.nonce)), (float("-inf"), None))
        fresh = self.clock.monotonic() - made < self.allowances.nonce_seconds
        still_there = message is not None and self.world.find(message.channel_id, message.id) is not None
        return message if fresh and still_there else None

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


def shown_embed(embed: Json) -> Json:
    """An embed as Discord gives it back: typed, trimmed, its fields always saying whether inline."""
    shown: Json = _trimmed({"type": "rich"} | embed)
    for part in shown.get("fields", []):
        part["inline"] = bool(part.get("inline"))
    return shown


def _trimmed(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [_trimmed(item) for item in value]
    if isinstance(value, dict):
        trimmed = {key: _trimmed(item) for key, item in value.items()}
        return {key: item for key, item in trimmed.items() if item not in (None, "", [], {})}
    return value


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
