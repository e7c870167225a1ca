"""
Buttons as Block Kit elements, what a pressed one asks for, and where; pure.

Everything that is needed when a button is pressed is in the button itself (`shopbell:close:0`, `ticket:1042`). So a
button works after a restart, and nothing has to be looked up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.chats.slack.blocks import Block, Element, fitting, plain
from adapters.chats.slack.reading import SLACK
from bot.model import Button, ChannelId, DeliveryId, Place, ThreadId, TicketNumber, Verb

ACTIONS = re.compile(r"shopbell:(?P<verb>[a-z]+):\d+")
"""Matches the action id of every button that this adapter has ever made."""

_VALUE = re.compile(r"(?P<kind>thread|ticket|delivery|page):(?P<number>[0-9]{0,18})(?::(?P<words>[^\r\n]{1,60}))?")
_LABEL_LENGTH = 75


def action_rows(buttons: Sequence[Button], first: int = 0) -> list[Block]:
    """
    The buttons in one row; no row if there are none.

    Args:
        first: The number of the first button. Where there are several rows, no two buttons have the same number.
    """
    if not buttons:
        return []
    return [{"type": "actions", "elements": [_element(button, place) for place, button in enumerate(buttons, first)]}]


def _element(button: Button, place: int) -> Element:
    element: Element = {
        "type": "button",
        "action_id": f"shopbell:{button.verb.value}:{place}",
        "text": plain(fitting(button.label, _LABEL_LENGTH)),
        "value": _value(button),
    }
    return element | {"style": "primary"} if button.verb is Verb.RETRY else element


def _value(button: Button) -> str:
    subject = "thread:"
    if button.delivery is not None:
        subject = f"delivery:{button.delivery}"
    elif button.ticket is not None:
        subject = f"ticket:{button.ticket}"
    elif button.page is not None:
        subject = f"page:{button.page}"
    return subject + (f":{button.words}" if button.words else "")


def pressed(action: Mapping[str, Any]) -> Button | None:
    """The button of an action of a `block_actions` payload, without its label; None: it is not one of ours."""
    found = ACTIONS.fullmatch(str(action.get("action_id", "")))
    value = _VALUE.fullmatch(str(action.get("value", "")))
    if found is None or value is None or found["verb"] not in {verb.value for verb in Verb}:
        return None
    kind, number = value["kind"], value["number"]
    return Button(
        verb=Verb(found["verb"]),
        label="",
        ticket=TicketNumber(int(number)) if kind == "ticket" and number else None,
        delivery=DeliveryId(int(number)) if kind == "delivery" and number else None,
        words=value["words"] or "",
        page=int(number[:4]) if kind == "page" and number else None,
    )


def place_of(body: Mapping[str, Any]) -> Place:
    """The thread in which something was pressed or picked; a message in the channel counts as a thread's first."""
    message = body.get("message") or {}
    container = body.get("container") or {}
    ts = message.get("ts") or body.get("message_ts") or container.get("message_ts")
    thread = message.get("thread_ts") or container.get("thread_ts") or ts
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id")
    return Place(chat=SLACK, channel=ChannelId(str(channel)), thread=ThreadId(str(thread)) if thread else None)


def place_for_answer(body: Mapping[str, Any], place: Place) -> Place:
    """
    Where the asker sees the answer.

    Slack shows an ephemeral message to nobody if its thread has no replies
    (docs.slack.dev/reference/methods/chat.postEphemeral); then it goes into the channel.
    """
    has_thread = (body.get("message") or {}).get("thread_ts") or (body.get("container") or {}).get("thread_ts")
    return place if has_thread else Place(chat=place.chat, channel=place.channel)
