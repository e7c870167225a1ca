"""Socket Mode: who is connected, and what was sent, acknowledged, sent again or lost."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import WSMsgType, web

from bot.clock import Clock
from bot.sandbox.slack.rate_limits import SlackLimits
from bot.sandbox.slack.state import APP
from bot.sandbox.slack.values import Json

EnvelopeKind = Literal["events_api", "slash_commands", "interactive"]


@dataclass(frozen=True, slots=True)
class Ack:
    """
    What came of one envelope.

    Attributes:
        outcome: `no connection`: it could not be sent. `late`: not acknowledged in time.
        payload: What the app sent along with the acknowledgement.
    """

    outcome: Literal["acknowledged", "late", "no connection"]
    payload: Any = None


@dataclass(eq=False, slots=True)
class SocketConnection:
    """One web socket. A deaf one stays open, but reads and sends nothing; a mute one only answers pings."""

    socket: web.WebSocketResponse
    request: web.Request
    deaf: bool = False
    mute: bool = False


class Sockets:
    """
    The app's open connections, and what is sent over them.

    Attributes:
        lost: Events that were given up, oldest first.
        delivered: How many envelopes were acknowledged.
        ignore_acks: How many of the next acknowledgements are lost.
        abandoned: How many connections of machines without power still count as open and get their share of the
            events.
    """

    def __init__(self, clock: Clock, limits: SlackLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._numbers = itertools.count(1)
        self._links: dict[str, float] = {}
        self._turn = 0
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._deliveries: set[asyncio.Task[None]] = set()
        self.connections: list[SocketConnection] = []
        self._leaving: list[SocketConnection] = []
        self.lost: list[Json] = []
        self.delivered = 0
        self.ignore_acks = 0
        self.abandoned = 0

    # ------------------------------------------------------------ connecting

    def new_link(self) -> str:
        """A ticket for one connection, valid for half a minute."""
        ticket = f"link-{next(self._numbers)}"
        self._links[ticket] = self._clock.monotonic()
        return ticket

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one web socket: say hello, then listen until it ends."""
        made_at = self._links.pop(request.query.get("ticket", ""), None)
        if made_at is None or self._clock.monotonic() - made_at > self._limits.link_seconds:
            raise web.HTTPForbidden(text="this link is used up")
        socket = web.WebSocketResponse(autoping=False, timeout=0.2)
        await socket.prepare(request)
        if len(self.connections) + self.abandoned >= self._limits.connections:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            await socket.close()
            return socket
        connection = SocketConnection(socket, request)
        self.connections.append(connection)
        try:
            await socket.send_json(self._hello())
            await self._listen(connection)
        finally:
            for places in (self.connections, self._leaving):
                if connection in places:
                    places.remove(connection)
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections) + self.abandoned,
            "connection_info": {"app_id": APP},
            "debug_info": {"host": "applink-practice", "build_number": 1, "approximate_connection_time": 18060},
        }

    async def _listen(self, connection: SocketConnection) -> None:
        while not connection.socket.closed:
            message = await connection.socket.receive()
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                return
            if connection.deaf:
                continue
            if message.type == WSMsgType.PING:
                await connection.socket.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                self._acknowledge(json.loads(message.data))

    def _acknowledge(self, answer: Json) -> None:
        waiting = self._waiting.get(str(answer.get("envelope_id")))
        if waiting is None or waiting.done():
            return
        if self.ignore_acks > 0:
            self.ignore_acks -= 1
        else:
            waiting.set_result(answer.get("payload"))

    # ------------------------------------------------------------ what can go wrong

    async def refresh(self, reason: Literal["refresh_requested", "warning", "link_disabled"]) -> None:
        """
        Send `disconnect` on every connection.

        Except for a warning, nothing more is sent over them; what was sent can still be acknowledged until the app
        closes them.
        """
        for connection in tuple(self.connections):
            if reason != "warning":
                self.connections.remove(connection)
                self._leaving.append(connection)
            info = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-practice"}}
            await connection.socket.send_json(info)

    def cut(self) -> None:
        """Cut every connection without a closing handshake."""
        for connection in self.connections:
            if connection.request.transport is not None:
                connection.request.transport.abort()
        self.connections.clear()

    def deafen(self) -> None:
        """Every connection stays open and becomes silent; the app can notice it only by pings without an answer."""
        for connection in self.connections:
            connection.deaf = True

    def mute(self) -> None:
        """Every connection stays open and answers pings, but sends nothing else."""
        for connection in self.connections:
            connection.mute = True

    # ------------------------------------------------------------ delivering

    def send_event(self, payload: Json) -> None:
        """Send an event in the background; again if it is not acknowledged, and lost after the last try."""
        delivery = asyncio.get_running_loop().create_task(self._deliver(payload))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, payload: Json) -> None:
        retry: Json = {}
        for attempt, delay in enumerate((0.0, *self._limits.retry_delays)):
            if attempt:
                await self._clock.sleep(delay)
                retry = {"retry_attempt": attempt, "retry_reason": "timeout"}
            ack = await self.send("events_api", payload, **retry)
            if ack.outcome == "acknowledged":
                return
        self.lost.append(payload)

    async def send(self, kind: EnvelopeKind, payload: Json, **retry: object) -> Ack:
        """Send one envelope to one connection and wait for its acknowledgement."""
        connection = self._next()
        if connection is None and not self.abandoned:
            return Ack("no connection")
        envelope_id = f"envelope-{next(self._numbers)}"
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = answered
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
            **({"retry_attempt": 0, "retry_reason": ""} if kind == "events_api" else {}),
            **retry,
        }
        try:
            if connection is not None and not (connection.deaf or connection.mute):
                await connection.socket.send_json(envelope)
            answer = await asyncio.wait_for(answered, self._limits.ack_seconds)
        except ConnectionError:
            return Ack("no connection")
        except TimeoutError:
            return Ack("late")
        finally:
            del self._waiting[envelope_id]
        self.delivered += 1
        return Ack("acknowledged", answer)

    def _next(self) -> SocketConnection | None:
        """The connection that is next; None: an abandoned one, or there is none."""
        open_ones = [each for each in self.connections if not each.socket.closed]
        places = [*open_ones, *[None] * self.abandoned]
        if not places:
            return None
        self._turn += 1
        return places[self._turn % len(places)]

    async def settled(self, within: float) -> bool:
        """Wait at most so many seconds. Returns whether every event is acknowledged or lost."""
        if not self._deliveries:
            return True
        _, pending = await asyncio.wait(tuple(self._deliveries), timeout=within)
        return not pending

    async def stop(self) -> None:
        """Cancel what is being sent and close every connection."""
        for delivery in tuple(self._deliveries):
            delivery.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        for connection in (*self.connections, *self._leaving):
            if connection.deaf and connection.request.transport is not None:
                connection.request.transport.abort()
            else:
                await connection.socket.close()
        self.connections.clear()
        self._leaving.clear()
