"""When to try again, when to look again, and when to give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from bot.errors import AuthFailed, Forbidden, RateLimited, RemoteError

MINUTE = 60.0
HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """
    How long to wait, in seconds.

    Attributes:
        retries: Before the second try, the third, and so on.
        reconcile_delays: After a try of unknown outcome, before each look at the other side. Only when the last look
            finds nothing it is believed that it did not happen: a vendor's reads may lag behind its writes.
        refused: How often to see whether refused credentials work again.
    """

    retries: tuple[float, ...] = (1, 5, 15, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR)
    reconcile_delays: tuple[float, ...] = (1, 4, 15)
    refused: float = MINUTE

    @property
    def lasts(self) -> float:
        """How long something is tried for that becomes wrong with time."""
        return sum(self.retries)


@dataclass(frozen=True, slots=True)
class Postpone:
    """Nothing happened; try again so many seconds from now."""

    seconds: float
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Reconcile:
    """It may have happened; look at the far side so many seconds from now."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It failed for good; in doubt, it may have come about all the same."""

    doubt: bool = False


Decision = Postpone | Reconcile | GiveUp


@dataclass(slots=True)
class Decider:
    """Decides by a schedule, with full jitter of a fifth so that what failed together does not return together."""

    schedule: Schedule = field(default_factory=Schedule)
    random: Random = field(default_factory=Random)

    def after(self, error: RemoteError, attempts: int, *, retries_forever: bool) -> Decision:
        """
        What to do after the failure of try number `attempts`.

        Args:
            attempts: 0: none was made since somebody asked that it be tried again.
            retries_forever: Whether it is worth any number of tries (what a chat has to show), or becomes wrong with
                time (what a customer would read).
        """
        if not error.certain:
            return Reconcile(self.schedule.reconcile_delays[0])
        if isinstance(error, RateLimited):
            return Postpone(self._spread(error.retry_after or 1.0), counted=False)
        if isinstance(error, AuthFailed | Forbidden):
            return Postpone(max(self._spread(self.schedule.refused), error.retry_after or 0.0), counted=False)
        if not error.again or (attempts > len(self.schedule.retries) and not retries_forever):
            return GiveUp()
        if attempts == 0:
            return Postpone(error.retry_after or 0.0)
        own = self.schedule.retries[min(attempts, len(self.schedule.retries)) - 1]
        return Postpone(max(self._spread(own), error.retry_after or 0.0))

    def after_reconcile(self, attempts: int, *, eventually_consistent: bool) -> Reconcile | None:
        """What to do when look number `attempts` found nothing; None: it did not happen."""
        if not eventually_consistent or attempts >= len(self.schedule.reconcile_delays):
            return None
        return Reconcile(self.schedule.reconcile_delays[attempts])

    def unseen(self, error: RemoteError, seconds: float, *, retries_forever: bool) -> Reconcile | GiveUp:
        """What to do when the far side cannot be searched, as it could not for so many seconds; in doubt it stays."""
        if seconds >= self.schedule.lasts and not retries_forever:
            return GiveUp(doubt=True)
        return Reconcile(max(error.retry_after or 0.0, self.schedule.reconcile_delays[-1]))

    def _spread(self, seconds: float) -> float:
        return seconds * (1 + self.random.random() / 5)
