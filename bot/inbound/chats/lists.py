"""Lists of tickets that somebody asks for: `/tickets`; only of the stores on whose tickets they may act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import TicketRow
from bot.inbound.chats.choices import Choices
from bot.inbound.chats.refusals import Refusals
from bot.model import Answer, Ask, Button, ChatName, Listing, Place, Row, Verb
from bot.ports import Chat
from bot.tickets.day import queue
from bot.tickets.day.queue import Page, Which
from bot.tickets.holders import holder
from bot.tickets.links import address_of
from bot.tickets.people import chat_id, ids_of
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers
from bot.wording import lists as wording
from bot.wording.cards import title
from bot.wording.masking import masked_ticket


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
        """The page of `/tickets` that is asked for. Raises what `Chat.writable` raises."""
        allowed = await self._choices.open_stores(ask.place, ask.agent, ask.door)
        if not allowed:
            return Answer(text=answers.not_allowed())
        which, store = _asked(ask.words)
        chosen = {name: places for name, places in allowed.items() if store in ("", name)}
        if not chosen:
            self._refusals.add(ask.place.chat, ask.door)
            return Answer(text=answers.no_such_list(store, tuple(Which), sorted(allowed)))
        mine = ids_of(self._rules.colleagues, chat_id(ask.place.chat, ask.agent.id))

        def work(tx: Transaction) -> tuple[Page, list[Row]]:
            found = queue.page(tx, which, ask.place.chat, chosen, mine, ask.page)
            return found, [self._row(tx, ticket, ask.place.chat, chosen[ticket.store]) for ticket in found.tickets]

        page, rows = await self._database.read(work)
        words = f"{which} {store}".strip()
        more = (page.number + 1) * queue.PAGE < page.total
        return Answer(
            text=wording.head(which, page.total, page.number * queue.PAGE + 1, len(rows)),
            listing=Listing(wording.HEADINGS, tuple(rows)),
            buttons=page_buttons(Verb.TICKETS, page.number, words, more=more),
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


def _asked(words: str) -> tuple[Which, str]:
    """Which list, and of which store, in either order: `mine main`, `main mine`; both may be left out."""
    typed = words.lower().split()
    which = next((word for word in typed if word in set(Which)), Which.WAITING)
    if which in typed:
        typed.remove(which)
    return Which(which), " ".join(typed)
