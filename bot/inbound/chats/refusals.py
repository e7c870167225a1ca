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
        self._informed: OrderedDict[tuple[ChatName, AgentId], float] = OrderedDict()
        self.counts: Counter[tuple[ChatName, Door]] = Counter()

    def add(self, chat: ChatName, door: Door) -> None:
        """Something was refused."""
        self.counts[chat, door] += 1

    def is_due(self, chat: ChatName, agent: AgentId) -> bool:
        """Whether this person must be told now; True at most once a day for each person."""
        now, key = self._clock.monotonic(), (chat, agent)
        informed = self._informed.get(key)
        if informed is not None and now - informed < _DAY:
            return False
        self._informed[key] = now
        self._informed.move_to_end(key)
        while len(self._informed) > _REMEMBERED:
            self._informed.popitem(last=False)
        return True
