"""Requests to Slack's Web API: one client, one session, and no request is repeated after it may have taken effect."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.chats import downloads
from adapters.chats.disappearance import Disappearances
from adapters.chats.slack import wording
from adapters.chats.slack.blocks import Block
from adapters.chats.slack.failures import CAUGHT, OPEN_SOCKET, code_of, error_for, error_for_answer, usable_answer
from adapters.chats.slack.rate_limits import Refusals
from bot.clock import Clock, RemoteClock
from bot.errors import Forbidden, Gone, RateLimited, RemoteError, Unavailable
from bot.model import Attachment, Place
from bot.text import json_without_lone_surrogates

SLACK_URL = "https://slack.com/api/"
PAGE = 999
"""So many messages Slack lists in one answer, if it lets an app."""

_FILES_HOST = "files.slack.com"
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
_WAITS = 5
_LONGEST_WAIT = 120.0
_INFO = "conversations.info"
_NO_CHANNEL, _ARCHIVED = "channel_not_found", "is_archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """
    The account that the bot token belongs to.

    Attributes:
        bot: The id by which its messages name it, beside `user`; empty: the answer did not say.
        scopes: Those that were granted; None: the answer did not say.
    """

    team: str
    user: str
    bot: str
    name: str
    scopes: frozenset[str] | None


class _Response(aiohttp.ClientResponse):
    """A response as slack_sdk reads it, without the lone surrogates that JSON may hold and nothing else can."""

    async def json(self, **options: Any) -> Any:
        return await super().json(loads=_loads, **options)


def _loads(text: str) -> Any:
    return json.loads(json_without_lone_surrogates(text))


class Requests:
    """
    The bot's requests.

    slack_sdk by itself sends a write again when the connection breaks, which would post things twice. So our client
    has no retry handlers at all. After a 429 the same method (posting: in the same channel) is refused here until
    the time that Slack gave is over.

    That a channel does not exist or is archived counts only if Slack says so when it is asked for that channel itself,
    twice, some seconds apart. Until then the error is `Unavailable`, with the time to wait.

    Args:
        api_url: Ends in `/api/`.

    Attributes:
        their_clock: Slack's clock, from its answers.
        workspace: The workspace's address, as `identity` last had it; empty: not known yet.
    """

    def __init__(self, *, bot_token: str, app_token: str, api_url: str, clock: Clock) -> None:
        self._bot_token = bot_token
        self._app_token = app_token
        self._clock = clock
        self._refusals = Refusals(clock)
        self._disappearances = Disappearances(clock)
        self.their_clock = RemoteClock(clock)
        self.workspace = ""
        self._session: aiohttp.ClientSession | None = None
        self._sdk_logger = logging.getLogger(f"{__name__}.calls")
        # slack_sdk logs whole messages at DEBUG, and it enables that for every logger without a level.
        self._sdk_logger.setLevel(logging.WARNING)
        self.client = AsyncWebClient(token=bot_token, base_url=api_url, logger=self._sdk_logger, retry_handlers=[])
        if _is_this_machine(api_url):
            # slack_sdk takes the proxy from the environment and does not know NO_PROXY.
            self.client.proxy = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session of all requests and of the socket; made when first needed, inside the event loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, response_class=_Response)
            self.client.session = self._session
        return self._session

    def address(self, place: Place) -> str:
        """Where a channel or a thread is seen in Slack; empty: not known yet."""
        first = (place.thread or "").replace(".", "")
        return f"{self.workspace}archives/{place.channel}" + (f"/p{first}" if first else "") if self.workspace else ""

    def refused_for(self, method: str, channel: str) -> float:
        """For how many seconds Slack allows no further request of this method; zero: as far as is known, now."""
        return self._refusals.wait(method, channel)

    async def read(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Ask for something that changes nothing. Raises `RemoteError`s, never `Uncertain`."""
        return _body(await self._certainly(method, writes=False, http_verb="GET", params=_given(arguments)))

    async def channel_info(self, channel: str) -> dict[str, Any]:
        """What Slack says of a channel now. Where it says that there is none, it is not asked twice: `Forbidden`."""
        response = await self._call(_INFO, writes=False, http_verb="GET", params={"channel": channel})
        with usable_answer(writes=False):
            return dict(_body(response)["channel"])

    async def read_patiently(self, method: str, **arguments: Any) -> dict[str, Any]:
        """As `read`, for work that nobody waits for: waits for the end of a few rate limits before it gives up."""
        for _ in range(_WAITS):
            try:
                return await self.read(method, **arguments)
            except RateLimited as limited:
                await self._clock.sleep(min(limited.retry_after or 1.0, _LONGEST_WAIT))
        return await self.read(method, **arguments)

    async def pages(self, method: str, **arguments: Any) -> AsyncGenerator[dict[str, Any], None]:
        """
        All pages of a list of messages: each has a list of objects in `messages`.

        Raises what a read may raise; an answer without a list is unusable.
        """
        answers = self.answers(method, **arguments)
        async with aclosing(answers):
            async for page in answers:
                yield {"messages": _messages(page)}

    async def answers(self, method: str, **arguments: Any) -> AsyncGenerator[dict[str, Any], None]:
        """
        A list page by page. Slack may give fewer than asked for, so only the cursor shows the end.

        A cursor that comes again would never end, so the answer with it is unusable.
        """
        cursor = ""
        known: set[str] = set()
        while True:
            page = await self.read_patiently(method, cursor=cursor or None, **arguments)
            yield page
            with usable_answer(writes=False):
                cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
                if cursor in known:
                    raise ValueError("the same cursor again")
            if not cursor:
                return
            known.add(cursor)

    async def messages(self, method: str, **arguments: Any) -> list[Mapping[str, Any]]:
        """The messages of one page of a list."""
        return _messages(await self.read(method, **arguments))

    async def write(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Change something, once. Raises `RemoteError`s; `Uncertain` if it may have happened."""
        return _body(await self._certainly(method, writes=True, json=_given(arguments)))

    async def identity(self) -> Identity:
        """Who we are and what the token may do, by `auth.test`."""
        response = await self._call("auth.test", writes=False)
        body, granted = _body(response), response.headers.get("x-oauth-scopes")
        with usable_answer(writes=False):
            team, user = str(body["team_id"]), str(body["user_id"])
        self.workspace = str(body.get("url") or "")
        return Identity(
            team=team,
            user=user,
            bot=str(body.get("bot_id") or ""),
            name=str(body.get("user") or "shopbell"),
            scopes=None if granted is None else frozenset(scope.strip() for scope in granted.split(",")),
        )

    async def socket_address(self) -> str:
        """A new address for one Socket Mode connection, valid for some seconds."""
        response = await self._call(OPEN_SOCKET, writes=False, params={"token": self._app_token})
        with usable_answer(writes=False):
            address = str(_body(response)["url"])
            if not address.startswith(("wss://", "ws://") if self.client.base_url.startswith("http://") else "wss://"):
                raise ValueError("not the address of a socket, or one that others can read")
            return address

    async def respond(self, response_url: str, text: str, blocks: list[Block]) -> None:
        """Answer a command, visible to the asker alone; Slack allows five answers within 30 minutes."""
        hook = AsyncWebhookClient(response_url, session=self.session, logger=self._sdk_logger, retry_handlers=[])
        hook.proxy = self.client.proxy
        try:
            answer = await hook.send(text=text, blocks=blocks, response_type="ephemeral", replace_original=False)
        except CAUGHT as error:
            raise error_for(error, method="response_url", writes=True) from error
        if answer.status_code != 200:
            raise error_for_answer(answer.status_code, {}, answer.headers, method="response_url", writes=True)

    async def download(self, attachment: Attachment, target: BinaryIO) -> None:
        """
        Write a file's content to `target`; needs the scope `files:read`.

        If Slack does not let the bot in, it answers with 200 and its login page. So a page counts as a refusal, and a
        file as `Gone` when it was refused twice, some seconds apart. The bot's token is sent only to Slack's file host,
        with HTTPS, and to where the Web API is, whatever the address is.

        Raises: `Gone`, `Rejected` (the file is too large) and what a read may raise.
        """
        address = attachment.source
        if address is None:
            raise Gone(wording.FILE_GONE)
        downloads.refuse_large(attachment)
        asked_at = self._disappearances.now()
        if _origin(address) not in (("https", _FILES_HOST, None), _origin(self.client.base_url)):
            raise Gone(wording.FILE_ELSEWHERE)
        headers = {"Authorization": f"Bearer {self._bot_token}", **downloads.HEADERS}
        try:
            async with self.session.get(
                address, timeout=downloads.TIMEOUT, headers=headers, allow_redirects=False
            ) as response:
                if not downloads.is_refused(response, attachment):
                    if response.status >= 300:
                        raise error_for_answer(response.status, {}, response.headers, method="files", writes=False)
                    self._disappearances.there(address)
                    await downloads.save(response, attachment, target)
                    return
        except CAUGHT as error:
            raise error_for(error, method="files", writes=False) from error
        wait = self._disappearances.missing(address, asked_at)
        raise Unavailable(wording.PERHAPS_GONE, retry_after=wait) if wait else Gone(wording.FILE_GONE)

    async def _certainly(self, method: str, *, writes: bool, **request: Any) -> AsyncSlackResponse:
        """As `_call`, but one answer that a channel is gone or archived is not believed."""
        channel = str((request.get("json") or request.get("params") or {}).get("channel", ""))
        try:
            return await self._call(method, writes=writes, **request)
        except Forbidden as error:
            if not channel or code_of(error) not in (_NO_CHANNEL, _ARCHIVED):
                raise
            problem = await self._judged(channel, error)
            if problem is None:
                raise
            raise problem from error

    async def _judged(self, channel: str, said: Forbidden) -> RemoteError | None:
        """Why it is not certain what Slack said of a channel; None: it is."""
        what = f"{code_of(said)} {channel}"
        asked_at = self._disappearances.now()
        try:
            is_so = bool((await self.channel_info(channel)).get("is_archived")) and code_of(said) == _ARCHIVED
        except Forbidden:
            is_so = True
        except RemoteError as error:
            return error
        if not is_so:
            self._disappearances.there(what)
            return Unavailable(wording.CONTRADICTED)
        wait = self._disappearances.missing(what, asked_at)
        return Unavailable(wording.PERHAPS_HIDDEN, retry_after=wait) if wait else None

    async def _call(self, method: str, *, writes: bool, **request: Any) -> AsyncSlackResponse:
        channel = str((request.get("json") or request.get("params") or {}).get("channel", ""))
        wait = self.refused_for(method, channel)
        if wait > 0:
            raise RateLimited(wording.RATE_LIMITED.format(seconds=wait), retry_after=wait)
        self.client.session = self.session
        try:
            answer = await self.client.api_call(method, **request)
        except CAUGHT as error:
            problem = error_for(error, method=method, writes=writes)
            if isinstance(problem, RateLimited):
                self._refusals.add(method, channel, problem.retry_after or 0.0)
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


def _messages(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The messages in an answer. Raises `Unavailable` if there is no list, which does not mean that there are none."""
    with usable_answer(writes=False):
        listed = page["messages"]
        if not isinstance(listed, list):
            raise TypeError("no list of messages")
        return [each for each in listed if isinstance(each, dict)]


def _origin(address: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port of an address; None: it is none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port


def _is_this_machine(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return host == "localhost" or host.startswith("127.") or host == "::1"
