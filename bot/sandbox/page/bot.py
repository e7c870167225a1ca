"""The bot on the page: whether it runs, killing and starting it, and the threads that it has made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from bot.db.connection import Database, Transaction
from bot.errors import DatabaseError
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.page.actions import Action, ActionFields, ActionRefused, Json
from bot.tickets.enqueue import links_of

State = Literal["off", "starting", "ready", "killed", "failed"]

_LOOK_SECONDS = 0.5
_READY_LOOK_SECONDS = 3.0
_STILL_READY_SECONDS = 3.0
_START_SECONDS = 60.0


class BotPane:
    """
    The bot's corner of the page. It watches the bot's process from `start` to `stop`.

    Attributes:
        actions: Killing the bot and starting it again, by name.
    """

    def __init__(self, bot: BotProcess) -> None:
        self._bot = bot
        self._state: State = "off"
        self._user_message = ""
        self._starts = 0
        self._links: Json = {}
        self._database: Database | None = None
        self._starting = asyncio.Lock()
        self._watching: list[asyncio.Task[None]] = []
        self.actions: Mapping[str, Action] = MappingProxyType({"kill": self._kill, "start": self._start})

    def parts(self) -> dict[str, Any]:
        """
        The parts of the page's state.

        `bot`: its state, a message about it, how often it was started.
        `links`: by `store/ticket`, the ticket's short number and its thread in each chat, from the bot's database.
        """
        bot = {"state": self._state, "message": self._user_message, "starts": self._starts}
        return {"bot": bot, "links": self._links}

    async def start(self) -> None:
        """Start watching."""
        self._watching = [asyncio.create_task(self._watch_process()), asyncio.create_task(self._watch_links())]

    async def stop(self) -> None:
        """Stop watching; the bot is not changed."""
        for task in self._watching:
            task.cancel()
        for task in self._watching:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._watching = []
        if self._database is not None:
            await self._database.aclose()
            self._database = None

    # ------------------------------------------------------------ what people do

    async def _kill(self, _: ActionFields) -> Json:
        if self._state not in ("starting", "ready"):
            raise ActionRefused("The bot is not running.")
        self._state, self._user_message = "killed", ""
        await self._bot.kill()
        return {}

    async def _start(self, _: ActionFields) -> Json:
        async with self._starting:
            if self._state in ("starting", "ready"):
                raise ActionRefused("The bot is running already.")
            await self._bot.kill()  # one that does not answer may still run, and hold the database
            await self._bot.start()
            self._note_start()
        return {}

    # ------------------------------------------------------------ watching

    async def _watch_process(self) -> None:
        looked = 0.0
        loop = asyncio.get_running_loop()
        while True:
            if self._bot.starts != self._starts:
                self._note_start()
            due = self._state == "starting" or (self._state == "ready" and loop.time() - looked > _READY_LOOK_SECONDS)
            if due:
                await self._look()
                looked = loop.time()
            await asyncio.sleep(_LOOK_SECONDS)

    def _note_start(self) -> None:
        self._starts, self._state, self._user_message = self._bot.starts, "starting", ""

    async def _look(self) -> None:
        before = (self._state, self._starts)
        try:
            await self._bot.ready(_START_SECONDS if self._state == "starting" else _STILL_READY_SECONDS)
        except RuntimeError as error:
            if before == (self._state, self._bot.starts):
                self._state, self._user_message = "failed", str(error)
        else:
            if before == (self._state, self._bot.starts):
                self._state = "ready"

    async def _watch_links(self) -> None:
        while True:
            if self._state in ("ready", "starting"):
                await self._read_links()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _read_links(self) -> None:
        try:
            if self._database is None:
                self._database = await Database.open_to_read(self._bot.database)
            self._links = await self._database.read(_links)
        except DatabaseError:
            return  # it does not exist yet, or is busy; the next read comes soon


def _links(tx: Transaction) -> Json:
    found: Json = {}
    for ticket in tx.all("linked_tickets", store=None, status="all"):
        threads = {
            link.chat: link.thread if link.chat == "discord" else f"{link.channel}/{link.thread}"
            for link in links_of(tx, ticket["number"])
            if link.thread is not None
        }
        found[f"{ticket['store']}/{ticket['vendor_id']}"] = {"number": ticket["number"], **threads}
    return found
