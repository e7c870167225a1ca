"""How the process is doing: what `/healthz`, `/readyz` and `/metrics` answer, asked of nobody outside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.clock import Clock, off
from bot.db.connection import Database, Transaction
from bot.db.rows import from_ms, to_ms
from bot.model import ChatName, StoreName
from bot.outbound.late_replies import LATE
from bot.ports import Chat, ChatHealth
from bot.wording import notices

_STUCK_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many deliveries a destination has in a state, and since when the oldest."""

    destination: str
    state: str
    amount: int
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """
    How a store is.

    Attributes:
        swept_at: When it was last swept to the end; None: never yet.
        trouble, incident_since: What is wrong and since when; empty and None: nothing.
    """

    name: StoreName
    swept_at: datetime | None
    trouble: str
    incident_since: datetime | None


class Health:
    """Knows how the process is doing; asks nobody outside it."""

    def __init__(
        self,
        chats: Mapping[ChatName, Chat],
        stores: Sequence[StoreName],
        database: Database,
        clock: Clock,
        caught_up: Callable[[ChatName], bool],
    ) -> None:
        self._chats = chats
        self._stores = stores
        self._database = database
        self._clock = clock
        self._caught_up = caught_up

    async def troubles(self) -> list[str]:
        """Why the process does not work as it should; empty: it does."""
        found = []
        for name, chat in self._chats.items():
            health = chat.health()
            if not health.connected:
                last = f"last event: {_told(health.last_event_at)}, last sign of life: {_told(health.last_sign_at)}"
                found.append(f"{name} is not connected: {health.trouble or 'connecting'} ({last})")
        found += [
            f"deliveries to {waiting.destination} are stuck since {waiting.oldest:%Y-%m-%d %H:%M:%S} UTC"
            for waiting in await self.waiting()
            if waiting.state == "begun" and self._clock.now() - waiting.oldest > _STUCK_AFTER
        ]
        return found

    async def unready(self) -> list[str]:
        """What is still missing before everything was reached once; empty: nothing."""
        found = [f"{name} is not connected yet" for name, chat in self._chats.items() if not chat.health().connected]
        found += [f"{name} is still catching up" for name in self._chats if not self._caught_up(name)]
        states = {state.name: state for state in await self.store_states()}
        for store in self._stores:
            if store not in states or (states[store].swept_at is None and not states[store].trouble):
                found.append(f"store {store} was not asked yet")
        return found

    async def remarks(self) -> list[str]:
        """
        What somebody should know although the process works: last events, stores that do not answer or take nothing,
        a clock that is wrong.

        A connection that brings nothing any more still gives signs of life; only events show that it brings something.
        """
        heard = [line for name, chat in self._chats.items() for line in _heard(name, chat.health())]
        heard += [
            f"{notices.clock_is_off(chat.label, ahead)} {notices.set_the_clock()}"
            for chat in self._chats.values()
            if (ahead := off(self._clock.now(), chat.now()))
        ]
        refused = [
            f"{row['chat']} channel {row['channel']} since {from_ms(row['since']):%Y-%m-%d %H:%M} UTC: {row['incident']}"
            for row in await self._database.read(lambda tx: tx.all("channel_incidents"))
        ]
        before = to_ms(self._clock.now() - LATE)
        late = [
            f"store {row['store']}: what agents sent waits since {_told(from_ms(row['since']))}: {row['error']}"
            for row in await self._database.read(lambda tx: tx.all("late_at_vendors", before=before))
        ]
        unread = [
            f"store {row['store']}: tickets that cannot be read: {row['amount']}, since {_told(from_ms(row['since']))}"
            for row in await self._database.read(lambda tx: tx.all("unreadable_by_store"))
        ]
        return [*heard, *refused, *late, *unread] + [
            f"store {state.name} is in trouble since {state.incident_since:%Y-%m-%d %H:%M:%S} UTC: {state.trouble}"
            for state in await self.store_states()
            if state.incident_since is not None and self._clock.now() - state.incident_since > _STUCK_AFTER
        ]

    async def metrics(self) -> bytes:
        """The present figures in Prometheus' text format."""
        registry = CollectorRegistry(auto_describe=False)
        chats = {name: chat.health() for name, chat in self._chats.items()}
        registry.register(_Figures(await self.waiting(), await self.store_states(), chats))
        return generate_latest(registry)

    async def waiting(self) -> list[Waiting]:
        """What waits where."""
        return await self._database.read(_waiting)

    async def store_states(self) -> list[StoreState]:
        """How each store is that was ever configured here."""
        return await self._database.read(_store_states)


class _Figures(Collector):
    """The present figures as Prometheus metrics."""

    def __init__(
        self, waiting: Sequence[Waiting], stores: Sequence[StoreState], chats: Mapping[ChatName, ChatHealth]
    ) -> None:
        self._waiting = waiting
        self._stores = stores
        self._chats = chats

    def collect(self) -> list[Metric]:
        deliveries = GaugeMetricFamily(
            "shopbell_deliveries", "Deliveries that are not done.", labels=["destination", "state"]
        )
        for waiting in self._waiting:
            deliveries.add_metric([waiting.destination, waiting.state], waiting.amount)
        swept = GaugeMetricFamily(
            "shopbell_store_swept_timestamp_seconds", "When a store was last swept to the end.", labels=["store"]
        )
        well = GaugeMetricFamily(
            "shopbell_store_well", "Whether a store answers (1) or is in trouble.", labels=["store"]
        )
        for store in self._stores:
            swept.add_metric([store.name], 0.0 if store.swept_at is None else store.swept_at.timestamp())
            well.add_metric([store.name], 0.0 if store.trouble else 1.0)
        connected = GaugeMetricFamily(
            "shopbell_chat_connected", "Whether a chat is connected (1) or not.", labels=["chat"]
        )
        event = GaugeMetricFamily(
            "shopbell_chat_last_event_timestamp_seconds",
            "When a chat's connection last told that something happened.",
            labels=["chat"],
        )
        for name, health in self._chats.items():
            connected.add_metric([name], 1.0 if health.connected else 0.0)
            event.add_metric([name], 0.0 if health.last_event_at is None else health.last_event_at.timestamp())
        return [deliveries, swept, well, connected, event]


def _heard(name: ChatName, health: ChatHealth) -> list[str]:
    """What a chat's connection brought when, and whether that was all."""
    lines = [f"{name}: last event {_told(health.last_event_at)}, last sign of life {_told(health.last_sign_at)}"]
    if health.compared_at is not None:
        lines.append(f"{name}: what stands in the threads was compared {_told(health.compared_at)}")
    if health.overlooked_at is not None:
        lines.append(f"{name}: messages that its connection had not brought were found {_told(health.overlooked_at)}")
    return lines


def _told(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _waiting(tx: Transaction) -> list[Waiting]:
    return [
        Waiting(destination=row["destination"], state=row["state"], amount=row["amount"], oldest=from_ms(row["oldest"]))
        for row in tx.all("destinations_waiting")
    ]


def _store_states(tx: Transaction) -> list[StoreState]:
    return [
        StoreState(
            name=StoreName(row["name"]),
            swept_at=None if row["swept_at"] is None else from_ms(row["swept_at"]),
            trouble=row["incident"] or "",
            incident_since=None if row["incident_since"] is None else from_ms(row["incident_since"]),
        )
        for row in tx.all("stores")
    ]
