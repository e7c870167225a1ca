"""Channels, threads and messages as JSON, in the form of Discord's OpenAPI description of its v10 API."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

from bot.sandbox.discord.permissions import held
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.serializers_guild import GuildSerializer, time
from bot.sandbox.discord.values import (
    ChannelType,
    DiscordAttachment,
    DiscordChannel,
    DiscordMessage,
    Member,
    MessageType,
    Place,
    Tag,
    Thread,
    created_at,
)


class DiscordSerializer(GuildSerializer):
    """Writes everything in the guild as JSON, and the guild itself."""

    def guild_create(self) -> Json:
        """The guild as in GUILD_CREATE: with its channels and its active threads."""
        return self.guild() | {
            "joined_at": time(created_at(self._state.guild_id)),
            "large": False,
            "unavailable": False,
            "member_count": len(self._state.members),
            "members": [self.member(self._state.bot)],
            "channels": [self.channel(channel) for channel in self._state.channels.values()],
            "threads": [self.thread(thread) for thread in self._state.active_threads()],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def place(self, place: Place) -> Json:
        return self.thread(place) if isinstance(place, Thread) else self.channel(place)

    def channel(self, channel: DiscordChannel) -> Json:
        body: Json = {
            "id": str(channel.id),
            "type": int(channel.type),
            "guild_id": str(self._state.guild_id),
            "name": channel.name,
            "position": channel.position,
            "topic": channel.topic,
            "parent_id": None,
            "nsfw": False,
            "rate_limit_per_user": 0,
            "last_message_id": number(channel.last_message_id),
            "flags": 16 if channel.require_tag else 0,
            "permission_overwrites": [
                {"id": str(o.id), "type": o.kind, "allow": str(o.allow), "deny": str(o.deny)}
                for o in channel.overwrites.values()
            ],
        }
        if channel.type is ChannelType.FORUM:
            body |= {
                "available_tags": [tag_json(tag) for tag in channel.tags],
                "default_reaction_emoji": None,
                "default_sort_order": None,
                "default_forum_layout": 0,
            }
        return body

    def thread(self, thread: Thread) -> Json:
        return {
            "id": str(thread.id),
            "type": int(ChannelType.THREAD),
            "guild_id": str(self._state.guild_id),
            "parent_id": str(thread.parent_id),
            "owner_id": str(thread.owner_id),
            "name": thread.name,
            "last_message_id": number(thread.last_message_id),
            "message_count": thread.message_count,
            "total_message_sent": thread.ever_said,
            "member_count": 1,
            "rate_limit_per_user": 0,
            "flags": 0,
            "applied_tags": [str(tag) for tag in thread.tags],
            "thread_metadata": {
                "archived": thread.archived,
                "archive_timestamp": time(thread.archived_at),
                "auto_archive_duration": thread.auto_archive_minutes,
                "locked": thread.locked,
                "create_timestamp": time(thread.created_at),
            },
        }

    def attachment(self, attachment: DiscordAttachment) -> Json:
        """A file with its address, signed as Discord signs it: valid for a day."""
        issued = int(self._state.now().timestamp())
        name = quote(attachment.upload.name)
        path = f"/attachments/{attachment.channel_id}/{attachment.id}/{name}"
        query = f"ex={issued + 86_400:x}&is={issued:x}&hm={signature(attachment.id, issued + 86_400)}"
        url = f"{self._files_url()}{path}?{query}"
        return {
            "id": str(attachment.id),
            "filename": attachment.upload.name,
            "size": len(attachment.upload.data),
            "content_type": attachment.upload.content_type,
            "url": url,
            "proxy_url": url,
            **({"description": attachment.upload.description} if attachment.upload.description else {}),
        }

    def message(self, message: DiscordMessage, *, readable: bool = True) -> Json:
        """
        A message; reactions are as the bot sees them.

        Args:
            readable: Whether the bot may read what people write (the message content intent). Its own messages and
                those that mention it are always readable.
        """
        state = self._state
        readable = readable or message.author_id == state.bot.id or state.bot.id in message.pinged.users
        hook = message.webhook
        author = state.members.get(message.author_id) or Member(message.author_id, hook or "gone", bot=bool(hook))
        mentioned = [state.members[user] for user in message.pinged.users if user in state.members]
        body: Json = {
            "id": str(message.id),
            "channel_id": str(message.channel_id),
            "type": int(message.type),
            "author": self.user(author),
            "content": message.content if readable else "",
            "embeds": message.embeds if readable else [],
            "components": message.components if readable else [],
            "attachments": [self.attachment(a) for a in message.attachments] if readable else [],
            "timestamp": time(message.created_at),
            "edited_timestamp": time(message.edited_at) if message.edited_at else None,
            "mentions": [self.user(member) for member in mentioned],
            "mention_roles": sorted(str(role) for role in message.pinged.roles),
            "mention_everyone": message.pinged.everyone or message.pinged.here,
            "pinned": False,
            "tts": False,
            "flags": message.flags,
        }
        if message.poll is not None:
            body["poll"] = self._poll(message.poll, message.created_at)
        if message.stickers:
            body["sticker_items"] = [
                {"id": str(index + 1), "name": name, "format_type": 1} for index, name in enumerate(message.stickers)
            ]
        if message.reactions:
            body["reactions"] = [self.reaction(emoji, users) for emoji, users in message.reactions.items()]
        return body | self._relations(message, readable=readable)

    def _relations(self, message: DiscordMessage, *, readable: bool) -> Json:
        body: Json = {}
        state = self._state
        if message.via is not None:
            body["application_id"] = str(state.application_id)
            body["webhook_id"] = str(state.application_id)
        if message.webhook:
            body["webhook_id"] = str(message.author_id)
        if message.thread_id in state.threads:
            body["thread"] = self.thread(state.threads[message.thread_id])
        if message.reference is not None:
            body["message_reference"] = {
                "type": 0,
                "channel_id": str(message.reference.channel_id),
                "guild_id": str(state.guild_id),
            }
            if message.reference.message_id is not None:
                body["message_reference"]["message_id"] = str(message.reference.message_id)
        if message.type is MessageType.REPLY and message.reference is not None:
            replied_to = state.find(message.reference.channel_id, message.reference.message_id)
            body["referenced_message"] = None if replied_to is None else self._alone(replied_to, readable=readable)
        return body

    def _alone(self, message: DiscordMessage, *, readable: bool) -> Json:
        """A message without the message that it replies to: Discord includes only one step."""
        body = self.message(replace(message, type=MessageType.DEFAULT), readable=readable) | {"type": int(message.type)}
        body.pop("reactions", None)
        return body

    def _poll(self, question: str, asked_at: datetime) -> Json:
        return {
            "question": {"text": question},
            "answers": [{"answer_id": n + 1, "poll_media": {"text": word}} for n, word in enumerate(("Yes", "No"))],
            "expiry": time(asked_at + timedelta(days=1)),
            "allow_multiselect": False,
            "layout_type": 1,
            "results": {"answer_counts": [], "is_finalized": False},
        }

    def message_event(self, message: DiscordMessage, *, readable: bool) -> Json:
        """A message as in a gateway event: with the guild and the author's membership."""
        body = self.message(message, readable=readable) | {"guild_id": str(self._state.guild_id)}
        author = self._state.members.get(message.author_id)
        if author is not None:
            body["member"] = self.membership(author)
        return body

    def reaction(self, emoji: str, users: list[int]) -> Json:
        return {
            "emoji": emoji_json(emoji),
            "count": len(users),
            "count_details": {"burst": 0, "normal": len(users)},
            "burst_colors": [],
            "me_burst": False,
            "me": self._state.bot.id in users,
        }

    def asker(self, member: Member, place: Place) -> Json:
        """A member as in an interaction: with their permissions."""
        return self.member(member) | {"permissions": str(held(self._state, member, place))}


def tag_json(tag: Tag) -> Json:
    return {
        "id": str(tag.id),
        "name": tag.name,
        "moderated": tag.moderated,
        "emoji_id": None,
        "emoji_name": tag.emoji,
    }


def emoji_json(emoji: str) -> Json:
    """`✅`, or a custom emoji as `name:id`."""
    name, _, own_id = emoji.partition(":")
    return {"id": own_id or None, "name": name}


def number(snowflake: int | None) -> str | None:
    return None if snowflake is None else str(snowflake)


def signature(attachment_id: int, expires: int) -> str:
    """The signature that makes an attachment's address valid until that second."""
    return hashlib.sha256(f"{attachment_id}:{expires}".encode()).hexdigest()
