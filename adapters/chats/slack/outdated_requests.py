"""Answers whoever uses what is from another version of shopbell, or made up; see `adapters.chats.slack.outdated`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from adapters.chats import shared_wording
from adapters.chats.slack import wording
from adapters.chats.slack.background_tasks import BackgroundTasks
from adapters.chats.slack.blocks import fallback
from adapters.chats.slack.messages import answer_blocks
from adapters.chats.slack.outdated import outdated_view
from adapters.chats.slack.requests import Requests
from bot.model import Answer

_ANY = re.compile(r"(?s).*")

Payload = Mapping[str, Any]


class OutdatedRequests:
    """
    Acknowledges what nothing else does, and says what to do.

    Args:
        tasks: For what goes on after an acknowledgement.
        show_pressed: Shows an answer to whoever has pressed a button of a message.
        show_home: Shows somebody their Home tab with an answer.
    """

    def __init__(
        self,
        requests: Requests,
        tasks: BackgroundTasks,
        show_pressed: Callable[[Payload, Answer], Awaitable[None]],
        show_home: Callable[[str, Answer], Awaitable[None]],
    ) -> None:
        self._requests = requests
        self._tasks = tasks
        self._show_pressed = show_pressed
        self._show_home = show_home

    def register(self, app: AsyncApp) -> None:
        """Make a new app answer everything for which it has nothing else: so it is called last."""
        app.command(_ANY)(self._on_command)
        app.options(_ANY)(self._on_options)
        app.view(_ANY)(self.on_view)
        app.action(_ANY)(self._on_action)
        app.shortcut(_ANY)(self._on_shortcut)

    def used(self, body: Payload, action: Payload) -> None:
        """Somebody has pressed a button that cannot be read; it is acknowledged. One that opens a page has done so."""
        if not action.get("url"):
            self._tasks.start(self._say(body))

    async def on_view(self, ack: AsyncAck, body: Payload) -> None:
        """Somebody has sent a modal that cannot be read."""
        await ack(response_action="update", view=outdated_view(body["view"]))

    async def _on_command(self, ack: AsyncAck) -> None:
        await ack(text=wording.ENTRY_OUTDATED)

    async def _on_options(self, ack: AsyncAck) -> None:
        await ack(options=[])

    async def _on_action(self, ack: AsyncAck, body: Payload, action: Payload) -> None:
        await ack()
        self.used(body, action)

    async def _on_shortcut(self, ack: AsyncAck, body: Payload) -> None:
        """One that is used outside messages has nowhere to answer."""
        await ack()
        if body.get("response_url"):
            self._tasks.start(self._respond(str(body["response_url"]), Answer(text=wording.ENTRY_OUTDATED)))

    async def _respond(self, response_url: str, answer: Answer) -> None:
        await self._requests.respond(response_url, fallback(answer.text), answer_blocks(answer))

    async def _say(self, body: Payload) -> None:
        view, answer = body.get("view"), Answer(text=shared_wording.BUTTON_OUTDATED)
        if view is None:
            await self._show_pressed(body, answer)
        elif view.get("type") == "home":
            await self._show_home(str(body["user"]["id"]), answer)
        else:
            await self._requests.write("views.update", view_id=str(view["id"]), view=outdated_view(view))
