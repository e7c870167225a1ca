"""
The state of a store over time: when to report an incident, when to report its end, how long to wait. Pure.

An incident is reported when it has lasted for some time, however often it was seen. Its end is reported when the store
has worked for some time, and not again soon after that: a store that fails again and again is one incident. All times
are in seconds, by the monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import LONGEST_RETRY_AFTER, AuthFailed, RateLimited, RemoteError
from bot.tickets.from_vendors.incidents import StoreIncident

MINUTE = 60.0
NOTIFY_AFTER = {StoreIncident.DOWN: 3 * MINUTE, StoreIncident.LIMITED: 15 * MINUTE, StoreIncident.PAUSED: MINUTE}
RESOLVED_AFTER = 2 * MINUTE
RESOLVED_AGAIN_AFTER = 30 * MINUTE
"""After the end of an incident was reported, the next end is not reported before this time has passed."""
_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = MINUTE
"""A store that works again is noticed within a minute, or within its own time between two sweeps."""


def incident_of(error: RemoteError) -> StoreIncident:
    """The kind of incident that an error is."""
    if isinstance(error, AuthFailed):
        return StoreIncident.PAUSED
    return StoreIncident.LIMITED if isinstance(error, RateLimited) else StoreIncident.DOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageState:
    """
    What is known about the state of a store.

    Attributes:
        error: The error of the last sweep; None: it succeeded.
        failures: How many sweeps have failed in a row.
        failing_since: When the first of them failed.
        auth_failed_since: Since when every sweep has failed because our credentials were refused.
        working_since: Since when sweeps succeed; None: the last one failed, or there was none yet.
        resolved_notified_at: When the end of an incident was last reported; None: never.
    """

    error: RemoteError | None = None
    failures: int = 0
    failing_since: float | None = None
    auth_failed_since: float | None = None
    working_since: float | None = None
    resolved_notified_at: float | None = None

    def failed(self, error: RemoteError, now: float) -> OutageState:
        """The state after a sweep that failed."""
        return replace(
            self,
            error=error,
            failures=self.failures + 1,
            failing_since=_first(self.failing_since, now),
            auth_failed_since=_first(self.auth_failed_since, now) if isinstance(error, AuthFailed) else None,
            working_since=None,
        )

    def worked(self, now: float) -> OutageState:
        """The state after a sweep that succeeded."""
        return OutageState(
            working_since=_first(self.working_since, now), resolved_notified_at=self.resolved_notified_at
        )

    def resolved_notified(self, now: float) -> OutageState:
        """The state after the end of an incident was reported."""
        return replace(self, resolved_notified_at=now)

    @property
    def notify_at(self) -> float | None:
        """When to report the incident if it lasts until then; None: there is none."""
        if self.error is None or self.failing_since is None:
            return None
        began = self.failing_since if self.auth_failed_since is None else self.auth_failed_since
        return began + NOTIFY_AFTER[incident_of(self.error)]

    def is_resolved(self, now: float) -> bool:
        """Whether the end of a reported incident can be reported."""
        if self.working_since is None or now - self.working_since < RESOLVED_AFTER:
            return False
        return self.resolved_notified_at is None or now - self.resolved_notified_at >= RESOLVED_AGAIN_AFTER

    def pause(self, poll: float, now: float, jitter: float) -> float:
        """
        How many seconds to wait after a failure: longer each time, and as long as the vendor asks for, up to a limit.

        The store is tried once more just before the incident would be reported.

        Args:
            poll: Seconds between two sweeps in normal operation.
            jitter: From 0 to 1, so that stores that failed together do not all retry together.
        """
        longest = max(_LONGEST_PAUSE, poll)
        own = min(longest, min(poll, _FIRST_PAUSE) * 2.0 ** min(self.failures - 1, 20)) * (1 - jitter / 5)
        if self.notify_at is not None and self.notify_at > now:
            own = min(own, self.notify_at - now)
        retry_after = 0.0 if self.error is None else min(self.error.retry_after or 0.0, LONGEST_RETRY_AFTER)
        return max(own, retry_after * (1 + jitter / 5))


def _first(before: float | None, now: float) -> float:
    """When something that is true now became true; `before` is when it did if it was true already."""
    return now if before is None else before
