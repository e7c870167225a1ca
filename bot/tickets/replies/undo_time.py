"""The undo time (`UNDO_SECONDS`): how long a reply waits before it leaves, so that its author can take it back."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.tickets.rules_from_settings import Rules

WORTH_SHOWING = timedelta(seconds=3)
"""A reply that leaves sooner is not announced in the ticket's other threads: nobody could read that."""


def leaves_at(since: datetime, rules: Rules, now: datetime) -> datetime:
    """
    When a reply may leave. Pure.

    Args:
        since: When it got its present text, by this machine's clock; an edit makes it wait anew.
    """
    return max(now, since + rules.undo)


def is_announced(rules: Rules) -> bool:
    """Whether replies that wait are announced in the ticket's other threads. Pure."""
    return rules.undo >= WORTH_SHOWING
