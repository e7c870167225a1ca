"""
The pages that agents have in a chat (Slack's App Home): what stands there, and that it stays true.

A page is shown when it is opened and when a button on it was pressed. While somebody may be looking at it, it is looked
over every few seconds, and shown again if it would look otherwise; however much changes in between, that is one
request. After that it is emptied: nobody would take off it what is forgotten, or what somebody may not see any more.
So is a page after which too many others were opened to look over all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import TicketRow, from_ms, to_ms
from bot.errors import Forbidden, Rejected, RemoteError
from bot.inbound.chats.listed_stores import ListedStores
from bot.inbound.isolation import defects_as_unavailable
from bot.model import Agent, AgentId, Answer, Button, ChatName, Home, HomeSection, HomeTicket, Place, StoreName, Verb
from bot.ports import CanShowHome, Chat
from bot.tickets.day import queue
from bot.tickets.day.queue import Which
from bot.tickets.holders import holder
from bot.tickets.links import address_of
from bot.tickets.people import chat_id, ids_of
from bot.tickets.rules_from_settings import Rules
from bot.wording import lists as wording
from bot.wording.cards import buttons, moment, status_text, title
from bot.wording.masking import masked_ticket

_log = structlog.get_logger(__name__)

_EVERY_SECONDS = 5.0
_LOOKED_AT = timedelta(hours=1)
"""For so long after somebody has opened their page, they may still be looking at it."""
_MOST_PAGES = 50
"""So many pages are looked over, those that were opened last: Slack takes a hundred requests a minute."""
_EMPTIED_AT_ONCE = 5
"""So many pages are emptied each time, so that those that somebody looks at do not wait for them."""
_EMPTIED_WITHIN = timedelta(days=1)
"""A page that cannot be emptied for so long is given up."""
_AMOUNTS = {Which.MINE: 10, Which.WAITING: 10, Which.SNOOZED: 5}
_ON_PAGE = frozenset({Verb.TAKE, Verb.RELEASE, Verb.SNOOZE, Verb.CLOSE})


@dataclass(frozen=True, slots=True)
class _Page:
    """Somebody's page that shows tickets, and when they last looked at it."""

    chat: ChatName
    agent: AgentId
    opened_at: datetime

    @property
    def key(self) -> tuple[ChatName, AgentId]:
        return self.chat, self.agent


@dataclass(frozen=True, slots=True)
class _Shown:
    """What somebody's page shows, and the stores that they saw then."""

    home: Home
    stores: frozenset[StoreName]


class Homes:
    """Shows agents their pages, in the chats that have such pages."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Clock,
        chats: Mapping[ChatName, Chat],
        listed: ListedStores,
    ) -> None:
        self._database = database
        self._listed = listed
        self._rules = rules
        self._clock = clock
        self._chats = chats
        self._shown: dict[tuple[ChatName, AgentId], _Shown] = {}
        # A page is read and shown by one at a time, so that none that was read before takes the place of a later one.
        self._turns: WeakValueDictionary[tuple[ChatName, AgentId], asyncio.Lock] = WeakValueDictionary()
        self._opened = asyncio.Event()
        self._failing: dict[tuple[ChatName, AgentId], str] = {}

    async def opened(self, chat: ChatName, agent: Agent, answer: Answer | None) -> None:
        """Somebody opened their page, or pressed a button there. Raises what `CanShowHome.show_home` raises."""
        async with self._turn(chat, agent.id):
            found = await self._home(chat, agent)
            # Nothing changes on the page of somebody who sees no list. All who are no agents could crowd out those
            # who are.
            if found.home.sections:
                await self._database.write(_note_opened, chat, agent.id, to_ms(self._clock.now()))
                self._opened.set()
            await self._show(chat, agent.id, replace(found, home=replace(found.home, answer=answer)))

    async def run(self) -> None:
        """Keep the pages true until cancelled."""
        while True:
            begun_at = self._clock.monotonic()
            if not await self._look_over():
                self._opened.clear()
                await self._opened.wait()
                begun_at = self._clock.monotonic()
            # With many open tickets the lists take long to read. Others want something of the database, too.
            await self._clock.sleep(max(_EVERY_SECONDS, self._clock.monotonic() - begun_at))

    async def _look_over(self) -> bool:
        """Returns whether there are pages with tickets on them."""
        rows = await self._database.read(lambda tx: tx.all("homes"))
        pages = [_Page(ChatName(row["chat"]), AgentId(row["agent"]), from_ms(row["opened_at"])) for row in rows]
        now = self._clock.now()
        watched = [page for page in pages if page.opened_at > now - _LOOKED_AT][:_MOST_PAGES]
        self._shown = {key: shown for key, shown in self._shown.items() if key in {page.key for page in watched}}
        before, self._failing = self._failing, {}
        old = pages[len(watched) :]
        work = [(page, self._show_again) for page in watched]
        work += [(page, self._empty) for page in old[-_EMPTIED_AT_ONCE:]]
        for page, show in work:
            try:
                with defects_as_unavailable("a page"):
                    await show(page)
            except RemoteError as error:
                if isinstance(error, Forbidden | Rejected) or page.opened_at <= now - _EMPTIED_WITHIN:
                    _log.info("page given up", chat=page.chat, agent=page.agent, reason=error.user_message)
                    await self._database.write(_forget, page)
                    continue
                self._failing[page.key] = error.user_message
                if before.get(page.key) != error.user_message:
                    _log.info(
                        "page not brought up to date", chat=page.chat, agent=page.agent, reason=error.user_message
                    )
        return bool(pages)

    async def _show_again(self, page: _Page) -> None:
        chat, agent = page.key
        shows = self._chats.get(chat)
        if not isinstance(shows, CanShowHome):
            return
        async with self._turn(chat, agent):
            before = self._shown.get((chat, agent))
            found = await self._home(chat, await shows.person(agent))
            # It may be about a ticket of a store that they may not see any more.
            answer = before.home.answer if before is not None and before.stores <= found.stores else None
            await self._show(chat, agent, replace(found, home=replace(found.home, answer=answer)))

    async def _empty(self, page: _Page) -> None:
        """Take the tickets off a page, unless it was opened meanwhile."""
        shows = self._chats.get(page.chat)
        async with self._turn(*page.key):
            row = await self._database.read(lambda tx: tx.one("home", chat=page.chat, agent=page.agent))
            if row is None or from_ms(row["opened_at"]) != page.opened_at:
                return
            if isinstance(shows, CanShowHome):
                await shows.show_home(page.agent, Home(counts=wording.OLD_PAGE, sections=()))
            await self._database.write(_forget, page)

    def _turn(self, chat: ChatName, agent: AgentId) -> asyncio.Lock:
        return self._turns.setdefault((chat, agent), asyncio.Lock())

    async def _show(self, chat: ChatName, agent: AgentId, wanted: _Shown) -> None:
        shows = self._chats[chat]
        if isinstance(shows, CanShowHome) and self._shown.get((chat, agent)) != wanted:
            self._shown.pop((chat, agent), None)
            await shows.show_home(agent, wanted.home)
            self._shown[chat, agent] = wanted

    async def _home(self, chat: ChatName, agent: Agent) -> _Shown:
        """What the page must show now: only tickets on which this person may act."""
        seen = await self._listed.seen_by(agent, self._chats[chat])
        if not seen.stores:
            return _Shown(Home(counts=wording.NO_PAGE, sections=()), frozenset())
        home = await self._database.look_up(self._read, chat, agent, seen.stores)
        counts = wording.complete_or_not(home.counts, seen.unknown)
        return _Shown(replace(home, counts=counts), frozenset(seen.stores))

    def _read(
        self, tx: Transaction, chat: ChatName, agent: Agent, allowed: Mapping[StoreName, Sequence[Place]]
    ) -> Home:
        mine = ids_of(self._rules.colleagues, chat_id(chat, agent.id))
        found = {which: queue.page(tx, which, chat, allowed, mine, 0, size) for which, size in _AMOUNTS.items()}
        counts = wording.counts({which.value: page.total for which, page in found.items()})
        sections = tuple(
            HomeSection(
                heading=wording.SECTIONS[which],
                tickets=tuple(self._ticket(tx, each, chat, allowed[each.store], mine) for each in page.tickets),
                rest=wording.rest(which, page.total - len(page.tickets), page.total),
            )
            for which, page in found.items()
            if page.total or which is not Which.SNOOZED
        )
        return Home(counts=counts, sections=sections)

    def _ticket(
        self, tx: Transaction, ticket: TicketRow, chat: ChatName, places: Sequence[Place], mine: Sequence[str]
    ) -> HomeTicket:
        has = holder(ticket, self._rules)
        shown = masked_ticket(ticket) if self._rules.masks_emails else ticket
        standing = queue.standing(ticket)
        offered = buttons(ticket, self._rules.capabilities[ticket.store])
        return HomeTicket(
            title=title(shown),
            address=address_of(tx, ticket.number, places, self._chats[chat].address),
            about=status_text(standing, ticket.status, None, has.name if has else "", gone=ticket.gone),
            moment=moment(ticket, standing),
            buttons=tuple(_own(button, ticket, mine) for button in offered if button.verb in _ON_PAGE),
        )


def _own(button: Button, ticket: TicketRow, mine: Sequence[str]) -> Button:
    """The card's button as it is on somebody's own page: they take over what another one has, and cannot release it."""
    if button.verb is not Verb.RELEASE or ticket.taken_by in mine:
        return button
    return replace(button, verb=Verb.TAKE, label="Take")


def _forget(tx: Transaction, page: _Page) -> None:
    """Nobody has to look after a page any more: it shows no tickets, or never will be shown again."""
    tx.run("delete_home", chat=page.chat, agent=page.agent)


def _note_opened(tx: Transaction, chat: ChatName, agent: AgentId, now: int) -> None:
    tx.run("set_home_opened", chat=chat, agent=agent, now=now)
