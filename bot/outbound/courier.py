"""
What a courier promises: it carries out deliveries of one kind.

The outbox decides when a delivery is attempted. The courier of its kind knows how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow
from bot.errors import RemoteError
from bot.outbound.job import Job


@dataclass(frozen=True, slots=True)
class Unclear:
    """
    The other side has something that may be the attempted part in another form, or something else: a person must look.

    Attributes:
        reason: What was found, in words for people.
    """

    reason: str


class Courier(Protocol):
    """
    How one kind of delivery is carried out. One that must not be done twice has a `SearchingCourier`.

    Attributes:
        retries_forever: Whether it is tried any number of times while the other side is unavailable.
    """

    retries_forever: bool

    async def attempt(self, job: Job) -> Any:
        """Attempt one part, once. May wait for the network. Raises `RemoteError`. The result goes to `record`."""
        ...

    def record(self, tx: Transaction, job: Job, result: Any, now: datetime) -> int | None:
        """Record what follows from a part that was delivered; returns the next part, None: that was the last."""
        ...

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """Record what follows when it failed for good; `job` is read then, so without words that were erased."""
        ...


@runtime_checkable
class SearchingCourier(Courier, Protocol):
    """
    A courier for what must not be done twice: after an attempt of unknown outcome, the other side is searched.

    Attributes:
        eventually_consistent: Whether the result may become visible only some seconds later. Then one search that
            finds nothing proves nothing.
    """

    eventually_consistent: bool

    async def reconcile(self, job: Job) -> Any | Unclear | None:
        """
        Search the other side for the part whose outcome is unknown. Raises `RemoteError` if it cannot be searched.

        Returns:
            What `attempt` would have returned; None: the part was not found; `Unclear`: it may have been.
        """
        ...


@runtime_checkable
class JoiningCourier(Courier, Protocol):
    """A courier that can make several deliveries in one attempt."""

    def join(self, tx: Transaction, delivery: DeliveryRow, now: datetime) -> None:
        """An attempt begins, in this transaction: write down what else is made with it."""
        ...


class PreSendCheck(Protocol):
    """A check that some deliveries need before they are attempted."""

    def needed(self, tx: Transaction, delivery: DeliveryRow) -> bool:
        """Whether this delivery must be checked before it is attempted."""
        ...

    async def run(self, job: Job) -> None:
        """
        Check it. Afterwards the delivery is postponed or changed, or it needs no check any more.

        May wait for the network; raises no `RemoteError`.
        """
        ...


FailureHook = Callable[[Transaction, Job, RemoteError, datetime], bool]
"""Called in the transaction that records a failure; returns whether the cause is removed: then it is tried at once."""
