"""The practice guild as Discord's JSON. Shapes follow Discord's OpenAPI description of its v10 API."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from bot.sandbox.discord.permissions import held
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.world import (
    Attachment,
    Channel,
    Kind,
    Member,
    Message,
    Place,
    Role,
    Tag,
    Thread,
    World,
    moment,
)

MESSAGE_CONTENT_LIMITED = 1 << 19
"""The application flag of an unverified bot whose message content intent is switched on."""


class Renderer:
    """
    Turns values into JSON.

    Args:
        world: Where names and permissions are looked up.
        files_url: What stands before an attachment's path, without a slash at its end; asked for each time, for the
            port is known only once the server listens.
    """

    def __init__(self, world: World, files_url: Callable[[], str]) -> None:
        self._world = world
        self._files_url = files_url

    def user(self, member: Member) -> Json:
        return {
            "id": str(member.id),
            "username": member.name,
            "global_name": member.name,
            "discriminator": "0",
            "avatar": None,
            "bot": member.bot,
            "public_flags": 0,
            "flags": 0,
            "primary_guild": None,
        }

    def own_user(self) -> Json:
        return self.user(self._world.bot) | {
            "mfa_enabled": True,
            "verified": True,
            "email": None,
            "locale": "en-US",
            "premium_type": 0,
        }

    def application(self, *, message_content: bool) -> Json:
        flags = MESSAGE_CONTENT_LIMITED if message_content else 0
        return {
            "id": str(self._world.application_id),
            "name": self._world.bot.name,
            "icon": None,
            "description": "",
            "type": None,
            "bot": self.user(self._world.bot),
            "bot_public": False,
            "bot_require_code_grant": False,
            "verify_key": hashlib.sha256(b"practice").hexdigest(),
            "flags": flags,
            "flags_new": str(flags),
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "owner": self.user(self._world.bot),
            "approximate_guild_count": 1,
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "team": None,
            "eligible_oauth2_scopes": [],
        }

    def member(self, member: Member) -> Json:
        return {"user": self.user(member)} | self._membership(member)

    def _membership(self, member: Member) -> Json:
        return {
            "roles": [str(role) for role in member.roles],
            "nick": None,
            "avatar": None,
            "banner": None,
            "joined_at": time(moment(self._world.guild_id)),
            "premium_since": None,
            "communication_disabled_until": None,
            "flags": 0,
            "pending": False,
            "mute": False,
            "deaf": False,
        }

    def role(self, role: Role, position: int) -> Json:
        return {
            "id": str(role.id),
            "name": role.name,
            "permissions": str(role.permissions),
            "position": position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": False,
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }

    def roles(self) -> list[Json]:
        return [self.role(role, position) for position, role in enumerate(self._world.roles.values())]

    def guild(self) -> Json:
        nothing = (
            "icon description home_header splash discovery_splash banner application_id afk_channel_id "
            "system_channel_id widget_channel_id max_presences vanity_url_code rules_channel_id "
            "safety_alerts_channel_id public_updates_channel_id incidents_data"
        )
        return dict.fromkeys(nothing.split()) | {
            "id": str(self._world.guild_id),
            "name": self._world.name,
            "features": ["COMMUNITY"],
            "owner_id": str(next((m.id for m in self._world.members.values() if not m.bot), self._world.bot.id)),
            "region": "deprecated",
            "afk_timeout": 300,
            "system_channel_flags": 0,
            "widget_enabled": False,
            "verification_level": 0,
            "roles": self.roles(),
            "default_message_notifications": 0,
            "mfa_level": 0,
            "explicit_content_filter": 0,
            "max_members": 500_000,
            "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": "en-US",
            "premium_progress_bar_enabled": False,
            "nsfw": False,
            "nsfw_level": 0,
            "emojis": [],
            "stickers": [],
        }

    def guild_create(self) -> Json:
        """The guild as the gateway tells it: with its channels and with the threads that are active, no others."""
        return self.guild() | {
            "joined_at": time(moment(self._world.guild_id)),
            "large": False,
            "unavailable": False,
            "member_count": len(self._world.members),
            "members": [self.member(self._world.bot)],
            "channels": [self.channel(channel) for channel in self._world.channels.values()],
            "threads": [self.thread(thread) for thread in self._world.active_threads()],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def place(self, place: Place) -> Json:
        return self.thread(place) if isinstance(place, Thread) else self.channel(place)

    def channel(self, channel: Channel) -> Json:
        body: Json = {
            "id": str(channel.id),
            "type": int(channel.kind),
            "guild_id": str(self._world.guild_id),
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
        if channel.kind is Kind.FORUM:
            body |= {
                "available_tags": [tag_body(tag) for tag in channel.tags],
                "default_reaction_emoji": None,
                "default_sort_order": None,
                "default_forum_layout": 0,
            }
        return body

    def thread(self, thread: Thread) -> Json:
        return {
            "id": str(thread.id),
            "type": int(Kind.THREAD),
            "guild_id": str(self._world.guild_id),
            "parent_id": str(thread.parent_id),
            "owner_id": str(thread.owner_id),
            "name": thread.name,
            "last_message_id": number(thread.last_message_id),
            "message_count": thread.message_count,
            "total_message_sent": thread.message_count,
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

    def attachment(self, attachment: Attachment) -> Json:
        """A file with its address, signed as Discord's content network signs: good for a day."""
        issued = int(self._world.now().timestamp())
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
        }

    def message(self, message: Message, *, readable: bool = True) -> Json:
        """
        A message; reactions are as the bot sees them.

        Args:
            readable: Whether the bot may read what people write (the message content intent). Its own messages and
                those that mention it are always readable.
        """
        world = self._world
        readable = readable or message.author_id == world.bot.id or world.bot.id in message.pinged.users
        author = world.members.get(message.author_id) or Member(message.author_id, "gone")
        mentioned = [world.members[user] for user in message.pinged.users if user in world.members]
        body: Json = {
            "id": str(message.id),
            "channel_id": str(message.channel_id),
            "type": int(message.sort),
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
        if message.stickers:
            body["sticker_items"] = [
                {"id": str(index + 1), "name": name, "format_type": 1} for index, name in enumerate(message.stickers)
            ]
        if message.reactions:
            body["reactions"] = [self.reaction(emoji, users) for emoji, users in message.reactions.items()]
        return body | self._relations(message)

    def _relations(self, message: Message) -> Json:
        body: Json = {}
        world = self._world
        if message.nonce is not None:
            body["nonce"] = message.nonce
        if message.via is not None:
            body["application_id"] = str(world.application_id)
            body["webhook_id"] = str(world.application_id)
        if message.thread_id in world.threads:
            body["thread"] = self.thread(world.threads[message.thread_id])
        if message.reference is not None:
            body["message_reference"] = {
                "type": 0,
                "channel_id": str(message.reference.channel_id),
                "guild_id": str(world.guild_id),
            }
            if message.reference.message_id is not None:
                body["message_reference"]["message_id"] = str(message.reference.message_id)
        return body

    def message_event(self, message: Message, *, readable: bool) -> Json:
        """A message as the gateway tells it: with the guild and its author's membership."""
        body = self.message(message, readable=readable) | {"guild_id": str(self._world.guild_id)}
        author = self._world.members.get(message.author_id)
        if author is not None:
            body["member"] = self._membership(author)
        return body

    def reaction(self, emoji: str, users: list[int]) -> Json:
        return {
            "emoji": emoji_body(emoji),
            "count": len(users),
            "count_details": {"burst": 0, "normal": len(users)},
            "burst_colors": [],
            "me_burst": False,
            "me": self._world.bot.id in users,
        }

    def asker(self, member: Member, place: Place) -> Json:
        """A member as an interaction carries them: with their permissions."""
        return self.member(member) | {"permissions": str(held(self._world, member, place))}


def tag_body(tag: Tag) -> Json:
    return {
        "id": str(tag.id),
        "name": tag.name,
        "moderated": tag.moderated,
        "emoji_id": None,
        "emoji_name": tag.emoji,
    }


def emoji_body(emoji: str) -> Json:
    """`✅`, or a guild's own as `name:id`."""
    name, _, own_id = emoji.partition(":")
    return {"id": own_id or None, "name": name}


def time(at: datetime) -> str:
    return at.isoformat()


def number(snowflake: int | None) -> str | None:
    return None if snowflake is None else str(snowflake)


def signature(attachment_id: int, expires: int) -> str:
    """What makes an attachment's address ours until that second."""
    return hashlib.sha256(f"{attachment_id}:{expires}".encode()).hexdigest()
