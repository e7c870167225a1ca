"""What people can choose from while they type a command: tickets and stores, only those on which they may act."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from bot.db.connection import Database, Transaction
from bot.db.rows import TicketRow, ticket_row
from bot.inbound.chats.refusals import Refusals
from bot.model import Agent, ChatName, Choice, Door, Place, Status, StoreName, Verb
from bot.ports import Chat
from bot.tickets.links import find_link
from bot.tickets.people import chat_id, holder, person_of
from bot.tickets.rights import open_stores, places_to_ask
from bot.tickets.rules import Rules
from bot.wording.cards import title
from bot.wording.masking import masked_ticket

# So many of the latest tickets of all stores together are searched for what somebody types in a picker.
_SEARCHED = 2_000
_CHOICES = 25
_STATUS = {
    Verb.CLOSE: Status.OPEN,
    Verb.REOPEN: Status.CLOSED,
    Verb.TAKE: Status.OPEN,
    Verb.RELEASE: Status.OPEN,
    Verb.ASSIGN: Status.OPEN,
    Verb.SNOOZE: Status.OPEN,
}
"""Which tickets each command is offered."""


class Choices:
    """Finds what somebody can choose from."""

    def __init__(self, database: Database, rules: Rules, chats: Mapping[ChatName, Chat], refusals: Refusals) -> None:
        self._database = database
        self._rules = rules
        self._chats = chats
        self._refusals = refusals

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        """Tickets to choose from; the contract is `bot.ports.Intake.choices`."""
        if verb not in _STATUS:
            return ()
        allowed = await self.open_stores(place, agent, Door.COMPLETION)
        return await self._database.read(self._find, verb, typed, place, allowed, agent)

    async def stores(self, place: Place, agent: Agent) -> Sequence[str]:
        """Stores to choose from; the contract is `bot.ports.Intake.stores`."""
        return sorted(await self.open_stores(place, agent, Door.COMPLETION))

    async def open_stores(self, place: Place, agent: Agent, door: Door) -> Mapping[StoreName, tuple[Place, ...]]:
        """The stores that a person may see here, with the channels that make it so. Raises what `writable` raises."""
        stores = self._rules.stores.values()
        places = places_to_ask(agent, stores, place.chat)
        writable = await self._chats[place.chat].writable(agent, places) if places else frozenset()
        allowed = open_stores(agent, stores, place.chat, writable)
        if not allowed:
            self._refusals.add(place.chat, door)
        return allowed

    def _find(
        self,
        tx: Transaction,
        verb: Verb,
        typed: str,
        place: Place,
        allowed: Mapping[StoreName, Sequence[Place]],
        agent: Agent,
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
                status=_STATUS[verb],
                typed=typed,
                here=here,
                most=_SEARCHED // len(allowed),
            )
        ]
        rows.sort(key=lambda row: (row["number"] != here, not str(row["number"]).startswith(typed), -row["number"]))
        tickets = [ticket_row(row) for row in rows]
        if verb is Verb.RELEASE:
            tickets = [ticket for ticket in tickets if self._has(place.chat, agent, ticket)]
        if self._rules.masks_emails:
            masked = [masked_ticket(ticket) for ticket in tickets]
            tickets = [ticket for ticket in masked if typed in title(ticket).lower()]
        return [Choice(ticket.number, title(ticket)) for ticket in tickets[:_CHOICES]]

    def _has(self, chat: ChatName, agent: Agent, ticket: TicketRow) -> bool:
        colleagues = self._rules.colleagues
        has = holder(ticket, colleagues)
        return has is not None and has.id == person_of(colleagues, chat_id(chat, agent.id), agent.name).id
