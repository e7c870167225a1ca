"""The modal in which an agent picks a ticket, where a command came without a number; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.chats.slack import blocks, wording
from bot.model import Answer, ChannelId, Choice, Verb
from bot.text import one_line

CALLBACK = "shopbell:pick"
TICKET = "shopbell:ticket"
_BLOCK = "ticket"
_TITLE = 24
_OPTION = 75
_OPTIONS = 100


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a picker was opened for, and in which channel; it travels in the modal itself."""

    verb: Verb
    channel: ChannelId


def view(purpose: Purpose) -> dict[str, Any]:
    """The modal; its choices are asked for as one types, beginning with nothing typed."""
    return _modal(
        purpose,
        [
            {
                "type": "input",
                "block_id": _BLOCK,
                "label": _plain(wording.PICKER_LABEL),
                "element": {
                    "type": "external_select",
                    "action_id": TICKET,
                    "placeholder": _plain(wording.PICKER_PLACEHOLDER),
                    "min_query_length": 0,
                    "focus_on_load": True,
                },
            }
        ],
        close=wording.PICKER_CANCEL,
    ) | {"submit": _plain(wording.PICKER_SUBMIT[purpose.verb])}


def waiting(purpose: Purpose) -> dict[str, Any]:
    """What stands in the modal while the vendor is being asked."""
    return _modal(purpose, [blocks.rich(blocks.section(blocks.words(wording.WAIT)))], close=wording.DONE)


def result(purpose: Purpose, answer: Answer) -> dict[str, Any]:
    """What came of it."""
    return _modal(purpose, blocks.answer(answer), close=wording.DONE)


def _modal(purpose: Purpose, shown: list[blocks.Block], *, close: str) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _plain(one_line(wording.PICKER_TITLE[purpose.verb], _TITLE)),
        "close": _plain(close),
        "private_metadata": json.dumps({"verb": purpose.verb.value, "channel": purpose.channel}),
        "blocks": shown,
    }


def purpose_of(shown: Mapping[str, Any]) -> Purpose:
    """What a modal of ours was opened for, from the payload that Slack sends with whatever is done in it."""
    kept = json.loads(shown["private_metadata"])
    return Purpose(Verb(kept["verb"]), ChannelId(str(kept["channel"])))


def picked(shown: Mapping[str, Any]) -> str:
    """The number that was picked, from a submission."""
    entered = shown["state"]["values"][_BLOCK][TICKET]
    return str(entered["selected_option"]["value"])


def options(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """The choices as Slack lists them; a line holds 75 characters."""
    return [
        {"text": _plain(one_line(choice.title, _OPTION)), "value": str(choice.number)} for choice in choices[:_OPTIONS]
    ]


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
