"""
A vendor and a chat in memory, for tests of the core alone.

They keep what they were told and fail on demand, so that a test sees exactly what left the core and how often.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.errors import Gone, RemoteError, Uncertain
from bot.model import (
    Absent,
    Agent,
    AgentId,
    Attachment,
    Author,
    Card,
    Change,
    ChannelId,
    ChatMessageId,
    ChatName,
    Conversation,
    Cursor,
    Customer,
    DeliveryKey,
    Finding,
    Mark,
    Message,
    MessageId,
    Opened,
    Place,
    Post,
    Said,
    Status,
    ThreadId,
    Ticket,
    TicketId,
    Verb,
)
from bot.ports import ChatHealth, Intake, Known, VendorCapabilities

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class ManualClock:
    """A clock that stands still until it is moved; sleepers wake when it has passed their hour."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._start = now
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + timedelta(seconds=seconds), future))
        await future

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self._now += timedelta(seconds=seconds)
        due = [future for at, future in self._sleepers if at <= self._now]
        self._sleepers = [(at, future) for at, future in self._sleepers if at > self._now and not future.done()]
        for future in due:
            if not future.done():
                future.set_result(None)


@dataclass
class MemoryVendor:
    """Tickets in a dictionary; `fail` holds errors to raise by method, `lose` says which acts lose their answer."""

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

    async def changes(self, known: Known) -> AsyncIterator[Change | Absent]:
        self._call("changes")
        listed = [t for t in self.tickets.values() if known.full or t.status is Status.OPEN]
        prints = {ticket.id: f"{ticket.status} {len(self.said[ticket.id])}" for ticket in listed}
        recorded = await known.fingerprints(list(prints))
        for ticket in listed:
            if recorded.get(ticket.id) != prints[ticket.id]:
                yield Change(ticket=ticket, fingerprint=prints[ticket.id])
        if not known.full:
            for missing in await known.open_ids():
                if missing not in prints:
                    yield Absent(missing)

    async def ticket(self, ticket: TicketId) -> Conversation:
        self._call("ticket")
        if ticket not in self.tickets:
            raise Gone("It is not there.")
        return Conversation(ticket=self.tickets[ticket], messages=tuple(self.said[ticket]))

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        self._call("reply")
        message = self._say(ticket, Author.STAFF, text)
        self._lose("reply")
        return message if self.names_replies else None

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        self._call("set_status")
        self.tickets[ticket] = replace(self.tickets[ticket], status=status)
        self._lose("set_status")

    async def check(self) -> Finding:
        return Finding(ok=True, subject="store", text="well")

    async def aclose(self) -> None:
        return

    def _say(self, ticket: TicketId, author: Author, text: str) -> MessageId:
        said = self.said[ticket]
        message = MessageId(f"{ticket}-{len(said) + 1}")
        said.append(Message(id=message, author=author, text=text, written_at=self.now()))
        return message

    def _call(self, method: str) -> None:
        self.calls.append(method)
        if self.fail[method]:
            raise self.fail[method].pop(0)

    def _lose(self, method: str) -> None:
        if method in self.lose:
            self.lose.remove(method)
            raise Uncertain("The answer was lost.")


@dataclass
class Shown:
    """One message that stands in a chat."""

    id: ChatMessageId
    post: Post
    part: int
    key: DeliveryKey


@dataclass
class MemoryChat:
    """Threads in dictionaries; fails and loses as `MemoryVendor` does."""

    name: ChatName = field(default=ChatName("discord"))
    part_length: int = 2000
    cards: dict[ThreadId, list[Card]] = field(default_factory=lambda: defaultdict(list))
    opened: dict[DeliveryKey, Opened] = field(default_factory=dict)
    shown: dict[str, list[Shown]] = field(default_factory=lambda: defaultdict(list))
    marks: dict[ChatMessageId, Mark | None] = field(default_factory=dict)
    told: list[tuple[AgentId, str]] = field(default_factory=list)
    history: list[Said] = field(default_factory=list)
    fail: dict[str, list[RemoteError]] = field(default_factory=lambda: defaultdict(list))
    lose: set[str] = field(default_factory=set)
    intake: Intake | None = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    missed_calls: int = 0

    @property
    def label(self) -> str:
        return self.name.title()

    def typable(self, beginning: str) -> bool:
        return self.name != "slack" or not beginning.startswith("/")

    async def run(self, intake: Intake) -> None:
        self.intake = intake
        intake.blind(self.name)
        await intake.sighted(self.name)
        self.connected.set()
        await asyncio.Event().wait()

    def health(self) -> ChatHealth:
        return ChatHealth(connected=self.connected.is_set(), last_event_at=START)

    def parts(self, post: Post) -> int:
        return max(1, -(-len(post.text) // self.part_length))

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        self._call("open_thread")
        if key not in self.opened:
            thread = ThreadId(f"{channel}.{len(self.opened) + 1}")
            self.opened[key] = Opened(thread=thread, card=ChatMessageId(f"card-{thread}"))
        opened = self.opened[key]
        self.cards[opened.thread].append(card)
        self._lose("open_thread")
        return opened

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        self._call("post")
        where = self.shown[place.thread or place.channel]
        message = ChatMessageId(f"{place.thread or place.channel}#{len(where) + 1}")
        where.append(Shown(message, post, part, key))
        self._lose("post")
        return message

    async def render_card(self, place: Place, opened: Opened, card: Card) -> None:
        self._call("render_card")
        self.cards[opened.thread].append(card)

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        self._call("mark")
        self.marks[message] = mark

    async def tell(self, place: Place, agent: Agent, text: str) -> None:
        self._call("tell")
        self.told.append((agent.id, text))

    async def download(self, attachment: Attachment) -> bytes:
        self._call("download")
        return f"content of {attachment.name}".encode()

    async def find_thread(self, channel: ChannelId, card: Card, key: DeliveryKey, since: datetime) -> Opened | None:
        self._call("find_thread")
        return self.opened.get(key)

    async def find_post(self, place: Place, key: DeliveryKey, since: datetime) -> ChatMessageId | None:
        self._call("find_post")
        found = [shown.id for shown in self.shown[place.thread or place.channel] if shown.key == key]
        return found[0] if found else None

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        self.missed_calls += 1
        self._call("missed")
        threads = {cursor.place.thread for cursor in cursors}
        for said in self.history:
            if said.place.thread in threads:
                yield said

    async def check(self, channels: Sequence[ChannelId]) -> Sequence[Finding]:
        return ()

    async def aclose(self) -> None:
        return

    def threads(self) -> list[ThreadId]:
        return [opened.thread for opened in self.opened.values()]

    def texts(self, thread: str) -> list[str]:
        return [shown.post.text for shown in self.shown[thread]]

    def _call(self, method: str) -> None:
        if self.fail[method]:
            raise self.fail[method].pop(0)

    def _lose(self, method: str) -> None:
        if method in self.lose:
            self.lose.remove(method)
            raise Uncertain("The answer was lost.")
