from __future__ import annotations

from tests.support.clocks import ManualClock
from tests.support.practice.discord import practice_discord


async def test_a_channel_takes_five_messages_in_five_seconds() -> None:
    """The sixth is 429 with all headers and the wait in its body; another channel is not concerned; then it goes on."""
    clock = ManualClock()

    async with practice_discord(speed=1.0, clock=clock) as (discord, bot):
        one, other = discord.add_text_channel("one"), discord.add_text_channel("other")
        for left in (4, 3, 2, 1, 0):
            answer = await bot.post(one.id, content="x")
            assert answer.status == 200
            assert answer.headers["X-RateLimit-Remaining"] == str(left)
            assert answer.headers["X-RateLimit-Limit"] == "5"
        clock.advance(1)
        refused = await bot.post(one.id, content="x")
        assert refused.status == 429
        assert refused.body["retry_after"] == 4.0
        assert refused.body["global"] is False
        assert refused.headers["X-RateLimit-Reset-After"] == "4.000"
        assert refused.headers["X-RateLimit-Scope"] == "user"
        assert refused.headers["X-RateLimit-Bucket"] == answer.headers["X-RateLimit-Bucket"]
        assert refused.headers["Retry-After"] == "5"
        assert float(refused.headers["X-RateLimit-Reset"]) == clock.now().timestamp() + 4
        assert (await bot.post(other.id, content="x")).status == 200
        clock.advance(4)
        assert (await bot.post(one.id, content="x")).status == 200
        assert len(discord.messages(one.id)) == 6


async def test_a_faster_server_has_the_same_limits_in_less_time() -> None:
    """With speed 50 the five seconds are a tenth of one."""
    clock = ManualClock()

    async with practice_discord(speed=50.0, clock=clock) as (discord, bot):
        channel = discord.add_text_channel("tickets")
        statuses = [(await bot.post(channel.id, content="x")).status for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        clock.advance(0.1)
        assert (await bot.post(channel.id, content="x")).status == 200


async def test_fifty_requests_a_second_in_all() -> None:
    """The fifty-first of whatever kind is 429 for everything."""
    clock = ManualClock()

    async with practice_discord(speed=1.0, clock=clock) as (discord, bot):
        channels = [discord.add_text_channel(str(n)) for n in range(25)]
        for _ in range(2):
            for channel in channels:
                assert (await bot.post(channel.id, content="x")).status == 200
        refused = await bot.ask("GET", "/users/@me")
        assert (refused.status, refused.body["global"]) == (429, True)
        assert refused.headers["X-RateLimit-Scope"] == "global"
        assert refused.headers["X-RateLimit-Global"] == "true"
        clock.advance(1)
        assert (await bot.ask("GET", "/users/@me")).status == 200


async def test_without_limits_nothing_is_counted_or_reported() -> None:
    """Speed None lets everything through and sends no rate limit headers."""
    async with practice_discord(speed=None) as (discord, bot):
        channel = discord.add_text_channel("tickets")
        answers = [await bot.post(channel.id, content="x") for _ in range(60)]
        assert {answer.status for answer in answers} == {200}
        assert not [name for name in answers[-1].headers if name.lower().startswith("x-ratelimit")]
