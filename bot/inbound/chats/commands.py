"""What agents ask for, in whatever way: close, reopen, stats, retry, discard, send, reveal; and their answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import TicketRow, delivery_row, message_row, ticket_row, to_ms
from bot.errors import RemoteError
from bot.model import (
    Answer,
    Ask,
    ChatName,
    Choice,
    DeliveryId,
    Place,
    Purpose,
    Said,
    State,
    Status,
    StatusPayload,
    StoreName,
    Verb,
)
from bot.outbound.outbox import Outbox
from bot.ports import CanCount
from bot.text import clean
from bot.tickets import enqueue, marks
from bot.tickets.outcomes import drop, retry
from bot.tickets.routing import Rules, note_text, record_said, reply_route, route_link
from bot.tickets.stats import figures, table
from bot.tickets.threads import find_link
from bot.wording import answers, notices
from bot.wording.cards import title
from bot.wording.masking import masked_ticket

_log = structlog.get_logger(__name__)
_STATUSES = {Verb.CLOSE: Status.CLOSED, Verb.REOPEN: Status.OPEN}
# After this time an agent is answered that the vendor takes longer.
_VENDOR_SECONDS = 2.5
_MAX_DAYS = 365


class Commands:
    """Answers agents. Every effect is a delivery, queued before the answer; the answer waits a short time for it."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        rules: Rules,
        clock: Clock,
        *,
        chat_labels: Mapping[ChatName, str],
        counting: Mapping[StoreName, CanCount],
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._rules = rules
        self._clock = clock
        self._chat_labels = chat_labels
        self._counting = counting

    async def ask(self, ask: Ask) -> Answer:
        """Do what is asked; the contract is `bot.ports.Intake.ask`."""
        if not ask.agent.can_reply:
            return Answer(text=answers.not_allowed())
        match ask.verb:
            case Verb.CLOSE | Verb.REOPEN:
                return await self._change_status(ask)
            case Verb.STATS:
                return await self._stats(ask)
            case Verb.RETRY | Verb.DISCARD:
                return await self._retry_or_discard(ask)
            case Verb.SEND:
                return await self._send(ask)
            case Verb.REVEAL:
                return await self._reveal(ask)

    async def choices(self, verb: Verb, typed: str, place: Place) -> Sequence[Choice]:
        """Tickets to choose from; the contract is `bot.ports.Intake.choices`."""
        if verb not in _STATUSES:
            return ()
        current = Status.OPEN if verb is Verb.CLOSE else Status.CLOSED
        return await self._database.read(_choices, current, typed, place, masks_emails=self._rules.masks_emails)

    def stores(self) -> Sequence[str]:
        """The names of the configured stores."""
        return sorted(self._rules.stores)

    async def _change_status(self, ask: Ask) -> Answer:
        wanted = _STATUSES[ask.verb]
        by = notices.by_agent(ask.agent.name, self._chat_labels.get(ask.place.chat, ask.place.chat))
        queued = await self._database.write(self._queue_status, ask, wanted, by, self._clock.now())
        if isinstance(queued, Answer):
            return queued
        ticket, delivery = queued
        self._outbox.wake()
        latest = await self._outbox.wait_until_finished(delivery, _VENDOR_SECONDS)
        if latest.state is State.DONE:
            return Answer(text=answers.done(ticket.number, wanted))
        if latest.state is State.FAILED:
            return Answer(text=answers.failed(ticket.number, latest.error or ""))
        return Answer(text=answers.under_way(ticket.number, wanted, self._rules.stores[ticket.store].vendor_label))

    def _queue_status(
        self, tx: Transaction, ask: Ask, wanted: Status, by: str, now: datetime
    ) -> Answer | tuple[TicketRow, DeliveryId]:
        ticket = _asked_ticket(tx, ask)
        if isinstance(ticket, Answer):
            return ticket
        store = self._rules.stores.get(ticket.store)
        if store is None:
            return Answer(text=notices.store_unknown(ticket.store))
        if ticket.forgotten:
            return Answer(text=notices.forgotten())
        pending = tx.one("status_in_progress", ticket=ticket.number)
        target = ticket.status if pending is None else delivery_row(pending).payload_as(StatusPayload).wanted
        if target is wanted:
            sentence = answers.already_so if pending is None else answers.already_under_way
            return Answer(text=sentence(ticket.number, wanted))
        capabilities = self._rules.capabilities[ticket.store]
        if ask.verb not in capabilities.verbs:
            instead = capabilities.instead.get(ask.verb, "")
            return Answer(text=answers.unsupported(store.vendor_label, wanted, instead))
        delivery = enqueue.status(tx, ticket, wanted, by, now)
        if delivery is None:
            raise LookupError("a status has no key that could collide")
        return ticket, delivery

    async def _stats(self, ask: Ask) -> Answer:
        stores = self.stores()
        chosen = [name for name in stores if ask.store is None or name == ask.store.strip().lower()]
        if not chosen:
            return Answer(text=answers.no_such_store(ask.store or "", stores))
        days = 7 if ask.days is None else ask.days
        if not 1 <= days <= _MAX_DAYS:
            return Answer(text=answers.days_out_of_range())
        now = self._clock.now()
        names = [name for name in self._rules.stores if name in chosen]
        found = [await self._database.read(figures, name, days, now) for name in sorted(names)]
        counted = await asyncio.gather(*(self._vendor_counts(name) for name in sorted(names)))
        text = "\n".join([answers.figures_as_of(now), *filter(None, counted)])
        return Answer(text=text, table=table(found))

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

    async def _reveal(self, ask: Ask) -> Answer:
        """The whole address, to the asker alone. Who asked for whose is logged, the address is not."""
        ticket = await self._database.read(_asked_ticket, ask)
        if isinstance(ticket, Answer):
            return ticket
        _log.info("address shown", ticket=ticket.number, store=ticket.store, chat=ask.place.chat, agent=ask.agent.id)
        email = ticket.customer.email
        return Answer(text=answers.address(ticket.number, email) if email else answers.no_address(ticket.number))

    async def _send(self, ask: Ask) -> Answer:
        if ask.message is None:
            return Answer(text=answers.not_in_a_thread())
        answer = await self._database.write(self._queue_reply, ask.message, self._clock.now())
        self._outbox.wake()
        return answer

    def _queue_reply(self, tx: Transaction, said: Said, now: datetime) -> Answer:
        link = record_said(tx, said)
        if link is None:
            return Answer(text=answers.not_in_a_thread())
        route_link(tx, link, self._rules, now, None)
        found = tx.one("message_by_chat_id", link=link.id, chat_message=said.message)
        ticket_found = tx.one("ticket", number=link.ticket)
        if found is None or ticket_found is None:
            raise LookupError("a message that was just recorded is not there")
        message, ticket = message_row(found), ticket_row(ticket_found)
        if message.purpose is Purpose.REPLY:
            reply = tx.one("reply_of_message", message=message.id)
            retried = reply is not None and retry(tx, DeliveryId(reply["id"]), now)
            return Answer(text=answers.sending() if retried else answers.already_sent())
        # Send the text that the message has now: an edit may have been missed.
        text = clean(said.text)
        note = note_text(text, self._rules)
        route = reply_route(replace(message, text=text if note is None else note), ticket, self._rules)
        if route.refused:
            return Answer(text=notices.reply_failed(route.refused))
        tx.run("route_message", id=message.id, purpose=Purpose.REPLY, text=route.text, now=to_ms(now))
        enqueue.reply(tx, ticket, message.id, now, now, requested=True)
        marks.enqueue_mark(tx, message, now)
        if route.line:
            enqueue.line(tx, link, route.line, now)
        return Answer(text=answers.sending())


def _asked_ticket(tx: Transaction, ask: Ask) -> TicketRow | Answer:
    """The ticket that was named, or else the thread's ticket; an `Answer` if there is none."""
    if ask.ticket is None or not ask.ticket.strip():
        link = find_link(tx, ask.place)
        if link is None:
            return Answer(text=answers.which_ticket())
        number: int = link.ticket
    else:
        typed = re.fullmatch(r"#?\s*([0-9]{1,12})", ask.ticket.strip())
        if typed is None:
            return Answer(text=answers.no_such_ticket(ask.ticket.strip()[:40]))
        number = int(typed[1])
    row = tx.one("ticket", number=number)
    if row is None or not row["followed"]:
        return Answer(text=answers.no_such_ticket(f"#{number}"))
    return ticket_row(row)


def _choices(tx: Transaction, status: Status, typed: str, place: Place, *, masks_emails: bool) -> list[Choice]:
    link = find_link(tx, place)
    here = 0 if link is None else link.ticket
    rows = tx.all("tickets_to_choose", status=status, typed=typed.strip().lstrip("#").strip().lower(), here=here)
    tickets = [ticket_row(row) for row in rows]
    shown = [masked_ticket(ticket) if masks_emails else ticket for ticket in tickets]
    return [Choice(ticket.number, title(ticket)) for ticket in shown]
