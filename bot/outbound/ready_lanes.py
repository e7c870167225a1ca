"""The lanes that have something to do now, as the database shows them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.clock import Clock
from bot.db.connection import Row, Transaction
from bot.db.rows import from_ms, to_ms
from bot.model import ChannelId, ChatName, Kind, Place, State, ThreadId, TicketNumber
from bot.ports import CanWait, Chat, Limit, Vendor

_SEARCHED = (Kind.OPEN, Kind.POST, Kind.LINE, Kind.NEW_CARD)
"""What is looked for in a chat after an attempt of unknown outcome; all else is simply made again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyLane:
    """
    A lane whose first delivery is due.

    Attributes:
        store: Empty: the delivery belongs to no store, as a line for a channel.
        whose: The agent, of what an agent wrote or asked for; else the ticket's customer, by their address; empty:
            nobody knows.
        kind, place: Of the first delivery; the place is None at a store's vendor.
        due_at: Since when the first delivery is due.
        delivery: Its number.
        is_uncertain: Whether nobody knows what became of its latest attempt.
    """

    lane: str
    store: str
    ticket: TicketNumber | None
    kind: Kind
    place: Place | None
    due_at: datetime
    delivery: int
    is_uncertain: bool = False
    whose: str = ""

    @property
    def channel(self) -> str:
        return "" if self.place is None else self.place.channel


LimitOf = Callable[[ReadyLane], Limit | None]
"""The limit that holds for a lane's first delivery; None: there is none."""


@dataclass(frozen=True, slots=True)
class Look:
    """
    What there is to do.

    Attributes:
        ready: By destination; those without any are left out.
        next_due: When the next delivery will be due; None: none waits.
        seconds: How long it took to find out.
    """

    ready: Mapping[str, list[ReadyLane]]
    next_due: datetime | None
    seconds: float


def look_for_lanes(tx: Transaction, destinations: Collection[str], clock: Clock) -> Look:
    """Every lane of these destinations whose first delivery is due."""
    began, now = clock.monotonic(), clock.now()
    waiting = [row["destination"] for row in tx.all("scheduled_destinations") if row["destination"] in destinations]
    ready = {
        destination: [_ready_lane(row) for row in tx.all("ready_lanes", destination=destination, now=to_ms(now))]
        for destination in waiting
    }
    rows = [tx.one("next_due", destination=destination, now=to_ms(now)) for destination in waiting]
    later = [from_ms(row["due_at"]) for row in rows if row is not None and row["due_at"] is not None]
    return Look(ready, min(later, default=None), clock.monotonic() - began)


def _ready_lane(row: Row) -> ReadyLane:
    place = None
    if row["chat"] is not None:
        thread = None if row["thread"] is None else ThreadId(row["thread"])
        place = Place(chat=ChatName(row["chat"]), channel=ChannelId(row["channel"]), thread=thread)
    return ReadyLane(
        lane=row["lane"],
        store=row["store"] or "",
        ticket=None if row["ticket"] is None else TicketNumber(row["ticket"]),
        kind=Kind(row["kind"]),
        place=place,
        due_at=from_ms(row["due_at"]),
        delivery=row["id"],
        is_uncertain=State(row["state"]) is State.UNCERTAIN,
        whose=row["whose"] or "",
    )


def chat_limit(chat: Chat) -> LimitOf:
    """The limits of a chat's lanes, as the chat says. To search takes none of the posts that it allows."""

    def limit(lane: ReadyLane) -> Limit | None:
        if lane.place is None:
            return None
        if lane.is_uncertain and lane.kind in _SEARCHED:
            return Limit(f"search {lane.channel}", 0.0)
        return chat.limit(lane.kind, lane.place)

    return limit


def vendor_limit(vendor: Vendor) -> LimitOf | None:
    """The limit of all lanes of a store, as its vendor's quota says; None: this vendor does not know."""
    if not isinstance(vendor, CanWait):
        return None
    # A bucket for each: a reply that hangs must not hold up the replies to other tickets.
    return lambda lane: Limit(bucket=lane.lane, seconds=vendor.wait())
