"""
The page's server: its files, the state as it changes, and what people do.

Only a browser on this machine can use it: it listens on 127.0.0.1, accepts no other host name (so that a foreign name
that points here opens nothing), and refuses actions that come from another site's page.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.page.actions import Action, ActionFields, ActionRefused
from bot.sandbox.page.bot import BotPane
from bot.sandbox.page.changes import Changes
from bot.sandbox.page.discord import DiscordPane
from bot.sandbox.page.slack import SlackPane
from bot.sandbox.page.stores import StoresPane
from bot.sandbox.world import PracticeWorld

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_OWN_NAMES = ("127.0.0.1", "localhost")
_FILES = Path(__file__).parent
_KINDS: Mapping[str, str] = MappingProxyType({".html": "text/html", ".css": "text/css", ".js": "text/javascript"})
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)


class Pane(Protocol):
    """A part of the page: what it shows, and what people can do there."""

    @property
    def actions(self) -> Mapping[str, Action]: ...

    def parts(self) -> dict[str, Any]: ...


class PracticePage:
    """
    The page of a practice world.

    `GET /state?since=VERSION` answers what has changed, see `Changes.since`. `POST /<pane>/<action>` with a JSON
    object does something: 200 with an object, or 400 with `error`, whole sentences for the person who did it.

    Args:
        world: Must be started before and stopped after.
        bot: Running or not; the page can kill it and start it again.
        port: 0: any free one.
    """

    def __init__(self, world: PracticeWorld, bot: BotProcess, *, port: int = 0) -> None:
        self._bot = BotPane(bot)
        self._panes: dict[str, Pane] = {
            "bot": self._bot,
            "stores": StoresPane(world),
            "discord": DiscordPane(world.discord, world.ann),
            "slack": SlackPane(world.slack, world.bob),
        }
        self._changes = Changes()
        self._wanted_port = port
        self._port = 0
        self._runner: web.AppRunner | None = None

    @property
    def address(self) -> str:
        """`http://127.0.0.1:1234/`; known once started."""
        return f"http://127.0.0.1:{self._port}/"

    async def start(self) -> None:
        """Listen on 127.0.0.1. Raises `OSError` if the port is taken."""
        app = web.Application(middlewares=[_guard])
        app.router.add_get("/state", self._state)
        app.router.add_post("/{pane}/{act}", self._action)
        app.router.add_get("/", _file)
        app.router.add_get("/{name}", _file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._wanted_port).start()
        self._port = self._runner.addresses[0][1]
        await self._bot.start()

    async def stop(self) -> None:
        """Stop listening; the world and the bot are not changed."""
        await self._bot.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _state(self, request: web.Request) -> web.Response:
        parts: dict[str, Any] = {}
        for pane in self._panes.values():
            parts |= pane.parts()
        self._changes.update(parts)
        return web.json_response(self._changes.since(request.query.get("since", "")))

    async def _action(self, request: web.Request) -> web.Response:
        pane = self._panes.get(request.match_info["pane"])
        action = None if pane is None else pane.actions.get(request.match_info["act"])
        if action is None:
            raise web.HTTPNotFound(text="There is nothing here.")
        try:
            return web.json_response(await action(await _fields(request)))
        except ActionRefused as refusal:
            return web.json_response({"error": refusal.user_message}, status=400)


async def _fields(request: web.Request) -> ActionFields:
    # A form on another site cannot send this content type.
    if request.content_type != "application/json":
        raise ActionRefused("Send a JSON object.")
    try:
        fields: Any = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ActionRefused("Send a JSON object.") from None
    if not isinstance(fields, dict):
        raise ActionRefused("Send a JSON object.")
    return ActionFields(fields)


async def _file(request: web.Request) -> web.Response:
    name = request.match_info.get("name", "page.html")
    offered = {path.name: path for path in _FILES.iterdir() if path.suffix in _KINDS}
    path = offered.get(name)
    if path is None:
        raise web.HTTPNotFound(text="There is nothing here.")
    return web.Response(text=path.read_text("utf-8"), content_type=_KINDS[path.suffix], charset="utf-8")


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        if not _own_host(request.host):
            raise web.HTTPForbidden(text="This page answers to 127.0.0.1 and localhost only.")
        if request.method != "GET" and not _own_origin(request):
            raise web.HTTPForbidden(text="Only the page itself may do this.")
        response = await handler(request)
    except web.HTTPException as refusal:
        response = web.Response(status=refusal.status, text=refusal.text)
    response.headers.update(_HEADERS)
    return response


def _own_host(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in _OWN_NAMES
    except ValueError:
        return False


def _own_origin(request: web.Request) -> bool:
    """Whether the request comes from the page itself; a program that is not a browser sends no origin."""
    return request.headers.get("Origin", f"http://{request.host}") == f"http://{request.host}"
