"""The parts of the practice Slack together, and the permission checks that the Web API methods share."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from bot.clock import Clock
from bot.sandbox.slack.calls import SlackCall
from bot.sandbox.slack.events import SlackEvents
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.rate_limits import SlackLimits, SlackRateLimiter
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.serializers import message_json
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.state import BOT_USER, SlackState
from bot.sandbox.slack.trigger_ids import ResponseUrls, TriggerIds
from bot.sandbox.slack.values import Json, SlackApp, SlackChannel, SlackMessage

TIMESTAMP = re.compile(r"\d{1,12}\.\d{6}")


class Workspace:
    """
    The parts of the practice Slack, and what the methods share.

    Attributes:
        address: `127.0.0.1:port`, once the server listens.
        token_error: The error for every call with the bot token (`token_revoked`); None: the token is valid.
    """

    def __init__(self, clock: Clock, app: SlackApp, limits: SlackLimits) -> None:
        self.clock = clock
        self.app = app
        self.limits = limits
        self.state = SlackState(clock, app.name)
        self.rate_limiter = SlackRateLimiter(clock, limits)
        self.trigger_ids = TriggerIds(clock, limits)
        self.response_urls = ResponseUrls(clock, limits)
        self.sockets = Sockets(clock, limits)
        self.events = SlackEvents(self.state, self.sockets, app)
        self.modals = Modals(self.state)
        self.token_error: str | None = None
        self._address = ""

    @property
    def address(self) -> str:
        return self._address

    @address.setter
    def address(self, address: str) -> None:
        self._address = self.events.address = address

    # ------------------------------------------------------------ what the bot may see and do

    def require(self, *scopes: str) -> None:
        """Raise `SlackRefusal` `missing_scope` unless the bot token has one of these."""
        if not self.app.scopes.intersection(scopes):
            provided = ",".join(sorted(self.app.scopes))
            raise SlackRefusal("missing_scope", needed=scopes[0], provided=provided)

    def visible(self, channel: str) -> SlackChannel:
        """A channel that the bot can see: a public one, or one that it is in. `SlackRefusal`: `channel_not_found`."""
        found = self.state.channels.get(channel)
        if found is None or (found.private and BOT_USER not in found.members):
            raise SlackRefusal("channel_not_found")
        return found

    def own(self, channel: str) -> SlackChannel:
        """A channel that the bot is in. `SlackRefusal`: `channel_not_found`, `not_in_channel`."""
        found = self.visible(channel)
        if BOT_USER not in found.members:
            raise SlackRefusal("not_in_channel")
        return found

    def readable(self, channel: str) -> SlackChannel:
        """A channel whose history the bot may read."""
        found = self.visible(channel)
        if found.direct:
            self.require("im:history")
        else:
            self.require("groups:history" if found.private else "channels:history")
        return self.own(channel)

    def writable(self, channel: str) -> SlackChannel:
        """A channel, by its id or name, or a user, that the bot may write to."""
        if channel in self.state.users:
            channel = self.state.direct(channel).id
        named = [each.id for each in self.state.channels.values() if each.name == channel.removeprefix("#")]
        found = self.visible(named[0] if named else channel)
        if found.archived:
            raise SlackRefusal("is_archived")
        if found.direct and not self.app.has_messages:
            raise SlackRefusal("messages_tab_disabled")
        if BOT_USER not in found.members and (found.private or "chat:write.public" not in self.app.scopes):
            raise SlackRefusal("not_in_channel")
        return found

    def existing(self, channel: SlackChannel, ts: str) -> SlackMessage:
        """A message that exists; a tombstone does not count. `SlackRefusal`: `message_not_found`."""
        found = self.state.message(channel.id, ts)
        if found is None or found.subtype == "tombstone":
            raise SlackRefusal("message_not_found")
        return found

    def message_json(self, message: SlackMessage, *, metadata: bool = False) -> Json:
        return message_json(self.state, message, self.address, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """
    One Web API method.

    Attributes:
        scopes: The token needs one of these; empty: none, or the method checks by itself.
        tier: 1 to 4 as documented; 0: the special tier.
        token: Which kind of token it needs.
    """

    name: str
    run: Callable[[Workspace, SlackCall], Awaitable[Json]]
    scopes: tuple[str, ...] = field(default=())
    tier: Literal[0, 1, 2, 3, 4] = 3
    token: Literal["bot", "app"] = "bot"
