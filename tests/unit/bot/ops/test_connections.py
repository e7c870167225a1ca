"""The connections of the HTTP server: whoever asks is answered, whatever others hold open."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.ops import connections as subject
from bot.ops.connections import MOST_CONNECTIONS, Connections
from tests.support.waiting import until

GET: Final = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
HALF: Final = b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc"
LARGE: Final = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
IDLE = 2000
HOUR = 3600.0


class Place:
    """A server with some answers: at once, of a body, large ones, and never."""

    def __init__(self, request_seconds: float) -> None:
        self.never = asyncio.Event()
        self.connections = Connections(
            [
                web.get("/healthz", self._well),
                web.get("/large", self._large),
                web.get("/slow", self._slow),
                web.get("/broken", self._broken),
                web.post("/hook", self._hook),
            ],
            request_seconds,
        )
        self.open: list[socket.socket] = []

    async def _well(self, _: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _large(self, _: web.Request) -> web.Response:
        return web.Response(body=bytes(16 * 1024 * 1024))

    async def _slow(self, _: web.Request) -> web.Response:
        await self.never.wait()
        return web.Response(text="at last")

    async def _broken(self, _: web.Request) -> web.Response:
        raise ValueError("a defect")

    async def _hook(self, request: web.Request) -> web.Response:
        return web.Response(text=str(len(await self.connections.body(request))))

    async def connect(self, sends: bytes = b"") -> socket.socket:
        """A connection that sends this and nothing more."""
        opened = socket.socket()
        opened.setblocking(False)
        self.open.append(opened)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(opened, ("127.0.0.1", self.connections.port))
        if sends:
            await loop.sock_sendall(opened, sends)
        return opened

    def is_answering(self, amount: int) -> bool:
        """Whether so many are being answered now."""
        return len(self.connections._answering) == amount

    def unread(self) -> list[bool]:
        """Of each connection that is not gone, whether something of an answer has not left yet."""
        server = self.connections._runner.server
        assert server is not None
        return [transport.get_write_buffer_size() > 0 for transport in server._connections.values()]

    async def answer(self, sends: bytes) -> str:
        """What a new connection is answered; empty: it is closed without an answer."""
        return (await received(await self.connect(sends))).decode()


async def received(connection: socket.socket) -> bytes:
    """The next that comes; empty: the connection is closed."""
    try:
        return await asyncio.get_running_loop().sock_recv(connection, 65536)
    except ConnectionError:
        return b""


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side has closed it; it sends nothing."""
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


@asynccontextmanager
async def serving(request_seconds: float = 60.0) -> AsyncIterator[Place]:
    place = Place(request_seconds)
    await place.connections.start("127.0.0.1", 0)
    try:
        yield place
    finally:
        place.never.set()
        for opened in place.open:
            opened.close()
        await place.connections.stop()


@pytest.fixture
def many_files() -> None:
    """Two thousand connections need as many files, on the side of those who hold them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * IDLE:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 3 * IDLE), hard))


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize(
    "sends",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nX-A: b", id="half of the headers"),
        pytest.param(HALF, id="half of a body"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET", id="one request and the beginning of another"),
    ],
)
async def test_health_is_answered_while_thousands_hold_connections(
    sends: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """The oldest make way, a few hundred are left, and nothing is logged about any of them."""
    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        async with serving() as place:
            for _ in range(IDLE):
                await place.connect(sends)
            assert "\r\n\r\nok" in await place.answer(GET)
            server = place.connections._runner.server
            assert server is not None
            await until(lambda: len(server.connections) <= MOST_CONNECTIONS)
    assert logs == []
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


async def test_those_who_come_at_once_make_way_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are accepted in one moment, only so many are left as there is room for."""
    monkeypatch.setattr(subject, "MOST_CONNECTIONS", 4)
    async with serving(HOUR) as place:
        for _ in range(50):
            place.open.append(socket.create_connection(("127.0.0.1", place.connections.port)))
            place.open[-1].setblocking(False)
        await until(lambda: sum(map(is_closed, place.open)) == 46, "46 are closed")
        assert "\r\n\r\nok" in await place.answer(GET)


async def test_who_reads_no_answer_makes_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was answered and is not read by the other side holds no connection open."""
    monkeypatch.setattr(subject, "MOST_CONNECTIONS", 2)
    async with serving(HOUR) as place:
        for _ in range(2):
            await place.connect(LARGE)
        await until(lambda: place.unread() == [True, True], "two do not read")
        for _ in range(2):
            await place.connect()
        await until(lambda: place.unread() == [False, False], "two others are left")
        assert "\r\n\r\nok" in await place.answer(GET)


async def test_whoever_is_being_answered_does_not_make_way() -> None:
    """Where all are being answered, there is room for one more all the same."""
    async with serving() as place:
        waiting = []
        for number in range(MOST_CONNECTIONS + 5):
            waiting.append(await place.connect(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"))
            await until(partial(place.is_answering, number + 1))
        assert "\r\n\r\nok" in await place.answer(GET)
        place.never.set()
        for each in waiting:
            assert b"at last" in await received(each)


@pytest.mark.parametrize(
    "sends",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nX-A: b", id="half of the headers"),
    ],
)
async def test_who_sends_no_request_is_closed(sends: bytes) -> None:
    """Without an answer, when the time is over."""
    async with serving(0.05) as place:
        assert await place.answer(sends) == ""


async def test_who_sends_headers_bit_by_bit_is_closed() -> None:
    """Each byte gives no further time."""
    async with serving(0.1) as place:
        slow = await place.connect(b"GET /healthz HTTP/1.1\r\n")

        async def is_closed() -> bool:
            try:
                await asyncio.get_running_loop().sock_sendall(slow, b"X-A: b\r\n")
                return slow.recv(1) == b""
            except BlockingIOError:
                return False
            except ConnectionError:
                return True

        await until(is_closed)


async def test_a_body_that_does_not_come_is_a_time_out() -> None:
    """408, and the connection ends; one that comes in two pieces is read."""
    async with serving(0.05) as place:
        assert " 408 " in await place.answer(HALF)
    async with serving() as place:
        connection = await place.connect(HALF)
        await asyncio.get_running_loop().sock_sendall(connection, b"def")
        assert (await received(connection)).endswith(b"\r\n\r\n6")


async def test_a_body_that_is_too_large_is_refused() -> None:
    """413, without reading it to its end."""
    async with serving() as place:
        head = b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
        assert " 413 " in await place.answer(head + b"x" * 1_100_000)


async def test_what_is_no_request_is_refused_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    """Scanners send all kinds of things; a log line for each would fill the disk."""
    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        async with serving() as place:
            for sends in (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n"):
                assert " 400 " in await place.answer(sends)
    assert logs == []
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


@pytest.mark.parametrize(
    "sends",
    [
        b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"Content-Encoding: deflate\r\nContent-Length: 3\r\n\r\nabc",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzzz\r\n",
        b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ],
)
async def test_a_damaged_body_is_refused_without_a_word(sends: bytes) -> None:
    """It is no defect of ours, whoever sends thousands of them."""
    with capture_logs() as logged:
        async with serving() as place:
            answer = await place.answer(b"POST /hook HTTP/1.1\r\nHost: x\r\n" + sends)
    assert " 400 " in answer.splitlines()[0]
    assert logged == []


async def test_a_defect_of_ours_is_logged() -> None:
    """And answered with 500."""
    with capture_logs() as logs:
        async with serving() as place:
            assert " 500 " in await place.answer(b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
    assert [entry["event"] for entry in logs] == ["request not answered"]


async def test_stopping_waits_for_nobody() -> None:
    """Idle connections, and those whose body does not come, are closed."""
    async with serving() as place:
        idle = [await place.connect(sends) for sends in (b"", GET[:9], HALF)]
        await place.answer(GET)
        await place.connections.stop()
        assert [await received(each) for each in idle] == [b""] * 3
