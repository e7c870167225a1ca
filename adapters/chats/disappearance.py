"""What a platform says does not exist any more: believed only when it says so twice, some seconds apart."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected, RemoteError, Unavailable

T = TypeVar("T")

APART = 5.0
"""Seconds between the two answers. A platform that moves its data, or a proxy before it, is wrong for a moment."""
_TOGETHER = 900.0
"""Seconds after which an answer says nothing about the next one."""
_REMEMBERED = 10_000
"""So many people may write in the threads and then leave, all at once."""
_PAUSES: Final = (1.0, 5.0, 15.0, 60.0, 60.0, 60.0)
"""Seconds before the platform is asked again, if no answer says when. After the last, nobody asks any more."""


class Disappearances:
    """
    Remembers since when the platform says of channels, threads, people and files that they do not exist.

    What is believed stays so as long as the platform goes on saying it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._missing_since: OrderedDict[str, float] = OrderedDict()

    def missing(self, one: str) -> float:
        """The platform says now that this does not exist; returns the seconds until to ask again, 0.0: believe it."""
        now = self._clock.monotonic()
        since = self._missing_since.pop(one, now)
        if now - since > _TOGETHER:
            since = now
        self._missing_since[one] = max(since, now - APART)
        if len(self._missing_since) > _REMEMBERED:
            self._missing_since.popitem(last=False)
        return max(0.0, since + APART - now)

    def wait(self, one: str) -> float:
        """Seconds until it is worth asking again whether this exists; 0.0: now, or it was not said to be missing."""
        since = self._missing_since.get(one)
        return 0.0 if since is None else max(0.0, since + APART - self._clock.monotonic())

    def there(self, one: str) -> None:
        """The platform shows it now, so what it said before was wrong."""
        self._missing_since.pop(one, None)


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
