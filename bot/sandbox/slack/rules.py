"""What the practice Slack allows: the app as its manifest declares it, and the platform's limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

READING = frozenset({"message.channels", "message.groups", "app_mention", "member_joined_channel"})
WORKING = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "reactions:read",
        "reactions:write",
        "usergroups:read",
        "users:read",
    }
)


class Refused(Exception):
    """Slack says no; `error` is its word for why and `fields` what stands beside it in the answer."""

    def __init__(self, error: str, **fields: object) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """
    The app as it is installed.

    Attributes:
        scopes: What the bot token may do; a method that needs another one answers `missing_scope`.
        app_scopes: What the app-level token may do.
        events: The event subscriptions; what is not among them never arrives.
        commands: The slash commands; any other is no command to Slack's composer.
        shortcuts: The message shortcuts by `callback_id`.
    """

    name: str = "shopbell"
    scopes: frozenset[str] = WORKING
    app_scopes: frozenset[str] = frozenset({"connections:write"})
    events: frozenset[str] = READING
    commands: tuple[str, ...] = ("/close", "/reopen", "/stats")
    shortcuts: tuple[str, ...] = ()

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> App:
        """The app that Slack makes of a manifest; `KeyError` where a required part is missing."""
        features = manifest["features"]
        subscriptions = manifest["settings"].get("event_subscriptions", {})
        return cls(
            name=manifest["display_information"]["name"],
            scopes=frozenset(manifest["oauth_config"]["scopes"]["bot"]),
            events=frozenset(subscriptions.get("bot_events", ())),
            commands=tuple(command["command"] for command in features.get("slash_commands", ())),
            shortcuts=tuple(
                shortcut["callback_id"] for shortcut in features.get("shortcuts", ()) if shortcut["type"] == "message"
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    The platform's limits; the defaults are Slack's own, times in seconds.

    Attributes:
        ack_seconds: How long an envelope may stay unacknowledged.
        retry_delays: When an event is sent again, counted from the failure before; interactions never are.
        posts_per_second, post_burst: `chat.postMessage` in one channel.
        per_minute: Calls of one method in a minute, by the method's tier.
        connects_per_minute: `apps.connections.open`; documented as tier 1, which Slack does not hold one to.
        unknown_thread: What a reply to a message that does not exist becomes: Slack has been seen to refuse it and
            to post it at the top level of the channel.
        page: The most that one page of history holds; 15 for distributed apps outside the Marketplace.
    """

    ack_seconds: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    connections: int = 10
    link_seconds: float = 30.0
    posts_per_second: float = 1.0
    post_burst: int = 5
    per_minute: tuple[int, int, int, int] = (1, 20, 50, 100)
    special_per_minute: int = 300
    connects_per_minute: int = 60
    trigger_seconds: float = 3.0
    response_url_seconds: float = 1800.0
    response_url_uses: int = 5
    unknown_thread: Literal["refuse", "top level"] = "refuse"
    page: int = 1000
