"""What the practice Slack is made of, as frozen values; a change makes a new value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """
    An account of the workspace.

    Attributes:
        guest: Whether Slack shows it as `is_restricted`.
        stranger: Whether it is another company's, here by Slack Connect.
        admin: Whether it administers the workspace.
    """

    id: str
    name: str
    real_name: str
    display_name: str
    guest: bool = False
    stranger: bool = False
    admin: bool = False
    bot: bool = False
    deleted: bool = False

    @property
    def shown(self) -> str:
        """The name that people see."""
        return self.display_name or self.real_name or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackChannel:
    """
    A place to write in: a public or private channel, or a direct conversation with the bot (`direct`).

    Attributes:
        more: What else its conversation object says.
    """

    id: str
    name: str
    private: bool = False
    direct: bool = False
    archived: bool = False
    members: frozenset[str] = frozenset()
    created: int = 0
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def kind(self) -> str:
        """What Slack calls it in `channel_type`."""
        if self.direct:
            return "im"
        return "group" if self.private else "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A user group, as in `<!subteam^S…>`."""

    id: str
    handle: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackFile:
    """
    A file.

    Attributes:
        shared: False until an upload has been completed.
        alternative: What a picture shows, for who does not see it.
        must_be_asked: Whether messages have only its id, as in a channel shared with another workspace.
    """

    id: str
    name: str
    content: bytes
    owner: str
    title: str = ""
    shared: bool = True
    alternative: str = ""
    must_be_asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackButton:
    """A button, and the block that it is in."""

    label: str
    action_id: str
    block_id: str
    value: str
    style: str
    element: Json = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """
    A message as the workspace stores it.

    Attributes:
        user: Who wrote it; None only if Slack gives no user.
        username: The name a bot chose for this message; None: its own.
        thread_ts: The parent's `ts` for a reply; None for everything else, a parent included.
        only_for: The one user who sees an ephemeral message; None: everybody.
        locked: Whether admins have locked its thread, so that nobody can reply or react there.
        pinged: Who is notified by it: `@channel`, `@here`, `@everyone`, user ids, group ids.
        rendered: What a person reads.
    """

    channel: str
    ts: str
    user: str | None
    text: str = ""
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    metadata: Json | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    username: str | None = None
    mrkdwn: bool = True
    files: tuple[SlackFile, ...] = ()
    reactions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    edited_at: str | None = None
    client_msg_id: str | None = None
    only_for: str | None = None
    locked: bool = False
    pinged: tuple[str, ...] = ()
    rendered: str = ""

    @property
    def broadcast(self) -> bool:
        return self.subtype == "thread_broadcast"

    @property
    def buttons(self) -> tuple[SlackButton, ...]:
        """The buttons that a person can press, from top to bottom."""
        return buttons_of(self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """
    A modal or a Home tab that somebody has open.

    Attributes:
        body: What the app sent, ids filled in.
        state: What the person has entered, by block id and action id.
        previous: The view below it in the stack.
    """

    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    state: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    rendered: str = ""

    @property
    def title(self) -> str:
        return str(self.body["title"]["text"]) if "title" in self.body else "Home"

    @property
    def callback_id(self) -> str:
        return str(self.body.get("callback_id", ""))

    @property
    def private_metadata(self) -> str:
        return str(self.body.get("private_metadata", ""))

    @property
    def blocks(self) -> tuple[Json, ...]:
        return tuple(self.body["blocks"])

    @property
    def buttons(self) -> tuple[SlackButton, ...]:
        return buttons_of(self.blocks)


def elements_of(blocks: tuple[Json, ...]) -> tuple[tuple[Json, Json], ...]:
    """Every interactive element with its block; images are left out."""
    found: list[tuple[Json, Json]] = []
    for block in blocks:
        if block["type"] == "actions":
            found.extend((block, element) for element in block["elements"])
        elif block["type"] == "section" and block.get("accessory"):
            found.append((block, block["accessory"]))
        elif block["type"] == "input":
            found.append((block, block["element"]))
    return tuple((block, element) for block, element in found if element["type"] != "image")


def buttons_of(blocks: tuple[Json, ...]) -> tuple[SlackButton, ...]:
    """The buttons in the blocks."""
    return tuple(
        SlackButton(
            label=element["text"]["text"],
            action_id=element["action_id"],
            block_id=block["block_id"],
            value=element.get("value", ""),
            style=element.get("style", ""),
            element=element,
        )
        for block, element in elements_of(blocks)
        if element["type"] == "button"
    )


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
        "im:write",
        "reactions:read",
        "reactions:write",
        "usergroups:read",
        "users:read",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackApp:
    """
    The app as it is installed.

    Attributes:
        scopes: What the bot token may do; a method that needs another scope answers `missing_scope`.
        app_scopes: What the app-level token may do.
        events: The event subscriptions; other events are never sent.
        commands: The slash commands; Slack's composer refuses any other.
        escaped: Those of them in whose text Slack writes the ids of people and channels.
        shortcuts: The message shortcuts by `callback_id`.
        has_home: Whether the app has a Home tab.
        has_messages: Whether it has a tab for messages; without one it can write to nobody directly.
    """

    name: str = "shopbell"
    scopes: frozenset[str] = WORKING
    app_scopes: frozenset[str] = frozenset({"connections:write"})
    events: frozenset[str] = READING
    commands: tuple[str, ...] = ("/close", "/reopen", "/stats")
    escaped: frozenset[str] = frozenset()
    shortcuts: tuple[str, ...] = ()
    has_home: bool = False
    has_messages: bool = True

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> SlackApp:
        """The app that Slack makes from a manifest. Raises `KeyError` if a required part is missing."""
        features = manifest["features"]
        subscriptions = manifest["settings"].get("event_subscriptions", {})
        return cls(
            name=manifest["display_information"]["name"],
            scopes=frozenset(manifest["oauth_config"]["scopes"]["bot"]),
            events=frozenset(subscriptions.get("bot_events", ())),
            commands=tuple(command["command"] for command in features.get("slash_commands", ())),
            escaped=frozenset(
                command["command"] for command in features.get("slash_commands", ()) if command.get("should_escape")
            ),
            has_home=bool(features.get("app_home", {}).get("home_tab_enabled")),
            has_messages=bool(features.get("app_home", {}).get("messages_tab_enabled")),
            shortcuts=tuple(
                shortcut["callback_id"] for shortcut in features.get("shortcuts", ()) if shortcut["type"] == "message"
            ),
        )
