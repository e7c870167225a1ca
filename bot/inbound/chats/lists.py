"""Lists of tickets that somebody asks for: `/tickets`; only of the stores on whose tickets they may act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import TicketRow
from bot.inbound.chats.choices import Choices
from bot.inbound.chats.refusals import Refusals
from bot.model import Answer, Ask, Button, ChatName, Listing, Place, Row, Verb
from bot.ports import Chat
from bot.text import units
from bot.tickets.day import queue
from bot.tickets.day.list_edges import Edge, edge_of, read_edge
from bot.tickets.day.queue import Page, Which
from bot.tickets.holders import holder
from bot.tickets.links import address_of
from bot.tickets.people import chat_id, ids_of
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers
from bot.wording import lists as wording
from bot.wording.cards import title
from bot.wording.masking import masked_ticket

_BUTTON_WORDS = 60
"""So much a button can carry."""


class Lists:
    """Answers with pages of tickets, each a link to its thread in the asker's chat."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Clock,
        *,
        chats: Mapping[ChatName, Chat],
        choices: Choices,
        refusals: Refusals,
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._chats = chats
        self._choices = choices
        self._refusals = refusals

    async def tickets(self, ask: Ask) -> Answer:
        """The page of `/tickets` that is asked for. Raises as `Choices.listed_stores`."""
        seen = await self._choices.listed_stores(ask.place, ask.agent, ask.door)
        allowed = seen.stores
        if not allowed:
            return Answer(text=answers.not_allowed())
        which, store, edge = _asked(ask.words)
        chosen = {name: places for name, places in allowed.items() if store in ("", name)}
        if not chosen:
            self._refusals.add(ask.place.chat, ask.door)
            return Answer(text=answers.no_such_list(store, tuple(Which), sorted(allowed)))
        mine = ids_of(self._rules.colleagues, chat_id(ask.place.chat, ask.agent.id))

        def work(tx: Transaction) -> tuple[Page, list[Row]]:
            found = queue.page(tx, which, ask.place.chat, chosen, mine, edge or ask.page)
            return found, [self._row(tx, ticket, ask.place.chat, chosen[ticket.store]) for ticket in found.tickets]

        page, rows = await self._database.look_up(work)
        return Answer(
            text=wording.complete_or_not(wording.head(which, page.total, page.first + 1, len(rows)), seen.unknown),
            listing=Listing(wording.HEADINGS, tuple(rows)),
            buttons=_turning(page, f"{which} {store}".strip()),
        )

    def _row(self, tx: Transaction, ticket: TicketRow, chat: ChatName, places: Sequence[Place]) -> Row:
        has = holder(ticket, self._rules)
        shown = masked_ticket(ticket) if self._rules.masks_emails else ticket
        waits = wording.waits(queue.standing(ticket), ticket, self._clock.now())
        return Row(
            title=title(shown),
            address=address_of(tx, ticket.number, places, self._chats[chat].address),
            cells=(waits, has.name if has else wording.NOBODY),
        )


def page_buttons(verb: Verb, page: int, words: str = "", *, more: bool) -> tuple[Button, ...]:
    """To the pages before and after this one of a list, counted from 0; `more`: whether there is one after it."""
    back = (Button(verb=verb, label="Back", words=words, page=page - 1),) if page else ()
    onward = (Button(verb=verb, label="Next", words=words, page=page + 1),) if more else ()
    return back + onward


def _turning(page: Page, words: str) -> tuple[Button, ...]:
    """
    To the pages beside this one. They begin beside the tickets that are shown, whatever happens in between.

    Where a store's name is so long that a button cannot carry that, too, they are the pages by their numbers.
    """
    number = -(-page.first // queue.PAGE)
    by_number = page_buttons(Verb.TICKETS, number, words, more=page.first + len(page.tickets) < page.total)
    return tuple(replace(each, words=_at_edge(words, page, is_after=each.label == "Next")) for each in by_number)


def _at_edge(words: str, page: Page, *, is_after: bool) -> str:
    with_edge = f"{words} {edge_of(page.tickets[-1 if is_after else 0], is_after=is_after)}"
    return with_edge if units(with_edge) <= _BUTTON_WORDS else words


def _asked(words: str) -> tuple[Which, str, Edge | None]:
    """
    Which list, of which store, and where in it: `mine main`, `main mine`; all may be left out.

    Where, only our buttons say.
    """
    typed = words.lower().split()
    edge = read_edge(typed[-1]) if typed else None
    if edge is not None:
        typed.pop()
    which = next((word for word in typed if word in set(Which)), Which.WAITING)
    if which in typed:
        typed.remove(which)
    return Which(which), " ".join(typed), edge
