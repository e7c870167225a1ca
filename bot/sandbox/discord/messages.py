"""What can be done with messages, by the bot or by people: write, edit, delete, react."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.sandbox.discord.events import DiscordEvents
from bot.sandbox.discord.gateway import GUILD_MESSAGE_REACTIONS, GUILD_MESSAGES
from bot.sandbox.discord.mentions import pinged
from bot.sandbox.discord.message_requests import DiscordMessageRequest
from bot.sandbox.discord.permissions import has
from bot.sandbox.discord.refusals import DiscordRefusal, FieldErrors, Json
from bot.sandbox.discord.serializers import emoji_json, number
from bot.sandbox.discord.values import (
    ChannelType,
    DiscordAttachment,
    DiscordMessage,
    Member,
    MessageReference,
    MessageType,
    Pinged,
    Place,
    Thread,
)

REACTIONS = 20
OLD = timedelta(hours=1)
FEWEST_AT_ONCE, MOST_AT_ONCE = 2, 100
TOO_OLD_AT_ONCE = timedelta(days=14)


@dataclass(eq=False, slots=True)
class GuildMessages(DiscordEvents):
    """Actions on messages. Each checks what the guild forbids to everybody: locked, archived, full, empty."""

    _nonces: dict[tuple[int, str], tuple[float, DiscordMessage]] = field(default_factory=dict)

    def say(
        self,
        author: Member,
        place: Place,
        request: DiscordMessageRequest,
        *,
        message_type: MessageType = MessageType.DEFAULT,
        message_id: int | None = None,
        via: int | None = None,
        only_for: int | None = None,
        more_flags: int = 0,
        webhook: str = "",
    ) -> DiscordMessage:
        """
        Write a message in a channel or thread; this opens an archived thread, unless it is locked.

        Raises:
            DiscordRefusal: 50006 nothing to see, 50008 a forum, 160005 locked, 50083 locked and archived, 160006 full.
        """
        if request.empty and not more_flags:
            raise DiscordRefusal(50006)
        if place.type is ChannelType.FORUM:
            raise DiscordRefusal(50008)
        known = self._by_nonce(author, request)
        if known is not None:
            return known
        if only_for is None:
            self._make_writable(author, place)
        replied_to = self._replied_to(place, request)
        message = DiscordMessage(
            id=message_id or self.state.new_id(),
            channel_id=place.id,
            author_id=author.id,
            created_at=self.state.now(),
            type=MessageType.REPLY if replied_to is not None else message_type,
            content=request.content,
            embeds=[shown_embed(embed) for embed in request.embeds],
            components=shown_components(request.components),
            attachments=[DiscordAttachment(self.state.new_id(), place.id, upload) for upload in request.files],
            stickers=list(request.stickers),
            poll=request.poll,
            flags=request.flags | more_flags,
            nonce=request.nonce,
            reference=MessageReference(channel_id=place.id, message_id=request.reply_to)
            if replied_to is not None
            else None,
            pinged=self._pinged(author, place, request, replied_to),
            only_for=only_for,
            via=via,
            webhook=webhook,
        )
        self.add(place, message)
        if request.enforce_nonce and request.nonce is not None:
            self._nonces[author.id, str(request.nonce)] = (self.clock.monotonic(), message)
        return message

    def say_direct(self, channel_id: int, request: DiscordMessageRequest) -> DiscordMessage:
        """Write a direct message of the bot; it sends no event. Raises `DiscordRefusal` 50006 for an empty one."""
        if request.empty:
            raise DiscordRefusal(50006)
        message = DiscordMessage(
            id=self.state.new_id(),
            channel_id=channel_id,
            author_id=self.state.bot.id,
            created_at=self.state.now(),
            content=request.content,
            embeds=[shown_embed(embed) for embed in request.embeds],
            attachments=[DiscordAttachment(self.state.new_id(), channel_id, upload) for upload in request.files],
            components=shown_components(request.components),
        )
        self.state.keep(message)
        return message

    def change(
        self, message: DiscordMessage, author: Member, request: DiscordMessageRequest, *, less_flags: int = 0
    ) -> None:
        """
        Edit a message: what `request.given` names is replaced, the rest stays.

        Raises:
            DiscordRefusal: 50006, 50083 archived, 160005 locked, 30046 too many edits of old messages.
        """
        place = self.state.place(message.channel_id)
        if message.only_for is None:
            self._refuse_untouchable(author, place)
            self._count_old_edit(message)
        content = request.content if "content" in request.given else message.content
        embeds = [shown_embed(e) for e in request.embeds] if "embeds" in request.given else message.embeds
        components = shown_components(request.components) if "components" in request.given else message.components
        kept = message.attachments
        if request.kept is not None:
            kept = [attachment for attachment in message.attachments if attachment.id in request.kept]
        added = [DiscordAttachment(self.state.new_id(), place.id, upload) for upload in request.files]
        if not (content or embeds or components or kept or added or message.stickers or message.poll):
            raise DiscordRefusal(50006)
        message.content, message.embeds, message.components = content, embeds, components
        message.attachments = [*kept, *added]
        message.flags = (message.flags | request.flags) & ~less_flags
        message.edited_at = self.state.now()
        if "content" in request.given:
            message.pinged |= self._pinged(author, place, request, None)
        self.state.keep(message)
        self.send_message_event("MESSAGE_UPDATE", message)

    def remove(self, message: DiscordMessage) -> None:
        """Delete a message; this is allowed in an archived thread too."""
        place = self._forget(message)
        if message.only_for is None:
            self.send("MESSAGE_DELETE", {"id": str(message.id), **self._where(place)}, GUILD_MESSAGES, place)

    def remove_at_once(self, place: Place, messages: Sequence[DiscordMessage]) -> None:
        """Delete 2 to 100 messages of one place, none older than two weeks. Raises `DiscordRefusal` 50016 or 50034."""
        if not FEWEST_AT_ONCE <= len(messages) <= MOST_AT_ONCE:
            raise DiscordRefusal(50016)
        if any(self.state.now() - message.created_at > TOO_OLD_AT_ONCE for message in messages):
            raise DiscordRefusal(50034)
        for message in messages:
            self._forget(message)
        gone = {"ids": [str(message.id) for message in messages], **self._where(place)}
        self.send("MESSAGE_DELETE_BULK", gone, GUILD_MESSAGES, place)

    def _forget(self, message: DiscordMessage) -> Place:
        self.state.forget(message)
        place = self.state.place(message.channel_id)
        if isinstance(place, Thread) and message.id != place.id:
            place.message_count -= 1
        return place

    def _where(self, place: Place) -> Json:
        return {"channel_id": str(place.id), "guild_id": str(self.state.guild_id)}

    def react(self, member: Member, message: DiscordMessage, emoji: str) -> None:
        """Add a reaction. Raises `DiscordRefusal` 50083 in an archived thread, 30010 for the 21st emoji."""
        place = self.state.place(message.channel_id)
        if isinstance(place, Thread) and place.archived:
            raise DiscordRefusal(50083)
        if emoji not in message.reactions and len(message.reactions) >= REACTIONS:
            raise DiscordRefusal(30010)
        users = message.reactions.setdefault(emoji, [])
        if member.id not in users:
            users.append(member.id)
            payload = self._reaction(member, message, emoji) | {"member": self.serializer.member(member)}
            self.send("MESSAGE_REACTION_ADD", payload, GUILD_MESSAGE_REACTIONS, place)

    def unreact(self, member: Member, message: DiscordMessage, emoji: str) -> None:
        """Remove a reaction. Raises `DiscordRefusal` 50083 in an archived thread, 10014 for an unknown emoji."""
        place = self.state.place(message.channel_id)
        if isinstance(place, Thread) and place.archived:
            raise DiscordRefusal(50083)
        if emoji not in message.reactions:
            raise DiscordRefusal(10014, status=404)
        users = message.reactions[emoji]
        if member.id in users:
            users.remove(member.id)
            self.send("MESSAGE_REACTION_REMOVE", self._reaction(member, message, emoji), GUILD_MESSAGE_REACTIONS, place)
        if not users:
            del message.reactions[emoji]

    def _replied_to(self, place: Place, request: DiscordMessageRequest) -> DiscordMessage | None:
        if request.reply_to is None:
            return None
        message = self.state.find(place.id, request.reply_to)
        if message is None and request.reply_must_exist:
            errors = FieldErrors()
            errors.add("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            errors.raise_any()
        return message

    def _by_nonce(self, author: Member, request: DiscordMessageRequest) -> DiscordMessage | None:
        if request.nonce is None or not request.enforce_nonce:
            return None
        made, message = self._nonces.get((author.id, str(request.nonce)), (float("-inf"), None))
        fresh = self.clock.monotonic() - made < self.limits.nonce_seconds
        still_there = message is not None and self.state.find(message.channel_id, message.id) is not None
        return message if fresh and still_there else None

    def _make_writable(self, author: Member, place: Place) -> None:
        if not isinstance(place, Thread):
            return
        if place.locked and not has(self.state, author, place, "manage_threads"):
            raise DiscordRefusal(160005)
        if place.locked and place.archived:
            raise DiscordRefusal(50083)
        if place.archived:
            self.archive(place, archived=False)
            self.send_thread_event(place)

    def _refuse_untouchable(self, author: Member, place: Place) -> None:
        if isinstance(place, Thread) and place.archived:
            raise DiscordRefusal(50083)
        if isinstance(place, Thread) and place.locked and not has(self.state, author, place, "manage_threads"):
            raise DiscordRefusal(160005)

    def _count_old_edit(self, message: DiscordMessage) -> None:
        if self.state.now() - message.created_at < OLD:
            return
        now = self.clock.monotonic()
        message.edits[:] = [at for at in message.edits if now - at < OLD.total_seconds()]
        if len(message.edits) >= self.limits.old_edits:
            raise DiscordRefusal(30046, retry_after=OLD.total_seconds() - (now - message.edits[0]))
        message.edits.append(now)

    def _pinged(
        self, author: Member, place: Place, request: DiscordMessageRequest, replied_to: DiscordMessage | None
    ) -> Pinged:
        may_everyone = has(self.state, author, place, "mention_everyone")
        return pinged(
            request.content,
            request.allowed,
            members=self.state.members.keys(),
            roles=[role.id for role in self.state.roles.values() if may_everyone or role.mentionable],
            may_everyone=may_everyone,
            replied_to=None if replied_to is None else replied_to.author_id,
        )

    def _reaction(self, member: Member, message: DiscordMessage, emoji: str) -> Json:
        return {
            "user_id": str(member.id),
            "channel_id": str(message.channel_id),
            "message_id": str(message.id),
            "guild_id": str(self.state.guild_id),
            "message_author_id": number(message.author_id),
            "emoji": emoji_json(emoji),
            "burst": False,
            "type": 0,
        }


def shown_embed(embed: Json) -> Json:
    """An embed as Discord returns it: with its type, trimmed, and with `inline` in every field."""
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
    """Components as Discord returns them: each with a number, without empty parts."""
    counter = iter(range(1, 1000))

    def shown(component: Json) -> Json:
        kept = {key: value for key, value in component.items() if value is not None}
        kept["id"] = next(counter)
        if "components" in kept:
            kept["components"] = [shown(child) for child in kept["components"]]
        return kept

    return [shown(component) for component in components]
