"""What a sweep covers: a store's open tickets; every few hours, or sooner where it is needed, all of its tickets."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.model import TicketId

_FULL_SWEEP_EVERY = timedelta(hours=6)
# Where every sweep looks at a part of the closed tickets: only if that did not get through them all.
_FULL_SWEEP_INSTEAD_OF_TURNS = timedelta(hours=18)
# Sooner, if a ticket that only a full sweep lists could not be read.
_FULL_SWEEP_RETRY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepScope:
    """
    What a sweep covers.

    Attributes:
        first: Whether it is the store's first, so that the store's past is not known yet.
        full: Whether it covers every ticket.
        asked_since: Since when the store has been asked, also by earlier processes; None: this is not its first sweep.
    """

    first: bool
    full: bool
    asked_since: datetime | None = None


class FullSweeps:
    """The time of one store's next full sweep."""

    def __init__(self, random: Random, *, takes_turns: bool) -> None:
        # Random, so that stores that started together do not always have their full sweeps together.
        every = _FULL_SWEEP_INSTEAD_OF_TURNS if takes_turns else _FULL_SWEEP_EVERY
        self._every = every * (0.75 + random.random() / 2)
        self._after = self._every
        self._takes_turns = takes_turns
        self._left_unreadable: AbstractSet[TicketId] = frozenset()

    def is_due(self, now: datetime, last: datetime) -> bool:
        """Whether the next sweep is a full one; `last` is the time of the last one."""
        return now - last >= self._after

    def full_sweep_ended(self, unreadable: AbstractSet[TicketId]) -> None:
        """
        A full sweep has ended, and these tickets could not be read. While there are any, the next one comes soon.

        Where the sweeps take turns, none is needed: the page of an unreadable ticket is in every sweep.
        """
        if self._takes_turns:
            return
        self._left_unreadable = frozenset(unreadable)
        retry_after = _FULL_SWEEP_RETRY if self._after == self._every else self._after * 2
        self._after = min(retry_after, self._every) if self._left_unreadable else self._every

    def sweep_ended(self, unreadable: AbstractSet[TicketId], listed: AbstractSet[TicketId]) -> None:
        """Another sweep has ended. A ticket that it does not list, and cannot be read, needs a full one soon."""
        if not self._takes_turns and not unreadable <= listed | self._left_unreadable:
            self._after = min(_FULL_SWEEP_RETRY, self._every)
