"""What the core expects of a vendor. The docstrings are the contract; see `bot.ports`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import httpx
from pydantic import BaseModel

from bot.clock import Clock
from bot.model import Absent, Change, Conversation, Counts, File, Finding, MessageId, Nudge, Status, TicketId, Verb


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
        """Every ticket of this store that we hold for open, and those to be read once more, in no order."""
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

    def now(self) -> datetime | None:
        """What time it is there, as its answers tell, without asking; None: it has not answered yet, or never says."""
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

        Where it will be among the ticket's messages it reads as `bot.text.signed` has it: so it is recognised there.

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
        store: Which store it is built for, as the settings name it; empty: nobody says.
    """

    transport: Callable[[], httpx.AsyncBaseTransport]
    clock: Clock
    store: str = ""

    def variable(self, name: str) -> str:
        """The variable that an operator has to set: of `API_KEY`, `STORES__MAIN__API_KEY`."""
        return f"STORES__{self.store.upper() or '<NAME>'}__{name}"


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
