"""The manifest: what the app asks for is what the adapter uses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import adapters.chats.slack
from adapters.chats.slack import manifest
from bot.sandbox.slack.values import SlackApp

SCOPE_OF = {
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "chat.delete": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "reactions.add": {"reactions:write"},
    "reactions.remove": {"reactions:write"},
    "users.info": {"users:read"},
    "usergroups.users.list": {"usergroups:read"},
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.members": {"channels:read", "groups:read"},
    "conversations.history": {"channels:history", "groups:history"},
    "conversations.replies": {"channels:history", "groups:history"},
    "conversations.open": {"im:write"},
    "files.info": {"files:read"},
    "files.getUploadURLExternal": {"files:write"},
    "files.completeUploadExternal": {"files:write"},
    "auth.test": set(),
    "views.open": set(),
    "views.publish": set(),
    "views.update": set(),
    "apps.connections.open": set(),
}
NOT_BY_METHODS = {"commands"}


def test_the_scopes_are_exactly_those_of_the_methods_called() -> None:
    """Every Web API method that the adapter names is known here, and no scope is asked for beyond what they need."""
    folder = Path(adapters.chats.slack.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    called = set(
        re.findall(
            r'"((?:chat|reactions|users|usergroups|conversations|auth|views|apps|files(?!\.slack))\.[a-zA-Z.]+)"',
            source,
        )
    )
    assert called == set(SCOPE_OF)
    assert set().union(*SCOPE_OF.values()) | NOT_BY_METHODS == set(manifest.SCOPES)


def test_the_manifest_is_json_that_slack_can_take() -> None:
    """Socket Mode on, interactivity on, the commands and the shortcuts."""
    app = json.loads(manifest.text())
    assert app["settings"]["socket_mode_enabled"] is True
    assert app["settings"]["interactivity"]["is_enabled"] is True
    assert [command["command"] for command in app["features"]["slash_commands"]] == [
        "/close",
        "/reopen",
        "/take",
        "/release",
        "/assign",
        "/snooze",
        "/note",
        "/reply",
        "/snippet",
        "/snippets",
        "/tickets",
        "/stats",
        "/find",
        "/why",
        "/help",
        "/shopbell",
    ]
    assert SlackApp.from_manifest(app).shortcuts == (
        "close_ticket",
        "reopen_ticket",
        "send_to_customer",
        "keep_as_note",
        "snippet",
        "why",
    )
    assert all(len(shortcut["name"]) <= 24 for shortcut in app["features"]["shortcuts"])
    assert len(app["display_information"]["description"]) <= 140


def test_the_commands_can_have_longer_names() -> None:
    """For a workspace where another app has taken the plain ones. `/shopbell` itself is long enough."""
    commands = manifest.app(prefixed=True)["features"]["slash_commands"]
    plain = [command["command"] for command in manifest.app()["features"]["slash_commands"]]
    assert plain[-1] == "/shopbell"
    longer = [name.replace("/", "/shopbell-") for name in plain[:-1]]
    assert [command["command"] for command in commands] == [*longer, "/shopbell"]


def test_missing_scopes_are_reported() -> None:
    """User groups count only where one is configured; without knowledge nothing is held against anybody."""
    granted = set(manifest.SCOPES) - {"usergroups:read", "users:read"}
    assert manifest.missing(granted, groups=True) == ("usergroups:read", "users:read")
    assert manifest.missing(granted, groups=False) == ("users:read",)
    assert manifest.missing(None, groups=True) == ()
