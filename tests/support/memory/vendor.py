"""
A vendor in memory, for tests of the core alone.

It keeps what it was told and fails on demand, so that a test sees exactly what left the core and how often. It is as
strict as the strictest real one: what is asked for twice is done twice, only looking prevents it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.errors import Gone, RemoteError, Uncertain
from bot.model import (
    Absent,
    Author,
    Change,
    Conversation,
    Customer,
    Finding,
    Message,
    MessageId,
    Status,
    Ticket,
    TicketId,
    Verb,
)
from bot.ports import KnownTickets, VendorCapabilities

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Gate:
    """What stands before and behind every act of a practice twin; may wait, or raise. This one is open."""

    async def before(self, side: str, method: str) -> None:
        """Nothing has been done yet."""

    async def after(self, side: str, method: str) -> None:
        """It is done, and nobody was told."""


@dataclass
class MemoryVendor:
    """
    Tickets in a dictionary; `fail` holds errors to raise by method, `lose` says which acts lose their answer.

    `keeps` is what becomes of a reply's text here, and `names_replies` whether the answer to a reply has its id.
    """

    capabilities: VendorCapabilities = field(
        default_factory=lambda: VendorCapabilities(verbs=frozenset({Verb.CLOSE, Verb.REOPEN}))
    )
    tickets: dict[TicketId, Ticket] = field(default_factory=dict)
    said: dict[TicketId, list[Message]] = field(default_factory=lambda: defaultdict(list))
    fail: dict[str, list[RemoteError]] = field(default_factory=lambda: defaultdict(list))
    lose: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    names_replies: bool = True
    now: Callable[[], datetime] = field(default=lambda: START)
    name: str = "vendor"
    gate: Gate = field(default_factory=Gate)
    keeps: Callable[[str], str] = field(default=str)

    def customer_writes(self, ticket: str, text: str, *, name: str = "Jane", subject: str = "Key not working") -> None:
        vendor_id = TicketId(ticket)
        if vendor_id not in self.tickets:
            customer = Customer(name=name, email=f"{name.lower()}@example.com")
            self.tickets[vendor_id] = Ticket(
                id=vendor_id, subject=subject, status=Status.OPEN, customer=customer, created_at=self.now()
            )
        self._say(vendor_id, Author.CUSTOMER, text)

    def colleague_writes(self, ticket: str, text: str) -> None:
        self._say(TicketId(ticket), Author.STAFF, text)

    def texts(self, ticket: str, author: Author = Author.STAFF) -> list[str]:
        return [message.text for message in self.said[TicketId(ticket)] if message.author is author]

    def set(self, ticket: str, status: Status) -> None:
        self.tickets[TicketId(ticket)] = replace(self.tickets[TicketId(ticket)], status=status)

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent]:
        await self._before("changes")
        seen = {ticket: self._seen(ticket) for ticket in self.tickets}
        listed = [c for c in seen.values() if c is not None and (known.full or c.ticket.status is Status.OPEN)]
        prints = {c.ticket.id: f"{c.ticket.status} {len(c.messages)}" for c in listed}
        recorded = await known.fingerprints(list(prints))
        await self._after("changes")
        for conversation in listed:
            ticket = conversation.ticket
            if recorded.get(ticket.id) != prints[ticket.id]:
                yield Change(ticket=ticket, fingerprint=prints[ticket.id])
        if not known.full:
            for missing in await known.open_ids():
                if missing not in prints:
                    yield Absent(missing)

    async def ticket(self, ticket: TicketId) -> Conversation:
        await self._before("ticket")
        seen = self._seen(ticket)
        await self._after("ticket")
        if seen is None:
            raise Gone("It is not there.")
        return seen

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        await self._before("reply")
        if ticket not in self.tickets:
            raise Gone("It is not there.")
        message = self._say(ticket, Author.STAFF, self.keeps(text))
        await self._after("reply")
        return message if self.names_replies else None

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        await self._before("set_status")
        if ticket not in self.tickets:
            raise Gone("It is not there.")
        self.set(ticket, status)
        await self._after("set_status")

    async def check(self) -> Finding:
        return Finding(ok=True, subject="store", text="well")

    async def aclose(self) -> None:
        return

    def _seen(self, ticket: TicketId) -> Conversation | None:
        """The ticket as a read shows it now; None: not at all."""
        if ticket not in self.tickets:
            return None
        return Conversation(ticket=self.tickets[ticket], messages=tuple(self.said[ticket]))

    def _say(self, ticket: TicketId, author: Author, text: str) -> MessageId:
        said = self.said[ticket]
        message = MessageId(f"{ticket}-{len(said) + 1}")
        said.append(Message(id=message, author=author, text=text, written_at=self.now()))
        return message

    async def _before(self, method: str) -> None:
        await self.gate.before(self.name, method)
        self._call(method)

    async def _after(self, method: str) -> None:
        await self.gate.after(self.name, method)
        self._lose(method)

    def _call(self, method: str) -> None:
        self.calls.append(method)
        if self.fail[method]:
            raise self.fail[method].pop(0)

    def _lose(self, method: str) -> None:
        if method in self.lose:
            self.lose.remove(method)
            raise Uncertain("The answer was lost.")
