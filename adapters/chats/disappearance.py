"""What a platform says does not exist any more: believed when it was asked twice, some seconds apart, and said so."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected, RemoteError, Unavailable

T = TypeVar("T")

APART = 5.0
"""
Seconds between an answer and the next question that counts.

A platform that moves its data, or a proxy before it, is wrong for a moment.
"""
_TOGETHER = 900.0
"""Seconds after which an answer says nothing about the next one."""
_REMEMBERED = 10_000
"""So many people may write in the threads and then leave, all at once."""
_SOON = 1.0
"""Seconds until to ask again, if only the question came too early and not its answer."""
_PAUSES: Final = (1.0, 5.0, 15.0, 60.0, 60.0, 60.0)
"""Seconds before the platform is asked again, if no answer says when. After the last, nobody asks any more."""


@dataclass(frozen=True, slots=True)
class _Said:
    """When a platform said first that something does not exist, and when last; by the monotonic clock."""

    first: float
    last: float


class Disappearances:
    """
    Remembers since when the platform says of channels, threads, people and files that they do not exist.

    What is believed stays so as long as the platform goes on saying it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._missing: OrderedDict[str, _Said] = OrderedDict()

    def now(self) -> float:
        """The time by which `missing` counts; to be taken before the platform is asked."""
        return self._clock.monotonic()

    def missing(self, one: str, asked_at: float) -> float:
        """
        The platform says that this does not exist; returns the seconds until to ask again, 0.0: believe it.

        Args:
            asked_at: What `now` was before the question. Its answer may have taken long, and says what was true then:
                of two questions that are asked at once, the second says nothing more.
        """
        now = self._clock.monotonic()
        said = self._missing.pop(one, None)
        if said is None or now - said.last > _TOGETHER:
            said = _Said(now, now)
        self._missing[one] = replace(said, last=now)
        if len(self._missing) > _REMEMBERED:
            self._missing.popitem(last=False)
        too_early = max(0.0, said.first + APART - asked_at)
        return max(said.first + APART - now, min(too_early, _SOON))

    def wait(self, one: str) -> float:
        """Seconds until it is worth asking again whether this exists; 0.0: now, or it was not said to be missing."""
        said = self._missing.get(one)
        return 0.0 if said is None else max(0.0, said.first + APART - self._clock.monotonic())

    def there(self, one: str) -> None:
        """The platform shows it now, so what it said before was wrong."""
        self._missing.pop(one, None)


def is_unsure(error: RemoteError) -> bool:
    """Whether a platform says of one thing that it is gone, which is not believed yet; else it may be an outage."""
    return isinstance(error, Unavailable) and isinstance(error.__cause__, Forbidden | Gone | Rejected)


async def ask_each(asked: Iterable[Awaitable[T]]) -> list[T]:
    """
    The answers to all of these, asked one after the other.

    Where it is not sure yet that some are gone, the others are asked all the same, and the first of these errors is
    raised at the end. So the next time all are sure, and many cost no more rounds than one.
    """
    found: list[T] = []
    unsure: RemoteError | None = None
    for one in asked:
        try:
            found.append(await one)
        except RemoteError as error:
            if not is_unsure(error):
                raise
            unsure = unsure or error
    if unsure is not None:
        raise unsure
    return found


async def until_sure(is_gone: Callable[[], Awaitable[bool]], clock: Clock) -> bool | None:
    """
    Ask whether something is gone until that is certain; for events that say so.

    Args:
        is_gone: Raises `RemoteError` while that is not certain.

    Returns:
        None: it could not be found out. Later reading and writing will find it out.
    """
    pauses = iter(_PAUSES)
    while True:
        try:
            return await is_gone()
        except RemoteError as error:
            pause = error.retry_after or next(pauses, None)
        if pause is None:
            return None
        await clock.sleep(pause)
