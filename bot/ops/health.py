"""The state of the process: what `/healthz` and `/readyz` answer. Makes no network calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock, clock_difference
from bot.db.connection import Database, Transaction
from bot.db.rows import from_ms, to_ms
from bot.model import ChatName, Door, StoreName
from bot.outbound.late_replies import LATE_AFTER
from bot.ports import Chat, ChatHealth
from bot.wording import reasons

_STUCK_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedDeliveries:
    """
    How many deliveries to one destination are in one state that is not final.

    Attributes:
        oldest: When the oldest of them was queued; in the state `begun`, when its attempt began.
    """

    destination: str
    state: str
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """
    The state of a store.

    Attributes:
        swept_at: When the last complete sweep ended; None: there was none yet.
        incident, incident_since: What is wrong and since when; empty and None: nothing is wrong.
    """

    name: StoreName
    swept_at: datetime | None
    incident: str
    incident_since: datetime | None


class Health:
    """
    Reads the state of the process from the database and from the chats' connections. Makes no network calls.

    Args:
        is_caught_up: Whether everything that people wrote in a chat while it was not connected has been read.
        first_listed: How many tickets a store's first sweep has gone through so far; 0: none.

    Attributes:
        refused: How often people were refused something since the start, by chat and door.
    """

    def __init__(
        self,
        chats: Mapping[ChatName, Chat],
        stores: Sequence[StoreName],
        database: Database,
        clock: Clock,
        is_caught_up: Callable[[ChatName], bool],
        first_listed: Callable[[StoreName], int],
        refused: Mapping[tuple[ChatName, Door], int],
    ) -> None:
        self._chats = chats
        self._stores = stores
        self._database = database
        self._clock = clock
        self._is_caught_up = is_caught_up
        self._first_listed = first_listed
        self.refused = refused

    async def problems(self) -> list[str]:
        """Why the process does not work as it should, one line each; empty: it works."""
        found = []
        for name, chat in self._chats.items():
            health = chat.health()
            if not health.connected:
                last = f"last event: {_moment(health.last_event_at)}, last data: {_moment(health.last_sign_at)}"
                found.append(f"{name} is not connected: {health.problem or 'connecting'} ({last})")
        found += [
            f"deliveries to {group.destination} have been stuck since {_moment(group.oldest)}"
            for group in await self.unfinished_deliveries()
            if group.state == "begun" and self._clock.now() - group.oldest > _STUCK_AFTER
        ]
        return found

    async def not_ready(self) -> list[str]:
        """Which chats and stores have not been reached yet, one line each; empty: the process is ready."""
        found = [f"{name} is not connected yet" for name, chat in self._chats.items() if not chat.health().connected]
        found += [f"{name} is still catching up" for name in self._chats if not self._is_caught_up(name)]
        states = {state.name: state for state in await self.store_states()}
        for store in self._stores:
            if store not in states or (states[store].swept_at is None and not states[store].incident):
                listed = self._first_listed(store)
                state = f"is read for the first time: {listed} tickets so far" if listed else "has not been asked yet"
                found.append(f"store {store} {state}")
        return found

    async def details(self) -> list[str]:
        """
        What an operator should know although the process works, one line each.

        That is: when each connection last brought something, a clock that is wrong, channels and stores with an
        incident, deliveries that are late, tickets that cannot be read. A connection that brings no events any more may
        still bring heartbeats, so both times are given.
        """
        connections = [line for name, chat in self._chats.items() for line in _connection_lines(name, chat.health())]
        clocks = [
            f"{reasons.clock_is_off(chat.label, ahead)} {reasons.set_the_clock()}"
            for chat in self._chats.values()
            if (ahead := clock_difference(self._clock.now(), chat.now()))
        ]
        channels = [
            f"{row['chat']} channel {row['channel']} since {_moment(from_ms(row['since']))}: {row['incident']}"
            for row in await self._database.read(lambda tx: tx.all("channel_incidents"))
        ]
        before = to_ms(self._clock.now() - LATE_AFTER)
        late = [
            f"store {row['store']}: deliveries have been waiting since {_moment(from_ms(row['since']))}: {row['error']}"
            for row in await self._database.read(lambda tx: tx.all("late_by_store", before=before))
        ]
        late += [
            f"{row['chat']}: words have been waiting for the thread of #{row['ticket']} since "
            f"{_moment(from_ms(row['since']))}: {row['error']}"
            for row in await self._database.read(lambda tx: tx.all("late_by_thread", before=before))
        ]
        unreadable = [
            f"store {row['store']}: unreadable tickets: {row['amount']}, since {_moment(from_ms(row['since']))}"
            for row in await self._database.read(lambda tx: tx.all("unreadable_tickets_by_store"))
        ]
        stores = [
            f"store {state.name} has had a problem since {_moment(state.incident_since)}: {state.incident}"
            for state in await self.store_states()
            if state.incident_since is not None and self._clock.now() - state.incident_since > _STUCK_AFTER
        ]
        return [*connections, *clocks, *channels, *late, *unreadable, *stores]

    def chat_health(self) -> dict[ChatName, ChatHealth]:
        """How each chat's connection is."""
        return {name: chat.health() for name, chat in self._chats.items()}

    async def unfinished_deliveries(self) -> list[UnfinishedDeliveries]:
        """The deliveries that are not done, counted by destination and state."""
        return await self._database.read(_unfinished_deliveries)

    async def store_states(self) -> list[StoreState]:
        """The state of every store that was ever configured in this database."""
        return await self._database.read(_store_states)


def _connection_lines(name: ChatName, health: ChatHealth) -> list[str]:
    """When a chat's connection last brought something, and whether it was found to miss something."""
    lines = [f"{name}: last event {_moment(health.last_event_at)}, last data {_moment(health.last_sign_at)}"]
    if health.compared_at is not None:
        lines.append(f"{name}: threads last checked for missed messages {_moment(health.compared_at)}")
    if health.overlooked_at is not None:
        lines.append(f"{name}: missed messages last found {_moment(health.overlooked_at)}")
    return lines


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _unfinished_deliveries(tx: Transaction) -> list[UnfinishedDeliveries]:
    return [
        UnfinishedDeliveries(
            destination=row["destination"], state=row["state"], count=row["amount"], oldest=from_ms(row["oldest"])
        )
        for row in tx.all("unfinished_by_destination")
    ]


def _store_states(tx: Transaction) -> list[StoreState]:
    return [
        StoreState(
            name=StoreName(row["name"]),
            swept_at=None if row["swept_at"] is None else from_ms(row["swept_at"]),
            incident=row["incident"] or "",
            incident_since=None if row["incident_since"] is None else from_ms(row["incident_since"]),
        )
        for row in tx.all("stores")
    ]
