"""When a channel reads how many missed messages were found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.inbound.chats.catchup import Found, is_worth_saying
from tests.support.database import NOON


@pytest.mark.parametrize(
    ("amount", "age", "said"),
    [
        (1, timedelta(seconds=5), False),
        (4, timedelta(seconds=119), False),
        (5, timedelta(seconds=1), True),
        (400, timedelta(0), True),
        (1, timedelta(minutes=2), True),
        (1, timedelta(days=3), True),
        (1, timedelta(minutes=-10), False),
    ],
)
def test_only_many_or_old_messages_are_worth_a_line(amount: int, age: timedelta, *, said: bool) -> None:
    """A restart of some seconds finds a message or two, and nobody has to read of that."""
    assert is_worth_saying(Found(amount, NOON - age), NOON) is said
