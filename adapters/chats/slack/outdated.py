"""
Modals, buttons and menus that are not as this version makes them: from an older one, or made up.

Slack shows an error where nothing is acknowledged, and nobody learns from that what to do. So each is acknowledged, and
whoever used it reads what to do next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from adapters.chats.malformed import SHAPE_ERRORS
from adapters.chats.slack import wording
from adapters.chats.slack.blocks import plain
from adapters.chats.slack.messages import answer_blocks
from bot.model import Answer, written_in

_Arguments = ParamSpec("_Arguments")
_Read = TypeVar("_Read")


class Outdated(Exception):
    """What somebody used cannot be read."""


def reading(read: Callable[_Arguments, _Read]) -> Callable[_Arguments, _Read]:
    """A function that reads what Slack sends; it raises `Outdated` where that has another shape."""

    def checked(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Read:
        try:
            return read(*arguments, **named)
        except SHAPE_ERRORS as error:
            raise Outdated from error

    checked.__doc__ = read.__doc__
    return checked


def metadata(view: Mapping[str, Any]) -> Mapping[str, Any]:
    """What one of our modals keeps in itself. To be called while `reading`."""
    kept = json.loads(view["private_metadata"])
    if not isinstance(kept, dict) or not isinstance(kept["channel"], str):
        raise TypeError("no modal of ours keeps that")
    return kept


def outdated_view(view: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the place of a modal that cannot be used: what to do, and what was typed into it."""
    answer = Answer(text=wording.FORM_OUTDATED, kept=written_in(_entered(view)))
    return {
        "type": "modal",
        "callback_id": "shopbell:outdated",
        "title": plain("shopbell"),
        "close": plain(wording.DONE),
        "blocks": answer_blocks(answer),
    }


def _entered(view: Mapping[str, Any]) -> dict[str, str]:
    """As far as it can be read."""
    try:
        parts = [each for values in view["state"]["values"].values() for each in values.items()]
        return {str(name): value["value"] for name, value in parts if isinstance(value.get("value"), str)}
    except SHAPE_ERRORS:
        return {}
