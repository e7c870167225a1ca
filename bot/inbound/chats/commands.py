"""What agents ask for, in whatever way: close, reopen, stats, retry, discard, send, reveal; and their answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import TicketRow, message_row, require, ticket_row
from bot.errors import RemoteError
from bot.inbound.chats.refusals import Refusals
from bot.inbound.chats.subjects import Subject, find_subject
from bot.model import (
    Agent,
    Answer,
    Ask,
    ChatName,
    Choice,
    DeliveryId,
    Door,
    Place,
    Purpose,
    Said,
    State,
    Status,
    StatusPayload,
    StoreName,
    TicketNumber,
    Verb,
)
from bot.outbound.outbox import Outbox
from bot.ports import CanCount, Chat
from bot.text import clean
from bot.tickets import enqueue, marks
from bot.tickets.links import find_link
from bot.tickets.outcomes import drop, retry
from bot.tickets.rights import may_act, open_stores, places_to_ask
from bot.tickets.routing import note_route, record_said, reply_route, set_route
from bot.tickets.rules import Rules
from bot.tickets.stats import chat_table, figures
from bot.tickets.status_changes import STATUSES, request_status
from bot.wording import answers, notices
from bot.wording.cards import title
from bot.wording.masking import masked_ticket

_log = structlog.get_logger(__name__)
# After this time an agent is answered that the vendor takes longer.
_VENDOR_SECONDS = 2.5
_MAX_DAYS = 365
_VENDORS_ASKED = 5
"""Of so many vendors the own counts have room in one message."""
# So many of the latest tickets of all stores together are searched for what somebody types in a picker.
_SEARCHED = 2_000
_CHOICES = 25


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
        counting: Mapping[StoreName, CanCount],
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._rules = rules
        self._clock = clock
        self._chats = chats
        self._refusals = refusals
        self._counting = counting

    async def ask(self, ask: Ask) -> Answer:
        """Do what is asked; the contract is `bot.ports.Intake.ask`."""
        try:
            if ask.verb is Verb.STATS:
                return await self._stats(ask)
            subject = await self._database.read(find_subject, ask)
            if isinstance(subject, Answer):
                return subject
            writable = await self._chats[ask.place.chat].writable(ask.agent, subject.places)
        except RemoteError as error:
            return Answer(text=error.user_message)
        if not may_act(ask.agent, self._rules.stores.get(subject.store), subject.places, writable):
            return self._refuse(ask, subject, writable)
        return await self._act(ask, subject)

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        """Tickets to choose from; the contract is `bot.ports.Intake.choices`."""
        if verb not in STATUSES:
            return ()
        allowed = await self._open_stores(place, agent, Door.COMPLETION)
        current = Status.OPEN if verb is Verb.CLOSE else Status.CLOSED
        masks = self._rules.masks_emails
        return await self._database.read(_choices, current, typed, place, allowed, masks_emails=masks)

    async def stores(self, place: Place, agent: Agent) -> Sequence[str]:
        """Stores to choose from; the contract is `bot.ports.Intake.stores`."""
        return sorted(await self._open_stores(place, agent, Door.COMPLETION))

    async def _open_stores(self, place: Place, agent: Agent, door: Door) -> Mapping[StoreName, tuple[Place, ...]]:
        """The stores that a person may see here, with the channels that make it so. Raises what `writable` raises."""
        stores = self._rules.stores.values()
        places = places_to_ask(agent, stores, place.chat)
        writable = await self._chats[place.chat].writable(agent, places) if places else frozenset()
        allowed = open_stores(agent, stores, place.chat, writable)
        if not allowed:
            self._refusals.add(place.chat, door)
        return allowed

    def _refuse(self, ask: Ask, subject: Subject, writable: frozenset[Place]) -> Answer:
        """Whoever cannot see that there is such a ticket does not learn it here."""
        self._refusals.add(ask.place.chat, ask.door)
        if subject.store not in self._rules.stores and not writable.isdisjoint(subject.places):
            return Answer(text=notices.store_unknown(subject.store))
        if subject.is_here:
            return Answer(text=answers.not_allowed())
        if ask.delivery is not None:
            return Answer(text=answers.nothing_waits())
        return Answer(text=answers.no_such_ticket(f"#{subject.ticket}"))

    async def _act(self, ask: Ask, subject: Subject) -> Answer:
        """Do what somebody asks who may act on this ticket."""
        match ask.verb:
            case Verb.CLOSE | Verb.REOPEN:
                return await self._change_status(ask, subject.ticket)
            case Verb.RETRY | Verb.DISCARD:
                return await self._retry_or_discard(ask)
            case Verb.SEND:
                return await self._send(ask)
            case Verb.REVEAL:
                return await self._reveal(ask, subject.ticket)
            case Verb.STATS:  # pragma: no cover - `ask` has answered it before
                raise ValueError("figures are about no ticket")

    async def _change_status(self, ask: Ask, number: TicketNumber) -> Answer:
        by = notices.by_agent(ask.agent.name, self._chats[ask.place.chat].label)
        queued = await self._database.write(self._queue_status, number, ask.verb, by, self._clock.now())
        if isinstance(queued, Answer):
            return queued
        self._outbox.wake()
        return await self.outcome(queued)

    def _queue_status(
        self, tx: Transaction, number: TicketNumber, verb: Verb, by: str, now: datetime
    ) -> Answer | DeliveryId:
        return request_status(tx, _ticket(tx, number), verb, by, self._rules, now)

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

    async def _stats(self, ask: Ask) -> Answer:
        stores = sorted(await self._open_stores(ask.place, ask.agent, ask.door))
        if not stores:
            return Answer(text=answers.not_allowed())
        chosen = [name for name in stores if ask.store is None or name == ask.store.strip().lower()]
        if not chosen:
            self._refusals.add(ask.place.chat, ask.door)
            return Answer(text=answers.no_such_store(ask.store or "", stores))
        days = 7 if ask.days is None else ask.days
        if not 1 <= days <= _MAX_DAYS:
            return Answer(text=answers.days_out_of_range())
        now = self._clock.now()
        found = [await self._database.read(figures, name, days, now) for name in chosen]
        asked = chosen if len(chosen) <= _VENDORS_ASKED else []
        counted = await asyncio.gather(*(self._vendor_counts(name) for name in asked))
        text = "\n".join([answers.figures_as_of(now), *filter(None, counted)])
        return Answer(text=text, table=chat_table(found))

    async def _vendor_counts(self, store: StoreName) -> str:
        """The vendor's own counts in one line, or that it does not answer; empty: it does not count."""
        vendor = self._counting.get(store)
        if vendor is None:
            return ""
        label = f"{store}: {self._rules.stores[store].vendor_label}"
        try:
            async with asyncio.timeout(_VENDOR_SECONDS):
                return answers.vendor_counts(label, await vendor.counts())
        except (RemoteError, TimeoutError):
            return answers.vendor_counts_missing(label)

    async def _retry_or_discard(self, ask: Ask) -> Answer:
        retries = ask.verb is Verb.RETRY
        change = retry if retries else drop
        if ask.delivery is None or not await self._database.write(change, ask.delivery, self._clock.now()):
            return Answer(text=answers.nothing_waits())
        self._outbox.wake()
        return Answer(text=answers.retrying() if retries else answers.discarded())

    async def _reveal(self, ask: Ask, number: TicketNumber) -> Answer:
        """The whole address, to the asker alone. Who asked for whose is logged, the address is not."""
        ticket = await self._database.read(_ticket, number)
        _log.info("address shown", ticket=number, store=ticket.store, chat=ask.place.chat, agent=ask.agent.id)
        email = ticket.customer.email
        return Answer(text=answers.address(number, email) if email else answers.no_address(number))

    async def _send(self, ask: Ask) -> Answer:
        answer = await self._database.write(self._queue_reply, require(ask.message), self._clock.now())
        self._outbox.wake()
        return answer

    def _queue_reply(self, tx: Transaction, said: Said, now: datetime) -> Answer:
        # Whoever sends it answers for it, whoever wrote it. Only this message is routed: older ones of its thread may
        # still be missing, and the thread does not count as read up to here.
        link = require(record_said(tx, said, can_reply=True)).link
        message = message_row(require(tx.one("message_by_chat_id", link=link.id, chat_message=said.message)))
        ticket = _ticket(tx, link.ticket)
        if message.purpose is Purpose.REPLY:
            reply = tx.one("reply_of_message", message=message.id)
            retried = reply is not None and retry(tx, DeliveryId(reply["id"]), now)
            return Answer(text=answers.sending() if retried else answers.already_sent())
        # Send the text that the message has now: an edit may have been missed.
        now_written = replace(message, text=clean(said.text), formatted=said.formatted)
        note = note_route(now_written, self._rules)
        if note is not None:
            now_written = replace(now_written, text=note.text, formatted=note.formatted)
        route = reply_route(now_written, ticket, self._rules)
        if route.refused:
            return Answer(text=notices.reply_failed(route.refused))
        set_route(tx, message.id, route, now)
        enqueue.reply(tx, ticket, message.id, now, now, requested=True)
        marks.enqueue_mark(tx, message, now)
        if route.line:
            enqueue.line(tx, link, route.line, now)
        return Answer(text=answers.sending())


def _ticket(tx: Transaction, number: TicketNumber) -> TicketRow:
    return ticket_row(require(tx.one("ticket", number=number)))


def _choices(
    tx: Transaction,
    status: Status,
    typed: str,
    place: Place,
    allowed: Mapping[StoreName, Sequence[Place]],
    *,
    masks_emails: bool,
) -> list[Choice]:
    """The best of what each of these stores has; see the statement. Nothing is found by what is not shown."""
    link = find_link(tx, place)
    typed = typed.strip().lstrip("#").strip().lower()
    here = 0 if link is None else link.ticket
    rows = [
        row
        for store, places in allowed.items()
        for row in tx.all(
            "tickets_to_choose",
            store=store,
            chat=place.chat,
            channels=json.dumps([each.channel for each in places]),
            status=status,
            typed=typed,
            here=here,
            most=_SEARCHED // len(allowed),
        )
    ]
    rows.sort(key=lambda row: (row["number"] != here, not str(row["number"]).startswith(typed), -row["number"]))
    tickets = [ticket_row(row) for row in rows]
    if masks_emails:
        masked = [masked_ticket(ticket) for ticket in tickets]
        tickets = [ticket for ticket in masked if typed in title(ticket).lower()]
    return [Choice(ticket.number, title(ticket)) for ticket in tickets[:_CHOICES]]
