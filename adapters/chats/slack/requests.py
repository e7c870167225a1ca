"""Calls of Slack's Web API: one client, one session, and nothing is ever repeated by itself."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.chats.slack import wording
from adapters.chats.slack.blocks import Block
from adapters.chats.slack.failures import CAUGHT, OPEN_SOCKET, answered, failure
from bot.clock import Clock, TheirClock
from bot.errors import Gone, RateLimited, Rejected

SLACK = "https://slack.com/api/"
_FILES = "files.slack.com"
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
_PATIENCE = 5
_LONGEST_WAIT = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """
    Who the bot token makes us.

    Attributes:
        scopes: Those granted; None: the answer did not say.
    """

    team: str
    user: str
    name: str
    scopes: frozenset[str] | None


class Api:
    """
    Slack's Web API.

    slack_sdk by itself sends a write again when its connection breaks, which says things twice; this one has no
    retry handlers at all. After a 429 the same call in the same channel is refused here until the time is over.

    Args:
        api_url: Ends in `/api/`.

    Attributes:
        their_clock: Slack's own, as its answers tell.
    """

    def __init__(self, *, bot_token: str, app_token: str, api_url: str, clock: Clock) -> None:
        self._bot_token = bot_token
        self._app_token = app_token
        self._clock = clock
        self.their_clock = TheirClock(clock)
        self._session: aiohttp.ClientSession | None = None
        self._held: dict[tuple[str, str], float] = {}
        self._logger = logging.getLogger(f"{__name__}.calls")
        # slack_sdk puts whole messages into its debug lines, and makes these for every logger without a level
        self._logger.setLevel(logging.WARNING)
        self.client = AsyncWebClient(token=bot_token, base_url=api_url, logger=self._logger, retry_handlers=[])
        if _is_here(api_url):
            # slack_sdk takes the proxy from the environment and knows no exceptions from it
            self.client.proxy = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session of every request and of the socket; made by the first who needs it, inside the event loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
            self.client.session = self._session
        return self._session

    async def read(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Ask for something that changes nothing. Raises `RemoteError`s, never `Uncertain`."""
        response = await self._call(method, writes=False, http_verb="GET", params=_given(arguments))
        return _body(response)

    async def read_patiently(self, method: str, **arguments: Any) -> dict[str, Any]:
        """As `read`, for work behind the scenes: waits out a few rate limits before it gives up."""
        for _ in range(_PATIENCE):
            try:
                return await self.read(method, **arguments)
            except RateLimited as limited:
                await self._clock.sleep(min(limited.retry_after or 1.0, _LONGEST_WAIT))
        return await self.read(method, **arguments)

    async def pages(self, method: str, **arguments: Any) -> AsyncGenerator[dict[str, Any], None]:
        """All pages of a list, each as large as Slack likes: what it gives counts, not what was asked for."""
        cursor = ""
        while True:
            page = await self.read_patiently(method, cursor=cursor or None, **arguments)
            yield page
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return

    async def write(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Change something, once. Raises `RemoteError`s; `Uncertain` where it may have happened."""
        return _body(await self._call(method, writes=True, json=_given(arguments)))

    async def identity(self) -> Identity:
        """Who we are, and what the token may do, by `auth.test`."""
        response = await self._call("auth.test", writes=False)
        body, granted = _body(response), response.headers.get("x-oauth-scopes")
        return Identity(
            team=str(body.get("team_id") or ""),
            user=str(body.get("user_id") or ""),
            name=str(body.get("user") or "shopbell"),
            scopes=None if granted is None else frozenset(scope.strip() for scope in granted.split(",")),
        )

    async def socket_address(self) -> str:
        """A fresh address for one Socket Mode connection, good for some seconds."""
        response = await self._call(OPEN_SOCKET, writes=False, params={"token": self._app_token})
        return str(_body(response).get("url") or "")

    async def respond(self, response_url: str, text: str, blocks: list[Block]) -> None:
        """Answer a command to the asker alone, where it was typed; Slack allows five answers within 30 minutes."""
        hook = AsyncWebhookClient(response_url, session=self.session, logger=self._logger, retry_handlers=[])
        hook.proxy = self.client.proxy
        try:
            answer = await hook.send(text=text, blocks=blocks, response_type="ephemeral", replace_original=False)
        except CAUGHT as error:
            raise failure(error, method="response_url", writes=True) from error
        if answer.status_code != 200:
            raise answered(answer.status_code, {}, answer.headers, method="response_url", writes=True)

    async def fetch(self, address: str, most: int) -> tuple[str, bytes]:
        """
        A private file: its content type and content, at most `most` bytes; `Rejected` where it is larger.

        The bot's token goes to Slack's file host and to the host of the Web API only, whatever address a message has.
        """
        host = urlsplit(address).hostname
        if host not in (_FILES, urlsplit(self.client.base_url).hostname):
            raise Gone(wording.FILE_ELSEWHERE)
        headers = {"Authorization": f"Bearer {self._bot_token}"}
        try:
            async with self.session.get(address, headers=headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise answered(response.status, {}, response.headers, method="files", writes=False)
                content = await response.content.read(most + 1)
        except CAUGHT as error:
            raise failure(error, method="files", writes=False) from error
        if len(content) > most:
            raise Rejected(wording.FILE_TOO_LARGE)
        return response.content_type, content

    async def _call(self, method: str, *, writes: bool, **request: Any) -> AsyncSlackResponse:
        key = (method, str((request.get("json") or request.get("params") or {}).get("channel", "")))
        wait = self._held.pop(key, 0.0) - self._clock.monotonic()
        if wait > 0:
            self._held[key] = self._clock.monotonic() + wait
            raise RateLimited(f"Slack asks to wait {wait:.0f} seconds.", retry_after=wait)
        self.client.session = self.session
        try:
            answer = await self.client.api_call(method, **request)
        except CAUGHT as error:
            problem = failure(error, method=method, writes=writes)
            if isinstance(problem, RateLimited):
                self._held[key] = self._clock.monotonic() + (problem.retry_after or 0.0)
            raise problem from error
        self.their_clock.answered(answer.headers.get("Date"))
        return answer

    async def aclose(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _body(response: AsyncSlackResponse) -> dict[str, Any]:
    return response.data if isinstance(response.data, dict) else {}


def _is_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return host == "localhost" or host.startswith("127.") or host == "::1"
