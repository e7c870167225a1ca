"""One call of a Web API method: its arguments, form-encoded or JSON, and the pace at which calls may come."""

from __future__ import annotations

import json
import math
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.clock import Clock
from bot.sandbox.slack.rules import Refused, Rules


@dataclass(frozen=True, slots=True)
class Call:
    """
    The arguments of one call.

    Attributes:
        token: As it came in the header or, in a form only, beside the arguments; None: there was none.
    """

    method: str
    arguments: Mapping[str, Any]
    token: str | None

    def text(self, name: str) -> str:
        """An argument as text; empty where it is missing."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def has(self, name: str) -> bool:
        return self.arguments.get(name) is not None

    def flag(self, name: str) -> bool:
        """`true`, `1` and a JSON true are yes."""
        return self.text(name).lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        """A whole number; `invalid_arguments` where it is none."""
        try:
            return int(self.arguments.get(name) or default)
        except ValueError:
            raise Refused("invalid_arguments") from None

    def decoded(self, name: str, error: str) -> Any:
        """An argument that is JSON, in a form as text; None where it is missing; refused with `error` otherwise."""
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(error) from None


async def read_call(request: web.Request) -> Call:
    """The call that a request makes."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        body.pop("token", None)
        arguments |= body
    else:
        arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = arguments.pop("token", None)
    if scheme.lower() == "bearer" and bearer:
        token = bearer
    return Call(request.match_info["method"], arguments, token)


class Pace:
    """Counts calls; a call that comes too soon costs nothing and is told when to come again."""

    def __init__(self, clock: Clock, rules: Rules) -> None:
        self._clock = clock
        self._rules = rules
        self._minutes: dict[str, deque[float]] = defaultdict(deque)
        self._credit: dict[str, tuple[float, float]] = {}

    def wait_for_method(self, method: str, per_minute: int) -> int:
        """Seconds until this method may be called again; 0: now, and this call counts."""
        now = self._clock.monotonic()
        calls = self._minutes[method]
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= per_minute:
            return max(1, math.ceil(calls[0] + 60 - now))
        calls.append(now)
        return 0

    def wait_for_post(self, channel: str) -> int:
        """Seconds until something may be posted in this channel again; 0: now, and this post counts."""
        now = self._clock.monotonic()
        credit, since = self._credit.get(channel, (float(self._rules.post_burst), now))
        credit = min(self._rules.post_burst, credit + (now - since) * self._rules.posts_per_second)
        if credit < 1:
            self._credit[channel] = (credit, now)
            return max(1, math.ceil((1 - credit) / self._rules.posts_per_second))
        self._credit[channel] = (credit - 1, now)
        return 0
