"""
shopbell's own lines for a whole channel.

An incident notice says that something is wrong, and also holds the text to post when it is over. If a channel does not
accept the notice, it goes to the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, payload_json, require, to_ms
from bot.model import Button, DeliveryId, Kind, LinePayload, Place, State
from bot.tickets.enqueue import add_delivery, chat_destination


def announce(tx: Transaction, channel: Place, text: str, now: datetime, buttons: tuple[Button, ...] = ()) -> DeliveryId:
    """Queue a line for a channel, outside any thread."""
    return _add(tx, channel, LinePayload(text=text, place=channel, buttons=buttons), now)


def incident_notice(
    tx: Transaction, channels: Sequence[Place], text: str, resolved_text: str, now: datetime
) -> DeliveryId:
    """
    Queue an incident notice for the first of these channels that accepts it.

    Args:
        channels: At least one.
        resolved_text: What to post in the same place once the incident is over; see `resolve_notice`.
    """
    first, *others = channels
    notice = LinePayload(text=text, place=first, resolved_text=resolved_text, alternatives=tuple(others))
    return _add(tx, first, notice, now)


def resolve_notice(tx: Transaction, notice: DeliveryRow, now: datetime) -> None:
    """The incident is over: say so where its notice was posted. A notice that still waits is dropped."""
    payload = notice.payload_as(LinePayload)
    if notice.state is State.WAITING:
        tx.run("drop_delivery", id=notice.id, now=to_ms(now))
    elif notice.state is not State.DONE or tx.one("was_posted", id=notice.id) is not None:
        announce(tx, require(payload.place), require(payload.resolved_text), now)


def move_notice(tx: Transaction, line: DeliveryRow) -> bool:
    """Address a line that its channel did not accept to its next alternative. False: there is none left."""
    payload = line.payload_as(LinePayload)
    if not payload.alternatives:
        return False
    first, *others = payload.alternatives
    moved = replace(payload, place=first, alternatives=tuple(others))
    tx.run(
        "readdress_line",
        id=line.id,
        lane=_lane(first),
        destination=chat_destination(first.chat),
        payload=payload_json(moved),
    )
    return True


def _add(tx: Transaction, channel: Place, payload: LinePayload, now: datetime) -> DeliveryId:
    return require(add_delivery(tx, Kind.LINE, _lane(channel), chat_destination(channel.chat), now, payload=payload))


def _lane(channel: Place) -> str:
    return f"channel:{channel.chat}:{channel.channel}"
