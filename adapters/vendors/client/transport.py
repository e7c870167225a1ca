"""
How requests to vendors reach the network: by aiohttp, which the chats load and use anyway.

httpx makes the requests and reads the answers. What it brings for the way in between (httpcore, h11 and anyio) takes
two to three times the processor time for each request, and 2.5 MB of memory.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import httpx
from yarl import URL

_LONGEST_LINE = 64 * 1024
"""Of a header, in bytes."""
_MOST_HEADERS = 1_000
_KEPT = 5.0
"""Seconds for which a connection without a request is kept."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """
    Makes each request once, or never. Raises the errors of httpx that say whether it may have reached the other side.

    Args:
        context: With which certificates a server proves who it is.
        connections: How many requests run at once; the others wait.
    """

    def __init__(self, context: ssl.SSLContext, connections: int) -> None:
        self._context = context
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._session is None:
            self._session = self._opened()
        limits = request.extensions.get("timeout", {})
        with _errors_of_httpx():
            answer = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=_headers(request),
                data=_body(request),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    connect=limits.get("pool"),
                    sock_connect=limits.get("connect"),
                    sock_read=limits.get("read"),
                ),
            )
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Answer(answer))

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """It belongs to the event loop that runs."""
        connector = aiohttp.TCPConnector(ssl=self._context, limit=self._connections, keepalive_timeout=_KEPT)
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Content-Type", "Accept", "Accept-Encoding"),
            auto_decompress=False,
            middlewares=(_once,),
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
            max_headers=_MOST_HEADERS,
        )


class _Answer(httpx.AsyncByteStream):
    """The body of an answer, as it came, still compressed."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for piece in self._answer.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        """Of an answer that was not read to its end, the connection is closed."""
        self._answer.close()


class _LostError(aiohttp.ClientError):
    """The connection broke after the request may have been sent."""


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Aiohttp would repeat a GET, PUT or DELETE whose connection broke; it repeats nothing after this error."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if isinstance(error, aiohttp.ServerTimeoutError):
            raise
        raise _LostError(str(error)) from error


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout(str(error)) from error
    except (aiohttp.ServerTimeoutError, TimeoutError) as error:
        raise httpx.ReadTimeout(str(error)) from error
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(str(error)) from error
    except (aiohttp.InvalidURL, ValueError) as error:
        raise httpx.LocalProtocolError(str(error)) from error
    except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
        raise httpx.RemoteProtocolError(str(error)) from error
    except aiohttp.ClientError as error:
        raise httpx.ReadError(str(error)) from error


def _headers(request: httpx.Request) -> list[tuple[str, str]]:
    """What is sent; of a body without a length aiohttp says itself that it comes in chunks, and refuses to hear it."""
    return [(name, value) for name, value in request.headers.multi_items() if name != "transfer-encoding"]


def _body(request: httpx.Request) -> Any:
    """What aiohttp sends: bytes at once, everything else piece by piece."""
    if isinstance(request.stream, httpx.ByteStream):
        return b"".join(request.stream) or None
    return request.stream
