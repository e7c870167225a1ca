"""The bot's own small HTTP server: `/healthz`, `/readyz`, `/metrics`, and `/hooks` for the vendors' webhooks."""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote

from aiohttp import web

from bot.model import StoreName, TicketId
from bot.ops.connections import Connections
from bot.ops.health import Health
from bot.ports import CanVerifyWebhook, Vendor
from bot.text import visible

_EVENTS_REMEMBERED = 256


class StoreWebhook:
    """
    Receives one store's webhooks. Their content is not trusted: they are only a hint to look at the store now.

    Args:
        secret: Part of the address, and the key with which the vendor signs, if it signs.
        nudge: Called with the ticket to read, or with None to sweep the whole store.
    """

    def __init__(self, secret: str, vendor: Vendor, nudge: Callable[[TicketId | None], None]) -> None:
        self.secret = secret
        self._vendor = vendor
        self._nudge = nudge
        self._events: deque[str] = deque(maxlen=_EVENTS_REMEMBERED)

    def receive(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Take a webhook that came to the right address. Returns False if the vendor can tell that it is forged."""
        if not isinstance(self._vendor, CanVerifyWebhook):
            self._nudge(None)
            return True
        nudge = self._vendor.webhook(headers, body, self.secret)
        if nudge is None:
            return False
        if not nudge.is_about_tickets:
            return True
        if nudge.event is None or nudge.event not in self._events:
            self._nudge(nudge.ticket)
        if nudge.event is not None:
            self._events.append(nudge.event)
        return True


class WebServer:
    """Serves `Health` and receives webhooks, until stopped."""

    def __init__(self, health: Health, webhooks: Mapping[StoreName, StoreWebhook], host: str, port: int) -> None:
        self._health = health
        self._webhooks = webhooks
        self._host = host
        self._port = port
        self._connections = Connections(
            [
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
                web.post("/hooks/{store}/{secret:.+}", self._receive),
            ]
        )

    async def start(self) -> None:
        """Start listening. Raises `SettingsError` if the settings name an address that cannot be listened on."""
        await self._connections.start(self._host, self._port)

    @property
    def port(self) -> int:
        """The port that it listens on; useful if it was started with port 0. Raises `LookupError` if it does not."""
        return self._connections.port

    async def stop(self) -> None:
        """Stop listening. Does nothing if it was not started."""
        await self._connections.stop()

    async def _healthz(self, _: web.Request) -> web.Response:
        return _answer(await self._health.problems(), await self._health.details())

    async def _readyz(self, _: web.Request) -> web.Response:
        return _answer(await self._health.not_ready())

    async def _metrics(self, _: web.Request) -> web.Response:
        # Prometheus' library takes a megabyte, which is needed only where somebody asks.
        from prometheus_client import CONTENT_TYPE_LATEST

        from bot.ops.metrics import metrics_text

        return web.Response(body=await metrics_text(self._health), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _receive(self, request: web.Request) -> web.Response:
        webhook = self._webhooks.get(StoreName(request.match_info["store"].lower()))
        if webhook is None or not _has_secret(request.rel_url.raw_path, webhook.secret):
            raise web.HTTPNotFound
        # aiohttp keeps bytes that are no UTF-8 as lone surrogates, which no database can hold.
        headers = {name.lower(): visible(value) for name, value in request.headers.items()}
        if not webhook.receive(headers, await self._connections.body(request)):
            raise web.HTTPForbidden
        return web.Response(status=202)


def _has_secret(path: str, secret: str) -> bool:
    """
    Whether an address ends with the secret; compared in constant time.

    Some who call write `/` and `%` of a secret as they are, others as `%2F` and `%25`.
    """
    given = path.split("/", 3)[3]
    forms = (given, unquote(given, errors="replace"))
    return any(hmac.compare_digest(form.encode("utf-8", "replace"), secret.encode()) for form in forms)


def _answer(problems: Sequence[str], details: Sequence[str] = ()) -> web.Response:
    return web.Response(status=503 if problems else 200, text="\n".join([*(problems or ["ok"]), *details]) + "\n")
