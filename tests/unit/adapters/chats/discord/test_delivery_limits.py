"""Which of Discord's limits a delivery has to wait for, before it is begun."""

from __future__ import annotations

import pytest

from adapters.chats.discord.delivery_limits import limit_of
from adapters.chats.discord.rate_limits import RateLimits
from adapters.chats.discord.reading import DISCORD
from bot.model import ChannelId, Kind, Place, ThreadId
from tests.support.clocks import ManualClock

CHANNEL = Place(chat=DISCORD, channel=ChannelId("1"))
THREAD = Place(chat=DISCORD, channel=ChannelId("1"), thread=ThreadId("11"))
OTHER_THREAD = Place(chat=DISCORD, channel=ChannelId("1"), thread=ThreadId("12"))
OTHER_CHANNEL = Place(chat=DISCORD, channel=ChannelId("2"))
CHAT_KINDS = (Kind.OPEN, Kind.POST, Kind.LINE, Kind.CARD, Kind.NEW_CARD, Kind.ERASE, Kind.MARK)


def used_up(*routes: tuple[str, str], seconds: float = 200.0) -> RateLimits:
    """Nothing is left of the limits of these routes and places."""
    limits = RateLimits(ManualClock())
    for route, place in routes:
        headers = {"Limit": "5", "Remaining": "0", "Reset-After": str(seconds), "Bucket": route}
        limits.learn(route, place, {f"X-RateLimit-{name}": value for name, value in headers.items()})
    return limits


@pytest.mark.parametrize(
    "route",
    [
        "POST /channels/{channel_id}/messages",
        "POST /channels/{channel_id}/messages/{message_id}/threads",
        "POST /channels/{channel_id}/threads",
    ],
)
def test_a_thread_is_opened_when_its_card_and_itself_are_allowed(route: str) -> None:
    """Else the card would stand there without a thread. Another channel has limits of its own."""
    limits = used_up((route, "1"))
    assert limit_of(limits, Kind.OPEN, CHANNEL).seconds == pytest.approx(200.001)
    assert limit_of(limits, Kind.OPEN, OTHER_CHANNEL).seconds == 0.0
    assert limit_of(limits, Kind.POST, THREAD).seconds == 0.0
    assert limit_of(limits, Kind.MARK, THREAD).seconds == 0.0


@pytest.mark.parametrize(
    ("route", "place", "held"),
    [
        ("POST /channels/{channel_id}/messages", "11", {Kind.POST, Kind.LINE, Kind.NEW_CARD}),
        ("PATCH /channels/{channel_id}/messages/{message_id}", "1", {Kind.CARD}),
        ("PATCH /channels/{channel_id}/messages/{message_id}", "11", {Kind.CARD, Kind.ERASE}),
        ("PATCH /channels/{channel_id}", "11", {Kind.CARD}),
        ("PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me", "11", {Kind.MARK}),
        ("DELETE /channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me", "11", {Kind.MARK}),
        ("GET /channels/{channel_id}/messages", "11", set()),
    ],
)
def test_each_kind_waits_for_its_own_requests(route: str, place: str, held: set[Kind]) -> None:
    """And for nothing else; another thread has limits of its own."""
    limits = used_up((route, place))
    kinds = set(CHAT_KINDS) - {Kind.OPEN}
    assert {kind for kind in kinds if limit_of(limits, kind, THREAD).seconds > 0} == held
    in_other_thread = {kind for kind in kinds if limit_of(limits, kind, OTHER_THREAD).seconds > 0}
    assert in_other_thread == (held if place == "1" else set())


def test_what_shares_a_limit_shares_a_bucket() -> None:
    """A channel's openings and lines do, and so do its cards; threads do not."""
    limits = RateLimits(ManualClock())

    def bucket(kind: Kind, place: Place) -> str:
        return limit_of(limits, kind, place).bucket

    assert bucket(Kind.OPEN, CHANNEL) == bucket(Kind.LINE, CHANNEL)
    assert bucket(Kind.CARD, THREAD) == bucket(Kind.CARD, OTHER_THREAD)
    apart = [bucket(Kind.POST, THREAD), bucket(Kind.POST, OTHER_THREAD), bucket(Kind.MARK, THREAD)]
    apart += [bucket(Kind.OPEN, CHANNEL), bucket(Kind.OPEN, OTHER_CHANNEL), bucket(Kind.CARD, THREAD)]
    assert len(set(apart)) == len(apart)


def test_a_refusal_for_the_whole_bot_holds_everything() -> None:
    """Nothing is begun until its time is over."""
    limits = RateLimits(ManualClock())
    limits.exceeded("GET /gateway/bot", "", 3.0, everything=True)
    assert [limit_of(limits, kind, THREAD).seconds for kind in CHAT_KINDS] == [pytest.approx(3.001)] * len(CHAT_KINDS)


@pytest.mark.parametrize(("limit", "left", "scarce"), [(50, 6, False), (50, 5, True), (50, 1, True), (5, 1, False)])
def test_of_a_large_limit_on_threads_the_last_tenth_is_scarce(limit: int, left: int, scarce: bool) -> None:
    """Until it begins anew; what is said in a thread is not counted by people."""
    clock = ManualClock()
    limits = RateLimits(clock)
    headers = {"Limit": str(limit), "Remaining": str(left), "Reset-After": "200", "Bucket": "b"}
    route = "POST /channels/{channel_id}/messages/{message_id}/threads"
    limits.learn(route, "1", {f"X-RateLimit-{name}": value for name, value in headers.items()})
    found = limit_of(limits, Kind.OPEN, CHANNEL)
    assert (found.seconds, found.scarce_for) == (0.0, pytest.approx(200.001) if scarce else 0.0)
    assert limit_of(limits, Kind.POST, THREAD).scarce_for == 0.0
    clock.advance(201)
    assert limit_of(limits, Kind.OPEN, CHANNEL).scarce_for == 0.0
