"""`/healthz`, `/readyz`, `/metrics` and `/hooks`: the bot's own small HTTP server."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.values import from_ms
from bot.model import ChatName, StoreName
from bot.ports import Chat

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
    """How a store is: when it was last swept to the end (None: never yet), and what is wrong (empty: nothing)."""

    name: StoreName
    swept_at: datetime | None
    trouble: str


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
                last = "never" if health.last_event_at is None else f"{health.last_event_at:%Y-%m-%d %H:%M:%S} UTC"
                found.append(f"{name} is not connected: {health.trouble or 'connecting'} (last event: {last})")
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

    async def waiting(self) -> list[Waiting]:
        """What waits where."""
        return await self._database.read(_waiting)

    async def store_states(self) -> list[StoreState]:
        """How each store is that was ever configured here."""
        return await self._database.read(_store_states)


class HealthServer:
    """Serves `Health` and takes nudges; see CONTRACT in the README under HTTP."""

    def __init__(
        self, health: Health, hooks: Mapping[StoreName, str], nudge: Callable[[StoreName], None], host: str, port: int
    ) -> None:
        self._health = health
        self._hooks = hooks
        self._nudge = nudge
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen. Raises `OSError` where the address is taken."""
        app = web.Application(client_max_size=1024 * 1024)
        app.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
                web.post("/hooks/{store}/{secret}", self._hook),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        return _verdict(await self._health.troubles())

    async def _readyz(self, _: web.Request) -> web.Response:
        return _verdict(await self._health.unready())

    async def _metrics(self, _: web.Request) -> web.Response:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Figures(await self._health.waiting(), await self._health.store_states()))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _hook(self, request: web.Request) -> web.Response:
        """A nudge: the body is not even read; the secret in the address is compared in constant time."""
        store = StoreName(request.match_info["store"].lower())
        secret = self._hooks.get(store)
        given = request.match_info["secret"].encode()
        if not hmac.compare_digest(given, (secret or "").encode()) or not secret:
            raise web.HTTPNotFound
        self._nudge(store)
        return web.Response(status=202)


class _Figures(Collector):
    """The present figures as Prometheus metrics."""

    def __init__(self, waiting: Sequence[Waiting], stores: Sequence[StoreState]) -> None:
        self._waiting = waiting
        self._stores = stores

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
        return [deliveries, swept, well]


def _verdict(troubles: Sequence[str]) -> web.Response:
    return web.Response(status=503 if troubles else 200, text="\n".join(troubles or ["ok"]) + "\n")


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
            trouble=row["trouble"] or "",
        )
        for row in tx.all("stores")
    ]
