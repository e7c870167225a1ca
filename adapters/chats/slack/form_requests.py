"""
Opening forms, and passing on what was entered in them.

Slack opens a modal only within three seconds after somebody asked for it; the core has the form ready in some
milliseconds. What is wrong with a form that was sent is shown in it, so that nothing that was typed is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from adapters.chats import shared_wording
from adapters.chats.slack import forms
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.background_tasks import BackgroundTasks
from adapters.chats.slack.forms import Kept
from adapters.chats.slack.outdated import Outdated, outdated_view
from adapters.chats.slack.posting import Posting
from adapters.chats.slack.requests import Requests
from bot.errors import RemoteError
from bot.model import Answer, Ask, Door, Modal, Place, SnippetChoice, Verb, written_in
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_AT_ONCE = 1.5
"""Seconds in which an answer can still be sent with the acknowledgement; Slack waits three for that."""

Payload = Mapping[str, Any]
Show = Callable[[Answer], Coroutine[Any, Any, None]]


class FormRequests:
    """
    Shows the core's forms, and passes what people enter to the core.

    Args:
        tasks: For what goes on after an acknowledgement.
    """

    def __init__(
        self, requests: Requests, agents: Agents, posting: Posting, intake: Intake, tasks: BackgroundTasks
    ) -> None:
        self._requests = requests
        self._agents = agents
        self._posting = posting
        self._intake = intake
        self._tasks = tasks

    def register(self, app: AsyncApp) -> None:
        """Make a new app answer these modals."""
        app.options(forms.SNIPPET)(self._on_options)
        app.view(forms.PICKER)(self._on_picked)
        app.view(forms.FORM)(self._on_submitted)

    async def open(self, kept: Kept, user: str, body: Payload, show: Show, door: Door) -> None:
        """
        Open the form that somebody asks for.

        Args:
            body: Of the request, with the trigger that allows one modal.
            show: Shows the answer if there is no form.
        """
        found = await self._form(kept, user, door)
        if isinstance(found, Answer):
            await show(found)
        else:
            await self._open(forms.form_view(found, kept.place), body, show)

    async def pick(self, kept: Kept, body: Payload, show: Show) -> None:
        """Ask for the snippet, and the ticket if it is not known."""
        await self._open(forms.picker_view(kept), body, show)

    async def _open(self, view: dict[str, Any], body: Payload, show: Show) -> None:
        try:
            opened = body.get("view")
            if opened is None:
                await self._requests.write("views.open", trigger_id=body["trigger_id"], view=view)
            else:
                await self._requests.write("views.update", view_id=str(opened["id"]), view=view)
        except RemoteError as error:
            await show(Answer(text=error.user_message))

    async def _form(self, kept: Kept, user: str, door: Door) -> Modal | Answer:
        """The form, or the answer why there is none. An error of ours is an answer, too: somebody waits for one."""
        typed = kept.words if kept.verb in (Verb.NOTE, Verb.REPLY) else ""
        try:
            agent = await self._agents.agent(user)
            asked = Ask(verb=kept.verb, agent=agent, place=kept.place, ticket=kept.ticket, words=kept.words, door=door)
            return await self._intake.form(asked)
        except RemoteError as error:
            return Answer(text=error.user_message, kept=typed)
        except Exception:  # noqa: BLE001 - somebody waits for an answer, and the log has the error
            _log.exception("slack request failed", verb=kept.verb)
            return Answer(text=shared_wording.BROKEN, kept=typed)

    # ------------------------------------------------------------ the picker

    async def _on_options(self, ack: AsyncAck, body: Payload) -> None:
        choices: Sequence[SnippetChoice] = ()
        try:
            place = forms.kept_in(body["view"]).place
            agent = await self._agents.agent(str(body["user"]["id"]))
            choices = await self._intake.snippets(str(body.get("value") or ""), place, agent)
        except Outdated:
            pass  # it says so when it is sent
        except RemoteError as error:
            _log.info("slack picker has no choices", reason=error.user_message)
        await ack(options=forms.snippet_options(choices))

    async def _on_picked(self, ack: AsyncAck, body: Payload) -> None:
        """Show the form in the picker's place."""
        view = body["view"]
        try:
            kept = forms.picked(view)
        except Outdated:
            await ack(response_action="update", view=outdated_view(view))
            return
        work = self._tasks.start(self._form(kept, str(body["user"]["id"]), Door.PICKER))
        done, _ = await asyncio.wait({work}, timeout=_AT_ONCE)
        if done:
            await ack(response_action="update", view=_shown(view, work.result(), kept.place))
            return
        await ack(response_action="update", view=forms.waiting_view(view))
        self._tasks.start(self._show_form_later(work, view, kept.place))

    async def _show_form_later(self, work: asyncio.Task[Modal | Answer], view: Payload, place: Place) -> None:
        shown = _shown(view, await work, place)
        await self._requests.write("views.update", view_id=str(view["id"]), view=shown)

    # ------------------------------------------------------------ a form

    async def _on_submitted(self, ack: AsyncAck, body: Payload) -> None:
        """
        Show the answer in the form: with the acknowledgement if it comes at once, else later.

        What is wrong is shown beside its field. When it comes too late for that, what was entered is shown again.
        """
        view, user = body["view"], str(body["user"]["id"])
        try:
            kept, entered = forms.kept_in(view), forms.entered(view)
        except Outdated:
            await ack(response_action="update", view=outdated_view(view))
            return
        work = self._tasks.start(self._answer_to(kept, entered, user))
        done, _ = await asyncio.wait({work}, timeout=_AT_ONCE)
        if not done:
            await ack(response_action="update", view=forms.waiting_view(view))
            self._tasks.start(self._show_answer_later(work, view, user, kept.place))
            return
        answer = work.result()
        if answer.fault:
            await ack(response_action="errors", errors={answer.fault: answer.text})
            return
        await ack(response_action="update", view=forms.result_view(view, answer))

    async def _answer_to(self, kept: Kept, entered: Mapping[str, str], user: str) -> Answer:
        """The core's answer. An error of Slack's or of ours is an answer, too: somebody waits for one."""
        written = written_in(entered)
        try:
            ask = Ask(
                verb=kept.verb,
                agent=await self._agents.agent(user),
                place=kept.place,
                ticket=kept.ticket,
                words=kept.words,
                entered=entered,
                door=Door.FORM,
            )
            return await self._intake.ask(ask)
        except RemoteError as error:
            return Answer(text=error.user_message, kept=written)
        except Exception:  # noqa: BLE001 - somebody waits for an answer, and the log has the error
            _log.exception("slack request failed", verb=kept.verb)
            return Answer(text=shared_wording.BROKEN, kept=written)

    async def _show_answer_later(self, work: asyncio.Task[Answer], view: Payload, user: str, place: Place) -> None:
        answer = await work
        if answer.fault:
            answer = replace(answer, kept=written_in(forms.entered(view), answer.fault))
        try:
            await self._requests.write("views.update", view_id=str(view["id"]), view=forms.result_view(view, answer))
        except RemoteError:
            # The modal was closed meanwhile.
            await self._posting.answer(place, user, answer)


def _shown(view: Payload, found: Modal | Answer, place: Place) -> dict[str, Any]:
    return forms.result_view(view, found) if isinstance(found, Answer) else forms.form_view(found, place)
