"""Requests by aiohttp under httpx: sent once, as they were built, and each failure told as httpx tells it."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import BytesIO

import httpx
import pytest

from adapters.vendors.client.transport import AiohttpTransport
from tests.support.waiting import until

Serve = Callable[[bytes], Awaitable[bytes | None]]
_CONTEXT = ssl.create_default_context()
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """
    Answers each request with the same bytes; nothing: it closes the connection.

    Attributes:
        heard: What came, each as its head and its body.
        connections: How many there were.
    """

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.heard: list[tuple[str, bytes]] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = next(
                    (int(line[15:]) for line in head.lower().split("\r\n") if line[:15] == "content-length:"), 0
                )
                if "transfer-encoding: chunked" in head.lower():
                    body = await reader.readuntil(b"\r\n0\r\n\r\n")
                else:
                    body = await reader.readexactly(length)
                self.heard.append((head, body))
                if not self._answer:
                    return
                writer.write(self._answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def asked(answer: bytes, seconds: float = 5.0) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    server = Server(answer)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    transport = AiohttpTransport(_CONTEXT, connections=2)
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=seconds) as client:
        yield server, client
    listening.close()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST", "PATCH"])
async def test_a_request_is_sent_once(method: str) -> None:
    """aiohttp by itself would repeat a GET, a PUT and a DELETE; nobody knows whether they were carried out."""
    async with asked(b"") as (server, client):
        with pytest.raises(httpx.ReadError):
            await client.request(method, server.url)
        assert len(server.heard) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"nonsense\r\n\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 100_000 + b"\r\n\r\n", httpx.RemoteProtocolError),
    ],
)
async def test_an_answer_that_is_no_http(answer: bytes, error: type[Exception]) -> None:
    """It came, so the request may have been carried out."""
    async with asked(answer) as (server, client):
        with pytest.raises(error):
            await client.post(server.url)
        assert len(server.heard) == 1


async def test_a_body_of_unknown_length_is_sent_in_pieces() -> None:
    """As httpx itself sends it."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one", b"two"):
            yield piece

    async with asked(_OK) as (server, client):
        assert (await client.post(server.url, content=pieces())).status_code == 200
        ((head, body),) = server.heard
        assert head.lower().count("transfer-encoding: chunked") == 1
        assert body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


async def test_who_stops_waiting_takes_no_connection_along() -> None:
    """An upload that is cancelled in the middle leaves its place to the next requests."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536
            await asyncio.sleep(0)

    async with asked(_OK) as (server, client), asked(_OK) as (other, _):
        uploads = [asyncio.create_task(client.post(server.url, content=endless())) for _ in range(2)]
        await until(lambda: server.connections == 2)
        for upload in uploads:
            upload.cancel()
        assert all(isinstance(e, BaseException) for e in await asyncio.gather(*uploads, return_exceptions=True))
        assert (await client.get(other.url)).status_code == 200


async def test_nobody_listens() -> None:
    """Then certainly nothing was sent."""
    async with asked(_OK) as (server, client):
        pass
    async with httpx.AsyncClient(transport=AiohttpTransport(_CONTEXT, connections=1), trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.post(server.url)


async def test_a_server_that_does_not_speak_tls() -> None:
    """Then certainly nothing was sent, either."""

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_OK)
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with httpx.AsyncClient(transport=AiohttpTransport(_CONTEXT, connections=1), trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.post(f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
    listening.close()


async def test_no_answer_in_time() -> None:
    """That it did not come in time is told as such."""
    async with asked(b"HTTP/1.1 200 OK\r\n", seconds=0.01) as (server, client):
        with pytest.raises(httpx.ReadTimeout):
            await client.get(server.url)


async def test_a_header_that_cannot_be_sent() -> None:
    """Nothing is sent then."""
    async with asked(_OK) as (server, client):
        with pytest.raises(httpx.LocalProtocolError):
            await client.get(server.url, headers={"X-Key": "a\r\nX-Other: b"})
        assert server.heard == []


async def test_the_request_stays_as_it_was_built() -> None:
    """What is escaped stays escaped, and no header is added but those of the connection."""
    async with asked(_OK) as (server, client):
        await client.get(f"{server.url}/a%2Fb%20c;d/é?x=%5B1%5D&y=a+b")
        await client.post(server.url, content=b'{"a": 1}', headers={"Content-Type": "application/json"})
        (get, _), (post, body) = server.heard
        assert get.startswith("GET /a%2Fb%20c;d/%C3%A9?x=%5B1%5D&y=a+b HTTP/1.1\r\n")
        assert [line.split(":")[0].lower() for line in post.split("\r\n")[1:-2]] == [
            *("host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length"),
        ]
        assert body == b'{"a": 1}'
        assert server.connections == 1


async def test_a_file_is_sent_piece_by_piece_with_its_length() -> None:
    """Not in chunks of unknown number, which some servers refuse."""
    async with asked(_OK) as (server, client):
        await client.post(server.url, files={"file": ("a.txt", BytesIO(b"x" * 200_000))})
        ((head, body),) = server.heard
        assert "chunked" not in head.lower()
        assert body.count(b"x") >= 200_000


async def test_an_answer_is_not_unpacked() -> None:
    """Whoever reads it limits what comes out."""
    packed = gzip.compress(b"{}" * 1_000)
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(packed), packed)
    async with asked(answer) as (server, client), client.stream("GET", server.url) as response:
        assert b"".join([piece async for piece in response.aiter_raw()]) == packed


async def test_an_answer_with_many_headers() -> None:
    """Proxies add some; what was done at the vendor must not seem unknown because of them."""
    many = b"".join(b"X-%d: y\r\n" % number for number in range(400))
    async with asked(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + many + b"\r\n{}") as (server, client):
        assert (await client.post(server.url)).headers["X-399"] == "y"


async def test_an_answer_that_ends_too_early() -> None:
    """It is not taken for whole."""
    async with asked(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", seconds=0.05) as (server, client):
        with pytest.raises(httpx.ReadTimeout):
            await client.get(server.url)


async def test_what_is_not_read_to_its_end_closes_its_connection() -> None:
    """The next request gets one of its own, and not the rest of this answer."""
    async with asked(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 900_000) as (server, client):
        for _ in range(2):
            async with client.stream("GET", server.url) as response:
                await anext(response.aiter_raw())
        assert server.connections == 2
