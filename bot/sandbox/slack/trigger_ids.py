"""What an interaction hands to the app and what runs out: trigger ids and response urls."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from bot.clock import Clock
from bot.sandbox.slack.rate_limits import Rules
from bot.sandbox.slack.refusals import Refused
from bot.sandbox.slack.values import Message


@dataclass(slots=True)
class _Trigger:
    user: str
    made_at: float
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Return:
    """
    Where a response url leads.

    Attributes:
        origin: The message whose button was pressed; None for a command.
    """

    user: str
    channel: str
    made_at: float
    origin: Message | None = None
    uses: int = 0


class Passes:
    """Every trigger id and response url that was handed out."""

    def __init__(self, clock: Clock, rules: Rules) -> None:
        self._clock = clock
        self._rules = rules
        self._numbers = itertools.count(1)
        self._triggers: dict[str, _Trigger] = {}
        self._returns: dict[str, Return] = {}

    def trigger(self, user: str) -> str:
        """A new trigger id for what `user` just did."""
        trigger = f"{next(self._numbers)}.0.practice"
        self._triggers[trigger] = _Trigger(user, self._clock.monotonic())
        return trigger

    def redeem(self, trigger: str) -> str:
        """The user of a trigger id, once and within three seconds; else `Refused`."""
        found = self._triggers.get(trigger)
        if found is None:
            raise Refused("invalid_trigger_id")
        if found.used:
            raise Refused("exchanged_trigger_id")
        if self._clock.monotonic() - found.made_at > self._rules.trigger_seconds:
            raise Refused("expired_trigger_id")
        found.used = True
        return found.user

    def open_return(self, user: str, channel: str, *, origin: Message | None = None) -> str:
        """A new response url's last part."""
        code = f"r{next(self._numbers)}"
        self._returns[code] = Return(user=user, channel=channel, made_at=self._clock.monotonic(), origin=origin)
        return code

    def use_return(self, code: str) -> Return:
        """Where a response url leads, five times within half an hour; else `Refused`."""
        found = self._returns.get(code)
        if found is None:
            raise Refused("invalid_url")
        if self._clock.monotonic() - found.made_at > self._rules.response_url_seconds:
            raise Refused("expired_url")
        if found.uses >= self._rules.response_url_uses:
            raise Refused("used_url")
        found.uses += 1
        return found
