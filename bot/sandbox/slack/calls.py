"""One call of a Web API method: its arguments, form-encoded or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.slack.refusals import SlackRefusal


@dataclass(frozen=True, slots=True)
class SlackCall:
    """
    The arguments of one call.

    Attributes:
        token: From the header or, in a form only, from the arguments; None: there was none.
    """

    method: str
    arguments: Mapping[str, Any]
    token: str | None

    def text(self, name: str) -> str:
        """An argument as text; empty if it is missing."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def has(self, name: str) -> bool:
        return self.arguments.get(name) is not None

    def flag(self, name: str) -> bool:
        """Whether an argument is `true`, `1` or a JSON true."""
        return self.text(name).lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        """An argument as a whole number. Raises `SlackRefusal` `invalid_arguments` for anything else."""
        try:
            return int(self.arguments.get(name) or default)
        except ValueError:
            raise SlackRefusal("invalid_arguments") from None

    def decoded(self, name: str, error: str) -> Any:
        """An argument that is JSON, or JSON as text; None if it is missing. Raises `SlackRefusal` if it is broken."""
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise SlackRefusal(error) from None


async def read_call(request: web.Request) -> SlackCall:
    """The call that a request makes."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise SlackRefusal("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackRefusal("json_not_object")
        body.pop("token", None)
        arguments |= body
    else:
        arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = arguments.pop("token", None)
    if scheme.lower() == "bearer" and bearer:
        token = bearer
    return SlackCall(request.match_info["method"], arguments, token)
