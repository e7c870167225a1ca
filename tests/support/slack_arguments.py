"""Slack's own SDK as the list of a method's arguments, held against what went over the wire."""

from __future__ import annotations

import inspect

from slack_sdk import WebClient

from bot.sandbox.loopback_server import Exchange

_PREFIX = "/api/"


class UnknownArgumentError(AssertionError):
    """A call with an argument that its method does not have. Slack ignores it, so nobody would notice."""


def check_arguments(exchange: Exchange) -> None:
    """
    Hold the arguments of a Web API call against the signature of the SDK's method of the same name.

    Raises:
        UnknownArgumentError: An argument that is not in the signature.
    """
    if not exchange.path.startswith(_PREFIX) or not isinstance(exchange.body or {}, dict):
        return
    name = exchange.path.removeprefix(_PREFIX)
    method = getattr(WebClient, name.replace(".", "_"), None)
    if method is None:
        raise UnknownArgumentError(f"the SDK has no method for {name}")
    known = {each for each in inspect.signature(method).parameters if each not in ("self", "kwargs")}
    given = {*exchange.query, *(exchange.body or {})} - {"token"}
    unknown = given - known
    if unknown:
        raise UnknownArgumentError(f"{name} has no {', '.join(sorted(unknown))}")
