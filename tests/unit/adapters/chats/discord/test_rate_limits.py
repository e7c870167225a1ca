from __future__ import annotations

import pytest

from adapters.chats.discord.rate_limits import RateLimits
from bot.errors import LONGEST_RETRY_AFTER
from tests.support.absurd import ABSURD_WAITS
from tests.support.clocks import ManualClock

ROUTE = "POST /channels/{channel_id}/messages"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def headers(remaining: int, reset_after: float, limit: int = 5, bucket: str = "abc") -> dict[str, str]:
    return {
        "X-RateLimit-Bucket": bucket,
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset-After": str(reset_after),
    }


def test_what_has_no_limit_is_not_held_back(clock: ManualClock) -> None:
    """Where an answer names no bucket."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", {})
    assert [limits.take(ROUTE, "1") for _ in range(5)] == [0.0] * 5


def test_what_is_unknown_is_tried_by_one_request(clock: ManualClock) -> None:
    """In each place; the others wait for its answer, or for another try when none comes."""
    limits = RateLimits(clock)
    assert limits.take(ROUTE, "1") == limits.take(ROUTE, "2") == 0.0
    assert limits.take(ROUTE, "1") == pytest.approx(1.0)
    clock.advance(0.5)
    limits.finished(ROUTE, "1")
    limits.learn(ROUTE, "1", headers(4, 5.0))
    assert [limits.take(ROUTE, "1") for _ in range(5)] == [0.0] * 4 + [pytest.approx(5.001)]


def test_a_try_without_an_answer_is_followed_by_another(clock: ManualClock) -> None:
    """But not while the first may still reach Discord."""
    limits = RateLimits(clock)
    assert limits.take(ROUTE, "1") == 0.0
    clock.advance(5.0)
    assert limits.take(ROUTE, "1") > 0
    limits.finished(ROUTE, "1")
    clock.advance(1.0)
    assert limits.take(ROUTE, "1") == 0.0


def test_a_route_keeps_its_limit_when_a_proxy_answers(clock: ManualClock) -> None:
    """An answer without headers takes no limit away."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", headers(1, 5.0))
    limits.learn(ROUTE, "1", {})
    assert limits.take(ROUTE, "1") == 0.0
    assert limits.take(ROUTE, "1") > 0


def test_what_is_under_way_counts_in_the_next_window(clock: ManualClock) -> None:
    """A request that takes long may reach Discord only when the new window has begun."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", headers(5, 5.0))
    assert [limits.take(ROUTE, "1") for _ in range(3)] == [0.0] * 3
    clock.advance(5.1)
    assert [limits.take(ROUTE, "1") for _ in range(3)] == [0.0, 0.0, pytest.approx(1.0)]


def test_the_first_answer_of_a_window_does_not_give_back_what_is_under_way(clock: ManualClock) -> None:
    """It knows nothing of the requests that come after it."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", headers(0, 5.0))
    clock.advance(5.1)
    assert [limits.take(ROUTE, "1") for _ in range(3)] == [0.0] * 3
    limits.finished(ROUTE, "1")
    limits.learn(ROUTE, "1", headers(4, 5.0))
    assert [limits.take(ROUTE, "1") for _ in range(3)] == [0.0, 0.0, pytest.approx(5.001)]


def test_a_late_answer_of_the_window_before_says_nothing_of_this_one(clock: ManualClock) -> None:
    """It would end this window, and the whole limit would be used a second time."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", headers(0, 5.0))
    limits.learn(ROUTE, "1", headers(3, 0.0))
    assert limits.take(ROUTE, "1") == pytest.approx(5.001)


def test_what_is_left_can_be_used_however_long_the_window(clock: ManualClock) -> None:
    """Fifty requests in five minutes may all be made in a row; the next waits for the window's end."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", headers(49, 300.0, limit=50))
    for _ in range(49):
        assert limits.take(ROUTE, "1") == 0.0
        clock.advance(0.1)
    assert limits.take(ROUTE, "1") == pytest.approx(300.001 - 4.9)


def test_looking_at_a_limit_uses_nothing_of_it(clock: ManualClock) -> None:
    """What a delivery would have to wait can be asked as often as one likes, for what is unknown as well."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", headers(1, 5.0))
    assert [limits.wait(ROUTE, "1") for _ in range(100)] == [0.0] * 100
    assert [limits.wait("GET /unknown", "1") for _ in range(100)] == [0.0] * 100
    assert limits.take(ROUTE, "1") == 0.0
    assert limits.wait(ROUTE, "1") == pytest.approx(5.001)
    assert limits.wait(ROUTE, "2") == 0.0
    clock.advance(5.001)
    assert limits.wait(ROUTE, "1") == 0.0


def test_no_second_has_more_requests_than_discord_allows_a_bot(clock: ManualClock) -> None:
    """Fifty in all, whatever the routes and wherever the second begins."""
    limits = RateLimits(clock)
    sent: list[float] = []
    for number in range(500):
        while wait := limits.take(f"GET /{number}", ""):
            clock.advance(wait)
        sent.append(clock.monotonic())
    assert all(later - earlier > 1.0 for earlier, later in zip(sent, sent[50:], strict=False))
    assert sent[-1] - sent[0] < 15.0


def test_one_refusal_for_everything_slows_nothing_down_for_long(clock: ManualClock) -> None:
    """When its time is over, as much may be asked as before; it is not one request a second from then on."""
    limits = RateLimits(clock)
    limits.exceeded(ROUTE, "1", 0.5, everything=True)
    clock.advance(0.501)
    assert [limits.take(f"GET /{number}", "") for number in range(5)] == [0.0] * 5


@pytest.mark.parametrize("absurd", ABSURD_WAITS)
def test_no_answer_holds_up_a_channel_for_ever(absurd: str, clock: ManualClock) -> None:
    """Neither a refusal, nor what it says of a window, nor what it says of the whole bot."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", {**headers(0, 0.0), "X-RateLimit-Reset-After": absurd})
    limits.exceeded(ROUTE, "2", float(absurd), everything=False)
    limits.exceeded(ROUTE, "3", float(absurd), everything=True)
    clock.advance(LONGEST_RETRY_AFTER + 1)
    assert [limits.take(ROUTE, place) for place in ("1", "2", "3")] == [0.0] * 3


def test_a_refusal_that_asks_for_no_pause_makes_one(clock: ManualClock) -> None:
    """Else the same would be asked again at once, and again."""
    limits = RateLimits(clock)
    for seconds in (0.0, -5.0):
        limits.exceeded(ROUTE, "1", seconds, everything=False)
        assert limits.take(ROUTE, "1") >= 0.1


def test_each_channel_has_its_own_limit(clock: ManualClock) -> None:
    """One busy thread holds up no other."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", headers(0, 5.0))
    assert limits.take(ROUTE, "1") == pytest.approx(5.001)
    assert limits.take(ROUTE, "2") == 0.0


def test_routes_of_one_bucket_share_it(clock: ManualClock) -> None:
    """Discord names the bucket; two routes with the same name count together."""
    limits = RateLimits(clock)
    limits.learn("PUT /a", "1", headers(1, 5.0))
    limits.learn("DELETE /a", "1", headers(1, 5.0))
    assert limits.take("PUT /a", "1") == 0.0
    assert limits.take("DELETE /a", "1") == pytest.approx(5.001)


def test_requests_under_way_stay_counted(clock: ManualClock) -> None:
    """An answer to an earlier request does not give back what later ones have taken."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", headers(2, 5.0))
    assert limits.take(ROUTE, "1") == limits.take(ROUTE, "1") == 0.0
    limits.learn(ROUTE, "1", headers(1, 4.9))
    assert limits.take(ROUTE, "1") > 0


def test_a_new_window_has_the_whole_limit_and_no_more(clock: ManualClock) -> None:
    """Whoever waited for the window's end does not run into the next limit all at once."""
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", headers(0, 5.0))
    clock.advance(5.001)
    assert [limits.take(ROUTE, "1") for _ in range(6)] == [0.0] * 5 + [pytest.approx(1.0)]


def test_a_refusal_for_everything_holds_up_everything(clock: ManualClock) -> None:
    """The limit of the whole bot counts for all routes, until its time is over."""
    limits = RateLimits(clock)
    limits.exceeded(ROUTE, "1", 2.0, everything=True)
    assert limits.take("GET /gateway/bot", "") == pytest.approx(2.001)
    clock.advance(2.001)
    assert limits.take("GET /gateway/bot", "") == 0.0


def test_windows_that_are_over_are_forgotten(clock: ManualClock) -> None:
    """Nothing is kept for threads that nobody writes in."""
    limits = RateLimits(clock)
    for thread in range(100):
        limits.learn(ROUTE, str(thread), headers(4, 5.0))
    clock.advance(6.0)
    limits.learn(ROUTE, "new", headers(4, 5.0))
    assert len(limits._windows) == 1
