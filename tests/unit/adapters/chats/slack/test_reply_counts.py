"""Which threads have something new, by their first messages."""

from __future__ import annotations

import pytest

from adapters.chats.slack import reply_counts
from adapters.chats.slack.reply_counts import ReplyCounts

OLD, NEW = "1700000000.000100", "1700000000.000200"


@pytest.mark.parametrize(
    ("first", "after", "touched"),
    [
        ({"ts": OLD, "latest_reply": NEW}, OLD, True),
        ({"ts": OLD, "latest_reply": NEW}, NEW, False),
        ({"ts": OLD, "latest_reply": NEW}, None, True),
        ({"ts": OLD, "reply_count": 2}, NEW, True),
        ({"ts": OLD, "reply_count": 0}, None, False),
        ({"ts": OLD}, None, False),
        ({"ts": OLD, "latest_reply": "soon", "reply_count": 1}, NEW, True),
    ],
)
def test_the_time_of_the_last_reply_decides_or_else_their_number(
    first: dict[str, object], after: str | None, *, touched: bool
) -> None:
    """A number that is not known yet may hold anything; without replies there is nothing."""
    assert ReplyCounts().touched("C1", first, after) is touched


def test_a_number_counts_until_it_changes() -> None:
    """For its thread in its channel alone."""
    counts = ReplyCounts()
    counts.nothing_new("C1", {"ts": OLD, "reply_count": 2})
    assert not counts.touched("C1", {"ts": OLD, "reply_count": 2}, None)
    assert counts.touched("C1", {"ts": OLD, "reply_count": 3}, None)
    assert counts.touched("C2", {"ts": OLD, "reply_count": 2}, None)


def test_only_the_latest_threads_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read longest ago is forgotten first, and then read once more; a thread without a message is none."""
    monkeypatch.setattr(reply_counts, "_REMEMBERED", 2)
    counts = ReplyCounts()
    threads = [{"ts": f"170000000{number}.000100", "reply_count": 1} for number in range(3)]
    for thread in (*threads[:2], threads[0], {}, threads[2]):
        counts.nothing_new("C1", thread)
    assert [counts.touched("C1", thread, None) for thread in threads] == [False, True, False]
