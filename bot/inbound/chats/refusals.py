"""What people were refused: counted for the metrics, and told privately, but only once a day."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from bot.db.connection import Transaction
from bot.db.rows import to_ms
from bot.model import AgentId, ChatName, Door

_DAY: Final = timedelta(days=1)
_LATELY: Final = timedelta(minutes=10)
MOST_TOLD: Final = 10
"""So many people are told in ten minutes: of a crowd each would get a message, and whoever takes none has a line in the
thread."""


class Refusals:
    """
    Counts what was refused.

    Attributes:
        counts: How often something was refused since the start, by chat and door.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[ChatName, Door]] = Counter()

    def add(self, chat: ChatName, door: Door) -> None:
        """Something was refused."""
        self.counts[chat, door] += 1


def tell_now(tx: Transaction, chat: ChatName, agent: AgentId, now: datetime) -> bool:
    """
    Whether this person must be told of a refusal now; notes that.

    True at most once a day for each, also after a restart, and for ten people in ten minutes.
    """
    tx.run("delete_old_refusals", before=to_ms(now - _DAY))
    lately = to_ms(now - _LATELY)
    return bool(tx.run("add_refusal", chat=chat, agent=agent, now=to_ms(now), lately=lately, most=MOST_TOLD))
