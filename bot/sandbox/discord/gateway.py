"""
The gateway: sessions and their connections; see https://discord.com/developers/docs/events/gateway.

A session keeps its events, so that a broken connection can be resumed. One task for each connection sends the events
that the connection has not had yet. Whoever sends an event never waits for a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from bot.clock import Clock
from bot.sandbox.discord.refusals import Json

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
GUILD_MESSAGE_REACTIONS = 1 << 10
MESSAGE_CONTENT = 1 << 15

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT = 0, 1, 2, 6, 7
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
IGNORED = (3, 4, 8)
"""Presence, voice state and member requests: accepted and ignored here."""

SENDS_A_MINUTE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayEvent:
    """
    One dispatch event.

    Attributes:
        intent: The intent that a session needs to get it; 0: every session gets it.
        place_id: Where it happened; the bot must be able to see that channel. None: no matter where.
        without_content: What a session without the message content intent gets instead.
    """

    name: str
    data: Json
    intent: int = 0
    place_id: int | None = None
    without_content: Json | None = None


@dataclass(eq=False, slots=True)
class GatewaySession:
    id: str
    intents: int
    seq: int = 0
    events: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=5000))
    connection: GatewayConnection | None = None
    detached_at: float | None = None

    def send(self, name: str, data: Json) -> None:
        self.seq += 1
        self.events.append((self.seq, json.dumps({"op": DISPATCH, "t": name, "s": self.seq, "d": data})))
        if self.connection is not None:
            self.connection.wake.set()

    def after(self, seq: int) -> list[tuple[int, str]]:
        """The events after that number, oldest first."""
        later = list(takewhile(lambda entry: entry[0] > seq, reversed(self.events)))
        return later[::-1]

    def can_resume_from(self, seq: int) -> bool:
        """Whether everything after `seq` is still here."""
        return seq <= self.seq and (seq == self.seq or bool(self.events and self.events[0][0] <= seq + 1))


@dataclass(eq=False, slots=True)
class GatewayConnection:
    """
    One socket.

    Attributes:
        sent: The last sequence number that went out on it.
        deaf: It stays open, but nothing is read and nothing is sent any more, as when a network fails silently.
        mute: It answers heartbeats, but sends no events any more.
    """

    socket: web.WebSocketResponse
    request: web.Request
    session: GatewaySession | None = None
    sent: int = 0
    deaf: bool = False
    mute: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    pump: asyncio.Task[None] | None = None
    sends: deque[float] = field(default_factory=deque)

    async def send(self, op: int, data: Any) -> None:
        if not self.deaf and not self.socket.closed:
            await self.socket.send_str(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    async def close(self, code: int, why: str = "") -> None:
        await self.socket.close(code=code, message=why.encode())


@dataclass(slots=True, kw_only=True)
class GatewaySettings:
    """
    What the gateway and the REST routes accept.

    Attributes:
        tokens: The valid bot tokens.
        message_content: Whether the privileged intent is switched on in the application's settings.
        session_seconds: For how long a broken session can be resumed ("a few minutes").
        heartbeat_seconds: What HELLO asks for.
        away: Whether Discord is down: every connection and request is refused.
    """

    tokens: set[str]
    message_content: bool = True
    session_seconds: float = 120.0
    heartbeat_seconds: float = 41.25
    away: bool = False


class Gateway:
    """
    All sessions of the bot.

    Args:
        settings: May be changed while it runs.
        ready: What READY says besides the session, and the GUILD_CREATEs that follow it.
        sees: Whether the bot can see a channel or thread.

    Attributes:
        identified, resumed: How many sessions were started, and how many were resumed.
        withheld: Channels and threads about which no session gets events, not even a new one.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        clock: Clock,
        *,
        ready: Callable[[], tuple[Json, list[Json]]],
        sees: Callable[[int], bool],
    ) -> None:
        self.settings = settings
        self.identified = 0
        self.resumed = 0
        self.withheld: set[int] = set()
        self._clock = clock
        self._ready = ready
        self._sees = sees
        self._sessions: dict[str, GatewaySession] = {}
        self._connections: set[GatewayConnection] = set()

    @property
    def connected(self) -> int:
        """How many connections have a session."""
        return sum(connection.session is not None for connection in self._connections)

    def send(self, event: GatewayEvent) -> None:
        """Send an event to every session that has its intent, connected or not."""
        if event.place_id is not None and (event.place_id in self.withheld or not self._sees(event.place_id)):
            return
        for session in self._sessions.values():
            if event.intent and not session.intents & event.intent:
                continue
            hidden = event.without_content is not None and not session.intents & MESSAGE_CONTENT
            session.send(event.name, event.without_content or {} if hidden else event.data)

    async def cut(self, *, resumable: bool = True, abrupt: bool = False) -> None:
        """
        End every connection.

        Args:
            resumable: Whether the sessions can be resumed; if not, the next RESUME is answered with INVALID_SESSION.
            abrupt: Without a closing handshake, as when a network fails.
        """
        if not resumable:
            self._sessions.clear()
        for connection in list(self._connections):
            if abrupt and connection.request.transport is not None:
                connection.request.transport.abort()
            else:
                await connection.close(4000, "cut")

    async def ask_to_reconnect(self) -> None:
        """Ask every client to connect again, as Discord does before it restarts a gateway."""
        for connection in list(self._connections):
            await connection.send(RECONNECT, None)

    def deafen(self) -> None:
        """From now on the open connections send nothing, not even an answer to a heartbeat."""
        for connection in self._connections:
            connection.deaf = True

    def mute(self) -> None:
        """From now on the open connections send no events; heartbeats are still answered."""
        for connection in self._connections:
            connection.mute = True

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        if self.settings.away:
            return web.Response(status=503, text="away")
        socket = web.WebSocketResponse(max_msg_size=4096 * 4, heartbeat=None)
        await socket.prepare(request)
        connection = GatewayConnection(socket, request)
        self._connections.add(connection)
        try:
            await connection.send(
                HELLO, {"heartbeat_interval": int(self.settings.heartbeat_seconds * 1000), "_trace": []}
            )
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    await connection.close(4002, "Error while decoding payload.")
                elif not connection.deaf:
                    await self._receive(connection, message.data)
        finally:
            self._connections.discard(connection)
            await self._detach(connection)
        return socket

    async def _receive(self, connection: GatewayConnection, text: str) -> None:
        read = _read(text)
        if read is None:
            await connection.close(4002, "Error while decoding payload.")
            return
        op, data = read
        if self._too_fast(connection):
            await connection.close(4008, "You are being rate limited.")
        elif op == HEARTBEAT:
            await connection.send(HEARTBEAT_ACK, None)
        elif op in (IDENTIFY, RESUME) and connection.session is not None:
            await connection.close(4005, "Already authenticated.")
        elif op in (IDENTIFY, RESUME) and data.get("token") not in self.settings.tokens:
            await connection.close(4004, "Authentication failed.")
        elif op == IDENTIFY:
            await self._identify(connection, int(data.get("intents", 0)))
        elif op == RESUME:
            await self._resume(connection, str(data.get("session_id")), data.get("seq"))
        elif connection.session is None:
            await connection.close(4003, "Not authenticated.")
        elif op not in IGNORED:
            await connection.close(4001, "Unknown opcode.")

    def _too_fast(self, connection: GatewayConnection) -> bool:
        now = self._clock.monotonic()
        connection.sends.append(now)
        while connection.sends[0] <= now - 60:
            connection.sends.popleft()
        return len(connection.sends) > SENDS_A_MINUTE

    async def _identify(self, connection: GatewayConnection, intents: int) -> None:
        privileged = GUILD_MEMBERS | GUILD_PRESENCES
        if not self.settings.message_content:
            privileged |= MESSAGE_CONTENT
        if intents & privileged:
            await connection.close(4014, "Disallowed intent(s).")
            return
        self._forget_expired()
        self.identified += 1
        session = GatewaySession(uuid4().hex, intents)
        self._sessions[session.id] = session
        ready, guilds = self._ready()
        session.send("READY", ready | {"session_id": session.id})
        for guild in guilds:
            session.send("GUILD_CREATE", guild)
        self._attach(connection, session, 0)

    async def _resume(self, connection: GatewayConnection, session_id: str, seq: int | None) -> None:
        self._forget_expired()
        session = self._sessions.get(session_id)
        if session is None or seq is None or not session.can_resume_from(seq):
            await connection.send(INVALID_SESSION, False)
            return
        self.resumed += 1
        session.send("RESUMED", {"_trace": []})
        self._attach(connection, session, seq)

    def _forget_expired(self) -> None:
        now = self._clock.monotonic()
        for session in list(self._sessions.values()):
            if session.detached_at is not None and now - session.detached_at > self.settings.session_seconds:
                del self._sessions[session.id]

    def _attach(self, connection: GatewayConnection, session: GatewaySession, sent: int) -> None:
        if session.connection is not None:
            session.connection.session = None
        session.connection, session.detached_at = connection, None
        connection.session, connection.sent = session, sent
        connection.pump = asyncio.get_running_loop().create_task(self._pump(connection, session))

    async def _pump(self, connection: GatewayConnection, session: GatewaySession) -> None:
        while connection.session is session:
            for seq, text in session.after(connection.sent):
                if connection.deaf or connection.mute or connection.socket.closed:
                    return
                try:
                    await connection.socket.send_str(text)
                except ConnectionError:
                    return  # the session keeps what was not sent; the reader sees the end too and detaches
                connection.sent = seq
            connection.wake.clear()
            if connection.sent == session.seq:
                await connection.wake.wait()

    async def _detach(self, connection: GatewayConnection) -> None:
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection, session.detached_at = None, self._clock.monotonic()
        if connection.pump is not None:
            connection.pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await connection.pump


def _read(text: str) -> tuple[int, Json] | None:
    """Opcode and data of a payload; None: it is not valid. The data of a heartbeat is a number, which is not needed."""
    try:
        payload = json.loads(text)
        op, data = int(payload["op"]), payload.get("d")
    except (ValueError, KeyError, TypeError):
        return None
    if isinstance(data, dict):
        return op, data
    return None if op in (IDENTIFY, RESUME) else (op, {})
