"""
A practice store: its tickets, and the people who write in them.

A `PracticeStore` is the side of the people: customers write, colleagues answer in the vendor's own dashboard. The side
of the API is a practice vendor: it adopts the store, gives ids to its tickets and messages, and serves them by HTTP.
All values of the store are frozen: a change makes a new value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

Writer = Literal["customer", "staff"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeFile:
    """A file of a message."""

    number: int
    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeMessage:
    """
    A message of a ticket.

    Attributes:
        id: The vendor's id.
        number: Counts up over all messages of the store.
        public: Whether the customer can read it; a colleague's internal note is not public.
        by_api: Whether it came through the API; otherwise somebody wrote it at the vendor.
    """

    id: str
    number: int
    writer: Writer
    name: str | None
    email: str | None
    text: str
    at: datetime
    public: bool = True
    by_api: bool = False
    files: tuple[PracticeFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeTicket:
    """
    A ticket.

    Attributes:
        id: The vendor's id.
        number: Counts up over all tickets of the store.
        context: What else is known about it, by any names: `order_id`, `product_name`, `order_amount` …
        fields: What only its vendor has, by the vendor's names: `memo`, `archived`, `status` …
        updated_at: When it last changed.
        handled_at: When it last changed by anything but a customer's message.
        closed_at: None while it is open.
    """

    id: str
    number: int
    subject: str
    name: str | None
    email: str | None
    created_at: datetime
    updated_at: datetime
    handled_at: datetime
    closed_at: datetime | None = None
    messages: tuple[PracticeMessage, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        return self.closed_at is not None

    @property
    def answered(self) -> bool:
        """Whether staff has ever written a public answer."""
        return any(message.writer == "staff" and message.public for message in self.messages)

    @property
    def awaits_staff(self) -> bool:
        """Whether the last public message is the customer's."""
        public = [message for message in self.messages if message.public]
        return bool(public) and public[-1].writer == "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorBehaviour:
    """
    How a vendor's own system behaves.

    Attributes:
        ticket_id: The id of the ticket with this number.
        message_id: The id of the message with this number.
        reply_reopens: Whether a customer's message reopens a closed ticket.
        reply_follows_up: Whether a customer's message in this closed ticket becomes a new ticket.
    """

    ticket_id: Callable[[int], str] = str
    message_id: Callable[[int], str] = str
    reply_reopens: bool = True
    reply_follows_up: Callable[[PracticeTicket], bool] = lambda _ticket: False


def _now() -> datetime:
    return datetime.now(UTC)


class PracticeStore:
    """
    The tickets of one practice store.

    Args:
        now: Returns the time, with its time zone; by default the machine's.
        name: The store's name.

    Every method that needs a ticket's id raises `KeyError` if there is no such ticket.
    """

    def __init__(self, now: Callable[[], datetime] = _now, *, name: str = "Practice store") -> None:
        self.now = now
        self.name = name
        self._behaviour = VendorBehaviour()
        self._tickets: dict[str, PracticeTicket] = {}
        self._ticket_number = 1000
        self._message_number = 5000
        self._file_number = 70

    def adopt(self, behaviour: VendorBehaviour) -> None:
        """Take over a vendor's behaviour; called once by the practice vendor, before the first ticket."""
        if self._tickets:
            raise ValueError("make the practice vendor before the store's first ticket")
        self._behaviour = behaviour

    # ------------------------------------------------------------ what people see

    def ticket(self, ticket: str) -> PracticeTicket:
        """The ticket as it is now."""
        return self._tickets[ticket]

    def tickets(self) -> tuple[PracticeTicket, ...]:
        """All tickets, oldest first."""
        return tuple(self._tickets.values())

    # ------------------------------------------------------------ what people do

    def customer_writes(
        self,
        subject: str,
        text: str,
        *,
        name: str | None = "Jane Doe",
        email: str | None = "jane@example.com",
        files: Mapping[str, bytes] | None = None,
        at: datetime | None = None,
        **context: Any,
    ) -> str:
        """
        A customer opens a ticket. Returns its id.

        Args:
            at: When; None: now.
        """
        self._ticket_number += 1
        now = at or self.now()
        ticket = PracticeTicket(
            id=self._behaviour.ticket_id(self._ticket_number),
            number=self._ticket_number,
            subject=subject,
            name=name,
            email=email,
            created_at=now,
            updated_at=now,
            handled_at=now,
            context=context,
        )
        message = replace(self._message("customer", text, name=name, email=email, files=files), at=now)
        self._tickets[ticket.id] = replace(ticket, messages=(message,))
        return ticket.id

    def customer_replies(self, ticket: str, text: str, *, files: Mapping[str, bytes] | None = None) -> str:
        """The customer writes again. Returns the id of its ticket: a new one for a follow-up."""
        old = self.ticket(ticket)
        if old.closed and self._behaviour.reply_follows_up(old):
            context = {**old.context, "follows": old.id}
            return self.customer_writes(old.subject, text, name=old.name, email=old.email, files=files, **context)
        message = self._message("customer", text, name=old.name, email=old.email, files=files)
        new = replace(old, messages=(*old.messages, message), updated_at=message.at)
        if old.closed and self._behaviour.reply_reopens:
            fields = {key: value for key, value in old.fields.items() if key != "status"}
            new = replace(new, closed_at=None, handled_at=message.at, fields=fields)
        self._tickets[ticket] = new
        return ticket

    def staff_replies(
        self,
        ticket: str,
        text: str,
        *,
        name: str | None = "Sam",
        email: str | None = "sam@store.example",
        public: bool = True,
        by_api: bool = False,
        files: Mapping[str, bytes] | None = None,
        attached: Sequence[PracticeFile] = (),
    ) -> str:
        """
        A colleague answers, or leaves a note, in the vendor's dashboard (or, for the practice vendor, by the API).

        Args:
            attached: Files that were stored before.

        Returns:
            The message's id.
        """
        old = self.ticket(ticket)
        message = self._message("staff", text, name=name, email=email, files=files)
        message = replace(message, public=public, by_api=by_api, files=(*message.files, *attached))
        self._tickets[ticket] = replace(
            old, messages=(*old.messages, message), updated_at=message.at, handled_at=message.at
        )
        return message.id

    def close(self, ticket: str, **fields: Any) -> None:
        """A colleague closes it; `fields` are the vendor's fields that change too, `status` among them."""
        old = self.ticket(ticket)
        self._handle(replace(old, closed_at=old.closed_at or self.now()), {"status": None, **fields})

    def reopen(self, ticket: str, **fields: Any) -> None:
        """A colleague reopens it; `fields` as for `close`."""
        self._handle(replace(self.ticket(ticket), closed_at=None), {"status": None, **fields})

    def edit(self, ticket: str, **fields: Any) -> None:
        """A colleague changes the vendor's fields; None removes one."""
        self._handle(self.ticket(ticket), fields)

    def vanish(self, ticket: str) -> None:
        """The ticket is destroyed; its id is never used again."""
        del self._tickets[ticket]

    # ------------------------------------------------------------ storing

    def _handle(self, ticket: PracticeTicket, fields: Mapping[str, Any]) -> None:
        now = self.now()
        changed = {**ticket.fields, **fields}
        kept = {key: value for key, value in changed.items() if value is not None}
        self._tickets[ticket.id] = replace(ticket, fields=kept, updated_at=now, handled_at=now)

    def _message(
        self, writer: Writer, text: str, *, name: str | None, email: str | None, files: Mapping[str, bytes] | None
    ) -> PracticeMessage:
        self._message_number += 1
        return PracticeMessage(
            id=self._behaviour.message_id(self._message_number),
            number=self._message_number,
            writer=writer,
            name=name,
            email=email,
            text=text,
            at=self.now(),
            files=tuple(self.file(file, content) for file, content in (files or {}).items()),
        )

    def file(self, name: str, content: bytes) -> PracticeFile:
        """Store a file that is not attached to a message yet."""
        self._file_number += 1
        return PracticeFile(number=self._file_number, name=name, content=content)
