"""
The one client that all vendors' adapters stand on.

It talks to one pinned base address, follows no redirect, keeps no cookie, bounds every answer in size, depth and
time, and turns whatever goes wrong into `bot.errors`. It repeats nothing: a request leaves once or not at all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast
from urllib.parse import quote

import httpx

from adapters.vendors.client.quota import Quota
from adapters.vendors.client.responses import LARGEST, Answer, Unusable, refusal, unpacked, value_of, wait_asked
from bot.clock import TheirClock
from bot.errors import AuthFailed, Gone, Rejected, RemoteError, Unavailable, Uncertain
from bot.model import Finding
from bot.ports import VendorTools

TIMEOUTS = httpx.Timeout(connect=10.0, write=30.0, read=30.0, pool=10.0)
LONGEST_EXCHANGE = 60.0
"""In seconds, from the first byte to the last, however slowly they drip."""

_BEFORE_LEAVING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NEVER_LEFT = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)

Query = Mapping[str, str | int | list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    Where a store's vendor is and how one logs in there.

    Attributes:
        label: As people read it.
        base: What stands before every path; nothing is ever sent anywhere else.
        remedy: The step that mends refused credentials, as a sentence.
        secrets: What no text may ever quote.
        status_within: The status that a 2xx answer's value really stands for, where the vendor hides errors in 200;
            None: the value is what was asked for.
        variable: How the operator writes one of the store's settings.
    """

    label: str
    base: str
    remedy: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: httpx.Auth | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    status_within: Callable[[Any], int | None] = lambda _value: None
    variable: Callable[[str], str] = str


class VendorClient:
    """
    One store's connection to its vendor.

    Attributes:
        their_clock: The vendor's own, as its answers tell.
    """

    def __init__(
        self, service: Service, tools: VendorTools, quota: Quota, *, longest_exchange: float = LONGEST_EXCHANGE
    ) -> None:
        self._service = service
        self._clock = tools.clock
        self.their_clock = TheirClock(tools.clock)
        self._quota = quota
        self._longest_exchange = longest_exchange
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

    async def read(self, *path: str, query: Query | None = None) -> Any:
        """
        GET the JSON under a path below the base; each part of the path is one segment.

        Raises:
            Unavailable, RateLimited, AuthFailed, Gone, Rejected
        """
        answer = await self._exchange(self._request("GET", path, query), writing=False)
        return self._value(answer, writing=False)

    async def read_list(self, *path: str, query: Query | None = None) -> Any:
        """
        `read` for something that every store has: that it is missing or refused says that an address is wrong.

        Raises:
            Unavailable, RateLimited, AuthFailed
        """
        try:
            return await self.read(*path, query=query)
        except (Gone, Rejected) as error:
            raise Unavailable(
                f"{self._service.label} does not list this store's tickets. If that stays so, "
                f"look at {self._service.variable('BASE_URL')} and the store's other settings."
            ) from error

    async def write(
        self,
        method: str,
        *path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        private: str = "",
        silence: bool = False,
    ) -> Any:
        """
        Send a change, once.

        Args:
            files: Name and content by the form's field, instead of `body`.
            private: What must not be quoted in an error: the text of a reply.
            silence: Whether 200 without a body is an answer here; 204 always is one.

        Returns:
            The answer's JSON; None where it has no body.

        Raises:
            Unavailable, RateLimited, AuthFailed, Gone, Rejected: Certainly nothing happened.
            Uncertain: It left, and no usable answer came.
        """
        request = self._request(method, path, None, body=body, headers=headers, files=files)
        answer = await self._exchange(request, writing=True)
        said_nothing = not answer.body.strip() and (answer.status in (204, 205) or (silence and answer.status < 300))
        if said_nothing:
            self._quota.heard(answer.headers)
            return None
        return self._value(answer, writing=True, private=private)

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
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> httpx.Request:
        address = "/".join((self._service.base, *map(self._segment, path)))
        content = None if body is None else json.dumps(body).encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        try:
            return self._http.build_request(
                method, address, params=query, content=content, files=files, headers={**kind, **(headers or {})}
            )
        except httpx.InvalidURL:
            raise self._impossible() from None

    def _segment(self, part: str) -> str:
        if part in (".", ".."):
            raise self._impossible()
        return quote(part, safe="", errors="replace")

    def _impossible(self) -> Gone:
        return Gone(f"{self._service.label} cannot have anything of that name.")

    async def _exchange(self, request: httpx.Request, *, writing: bool) -> Answer:
        label = self._service.label
        lost = Uncertain if writing else Unavailable
        await self._quota.take(writing=writing)
        try:
            async with asyncio.timeout(self._longest_exchange):
                return await self._carry(request)
        except _BEFORE_LEAVING as error:
            raise Unavailable(f"{label} cannot be reached.") from error
        except _NEVER_LEFT:
            # Such an error may quote a header, and with it the key.
            raise Unavailable(f"{label} cannot be asked: the address or the key is malformed.") from None
        except (httpx.TimeoutException, TimeoutError) as error:
            raise lost(f"{label} did not answer in time.") from error
        except httpx.HTTPError as error:
            raise lost(f"The connection to {label} broke before its answer was there.") from error
        except Unusable as reason:
            raise lost(f"{label} gave an answer that is {reason}.") from None

    async def _carry(self, request: httpx.Request) -> Answer:
        response = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            # The stream itself, as it is on the wire: unpacking is bounded too.
            async for chunk in cast(httpx.AsyncByteStream, response.stream):
                body += chunk
                if len(body) > LARGEST:
                    raise Unusable("too large")
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.their_clock.answered(headers.get("date"))
        return Answer(response.status_code, headers, unpacked(bytes(body), headers.get("content-encoding", "").lower()))

    def _value(self, answer: Answer, *, writing: bool, private: str = "") -> Any:
        self._raise_for(answer, writing=writing, private=private)
        try:
            value = value_of(answer.body)
        except Unusable as reason:
            lost = Uncertain if writing else Unavailable
            raise lost(f"{self._service.label} gave an answer that is {reason}.") from None
        status = self._service.status_within(value)
        if status is not None:
            self._raise_for(replace(answer, status=status), writing=writing, private=private)
        return value

    def _raise_for(self, answer: Answer, *, writing: bool, private: str = "") -> None:
        now = self.their_clock.now() or self._clock.now()
        if answer.status == 429:
            raise self._quota.refused(answer.headers, wait_asked(answer.headers, now))
        self._quota.heard(answer.headers)
        error = refusal(
            answer,
            vendor=self._service.label,
            remedy=self._service.remedy,
            writing=writing,
            hidden=(*self._service.secrets, private),
            now=now,
        )
        if error is not None:
            raise error


async def login(service: Service, request: Awaitable[object]) -> Finding:
    """What the doctor says about a store, by one harmless request. Never raises a `RemoteError`."""
    try:
        await request
    except AuthFailed as error:
        return Finding(ok=False, subject=service.label, text=error.told, remedy=service.remedy)
    except RemoteError as error:
        where = f"{service.base} is right ({service.variable('BASE_URL')})"
        remedy = f"Try again in a minute; if it stays so, check that {where}."
        return Finding(ok=False, subject=service.label, text=error.told, remedy=remedy)
    return Finding(ok=True, subject=service.label, text=f"{service.label} answers and takes the credentials.")


def _version() -> str:
    try:
        return version("shopbell")
    except PackageNotFoundError:
        return "0"
