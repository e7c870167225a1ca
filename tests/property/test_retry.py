"""What holds for every decision about a failure, whatever the failure and the schedule."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import AuthFailed, Gone, RateLimited, Rejected, RemoteError, Unavailable, Uncertain, Unsupported
from bot.outbound.retry import Decider, GiveUp, Postpone, Reconcile, Schedule

always = settings(derandomize=True, database=None)

SECONDS = st.floats(0.001, 100_000)
SCHEDULES = st.builds(
    Schedule,
    retries=st.lists(SECONDS, min_size=1, max_size=12).map(lambda waits: tuple(sorted(waits))),
    reconcile_delays=st.lists(SECONDS, min_size=1, max_size=5).map(tuple),
    refused_delay=SECONDS,
)
DECIDERS = st.builds(Decider, SCHEDULES, st.builds(Random, st.integers()))
ATTEMPTS = st.integers(1, 50)
ERRORS: st.SearchStrategy[RemoteError] = st.one_of(
    st.builds(Unavailable, st.just("down"), retry_after=st.none() | SECONDS),
    st.builds(RateLimited, st.just("slow"), retry_after=SECONDS),
    st.builds(Uncertain, st.just("lost")),
    st.builds(AuthFailed, st.just("key")),
    st.builds(Gone, st.just("gone")),
    st.builds(Rejected, st.just("no")),
    st.builds(Unsupported, st.just("never")),
)


@always
@given(DECIDERS, ERRORS, ATTEMPTS, st.booleans())
def test_doubt_is_never_repeated(decider: Decider, error: RemoteError, attempts: int, retries_forever: bool) -> None:
    """A failure that may have come about leads to a look and to nothing else; a certain one never does."""
    decision = decider.after_failure(error, attempts, retries_forever=retries_forever)
    assert isinstance(decision, Reconcile) == (not error.certain)


@always
@given(DECIDERS, ERRORS, ATTEMPTS, st.booleans())
def test_what_cannot_help_is_not_tried(
    decider: Decider, error: RemoteError, attempts: int, retries_forever: bool
) -> None:
    """What the other side refuses is given up; only where a person can fix the refusal it waits."""
    decision = decider.after_failure(error, attempts, retries_forever=retries_forever)
    if error.certain and not error.retryable and not isinstance(error, AuthFailed):
        assert decision == GiveUp()


@always
@given(DECIDERS, ERRORS, ATTEMPTS)
def test_what_is_worth_any_number_of_tries_is_never_given_up(
    decider: Decider, error: RemoteError, attempts: int
) -> None:
    """As long as trying again can help, what a chat has to show is tried again."""
    if error.retryable:
        assert not isinstance(decider.after_failure(error, attempts, retries_forever=True), GiveUp)


@always
@given(DECIDERS, ERRORS, ATTEMPTS, st.booleans())
def test_nobody_is_asked_too_early(decider: Decider, error: RemoteError, attempts: int, retries_forever: bool) -> None:
    """A wait is at least what the other side asked for, and no longer than a fifth above the longest that is due."""
    decision = decider.after_failure(error, attempts, retries_forever=retries_forever)
    if isinstance(decision, Postpone):
        asked = error.retry_after or 0.0
        longest = max(asked or 1.0, decider.schedule.refused_delay, *decider.schedule.retries)
        assert asked <= decision.seconds <= longest * 1.2 * (1 + 1e-9)


@always
@given(DECIDERS, ERRORS, ATTEMPTS, st.booleans())
def test_no_wait_of_our_own_is_without_jitter(
    decider: Decider, error: RemoteError, attempts: int, retries_forever: bool
) -> None:
    """What fails again in the same way waits a little longer or shorter, unless the other side set the time itself."""
    first = decider.after_failure(error, attempts, retries_forever=retries_forever)
    second = decider.after_failure(error, attempts, retries_forever=retries_forever)
    if isinstance(first, Postpone) and isinstance(second, Postpone):
        set_by_them = not isinstance(error, RateLimited) and error.retry_after is not None
        assert first.seconds != second.seconds or (set_by_them and first.seconds == error.retry_after)


@always
@given(DECIDERS, ERRORS)
def test_tries_come_to_an_end(decider: Decider, error: RemoteError) -> None:
    """What becomes wrong with time is counted and given up after the last retry; limits and refused keys cost none."""
    last = decider.after_failure(error, len(decider.schedule.retries) + 1, retries_forever=False)
    if isinstance(last, Postpone):
        assert not last.counted
        assert isinstance(error, RateLimited | AuthFailed)


@always
@given(DECIDERS, st.booleans())
def test_looking_comes_to_an_end(decider: Decider, eventually_consistent: bool) -> None:
    """There are as many looks as the schedule has, and then it is believed."""
    looks = 0
    while decider.after_reconcile(looks, eventually_consistent=eventually_consistent) is not None:
        looks += 1
        assert looks <= len(decider.schedule.reconcile_delays)
    assert looks == (len(decider.schedule.reconcile_delays) if eventually_consistent else 0)
