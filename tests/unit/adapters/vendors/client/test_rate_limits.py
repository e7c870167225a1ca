"""Budgets of requests: never more than a vendor allows, and a part of it for replies."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.vendors.client.rate_limits import (
    LONGEST_WAIT,
    LONGEST_WAIT_FOR_WRITES,
    Quota,
    Window,
    WindowState,
    window_states,
)
from bot.errors import RateLimited
from tests.support.clocks import ManualClock
from tests.support.simulation.loop import SimulatedClock, simulated_loop

FIVE_MINUTES = Window(300, 300)


async def taken(quota: Quota, clock: ManualClock, *, urgent: bool, most: int = 10_000) -> int:
    """How many requests may leave at this very moment."""
    for count in range(most):
        began = clock.seconds
        try:
            await quota.take(urgent=urgent)
        except RateLimited:
            return count
        if clock.seconds > began:
            return count
    return most


@settings(max_examples=60)
@given(
    st.sampled_from([Window(4, 1), Window(20, 1), Window(30, 60), FIVE_MINUTES]),
    st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=600),
)
async def test_no_window_ever_holds_more_than_the_vendor_allows(
    window: Window, wishes: list[tuple[float, bool]]
) -> None:
    """Whoever wants what and when: within any stretch of the window's length, no more leaves than it allows."""
    clock = ManualClock()
    quota = Quota(clock, "Acme", [window])
    left: list[float] = []

    for pause, urgent in wishes:
        clock.advance(pause)
        try:
            await quota.take(urgent=urgent)
        except RateLimited:
            continue
        left.append(clock.seconds)
    for index, moment in enumerate(left):
        if index >= window.requests:
            assert moment - left[index - window.requests] >= window.seconds - 1e-6


async def test_reading_leaves_room_for_replies() -> None:
    """When reading may go no further, replies still leave at once."""
    clock = ManualClock()
    quota = Quota(clock, "Acme", [FIVE_MINUTES])
    assert await taken(quota, clock, urgent=False) == 120
    assert await taken(quota, clock, urgent=True) >= 29


async def test_a_long_window_trickles() -> None:
    """A used-up day does not stop a store until tomorrow: a read comes through within seconds."""
    clock = ManualClock()
    quota = Quota(clock, "Acme", [Window(12_000, 86_400)])
    await taken(quota, clock, urgent=False)
    began = clock.seconds
    await quota.take(urgent=False)
    assert clock.seconds - began < 20


def test_lightspeeds_headers() -> None:
    """Three windows between slashes, reset in seconds left."""
    headers = {
        "x-ratelimit-limit": "300/3000/12000",
        "x-ratelimit-remaining": "298/2965/11910",
        "x-ratelimit-reset": "202/802/8002",
    }
    assert window_states(headers, 0, 86_400) == (
        WindowState(300, 298, 202),
        WindowState(3000, 2965, 802),
        WindowState(12000, 11910, 8002),
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-limit": "300"},
        {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "many", "x-ratelimit-reset": "1"},
        {"x-ratelimit-limit": "300/2", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "1"},
        {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "-1", "x-ratelimit-reset": "1"},
    ],
)
def test_headers_that_say_nothing(headers: dict[str, str]) -> None:
    """What is missing or unreadable is no statement."""
    assert window_states(headers, 0, 900) == ()


def test_a_reset_may_be_a_moment() -> None:
    """A large number is seconds since 1970, or milliseconds; one that makes no sense is the longest that we believe."""
    headers = {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000030"}
    assert window_states(headers, 1_700_000_000, 900) == (WindowState(10, 0, 30),)
    headers["x-ratelimit-reset"] = "1700000030000"
    assert window_states(headers, 1_700_000_000, 900) == (WindowState(10, 0, 30),)
    headers["x-ratelimit-reset"] = "9700000030000"
    assert window_states(headers, 1_700_000_000, 900) == (WindowState(10, 0, 900),)


@pytest.mark.parametrize(("windows", "waits"), [((), 900), ([FIVE_MINUTES], 900), ([Window(12_000, 86_400)], 86_400)])
async def test_one_answer_stops_a_store_no_longer_than_its_vendor_documents(
    windows: Sequence[Window], waits: float
) -> None:
    """An answer that says that nothing is left for a year holds for a quarter of an hour, or for the longest window."""
    clock = ManualClock()
    quota = Quota(clock, "Acme", windows)
    quota.answered({"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "31536000"})
    clock.advance(waits - 1)
    assert quota.wait() > 0
    clock.advance(1)
    assert quota.wait() == 0


@pytest.mark.parametrize("ahead", [-86_400, 0, 86_400])
def test_a_moment_is_by_the_vendors_clock(ahead: int) -> None:
    """Where ours is a day off, a window that is used up is neither waited for until tomorrow nor taken for open."""
    clock = ManualClock()
    quota = Quota(clock, "Acme")
    there = clock.now() - timedelta(seconds=ahead)
    headers = {
        "date": format_datetime(there, usegmt=True),
        "x-ratelimit-limit": "10",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(there.timestamp()) + 30),
    }
    assert quota.rate_limited(headers, None).retry_after == 30


async def test_what_the_vendor_says_is_left_counts() -> None:
    """Others may use the same key: a fifth left stops reading until the window ends, none left stops replies."""
    clock = ManualClock()
    quota = Quota(clock, "Acme", [FIVE_MINUTES])
    quota.answered({"x-ratelimit-limit": "300", "x-ratelimit-remaining": "60", "x-ratelimit-reset": "200"})
    assert await taken(quota, clock, urgent=False) == 0
    assert await taken(quota, clock, urgent=True, most=5) == 5
    quota.answered({"x-ratelimit-limit": "300", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "200"})
    with pytest.raises(RateLimited) as limited:
        await quota.take(urgent=True)
    assert limited.value.retry_after == 200
    clock.advance(200)
    await quota.take(urgent=False)


def test_a_refusal_waits_for_the_window_that_is_used_up() -> None:
    """Lightspeed names no `Retry-After`: the reset of the window without anything left is the time."""
    clock = ManualClock()
    quota = Quota(clock, "Acme", [FIVE_MINUTES])
    headers = {
        "x-ratelimit-limit": "300/3000/12000",
        "x-ratelimit-remaining": "0/2000/9000",
        "x-ratelimit-reset": "123/802/8002",
    }
    assert quota.rate_limited(headers, None).retry_after == 123


def test_a_vendor_that_refuses_for_days_is_asked_every_five_minutes() -> None:
    """However often it has refused in a row without saying for how long."""
    clock = ManualClock()
    quota = Quota(clock, "Acme")
    waits = []
    for _ in range(1_100):
        waits.append(quota.rate_limited({}, None).retry_after)
        clock.advance(waits[-1] or 0.0)
    assert waits[:8] == [5, 10, 20, 40, 80, 160, 300, 300]
    assert set(waits[8:]) == {300}


async def test_nothing_leaves_while_the_vendor_asks_us_to_wait() -> None:
    """A short wait is waited out, a long one is refused, for replies too."""
    clock = ManualClock()
    quota = Quota(clock, "Acme")
    quota.rate_limited({}, LONGEST_WAIT + 40)
    with pytest.raises(RateLimited):
        await quota.take(urgent=True)
    clock.advance(50)
    began = clock.seconds
    await quota.take(urgent=True)
    assert clock.seconds - began == pytest.approx(50)


async def test_an_unknown_limit_is_felt_out() -> None:
    """A refusal slows reading at once; answers make it faster slowly, and not as fast as what was refused."""
    clock = ManualClock()
    quota = Quota(clock, "Acme")

    async def pace() -> float:
        await quota.take(urgent=False)
        began = clock.seconds
        await quota.take(urgent=False)
        return clock.seconds - began

    assert await pace() == 0
    quota.rate_limited({}, 1.0)
    clock.advance(10)
    assert await pace() == pytest.approx(0.5)
    for _ in range(20):
        quota.answered({})
    refused_at = await pace()
    assert 0.3 < refused_at < 0.5
    quota.rate_limited({}, 1.0)
    clock.advance(10)
    for _ in range(500):
        quota.answered({})
    assert await pace() > refused_at
    clock.advance(4_000)
    for _ in range(500):
        quota.answered({})
    assert await pace() == 0


async def test_a_write_does_not_sleep_for_its_turn() -> None:
    """What has to wait for more than a moment is told so at once, with the time; `wait` says the same beforehand."""
    clock = ManualClock()
    quota = Quota(clock, "Acme", [FIVE_MINUTES])
    while quota.wait() == 0.0:
        await quota.take(urgent=True)
    quota.rate_limited({}, 30)
    began = clock.seconds
    with pytest.raises(RateLimited) as raised:
        await quota.take(urgent=True, longest=LONGEST_WAIT_FOR_WRITES)
    assert clock.seconds == began
    assert raised.value.retry_after == quota.wait() == 30
    clock.advance(30)
    assert quota.wait() == 0.0
    await quota.take(urgent=True, longest=LONGEST_WAIT_FOR_WRITES)


async def reading(quota: Quota, clock: SimulatedClock, left: list[float]) -> None:
    """Reads as fast as it may; notes when each request left."""
    while True:
        await quota.take(urgent=False)
        left.append(clock.monotonic())


async def written(quota: Quota, clock: SimulatedClock) -> float:
    """A reply leaves as the outbox lets it leave; how long that took."""
    began = clock.monotonic()
    while (wait := quota.wait()) > 0.0:
        await clock.sleep(wait)
    await quota.take(urgent=True, longest=LONGEST_WAIT_FOR_WRITES)
    return clock.monotonic() - began


@pytest.mark.simulated
@pytest.mark.parametrize("window", [Window(4, 1), Window(20, 1), Window(30, 10)])
@pytest.mark.parametrize("readers", [1, 3])
async def test_a_reply_has_the_next_turn_where_reads_use_up_a_short_window(window: Window, readers: int) -> None:
    """However many reads wait, it leaves with the second request that is allowed, at the latest."""
    clock = SimulatedClock(simulated_loop())
    quota, left = Quota(clock, "Acme", [window]), list[float]()
    tasks = [asyncio.create_task(reading(quota, clock, left)) for _ in range(readers)]
    await clock.sleep(30.0)
    between = 2 * window.seconds / window.requests
    for _ in range(20):
        assert await written(quota, clock) <= 2 * between + 0.01
        await clock.sleep(7 * between)
    for task in tasks:
        task.cancel()


@pytest.mark.simulated
async def test_reads_and_replies_take_turns_where_both_wait_all_the_time() -> None:
    """A flood of replies does not blind the store: every other request is a read."""
    clock = SimulatedClock(simulated_loop())
    quota, left = Quota(clock, "Acme", [Window(4, 1)]), list[float]()
    task = asyncio.create_task(reading(quota, clock, left))
    await clock.sleep(10.0)
    before = len(left)
    replies = 100
    for _ in range(replies):
        await written(quota, clock)
    task.cancel()
    assert len(left) - before >= 0.4 * (len(left) - before + replies)


@pytest.mark.simulated
async def test_reads_go_on_if_the_reply_does_not_come() -> None:
    """It may have been dropped or taken back meanwhile."""
    clock = SimulatedClock(simulated_loop())
    quota, left = Quota(clock, "Acme", [Window(4, 1)]), list[float]()
    task = asyncio.create_task(reading(quota, clock, left))
    await clock.sleep(10.2)
    assert quota.wait() > 0.0
    before = len(left)
    await clock.sleep(3.0)
    task.cancel()
    assert len(left) - before >= 3
