"""
Requests to Discord's REST API, made once and within its rate limits.

discord.py's own requests do not fit what the core needs, in two ways:

* It repeats a request up to five times when Discord answers 500, 502, 504 or 524, whatever the request does. For a
  message this does no harm because of its nonce; a forum post has no nonce and would be made twice. This cannot be
  switched off.
* It either sleeps as long as a rate limit lasts, even ten minutes, or (with `max_ratelimit_timeout`) refuses every
  request of a bucket whose window ends later than that, even though requests are left in it: of fifty new threads
  allowed in five minutes, it refuses the second.

Here an unusable answer raises `Uncertain` at once, and a long wait raises `RateLimited`.
"""

from __future__ import annotations

import json as encoding
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import quote

import aiohttp
import discord

from adapters.chats import downloads
from adapters.chats.disappearance import Disappearances
from adapters.chats.discord import wording
from adapters.chats.discord.failures import (
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    UNKNOWN_SERVER,
    code_of,
    no_answer,
    remote_errors,
)
from adapters.chats.discord.messages import LONGEST_ALTERNATIVE, PICTURE_NAME
from adapters.chats.discord.rate_limits import RateLimits
from adapters.chats.malformed import SHAPE_ERRORS
from bot.clock import Clock, RemoteClock
from bot.errors import Forbidden, Gone, RateLimited, RemoteError, Unavailable
from bot.model import Attachment, Picture
from bot.text import json_without_lone_surrogates

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_LONGEST_WAIT = 10.0
"""Seconds; a shorter wait happens here, a longer one is left to the caller."""
SHORT_WAIT = 1.0
"""The same for a delivery: others wait for its turn to end. Two requests of its own may share a limit of so much."""
_UNKNOWN_WAIT = 60.0
_CHANNEL = "/channels/{channel_id}"
"""A channel or a thread itself."""
_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
"""A message itself."""
_SERVER = "/guilds/{guild_id}"
_OWN_PATHS = {UNKNOWN_CHANNEL: (_CHANNEL, ("channel_id",)), UNKNOWN_MESSAGE: (_MESSAGE, ("channel_id", "message_id"))}
"""By the code that says that a thing does not exist: the path at which the thing itself is asked for, and its ids."""
_AGENT = f"DiscordBot (https://github.com/Rapptz/discord.py, {discord.__version__}) shopbell"


@dataclass(frozen=True, slots=True)
class _Answer:
    """A response and its text."""

    response: aiohttp.ClientResponse
    text: str

    @property
    def retry_after(self) -> float:
        """Seconds to wait after a 429. Discord's body is more exact than the header; Cloudflare's has none."""
        try:
            return float(encoding.loads(self.text)["retry_after"])
        except SHAPE_ERRORS:
            header = self.response.headers.get("Retry-After", "")
            return float(header) if header.isascii() and header.isdecimal() else _UNKNOWN_WAIT


class Requests:
    """
    The bot's requests.

    Args:
        base: What comes before the documented paths.

    Attributes:
        limits: What is known of the rate limits.
        their_clock: Discord's clock, from its answers.
    """

    def __init__(self, *, token: str, base: str, clock: Clock) -> None:
        self._token = token
        self._base = base
        self._clock = clock
        self.limits = RateLimits(clock)
        self._disappearances = Disappearances(clock)
        self.their_clock = RemoteClock(clock)
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        picture: Picture | None = None,
        permission: str = "",
        patience: float = _LONGEST_WAIT,
        **ids: str,
    ) -> Any:
        """
        Make one request and return Discord's answer. Repeated only after a 429: Discord certainly did nothing.

        A channel, thread or message counts as `Gone` only if Discord says so when it is asked for that very id, twice,
        some seconds apart. Until then the error is `Unavailable`, with the time to wait.

        Args:
            picture: Goes along as a file.
            path: As Discord documents it. Rate limits depend on `{channel_id}` and `{guild_id}`, so use these names.
            permission: The permission to name if Discord only says that one is missing.
            patience: How many seconds to wait for a rate limit, before `RateLimited` is raised.
            ids: The values for the braces in the path.

        Raises: all of the `RemoteError`s but `Unsupported`.
        """
        asked = {path: self._disappearances.now()} if method == "GET" else {}
        try:
            answer = await self._call(
                method,
                path,
                json=json,
                params=params,
                picture=picture,
                permission=permission,
                patience=patience,
                **ids,
            )
        except Forbidden as error:
            if code_of(error) != UNKNOWN_SERVER or "guild_id" not in ids:
                raise
            problem = await self._judged_server(ids["guild_id"], asked.get(_SERVER))
            if problem is None:
                raise
            raise problem from error
        except Gone as error:
            path_of_it, names = _OWN_PATHS.get(code_of(error), ("", ()))
            # Who wants to delete something needs no proof that it is gone.
            if not names or not ids.keys() >= set(names) or (method, path) == ("DELETE", _MESSAGE):
                raise
            one = {name: ids[name] for name in names}
            raise await self._judged(path_of_it, one, asked.get(path_of_it)) from error
        if method == "GET" and path in (_CHANNEL, _MESSAGE):
            self._disappearances.there(_name(ids))
        return answer

    async def _judged_server(self, server: str, asked_at: float | None) -> RemoteError | None:
        """Why it is not certain that a server does not know us; None: Discord has said it twice. See `_judged`."""
        if asked_at is None:
            asked_at = self._disappearances.now()
            try:
                await self._call("GET", _SERVER, guild_id=server)
            except Forbidden:
                pass
            except RemoteError as error:
                return error
            else:
                self._disappearances.there(f"server {server}")
                return Unavailable(wording.CONTRADICTED)
        wait = self._disappearances.missing(f"server {server}", asked_at)
        return Unavailable(wording.PERHAPS_GONE, retry_after=wait) if wait else None

    async def _judged(self, path: str, one: Mapping[str, str], asked_at: float | None) -> RemoteError:
        """
        What it means that something is unknown to Discord.

        Args:
            path: Where the thing itself is asked for.
            one: The ids of the thing.
            asked_at: When the thing itself was asked for; None: something in it was, so the thing is asked for now.
        """
        if asked_at is None:
            asked_at = self._disappearances.now()
            try:
                await self._call(
                    "GET", path, json=None, params=None, picture=None, permission="", patience=_LONGEST_WAIT, **one
                )
            except Gone as error:
                if _OWN_PATHS.get(code_of(error), ("",))[0] != path:
                    return Unavailable(wording.CONTRADICTED)
            except RemoteError as error:
                return error
            else:
                self._disappearances.there(_name(one))
                return Unavailable(wording.CONTRADICTED)
        wait = self._disappearances.missing(_name(one), asked_at)
        return Unavailable(wording.PERHAPS_GONE, retry_after=wait) if wait else Gone(wording.GONE)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        picture: Picture | None = None,
        permission: str = "",
        patience: float = _LONGEST_WAIT,
        **ids: str,
    ) -> Any:
        address = self._base + path.format_map({name: quote(value, safe="") for name, value in ids.items()})
        limit = (f"{method} {path}", ids.get("channel_id") or ids.get("guild_id") or "")
        wrote = method != "GET"
        latest = self._clock.monotonic() + patience
        while True:
            await self._wait_for_limit(limit, patience)
            with remote_errors(wrote=wrote, permission=permission):
                try:
                    answer = await self._send(method, address, json, params, picture)
                finally:
                    self.limits.finished(*limit)
                if answer.response.status < 429:
                    self.limits.learn(*limit, answer.response.headers)
                if answer.response.status != 429:
                    return _content(answer, wrote=wrote)
            everything = answer.response.headers.get("X-RateLimit-Global") == "true"
            self.limits.exceeded(*limit, answer.retry_after, everything=everything)
            # However often it is refused, all of its pauses together are no longer than that.
            patience = max(0.0, latest - self._clock.monotonic())

    async def _wait_for_limit(self, limit: tuple[str, str], patience: float) -> None:
        """Return when one more request fits into its limits. Raises `RateLimited` if that takes too long."""
        while wait := self.limits.take(*limit):
            if wait > patience:
                raise RateLimited(wording.SLOW_DOWN, retry_after=wait)
            await self.limits.sleep(wait)

    async def _send(
        self, method: str, address: str, json: Any, params: Mapping[str, Any] | None, picture: Picture | None
    ) -> _Answer:
        headers = {"Authorization": f"Bot {self._token}"}
        body = {"json": json} if picture is None else {"data": with_picture(json, picture)}
        sent = self._open_session().request(method, address, params=params, timeout=_TIMEOUT, headers=headers, **body)
        async with sent as response:
            self.their_clock.answered(response.headers.get("Date"))
            return _Answer(response, (await response.read()).decode("utf-8", "replace"))

    async def download(self, attachment: Attachment, target: BinaryIO) -> None:
        """
        Write the content of an attachment to `target`; the token is not sent to its address.

        A file counts as `Gone` when it was refused twice, some seconds apart.

        Raises: `Gone` (the address is signed and stops working within about a day), `Rejected` (the file is too
            large), `Unavailable`, `RateLimited`.
        """
        url = attachment.url
        if url is None:
            raise Gone(wording.FILE_GONE)
        downloads.refuse_large(attachment)
        asked_at = self._disappearances.now()
        with remote_errors(wrote=False):
            async with self._open_session().get(
                url, timeout=downloads.TIMEOUT, headers=downloads.HEADERS, allow_redirects=False
            ) as response:
                if not downloads.is_refused(response, attachment):
                    if response.status >= 300:
                        raise discord.HTTPException(response, None)
                    self._disappearances.there(url)
                    await downloads.save(response, attachment, target)
                    return
        wait = self._disappearances.missing(url, asked_at)
        raise Unavailable(wording.PERHAPS_GONE, retry_after=wait) if wait else Gone(wording.FILE_GONE)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": _AGENT})
        return self._session


def _name(one: Mapping[str, str]) -> str:
    return " ".join(one[name] for name in ("channel_id", "message_id") if name in one)


def with_picture(message: Any, picture: Picture) -> aiohttp.FormData:
    """A message and a picture as the parts of one request."""
    described = {"id": 0, "filename": PICTURE_NAME, "description": picture.alternative[:LONGEST_ALTERNATIVE]}
    form = aiohttp.FormData()
    form.add_field(
        "payload_json", encoding.dumps({**message, "attachments": [described]}), content_type="application/json"
    )
    form.add_field("files[0]", picture.content, filename=PICTURE_NAME, content_type="image/png")
    return form


def _content(answer: _Answer, *, wrote: bool) -> Any:
    """An answer's content. Raises `discord.HTTPException` for a refusal, and `no_answer` for an unusable one."""
    status = answer.response.status
    try:
        content = encoding.loads(json_without_lone_surrogates(answer.text)) if answer.text else None
    except ValueError:
        content = answer.text
    if status >= 300:
        raise discord.HTTPException(answer.response, content if isinstance(content, dict) else str(content or ""))
    if status != 204 and not isinstance(content, dict | list):
        raise no_answer(wrote=wrote)
    return content
