"""
The HTTP client of all vendors.

It talks to one fixed base address, follows no redirect and keeps no cookie. It limits the size, nesting and time of
every response, and turns every failure into one of `bot.errors`. It never retries: a request is sent once or never.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any, BinaryIO, TypeVar, cast
from urllib.parse import quote

import httpx

from adapters.vendors.client.bodies import Body, BodyDigest, Unpacker, list_of
from adapters.vendors.client.rate_limits import LONGEST_WAIT, LONGEST_WAIT_FOR_WRITES, Quota
from adapters.vendors.client.responses import (
    LARGEST_BODY,
    Response,
    TooLargeBody,
    UnusableBody,
    error_of,
    json_of,
    no_address,
    retry_after,
)
from adapters.vendors.client.service import Service
from bot.clock import RemoteClock
from bot.errors import Gone, Rejected, Unavailable, Uncertain
from bot.ports import VendorTools

TIMEOUTS = httpx.Timeout(connect=10.0, write=30.0, read=30.0, pool=10.0)
LONGEST_REQUEST = 60.0
"""How many seconds a request and its whole response may take, however slowly the bytes come."""

LARGEST_WHOLE_LIST = 200 * 1024 * 1024
"""The largest page of a list that is read where it cannot be had in smaller ones, in bytes."""
_LARGE_IF_SLOW = 1024 * 1024
"""A list that is larger than this and does not come in time is as good as too large."""
_READ_AT_ONCE = 256 * 1024
"""A larger body is read beside the event loop."""

_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_MALFORMED = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)

T = TypeVar("T")
Query = Mapping[str, str | int | list[str]]


class TooLarge(Unavailable):
    """
    The answer to a read is larger than we read; one that asks for less may be smaller.

    Attributes:
        beginning: Of a list: the JSON of what was read, of the last ticket only the first fields; None: nothing of it
            can be read.
    """

    def __init__(self, user_message: str, *, beginning: Any = None) -> None:
        super().__init__(user_message)
        self.beginning = beginning


class VendorClient:
    """
    One store's connection to its vendor.

    Attributes:
        their_clock: The vendor's clock, as its responses tell.
    """

    def __init__(
        self, service: Service, tools: VendorTools, quota: Quota, *, time_limit: float = LONGEST_REQUEST
    ) -> None:
        self._service = service
        self._clock = tools.clock
        self.their_clock = RemoteClock(tools.clock)
        self._quota = quota
        self._time_limit = time_limit
        self._http = httpx.AsyncClient(
            transport=tools.transport(),
            auth=service.auth,
            headers={
                "User-Agent": f"shopbell/{_version()}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                **service.headers,
            },
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=TIMEOUTS,
            follow_redirects=False,
            trust_env=False,
        )

    async def read(self, *path: str, query: Query | None = None, urgent: bool = False) -> Any:
        """
        GET the JSON at a path below the base. Each part of the path is one segment.

        Args:
            urgent: Whether a person waits for the answer, so that it does not wait behind our own regular questions.

        Raises:
            TooLarge, Unavailable, RateLimited, AuthFailed, Gone, Rejected
        """
        return await self.read_as(_as_it_is, *path, query=query, urgent=urgent)

    async def read_as(
        self, understand: Callable[[Any], T], *path: str, query: Query | None = None, urgent: bool = False
    ) -> T:
        """
        `read`, and what `understand` makes of the answer. A large one is understood beside the event loop.

        Raises:
            TooLarge, Unavailable, RateLimited, AuthFailed, Gone, Rejected
            Exception: As `understand`.
        """
        request = self._request("GET", path, query)
        response = await self._exchange(request, Body(LARGEST_BODY), writing=False, urgent=urgent)
        value = await self._value(response, writing=False)
        if len(response.body) <= _READ_AT_ONCE:
            return understand(value)
        return await asyncio.to_thread(understand, value)

    async def read_page(
        self,
        *path: str,
        query: Query | None = None,
        most: int = LARGEST_BODY,
        urgent: bool = False,
        digest: BodyDigest | None = None,
    ) -> Any:
        """
        `read` for a list of tickets.

        Args:
            most: How many bytes are read of it. Where that is more than other answers may have, what is large in
                single tickets is left out.
            digest: Says whether it is unchanged. Then it is not read, and None is returned.

        Raises:
            TooLarge: With the beginning of the list.
            Unavailable, RateLimited, AuthFailed, Gone, Rejected
        """
        digest, body = digest or BodyDigest(), Body(most, is_list=True)
        request = digest.request = digest.request or self._request("GET", path, query)
        try:
            response = await self._exchange(request, body, writing=False, urgent=urgent)
            return await self._value(response, writing=False, parse=list_of, digest=digest)
        except TooLarge as error:
            error.beginning = await asyncio.to_thread(body.beginning)
            raise
        except Unavailable as error:
            if isinstance(error.__cause__, httpx.TimeoutException | TimeoutError) and body.size > _LARGE_IF_SLOW:
                beginning = await asyncio.to_thread(body.beginning)
                raise TooLarge(error.user_message, beginning=beginning) from error
            raise

    async def read_list(
        self,
        *path: str,
        query: Query | None = None,
        most: int = LARGEST_BODY,
        urgent: bool = False,
        digest: BodyDigest | None = None,
    ) -> Any:
        """
        `read_page` for a list that every store has. Where it is missing or refused, the address must be wrong.

        Raises:
            TooLarge, Unavailable, RateLimited, AuthFailed
        """
        try:
            return await self.read_page(*path, query=query, most=most, urgent=urgent, digest=digest)
        except (Gone, Rejected) as error:
            raise Unavailable(
                f"{self._service.label} does not list this store's tickets. If this goes on, "
                f"check {self._service.variable('BASE_URL')} and the store's other settings."
            ) from error

    async def write(
        self,
        method: str,
        *path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, BinaryIO]] | None = None,
        private: str = "",
        empty_ok: bool = False,
    ) -> Any:
        """
        Send a change, once.

        Args:
            files: Name and content by the form's field, instead of `body`. They are sent piece by piece.
            private: What no error may quote: the text of a reply.
            empty_ok: Whether 200 without a body means success here. 204 always does.

        Returns:
            The JSON of the response; None where it has no body.

        Raises:
            Unavailable, RateLimited, AuthFailed, Gone, Rejected: Certainly nothing happened.
            Uncertain: The request was sent, and no usable response came.
        """
        request = self._request(method, path, None, body=body, headers=headers, files=files)
        response = await self._exchange(request, Body(LARGEST_BODY), writing=True, urgent=True)
        is_success = response.status in (204, 205) or (empty_ok and response.status < 300)
        if is_success and not response.body.strip():
            self._quota.answered(response.headers)
            return None
        value = await self._value(response, writing=True, private=private)
        if value is None and not empty_ok:
            raise Uncertain(f"{self._service.label} sent an answer that is empty.")
        return value

    def wait(self) -> float:
        """In how many seconds the store's quota allows one more write; 0.0: now. No request."""
        return self._quota.wait()

    def read_wait(self) -> float:
        """The same for a read for which nobody waits."""
        return self._quota.read_wait()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _request(
        self,
        method: str,
        path: tuple[str, ...],
        query: Query | None,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, BinaryIO]] | None = None,
    ) -> httpx.Request:
        address = "/".join((self._service.base, *map(self._segment, path)))
        content = None if body is None else json.dumps(body).encode()
        content_type = {} if content is None else {"Content-Type": "application/json"}
        try:
            return self._http.build_request(
                method, address, params=query, content=content, files=files, headers={**content_type, **(headers or {})}
            )
        except httpx.InvalidURL:
            raise no_address(self._service.label) from None

    def _segment(self, part: str) -> str:
        if part in (".", ".."):
            raise no_address(self._service.label)
        return quote(part, safe="", errors="replace")

    async def _exchange(self, request: httpx.Request, body: Body, *, writing: bool, urgent: bool) -> Response:
        label = self._service.label
        lost = Uncertain if writing else Unavailable
        await self._quota.take(urgent=urgent, longest=LONGEST_WAIT_FOR_WRITES if writing else LONGEST_WAIT)
        try:
            async with asyncio.timeout(self._time_limit):
                return await self._send(request, body)
        except _NOT_CONNECTED as error:
            raise Unavailable(f"{label} cannot be reached.") from error
        except _MALFORMED:
            # Such an error may quote a header, and so the key.
            raise Unavailable(f"{label} cannot be asked: the address or the key is malformed. Check both.") from None
        except (httpx.TimeoutException, TimeoutError) as error:
            raise lost(f"{label} did not answer in time.") from error
        except httpx.HTTPError as error:
            raise lost(f"The connection to {label} broke before its answer was there.") from error
        except UnusableBody as reason:
            kind = TooLarge if isinstance(reason, TooLargeBody) and not writing else lost
            raise kind(f"{label} sent an answer that is {reason}.") from None

    async def _send(self, request: httpx.Request, body: Body) -> Response:
        response = await self._http.send(request, stream=True)
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            self.their_clock.answered(headers.get("date"))
            # The raw stream, still compressed: so the size of what comes out is limited, too.
            unpacker = Unpacker(headers.get("content-encoding", "").lower())
            async for chunk in cast(httpx.AsyncByteStream, response.stream):
                for piece in unpacker.pieces(chunk):
                    await body.add(piece)
                body.count(len(chunk))
            unpacker.end()
        finally:
            await response.aclose()
        return Response(response.status_code, headers, body.whole())

    async def _value(
        self,
        response: Response,
        *,
        writing: bool,
        private: str = "",
        parse: Callable[[bytes], Any] = json_of,
        digest: BodyDigest | None = None,
    ) -> Any:
        self._raise_for_status(response, writing=writing, private=private)
        if digest is not None and digest.is_unchanged(response.body):
            return None
        is_large = len(response.body) > _READ_AT_ONCE
        try:
            value = await asyncio.to_thread(parse, response.body) if is_large else parse(response.body)
        except UnusableBody as reason:
            lost = Uncertain if writing else Unavailable
            raise lost(f"{self._service.label} sent an answer that is {reason}.") from None
        status = self._service.error_status(value)
        if status is not None:
            self._raise_for_status(replace(response, status=status), writing=writing, private=private)
        return value

    def _raise_for_status(self, response: Response, *, writing: bool, private: str = "") -> None:
        now = self.their_clock.now() or self._clock.now()
        if response.status == 429:
            raise self._quota.rate_limited(response.headers, retry_after(response.headers, now))
        self._quota.answered(response.headers)
        error = error_of(
            response,
            vendor=self._service.label,
            remedy=self._service.remedy,
            writing=writing,
            never_quoted=(*self._service.secrets, private),
            now=now,
        )
        if error is not None:
            raise error


def _as_it_is(value: Any) -> Any:
    return value


def _version() -> str:
    try:
        return version("shopbell")
    except PackageNotFoundError:
        return "0"
