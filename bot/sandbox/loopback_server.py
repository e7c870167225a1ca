"""
The HTTP server of every practice server: it listens on loopback, remembers all requests, and can fail on demand.

A practice server gives its routes to a `LoopbackServer`. Tests read `seen`, and add faults and observers.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FaultKind = Literal["refuse", "lose", "drop", "hang", "garbage", "replace", "slow", "cut"]


@dataclass(slots=True, kw_only=True)
class HttpFault:
    """
    What goes wrong with the next matching requests.

    Attributes:
        kind: `refuse`: answer `status` without acting. `lose`: act, then cut the connection instead of answering.
            `drop`: cut the connection without acting. `hang`: never answer, without acting.
            `garbage`: answer 200 with `body` without acting. `replace`: act, and answer `status` with `body`.
            `slow`: act, and answer only `seconds` later.
            `cut`: act, and cut the connection in the middle of the answer's body.
        method: `GET`, `POST` …; None: any.
        path: A regular expression, searched in the path; empty: any path.
        after: How many matching requests pass before that.
        times: For how many requests it is used.
    """

    kind: FaultKind
    method: str | None = None
    path: str = ""
    after: int = 0
    times: int = 1
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "<html>not what you asked for</html>"
    seconds: float = 1.0

    def fits(self, request: web.Request) -> bool:
        return self.method in (None, request.method) and re.search(self.path, request.path) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """
    One request and what was answered.

    Attributes:
        body: The request's body as JSON, or as text if it is not JSON; None: empty.
        status: 0: there was no answer.
        answer: The answer's body, in the same way.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any


Observer = Callable[[Exchange], None]


class LoopbackServer:
    """
    One loopback server.

    Attributes:
        seen: Every exchange so far, oldest first, at most `remember` of them.
        faults: What will go wrong, tried in order.
        observers: Called after each exchange; if one raises, the request is answered with 500 and the error is kept
            in `observer_errors`.
    """

    def __init__(self, routes: Iterable[web.AbstractRouteDef], *, port: int = 0, remember: int = 20_000) -> None:
        self.seen: list[Exchange] = []
        self.faults: list[HttpFault] = []
        self.observers: list[Observer] = []
        self.observer_errors: list[Exception] = []
        self._remember = remember
        self._wanted_port = port
        self._app = web.Application(middlewares=[self._middleware()], client_max_size=32 * 1024 * 1024)
        self._app.add_routes(routes)
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self.port = 0

    @property
    def address(self) -> str:
        """`127.0.0.1:port`; known once started."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen on 127.0.0.1, on the given port or any free one."""
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._wanted_port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and end open requests."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def fail(self, kind: FaultKind, **rest: Any) -> HttpFault:
        """Add a fault; the fields of `HttpFault` by name."""
        fault = HttpFault(kind=kind, **rest)
        self.faults.append(fault)
        return fault

    def _take_fault(self, request: web.Request) -> HttpFault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.fits(request):
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return None

    def _middleware(self) -> Any:
        @web.middleware
        async def exchange(request: web.Request, handler: Handler) -> web.StreamResponse:
            body = _readable(await request.read())
            fault = self._take_fault(request)
            if fault is not None:
                return await self._fail(fault, request, body, handler)
            return await self._answer(request, body, handler)

        return exchange

    async def _answer(self, request: web.Request, body: Any, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            response = web.Response(
                status=refusal.status, reason=refusal.reason, body=refusal.body, headers=refusal.headers
            )
        return self._record(request, body, response)

    async def _fail(self, fault: HttpFault, request: web.Request, body: Any, handler: Handler) -> web.StreamResponse:
        if fault.kind in ("refuse", "garbage", "replace"):
            if fault.kind == "replace":
                await handler(request)
            # This answer is not the server's own, so observers do not judge it.
            status = 200 if fault.kind == "garbage" else fault.status
            content_type = "application/json" if fault.kind != "garbage" and fault.body[:1] in "[{" else "text/html"
            headers = {"Content-Type": content_type, **fault.headers}
            self._remember_exchange(request, body, status, _readable(fault.body.encode()))
            return web.Response(status=status, headers=headers, body=fault.body.encode())
        if fault.kind == "slow":
            response = await self._answer(request, body, handler)
            await asyncio.sleep(fault.seconds)
            return response
        if fault.kind == "cut":
            await self._cut(request, await self._answer(request, body, handler))
        elif fault.kind == "lose":
            self._record(request, body, await handler(request))
        else:
            self._remember_exchange(request, body, 0, None)
        if fault.kind == "hang":
            await self._stopping.wait()
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("a fault cut this connection")

    async def _cut(self, request: web.Request, whole: web.StreamResponse) -> None:
        """Send the headers with the length of the whole body, and then half of the body."""
        content = whole.body if isinstance(whole, web.Response) and isinstance(whole.body, bytes) else b""
        half = web.StreamResponse(status=whole.status, headers={"Content-Type": whole.content_type})
        half.content_length = max(2, len(content))
        await half.prepare(request)
        await half.write(content[: len(content) // 2])

    def _record(self, request: web.Request, body: Any, response: web.StreamResponse) -> web.StreamResponse:
        answer = response.body if isinstance(response, web.Response) else None
        readable = _readable(answer) if isinstance(answer, bytes) else None
        exchange = self._remember_exchange(request, body, response.status, readable)
        for observer in self.observers:
            try:
                observer(exchange)
            except Exception as error:  # noqa: BLE001 - an observer may raise anything
                self.observer_errors.append(error)
                return web.Response(status=500, text=str(error))
        return response

    def _remember_exchange(self, request: web.Request, body: Any, status: int, answer: Any) -> Exchange:
        exchange = Exchange(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers=dict(request.headers),
            body=body,
            status=status,
            answer=answer,
        )
        self.seen.append(exchange)
        del self.seen[: -self._remember]
        return exchange


def _readable(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
