"""Where events from the chats arrive: the core's side of the `Intake` port."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.inbound.chats.catchup import CatchUp
from bot.inbound.chats.choices import Choices
from bot.inbound.chats.commands import Commands
from bot.inbound.chats.homes import Homes
from bot.inbound.chats.private_messages import PrivateMessages
from bot.inbound.chats.refusals import Refusals
from bot.inbound.chats.snippets import Snippets
from bot.model import (
    Agent,
    AgentId,
    Answer,
    Ask,
    ChatName,
    Choice,
    Deleted,
    Door,
    Edited,
    Modal,
    Place,
    Said,
    SnippetChoice,
    TimeChoice,
    Verb,
)
from bot.ports import Chat
from bot.tickets.command_words import typed_command
from bot.tickets.day.snoozing import snooze_times
from bot.tickets.deleted_places import card_deleted, record_place_deleted
from bot.tickets.from_agents.edits import asked_for_edit, record_deleted, record_edited
from bot.tickets.from_agents.typed_commands import AnswerDue
from bot.tickets.from_agents.written_messages import Routed, record_said, route_link
from bot.tickets.from_vendors.incidents import channel_failing, channel_unreadable
from bot.tickets.links import is_being_opened, message_in_unknown_thread
from bot.tickets.rights import is_agent_of_any, may_write
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers, notices

_log = structlog.get_logger(__name__)
_LATE = timedelta(seconds=30)
"""What comes so late may have been changed since, and nobody knows whether the event about that came before it."""
P = ParamSpec("P")
T = TypeVar("T")


class ChatIntake:
    """Implements `bot.ports.Intake` for all chats."""

    def __init__(
        self,
        database: Database,
        chats: Mapping[ChatName, Chat],
        catchups: Mapping[ChatName, CatchUp],
        *,
        commands: Commands,
        choices: Choices,
        homes: Homes,
        snippets: Snippets,
        refusals: Refusals,
        private: PrivateMessages,
        rules: Rules,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._chats = chats
        self._catchups = catchups
        self._commands = commands
        self._choices = choices
        self._homes = homes
        self._snippets = snippets
        self._refusals = refusals
        self._private = private
        self._rules = rules
        self._clock = clock
        self._wake = wake

    def gap_possible(self, chat: ChatName) -> None:
        self._catchups[chat].gap_possible()

    async def connected(self, chat: ChatName) -> None:
        self._catchups[chat].connected()

    async def said(self, said: Said) -> bool:
        chat, catchup = self._chats[said.place.chat], self._catchups[said.place.chat]
        arrived_in = catchup.sync_epoch
        # Anybody can write very much: for who is no agent nothing is asked or read before it is needed.
        is_agent = is_agent_of_any(said.agent, self._rules.stores.values(), said.place.chat)
        writable = await chat.writable(said.agent, [said.place], wrote=True) if is_agent else ()
        # It may have been edited since: after a gap, for Slack sends some events again, and if it comes late.
        is_fresh = not _may_have_changed(said, catchup, chat.now() or self._clock.now())
        sync_epoch = arrived_in if is_fresh and catchup.in_sync and catchup.sync_epoch == arrived_in else None
        is_new, routed = await self._write(
            said.place,
            self._record_and_route,
            said,
            writable,
            sync_epoch,
            self._clock.now(),
            chat.now(),
            live=catchup.in_sync,
        )
        if is_agent:
            catchup.read_first(said.place)
        self._answer_author(said, routed)
        return is_new

    def _answer_author(self, said: Said, routed: Routed) -> None:
        """Tell the author of a message what became of it, and the authors of earlier ones that waited for it."""
        self._tell_refused(said.place, routed)
        for due in routed.answers_due:
            if due.message.chat_message == said.message:
                self._private.answer(said.place, said.agent, due)
            else:
                self._private.answer_later(said.place, [due])

    async def home_opened(self, chat: ChatName, agent: Agent, answer: Answer | None = None) -> None:
        await self._homes.opened(chat, agent, answer)

    def tell_later(self, place: Place, routed: Routed) -> None:
        """Tell the authors of messages that were read later what became of them. Does not wait."""
        self._tell_refused(place, routed)
        self._private.answer_later(place, routed.answers_due)

    def _tell_refused(self, place: Place, routed: Routed) -> None:
        self._tell_unsent(place, routed)
        for message in routed.refused:
            author = Agent(id=AgentId(message.agent or ""), name=message.author_name or "")
            if typed_command(message, self._rules.note_prefixes) is None:
                self._refuse(place, author, Door.MESSAGE, notices.not_an_agent())
            else:
                self._refuse(place, author, Door.WORD, answers.not_allowed())

    def _tell_unsent(self, place: Place, routed: Routed) -> None:
        """Else somebody who answers in an old thread, as after a store was renamed, waits for the customer for ever."""
        for message in routed.unsent:
            author = Agent(id=AgentId(message.agent or ""), name=message.author_name or "")
            self._private.refuse(place, author, notices.store_not_served(routed.store))

    async def edited(self, edited: Edited) -> None:
        catchup = self._catchups[edited.place.chat]
        if catchup.changed.is_outdated(edited):
            return
        catchup.message_changed(edited.place, edited.message, edited.edited_at)
        chat = self._chats[edited.place.chat]
        asked = await self._database.read(asked_for_edit, edited, self._rules, self._clock.now())
        if asked is None:
            return  # if it is being recorded now, it is known that it has changed meanwhile
        writable = await chat.writable(edited.agent, asked, wrote=True) if asked else frozenset()
        result = await self._write(
            edited.place, record_edited, edited, writable, self._rules, self._clock.now(), chat.now()
        )
        if isinstance(result, AnswerDue):
            self._private.answer(edited.place, edited.agent, result)
        elif result is not None and result.refused:
            self._refuse(edited.place, result.agent, Door.EDIT, result.text)
        elif result is not None:
            self._private.tell(edited.place, result.agent, result.text)

    async def deleted(self, deleted: Deleted) -> None:
        self._catchups[deleted.place.chat].message_changed(deleted.place, deleted.message)
        notice = await self._write(deleted.place, record_deleted, deleted, self._rules, self._clock.now())
        if notice is not None:
            self._private.tell(deleted.place, notice.agent, notice.text)
        await self._write(deleted.place, card_deleted, deleted, self._clock.now())

    async def place_deleted(self, place: Place) -> None:
        await self._database.write(record_place_deleted, place, self._clock.now())
        self._wake()

    async def channel_unreadable(self, place: Place, reason: str) -> None:
        self._catchups[place.chat].channel_unreadable(place.channel)
        await self._database.write(self._record_unreadable, place, reason, self._clock.now())
        self._wake()

    async def ask(self, ask: Ask) -> Answer:
        return await self._commands.ask(ask)

    async def form(self, ask: Ask) -> Modal | Answer:
        return await self._commands.form(ask)

    async def snippets(self, typed: str, place: Place, agent: Agent) -> Sequence[SnippetChoice]:
        return await self._snippets.choices(typed, place, agent)

    async def refusal(self, chat: ChatName, agent: Agent, door: Door) -> Answer | None:
        return self._choices.refusal(chat, agent, door)

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        return await self._choices.choices(verb, typed, place, agent)

    async def times(self, typed: str) -> Sequence[TimeChoice]:
        return snooze_times(typed, self._clock.now(), self._rules.zone)

    async def stores(self, place: Place, agent: Agent) -> Sequence[str]:
        return await self._choices.stores(place, agent)

    async def _write(
        self, place: Place, work: Callable[Concatenate[Transaction, P], T], *values: P.args, **more: P.kwargs
    ) -> T:
        """Record an event from a place."""
        try:
            result = await self._database.write(work, *values, **more)
        except BaseException:
            # Not every chat sends it again. So this is a gap, and it must be read before anything newer.
            self._catchups[place.chat].gap_possible()
            self._catchups[place.chat].connected()
            raise
        self._wake()
        return result

    def _record_and_route(
        self,
        tx: Transaction,
        said: Said,
        writable: Collection[Place],
        sync_epoch: str | None,
        now: datetime,
        chat_now: datetime | None,
        *,
        live: bool,
    ) -> tuple[bool, Routed]:
        """
        Whether the message was new in a ticket's thread, and what was routed.

        Args:
            live: Whether no older message can be missing, so that this one can be routed.
        """
        can_reply = may_write(tx, said.place, said.agent, self._rules.stores, writable)
        recorded = record_said(tx, said, can_reply=can_reply, sync_epoch=sync_epoch)
        if recorded is None:
            message_in_unknown_thread(tx, said.place)
            return False, Routed()
        if not live or is_being_opened(tx, recorded.link):
            return recorded.is_new, Routed()
        return recorded.is_new, route_link(tx, recorded.link, self._rules, now, chat_now, live=True)

    def _record_unreadable(self, tx: Transaction, place: Place, reason: str, now: datetime) -> None:
        """Report it where the tickets of the stores that use this channel have other threads."""
        sharing = [store.channels for store in self._rules.stores.values() if place in store.channels]
        others = [other for channels in sharing for other in channels]
        fallbacks = [other for store in self._rules.stores.values() for other in store.channels]
        channel_failing(tx, place, others, self._chats[place.chat].label, reason, now, fallbacks=fallbacks)
        channel_unreadable(tx, place)

    def _refuse(self, place: Place, agent: Agent, door: Door, text: str) -> None:
        """Count it, and tell the person once a day: not with a private message for each of theirs."""
        self._refusals.add(place.chat, door)
        self._private.refuse(place, agent, text)


def _may_have_changed(said: Said, catchup: CatchUp, chat_now: datetime) -> bool:
    """Whether a message that came in now may be older than what its author made of it."""
    return catchup.changed.number(said.place, said.message) > 0 or chat_now - said.said_at > _LATE
