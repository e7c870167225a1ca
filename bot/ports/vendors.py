"""What the core expects of a vendor. The docstrings are the contract; see `bot.ports`."""

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
    Change,
    Conversation,
    Counts,
    File,
    Finding,
    Learned,
    LookedThrough,
    MessageId,
    Nameless,
    Nudge,
    Status,
    Ticket,
    TicketId,
    Verb,
)
from bot.ports.kept_values import KeptValues
from bot.text.tree import RichText


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCapabilities:
    """
    What a vendor's API offers.

    Attributes:
        verbs: Which of `CLOSE` and `REOPEN` the API has.
        instead: For each of these that it does not have, a sentence that tells the agent what to do instead.
        reply_length: The maximum length of a reply in characters; None: no limit is documented.
        page_size: How many tickets one list request can return.
        lists_open: Whether the list can be limited to open tickets.
        takes_turns: Whether every sweep looks at a part of the closed tickets, so that within a day it was all of them.
        quick_poll: The shortest time between two sweeps, in seconds, that the quota allows while a ticket is active.
        file_bytes: The maximum size of a file that a `CanAttach` accepts.
    """

    verbs: frozenset[Verb]
    instead: Mapping[Verb, str] = field(default_factory=dict)
    reply_length: int | None = None
    page_size: int = 100
    lists_open: bool = False
    takes_turns: bool = False
    quick_poll: float = 5.0
    file_bytes: int = 10 * 1024 * 1024


class KnownTickets(Protocol):
    """
    What a sweep may ask about the tickets that are already recorded.

    Attributes:
        full: Whether this sweep must look at every ticket of the store; else the open ones are enough.
    """

    @property
    def full(self) -> bool: ...

    async def fingerprints(self, ids: Collection[TicketId]) -> Mapping[TicketId, str]:
        """The recorded fingerprints of these tickets; tickets without one are left out. Called once for each page."""
        ...

    async def follows(self, ticket: Ticket) -> bool:
        """Whether somebody will see this ticket. If not, what only people need to know of it must not be asked for."""
        ...

    async def open_ids(self) -> Sequence[TicketId]:
        """All tickets of this store that are recorded as open, and those that must be read again; in any order."""
        ...


class Vendor(Protocol):
    """
    One store at one vendor. Every method may raise `Unavailable`, `RateLimited` and `AuthFailed`.

    Attributes:
        capabilities: Constant; available before anything is connected.
    """

    @property
    def capabilities(self) -> VendorCapabilities: ...

    def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent | Nameless | LookedThrough]:
        """
        Sweep the store's list once and yield the tickets whose fingerprint differs from the recorded one.

        A ticket may be yielded twice, because pages may shift while they are read. None is left out because of its
        place in the list. Costs ceil(open / page size) list requests if the API can limit the list to open tickets,
        and no request per ticket; otherwise at most two more than there are pages with open tickets, if the list has
        an order. If `known.full` is false, the tickets of `known.open_ids()` that are not in what was read are yielded
        as `Absent` at the end. A ticket without an id is yielded as `Nameless`, in every sweep; it does not keep the
        others from being yielded. One that `takes_turns` yields `LookedThrough` at the end of a sweep with which it
        has looked at all tickets.
        """
        ...

    async def ticket(self, ticket: TicketId) -> Conversation:
        """Read one ticket with all its messages, oldest first. Raises `Gone`."""
        ...

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        """
        Send `text` to the customer, once: the adapter never repeats the request.

        Returns:
            The vendor's id of the new message; None: the answer does not name it.

        Raises:
            Uncertain: The request was sent and no usable answer came back.
            Gone, Rejected: The text certainly did not reach the customer.
        """
        ...

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        """
        Close or reopen a ticket. Doing it twice does no harm.

        Raises: `Unsupported`, `Uncertain`, `Gone`, `Rejected`.
        """
        ...

    def now(self) -> datetime | None:
        """The vendor's time, known from its answers; no request. None: it has not answered yet, or never says it."""
        ...

    async def check(self) -> Finding:
        """Check the login with the cheapest harmless request. Never raises: a failure is a finding with its remedy."""
        ...

    async def aclose(self) -> None:
        """Close every connection. Called once, as the last call."""
        ...


@runtime_checkable
class CanCount(Protocol):
    """A vendor that can count its tickets."""

    async def counts(self) -> Counts:
        """The store's own figures, with one request."""
        ...


@runtime_checkable
class CanNote(Protocol):
    """A vendor that stores notes which the customer does not see."""

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        """
        Add a note in an agent's name. Raises the same as `Vendor.reply`.

        If the vendor shows notes among the ticket's messages, its text there is `bot.text.signed`; so it is recognised.

        Returns:
            The note's id among the ticket's messages; None: it is not shown there, or the answer does not name it.
        """
        ...

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        """Whether such a note is there. Called after a `note` of unknown outcome."""
        ...


@runtime_checkable
class CanWriteAs(Protocol):
    """A vendor that has the people of a store as users, so that a reply can be theirs."""

    def writing_as(self, user: str) -> Vendor:
        """
        The same store, with the same connections and limits, whose replies and notes are this user's. No request.

        Raises `ValueError` if this can be no user's id.
        """
        ...

    async def unfit_author(self, user: str) -> str | None:
        """
        Why no reply can be this user's, as a sentence; None: it can, or the credentials do not show users.

        Raises:
            RemoteError: The vendor cannot be asked now.
        """
        ...


@runtime_checkable
class CanAttach(Protocol):
    """A vendor that accepts files with a reply."""

    async def reply_with(self, ticket: TicketId, text: str, files: Sequence[File]) -> MessageId | None:
        """Like `Vendor.reply`, with files of at most `file_bytes` each; `text` may be empty."""
        ...


@runtime_checkable
class CanFormat(Protocol):
    """A vendor whose replies can have formatting."""

    async def reply_formatted(
        self, ticket: TicketId, text: str, formatted: RichText, files: Sequence[File]
    ) -> MessageId | None:
        """
        Like `Vendor.reply`, with formatting; with files as well if it is a `CanAttach`.

        Args:
            text: The same without formatting, by which the reply is recognised.
        """
        ...


@runtime_checkable
class CanLearn(Protocol):
    """
    A vendor that finds out from its store's answers what its API does not document.

    Attributes:
        learned: What was found out or remembered; None: nothing, or the settings say it.
    """

    @property
    def learned(self) -> Learned | None: ...

    def remember(self, learned: Learned) -> None:
        """Go on with what was found out earlier. Called once, before anything else. What is not understood is left."""
        ...

    def about_learned(self, learned: Learned | None) -> Finding | None:
        """What `check` tells of what was found out so far; None: nothing, because the settings say it."""
        ...


@runtime_checkable
class CanWait(Protocol):
    """A vendor that knows how many requests it may send."""

    def wait(self) -> float:
        """
        In how many seconds one more reply, note or change of status is allowed; 0.0: now. Does not wait; no request.

        It is asked before a delivery is begun, so that none is begun that would only have to wait. What is begun all
        the same raises `RateLimited` instead of waiting for seconds.
        """
        ...


@runtime_checkable
class CanVerifyWebhook(Protocol):
    """A vendor that signs its webhooks, or whose payload names the ticket."""

    def webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
        """
        Read a webhook. Pure, does not wait, and compares signatures in constant time.

        Args:
            headers: By their names in lower case.
            secret: The key with which the store's webhooks are signed.

        Returns:
            What it hints at; None: it is forged, or it is not from this vendor.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorTools:
    """
    What every vendor gets when it is built.

    Attributes:
        transport: Makes the HTTP transport. All transports share one `ssl.SSLContext`.
        clock: For pauses and for quota windows.
        store: The store's name in the settings; empty: not known.
        kept: For what is kept to spare work; all stores share one.
    """

    transport: Callable[[], httpx.AsyncBaseTransport]
    clock: Clock
    store: str = ""
    kept: KeptValues = field(default_factory=KeptValues)

    def variable(self, name: str) -> str:
        """The full name of a store's variable: for `API_KEY` it is `STORES__MAIN__API_KEY`."""
        return f"STORES__{self.store.upper() or '<NAME>'}__{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorKind:
    """
    One vendor as a plug-in. It is found by the entry point group `shopbell.vendors`.

    Attributes:
        name: The value of `STORES__<NAME>__VENDOR`.
        label: The name for people.
        settings: Validates a store's settings, without those that the core reads itself.
            A field's name is the last part of the variable's name in lower case. Unknown names are refused.
        build: Makes a store's vendor from validated settings; makes no network calls.
    """

    name: str
    label: str
    settings: type[BaseModel]
    build: Callable[[Any, VendorTools], Vendor]
