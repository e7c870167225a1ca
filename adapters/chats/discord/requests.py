"""
Requests to Discord's REST API that are made once, within its rate limits.

discord.py's own requests will not do for what the core asks, in two ways:

* It repeats a request up to five times when Discord answers 500, 502, 504 or 524, whatever the request does. For a
  message its nonce makes that harmless; a forum post has no nonce and would be made twice. There is no switch for it.
* It either sleeps for as long as a rate limit lasts, ten minutes if need be, or (`max_ratelimit_timeout`) refuses
  every request of a bucket whose window ends later than that, though requests are left in it: after one new thread of
  fifty in five minutes it refuses the second.

Here an answer that says nothing is reported as `Uncertain` at once, and a long wait as `RateLimited`.
"""

from __future__ import annotations

import json as encoding
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
import discord

from adapters.chats.discord import wording
from adapters.chats.discord.failures import lost, understood
from adapters.chats.discord.rate_limits import Limits
from bot.clock import Clock, TheirClock
from bot.errors import Forbidden, Gone, RateLimited, Rejected

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_DOWNLOAD_TIMEOUT = aiohttp.ClientTimeout(total=120)
_LONGEST_WAIT = 10.0
"""Seconds; a shorter wait is sat out here, a longer one is the caller's."""
_UNTOLD_WAIT = 60.0
_AGENT = f"DiscordBot (https://github.com/Rapptz/discord.py, {discord.__version__}) shopbell"


@dataclass(frozen=True, slots=True)
class _Answer:
    """A response with its text read."""

    response: aiohttp.ClientResponse
    text: str

    @property
    def retry_after(self) -> float:
        """Seconds to wait after a 429; Discord's own body is more exact than the header, Cloudflare's has none."""
        try:
            return float(encoding.loads(self.text)["retry_after"])
        except (ValueError, TypeError, KeyError):
            header = self.response.headers.get("Retry-After", "")
            return float(header) if header.isdecimal() else _UNTOLD_WAIT


class Requests:
    """
    One bot's requests.

    Args:
        base: What stands before the documented paths.

    Attributes:
        their_clock: Discord's own, as its answers tell.
    """

    def __init__(self, *, token: str, base: str, clock: Clock) -> None:
        self._token = token
        self._base = base
        self._clock = clock
        self._limits = Limits(clock)
        self.their_clock = TheirClock(clock)
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        permission: str = "",
        **ids: str,
    ) -> Any:
        """
        Make one request and return what Discord answers; made again only where Discord certainly did nothing (429).

        Args:
            path: As Discord documents it, with `{channel_id}` and `{guild_id}` by these names: rate limits are theirs.
            permission: What is missing if Discord only says that one is.
            ids: What stands in the path's braces.

        Raises: all of the `RemoteError`s but `Unsupported`.
        """
        address = self._base + path.format_map({name: quote(value, safe="") for name, value in ids.items()})
        limit = (f"{method} {path}", ids.get("channel_id") or ids.get("guild_id") or "")
        wrote = method != "GET"
        while True:
            await self._turn(limit)
            with understood(wrote=wrote, permission=permission):
                answer = await self._send(method, address, json, params)
                if answer.response.status != 429:
                    self._limits.told(*limit, answer.response.headers)
                    return _content(answer, wrote=wrote)
            everything = answer.response.headers.get("X-RateLimit-Global") == "true"
            self._limits.exceeded(*limit, answer.retry_after, everything=everything)

    async def _turn(self, limit: tuple[str, str]) -> None:
        """Return when one more request fits into its limits. Raises `RateLimited` where that takes long."""
        while wait := self._limits.take(*limit):
            if wait > _LONGEST_WAIT:
                raise RateLimited(wording.SLOW_DOWN, retry_after=wait)
            await self._clock.sleep(wait)

    async def _send(self, method: str, address: str, json: Any, params: Mapping[str, Any] | None) -> _Answer:
        headers = {"Authorization": f"Bot {self._token}"}
        sent = self._opened().request(method, address, json=json, params=params, timeout=_TIMEOUT, headers=headers)
        async with sent as response:
            self.their_clock.answered(response.headers.get("Date"))
            return _Answer(response, await response.text())

    async def download(self, url: str) -> bytes:
        """
        What stands at the address of an attachment; the token is not sent there.

        Raises: `Gone` (the address is signed and dies within about a day), `Unavailable`, `RateLimited`.
        """
        try:
            with understood(wrote=False):
                async with self._opened().get(url, timeout=_DOWNLOAD_TIMEOUT) as response:
                    if response.status == 200:
                        return await response.read()
                    raise discord.HTTPException(response, await response.text())
        except (Forbidden, Gone, Rejected) as error:
            raise Gone(wording.FILE_GONE) from error

    async def close(self) -> None:
        """Let go of every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": _AGENT})
        return self._session


def _content(answer: _Answer, *, wrote: bool) -> Any:
    """What an answer holds. Raises `discord.HTTPException` for a refusal, and `lost` for one that makes no sense."""
    status = answer.response.status
    try:
        content = encoding.loads(answer.text) if answer.text else None
    except ValueError:
        content = answer.text
    if status >= 300:
        raise discord.HTTPException(answer.response, content if isinstance(content, dict) else str(content or ""))
    if status != 204 and not isinstance(content, dict | list):
        raise lost(wrote=wrote)
    return content
