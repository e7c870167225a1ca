"""
How a store has been doing: when its trouble is told, when its end, and how long to wait meanwhile. Pure.

An incident is told by how long it lasts, not by how often it was met. Its end is told when the store has worked for a
while, and not again soon: a store that comes and goes is one incident. All times are those of a clock that never goes
back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import AuthFailed, RateLimited, RemoteError
from bot.tickets.incidents import StoreIncident

MINUTE = 60.0
TOLD_AFTER = {StoreIncident.DOWN: 3 * MINUTE, StoreIncident.LIMITED: 15 * MINUTE, StoreIncident.PAUSED: MINUTE}
OVER_AFTER = 2 * MINUTE
OVER_AGAIN_AFTER = 30 * MINUTE
"""So long after the end of a trouble was told, the end of the next is not told yet."""
LONGEST_ASKED = 15 * MINUTE
"""A vendor that asks us to wait for longer is asked again all the same: it may have meant something else."""
_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 5 * MINUTE


def incident_of(error: RemoteError) -> StoreIncident:
    """As what a failure is told."""
    if isinstance(error, AuthFailed):
        return StoreIncident.PAUSED
    return StoreIncident.LIMITED if isinstance(error, RateLimited) else StoreIncident.DOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageState:
    """
    What is known of how a store is.

    Attributes:
        error: What its last sweep failed with; None: with nothing.
        failures: How many sweeps have failed in a row.
        failing_since: When the first of them did.
        refused_since: When the first of the last ones did that our credentials failed without a break.
        well_since: Since when it works; None: it does not, or nobody has asked yet.
        ended_at: When the end of a trouble was last told; None: never.
    """

    error: RemoteError | None = None
    failures: int = 0
    failing_since: float | None = None
    refused_since: float | None = None
    well_since: float | None = None
    ended_at: float | None = None

    def failed(self, error: RemoteError, now: float) -> OutageState:
        """After a sweep that failed."""
        refused = isinstance(error, AuthFailed)
        return replace(
            self,
            error=error,
            failures=self.failures + 1,
            failing_since=now if self.failing_since is None else self.failing_since,
            refused_since=None if not refused else now if self.refused_since is None else self.refused_since,
            well_since=None,
        )

    def worked(self, now: float) -> OutageState:
        """After a sweep that came to its end."""
        return OutageState(well_since=now if self.well_since is None else self.well_since, ended_at=self.ended_at)

    def told_over(self, now: float) -> OutageState:
        """After the end of a trouble was told."""
        return replace(self, ended_at=now)

    @property
    def told_at(self) -> float | None:
        """When the trouble is to be told if it lasts until then; None: there is none."""
        if self.error is None or self.failing_since is None:
            return None
        began = self.failing_since if self.refused_since is None else self.refused_since
        return began + TOLD_AFTER[incident_of(self.error)]

    def is_over(self, now: float) -> bool:
        """Whether a trouble that was told has come to its end."""
        if self.well_since is None or now - self.well_since < OVER_AFTER:
            return False
        return self.ended_at is None or now - self.ended_at >= OVER_AGAIN_AFTER

    def pause(self, poll: float, now: float, jitter: float) -> float:
        """
        How many seconds to wait after a failure: longer each time, as long as the vendor asks for within reason.

        Just before the trouble would be told, the store is asked once more.

        Args:
            poll: How often the store is asked while all is well.
            jitter: From 0 to 1; what failed together shall not return together.
        """
        longest = max(_LONGEST_PAUSE, poll)
        spread = 1 + jitter / 5
        own = min(longest, min(poll, _FIRST_PAUSE) * 2.0 ** min(self.failures - 1, 20)) * spread
        if self.told_at is not None and self.told_at > now:
            own = min(own, self.told_at - now)
        asked = 0.0 if self.error is None else min(self.error.retry_after or 0.0, LONGEST_ASKED)
        return max(own, asked * spread)
