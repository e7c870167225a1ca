"""What people can choose from while they type a command: tickets and stores, only those on which they may act."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from bot.db.connection import Database, Transaction
from bot.db.rows import TicketRow, require, ticket_row
from bot.inbound.chats.listed_stores import ListedStores
from bot.inbound.chats.refusals import Refusals
from bot.inbound.chats.ticket_lookup import look_up_all
from bot.inbound.chats.usable_places import Seen, stores_seen_by
from bot.model import Agent, Answer, ChatName, Choice, Door, Place, Status, StoreName, Verb
from bot.ports import MOST_CHOICES, Chat
from bot.tickets.links import find_link
from bot.tickets.lookup.finding import Scope
from bot.tickets.lookup.searched_words import words_of
from bot.tickets.people import chat_id, ids_of
from bot.tickets.rights import places_to_ask
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers
from bot.wording.cards import title
from bot.wording.masking import masked_ticket

_STATUSES = {
    Verb.CLOSE: (Status.OPEN,),
    Verb.REOPEN: (Status.CLOSED,),
    Verb.TAKE: (Status.OPEN,),
    Verb.RELEASE: (Status.OPEN,),
    Verb.ASSIGN: (Status.OPEN,),
    Verb.SNOOZE: (Status.OPEN,),
    Verb.NOTE: (Status.OPEN,),
    Verb.REPLY: (Status.OPEN,),
    Verb.SNIPPET: (Status.OPEN,),
    Verb.WHY: (Status.OPEN, Status.CLOSED),
}
"""Which tickets each command is offered."""


class Choices:
    """Finds what somebody can choose from."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        chats: Mapping[ChatName, Chat],
        refusals: Refusals,
        listed: ListedStores,
    ) -> None:
        self._database = database
        self._listed = listed
        self._rules = rules
        self._chats = chats
        self._refusals = refusals

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        """Tickets to choose from; the contract is `bot.ports.Intake.choices`."""
        if verb not in _STATUSES:
            return ()
        allowed = (await self.listed_stores(place, agent, Door.COMPLETION)).stores
        typed = typed.strip().lstrip("#").strip()
        found = await self._found(verb, typed, place.chat, allowed) if typed else None
        return await self._database.look_up(self._choices, verb, typed, place, allowed, agent, found)

    async def stores(self, place: Place, agent: Agent) -> Sequence[str]:
        """Stores to choose from; the contract is `bot.ports.Intake.stores`."""
        return sorted(await self.open_stores(place, agent, Door.COMPLETION))

    def refusal(self, chat: ChatName, agent: Agent, door: Door) -> Answer | None:
        """What is told who is an agent of no store; the contract is `bot.ports.Intake.refusal`."""
        if places_to_ask(agent, self._rules.stores.values(), chat):
            return None
        self._refusals.add(chat, door)
        return Answer(text=answers.not_allowed())

    async def open_stores(self, place: Place, agent: Agent, door: Door) -> Mapping[StoreName, tuple[Place, ...]]:
        """The stores that a person may see here, with the channels that make it so. Raises as `stores_seen_by`."""
        return (await self.seen_stores(place, agent, door)).stores

    async def seen_stores(self, place: Place, agent: Agent, door: Door) -> Seen:
        """The same, and whether there may be more. Raises as `stores_seen_by`."""
        seen = await stores_seen_by(agent, self._chats[place.chat], self._rules)
        if not seen.stores:
            self._refusals.add(place.chat, door)
        return seen

    async def listed_stores(self, place: Place, agent: Agent, door: Door) -> Seen:
        """
        The stores of which a person sees tickets in lists here, with the channels in which these are.

        Those are more than `seen_stores` says where the settings named other channels before. Raises as it does.
        """
        seen = await self._listed.seen_by(agent, self._chats[place.chat])
        if not seen.stores:
            self._refusals.add(place.chat, door)
        return seen

    def _choices(
        self,
        tx: Transaction,
        verb: Verb,
        typed: str,
        place: Place,
        allowed: Mapping[StoreName, Sequence[Place]],
        agent: Agent,
        found: Sequence[TicketRow] | None,
    ) -> list[Choice]:
        """
        The ticket of this thread first, then those whose number begins with what was typed, then the latest.

        Args:
            found: What has the words that were typed; None: none were.
        """
        link = find_link(tx, place)
        here = 0 if link is None else link.ticket
        mine = ids_of(self._rules.colleagues, chat_id(place.chat, agent.id)) if verb is Verb.RELEASE else None
        if found is None:
            statuses = _STATUSES[verb]
            found = [each for status in statuses for each in self._latest(tx, status, place.chat, allowed, here, mine)]
        tickets = [each for each in found if mine is None or each.taken_by in mine]
        # What is found is in the order of how well it matches, and sorting keeps that.
        tickets.sort(key=lambda ticket: (ticket.number != here, not typed or not str(ticket.number).startswith(typed)))
        return [Choice(ticket.number, title(ticket)) for ticket in tickets[:MOST_CHOICES]]

    async def _found(
        self, verb: Verb, typed: str, chat: ChatName, allowed: Mapping[StoreName, Sequence[Place]]
    ) -> list[TicketRow]:
        """Those that have the words. Nothing is found by an address that is not shown here."""
        found: list[TicketRow] = []
        for status in _STATUSES[verb]:
            masks = self._rules.masks_emails
            scope = Scope(chat=chat, channels=allowed, status=status, masks_emails=masks, has_addresses=False)
            found += await look_up_all(self._database, words_of(typed), scope)
        return found

    def _latest(
        self,
        tx: Transaction,
        status: Status,
        chat: ChatName,
        allowed: Mapping[StoreName, Sequence[Place]],
        here: int,
        mine: Sequence[str] | None,
    ) -> list[TicketRow]:
        found: list[int] = []
        for store, places in allowed.items():
            channels = json.dumps([each.channel for each in places])
            taken_by = None if mine is None else json.dumps(mine)
            rows = tx.all(
                "latest_tickets",
                store=store,
                chat=chat,
                channels=channels,
                status=status,
                here=here,
                taken_by=taken_by,
                most=MOST_CHOICES,
            )
            found += [row["number"] for row in rows]
        latest = sorted(found, key=lambda number: (number != here, -number))[:MOST_CHOICES]
        tickets = [ticket_row(require(tx.one("ticket", number=number))) for number in latest]
        return [masked_ticket(ticket) for ticket in tickets] if self._rules.masks_emails else tickets
