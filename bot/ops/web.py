"""The bot's own small HTTP server: `/healthz`, `/readyz`, `/metrics`, and `/hooks` for the vendors' webhooks."""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.model import StoreName, TicketId
from bot.ops.health import Health
from bot.ports import CanVerifyWebhook, Vendor

_EVENTS_REMEMBERED = 256


class Hook:
    """
    One store's webhooks: only ever a hint to look, whatever they say.

    Args:
        secret: What stands in the address, and what the vendor signs with where it signs.
        nudge: Looks at a ticket, or with None at the whole store.
    """

    def __init__(self, secret: str, vendor: Vendor, nudge: Callable[[TicketId | None], None]) -> None:
        self.secret = secret
        self._vendor = vendor
        self._nudge = nudge
        self._events: deque[str] = deque(maxlen=_EVENTS_REMEMBERED)

    def take(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Take a webhook whose address was right; whether it is genuine as far as the vendor lets one tell."""
        if not isinstance(self._vendor, CanVerifyWebhook):
            self._nudge(None)
            return True
        nudge = self._vendor.webhook(headers, body, self.secret)
        if nudge is None:
            return False
        if nudge.event is None or nudge.event not in self._events:
            self._nudge(nudge.ticket)
        if nudge.event is not None:
            self._events.append(nudge.event)
        return True


class WebServer:
    """Serves `Health` and takes nudges, until stopped."""

    def __init__(self, health: Health, hooks: Mapping[StoreName, Hook], host: str, port: int) -> None:
        self._health = health
        self._hooks = hooks
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
        return _verdict(await self._health.troubles(), await self._health.remarks())

    async def _readyz(self, _: web.Request) -> web.Response:
        return _verdict(await self._health.unready())

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=await self._health.metrics(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _hook(self, request: web.Request) -> web.Response:
        hook = self._hooks.get(StoreName(request.match_info["store"].lower()))
        given = request.match_info["secret"].encode()
        if hook is None or not hmac.compare_digest(given, hook.secret.encode()):
            raise web.HTTPNotFound
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not hook.take(headers, await request.read()):
            raise web.HTTPForbidden
        return web.Response(status=202)


def _verdict(troubles: Sequence[str], remarks: Sequence[str] = ()) -> web.Response:
    return web.Response(status=503 if troubles else 200, text="\n".join([*(troubles or ["ok"]), *remarks]) + "\n")
