"""
What agents ask for: slash commands, the picker, buttons and message shortcuts.

In Slack a slash command cannot be typed in a thread (github.com/slackapi/bolt-python/issues/873), so there are the
other ways, and `!close` as a message. Each is acknowledged at once, and answered when the core has done it; only the
asker sees the answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from adapters.chats import shared_wording
from adapters.chats.slack import forms, picker, wording
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.arguments import SLASH, meant, typed
from adapters.chats.slack.asking import Asking, Request
from adapters.chats.slack.background_tasks import BackgroundTasks
from adapters.chats.slack.blocks import fallback
from adapters.chats.slack.buttons import ACTIONS, place_for_answer, place_of, pressed
from adapters.chats.slack.form_requests import FormRequests
from adapters.chats.slack.forms import Kept
from adapters.chats.slack.messages import answer_blocks
from adapters.chats.slack.outdated import Outdated
from adapters.chats.slack.outdated_requests import OutdatedRequests
from adapters.chats.slack.pictures import Pictures
from adapters.chats.slack.posting import Posting
from adapters.chats.slack.reading import SLACK, is_from_person, read_message
from adapters.chats.slack.requests import Requests
from bot.errors import Forbidden, RateLimited, Rejected, RemoteError, Unavailable
from bot.model import (
    OPENS_FORM,
    Answer,
    Button,
    ChannelId,
    ChatMessageId,
    Choice,
    Door,
    Place,
    Pointed,
    TicketNumber,
    Verb,
)
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_SHORTCUTS = {
    "close_ticket": Verb.CLOSE,
    "reopen_ticket": Verb.REOPEN,
    "send_to_customer": Verb.SEND,
    "keep_as_note": Verb.KEEP,
    "snippet": Verb.SNIPPET,
    "why": Verb.WHY,
}
_AT_ONCE = 1.5
"""Seconds in which an answer can still be sent with the acknowledgement; Slack waits three for that."""

Payload = Mapping[str, Any]
_Show = Callable[[Answer], Coroutine[Any, Any, None]]


class Commands:
    """
    Passes what agents ask for to the core, and shows the answer to the asker alone.

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
        self._asking = Asking(agents, intake)
        self._tasks = tasks
        self._pictures = Pictures(requests)
        self._forms = FormRequests(requests, agents, posting, intake, tasks)
        self._outdated = OutdatedRequests(requests, tasks, self._show_pressed, self.show_home)

    def register(self, app: AsyncApp) -> None:
        """Make a new app answer everything that the manifest declares."""
        app.command(SLASH)(self._on_slash)
        app.options(picker.TICKET)(self._on_options)
        app.view(picker.CALLBACK)(self._on_picked)
        self._forms.register(app)
        app.action(ACTIONS)(self._on_pressed)
        app.message_shortcut(re.compile("|".join(_SHORTCUTS)))(self._on_shortcut)
        self._outdated.register(app)

    # ------------------------------------------------------------ slash commands

    async def _on_slash(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        verb, words = meant(str(body["command"]), str(body.get("text") or ""))
        channel, found = ChannelId(str(body["channel_id"])), typed(verb, words)
        if verb in (Verb.REPLY, Verb.SNIPPET) or (verb is Verb.NOTE and found.lacks_ticket):
            place = Place(chat=SLACK, channel=channel)
            kept = Kept(verb=verb, place=place, ticket=found.ticket, words=found.words)
            show = self._in_response(str(body["response_url"]))
            self._tasks.start(self._form(kept, str(body["user_id"]), body, show, Door.COMMAND))
            return
        if found.lacks_ticket:
            number = None if found.ticket is None else TicketNumber(int(found.ticket.removeprefix("#")))
            purpose = picker.Purpose(verb, channel, found.assignee, found.words, number)
            show = self._in_response(str(body["response_url"]))
            self._tasks.start(self._open_picker(purpose, str(body["user_id"]), body, show))
            return
        request = Request(
            user=str(body["user_id"]),
            verb=verb,
            place=Place(chat=SLACK, channel=channel),
            ticket=found.ticket,
            assignee=found.assignee,
            store=found.store,
            days=found.days,
            words=found.words,
        )
        self._tasks.start(self._do(request, self._in_response(str(body["response_url"]))))

    async def _open_picker(self, purpose: picker.Purpose, user: str, body: Payload, show: _Show) -> None:
        """
        Open the modal: its trigger is valid for three seconds.

        Before it is known that somebody is an agent, nothing is opened: anybody can type a command, again and again.
        """
        refusal = await self._asking.refusal(user, Door.COMMAND if purpose.channel != picker.HOME else Door.BUTTON)
        if refusal is not None:
            await show(refusal)
            return
        try:
            await self._requests.write("views.open", trigger_id=body["trigger_id"], view=picker.picker_view(purpose))
        except RemoteError as error:
            await show(Answer(text=error.user_message))

    # ------------------------------------------------------------ the picker

    async def _on_options(self, ack: AsyncAck, body: Payload) -> None:
        choices: Sequence[Choice] = ()
        try:
            purpose = picker.purpose_of(body["view"])
            place = Place(chat=SLACK, channel=purpose.channel)
            agent = await self._agents.agent(str(body["user"]["id"]))
            choices = await self._intake.choices(purpose.verb, str(body.get("value") or ""), place, agent)
        except Outdated:
            pass  # it says so when it is sent
        except RemoteError as error:
            _log.info("slack picker has no choices", reason=error.user_message)
        await ack(options=picker.options(choices))

    async def _on_picked(self, ack: AsyncAck, body: Payload) -> None:
        """Show the answer in the modal: with the acknowledgement if it comes at once, else later."""
        view, user = body["view"], str(body["user"]["id"])
        try:
            purpose = picker.submitted(view)
            request = Request(
                user=user,
                verb=purpose.verb,
                place=Place(chat=SLACK, channel=purpose.channel),
                ticket=picker.picked(view),
                assignee=picker.picked_assignee(view),
                words=picker.typed_words(view),
                door=Door.PICKER,
            )
        except Outdated:
            await self._outdated.on_view(ack, body)
            return
        work = self._tasks.start(self._asking.answer_to(request))
        done, _ = await asyncio.wait({work}, timeout=_AT_ONCE)
        if done:
            await ack(response_action="update", view=picker.result_view(purpose, work.result()))
            if purpose.channel == picker.HOME:
                self._tasks.start(self.show_home(user))
            return
        await ack(response_action="update", view=picker.waiting_view(purpose))
        self._tasks.start(self._show_later(work, view, user))

    async def _show_later(self, work: asyncio.Task[Answer], view: Payload, user: str) -> None:
        await self._in_view(view, user)(await work)

    def _in_view(self, view: Payload, user: str) -> _Show:
        """In the modal; where it was opened, if it is closed. A Home tab behind it is shown anew."""
        purpose = picker.purpose_of(view)

        async def show(answer: Answer) -> None:
            is_picker = view["callback_id"] == picker.CALLBACK
            shown = picker.result_view(purpose, answer) if is_picker else forms.result_view(view, answer)
            unseen: Answer | None = None
            try:
                await self._requests.write("views.update", view_id=str(view["id"]), view=shown)
            except RemoteError:
                unseen = answer
            if purpose.channel == picker.HOME:
                await self.show_home(user, unseen)
            elif unseen is not None:
                await self._privately(Place(chat=SLACK, channel=purpose.channel), user)(unseen)

        return show

    # ------------------------------------------------------------ buttons and shortcuts

    async def _on_pressed(self, ack: AsyncAck, body: Payload, action: Payload) -> None:
        await ack()
        found = pressed(action)
        view, user = body.get("view"), str(body["user"]["id"])
        if found is None:
            self._outdated.used(body, action)
            return
        if view is not None and view.get("type") == "home":
            self._tasks.start(self._do_at_home(found, user, body))
            return
        try:
            place = place_of(body) if view is None else Place(chat=SLACK, channel=picker.purpose_of(view).channel)
        except Outdated:
            self._outdated.used(body, action)
            return
        request = Request(
            user=user,
            verb=found.verb,
            place=place,
            ticket=None if found.ticket is None else str(found.ticket),
            delivery=found.delivery,
            words=found.words,
            page=found.page or 0,
            door=Door.BUTTON,
        )
        show = self._privately_or_in_response(body, place, user) if view is None else self._in_view(view, user)
        if found.verb in OPENS_FORM:
            kept = Kept(verb=found.verb, place=place, ticket=request.ticket, words=found.words)
            self._tasks.start(self._forms.open(kept, user, body, show, Door.BUTTON))
            return
        self._tasks.start(self._do(request, show))

    async def _do_at_home(self, button: Button, user: str, body: Payload) -> None:
        """What was pressed in the Home tab is answered there. Until when to snooze is asked in a modal."""
        if button.verb is Verb.SNOOZE and not button.words:

            async def show(answer: Answer) -> None:
                await self.show_home(user, answer)

            purpose = picker.Purpose(button.verb, picker.HOME, ticket=button.ticket)
            await self._open_picker(purpose, user, body, show)
            return
        request = Request(
            user=user,
            verb=button.verb,
            place=Place(chat=SLACK, channel=picker.HOME),
            ticket=None if button.ticket is None else str(button.ticket),
            words=button.words,
            door=Door.BUTTON,
        )
        await self.show_home(user, await self._asking.answer_to(request))

    async def show_home(self, user: str, answer: Answer | None = None) -> None:
        """Show somebody their Home tab, with what came of a button that they pressed there."""
        try:
            await self._intake.home_opened(SLACK, await self._agents.agent(user), answer)
        except RemoteError as error:
            _log.info("slack home not shown", reason=error.user_message)

    async def _on_shortcut(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        verb, place, user = _SHORTCUTS[str(body["callback_id"])], place_of(body), str(body["user"]["id"])
        show = self._privately_or_in_response(body, place, user)
        if verb is Verb.SNIPPET:
            self._tasks.start(self._form(Kept(verb=verb, place=place), user, body, show, Door.MENU))
            return
        takes_message = verb in (Verb.SEND, Verb.KEEP)
        message = read_message(body["message"], str(place.channel)) if takes_message else None
        if takes_message and not is_from_person(body["message"]):
            self._tasks.start(show(Answer(text=shared_wording.NOT_FROM_PERSON)))
            return
        pointed = _pointed(body["message"]) if verb is Verb.WHY else None
        request = Request(user=user, verb=verb, place=place, message=message, pointed=pointed, door=Door.MENU)
        self._tasks.start(self._do(request, show))

    async def _form(self, kept: Kept, user: str, body: Payload, show: _Show, door: Door) -> None:
        """The form that is asked for, or what asks for the ticket and the snippet first."""
        if (kept.words or kept.verb is not Verb.SNIPPET) and (kept.ticket or kept.place.thread):
            await self._forms.open(kept, user, body, show, door)
        elif not forms.can_be_kept(kept):
            await show(Answer(text=wording.NUMBER_FIRST, kept=kept.words))
        elif (refusal := await self._asking.refusal(user, door)) is not None:
            await show(replace(refusal, kept=kept.words))
        else:
            await self._forms.pick(kept, body, show)

    # ------------------------------------------------------------ answering

    async def _do(self, request: Request, show: _Show) -> None:
        await self._pictures.answer(request.user, await self._asking.answer_to(request), show)

    def _in_response_to(self, body: Payload) -> _Show:
        return self._in_response(str(body["response_url"]))

    def _in_response(self, response_url: str) -> _Show:
        async def show(answer: Answer) -> None:
            await self._requests.respond(response_url, fallback(answer.text), answer_blocks(answer))

        return show

    def _privately_or_in_response(self, body: Payload, place: Place, user: str) -> _Show:
        """
        Whoever only looks at a public channel, without being in it, gets the answer where they have pressed.

        So does everybody while Slack's limit is used up; and always who is no agent, so that they do not use it up:
        what agents type in threads can be answered in no other way.
        """
        privately, in_response = self._privately(place_for_answer(body, place), user), self._in_response_to(body)

        async def show(answer: Answer) -> None:
            if not await self._asking.is_agent(user):
                await in_response(answer)
                return
            try:
                await privately(answer)
            except (Forbidden, RateLimited, Rejected, Unavailable):
                await in_response(answer)

        return show

    async def _show_pressed(self, body: Payload, answer: Answer) -> None:
        """Show something to whoever has pressed a button of a message."""
        await self._privately_or_in_response(body, place_of(body), str(body["user"]["id"]))(answer)

    def _privately(self, place: Place, user: str) -> _Show:
        async def show(answer: Answer) -> None:
            await self._posting.answer(place, user, answer)

        return show


def _pointed(message: Payload) -> Pointed:
    """The message whose menu was used, whoever wrote it."""
    return Pointed(message=ChatMessageId(str(message["ts"])), by_person=is_from_person(message))
