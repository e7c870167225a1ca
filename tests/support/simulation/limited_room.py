"""Rooms whose platforms keep their limits, and that know of them what the adapters know."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from adapters.chats.discord.delivery_limits import limit_of
from adapters.chats.discord.rate_limits import RateLimits as DiscordKnown
from adapters.chats.discord.requests import SHORT_WAIT
from adapters.chats.slack.rate_limits import RateLimits as SlackKnown
from bot.clock import Clock
from bot.errors import RateLimited, Uncertain
from bot.model import Card, ChannelId, ChatMessageId, DeliveryKey, Kind, Mark, Opened, Place, Post
from bot.ports import Limit
from bot.sandbox.discord.rate_limits import DiscordRateLimiter, RateLimitRefusal
from bot.sandbox.slack.rate_limits import SlackLimits, SlackRateLimiter
from tests.support.simulation.loop import clock
from tests.support.simulation.room import Room

_ANSWER = 0.02
_HANGS = 25.0
_MESSAGE = "/channels/{channel_id}/messages"
_CARD = "/channels/{channel_id}/messages/{message_id}"
_THREAD = "/channels/{channel_id}/messages/{message_id}/threads"
_REACTION = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"


@dataclass
class LimitedDiscord(Room):
    """
    A text channel's threads, with the limits of the practice Discord.

    Attributes:
        begun: How often each kind of act was begun.
        refused: How often the platform or our own counting refused one.
        bare: Cards that stand without their thread; `without_thread`: how many ever did.
    """

    begun: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    without_thread: int = 0
    bare: set[DeliveryKey] = field(default_factory=set)
    clock: Clock = field(default_factory=clock)

    def __post_init__(self) -> None:
        self._platform = DiscordRateLimiter(self.clock)
        self.forget_limits()

    def forget_limits(self) -> None:
        """As a new process, which knows nothing of what the last one has used."""
        self._known = DiscordKnown(self.clock)

    def limit_is_used_up(self, channel: str) -> bool:
        """Whether no further thread is allowed in this channel for more than a minute."""
        return self._known.wait(f"POST {_THREAD}", channel) > 60

    def limit(self, kind: Kind, place: Place) -> Limit:
        return limit_of(self._known, kind, place)

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        self.begun["open_thread"] += 1
        await self._request("POST", _MESSAGE, channel)
        try:
            await self._request("POST", _THREAD, channel)
        except RateLimited as error:
            self.bare.add(key)
            self.without_thread += 1
            raise Uncertain("The card is there.", retry_after=error.retry_after) from error
        return await super().open_thread(channel, card, key)

    async def find_thread(
        self, channel: ChannelId, card: Card, key: DeliveryKey, after: ChatMessageId | None
    ) -> Opened | None:
        if key not in self.bare:
            return await super().find_thread(channel, card, key, after)
        await self._request("POST", _THREAD, channel)
        self.bare.remove(key)
        return await super().open_thread(channel, card, key)

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        self.begun["post"] += 1
        await self._request("POST", _MESSAGE, str(place.thread or place.channel))
        return await super().post(place, post, part, key)

    async def render_card(self, place: Place, opened: Opened, card: Card) -> bool:
        self.begun["render_card"] += 1
        await self._request("PATCH", _CARD, place.channel)
        return await super().render_card(place, opened, card)

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        self.begun["mark"] += 1
        for method in ["PUT"] * (mark is not None) + ["DELETE"] * (was is not None and was is not mark):
            await self._request(method, _REACTION, str(place.thread))
        await super().mark(place, message, mark, was)

    async def _request(self, method: str, path: str, where: str) -> None:
        """As `adapters.chats.discord.requests` does it for a delivery."""
        route = f"{method} {path}"
        while wait := self._known.take(route, where):
            if wait > SHORT_WAIT:
                self.refused += 1
                raise RateLimited("We ask too fast.", retry_after=wait)
            await self._known.sleep(wait)
        try:
            headers = self._platform.take(_practice(route), where, counts_everywhere=True)
            await self.clock.sleep(_ANSWER)  # so it is always later than Discord counts
        except RateLimitRefusal as refusal:
            self.refused += 1
            seconds = float(refusal.retry_after or 1.0)
            self._known.finished(route, where)
            self._known.exceeded(route, where, seconds, everything=refusal.everywhere)
            raise RateLimited("Discord refuses.", retry_after=seconds) from refusal
        self._known.finished(route, where)
        self._known.learn(route, where, headers)


@dataclass
class LimitedSlack(Room):
    """
    A workspace with Slack's limit on messages in a channel.

    Attributes:
        begun: How often each kind of act was begun.
        refused: How often the platform or our own counting refused one.
        hanging: Channels in which every post takes half a minute.
    """

    begun: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    hanging: set[str] = field(default_factory=set)
    clock: Clock = field(default_factory=clock)

    def __post_init__(self) -> None:
        self._platform = SlackRateLimiter(self.clock, SlackLimits())
        self._known = SlackKnown(self.clock)

    def limit(self, kind: Kind, place: Place) -> Limit:
        if kind in (Kind.CARD, Kind.MARK, Kind.ERASE):
            return Limit(f"{kind} {place.thread}", 0.0)
        return Limit(f"post {place.channel}", self._known.wait(place.channel))

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        self.begun["open_thread"] += 1
        self._post(channel)
        return await super().open_thread(channel, card, key)

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        self.begun["post"] += 1
        self._post(place.channel)
        await self.clock.sleep(_HANGS if place.channel in self.hanging else 0.0)
        return await super().post(place, post, part, key)

    def _post(self, channel: str) -> None:
        wait = self._known.take(channel) or float(self._platform.wait_for_post(channel))
        if wait:
            self.refused += 1
            raise RateLimited("We post too fast.", retry_after=wait)


def _practice(route: str) -> str:
    """A route in the practice Discord's words."""
    return route.replace("_id}", "}")
