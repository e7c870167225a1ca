"""
The connections of the bot's HTTP server: few at once, none for long, and whoever is ready to be answered is answered.

Anybody who reaches the port can open connections and send nothing. So a connection without a complete request is closed
after some seconds, and sooner if a new one comes and there is no room: the oldest of them makes way, also if it does
not read what it was answered. Nothing is logged about any of this, as it can happen thousands of times a second.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from bot.errors import Fault, SettingsError

MOST_CONNECTIONS = 256
"""At once, so that the process's files are never used up by them."""
_REQUEST_SECONDS = 10.0
_STOP_SECONDS = 2.0
_BACKLOG = 1024
_BODY_BYTES = 1024 * 1024

_log = structlog.get_logger(__name__)


class Connections:
    """
    Listens, and passes requests to an application.

    Args:
        routes: What it answers.
        request_seconds: The longest time for the headers of a request, and again for its body; also until the next
            request of the same connection.
    """

    def __init__(self, routes: list[web.RouteDef], request_seconds: float = _REQUEST_SECONDS) -> None:
        app = web.Application(client_max_size=_BODY_BYTES, middlewares=[self._handle])
        app.add_routes(routes)
        silent = logging.getLogger(f"{__name__}.malformed")
        silent.setLevel(logging.CRITICAL + 1)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=silent,  # it would log each malformed request; our own defects are logged here
            keepalive_timeout=request_seconds,
            lingering_time=1.0,
            shutdown_timeout=_STOP_SECONDS,
        )
        self._request_seconds = request_seconds
        self._listening: asyncio.Server | None = None
        self._answering: set[web.RequestHandler] = set()
        self._looks = False

    async def start(self, host: str, port: int) -> None:
        """Start listening. Raises `SettingsError` if the settings name an address that cannot be listened on."""
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        try:
            self._listening = await loop.create_server(self._accept, host, port, reuse_address=True, backlog=_BACKLOG)
        except (OSError, UnicodeError) as error:
            fault = _fault(error, host, port)
            if fault is None:
                raise
            raise SettingsError(fault) from error
        if not self._listening.sockets:  # asyncio leaves out what this machine cannot do, such as IPv6
            raise SettingsError(_not_ours(host))

    @property
    def port(self) -> int:
        """The port that it listens on. Raises `LookupError` if it does not."""
        if self._listening is None:
            raise LookupError("the server does not listen")
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Stop listening and close every connection. Does nothing if it was not started."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        await self._runner.cleanup()

    async def body(self, request: web.Request) -> bytes:
        """
        The body of a request. While it is read, the connection may still have to make way.

        Raises `web.HTTPRequestTimeout` if it does not come in time, `web.HTTPRequestEntityTooLarge` if it is too large,
        `web.HTTPBadRequest` if it is damaged.
        """
        self._answering.discard(request.protocol)
        try:
            async with asyncio.timeout(self._request_seconds):
                return await request.read()
        except (TimeoutError, ConnectionError) as error:
            raise web.HTTPRequestTimeout from error
        except (web.RequestPayloadError, HttpProcessingError) as error:
            raise web.HTTPBadRequest from error
        finally:
            self._answering.add(request.protocol)

    def _accept(self) -> web.RequestHandler:
        """The protocol of a new connection."""
        server = self._runner.server
        if server is None:
            raise RuntimeError("a connection came although the server is not set up")
        if not self._looks:
            # Of those that come at once each is open only when all are accepted, and a timer runs after that.
            self._looks = True
            asyncio.get_running_loop().call_later(0, self._make_room, server)
        return server()

    def _make_room(self, server: web.Server) -> None:
        """Close the oldest connections that are too many, but none with a request that is being answered."""
        self._looks = False
        idle = [each for each in server.connections if each.transport is not None and each not in self._answering]
        spared = max(MOST_CONNECTIONS - len(self._answering), 1)
        for oldest in idle[: max(len(idle) - spared, 0)]:
            transport = oldest.transport
            oldest.force_close()
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()  # to close it waits until the other side has read what it was answered

    @property
    def _handle(self) -> Middleware:
        @web.middleware
        async def handle(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._answering.add(request.protocol)
            try:
                return await handler(request)
            except web.HTTPException:
                raise
            except Exception:  # noqa: BLE001 - a defect in one answer must not stop the others
                _log.exception("request not answered")
                raise web.HTTPInternalServerError from None
            finally:
                self._answering.discard(request.protocol)

        return handle


def _fault(error: OSError | UnicodeError, host: str, port: int) -> Fault | None:
    """What is wrong with the settings; None: it is not their fault."""
    if isinstance(error, UnicodeError | socket.gaierror):  # a name that cannot be one, or that nobody has
        return _not_ours(host)
    if error.errno == errno.EADDRINUSE:
        return Fault("HTTP_PORT", "must be a port that no other program of this machine uses", str(port))
    if error.errno in (errno.EACCES, errno.EPERM):
        return Fault("HTTP_PORT", "must be a port that this user may use, such as one above 1023", str(port))
    return _not_ours(host) if error.errno == errno.EADDRNOTAVAIL else None


def _not_ours(host: str) -> Fault:
    return Fault("HTTP_HOST", "must be an address of this machine, such as 127.0.0.1 or 0.0.0.0", host)
