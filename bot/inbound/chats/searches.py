"""What agents look up: tickets by words, and what became of a ticket's messages. Nothing is changed by that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import DeliveryRow, LinkRow, delivery_row, require
from bot.inbound.chats.choices import Choices
from bot.inbound.chats.lists import page_buttons
from bot.inbound.chats.ticket_lookup import look_up
from bot.inbound.chats.which_ticket import Subject, pointed_link
from bot.model import (
    Answer,
    Ask,
    ChatName,
    Kind,
    LinePayload,
    Listing,
    Place,
    Pointed,
    Row,
    StoreName,
    TicketNumber,
    Verb,
)
from bot.ports import Chat
from bot.tickets.links import address_of, is_being_opened
from bot.tickets.lookup.account import account
from bot.tickets.lookup.finding import PAGE, Found, Scope
from bot.tickets.lookup.history import MessageHistory, read_ticket, shown_in
from bot.tickets.lookup.next_steps import Names, chat_advice, vendor_advice
from bot.tickets.lookup.searched_words import words_of
from bot.tickets.lookup.why import screen, ticket_lines
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers, steps
from bot.wording.cards import title
from bot.wording.lists import complete_or_not

_NOTE = "🔒 "
_LATEST = 50
"""Of a ticket's messages, so many are looked at; those that are older are counted."""


class Searches:
    """Answers `/find` and `/why`."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Clock,
        *,
        chats: Mapping[ChatName, Chat],
        choices: Choices,
        is_caught_up: Callable[[ChatName], bool],
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._chats = chats
        self._choices = choices
        self._is_caught_up = is_caught_up

    async def find(self, ask: Ask) -> Answer:
        """A page of the tickets that have the words, of those that the asker may see. Raises as `listed_stores`."""
        seen = await self._choices.listed_stores(ask.place, ask.agent, ask.door)
        allowed = seen.stores
        if not allowed:
            return Answer(text=answers.not_allowed())
        words, page = words_of(ask.words), max(0, ask.page)
        if not words.words:
            return Answer(text=answers.what_to_find(ask.words))
        scope = Scope(chat=ask.place.chat, channels=allowed, masks_emails=self._rules.masks_emails)
        found = await look_up(self._database, words, scope, page)
        if not found.found:
            text = answers.no_more_found(str(words)) if page else answers.not_found(str(words), left_out=words.left_out)
            buttons = page_buttons(Verb.FIND, page, str(words), more=False)
            return Answer(text=complete_or_not(text, seen.unknown), buttons=buttons)
        rows = await self._database.look_up(self._rows, found.found, ask.place.chat, allowed)
        first = page * PAGE + 1
        text = answers.found(
            str(words), first=first, last=first + len(rows) - 1, more=found.more, left_out=words.left_out
        )
        listing = Listing((answers.TICKET, answers.FOUND_IN), rows)
        buttons = page_buttons(Verb.FIND, page, str(words), more=found.more)
        return Answer(text=complete_or_not(text, seen.unknown), listing=listing, buttons=buttons)

    async def why(self, ask: Ask, subject: Subject) -> Answer:
        """What became of the message that is pointed at, or of the ticket's latest ones. The asker may act on it."""
        in_sync = self._is_caught_up(ask.place.chat)
        lines = await self._database.look_up(self._why, ask, subject.ticket, self._clock.now(), in_sync=in_sync)
        return Answer(text="\n".join(lines))

    def _why(self, tx: Transaction, ask: Ask, number: TicketNumber, now: datetime, *, in_sync: bool) -> list[str]:
        names = self._names(tx, number)
        if ask.pointed is None:
            return ticket_lines(read_ticket(tx, number, _LATEST), names, now)
        link = require(pointed_link(tx, ask.place, ask.pointed))
        shown = shown_in(tx, link, ask.pointed.message)
        if isinstance(shown, MessageHistory):
            return screen(account(shown, read_ticket(tx, number, 0, about=shown), names, now).lines())
        if shown is not None and shown.kind is Kind.LINE:
            return [steps.own_line(shown.finished_at or shown.created_at, _asked_about(tx, shown, names, now))]
        if shown is not None or ask.pointed.message in (link.card, link.thread):
            return ticket_lines(read_ticket(tx, number, _LATEST), names, now)
        return [self._why_not_recorded(tx, link, ask.pointed, in_sync=in_sync)]

    def _why_not_recorded(self, tx: Transaction, link: LinkRow, pointed: Pointed, *, in_sync: bool) -> str:
        if not pointed.by_person:
            return steps.by_program()
        incident = tx.one("channel_incident", chat=link.chat, channel=link.channel)
        if incident is not None and incident["unreadable"]:
            return steps.unreadable(incident["incident"])
        return steps.never_read() if in_sync and not is_being_opened(tx, link) else steps.not_read_yet()

    def _names(self, tx: Transaction, number: TicketNumber) -> Names:
        store = StoreName(require(tx.one("ticket", number=number))["store"])
        return Names(
            vendor=self._rules.stores[store].vendor_label,
            chats=self._rules.chat_labels,
            note_prefixes=self._rules.note_prefixes,
            masks_emails=self._rules.masks_emails,
        )

    def _rows(
        self,
        tx: Transaction,
        found: Sequence[Found],
        chat: ChatName,
        allowed: Mapping[StoreName, Sequence[Place]],
    ) -> tuple[Row, ...]:
        return tuple(
            Row(
                title=title(each.ticket),
                address=address_of(tx, each.ticket.number, allowed[each.ticket.store], self._chats[chat].address),
                cells=((_NOTE if each.is_note else "") + each.line,),
            )
            for each in found
        )


def _asked_about(tx: Transaction, line: DeliveryRow, names: Names, now: datetime) -> str:
    """What to do about the delivery for which a line of ours has buttons; empty: nothing, or there is none."""
    asked = next((each.delivery for each in line.payload_as(LinePayload).buttons if each.delivery is not None), None)
    row = None if asked is None else tx.one("delivery", id=asked)
    if row is None:
        return ""
    delivery = delivery_row(row)
    advice = chat_advice if delivery.kind in (Kind.POST, Kind.OPEN) else vendor_advice
    ticket = read_ticket(tx, require(line.ticket), 0)
    return names.shown(advice(delivery, ticket, names, now))
