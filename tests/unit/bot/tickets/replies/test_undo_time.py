"""When a reply may leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.tickets.replies.undo_time import is_announced, leaves_at
from tests.support.one_message import RULES

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "waits"),
    [(0, 5), (2, 3), (5, 0), (600, 0), (-60, 65)],
    ids=["just written", "a moment old", "as old as the undo time", "read after an outage", "written by a fast clock"],
)
def test_a_reply_waits_for_what_is_left_of_its_undo_time(age: int, waits: int) -> None:
    """The undo time starts when the text was written, and what is left of it is waited for; never less than nothing."""
    assert leaves_at(NOW - timedelta(seconds=age), RULES, NOW) == NOW + timedelta(seconds=waits)


@pytest.mark.parametrize(("undo", "announced"), [(0.0, False), (2.9, False), (3.0, True), (60.0, True)])
def test_only_a_reply_that_can_be_read_before_it_leaves_is_announced(undo: float, announced: bool) -> None:
    """With a shorter undo time the other threads show a reply only once it is sent."""
    assert is_announced(replace(RULES, undo=timedelta(seconds=undo))) is announced
