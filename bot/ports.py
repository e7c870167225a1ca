"""
What the core expects of a vendor and of a chat, and what a chat may ask of the core.

The docstrings are the contract. Unless one says otherwise, a method may wait for the network, may be cancelled
at any await, and raises `bot.errors.RemoteError`s only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import httpx
from pydantic import BaseModel

from bot.clock import Clock
from bot.model import (
    Absent,
    Agent,
    Answer,
    Ask,
    Attachment,
    Card,
    Change,
    ChannelId,
    ChatMessageId,
    ChatName,
    Choice,
    Conversation,
    Counts,
    Cursor,
    Deleted,
    DeliveryKey,
    Edited,
    File,
    Finding,
    Mark,
    MessageId,
    Nudge,
    Opened,
    Place,
    Post,
    Said,
    Status,
    TicketId,
    Verb,
)

# ---------------------------------------------------------------- vendors


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCapabilities:
    """
    What a vendor's API offers; data, never guessed at by the core.

    Attributes:
        verbs: Those of `CLOSE` and `REOPEN` that the API has.
        instead: For each of those it has not: a sentence telling the agent what they can do instead.
        reply_length: The longest reply in characters; None: no limit is documented.
        page_size: How many tickets one list request can bring.
        lists_open: Whether the list can be narrowed to open tickets.
        quick_poll: The shortest time between two sweeps in seconds that the quota bears while people are talking.
        file_bytes: The largest file that a `CanAttach` takes.
    """

    verbs: frozenset[Verb]
    instead: Mapping[Verb, str] = field(default_factory=dict)
    reply_length: int | None = None
    page_size: int = 100
    lists_open: bool = False
    quick_poll: float = 5.0
    file_bytes: int = 10 * 1024 * 1024


class Known(Protocol):
    """
    What a sweep may ask about the tickets that are already known.

    Attributes:
        full: Whether this pass shall look at every ticket of the store; else the open ones are enough.
    """

    @property
    def full(self) -> bool: ...

    async def fingerprints(self, ids: Collection[TicketId]) -> Mapping[TicketId, str]:
        """The fingerprints recorded for these tickets; a ticket without one is left out. One query a page."""
        ...

    async def open_ids(self) -> Sequence[TicketId]:
        """Every ticket of this store that we hold for open, in no order."""
        ...


class Vendor(Protocol):
    """
    One store at one vendor. Every method may raise `Unavailable`, `RateLimited` and `AuthFailed`.

    Attributes:
        capabilities: Constant; readable before anything is connected.
    """

    @property
    def capabilities(self) -> VendorCapabilities: ...

    def changes(self, known: Known) -> AsyncIterator[Change | Absent]:
        """
        Sweep the store's list once and yield the tickets whose fingerprint is not the known one.

        A ticket may be yielded twice (a page that shifts while it is read), never left out because of its place
        in the list. Costs ceil(open / page size) list requests where the API narrows to open tickets, and nothing
        per ticket. When `known.full` is false, what `known.open_ids()` holds and the list no longer shows is
        yielded as `Absent`, once the whole list was read.
        """
        ...

    async def ticket(self, ticket: TicketId) -> Conversation:
        """One ticket with all its messages, oldest first. Raises `Gone`."""
        ...

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        """
        Say `text` to the customer, once; never repeated inside the adapter.

        Returns:
            The vendor's id of the new message; None where the answer does not name it.

        Raises:
            Uncertain: It left and no usable answer came back.
            Gone, Rejected: It certainly did not reach the customer.
        """
        ...

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        """
        Close or reopen a ticket; doing so twice does no harm.

        Raises: `Unsupported`, `Uncertain`, `Gone`, `Rejected`.
        """
        ...

    async def check(self) -> Finding:
        """Log in with the cheapest harmless request. Never raises: a failure is a finding with its remedy."""
        ...

    async def aclose(self) -> None:
        """Let go of every connection. Called once, last."""
        ...


@runtime_checkable
class CanCount(Protocol):
    """A vendor that counts its tickets itself."""

    async def counts(self) -> Counts:
        """The store's own figures, by one request."""
        ...


@runtime_checkable
class CanNote(Protocol):
    """A vendor that keeps notes which the customer does not see."""

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        """
        Leave a note in an agent's name; raises as `Vendor.reply` does.

        Returns:
            The id under which the note will be among the ticket's messages; None: it will not be, or nobody says.
        """
        ...

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        """Whether such a note is there; asked when an earlier `note` may have come about."""
        ...


@runtime_checkable
class CanAttach(Protocol):
    """A vendor that takes files with a reply."""

    async def reply_with(self, ticket: TicketId, text: str, files: Sequence[File]) -> MessageId | None:
        """As `Vendor.reply`, with files of at most `file_bytes` each; `text` may be empty."""
        ...


@runtime_checkable
class CanVerifyWebhook(Protocol):
    """A vendor that signs its webhooks, or whose payload names the ticket."""

    def webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
        """
        Read a webhook. Pure, at once, in constant time where it compares signatures.

        Args:
            headers: By name in lower case.
            secret: What the store's webhooks are signed with.

        Returns:
            None: it is forged, or it is not this vendor's.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorTools:
    """
    What every vendor is built with.

    Attributes:
        transport: Carries the requests; shared by all stores (one `ssl.SSLContext`).
        clock: For waiting and for quota windows.
    """

    transport: Callable[[], httpx.AsyncBaseTransport]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorKind:
    """
    One vendor as a plug-in; found through the entry point group `shopbell.vendors`.

    Attributes:
        name: As in `STORES__<NAME>__VENDOR`.
        label: As people read it.
        settings: Validates the store's section of the settings, less what the core reads itself.
            Field names are the variables' last part in lower case; unknown ones are refused.
        build: Makes a store's vendor from validated settings; does no network calls.
    """

    name: str
    label: str
    settings: type[BaseModel]
    build: Callable[[Any, VendorTools], Vendor]


# ---------------------------------------------------------------- chats


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatHealth:
    """
    How a chat's connection is.

    Attributes:
        last_event_at: When anything last came in by it, heartbeats included; None: nothing yet.
        trouble: Why it is not connected, in words; empty when it is.
    """

    connected: bool
    last_event_at: datetime | None
    trouble: str = ""


class Chat(Protocol):
    """
    One chat platform with one bot account.

    The methods that say something take the `DeliveryKey` of what they say and put it where `find_*` can see it
    later. They never repeat a request whose outcome is unknown: they raise `Uncertain`, and the core asks `find_*`
    before it tries again. Besides, all may raise `Unavailable`, `RateLimited`, `AuthFailed`, `Gone` (the channel
    or thread is not there) and `Rejected` (a permission is missing; `told` names it).
    """

    @property
    def name(self) -> ChatName: ...

    @property
    def label(self) -> str:
        """As people read it: `Discord`."""
        ...

    def typable(self, beginning: str) -> bool:
        """Whether a person can begin a message with this here; Slack's composer takes `/…` for a command."""
        ...

    async def run(self, intake: Intake) -> None:
        """
        Connect, bring what people do to `intake`, reconnect by itself; returns only by cancellation or by raising.

        Before any event of a connection that is not a resumption reaches `intake.said`, `intake.blind` is called;
        once such a connection is usable, `intake.sighted`.

        Raises:
            AuthFailed: The token is refused or a needed intent or scope is missing; `told` names the step.
        """
        ...

    def health(self) -> ChatHealth:
        """How the connection is, now, without asking anybody."""
        ...

    def parts(self, post: Post) -> int:
        """How many messages `post` needs here. Pure, at once; the same for the same post, for ever."""
        ...

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        """Post the card in the channel and make a thread under it. May find half of it done by `key` and finish it."""
        ...

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        """
        Say one part of `post`, counted from 0, in a thread or a channel. An archived thread is opened for it.

        Everybody's text is shown verbatim and harmlessly; nobody is pinged.
        """
        ...

    async def render_card(self, place: Place, opened: Opened, card: Card) -> None:
        """Make the card, the tags and the archived state what `card` says. Doing so twice does no harm."""
        ...

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        """Replace our mark `was` on a person's message by `mark`; None: no mark. Doing so twice does no harm."""
        ...

    async def tell(self, place: Place, agent: Agent, text: str) -> None:
        """Say something privately to one agent, as near to that as the platform allows. Best effort, never repeated."""
        ...

    async def download(self, attachment: Attachment) -> bytes:
        """The content of a file that a person added to a message; `Gone` where it can be had no longer."""
        ...

    async def find_thread(self, channel: ChannelId, card: Card, key: DeliveryKey, since: datetime) -> Opened | None:
        """Whether `open_thread` with this key, begun at `since`, came about; None: it certainly did not."""
        ...

    async def find_post(self, place: Place, key: DeliveryKey, since: datetime) -> ChatMessageId | None:
        """Whether `post` with this key, begun at `since`, came about; None: it certainly did not."""
        ...

    def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        """
        What people wrote in these threads after each cursor, oldest first within a thread.

        Costs a constant number of requests a channel plus those for threads that really have something new.
        """
        ...

    async def check(self, channels: Sequence[ChannelId]) -> Sequence[Finding]:
        """Token, intents or scopes, and each channel's permissions. Never raises."""
        ...

    async def aclose(self) -> None:
        """Let go of every connection. Called once, after `run` has ended."""
        ...


class Intake(Protocol):
    """What a chat brings to the core. When a method returns, the event is on disk and may be acknowledged."""

    def blind(self, chat: ChatName) -> None:
        """
        From now on messages may have been missed; called at the start of every connection that is no resumption.

        Does not wait: it must be done before the new connection's first event is handled.
        """
        ...

    async def sighted(self, chat: ChatName) -> None:
        """The connection is usable: what was missed may be read now. Returns at once; the reading goes on behind."""
        ...

    async def said(self, said: Said) -> None:
        """A person wrote in a thread, any thread. Those that are no ticket's are left alone. One transaction."""
        ...

    async def edited(self, edited: Edited) -> None:
        """A person changed the text of their message. One transaction."""
        ...

    async def deleted(self, deleted: Deleted) -> None:
        """A message is gone. One transaction."""
        ...

    async def ask(self, ask: Ask) -> Answer:
        """
        Do what an agent asks. Never raises for anything the agent did: the answer says what to do.

        May take some seconds (the vendor is asked): acknowledge the platform before.
        """
        ...

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        """At most 25 tickets that `verb` fits, best first, by what was typed so far; within some milliseconds."""
        ...

    async def stores(self) -> Sequence[str]:
        """The stores' names, for completing `/stats`."""
        ...
