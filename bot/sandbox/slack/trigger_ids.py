"""What an interaction gives to the app for a short time: trigger ids and response urls."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from bot.clock import Clock
from bot.sandbox.slack.rate_limits import SlackLimits
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.values import SlackMessage


@dataclass(slots=True)
class _Trigger:
    user: str
    made_at: float
    used: bool = False


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """
    Where a response url leads.

    Attributes:
        origin: The message whose button was pressed; None for a command.
    """

    user: str
    channel: str
    made_at: float
    origin: SlackMessage | None = None
    uses: int = 0


class TriggerIds:
    """Every trigger id that was given to the app."""

    def __init__(self, clock: Clock, limits: SlackLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._numbers = itertools.count(1)
        self._triggers: dict[str, _Trigger] = {}

    def create(self, user: str) -> str:
        """A new trigger id for what `user` just did."""
        trigger = f"{next(self._numbers)}.0.practice"
        self._triggers[trigger] = _Trigger(user, self._clock.monotonic())
        return trigger

    def redeem(self, trigger: str) -> str:
        """The user of a trigger id, once and within three seconds. Raises `SlackRefusal` otherwise."""
        found = self._triggers.get(trigger)
        if found is None:
            raise SlackRefusal("invalid_trigger_id")
        if found.used:
            raise SlackRefusal("exchanged_trigger_id")
        if self._clock.monotonic() - found.made_at > self._limits.trigger_seconds:
            raise SlackRefusal("expired_trigger_id")
        found.used = True
        return found.user


class ResponseUrls:
    """Every response url that was given to the app, by its last part."""

    def __init__(self, clock: Clock, limits: SlackLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._numbers = itertools.count(1)
        self._urls: dict[str, ResponseUrl] = {}

    def create(self, user: str, channel: str, *, origin: SlackMessage | None = None) -> str:
        """The last part of a new response url."""
        code = f"r{next(self._numbers)}"
        self._urls[code] = ResponseUrl(user=user, channel=channel, made_at=self._clock.monotonic(), origin=origin)
        return code

    def use(self, code: str) -> ResponseUrl:
        """Where a response url leads, five times within half an hour. Raises `SlackRefusal` otherwise."""
        found = self._urls.get(code)
        if found is None:
            raise SlackRefusal("invalid_url")
        if self._clock.monotonic() - found.made_at > self._limits.response_url_seconds:
            raise SlackRefusal("expired_url")
        if found.uses >= self._limits.response_url_uses:
            raise SlackRefusal("used_url")
        found.uses += 1
        return found
