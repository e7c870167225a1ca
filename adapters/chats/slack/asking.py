"""Putting what somebody asks to the core: Slack's ids become people, its markup becomes text."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from adapters.chats import shared_wording
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.reading import SLACK, PersonMessage, said
from bot.errors import RemoteError
from bot.model import Agent, Answer, Ask, DeliveryId, Door, Place, Pointed, Verb
from bot.ports import Intake

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An `Ask` in Slack's terms: people by id, messages in Slack's own markup."""

    user: str
    verb: Verb
    place: Place
    ticket: str | None = None
    delivery: DeliveryId | None = None
    message: PersonMessage | None = None
    pointed: Pointed | None = None
    assignee: str | None = None
    store: str | None = None
    days: int | None = None
    words: str = ""
    page: int = 0
    door: Door = Door.COMMAND


class Asking:
    """Asks the core on behalf of people in Slack."""

    def __init__(self, agents: Agents, intake: Intake) -> None:
        self._agents = agents
        self._intake = intake

    async def refusal(self, user: str, door: Door) -> Answer | None:
        """What somebody is told who may do nothing, or of whom nobody knows that now; None: they are an agent."""
        try:
            return await self._intake.refusal(SLACK, await self._agents.agent(user), door)
        except RemoteError as error:
            return Answer(text=error.user_message)

    async def is_agent(self, user: str) -> bool:
        """Whether somebody is an agent of any store by the settings, as far as is known now."""
        try:
            return self._agents.is_agent(await self._agents.agent(user))
        except RemoteError:
            return True

    async def answer_to(self, request: Request) -> Answer:
        """The core's answer. An error of Slack's or of ours is an answer, too, because somebody waits for one."""
        try:
            asker = await self._agents.agent(request.user)
            message = None if request.message is None else await said(request.message, self._agents, sent_by=asker)
            assignee = await self._assignee(request, asker)
            ask = Ask(
                verb=request.verb,
                agent=await self._agents.agent(request.user),  # names and files may have taken long
                place=request.place,
                ticket=request.ticket,
                delivery=request.delivery,
                message=message,
                pointed=request.pointed,
                assignee=assignee,
                store=request.store,
                days=request.days,
                words=request.words,
                page=request.page,
                door=request.door,
            )
            return await self._intake.ask(ask)
        except RemoteError as error:
            return Answer(text=error.user_message)
        except Exception:  # noqa: BLE001 - somebody waits for an answer, and the log has the error
            _log.exception("slack request failed", verb=request.verb)
            return Answer(text=shared_wording.BROKEN)

    async def _assignee(self, request: Request, asker: Agent) -> Agent | None:
        """Who is named; for who may not assign anything, nobody is looked up."""
        if request.assignee is None or not self._agents.is_agent(asker):
            return None
        return await self._agents.agent(request.assignee)
