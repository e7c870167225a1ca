"""The figures of the process in Prometheus' text format, as `/metrics` answers them. Makes no network calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.model import ChatName, Door
from bot.ops.health import Health, StoreState, UnfinishedDeliveries
from bot.ports import ChatHealth


async def metrics_text(health: Health) -> bytes:
    """The current figures, read from the database and from the chats' connections when they are asked for."""
    registry = CollectorRegistry(auto_describe=False)
    unfinished, stores = await health.unfinished_deliveries(), await health.store_states()
    registry.register(_Metrics(unfinished, stores, health.chat_health(), health.refused))
    return generate_latest(registry)


class _Metrics(Collector):
    """The current figures as Prometheus metrics."""

    def __init__(
        self,
        unfinished: Sequence[UnfinishedDeliveries],
        stores: Sequence[StoreState],
        chats: Mapping[ChatName, ChatHealth],
        refused: Mapping[tuple[ChatName, Door], int],
    ) -> None:
        self._unfinished = unfinished
        self._stores = stores
        self._chats = chats
        self._refused = refused

    def collect(self) -> list[Metric]:
        deliveries = GaugeMetricFamily(
            "shopbell_deliveries", "Deliveries that are not done.", labels=["destination", "state"]
        )
        for group in self._unfinished:
            deliveries.add_metric([group.destination, group.state], group.count)
        swept = GaugeMetricFamily(
            "shopbell_store_swept_timestamp_seconds", "When the last complete sweep of a store ended.", labels=["store"]
        )
        well = GaugeMetricFamily(
            "shopbell_store_well", "1 while a store works, 0 while it has a problem.", labels=["store"]
        )
        for store in self._stores:
            swept.add_metric([store.name], 0.0 if store.swept_at is None else store.swept_at.timestamp())
            well.add_metric([store.name], 0.0 if store.incident else 1.0)
        connected = GaugeMetricFamily(
            "shopbell_chat_connected", "1 while a chat is connected, else 0.", labels=["chat"]
        )
        malformed = CounterMetricFamily(
            "shopbell_chat_malformed_total",
            "Events and messages of a chat that could not be read because they were malformed.",
            labels=["chat"],
        )
        event = GaugeMetricFamily(
            "shopbell_chat_last_event_timestamp_seconds",
            "When a chat's connection last brought an event.",
            labels=["chat"],
        )
        for name, health in self._chats.items():
            connected.add_metric([name], 1.0 if health.connected else 0.0)
            malformed.add_metric([name], health.malformed)
            event.add_metric([name], 0.0 if health.last_event_at is None else health.last_event_at.timestamp())
        refused = CounterMetricFamily(
            "shopbell_refused_total", "What people asked for or wrote without the right to.", labels=["chat", "door"]
        )
        for chat in self._chats:
            for door in Door:
                refused.add_metric([chat, door], self._refused.get((chat, door), 0))
        return [deliveries, swept, well, connected, event, malformed, refused]
