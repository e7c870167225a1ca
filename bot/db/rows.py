"""How the core's values stand in the database, and back: times, JSON columns, and rows as frozen values."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import TypeAdapter

from bot.db.connection import Row
from bot.model import (
    PAYLOADS,
    AgentId,
    Attachment,
    Author,
    ChannelId,
    ChatMessageId,
    ChatName,
    Customer,
    DeliveryId,
    Fact,
    FactKey,
    Form,
    Kind,
    Mark,
    Opened,
    Payload,
    Place,
    Purpose,
    State,
    Status,
    StoreName,
    ThreadId,
    TicketId,
    TicketNumber,
)
from bot.text.stored import from_json, to_json
from bot.text.tree import RichText

P = TypeVar("P", bound=Payload)
T = TypeVar("T")

_PAYLOADS: dict[Kind, TypeAdapter[Payload]] = {kind: TypeAdapter(payload) for kind, payload in PAYLOADS.items()}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def require(found: T | None) -> T:
    """What is certain to be there, such as a row that another refers to. Raises `LookupError` if not: a defect."""
    if found is None:
        raise LookupError("something is missing that is certain to be there")
    return found


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_ms(value: int) -> datetime:
    """The moment, in UTC, of so many milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=value)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else from_ms(value)


def facts_json(facts: tuple[Fact, ...]) -> str:
    """A ticket's facts as they stand in the database."""
    return json.dumps([[fact.label, fact.value, *filter(None, (fact.key,))] for fact in facts], ensure_ascii=False)


def attachments_json(attachments: tuple[Attachment, ...]) -> str:
    """A message's files as they stand in the database."""
    return json.dumps([asdict(attachment) for attachment in attachments], ensure_ascii=False)


def formatting_json(formatted: RichText | None) -> str | None:
    """A text with its formatting as it stands in the database; None: it has none."""
    return None if formatted is None else to_json(formatted)


def payload_json(payload: Payload) -> str:
    """A delivery's payload as it stands in the database."""
    return json.dumps(asdict(payload), ensure_ascii=False)


_RETIRED = "given to another ticket: "
"""No vendor's id begins so."""


LEFT_BEHIND = "at the store's former vendor: "
"""What the id of a ticket begins with whose store has moved to another vendor."""


def retired_id(number: TicketNumber, vendor_id: TicketId) -> TicketId:
    """What stands in place of a ticket's vendor id when the vendor has given that to another ticket."""
    return TicketId(f"{_RETIRED}{number} {vendor_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """A row of `tickets`."""

    number: TicketNumber
    store: StoreName
    vendor_id: TicketId
    subject: str
    status: Status
    status_word: str | None
    customer: Customer
    facts: tuple[Fact, ...]
    awaiting: str | None
    created_at: datetime
    first_response_at: datetime | None
    closed_at: datetime | None
    fingerprint: str | None
    status_set_at: datetime
    closed_here_only: bool
    gone_at: datetime | None
    forgotten: bool
    erased: bool
    erased_at: datetime | None
    followed: bool
    taken_by: str | None
    taken_by_name: str | None
    waiting_since: datetime | None
    snoozed_until: datetime | None
    snoozed_by: str | None
    reminded: str | None
    reminded_for: datetime | None
    version: int
    settled_at: datetime | None = None
    said_at: datetime | None = None

    @property
    def gone(self) -> bool:
        """Whether its vendor said that it does not exist any more."""
        return self.gone_at is not None

    @property
    def is_replaced(self) -> bool:
        """Whether nothing at the store's vendor is of this ticket: it has given its id to another, or is a new one."""
        return self.vendor_id.startswith(_RETIRED) or self.is_left_behind

    @property
    def is_left_behind(self) -> bool:
        """Whether the store has moved to another vendor since."""
        return self.vendor_id.startswith(LEFT_BEHIND)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A row of `links`."""

    id: int
    ticket: TicketNumber
    chat: ChatName
    channel: ChannelId
    thread: ThreadId | None
    card: ChatMessageId | None
    threads_lost: int

    @property
    def place(self) -> Place:
        return Place(chat=self.chat, channel=self.channel, thread=self.thread)

    @property
    def opened(self) -> Opened | None:
        if self.thread is None or self.card is None:
            return None
        return Opened(thread=self.thread, card=self.card)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A row of `messages`."""

    id: int
    ticket: TicketNumber
    vendor_id: str | None
    link: int | None
    thread: ThreadId | None
    chat_message: ChatMessageId | None
    agent: AgentId | None
    purpose: Purpose
    author: Author
    author_name: str | None
    text: str
    formatted: RichText | None
    attachments: tuple[Attachment, ...]
    unsupported: tuple[str, ...]
    can_reply: bool
    is_public: bool
    written_at: datetime
    mark: Mark | None
    routed: bool
    routed_at: datetime | None = None
    sync_epoch: str | None
    edited_text: str | None
    deleted: bool
    deleted_at: datetime | None = None
    erased: bool
    closes_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A row of `deliveries`."""

    id: DeliveryId
    kind: Kind
    lane: str
    destination: str
    ticket: TicketNumber | None
    link: int | None
    message: int | None
    payload: Payload
    requested: bool
    state: State
    part: int
    attempts: int
    reconcile_attempts: int
    created_at: datetime
    due_at: datetime
    begun_at: datetime | None
    after: ChatMessageId | None
    late_since: datetime | None
    finished_at: datetime | None = None
    error: str | None
    in_doubt: bool
    form: Form
    plain_from: int
    joined_to: DeliveryId | None = None

    def payload_as(self, kind: type[P]) -> P:
        """The payload, as that of its kind. Raises `TypeError`: this delivery is of another kind."""
        if not isinstance(self.payload, kind):
            raise TypeError(f"a delivery of kind {self.kind} has no {kind.__name__}")
        return self.payload


def ticket_row(row: Row) -> TicketRow:
    return TicketRow(
        number=TicketNumber(row["number"]),
        store=StoreName(row["store"]),
        vendor_id=TicketId(row["vendor_id"]),
        subject=row["subject"] or "",
        status=Status(row["status"]),
        status_word=row["status_word"],
        customer=Customer(name=row["customer_name"], email=row["customer_email"]),
        facts=tuple(Fact(label, value, *map(FactKey, key)) for label, value, *key in json.loads(row["facts"])),
        awaiting=row["awaiting"],
        created_at=from_ms(row["created_at"]),
        first_response_at=_moment(row["first_response_at"]),
        closed_at=_moment(row["closed_at"]),
        fingerprint=row["fingerprint"],
        status_set_at=from_ms(row["status_set_at"]),
        closed_here_only=bool(row["closed_here_only"]),
        gone_at=_moment(row["gone_at"]),
        forgotten=bool(row["forgotten"]),
        erased=bool(row["erased"]),
        erased_at=_moment(row["erased_at"]),
        followed=bool(row["followed"]),
        taken_by=row["taken_by"],
        taken_by_name=row["taken_by_name"],
        waiting_since=_moment(row["waiting_since"]),
        snoozed_until=_moment(row["snoozed_until"]),
        snoozed_by=row["snoozed_by"],
        reminded=row["reminded"],
        reminded_for=_moment(row["reminded_for"]),
        settled_at=_moment(row["settled_at"]),
        said_at=_moment(row["said_at"]),
        version=row["version"],
    )


def link_row(row: Row) -> LinkRow:
    return LinkRow(
        id=row["id"],
        ticket=TicketNumber(row["ticket"]),
        chat=ChatName(row["chat"]),
        channel=ChannelId(row["channel"]),
        thread=row["thread"],
        card=row["card"],
        threads_lost=row["threads_lost"],
    )


def message_row(row: Row) -> MessageRow:
    return MessageRow(
        id=row["id"],
        ticket=TicketNumber(row["ticket"]),
        vendor_id=row["vendor_id"],
        link=row["link"],
        thread=row["thread"],
        chat_message=row["chat_message"],
        agent=row["agent"],
        purpose=Purpose(row["purpose"]),
        author=Author(row["author"]),
        author_name=row["author_name"],
        text=row["text"],
        formatted=from_json(row["formatted"]),
        attachments=tuple(Attachment(**attachment) for attachment in json.loads(row["attachments"])),
        unsupported=tuple(json.loads(row["unsupported"])),
        can_reply=bool(row["can_reply"]),
        is_public=bool(row["is_public"]),
        written_at=from_ms(row["written_at"]),
        mark=None if row["mark"] is None else Mark(row["mark"]),
        routed=row["routed_at"] is not None,
        routed_at=_moment(row["routed_at"]),
        sync_epoch=row["sync_epoch"],
        edited_text=row["edited_text"],
        deleted=row["deleted_at"] is not None,
        deleted_at=_moment(row["deleted_at"]),
        erased=bool(row["erased"]),
        closes_by=row["closes_by"],
    )


def delivery_row(row: Row) -> DeliveryRow:
    return DeliveryRow(
        id=DeliveryId(row["id"]),
        kind=Kind(row["kind"]),
        lane=row["lane"],
        destination=row["destination"],
        ticket=row["ticket"],
        link=row["link"],
        message=row["message"],
        payload=_PAYLOADS[Kind(row["kind"])].validate_json(row["payload"]),
        requested=bool(row["requested"]),
        state=State(row["state"]),
        part=row["part"],
        attempts=row["attempts"],
        reconcile_attempts=row["reconcile_attempts"],
        created_at=from_ms(row["created_at"]),
        due_at=from_ms(row["due_at"]),
        begun_at=_moment(row["begun_at"]),
        after=row["after_message"],
        late_since=_moment(row["late_since"]),
        finished_at=_moment(row["finished_at"]),
        error=row["error"],
        in_doubt=bool(row["in_doubt"]),
        form=Form(row["form"]),
        plain_from=row["plain_from"],
        joined_to=row["joined_to"],
    )
