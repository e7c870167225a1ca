"""A simulated vendor: what it was told shows up only some seconds later, and it remembers who said what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.model import Author, Conversation, Message, MessageId, Status, Ticket, TicketId
from tests.support.memory.vendor import MemoryVendor


@dataclass
class Shop(MemoryVendor):
    """
    A store at its vendor, with customers and colleagues.

    Attributes:
        lag: How long after its change something shows when it is read.
        reopens: Whether a customer's message opens a closed ticket again, as most vendors have it.
        colleagues: The messages that staff wrote here themselves.
        vanished: Tickets that were deleted.
    """

    lag: timedelta = timedelta()
    reopens: bool = True
    colleagues: set[MessageId] = field(default_factory=set)
    vanished: set[TicketId] = field(default_factory=set)
    _pasts: dict[TicketId, list[tuple[datetime, Ticket]]] = field(default_factory=lambda: defaultdict(list))
    _at_rest: dict[TicketId, tuple[datetime, Conversation]] = field(default_factory=dict)

    def customer_writes(self, ticket: str, text: str, *, name: str = "Jane", subject: str = "") -> None:
        known = TicketId(ticket) in self.tickets
        super().customer_writes(ticket, text, name=name, subject=subject or ticket)
        if known and self.reopens:
            self.set(ticket, Status.OPEN)
        if not known:
            self._pasts[TicketId(ticket)].append((self.now(), self.tickets[TicketId(ticket)]))

    def colleague_writes(self, ticket: str, text: str) -> None:
        super().colleague_writes(ticket, text)
        self.colleagues.add(self.said[TicketId(ticket)][-1].id)

    def set(self, ticket: str, status: Status) -> None:
        super().set(ticket, status)
        self._at_rest.pop(TicketId(ticket), None)
        self._pasts[TicketId(ticket)].append((self.now(), self.tickets[TicketId(ticket)]))

    def vanishes(self, ticket: TicketId) -> None:
        """Somebody deletes a ticket."""
        self.vanished.add(ticket)
        del self.tickets[ticket]

    def ours(self, ticket: TicketId) -> list[str]:
        """What shopbell said to the customer, oldest first."""
        said = self.said[ticket]
        return [m.text for m in said if m.author is Author.STAFF and m.id not in self.colleagues]

    def theirs(self, ticket: TicketId) -> list[str]:
        """What customer and colleagues said, oldest first."""
        said = self.said[ticket]
        return [m.text for m in said if m.author is not Author.STAFF or m.id in self.colleagues]

    def statuses(self, ticket: str) -> list[Status]:
        """What the ticket was, one after the other."""
        states = [state.status or Status.OPEN for _, state in self._pasts[TicketId(ticket)]]
        return [status for number, status in enumerate(states) if number == 0 or status is not states[number - 1]]

    def unanswered(self, ticket: TicketId) -> Message | None:
        """The customer's first message that nobody has answered; None: it is not our turn."""
        first: Message | None = None
        for message in self.said[ticket]:
            first = None if message.author is Author.STAFF else first or message
        return first

    def lasting(self) -> tuple[int, ...]:
        """How much was ever said and changed here."""
        return sum(map(len, self.said.values())), sum(map(len, self._pasts.values())), len(self.vanished)

    def _say(self, ticket: TicketId, author: Author, text: str) -> MessageId:
        self._at_rest.pop(ticket, None)
        return super()._say(ticket, author, text)

    def _seen(self, ticket: TicketId) -> Conversation | None:
        then = self.now() - self.lag
        if ticket not in self.tickets:
            return None
        changed_at, whole = self._at_rest.get(ticket) or self._whole(ticket)
        return whole if changed_at <= then else self._as_it_was(ticket, then)

    def _whole(self, ticket: TicketId) -> tuple[datetime, Conversation]:
        """The ticket with all that was ever said in it, and when it last changed."""
        said, (set_at, state) = self.said[ticket], self._pasts[ticket][-1]
        changed_at = max(_written(said[-1]), set_at)
        self._at_rest[ticket] = changed_at, Conversation(ticket=state, messages=tuple(said))
        return self._at_rest[ticket]

    def _as_it_was(self, ticket: TicketId, then: datetime) -> Conversation | None:
        states = [state for at, state in self._pasts[ticket] if at <= then]
        messages = tuple(message for message in self.said[ticket] if _written(message) <= then)
        return Conversation(ticket=states[-1], messages=messages) if states else None


def _written(message: Message) -> datetime:
    if message.written_at is None:
        raise LookupError("a simulated message has its time")
    return message.written_at
