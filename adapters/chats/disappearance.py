"""What a platform says does not exist any more: believed only when it says so twice, some seconds apart."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from bot.clock import Clock
from bot.errors import RemoteError

APART = 5.0
"""Seconds between the two answers. A platform that moves its data, or a proxy before it, is wrong for a moment."""
_TOGETHER = 900.0
"""Seconds after which an answer says nothing about the next one."""
_REMEMBERED = 1000
_PAUSES: Final = (1.0, 5.0, 15.0, 60.0, 60.0, 60.0)
"""Seconds before the platform is asked again, if no answer says when. After the last, nobody asks any more."""


class Disappearances:
    """Remembers since when the platform says of channels, threads and files that they do not exist."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._missing_since: OrderedDict[str, float] = OrderedDict()

    def missing(self, one: str) -> float:
        """The platform says now that this does not exist; returns the seconds until to ask again, 0.0: believe it."""
        now = self._clock.monotonic()
        since = self._missing_since.get(one)
        if since is None or now - since > _TOGETHER:
            self._missing_since.pop(one, None)
            self._missing_since[one] = since = now
            if len(self._missing_since) > _REMEMBERED:
                self._missing_since.popitem(last=False)
        return max(0.0, since + APART - now)

    def there(self, one: str) -> None:
        """The platform shows it now, so what it said before was wrong."""
        self._missing_since.pop(one, None)


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
