"""
What became of one message: each step with its time, the whole in a few words, and what to do next. Pure.

It follows from what is recorded: when the message was seen and what it was taken for, what was tried and answered, and
where it arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.db.rows import DeliveryRow, LinkRow, MessageRow
from bot.model import Author, Kind, Purpose, State
from bot.text.audience import ForBot, audience
from bot.text.names import name_of
from bot.tickets.command_words import has_more_than_command, is_doubtful, nearest_command, typed_command
from bot.tickets.lookup.history import MessageHistory, TicketHistory
from bot.tickets.lookup.next_steps import Names, chat_advice, vendor_advice, where_of
from bot.wording import advice, steps


@dataclass(frozen=True, slots=True)
class Step:
    """
    Something that happened to a message.

    Attributes:
        at: None where the time is not known, or still to come.
        is_beside: Whether it says nothing of what became of the message itself: a mark, or where else it is shown.
    """

    at: datetime | None
    text: str
    is_beside: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """
    What became of one message.

    Attributes:
        label: Who wrote it, and how it begins.
        outcome: The same in a few words, behind that.
        advice: What to do next.
        is_settled: Whether nothing has to be done: at most something can be.
    """

    about: str
    day: datetime
    steps: tuple[Step, ...]
    label: str
    outcome: str
    advice: str
    is_settled: bool

    def lines(self) -> list[str]:
        """For people; what to do stands last."""
        return [self.about, *(line(step, self.day) for step in self.steps), steps.to_do(self.advice)]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "about": self.about,
            "steps": [
                {"at": None if each.at is None else each.at.isoformat(), "step": each.text} for each in self.steps
            ],
            "settled": self.is_settled,
            "next": self.advice,
        }


def account(history: MessageHistory, ticket: TicketHistory, names: Names, now: datetime) -> Account:
    """Everything that is recorded of one message."""
    return _Telling(history, ticket, names, now).account()


def line(step: Step, day: datetime) -> str:
    """A step behind its time; one without a time has a dash there."""
    return f"– {step.text}" if step.at is None else f"{steps.clock(step.at, day)} {step.text}"


@dataclass(frozen=True, slots=True)
class _Telling:
    history: MessageHistory
    ticket: TicketHistory
    names: Names
    now: datetime

    @property
    def message(self) -> MessageRow:
        return self.history.message

    def account(self) -> Account:
        message = self.message
        # A vendor's error and a line that asks may quote an address.
        every = (replace(step, text=self.names.shown(step.text)) for step in self._steps())
        found = sorted(every, key=lambda step: step.at or self.now)
        next_step = self.names.shown(self._advice())
        settled = self._settled()
        who, text = self._who(), self.names.shown(message.text)
        last = next((step.text for step in reversed(found) if not step.is_beside), "")
        return Account(
            about=steps.about_message(message.ticket, who, message.written_at, text),
            day=message.written_at,
            steps=tuple(found),
            label=steps.label(who, text),
            outcome=steps.of(steps.label(who, text), last),
            advice=next_step or settled,
            is_settled=not next_step or self._is_talk(),
        )

    def _is_talk(self) -> bool:
        """Whether it is talk of the team's, which waits for nothing; it can still be sent."""
        return self.message.purpose is Purpose.TALK and self.message.can_reply and self.message.routed

    def _who(self) -> str:
        message = self.message
        customer = self.ticket.ticket.customer.name if message.author is Author.CUSTOMER else None
        name = name_of(message.author_name, customer, length=40)
        return steps.who_wrote(message.author, self.names.shown(name), is_agent=message.link is not None)

    def _steps(self) -> Iterator[Step]:
        message = self.message
        origin = self._link(message.link)
        where = self.names.vendor if origin is None else self._where(origin)
        yield Step(message.written_at, steps.written(where, at_vendor=origin is None))
        yield from self._routing()
        if message.id == self.ticket.on_cards:
            for link in self.ticket.links:
                if link.thread is not None:
                    yield Step(None, steps.on_card(self._where(link)))
        for each in self.history.deliveries:
            yield from self._delivery(each)
        if message.deleted:
            yield Step(message.deleted_at, steps.deleted(self._reply_state()))
        if message.edited_text is not None and message.edited_text != message.text and not message.deleted:
            yield Step(None, steps.edited())
        if message.erased:
            yield Step(None, steps.erased(), is_beside=True)

    def _routing(self) -> Iterator[Step]:
        message = self.message
        if not message.routed:
            yield Step(None, steps.not_routed())
        elif message.purpose is Purpose.VENDOR:
            yield Step(message.routed_at, steps.seen_at_vendor())
            if not message.is_public:
                yield Step(message.routed_at, steps.not_public())
        else:
            yield Step(message.routed_at, steps.routed(message.purpose))
            if not message.can_reply:
                yield Step(message.routed_at, steps.author_refused())

    def _delivery(self, each: DeliveryRow) -> Iterator[Step]:
        if each.kind is Kind.MARK:
            yield from self._mark(each)
            return
        to_vendor = each.kind in (Kind.REPLY, Kind.NOTE)
        where = self.names.vendor if to_vendor else self._where(self._link(each.link))
        if each.state is State.HELD:
            yield Step(each.created_at, steps.held(self.ticket.held.get(each.id, "")))
            return
        if each.state is State.WAITING and each.begun_at is None and each.due_at > self.now:
            yield Step(each.due_at, steps.may_leave(where))
            return
        is_over = each.state in (State.DONE, State.DROPPED)
        is_beside = not to_vendor and is_over and self.message.purpose is not Purpose.VENDOR
        for step in attempt_steps(each, where, steps.tried if to_vendor else steps.tried_in):
            yield replace(step, is_beside=is_beside)
        if each.state is State.DONE:
            yield Step(each.finished_at, self._done(where) if to_vendor else steps.posted(where), is_beside)

    def _done(self, vendor: str) -> str:
        return steps.arrived_once(vendor) if self.message.erased else steps.arrived(vendor, self.message.vendor_id)

    def _mark(self, each: DeliveryRow) -> Iterator[Step]:
        where = self._where(self._link(each.link))
        if each.state is State.DONE:
            latest = self.history.latest(Kind.MARK)
            if latest is not None and latest.id == each.id:
                yield Step(each.finished_at, steps.marked(self.message.mark, where), is_beside=True)
        elif each.state is not State.DROPPED:
            yield Step(None, steps.mark_missing(where), is_beside=True)
            if each.error:
                yield Step(None, steps.answered(each.error), is_beside=True)

    def _advice(self) -> str:
        """What to do; empty: nothing."""
        message = self.message
        if message.erased or (message.deleted and self._reply_state() in (None, State.DROPPED)):
            return ""
        if not self.names.is_configured and self._unfinished():
            return advice.store_missing(self.ticket.ticket.store)
        if not message.routed:
            return advice.wait_for_older()
        for kind in (Kind.REPLY, Kind.NOTE):
            delivery = self.history.latest(kind)
            next_step = "" if delivery is None else vendor_advice(delivery, self.ticket, self.names, self.now)
            if next_step:
                return next_step
        for each in self.history.deliveries:
            next_step = chat_advice(each, self.ticket, self.names, self.now) if each.kind is Kind.POST else ""
            if next_step:
                return next_step
        return self._advice_on_talk() if message.purpose is Purpose.TALK else ""

    def _advice_on_talk(self) -> str:
        if not self.message.can_reply:
            return advice.add_agent()
        if self._reply_state() is State.DROPPED:
            return advice.send_again()
        if typed_command(self.message, self.names.note_prefixes) is not None:
            return ""
        if has_more_than_command(self.message, self.names.note_prefixes):
            return advice.command_not_alone()
        found = audience(self.message.text, self.names.note_prefixes)
        if isinstance(found, ForBot) and is_doubtful(found):
            return advice.no_command(nearest_command(found.word))
        return advice.send_it()

    def _settled(self) -> str:
        """Why nothing has to be done."""
        message = self.message
        if message.erased:
            return advice.nothing_erased()
        if message.purpose is Purpose.NOTE:
            return advice.nothing_note()
        if message.purpose is Purpose.VENDOR:
            return advice.nothing_shown() if self.ticket.ticket.followed else advice.nothing_not_followed()
        if self._reply_state() is State.DONE:
            return advice.nothing_arrived()
        if message.deleted:
            return advice.nothing_deleted()
        return advice.nothing_discarded() if self._reply_state() is State.DROPPED else advice.nothing_command()

    def _reply_state(self) -> State | None:
        reply = self.history.latest(Kind.REPLY)
        return None if reply is None else reply.state

    def _unfinished(self) -> bool:
        return any(each.state not in (State.DONE, State.DROPPED) for each in self.history.deliveries)

    def _link(self, link: int | None) -> LinkRow | None:
        return next((each for each in self.ticket.links if each.id == link), None)

    def _where(self, link: LinkRow | None) -> str:
        return "" if link is None else where_of(link, self.ticket, self.names)


def attempt_steps(each: DeliveryRow, where: str, tried: Callable[[str, int], str]) -> Iterator[Step]:
    """What was tried of a delivery and what came of it, short of its success."""
    if each.requested:
        yield Step(each.created_at, steps.queued_again())
    if each.begun_at is not None:
        yield Step(each.begun_at, tried(where, max(1, each.attempts)))
    if each.late_since is not None:
        yield Step(each.late_since, steps.kept_back())
    if each.reconcile_attempts and each.state is not State.DONE:
        yield Step(None, steps.looked_for(where, each.reconcile_attempts))
    if each.error and each.state is State.DONE:
        yield Step(each.begun_at, steps.answered_before(each.error))
    elif each.error:
        yield Step(each.finished_at if each.state is State.FAILED else None, steps.answered(each.error))
    yield from _state_step(each, where)


def _state_step(each: DeliveryRow, where: str) -> Iterator[Step]:
    match each.state:
        case State.FAILED:
            yield Step(each.finished_at, steps.failed(where, in_doubt=each.in_doubt))
        case State.DROPPED:
            at_vendor = each.kind in (Kind.REPLY, Kind.NOTE)
            yield Step(each.finished_at, steps.dropped(where, at_vendor=at_vendor))
        case State.UNCERTAIN:
            yield Step(None, steps.uncertain(where))
        case State.BEGUN:
            yield Step(None, steps.under_way(where))
        case State.WAITING:
            yield Step(None, steps.waits(where))
        case _:
            pass
