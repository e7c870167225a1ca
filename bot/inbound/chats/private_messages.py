"""
What one person alone is told about a message of theirs: sent in the background, never twice, best effort.

The event must be acknowledged without waiting for the network, or for a vendor. What matters stands in the thread, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from bot.clock import Clock
from bot.db.connection import Database
from bot.errors import RemoteError
from bot.inbound.chats.commands import Commands
from bot.inbound.chats.refusals import tell_now
from bot.model import Agent, AgentId, Answer, Ask, ChatName, Door, Place, Verb
from bot.ports import Chat
from bot.tickets.command_words import TypedCommand
from bot.tickets.from_agents.typed_commands import AnswerDue
from bot.wording import answers

_log = structlog.get_logger(__name__)

_FOR_ASKER_ALONE = frozenset({Verb.TICKETS, Verb.STATS, Verb.WHY})
"""What these are answered is of every ticket that the asker may see, or repeats what people wrote."""


class PrivateMessages:
    """Tells people what only they have to know."""

    def __init__(self, chats: Mapping[ChatName, Chat], commands: Commands, database: Database, clock: Clock) -> None:
        self._chats = chats
        self._commands = commands
        self._database = database
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    async def aclose(self, seconds: float) -> None:
        """Wait up to this many seconds for what is being sent; then cancel it."""
        if not self._tasks:
            return
        _, unfinished = await asyncio.wait(set(self._tasks), timeout=seconds)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    def tell(self, place: Place, agent: Agent, text: str) -> None:
        """Tell a person something. Does not wait."""
        self._start(self._send(place, agent, Answer(text=text)))

    def refuse(self, place: Place, agent: Agent, text: str) -> None:
        """Tell a person why they may not do something, at most once a day. Does not wait."""
        self._start(self._refuse(place, agent, text))

    def answer(self, place: Place, agent: Agent, due: AnswerDue) -> None:
        """Answer a message that came in live from this person. Does not wait."""
        self._start(self._answer(place, agent, due))

    def answer_later(self, place: Place, due: Sequence[AnswerDue]) -> None:
        """Answer the authors of messages in a thread that were read later. Does not wait."""
        for each in due:
            author = Agent(id=AgentId(each.message.agent or ""), name=each.message.author_name or "")
            if isinstance(each.result, TypedCommand):
                # What somebody may do there is known only while they do something.
                self.tell(place, author, answers.command_missed(each.message.text))
            else:
                self.answer(place, author, each)

    async def _refuse(self, place: Place, agent: Agent, text: str) -> None:
        if await self._database.write(tell_now, place.chat, agent.id, self._clock.now()):
            await self._send(place, agent, Answer(text=text))

    async def _answer(self, place: Place, agent: Agent, due: AnswerDue) -> None:
        match due.result:
            case Answer() as answer:
                pass
            case TypedCommand() as command:
                asked = Ask(
                    verb=command.verb,
                    agent=agent,
                    place=place,
                    ticket=command.ticket or None,
                    words=command.words,
                    door=Door.WORD,
                )
                is_secret = command.verb in _FOR_ASKER_ALONE or not command.is_about(due.message.ticket)
                answer = replace(await self._commands.ask(asked), is_secret=is_secret)
            case delivery:
                answer = await self._commands.outcome(delivery)
        await self._send(place, agent, answer)

    async def _send(self, place: Place, agent: Agent, answer: Answer) -> None:
        try:
            await self._chats[place.chat].tell(place, agent, answer)
        except RemoteError as error:
            # The thread itself shows what it is about, so nothing is lost.
            _log.info("private message not sent", error=type(error).__name__)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="private message")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
