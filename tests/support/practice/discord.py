"""A bot by hand: plain HTTP and plain WebSocket against the practice Discord, and a clock that stands still."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.sandbox.discord import PracticeDiscord
from tests.support.openapi.discord import check_answer
from tests.support.waiting import PATIENCE

GUILDS, GUILD_MESSAGES, REACTIONS, MESSAGE_CONTENT = 1, 1 << 9, 1 << 10, 1 << 15
ALL = GUILDS | GUILD_MESSAGES | REACTIONS | MESSAGE_CONTENT


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> int:
        return int(self.body["code"])

    def faults(self) -> dict[str, str]:
        """What is wrong with which field: the path with dots, and Discord's word for it."""
        found: dict[str, str] = {}

        def walk(at: Any, path: str) -> None:
            for key, value in at.items():
                if key == "_errors":
                    found[path] = value[0]["code"]
                else:
                    walk(value, f"{path}.{key}".lstrip("."))

        walk(self.body.get("errors", {}), "")
        return found


@dataclass(slots=True)
class Bot:
    """Sends one request after the other, as a bot that has the token."""

    server: PracticeDiscord
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None, **query: Any) -> Answer:
        headers = {"Authorization": f"Bot {self.server.token if token is None else token}"}
        url = self.server.api_url + path
        async with self.session.request(method, url, json=body, headers=headers, params=query) as response:
            raw = await response.read()
            return Answer(response.status, json.loads(raw) if raw else None, dict(response.headers))

    async def post(self, channel_id: int, **body: Any) -> Answer:
        return await self.ask("POST", f"/channels/{channel_id}/messages", body)

    async def edit(self, channel_id: int, message_id: int | str, **body: Any) -> Answer:
        return await self.ask("PATCH", f"/channels/{channel_id}/messages/{message_id}", body)

    async def change(self, channel_id: int, **body: Any) -> Answer:
        return await self.ask("PATCH", f"/channels/{channel_id}", body)

    async def upload(self, channel_id: int, name: str, data: bytes, **body: Any) -> Answer:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("payload_json", json.dumps(body))
        form.add_field("files[0]", io.BytesIO(data), filename=name, content_type="application/octet-stream")
        headers = {"Authorization": f"Bot {self.server.token}"}
        url = f"{self.server.api_url}/channels/{channel_id}/messages"
        async with self.session.post(url, data=form, headers=headers) as response:
            return Answer(response.status, await response.json(), dict(response.headers))


@dataclass(slots=True)
class Ears:
    """One gateway connection, read by hand."""

    socket: aiohttp.ClientWebSocketResponse
    heard: list[Any] = field(default_factory=list)

    async def send(self, op: int, data: Any) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def next(self) -> Any:
        """The next payload; a close is `{"closed": code}`."""
        message = await asyncio.wait_for(self.socket.receive(), PATIENCE)
        if message.type is aiohttp.WSMsgType.TEXT:
            payload = json.loads(message.data)
            self.heard.append(payload)
            return payload
        return {"closed": self.socket.close_code}

    async def event(self, name: str) -> Any:
        """The data of the next event of this name."""
        while True:
            payload = await self.next()
            if "closed" in payload:
                raise AssertionError(f"closed with {payload['closed']} before {name}")
            if payload["t"] == name:
                return payload["d"]

    @property
    def seq(self) -> int:
        return max(payload["s"] or 0 for payload in self.heard)

    def names(self) -> list[str]:
        return [payload["t"] for payload in self.heard if payload["t"]]


@asynccontextmanager
async def listening(
    bot: Bot, *, token: str | None = None, intents: int = ALL, resume: tuple[str, int] | None = None
) -> AsyncIterator[Ears]:
    """A connection that has said who it is; with `resume`, a session and a sequence number to take up again."""
    async with bot.session.ws_connect(bot.server.gateway_url) as socket:
        ears = Ears(socket)
        assert (await ears.next())["op"] == 10
        good = bot.server.token if token is None else token
        if resume is None:
            await ears.send(2, {"token": good, "intents": intents, "properties": {}})
        else:
            await ears.send(6, {"token": good, "session_id": resume[0], "seq": resume[1]})
        yield ears


@asynccontextmanager
async def practice_discord(**settings: Any) -> AsyncIterator[tuple[PracticeDiscord, Bot]]:
    """A server of its own and a bot by hand, without rate limits unless `speed` is set; every answer is checked."""
    server = PracticeDiscord(**({"speed": None} | settings))
    server.http_server.observers.append(check_answer)
    await server.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield server, Bot(server, session)
    finally:
        await server.stop()
    assert server.http_server.observer_errors == []
