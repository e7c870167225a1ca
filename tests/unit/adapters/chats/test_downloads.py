"""Files from both chats: read to their end, compared with their size, never held in memory. By the real clients."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from io import BytesIO
from typing import Any, BinaryIO

import aiohttp
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.chats import downloads
from adapters.chats.disappearance import APART
from adapters.chats.discord.requests import Requests as DiscordRequests
from adapters.chats.slack.requests import Requests as SlackRequests
from adapters.vendors.client.http import VendorClient
from adapters.vendors.client.rate_limits import Quota
from adapters.vendors.client.service import Service
from bot.errors import Gone, RateLimited, Rejected, RemoteError, Unavailable
from bot.model import Attachment
from bot.ports import VendorTools
from tests.support.clocks import ManualClock

CONTENT = bytes(range(256)) * 1200 * 10
"""Three megabytes: more than a client has in its buffer at once."""
BINARY = "application/octet-stream"

Download = Callable[[Attachment, BinaryIO], Awaitable[None]]
Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def slack(base: str, clock: ManualClock) -> AsyncIterator[Download]:
    requests = SlackRequests(bot_token="xoxb-1", app_token="xapp-1", api_url=f"{base}/api/", clock=clock)
    try:
        yield requests.download
    finally:
        await requests.aclose()


@asynccontextmanager
async def discord(base: str, clock: ManualClock) -> AsyncIterator[Download]:
    requests = DiscordRequests(token="t", base=base, clock=clock)
    try:
        yield requests.download
    finally:
        await requests.aclose()


both = pytest.mark.parametrize("client", [slack, discord])


@asynccontextmanager
async def downloading(
    client: Any, serve: Serve, clock: ManualClock | None = None
) -> AsyncIterator[tuple[Download, str]]:
    """A chat's download, and the address of a file that a server sends."""
    app = web.Application()
    app.router.add_get("/file", serve)
    app.router.add_get("/login", login_page)
    async with TestServer(app) as server:
        base = str(server.make_url("")).rstrip("/")
        async with client(base, clock or ManualClock()) as download:
            yield download, f"{base}/file"


async def login_page(_request: web.Request) -> web.Response:
    return web.Response(text="<title>Sign in</title>", content_type="text/html")


async def test_slacks_token_goes_nowhere_else_and_never_in_the_clear() -> None:
    """Whatever an address looks like: not to another host or port, and where Slack speaks HTTPS not without it."""
    asked: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request.headers.get("Authorization", ""))
        return web.Response(body=b"content")

    app = web.Application()
    app.router.add_get("/file", serve)
    async with TestServer(app) as server:
        here = f"127.0.0.1:{server.port}"
        for api, file in (
            (f"https://{here}", f"http://{here}/file"),
            ("http://127.0.0.1:9", f"http://{here}/file"),
            (f"http://{here}", f"http://localhost:{server.port}/file"),
            (f"http://{here}", "http://files.slack.com/file"),
            (f"http://{here}", f"//{here}/file"),
            (f"http://{here}", "http://[/file"),
            (f"http://{here}", "http://host:port/file"),
        ):
            async with slack(api, ManualClock()) as download:
                with pytest.raises(Gone):
                    await download(Attachment(name="a.txt", source=file), BytesIO())
        async with slack(f"http://{here}", ManualClock()) as download:
            await download(Attachment(name="a.txt", source=f"http://{here}/file"), BytesIO())
    assert asked == ["Bearer xoxb-1"]


async def test_slacks_socket_is_never_in_the_clear_where_slack_is_not() -> None:
    """Its address holds a ticket, and everything that is said goes through it."""

    class Answering(SlackRequests):
        async def _call(self, method: str, *, writes: bool, **request: Any) -> AsyncSlackResponse:
            answer = {"ok": True, "url": "ws://slack.example/link"}
            return AsyncSlackResponse(
                client=self.client, http_verb="POST", api_url=method, req_args=request, data=answer, headers={},
                status_code=200,
            )  # fmt: skip

    def requests(api: str) -> SlackRequests:
        return Answering(bot_token="xoxb-1", app_token="xapp-1", api_url=api, clock=ManualClock())

    assert await requests("http://127.0.0.1:9/api/").socket_address() == "ws://slack.example/link"
    with pytest.raises(Unavailable):
        await requests("https://slack.example/api/").socket_address()


def in_pieces(content: bytes, *, pause: float = 0.0, length: int | None = None, cut: bool = False) -> Serve:
    """Sends the content piece by piece; without a length, it does not say how long it is."""

    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_type = BINARY
        if length is not None:
            response.content_length = length
        await response.prepare(request)
        for at in range(0, len(content), 128 * 1024):
            await response.write(content[at : at + 128 * 1024])
            await asyncio.sleep(pause)
        if cut and request.transport is not None:
            request.transport.close()
        return response

    return serve


def answering(
    status: int, content_type: str = BINARY, body: bytes = b"no", headers: Mapping[str, str] | None = None
) -> Serve:
    async def serve(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, content_type=content_type, headers=headers)

    return serve


async def packed(_request: web.Request) -> web.Response:
    return web.Response(body=gzip.compress(CONTENT), headers={"Content-Encoding": "gzip", "Content-Type": BINARY})


async def silent(_request: web.Request) -> web.Response:
    await asyncio.sleep(3600)
    raise AssertionError


async def silent_in_the_middle(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(CONTENT[:1000])
    await asyncio.sleep(3600)
    return response


def attachment(address: str, size: int | None, name: str = "a.bin") -> Attachment:
    return Attachment(name=name, url=address, source=address, size=size)


ARRIVES: dict[str, tuple[Serve, int | None]] = {
    "whole": (in_pieces(CONTENT, length=len(CONTENT)), len(CONTENT)),
    "slowly": (in_pieces(CONTENT, pause=0.001), len(CONTENT)),
    "without any length": (in_pieces(CONTENT), None),
    "a length that only the server states": (in_pieces(CONTENT, length=len(CONTENT)), None),
    "longer than stated": (in_pieces(CONTENT), 1000),
    "packed on its way": (packed, len(CONTENT)),
    "JSON of the stated size": (answering(200, "application/json", CONTENT), len(CONTENT)),
    "of a type that is nonsense": (answering(200, "no/thing", CONTENT), len(CONTENT)),
}
LATER: dict[str, tuple[Serve, type[RemoteError]]] = {
    "shorter than stated": (in_pieces(CONTENT[:128_000]), Unavailable),
    "empty": (in_pieces(b""), Unavailable),
    "cut off, with its length": (in_pieces(CONTENT[:128_000], length=len(CONTENT), cut=True), Unavailable),
    "cut off, without a length": (in_pieces(CONTENT[:128_000], cut=True), Unavailable),
    "packed and damaged": (answering(200, BINARY, b"x" * 99, {"Content-Encoding": "gzip"}), Unavailable),
    "never begins": (silent, Unavailable),
    "stops in the middle": (silent_in_the_middle, Unavailable),
    "408": (answering(408), Unavailable),
    "425": (answering(425), Unavailable),
    "429": (answering(429, headers={"Retry-After": "7"}), RateLimited),
    "500": (answering(500), Unavailable),
    "502": (answering(502, "text/html", b"<h1>Bad gateway</h1>"), Unavailable),
    "503": (answering(503), Unavailable),
    "204": (answering(204, body=b""), Unavailable),
    "206": (answering(206, body=CONTENT[:1000]), Unavailable),
}
REFUSED: dict[str, Serve] = {
    "a page to log in": login_page,
    "an error as JSON": answering(200, "application/json", b'{"ok": false, "error": "not_authed"}' * 99),
    "a redirection to a page to log in": answering(302, headers={"Location": "/login"}),
    "a redirection to itself": answering(307, headers={"Location": "/file"}),
    "401": answering(401),
    "403": answering(403, "application/xml", b"<Error/>"),
    "404": answering(404),
    "410": answering(410),
}


@both
@pytest.mark.parametrize("how", ARRIVES)
async def test_a_file_is_read_to_its_end(client: Any, how: str) -> None:
    """However its host sends it."""
    serve, size = ARRIVES[how]
    async with downloading(client, serve) as (download, address):
        content = BytesIO()
        await download(attachment(address, size), content)
        assert content.getvalue() == CONTENT


@both
@pytest.mark.parametrize("how", LATER)
async def test_what_is_not_the_whole_file_is_not_handed_over(
    client: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be asked for again: nothing says that the file is gone, however often it happens."""
    monkeypatch.setattr(downloads, "TIMEOUT", aiohttp.ClientTimeout(total=1.0, sock_read=0.3))
    serve, error = LATER[how]
    clock = ManualClock()
    async with downloading(client, serve, clock) as (download, address):
        for _ in range(2):
            with pytest.raises(error) as raised:
                await download(attachment(address, len(CONTENT)), BytesIO())
            assert raised.value.retryable
            clock.advance(APART)


@both
@pytest.mark.parametrize("how", REFUSED)
@pytest.mark.parametrize("size", [None, 10], ids=["size unknown", "size stated"])
async def test_a_file_that_its_host_refuses(client: Any, how: str, size: int | None) -> None:
    """It is gone when that was said twice, some seconds apart; no page is ever taken for the file."""
    clock = ManualClock()
    async with downloading(client, REFUSED[how], clock) as (download, address):
        with pytest.raises(Unavailable):
            await download(attachment(address, size), BytesIO())
        clock.advance(APART)
        with pytest.raises(Gone):
            await download(attachment(address, size), BytesIO())


@both
async def test_a_page_that_somebody_attached_is_a_file(client: Any) -> None:
    """Its name says so."""
    async with downloading(client, login_page) as (download, address):
        content = BytesIO()
        await download(attachment(address, None, "Page.HTML"), content)
        assert content.getvalue() == b"<title>Sign in</title>"


@both
async def test_a_file_without_end_is_left(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the stated size nor the content may be larger than what is passed on."""
    monkeypatch.setattr(downloads, "FILE_BYTES", 300_000)
    async with downloading(client, in_pieces(CONTENT)) as (download, address):
        for size in (None, 5, len(CONTENT)):
            with pytest.raises(Rejected, match="too large"):
                await download(attachment(address, size), BytesIO())


class FullDisk(BytesIO):
    """A file on a disk without room."""

    def write(self, _data: Any) -> int:
        raise OSError(28, "No space left on device")


@both
async def test_a_full_disk_is_told_and_tried_again(client: Any) -> None:
    """It is not taken for a fault of the chat."""
    async with downloading(client, in_pieces(CONTENT)) as (download, address):
        with pytest.raises(Unavailable, match="no room"):
            await download(attachment(address, None), FullDisk())


@contextmanager
def memory() -> Iterator[Callable[[], int]]:
    """How many bytes were used at most, of what is taken inside."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@both
async def test_memory_stays_the_same_whatever_the_size(client: Any, tmp_path: Any) -> None:
    """Neither the way from the chat to the disk nor the one from there to the vendor holds twenty megabytes."""
    piece, size = b"x" * 65_536, 20 * 1024 * 1024
    received = 0

    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = size
        await response.prepare(request)
        for _ in range(size // len(piece)):
            await response.write(piece)
        return response

    async def take(request: web.Request) -> web.Response:
        nonlocal received
        async for part in request.content.iter_chunked(65_536):
            received += len(part)
        return web.json_response([{"id": 1, "file": "f"}])

    app = web.Application(client_max_size=100 * 1024 * 1024)
    app.router.add_post("/attachments", take)
    path = tmp_path / "file"
    async with TestServer(app) as vendor, downloading(client, serve) as (download, address):
        clock = ManualClock()
        tools = VendorTools(transport=httpx.AsyncHTTPTransport, clock=clock)
        service = Service(label="Acme", base=str(vendor.make_url("")).rstrip("/"), remedy="")
        with memory() as used:
            with path.open("w+b") as content:
                await download(attachment(address, size), content)
                content.seek(0)
                uploading = VendorClient(service, tools, Quota(clock, "Acme"))
                await uploading.write("POST", "attachments", files={"files": ("a.bin", content)})
                await uploading.aclose()
            assert used() < 5 * 1024 * 1024
    assert received > size
