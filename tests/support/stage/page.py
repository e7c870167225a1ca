"""A visitor of the sandbox's page for the tests: asks for what is shown, and does what people can do there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.interactive import settings
from bot.sandbox.page import PracticePage
from bot.sandbox.world import PracticeWorld
from tests.support.waiting import PATIENCE


@dataclass
class Visitor:
    """Somebody at the page: does what its buttons do, and keeps the parts as the page's own script does."""

    http: httpx.AsyncClient
    world: PracticeWorld
    page: PracticePage
    bot: BotProcess
    parts: dict[str, Any] = field(default_factory=dict)
    version: str = ""

    async def look(self) -> dict[str, Any]:
        """Ask for what has changed; returns only that."""
        told = (await self.http.get("/state", params={"since": self.version})).json()
        if told["fresh"]:
            self.parts.clear()
        for name, part in told["parts"].items():
            if part is None:
                del self.parts[name]
            else:
                self.parts[name] = part
        self.version = told["version"]
        changed: dict[str, Any] = told["parts"]
        return changed

    async def does(self, path: str, **fields: Any) -> dict[str, Any]:
        answer = await self.http.post(path, json=fields)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        await self.look()
        return told

    async def may_not(self, path: str, **fields: Any) -> str:
        """Returns the sentence that the person reads."""
        answer = await self.http.post(path, json=fields)
        assert answer.status_code == 400, answer.text
        told: str = answer.json()["error"]
        assert told[0] == told[0].upper()
        assert told[-1] in ".!?"
        return told

    async def sees(self, condition: Callable[[], Any]) -> Any:
        """Wait until it is to be seen on the page; returns what the condition found."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            await self.look()
            try:
                found = condition()
            except LookupError:
                found = None  # not there yet
            if found:
                return found
            assert asyncio.get_running_loop().time() < deadline, (
                f"not seen in time; the bot: {self.parts.get('bot')}\n{self.bot.log[-4000:]}"
            )
            await asyncio.sleep(0.05)

    def link(self, store: str, ticket: str) -> dict[str, Any]:
        link: dict[str, Any] = self.parts["links"][f"{store}/{ticket}"]
        return link

    def messages(self, chat: str, place: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.parts[f"{chat}/place/{place}"]
        return messages

    def place(self, chat: str, place: str) -> dict[str, Any]:
        (found,) = [each for each in self.parts[f"{chat}/places"] if each["id"] == place]
        shown: dict[str, Any] = found
        return shown


_NOT_READ = ("id", "key", "place", "colour", "written")


def words(shown: Any) -> str:
    """Every text in some part of the state, but for what nobody reads."""
    if isinstance(shown, dict):
        return " ".join(words(each) for name, each in shown.items() if name not in _NOT_READ)
    if isinstance(shown, list):
        return " ".join(words(each) for each in shown)
    return shown if isinstance(shown, str) else ""


@asynccontextmanager
async def visit(folder: Path, *, running: bool = False) -> AsyncIterator[Visitor]:
    """A practice world with its page, and a bot that runs or was never started."""
    world = PracticeWorld(patience=10.0) if running else PracticeWorld()
    await world.start()
    bot = BotProcess(folder, settings(world) | {"UNDO_SECONDS": "0.2", "COLLISION_GUARD": "false"})
    page = PracticePage(world, bot)
    await page.start()
    try:
        if running:
            await bot.start()
        async with httpx.AsyncClient(base_url=page.address, trust_env=False, timeout=60.0) as http:
            visitor = Visitor(http, world, page, bot)
            await visitor.look()
            if running:
                await visitor.sees(lambda: visitor.parts["bot"]["state"] == "ready")
            yield visitor
    finally:
        await page.stop()
        await bot.stop()
        await world.stop()
