"""Stores in trouble: asked as long as it makes sense, reported when it lasts, once, and once when it is over."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from bot.errors import AuthFailed, RateLimited, RemoteError, Unavailable
from bot.model import StoreName
from tests.support.simulation.fate import Always, Trouble
from tests.support.simulation.one_ticket import one_ticket
from tests.support.simulation.room import Room
from tests.support.simulation.shop import Shop
from tests.support.simulation.world import Simulation

pytestmark = [pytest.mark.simulated, pytest.mark.takes(2)]


MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
OF_THE_VENDOR = ("changes", "ticket", "reply", "set_status")
_TWO = {"main": ("discord:1", "slack:1"), "other": ("discord:2", "slack:2")}


def asked(sim: Simulation, shop: Shop) -> list[float]:
    """From now on: when the store is asked for its list."""
    times: list[float] = []
    before = shop.gate.before

    async def watched(side: str, method: str) -> None:
        if (side, method) == (shop.name, "changes"):
            times.append(sim.loop.time())
        await before(side, method)

    sim.fate.before = watched  # type: ignore[method-assign]
    return times


def signs(room: Room, channel: str = "1") -> str:
    """What was said in a channel itself, each line by the sign it begins with."""
    return "".join(text[0] for text in room.texts(channel))


# ---------------------------------------------------------------- how often it is asked


async def test_an_outage_is_met_with_longer_and_longer_pauses(tmp_path: Path) -> None:
    """The pauses grow to a minute, so that a store that works again is noticed soon; jitter makes them differ."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, shop, _discord, _slack):
        sim.fate.down = {"main"}
        times = asked(sim, shop)
        await asyncio.sleep(2 * HOUR)
        pauses = [later - earlier for earlier, later in pairwise(times)]
        assert 24 <= pauses[0] <= 30
        # One try comes sooner: just before the outage would be reported.
        assert sum(pause < 48 for pause in pauses[1:]) <= 1
        assert max(pauses) <= 60
        assert len({round(pause, 3) for pause in pauses}) > 100


@pytest.mark.parametrize("error", [Unavailable("503", retry_after=200), RateLimited("429", retry_after=200)])
async def test_a_wait_that_is_asked_for_is_kept(tmp_path: Path, error: RemoteError) -> None:
    """`Retry-After` counts, be it with 503 or 429, and a little longer."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, shop, _discord, _slack):
        shop.fail["changes"] = [error]
        await sim.advance_until(lambda: not shop.fail["changes"])
        times = asked(sim, shop)
        await asyncio.sleep(5 * MINUTE)
        assert 195 <= times[0] - (sim.loop.time() - 5 * MINUTE) <= 245


@pytest.mark.parametrize("error", [Unavailable("503", retry_after=DAY), RateLimited("429", retry_after=DAY)])
async def test_nobody_waits_for_a_day_because_of_one_answer(tmp_path: Path, error: RemoteError) -> None:
    """A wait that no quota explains is not believed: the store is asked again after a quarter of an hour."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, shop, discord, _slack):
        shop.fail["changes"] = [error]
        await sim.advance_until(lambda: not shop.fail["changes"])
        shop.customer_writes("t1", "t1 more")
        await sim.advance_until(lambda: "t1 more" in discord.texts("1.1"), 19 * MINUTE)


async def test_a_store_that_is_asked_seldom_is_asked_sooner_in_trouble(tmp_path: Path) -> None:
    """One failure does not cost a store that is asked every ten minutes another ten."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE, poll_seconds=600.0) as (sim, shop, discord, _slack):
        shop.fail["changes"] = [Unavailable("503")]
        await sim.advance_until(lambda: not shop.fail["changes"])
        shop.customer_writes("t1", "t1 more")
        await sim.advance_until(lambda: "t1 more" in discord.texts("1.1"), MINUTE)


# ---------------------------------------------------------------- when it is told


@pytest.mark.parametrize("seconds", [10, 60, 120, 175])
async def test_a_short_outage_is_not_reported(tmp_path: Path, seconds: float) -> None:
    """Minutes are no news: no banner, and no line when it works again."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, _shop, discord, slack):
        sim.fate.down = {"main"}
        await asyncio.sleep(seconds)
        sim.fate.down.clear()
        await asyncio.sleep(HOUR)
        assert signs(discord) == signs(slack) == ""


@pytest.mark.parametrize("poll", [1.0, 30.0, 900.0])
async def test_an_outage_is_reported_by_its_length(tmp_path: Path, poll: float) -> None:
    """However often a store is asked, it is reported as down after the same minutes, and its end minutes after it."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE, poll_seconds=poll) as (sim, shop, discord, slack):
        sim.fate.down = {"main"}
        times = asked(sim, shop)
        await sim.advance_until(lambda: times)
        await asyncio.sleep(175)
        assert signs(discord) == ""
        await asyncio.sleep(15)
        assert signs(discord) == signs(slack) == "⚠"
        await sim.passes(2 * HOUR)
        assert signs(discord) == signs(slack) == "⚠"
        sim.fate.down.clear()
        await asyncio.sleep(MINUTE)
        assert "▶" not in signs(discord)
        await sim.passes(40 * MINUTE)
        assert signs(discord) == signs(slack) == "⚠▶"


async def test_a_store_that_asks_us_to_wait_long_is_reported_meanwhile(tmp_path: Path) -> None:
    """Although nobody asks it until then."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, shop, discord, slack):
        shop.fail["changes"] = [Unavailable("It answers 503.", retry_after=DAY)]
        await sim.advance_until(lambda: not shop.fail["changes"])
        times = asked(sim, shop)
        await asyncio.sleep(5 * MINUTE)
        assert signs(discord) == signs(slack) == "⚠"
        assert times == []
        await asyncio.sleep(20 * MINUTE)
        assert signs(discord) == signs(slack) == "⚠▶"


async def test_limits_for_long_are_reported_in_words_of_their_own(tmp_path: Path) -> None:
    """429 for minutes is how vendors are; for longer the channels are told, once, and when it is over."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, _shop, discord, slack):
        sim.fate.planned |= {("main", method): Always(Trouble.LIMITED) for method in OF_THE_VENDOR}
        await asyncio.sleep(14 * MINUTE)
        assert signs(discord) == ""
        await asyncio.sleep(3 * MINUTE)
        (told,) = discord.texts("1")
        assert told == (
            "⏳ Main · Memory is rate-limiting us. Too many requests. "
            "New messages come late, and your replies may be late, too."
        )
        await sim.passes(2 * DAY)
        assert signs(discord) == signs(slack) == "⏳"
        sim.fate.planned.clear()
        await asyncio.sleep(10 * MINUTE)
        assert signs(discord) == signs(slack) == "⏳▶"


async def test_a_refused_key_is_reported_after_a_minute_whatever_was_before(tmp_path: Path) -> None:
    """A vendor comes back from an outage and refuses the key: a person has to know of both, and of one end."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, _shop, discord, slack):
        sim.fate.down = {"main"}
        await asyncio.sleep(10 * MINUTE)
        sim.fate.planned["main", "changes"] = Always(Trouble.UNWELCOME)
        sim.fate.down.clear()
        await asyncio.sleep(15 * MINUTE)
        assert signs(discord) == signs(slack) == "⚠⏸"
        sim.fate.planned.clear()
        sim.fate.down = {"main"}
        await asyncio.sleep(30 * MINUTE)
        sim.fate.down.clear()
        await asyncio.sleep(10 * MINUTE)
        assert signs(discord) == signs(slack) == "⚠⏸▶"


async def test_one_refusal_in_an_outage_is_no_refused_key(tmp_path: Path) -> None:
    """Vendors in trouble answer this and that; only what lasts is reported."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (_sim, shop, discord, slack):
        shop.fail["changes"] = [Unavailable("503"), Unavailable("503"), AuthFailed("401"), Unavailable("503")] * 20
        await asyncio.sleep(HOUR)
        assert signs(discord) == signs(slack) == "⚠"
        shop.fail.clear()


async def test_two_outages_of_two_stores_are_four_lines_each(tmp_path: Path) -> None:
    """Each store's channels read of each outage once, and of its end once, also across restarts."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE, stores=_TWO) as (sim, _shop, discord, slack):
        for _ in range(2):
            sim.fate.down = {"main", "other"}
            await sim.passes(HOUR)
            sim.kill()
            await sim.passes(HOUR)
            sim.fate.down.clear()
            sim.kill()
            await sim.passes(HOUR)
        for room in (discord, slack):
            assert signs(room, "1") == signs(room, "2") == "⚠▶⚠▶"
        (one, _, _, _), (other, _, _, _) = discord.texts("1"), discord.texts("2")
        assert one.startswith("⚠️ Main · Memory does not answer.")
        assert other.startswith("⚠️ Other · Memory does not answer.")


# ---------------------------------------------------------------- banners do not flap


async def test_a_key_that_is_refused_now_and_then_is_no_news(tmp_path: Path) -> None:
    """One 401 among many answers that are well is reported to nobody."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, _shop, discord, slack):
        for _ in range(20):
            sim.fate.planned["main", "changes"] = [Trouble.UNWELCOME]
            await asyncio.sleep(90)
        assert signs(discord) == signs(slack) == ""


@pytest.mark.parametrize("well", [1, 4, 10])
async def test_a_store_that_comes_and_goes_is_one_outage(tmp_path: Path, well: float) -> None:
    """Down for five minutes and well for some, for six hours: not a pair of lines each time."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, _shop, discord, slack):
        for _ in range(int(6 * HOUR / ((5 + well) * MINUTE))):
            sim.fate.down = {"main"}
            await asyncio.sleep(5 * MINUTE)
            sim.fate.down.clear()
            await asyncio.sleep(well * MINUTE)
        await asyncio.sleep(40 * MINUTE)
        lines = signs(discord)
        assert lines == signs(slack) == "⚠▶" * (len(lines) // 2)
        assert 2 <= len(lines) <= 2 * (2 * 6 + 1)


async def test_what_could_not_be_reported_in_time_is_not_reported(tmp_path: Path) -> None:
    """Our own network is away for two hours: when it is back no channel reads that a store had been away."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE, stores=_TWO) as (sim, _shop, discord, slack):
        sim.fate.down = {"main", "other", "discord", "slack"}
        await sim.passes(2 * HOUR)
        sim.fate.down.clear()
        await sim.passes(3 * HOUR)
        assert [signs(room, channel) for room in (discord, slack) for channel in "12"] == [""] * 4
        sim.fate.down = {"main"}
        await asyncio.sleep(10 * MINUTE)
        assert signs(discord) == signs(slack) == "⚠"


async def test_whoever_was_told_of_an_incident_is_told_of_its_end(tmp_path: Path) -> None:
    """Discord is away while a store is: what it was not told of has no end there; Slack reads both."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, _shop, discord, slack):
        sim.fate.down = {"main", "discord"}
        await sim.passes(HOUR)
        sim.fate.down = {"discord"}
        await sim.passes(HOUR)
        sim.fate.down.clear()
        await sim.passes(HOUR)
        assert signs(discord) == ""
        assert signs(slack) == "⚠▶"


async def test_what_is_not_true_any_more_is_not_reported(tmp_path: Path) -> None:
    """The store is back before Discord is: the line that waits there is dropped at once, not only when all is over."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, _shop, discord, slack):
        sim.fate.down = {"main", "discord"}
        await sim.advance_until(lambda: signs(slack) == "⚠")
        sim.fate.down = {"discord"}
        assert sim._process is not None
        sim._process.nudge(StoreName("main"))
        await asyncio.sleep(20)
        sim.fate.down.clear()
        await asyncio.sleep(HOUR)
        assert signs(discord) == ""
        assert signs(slack) == "⚠▶"
