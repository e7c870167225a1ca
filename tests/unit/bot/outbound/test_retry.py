"""When a delivery is tried again, looked for, or given up."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from bot.errors import AuthFailed, Gone, RateLimited, Rejected, RemoteError, Unavailable, Uncertain, Unsupported
from bot.outbound.retry import Decider, GiveUp, Postpone, Reconcile, Schedule
from bot.tickets.from_vendors.outdated import LONGEST_READ_LAG

SCHEDULE = Schedule(retries=(1, 10), reconcile_delays=(2, 3), refused_delay=60)


class Never(Random):
    """No jitter at all."""

    def random(self) -> float:
        return 0.0


class Half(Random):
    """The jitter in the middle."""

    def random(self) -> float:
        return 0.5


DECIDER = Decider(SCHEDULE, Never())


@pytest.mark.parametrize(
    ("error", "attempts", "retries_forever", "decision"),
    [
        (Unavailable("down"), 0, False, Postpone(0)),
        (Unavailable("down"), 1, False, Postpone(1)),
        (Unavailable("down"), 2, False, Postpone(10)),
        (Unavailable("down"), 3, False, GiveUp()),
        (Unavailable("down"), 3, True, Postpone(10)),
        (Unavailable("down", retry_after=30), 1, False, Postpone(30)),
        (Unavailable("down", retry_after=0.1), 1, False, Postpone(1)),
        (RateLimited("slow", retry_after=7), 99, False, Postpone(7, counted=False)),
        (AuthFailed("key"), 99, False, Postpone(60, counted=False)),
        (Uncertain("lost"), 1, False, Reconcile(2)),
        (Uncertain("lost"), 99, True, Reconcile(2)),
        (Uncertain("lost", retry_after=30), 1, True, Reconcile(30)),
        (Uncertain("lost", retry_after=1), 1, True, Reconcile(2)),
        (Gone("gone"), 1, True, GiveUp()),
        (Rejected("no"), 1, False, GiveUp()),
        (Unsupported("never"), 1, False, GiveUp()),
    ],
)
def test_each_failure_has_its_answer(
    error: RemoteError, attempts: int, retries_forever: bool, decision: Postpone | Reconcile | GiveUp
) -> None:
    """
    Waiting grows with each try; a limit and a refused key cost no try; doubt is looked into, never repeated.

    What was only looked for since somebody asked for it anew has not been tried, and leaves at once.
    """
    assert DECIDER.after_failure(error, attempts, retries_forever=retries_forever) == decision


def test_what_is_looked_for_for_ever_is_looked_for_each_minute_at_last() -> None:
    """A thread that cannot be searched must not use up what others need; a customer's reply is looked for quickly."""
    last, error = SCHEDULE.reconcile_delays[-1], Unavailable("down")
    waits = {
        forever: [DECIDER.after_failed_search(error, seconds, retries_forever=forever) for seconds in (0, 1, 3600)]
        for forever in (True, False)
    }
    assert waits[True] == [Reconcile(last), Reconcile(last), Reconcile(60)]
    assert waits[False][:2] == [Reconcile(last), Reconcile(last)]


@pytest.mark.parametrize("retries_forever", [True, False])
def test_what_may_be_repeated_is_not_repeated_every_second(retries_forever: bool) -> None:
    """Its outcome is never known: then it waits longer and longer, as if nothing had happened, and may be given up."""
    error, tries = Uncertain("lost"), len(SCHEDULE.retries)
    found = [
        DECIDER.after_failure(error, attempts, retries_forever=retries_forever, may_be_repeated=True)
        for attempts in range(tries + 2)
    ]
    waits = [Reconcile(SCHEDULE.retries[min(max(attempts, 1), tries) - 1]) for attempts in range(tries + 2)]
    assert found == (waits if retries_forever else [*waits[:-1], GiveUp(doubt=True)])


@pytest.mark.parametrize(
    ("error", "decision"),
    [
        (Unavailable("down"), Postpone(11)),
        (Unavailable("down", retry_after=10.5), Postpone(11)),
        (Unavailable("down", retry_after=30), Postpone(30)),
        (RateLimited("slow", retry_after=10), Postpone(11, counted=False)),
        (AuthFailed("key"), Postpone(66, counted=False)),
    ],
)
def test_what_failed_together_does_not_return_together(error: RemoteError, decision: Postpone) -> None:
    """Every wait of our own is up to a fifth longer, by chance; never shorter than what the other side asks for."""
    assert Decider(SCHEDULE, Half()).after_failure(error, 2, retries_forever=False) == decision


def test_a_hundred_that_fail_together_return_apart() -> None:
    """With real chance no two of them wait equally long, and none less than is due."""
    decider = Decider(SCHEDULE, Random(1))
    decisions = [decider.after_failure(Unavailable("down"), 2, retries_forever=False) for _ in range(100)]
    waits = [decision.seconds for decision in decisions if isinstance(decision, Postpone)]
    assert len(set(waits)) == 100
    assert 10 <= min(waits) < 10.2
    assert 11.8 < max(waits) <= 12


def test_the_far_side_is_looked_at_until_the_last_look() -> None:
    """Where reads lag behind writes, one look that finds nothing proves nothing; where they do not, it does."""
    assert DECIDER.after_reconcile(0, eventually_consistent=True) == Reconcile(2)
    assert DECIDER.after_reconcile(1, eventually_consistent=True) == Reconcile(3)
    assert DECIDER.after_reconcile(2, eventually_consistent=True) is None
    assert DECIDER.after_reconcile(0, eventually_consistent=False) is None


def test_a_reply_is_tried_for_some_hours_and_not_for_days() -> None:
    """The built-in schedule bridges a vendor's bad night; an answer that comes days late would be wrong."""
    hours = sum(Schedule().retries) / 3600
    assert 6 < hours < 24


def test_a_reply_is_searched_for_as_long_as_reads_may_lag() -> None:
    """What `sync` still takes for an old reading, and how long a reply is searched for, are one number."""
    assert timedelta(seconds=sum(Schedule().reconcile_delays)) == LONGEST_READ_LAG == timedelta(seconds=20)
