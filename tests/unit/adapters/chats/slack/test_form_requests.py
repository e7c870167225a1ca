"""Forms whose answer is an error, or comes when the modal is closed: what somebody typed comes back to them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.chats import shared_wording
from adapters.chats.slack import form_requests, forms
from adapters.chats.slack.background_tasks import BackgroundTasks
from adapters.chats.slack.form_requests import FormRequests
from adapters.chats.slack.forms import Kept
from adapters.chats.slack.reading import SLACK
from bot.errors import Rejected, Unavailable
from bot.model import Agent, AgentId, Answer, ChannelId, Door, Modal, Place, TextField, ThreadId, Verb
from tests.support.waiting import until

PLACE = Place(chat=SLACK, channel=ChannelId("C1"), thread=ThreadId("1.2"))
FORM = Modal(verb=Verb.SEND_FORM, title="#1042", fields=(TextField(name="text", label="Text"),), submit="Send")
TYPED = "Your new key is on its way."
VIEW = forms.form_view(FORM, PLACE) | {
    "id": "V1",
    "state": {"values": {"text": {"text": {"type": "plain_text_input", "value": TYPED}}}},
}
BODY = {"view": VIEW, "user": {"id": "U1"}}


class Core:
    """Slack and the core behind the forms: what the core does, and what either is told."""

    def __init__(self, found: Answer | Exception) -> None:
        self.found = found
        self.may_answer = asyncio.Event()
        self.closed = False
        self.acknowledged: list[dict[str, Any]] = []
        self.updated: list[dict[str, Any]] = []
        self.private: list[tuple[Place, str, Answer]] = []

    async def agent(self, user: str) -> Agent:
        return Agent(id=AgentId(user), name="Ann")

    async def ask(self, _asked: object) -> Answer:
        await self.may_answer.wait()
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    form = ask

    async def write(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        if self.closed:
            raise Rejected("Slack knows no such view.")
        self.updated.append({"method": method, **arguments})
        return {}

    async def answer(self, place: Place, user: str, answer: Answer) -> None:
        self.private.append((place, user, answer))

    async def ack(self, **arguments: Any) -> None:
        self.acknowledged.append(arguments)

    def forms(self) -> FormRequests:
        return FormRequests(self, self, self, self, BackgroundTasks())  # type: ignore[arg-type]


ERRORS: list[tuple[Exception, str]] = [
    (Unavailable("Slack does not answer."), "Slack does not answer."),
    (LookupError("a defect"), shared_wording.BROKEN),
]


@pytest.mark.parametrize(("error", "words"), ERRORS)
async def test_what_was_entered_is_shown_with_the_error(error: Exception, words: str) -> None:
    """The form is gone by then, and nobody types an answer twice."""
    core = Core(error)
    core.may_answer.set()
    await core.forms()._on_submitted(core.ack, BODY)  # type: ignore[arg-type]
    (shown,) = core.acknowledged
    assert shown["view"] == forms.result_view(VIEW, Answer(text=words, kept=TYPED))
    assert TYPED in str(shown["view"]["blocks"])


@pytest.mark.parametrize(("error", "words"), ERRORS)
async def test_a_form_that_does_not_come_is_an_answer(error: Exception, words: str) -> None:
    """Also of a note that was typed behind the command: its words come back."""
    core = Core(error)
    core.may_answer.set()
    shown: list[Answer] = []

    async def show(answer: Answer) -> None:
        shown.append(answer)

    kept = Kept(verb=Verb.NOTE, place=PLACE, words=TYPED)
    await core.forms().open(kept, "U1", {"trigger_id": "T1"}, show, Door.COMMAND)
    assert shown == [Answer(text=words, kept=TYPED)]


@pytest.mark.parametrize("closed", [False, True])
async def test_an_answer_that_comes_late_finds_its_reader(monkeypatch: pytest.MonkeyPatch, *, closed: bool) -> None:
    """In the form; where that was closed meanwhile, privately in the channel, with what was entered in it."""
    monkeypatch.setattr(form_requests, "_AT_ONCE", 0)
    core = Core(Answer(text="A snippet of this name is there.", fault="text"))
    core.closed = closed
    await core.forms()._on_submitted(core.ack, BODY)  # type: ignore[arg-type]
    assert core.acknowledged == [{"response_action": "update", "view": forms.waiting_view(VIEW)}]
    core.may_answer.set()
    await until(lambda: core.updated or core.private, "it is shown")
    answer = Answer(text="A snippet of this name is there.", fault="text", kept=TYPED)
    assert core.private == ([(PLACE, "U1", answer)] if closed else [])
    assert [each["view"] for each in core.updated] == ([] if closed else [forms.result_view(VIEW, answer)])


async def test_a_picker_without_choices_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack waits for an answer, also while the person cannot be looked up."""
    core = Core(Answer(text=""))

    async def unknown(_user: str) -> Agent:
        raise Unavailable("Slack does not answer.")

    monkeypatch.setattr(core, "agent", unknown)
    await core.forms()._on_options(core.ack, BODY | {"value": "re"})  # type: ignore[arg-type]
    assert core.acknowledged == [{"options": []}]
