"""When to attempt a delivery again, when to search for it, and when to give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from bot.errors import AuthFailed, Forbidden, RateLimited, Rejected, RemoteError
from bot.model import RECONCILE_DELAYS

MINUTE = 60.0
HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """
    How long to wait, in seconds.

    Attributes:
        retries: Before the second attempt, the third, and so on.
        reconcile_delays: After an attempt of unknown outcome, before each search on the other side. Only when the last
            search finds nothing, the attempt counts as not done: a vendor's reads may lag behind its writes.
        refused_delay: Before the next attempt while the credentials or the rights are refused.
        passing_retries: So many attempts are made of what is refused for a reason that nobody knows. Then it has
            failed, because what comes after it must not wait for hours.
    """

    retries: tuple[float, ...] = (1, 5, 15, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR)
    reconcile_delays: tuple[float, ...] = RECONCILE_DELAYS
    refused_delay: float = MINUTE
    passing_retries: int = 6

    @property
    def retries_seconds(self) -> float:
        """For how long a delivery is attempted that is not attempted forever."""
        return sum(self.retries)


@dataclass(frozen=True, slots=True)
class Postpone:
    """
    Nothing happened; attempt it again after so many seconds.

    Attributes:
        counted: Whether the failed attempt counts towards the number of attempts after which it is given up.
    """

    seconds: float
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Reconcile:
    """It may have happened; search the other side after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It failed for good. With `doubt` it may have happened all the same."""

    doubt: bool = False


Decision = Postpone | Reconcile | GiveUp


@dataclass(slots=True)
class Decider:
    """Decides by a schedule. Adds up to a fifth of random delay, so that retries do not all come at once."""

    schedule: Schedule = field(default_factory=Schedule)
    random: Random = field(default_factory=Random)

    def after_failure(
        self, error: RemoteError, attempts: int, *, retries_forever: bool, may_be_repeated: bool = False
    ) -> Decision:
        """
        What to do after attempt number `attempts` failed.

        Args:
            attempts: 0: no attempt was made since somebody asked for a retry.
            retries_forever: Whether it is attempted any number of times (what a chat must show), or is given up after
                some time (what a customer would read too late).
            may_be_repeated: Whether it is not searched for where its outcome is unknown, but simply made again: that
                must not be done every second for as long as there is no answer.
        """
        too_often = attempts > len(self.schedule.retries) and not retries_forever
        if not error.certain:
            pause = self._pause(attempts) if may_be_repeated else self.schedule.reconcile_delays[0]
            is_over = may_be_repeated and too_often
            return GiveUp(doubt=True) if is_over else Reconcile(max(pause, error.retry_after or 0.0))
        if isinstance(error, RateLimited):
            return Postpone(self._spread(error.retry_after or 1.0), counted=False)
        if isinstance(error, AuthFailed | Forbidden):
            return Postpone(max(self._spread(self.schedule.refused_delay), error.retry_after or 0.0), counted=False)
        refused = isinstance(error, Rejected) and attempts >= self.schedule.passing_retries
        if not error.retryable or too_often or refused:
            return GiveUp()
        if attempts == 0:
            return Postpone(error.retry_after or 0.0)
        return Postpone(max(self._pause(attempts), error.retry_after or 0.0))

    def after_reconcile(self, attempts: int, *, eventually_consistent: bool) -> Reconcile | None:
        """What to do after search number `attempts` found nothing; None: it did not happen."""
        if not eventually_consistent or attempts >= len(self.schedule.reconcile_delays):
            return None
        return Reconcile(self.schedule.reconcile_delays[attempts])

    def after_failed_search(self, error: RemoteError, seconds: float, *, retries_forever: bool) -> Reconcile | GiveUp:
        """
        What to do when the other side cannot be searched.

        Args:
            seconds: For how long the outcome has been unknown.
        """
        if seconds >= self.schedule.retries_seconds and not retries_forever:
            return GiveUp(doubt=True)
        # One that is looked for for ever takes a request a minute at last: others have the same limits.
        longest = min(seconds / 10, MINUTE) if retries_forever else 0.0
        return Reconcile(max(error.retry_after or 0.0, self.schedule.reconcile_delays[-1], longest))

    def _pause(self, attempts: int) -> float:
        return self._spread(self.schedule.retries[min(max(attempts, 1), len(self.schedule.retries)) - 1])

    def _spread(self, seconds: float) -> float:
        return seconds * (1 + self.random.random() / 5)
