"""Files from both chats: read to their end, compared with their size, and never without bound. By the real clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.chats import downloads
from adapters.chats.discord.requests import Requests as DiscordRequests
from adapters.chats.slack.requests import Requests as SlackRequests
from bot.errors import Rejected, Unavailable
from bot.model import Attachment
from tests.support.clocks import ManualClock

CONTENT = bytes(range(256)) * 1200 * 10
"""Three megabytes: more than a client has in its buffer at once."""

Download = Callable[[Attachment], Awaitable[bytes]]


@asynccontextmanager
async def slack(base: str) -> AsyncIterator[Download]:
    requests = SlackRequests(bot_token="xoxb-1", app_token="xapp-1", api_url=f"{base}/api/", clock=ManualClock())
    try:
        yield requests.download
    finally:
        await requests.aclose()


@asynccontextmanager
async def discord(base: str) -> AsyncIterator[Download]:
    requests = DiscordRequests(token="t", base=base, clock=ManualClock())
    try:
        yield requests.download
    finally:
        await requests.aclose()


@asynccontextmanager
async def downloading(client: Any, content: bytes, *, pause: float = 0.0) -> AsyncIterator[tuple[Download, str]]:
    """A chat's download, and the address of a file that a server sends piece by piece without saying its length."""

    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_type = "application/octet-stream"
        await response.prepare(request)
        for at in range(0, len(content), 128 * 1024):
            await response.write(content[at : at + 128 * 1024])
            await asyncio.sleep(pause)
        return response

    app = web.Application()
    app.router.add_get("/file", serve)
    async with TestServer(app) as server:
        base = str(server.make_url("")).rstrip("/")
        async with client(base) as download:
            yield download, f"{base}/file"


def attachment(address: str, size: int | None) -> Attachment:
    return Attachment(name="a.bin", url=address, source=address, size=size)


@pytest.mark.parametrize("client", [slack, discord])
async def test_a_file_is_read_to_its_end(client: Any) -> None:
    """However slowly its pieces come."""
    async with downloading(client, CONTENT, pause=0.002) as (download, address):
        assert await download(attachment(address, len(CONTENT))) == CONTENT
        assert await download(attachment(address, None)) == CONTENT


@pytest.mark.parametrize("client", [slack, discord])
async def test_a_file_that_is_cut_off_is_not_handed_over(client: Any) -> None:
    """It ends before the size that the chat states; it can be asked for again."""
    async with downloading(client, CONTENT[:128_000]) as (download, address):
        with pytest.raises(Unavailable, match="whole"):
            await download(attachment(address, len(CONTENT)))


@pytest.mark.parametrize("client", [slack, discord])
async def test_a_file_without_end_is_left(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the stated size nor the content may be larger than what is passed on."""
    monkeypatch.setattr(downloads, "FILE_BYTES", 300_000)
    async with downloading(client, CONTENT) as (download, address):
        for size in (None, 5, len(CONTENT)):
            with pytest.raises(Rejected, match="too large"):
                await download(attachment(address, size))
