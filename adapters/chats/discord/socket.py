"""One gateway socket: opened, read until it ends, closed so that its session can be resumed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, NoReturn

import aiohttp
import structlog
import yarl
from discord.gateway import DiscordWebSocket

from adapters.chats.discord.client import Client
from adapters.chats.discord.failures import library_errors
from bot.text import json_without_lone_surrogates

_log = structlog.get_logger(__name__)

_CLEAN, _RESUMABLE = 1000, 4000
_HANDSHAKE_SECONDS = 60
_CLOSING_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Session:
    """What the next connection needs to go on where the last one ended."""

    id: str
    sequence: int | None
    gateway: yarl.URL


async def open_socket(client: Client, gateway: yarl.URL, session: Session | None) -> None:
    """Connect and log in, or resume a session; then `client.ws` is the socket."""
    opening = _socket_class(client).from_client(
        client,
        initial=True,
        gateway=gateway,
        session=session.id if session else None,
        sequence=session.sequence if session else None,
        resume=session is not None,
    )
    await asyncio.wait_for(opening, _HANDSHAKE_SECONDS)


async def read_events(client: Client) -> NoReturn:
    """Read the socket; ends by raising what discord.py raises when the socket ends, or has sent what is no frame."""
    while True:
        with library_errors():
            await client.ws.poll_event()


def session_of(client: Client) -> Session | None:
    """The session of the socket that was just used; None: there is nothing to resume."""
    socket = client.ws
    return Session(socket.session_id, socket.sequence, socket.gateway) if socket.session_id else None


async def close_socket(client: Client) -> None:
    """Close the socket if it is open. When we are stopping, its session ends, too; else it can be resumed."""
    socket: Any = client.ws
    if socket is None or not socket.open:
        return
    task = asyncio.current_task()
    stopping = task is not None and task.cancelling() > 0
    try:
        async with asyncio.timeout(_CLOSING_SECONDS):
            await socket.close(_CLEAN if stopping else _RESUMABLE)
    except TimeoutError:
        _log.debug("discord gateway silent on close")


def _socket_class(client: Client) -> type[DiscordWebSocket]:
    """discord.py's socket, set on the client from the start: it can then be closed even during its handshake."""

    class Socket(DiscordWebSocket):
        def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, loop: asyncio.AbstractEventLoop) -> None:
            super().__init__(socket, loop=loop)
            client.ws = self

        async def received_message(self, msg: Any, /) -> None:
            """As discord.py does; but first what JSON may hold and nothing else can is taken out of the text."""
            text = self._decompressor.decompress(msg) if isinstance(msg, bytes) else msg
            if text is not None:
                await super().received_message(json_without_lone_surrogates(text))

    return Socket
