"""What people were refused: counted for the metrics, and told privately, but only once a day."""

from __future__ import annotations

from collections import Counter, OrderedDict

from bot.clock import Clock
from bot.model import AgentId, ChatName, Door

_DAY = 86_400.0
_REMEMBERED = 10_000


class Refusals:
    """
    Counts what was refused, and knows who was told lately.

    Only in memory: after a restart somebody may be told once more.

    Attributes:
        counts: How often something was refused since the start, by chat and door.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: OrderedDict[tuple[ChatName, AgentId], float] = OrderedDict()
        self.counts: Counter[tuple[ChatName, Door]] = Counter()

    def add(self, chat: ChatName, door: Door) -> None:
        """Something was refused."""
        self.counts[chat, door] += 1

    def is_due(self, chat: ChatName, agent: AgentId) -> bool:
        """Whether this person must be told now; True at most once a day for each person."""
        now, key = self._clock.monotonic(), (chat, agent)
        told = self._told.get(key)
        if told is not None and now - told < _DAY:
            return False
        self._told[key] = now
        self._told.move_to_end(key)
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return True
