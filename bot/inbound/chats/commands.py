"""What agents ask for, in whatever way: to close, take or assign a ticket, figures, to send again; and the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import TicketRow, delivery_row, message_row, require, ticket_row
from bot.errors import RemoteError
from bot.inbound.chats.choices import Choices
from bot.inbound.chats.figures import FigureRequests
from bot.inbound.chats.lists import Lists
from bot.inbound.chats.refusals import Refusals
from bot.inbound.chats.searches import Searches
from bot.inbound.chats.snippets import ABOUT_NO_TICKET, Snippets
from bot.inbound.chats.usable_places import usable_places
from bot.inbound.chats.which_ticket import Subject, find_subject
from bot.model import (
    Agent,
    Answer,
    Ask,
    ChatName,
    DeliveryId,
    Kind,
    Modal,
    Place,
    Purpose,
    State,
    StatusPayload,
    TicketNumber,
    Verb,
)
from bot.outbound.outbox import Outbox
from bot.ports import Chat
from bot.text import clean
from bot.tickets import enqueue
from bot.tickets.day.snoozing import snooze
from bot.tickets.day.status_changes import request_status
from bot.tickets.day.taking import TAKINGS, Asker, Change, assign, take_by_reply
from bot.tickets.decisions import discarded_by
from bot.tickets.from_agents.chosen_message import chosen_message
from bot.tickets.from_agents.form_notes import NOTE, add_note, keep_as_note, note_form, say_note_is_sent
from bot.tickets.from_agents.queueing import set_route
from bot.tickets.from_agents.routing import note_route, reply_route
from bot.tickets.links import find_link
from bot.tickets.replies import marks
from bot.tickets.replies.holding import send_by_hand
from bot.tickets.replies.outcomes import closes_after, drop, may_have_been_sent, retry
from bot.tickets.rights import may_act
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers, decisions, form_answers, notices, reasons
from bot.wording.guide import guide
from bot.wording.masking import masked

_log = structlog.get_logger(__name__)
# After this time an agent is answered that the vendor takes longer.
_VENDOR_SECONDS = 2.5


class Commands:
    """
    Answers agents. Every effect is a delivery, queued before the answer; the answer waits a short time for it.

    Whatever somebody asks, it is first found out about which ticket, and then whether they may act on it.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        rules: Rules,
        clock: Clock,
        *,
        chats: Mapping[ChatName, Chat],
        refusals: Refusals,
        choices: Choices,
        lists: Lists,
        snippets: Snippets,
        searches: Searches,
        figures: FigureRequests,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._rules = rules
        self._clock = clock
        self._chats = chats
        self._refusals = refusals
        self._choices = choices
        self._snippets = snippets
        self._anywhere: Mapping[Verb, Callable[[Ask], Awaitable[Answer]]] = {
            Verb.STATS: figures.stats,
            Verb.TICKETS: lists.tickets,
            Verb.FIND: searches.find,
            Verb.HELP: self._help,
            **dict.fromkeys(ABOUT_NO_TICKET, snippets.ask),
        }
        self._about_ticket: Mapping[Verb, Callable[[Ask, Subject], Awaitable[Answer]]] = {
            Verb.CLOSE: self._change_status,
            Verb.REOPEN: self._change_status,
            Verb.RETRY: self._retry_or_discard,
            Verb.DISCARD: self._retry_or_discard,
            Verb.SEND: self._send,
            Verb.KEEP: self._keep,
            Verb.SEND_FORM: snippets.send,
            Verb.NOTE: self._note,
            Verb.REVEAL: self._reveal,
            Verb.SNOOZE: self._snooze,
            Verb.WHY: searches.why,
            Verb.ASSIGN: self._assign,
            **dict.fromkeys(TAKINGS, self._take_or_release),
        }

    async def ask(self, ask: Ask) -> Answer:
        """Do what is asked; the contract is `bot.ports.Intake.ask`."""
        try:
            if ask.verb in self._anywhere:
                return await self._anywhere[ask.verb](ask)
            do = self._about_ticket.get(ask.verb)
            if do is None:
                return Answer(text=answers.outdated(), kept=ask.typed)
            subject = await self._subject(ask)
        except RemoteError as error:
            return Answer(text=error.user_message, kept=ask.typed)
        return replace(subject, kept=ask.typed) if isinstance(subject, Answer) else await do(ask, subject)

    async def form(self, ask: Ask) -> Modal | Answer:
        """The form that is asked for; the contract is `bot.ports.Intake.form`."""
        try:
            if ask.verb in ABOUT_NO_TICKET:
                return await self._snippets.form(ask)
            subject = await self._subject(ask)
        except RemoteError as error:
            return Answer(text=error.user_message, kept=ask.typed)
        if isinstance(subject, Answer):
            return replace(subject, kept=ask.typed)
        if ask.verb is Verb.NOTE:
            return note_form(subject.ticket, ask.words)
        return await self._snippets.reply_form(ask, subject.ticket)

    async def _subject(self, ask: Ask) -> Subject | Answer:
        """The ticket, if the asker may act on it. Raises what `writable` raises."""
        subject = await self._database.read(find_subject, ask)
        if isinstance(subject, Answer):
            return subject
        store = self._rules.stores.get(subject.store)
        usable = await self._usable(ask, ask.agent, subject)
        if not may_act(ask.agent, store, subject.places, usable):
            return self._refuse(ask, subject, usable)
        return replace(subject, usable=frozenset(usable))

    async def _usable(self, ask: Ask, agent: Agent, subject: Subject) -> Collection[Place]:
        """Where a person may act, of the places where the ticket is in the asker's chat."""
        store = self._rules.stores.get(subject.store)
        return await usable_places(agent, self._chats[ask.place.chat], store, subject.places)

    def _refuse(self, ask: Ask, subject: Subject, usable: Collection[Place]) -> Answer:
        """Whoever cannot see that there is such a ticket does not learn it here."""
        self._refusals.add(ask.place.chat, ask.door)
        if subject.store not in self._rules.stores and usable:
            return Answer(text=reasons.store_unknown(subject.store))
        if subject.is_here:
            return Answer(text=answers.not_allowed())
        if ask.delivery is not None:
            return Answer(text=answers.nothing_waits())
        return Answer(text=answers.no_such_ticket(f"#{subject.ticket}"))

    async def _change_status(self, ask: Ask, subject: Subject) -> Answer:
        queued = await self._database.write(self._queue_status, ask, subject, self._clock.now())
        if isinstance(queued, Answer):
            return queued
        self._outbox.wake()
        return await self.outcome(queued)

    def _queue_status(self, tx: Transaction, ask: Ask, subject: Subject, now: datetime) -> Answer | DeliveryId:
        """Queue the change, and what was typed behind the command as a note that says why."""
        ticket = _ticket(tx, subject.ticket)
        queued = request_status(tx, ticket, ask.verb, _asker(ask), self._rules, now)
        if isinstance(queued, Answer):
            return replace(queued, kept=clean(ask.words))
        if ask.words:
            add_note(tx, ticket, _asker(ask), subject.usable, ask.words, None, self._rules, now, here=ask.place)
        return queued

    async def outcome(self, change: DeliveryId) -> Answer:
        """What became of closing or reopening a ticket; waits a short time for the vendor."""
        latest = await self._outbox.wait_until_finished(change, _VENDOR_SECONDS)
        ticket = await self._database.read(_ticket, require(latest.ticket))
        wanted = latest.payload_as(StatusPayload).wanted
        if latest.state is State.DONE:
            return Answer(text=answers.done(ticket.number, wanted))
        if latest.state is State.FAILED:
            return Answer(text=answers.failed(ticket.number, latest.error or ""))
        return Answer(text=answers.under_way(ticket.number, wanted, self._rules.stores[ticket.store].vendor_label))

    async def _take_or_release(self, ask: Ask, subject: Subject) -> Answer:
        return await self._change(TAKINGS[ask.verb], ask, subject.ticket)

    async def _snooze(self, ask: Ask, subject: Subject) -> Answer:
        return await self._change(partial(snooze, words=ask.words), ask, subject.ticket)

    async def _change(self, change: Change, ask: Ask, number: TicketNumber) -> Answer:
        def work(tx: Transaction, now: datetime) -> Answer:
            return change(tx, _ticket(tx, number), _asker(ask), self._rules, now)

        answer = await self._database.write(work, self._clock.now())
        self._outbox.wake()
        return answer

    async def _assign(self, ask: Ask, subject: Subject) -> Answer:
        """Only somebody who may act on the ticket can have it."""
        assignee = ask.assignee
        if assignee is None:
            return Answer(text=answers.whom_to_assign())
        try:
            usable = await self._usable(ask, assignee, subject)
        except RemoteError as error:
            return Answer(text=error.user_message)
        if not may_act(assignee, self._rules.stores[subject.store], subject.places, usable):
            return Answer(text=answers.cannot_be_assigned(self._shown(assignee)))
        return await self._change(partial(assign, assignee=assignee), ask, subject.ticket)

    async def _retry_or_discard(self, ask: Ask, _subject: Subject) -> Answer:
        work = self._queue_again if ask.verb is Verb.RETRY else self._give_up
        answer = await self._database.write(work, ask, self._clock.now())
        self._outbox.wake()
        return answer

    def _queue_again(self, tx: Transaction, ask: Ask, now: datetime) -> Answer:
        """Whoever sends a reply answers for it."""
        row = None if ask.delivery is None else tx.one("delivery", id=ask.delivery)
        before = None if row is None else delivery_row(row)
        if before is None or not retry(tx, before.id, now, by=self._name(ask)):
            return Answer(text=answers.nothing_waits())
        if before.kind is Kind.REPLY:
            ticket = _ticket(tx, require(before.ticket))
            take_by_reply(tx, ticket.number, _asker(ask), self._rules, now)
            message = message_row(require(tx.one("message", id=require(before.message))))
            if closes_after(tx, ticket, message):
                return Answer(text=form_answers.sending_then_closing(ticket.number))
        return Answer(text=answers.sending() if before.state is State.HELD else answers.retrying())

    def _give_up(self, tx: Transaction, ask: Ask, now: datetime) -> Answer:
        """
        Give up a reply that has certainly not been sent.

        Nothing else, for a button asks only about replies: the number is input, and may be that of a customer's words.
        If it may have been sent, the answer would be wrong, and nobody would look for it any more.
        """
        delivery = delivery_row(require(tx.one("delivery", id=require(ask.delivery))))
        by = discarded_by(self._name(ask))
        if delivery.kind is not Kind.REPLY or may_have_been_sent(delivery) or not drop(tx, delivery.id, now, by):
            return Answer(text=answers.nothing_waits())
        message = message_row(require(tx.one("message", id=require(delivery.message))))
        if message.chat_message is None and message.link is not None:
            link = enqueue.load_link(tx, message.link)
            enqueue.line(tx, link, decisions.form_discarded(ask.agent.name, message.author_name or ""), now)
        return Answer(text=answers.discarded())

    def _name(self, ask: Ask) -> str:
        """Who asks, as a thread shows them."""
        return self._shown(ask.agent)

    def _shown(self, agent: Agent) -> str:
        return masked(agent.name) if self._rules.masks_emails else agent.name

    async def _note(self, ask: Ask, subject: Subject) -> Answer:
        """A note that was typed behind the command, or written in its form."""
        token, text = (ask.words, ask.entered.get(NOTE, "")) if ask.entered else (None, ask.words)

        def work(tx: Transaction, now: datetime) -> Answer:
            ticket = _ticket(tx, subject.ticket)
            return add_note(tx, ticket, _asker(ask), subject.usable, text, token, self._rules, now, here=ask.place)

        answer = await self._database.write(work, self._clock.now())
        self._outbox.wake()
        return answer

    async def _reveal(self, ask: Ask, subject: Subject) -> Answer:
        """The whole address, to the asker alone. Who asked for whose is logged, the address is not."""
        ticket = await self._database.read(_ticket, subject.ticket)
        _log.info("address shown", ticket=subject.ticket, store=ticket.store, chat=ask.place.chat, agent=ask.agent.id)
        email = ticket.customer.email
        return Answer(text=answers.address(subject.ticket, email) if email else answers.no_address(subject.ticket))

    async def _send(self, ask: Ask, _subject: Subject) -> Answer:
        answer = await self._database.write(self._queue_reply, ask, self._clock.now())
        self._outbox.wake()
        return answer

    async def _keep(self, ask: Ask, _subject: Subject) -> Answer:
        said, by = require(ask.message), self._name(ask)
        answer = await self._database.write(keep_as_note, said, by, self._rules, self._clock.now())
        self._outbox.wake()
        return answer

    async def _help(self, ask: Ask) -> Answer:
        """What the asker can do here."""
        stores = await self._choices.open_stores(ask.place, ask.agent, ask.door)
        if not stores:
            return Answer(text=answers.not_allowed())
        link = await self._database.read(find_link, ask.place)
        typable = [each for each in self._rules.note_prefixes if self._chats[ask.place.chat].typable(each)]
        return Answer(text=guide(ask.place.chat, None if link is None else link.ticket, typable))

    def _queue_reply(self, tx: Transaction, ask: Ask, now: datetime) -> Answer:
        said = require(ask.message)
        chosen = chosen_message(tx, said)
        if isinstance(chosen, Answer):
            return chosen
        link, message = chosen
        ticket = _ticket(tx, link.ticket)
        reply = tx.one("reply_of_message", message=message.id)
        # One that was discarded is nobody's reply any more: it is sent as if it had never been one.
        if message.purpose is Purpose.REPLY and reply is not None and State(reply["state"]) is not State.DROPPED:
            retried = retry(tx, DeliveryId(reply["id"]), now, by=self._name(ask))
            return Answer(text=answers.sending() if retried else answers.already_sent())
        # Send the text that the message has now: an edit may have been missed.
        now_written = replace(message, text=clean(said.text), formatted=said.formatted)
        note = note_route(now_written, self._rules)
        if note is not None:
            now_written = replace(now_written, text=note.text, formatted=note.formatted)
        route = reply_route(now_written, ticket, self._rules)
        if route.refused:
            return Answer(text=notices.reply_failed(route.refused))
        if message.purpose is Purpose.NOTE:
            say_note_is_sent(tx, message, self._name(ask), now)
        set_route(tx, message.id, route, now)
        at = self._chats[ask.place.chat].now() or now
        sent = send_by_hand(tx, link, ticket, message.id, _asker(ask), at, self._rules, now)
        marks.enqueue_mark(tx, message, now)
        if route.line:
            enqueue.line(tx, link, route.line, now)
        return Answer(text=answers.sending() if sent else answers.held())


def _ticket(tx: Transaction, number: TicketNumber) -> TicketRow:
    return ticket_row(require(tx.one("ticket", number=number)))


def _asker(ask: Ask) -> Asker:
    return Asker(ask.place.chat, ask.agent.id, ask.agent.name)
