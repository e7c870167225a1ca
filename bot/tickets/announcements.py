"""Lines of shopbell's own for a whole channel: told once, moved on where a channel does not take them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, to_ms
from bot.model import ChannelId, ChatName, DeliveryId, Kind, Place, State
from bot.tickets.enqueue import add_delivery, chat_destination


def announcement(tx: Transaction, channel: Place, text: str, now: datetime) -> DeliveryId:
    """Queue a line of shopbell's own for a channel itself."""
    return _announcement(tx, (channel,), {"text": text, "buttons": []}, now)


def tidings(tx: Transaction, channels: Sequence[Place], text: str, over: str, now: datetime) -> DeliveryId:
    """Queue a line about a trouble for the first of these channels that takes it; `over` ends the story there."""
    return _announcement(tx, channels, {"text": text, "buttons": [], "over": over}, now)


def tell_over(tx: Transaction, told: DeliveryRow, now: datetime) -> None:
    """A trouble is over: say so where a line told of it; one that was not said yet need not be said any more."""
    if told.state is State.WAITING:
        tx.run("drop_delivery", id=told.id, now=to_ms(now))
    elif told.state is not State.DONE or tx.one("was_said", id=told.id) is not None:
        place = Place(chat=ChatName(told.body["chat"]), channel=ChannelId(told.body["channel"]))
        announcement(tx, place, told.body["over"], now)


def say_elsewhere(tx: Transaction, line: DeliveryRow) -> bool:
    """A channel does not take a line: let it go to the next that may; whether there is one."""
    channels = line.body.get("else", [])
    if not channels:
        return False
    lane, destination, body = _addressed(_places(channels), line.body)
    kept = json.dumps(body, ensure_ascii=False)
    tx.run("say_elsewhere", id=line.id, lane=lane, destination=destination, body=kept)
    return True


def _announcement(tx: Transaction, channels: Sequence[Place], body: dict[str, Any], now: datetime) -> DeliveryId:
    lane, destination, body = _addressed(channels, body)
    line = add_delivery(tx, Kind.LINE, lane, destination, now, body=body)
    if line is None:
        raise LookupError("a line has no key that could collide")
    return line


def _addressed(channels: Sequence[Place], body: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Lane and destination of a line for the first of these channels, and its body, which knows the others."""
    first, *others = channels
    where: dict[str, Any] = {"chat": first.chat, "channel": first.channel}
    if "over" in body:
        where["else"] = [[other.chat, other.channel] for other in others]
    lane = f"channel:{first.chat}:{first.channel}"
    return lane, chat_destination(first.chat), body | where


def _places(channels: Iterable[tuple[str, str]]) -> list[Place]:
    return [Place(chat=ChatName(chat), channel=ChannelId(channel)) for chat, channel in channels]
