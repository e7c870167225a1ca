"""Everything behind the practice Slack's doors, held together; what a Web API method works on."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from bot.clock import Clock
from bot.sandbox.slack.calls import Call
from bot.sandbox.slack.events import Feed
from bot.sandbox.slack.modals import Screens
from bot.sandbox.slack.rate_limits import Pace, Rules
from bot.sandbox.slack.refusals import Refused
from bot.sandbox.slack.serializers import message_shape
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.state import BOT_USER, World
from bot.sandbox.slack.trigger_ids import Passes
from bot.sandbox.slack.values import App, Channel, Json, Message

TIMESTAMP = re.compile(r"\d{1,12}\.\d{6}")


class Workspace:
    """
    The parts, and what the methods have in common.

    Attributes:
        address: `127.0.0.1:port`, once the server listens.
        token_trouble: What every call with the bot token is answered (`token_revoked`); None: the token is good.
    """

    def __init__(self, clock: Clock, app: App, rules: Rules) -> None:
        self.clock = clock
        self.app = app
        self.rules = rules
        self.world = World(clock, app.name)
        self.pace = Pace(clock, rules)
        self.passes = Passes(clock, rules)
        self.sockets = Sockets(clock, rules)
        self.feed = Feed(self.world, self.sockets, app)
        self.screens = Screens(self.world)
        self.token_trouble: str | None = None
        self._address = ""

    @property
    def address(self) -> str:
        return self._address

    @address.setter
    def address(self, address: str) -> None:
        self._address = self.feed.address = address

    # ------------------------------------------------------------ what the bot may see and do

    def require(self, *scopes: str) -> None:
        """`missing_scope` unless the bot token has one of these."""
        if not self.app.scopes.intersection(scopes):
            provided = ",".join(sorted(self.app.scopes))
            raise Refused("missing_scope", needed=scopes[0], provided=provided)

    def visible(self, channel: str) -> Channel:
        """A channel that the bot can see: public, or its own; else `channel_not_found`."""
        found = self.world.channels.get(channel)
        if found is None or (found.private and BOT_USER not in found.members):
            raise Refused("channel_not_found")
        return found

    def own(self, channel: str) -> Channel:
        """A channel that the bot is in; else `channel_not_found` or `not_in_channel`."""
        found = self.visible(channel)
        if BOT_USER not in found.members:
            raise Refused("not_in_channel")
        return found

    def readable(self, channel: str) -> Channel:
        """A channel whose history the bot may read."""
        found = self.visible(channel)
        if found.direct:
            self.require("im:history")
        else:
            self.require("groups:history" if found.private else "channels:history")
        return self.own(channel)

    def writable(self, channel: str) -> Channel:
        """A channel, by its id or name, or a user, that the bot may write to."""
        if channel in self.world.users:
            return self.world.direct(channel)
        named = [each.id for each in self.world.channels.values() if each.name == channel.removeprefix("#")]
        found = self.visible(named[0] if named else channel)
        if found.archived:
            raise Refused("is_archived")
        if BOT_USER not in found.members and (found.private or "chat:write.public" not in self.app.scopes):
            raise Refused("not_in_channel")
        return found

    def existing(self, channel: Channel, ts: str) -> Message:
        """A message that is there; of a deleted one with replies only the tombstone is, which is not it."""
        found = self.world.message(channel.id, ts)
        if found is None or found.subtype == "tombstone":
            raise Refused("message_not_found")
        return found

    def shape(self, message: Message, *, metadata: bool = False) -> Json:
        return message_shape(self.world, message, self.address, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """
    One Web API method.

    Attributes:
        scopes: The token needs one of these; empty: none, or the method asks by itself.
        tier: 1 to 4 as documented; 0: a special one.
        token: Which kind of token it takes.
    """

    name: str
    run: Callable[[Workspace, Call], Awaitable[Json]]
    scopes: tuple[str, ...] = field(default=())
    tier: Literal[0, 1, 2, 3, 4] = 3
    token: Literal["bot", "app"] = "bot"
