"""The account, the guild and its members as Discord's JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.state import DiscordState
from bot.sandbox.discord.values import Member, Role, created_at

MESSAGE_CONTENT_LIMITED = 1 << 19
"""The application flag of an unverified bot whose message content intent is switched on."""


class GuildSerializer:
    """
    Writes users, members, roles and the guild as JSON.

    Args:
        state: Where names and permissions are looked up.
        files_url: The base address of attachments, without a slash at its end; called each time, because the port is
            known only when the server listens.
    """

    def __init__(self, state: DiscordState, files_url: Callable[[], str]) -> None:
        self._state = state
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
        return self.user(self._state.bot) | {
            "mfa_enabled": True,
            "verified": True,
            "email": None,
            "locale": "en-US",
            "premium_type": 0,
        }

    def application(self, *, message_content: bool) -> Json:
        flags = MESSAGE_CONTENT_LIMITED if message_content else 0
        return {
            "id": str(self._state.application_id),
            "name": self._state.bot.name,
            "icon": None,
            "description": "",
            "type": None,
            "bot": self.user(self._state.bot),
            "bot_public": False,
            "bot_require_code_grant": False,
            "verify_key": hashlib.sha256(b"practice").hexdigest(),
            "flags": flags,
            "flags_new": str(flags),
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "owner": self.user(self._state.owner),
            "approximate_guild_count": 1,
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "team": None,
            "eligible_oauth2_scopes": [],
        }

    def member(self, member: Member) -> Json:
        return {"user": self.user(member)} | self.membership(member)

    def membership(self, member: Member) -> Json:
        return {
            "roles": [str(role) for role in member.roles],
            "nick": None,
            "avatar": None,
            "banner": None,
            "joined_at": time(created_at(self._state.guild_id)),
            "premium_since": None,
            "communication_disabled_until": None if member.timed_out_until is None else time(member.timed_out_until),
            "flags": member.flags,
            "pending": member.pending,
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
            "mentionable": role.mentionable,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }

    def roles(self) -> list[Json]:
        return [self.role(role, position) for position, role in enumerate(self._state.roles.values())]

    def guild(self) -> Json:
        nothing = (
            "icon description home_header splash discovery_splash banner application_id afk_channel_id "
            "system_channel_id widget_channel_id max_presences vanity_url_code rules_channel_id "
            "safety_alerts_channel_id public_updates_channel_id incidents_data"
        )
        return dict.fromkeys(nothing.split()) | {
            "id": str(self._state.guild_id),
            "name": self._state.name,
            "features": ["COMMUNITY"],
            "owner_id": str(self._state.owner.id),
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


def time(at: datetime) -> str:
    return at.isoformat()
