"""How often people may make us ask Slack something, so that nobody uses up the limits that all share."""

from __future__ import annotations

from collections import OrderedDict, deque

from bot.clock import Clock

_MINUTE = 60.0
_REMEMBERED = 500


class Allowances:
    """
    So many requests a minute for each name.

    Args:
        most: How many a minute.
    """

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, name: str = "") -> bool:
        """Whether one more may be made for this name, which is then counted."""
        now = self._clock.monotonic()
        asked = self._asked.pop(name, None) or deque(maxlen=self._most)
        self._asked[name] = asked
        if len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        if len(asked) == self._most and now - asked[0] < _MINUTE:
            return False
        asked.append(now)
        return True
