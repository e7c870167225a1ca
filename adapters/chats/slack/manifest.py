"""The Slack app that shopbell needs: its scopes, its events, its commands; pure."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

SCOPES = (
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:write",
    "reactions:write",
    "usergroups:read",
    "users:read",
)
"""What the bot token must be allowed to do; all are used. `files:read` also makes the names of files visible."""
_FOR_GROUPS = "usergroups:read"
FOR_PICTURES = frozenset({"files:write", "im:write"})
"""Without these `/stats` has no picture, and all else works."""

_EVENTS = (
    "message.channels",
    "message.groups",
    "member_joined_channel",
    "channel_left",
    "group_left",
    "app_home_opened",
    # A right ends at once if Slack reports it; without these events it ends within a minute.
    "member_left_channel",
    "channel_archive",
    "channel_unarchive",
    "group_archive",
    "group_unarchive",
    "subteam_members_changed",
    "subteam_updated",
    "user_change",
)
COMMANDS = (
    ("/close", "Close a ticket", "[number] [reason]"),
    ("/reopen", "Reopen a ticket", "[number]"),
    ("/take", "Take a ticket: you answer it", "[number]"),
    ("/release", "Give a ticket back that you have taken", "[number]"),
    ("/assign", "Give a ticket to a colleague", "[number] [@colleague]"),
    ("/snooze", "Take a ticket out of the queue until a time", "[number] [2h|tomorrow|mon 9:00|off]"),
    ("/note", "Add a note for the team to a ticket", "[number] [text]"),
    ("/reply", "Answer a ticket's customer in a form", "[number] [text]"),
    ("/snippet", "Send a saved answer", "[number] [name]"),
    ("/snippets", "List, write and change saved answers", ""),
    ("/tickets", "List the tickets that wait for you", "[waiting|mine|snoozed|all] [store]"),
    ("/stats", "Tickets and response times", "[store] [days]"),
    ("/find", "Find tickets by number, name or words", "[words]"),
    ("/why", "What became of a ticket's messages", "[number]"),
    ("/help", "What you can do here", ""),
)
ANY = ("/shopbell", "Any of these commands, or what you can do here", "[command] [number] …")
"""Another name for all of them: Slack and other apps may have a command's own name, `/help` above all."""
_NAMES_PEOPLE = ("/assign",)
"""Slack gives us the ids of the people that are named in these."""
SHORTCUTS = (
    ("close_ticket", "Close ticket", "Close the ticket of this thread"),
    ("reopen_ticket", "Reopen ticket", "Reopen the ticket of this thread"),
    ("send_to_customer", "Send to customer", "Send this message to the customer"),
    ("keep_as_note", "Keep as note", "Keep this message as a note for the team"),
    ("snippet", "Snippet", "Send a saved answer to the customer of this thread"),
    ("why", "Why", "What became of this message"),
)


def missing(granted: Collection[str] | None, *, groups: bool) -> tuple[str, ...]:
    """
    The scopes that were not granted.

    Args:
        granted: None: it is not known, so none counts as missing.
        groups: Whether `SLACK_AGENTS` names a user group, whose members we have to ask for.
    """
    if granted is None:
        return ()
    return tuple(scope for scope in SCOPES if scope not in granted and (groups or scope != _FOR_GROUPS))


def app(*, prefixed: bool = False) -> dict[str, Any]:
    """
    The app's manifest; see docs.slack.dev/reference/app-manifest.

    Args:
        prefixed: Name the commands `/shopbell-close` and so on, for a workspace where another app has the plain names.
    """
    return {
        "display_information": {
            "name": "shopbell",
            "description": "Store tickets as threads: reply, close and reopen from Slack",
            "background_color": "#1f3a3d",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,  # there the pictures of figures are shown
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "shopbell", "always_online": True},
            "slash_commands": [
                {
                    "command": f"/shopbell-{command[1:]}" if prefixed and command != ANY[0] else command,
                    "description": description,
                    "usage_hint": hint,
                    "should_escape": command in _NAMES_PEOPLE,
                }
                for command, description, hint in (*COMMANDS, ANY)
            ],
            "shortcuts": [
                {"name": name, "type": "message", "callback_id": callback, "description": description}
                for callback, name, description in SHORTCUTS
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(_EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def text(*, prefixed: bool = False) -> str:
    """The manifest as JSON, to be pasted when an app is made "from a manifest"."""
    return json.dumps(app(prefixed=prefixed), indent=2)
