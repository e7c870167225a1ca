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
        looks: After a try of unknown outcome, before each look at the far side. It is believed not to have come
            about only when the last look finds nothing: a vendor's reads may lag behind its writes.
        refused: How often to see whether refused credentials work again.
    """

    retries: tuple[float, ...] = (1, 5, 15, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR)
    looks: tuple[float, ...] = (1, 4, 15)
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
class Look:
    """It may have happened; look at the far side so many seconds from now."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It failed for good; in doubt, it may have come about all the same."""

    doubt: bool = False


Decision = Postpone | Look | GiveUp


@dataclass(slots=True)
class Decider:
    """Decides by a schedule, with full jitter of a fifth so that what failed together does not return together."""

    schedule: Schedule = field(default_factory=Schedule)
    random: Random = field(default_factory=Random)

    def after(self, error: RemoteError, attempts: int, *, for_ever: bool) -> Decision:
        """
        What to do after the failure of try number `attempts`.

        Args:
            attempts: 0: none was made since somebody asked that it be tried again.
            for_ever: Whether what is delivered is worth any number of tries (what a chat has to show), or becomes
                wrong with time (what a customer would read).
        """
        if not error.certain:
            return Look(self.schedule.looks[0])
        if isinstance(error, RateLimited):
            return Postpone(self._spread(error.retry_after or 1.0), counted=False)
        if isinstance(error, AuthFailed | Forbidden):
            return Postpone(max(self._spread(self.schedule.refused), error.retry_after or 0.0), counted=False)
        if not error.again or (attempts > len(self.schedule.retries) and not for_ever):
            return GiveUp()
        if attempts == 0:
            return Postpone(error.retry_after or 0.0)
        own = self.schedule.retries[min(attempts, len(self.schedule.retries)) - 1]
        return Postpone(max(self._spread(own), error.retry_after or 0.0))

    def after_look(self, looks: int, *, lags: bool) -> Look | None:
        """What to do when look number `looks` found nothing; None: believe it, as at once where reads never lag."""
        if not lags or looks >= len(self.schedule.looks):
            return None
        return Look(self.schedule.looks[looks])

    def unseen(self, error: RemoteError, seconds: float, *, for_ever: bool) -> Look | GiveUp:
        """What to do when the far side cannot be searched, as it could not for so many seconds; in doubt it stays."""
        if seconds >= self.schedule.lasts and not for_ever:
            return GiveUp(doubt=True)
        return Look(max(error.retry_after or 0.0, self.schedule.looks[-1]))

    def _spread(self, seconds: float) -> float:
        return seconds * (1 + self.random.random() / 5)
