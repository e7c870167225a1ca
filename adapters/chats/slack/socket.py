"""
One Socket Mode connection, from its address to its end.

Slack sends over it what people do, in envelopes; each is acknowledged when bolt has finished with it.
Source: docs.slack.dev/apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from adapters.chats.malformed import SHAPE_ERRORS
from bot.text import json_without_lone_surrogates

_log = structlog.get_logger(__name__)

_CLOSING = aiohttp.ClientWSTimeout(ws_close=1.0)
_FINISH_SECONDS = 3.0
_UNHANDLED = 404
"""bolt's answer where no listener fits. We listen for every event, so this one does not say what it is."""


class Socket(AsyncBaseSocketModeClient):
    """
    slack_sdk's Socket Mode client, without its own reconnecting.

    The client that comes with slack_sdk retries a used address without end, checks only every few seconds whether it
    is still connected, and drops the events that it is working on when it closes. A `Socket` connects once; for the
    next connection there is a new address and a new `Socket`.

    Args:
        app: Gets every envelope. If it answers with anything but success, the envelope is not acknowledged, and Slack
            sends the event again.
        heartbeat: Seconds between pings; without an answer in half this time the connection is over.
        on_open: Called once, before the first envelope is read.
        on_hello: Called once, when Slack says that it sends events here.
        on_frame: Called for every frame, heartbeats included.
        on_event: Called for every envelope.
        on_malformed: Called for everything that cannot be read, with what it is; it is acknowledged and passed over.
    """

    def __init__(
        self,
        app: AsyncApp,
        *,
        heartbeat: float,
        on_open: Callable[[], None],
        on_hello: Callable[[], None],
        on_frame: Callable[[], None],
        on_event: Callable[[], None],
        on_malformed: Callable[[str, Exception], None],
    ) -> None:
        self.logger = logging.getLogger(__name__)
        self.trace_enabled = False
        self.closed = False
        self.message_listeners = []
        self.socket_mode_request_listeners = [self._handle]
        self._app = app
        self._heartbeat = heartbeat
        self._on_open = on_open
        self._on_hello = on_hello
        self._on_frame = on_frame
        self._on_event = on_event
        self._on_malformed = on_malformed
        self._stream: aiohttp.ClientWebSocketResponse[Any] | None = None
        self._working: set[asyncio.Task[None]] = set()

    async def listen(self, session: aiohttp.ClientSession, address: str, proxy: str | None) -> str:
        """
        Connect and hand over every envelope, until the connection ends or Slack asks for another.

        However it ends, the app has three more seconds to finish and acknowledge what it is working on.

        Returns:
            Slack's reason to end it (`refresh_requested`, `link_disabled` …); empty if it gave none.

        Raises: `aiohttp.ClientError`, `TimeoutError`: there was no connection.
        """
        async with session.ws_connect(
            address, autoping=False, heartbeat=self._heartbeat, proxy=proxy, timeout=_CLOSING
        ) as stream:
            self._stream = stream
            self._on_open()
            try:
                async for frame in stream:
                    self._on_frame()
                    if frame.type is aiohttp.WSMsgType.PING:
                        await stream.pong(frame.data)
                    elif frame.type is aiohttp.WSMsgType.TEXT:
                        reason = self._take(str(frame.data))
                        if reason:
                            return reason
            finally:
                self.closed = True
                await self._finish()
        return ""

    async def leave(self) -> None:
        """End the connection."""
        if self._stream is not None:
            await self._stream.close()

    def _take(self, raw: str) -> str:
        """Start the work for a frame; returns why Slack wants this connection to end, empty if it does not."""
        message = self._envelope(raw)
        kind = message.get("type")
        if kind == "hello":
            self._on_hello()
        elif kind == "disconnect":
            return str(message.get("reason") or "disconnect")
        elif message.get("envelope_id"):
            self._on_event()
            work = asyncio.create_task(self._work(message, raw))
            self._working.add(work)
            work.add_done_callback(self._working.discard)
        return ""

    async def _work(self, message: dict[str, Any], raw: str) -> None:
        if isinstance(message.get("payload"), dict) and message["payload"]:
            await self.run_message_listeners(message, raw)
        else:
            await self._pass_over(message, TypeError("no payload"))

    async def _pass_over(self, message: Mapping[str, Any], error: Exception) -> None:
        """Acknowledge an envelope that nobody can read, because Slack would only send it again."""
        self._on_malformed(str(message.get("type")), error)
        await self.send_socket_mode_response(SocketModeResponse(envelope_id=str(message["envelope_id"])))

    def _envelope(self, raw: str) -> dict[str, Any]:
        try:
            message = json.loads(json_without_lone_surrogates(raw))
        except (ValueError, RecursionError) as error:
            self._on_malformed("a frame", error)
            return {}
        if isinstance(message, dict):
            return message
        self._on_malformed("a frame", TypeError("no object"))
        return {}

    async def _handle(self, _client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        started = time.time()
        try:
            response = await run_async_bolt_app(self._app, request)
        except SHAPE_ERRORS as error:
            await self._pass_over(request.to_dict(), error)
            return
        if response.status == _UNHANDLED and request.type == "events_api":
            await self._pass_over(request.to_dict(), LookupError("no listener"))
            return
        await send_async_response(self, request, response, started)

    async def _finish(self) -> None:
        if not self._working:
            return
        _, late = await asyncio.wait(self._working, timeout=_FINISH_SECONDS)
        for work in late:
            work.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def send_message(self, message: str) -> None:
        """Send an acknowledgement; if the connection is gone, Slack will send the event again."""
        if self._stream is None or self._stream.closed:
            _log.info("slack acknowledgement not sent", reason="the connection is gone")
            return
        await self._stream.send_str(message)

    async def session_id(self) -> str:
        """For slack_sdk's own log lines."""
        return f"{id(self):x}"
