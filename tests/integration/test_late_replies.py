"""Replies that have to wait long: reported once in their thread, with the reason, and never silent for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import AuthFailed, RateLimited, RemoteError, Unavailable
from bot.model import Conversation, Mark, Status, ThreadId, TicketId, Verb
from bot.ops.health import Health
from bot.outbound.retry import Schedule
from tests.support.memory.bridge import running
from tests.support.simulation.fate import Always, Trouble
from tests.support.simulation.one_ticket import one_ticket
from tests.support.simulation.room import Room
from tests.support.simulation.shop import Shop
from tests.support.simulation.world import Simulation

pytestmark = [pytest.mark.simulated, pytest.mark.takes(3)]


T1 = TicketId("t1")
THREAD = ThreadId("1.1")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
_WAITS = (
    "⏳ What was written here has not reached the customer yet. {} Everything is sent automatically once this is fixed."
)
_UNSEEN = (
    "⏳ It is not clear yet whether the customer has received what was written here. {} "
    "shopbell keeps checking; later replies wait for that."
)
_REPLIES = "SELECT id, state, in_doubt FROM deliveries WHERE kind = 'reply' ORDER BY id"


def told(room: Room) -> list[str]:
    """What shopbell says in the ticket's thread of its own accord."""
    texts = room.texts("1.1")
    return [text for text in texts if not text.startswith("t1 ") and " is about to send: " not in text]


def health(sim: Simulation) -> Health:
    assert sim._process is not None
    return sim._process.health


# ---------------------------------------------------------------- reported once


@pytest.mark.parametrize("hours", [4, pytest.param(8, marks=pytest.mark.soak)])
async def test_a_key_that_may_not_write_is_reported_in_the_thread(tmp_path: Path, hours: int) -> None:
    """Reading goes on, so no banner tells of it: one line in each thread in which replies wait, once for all."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        sim.fate.planned["main", "reply"] = Always(Trouble.UNWELCOME)
        first, second = discord.writes(THREAD, "t1 first"), discord.writes(THREAD, "t1 second")
        await asyncio.sleep(4 * MINUTE)
        assert told(discord) == []
        await asyncio.sleep(4 * MINUTE)
        assert told(discord) == [_WAITS.format("The key is refused.")]
        assert told(slack) == []
        third = slack.writes(THREAD, "t1 third")
        await asyncio.sleep(4 * MINUTE)
        assert told(slack) == []
        await asyncio.sleep(4 * MINUTE)
        (remark,) = [text for text in await health(sim).details() if "main" in text]
        assert remark.startswith("store main: deliveries have been waiting since 2026-03-01 12:")
        assert remark.endswith("UTC: The key is refused.")
        for _ in range(2):
            discord.writes(THREAD, "t1 more")
            await sim.passes(hours * HOUR)
            sim.kill()
        await sim.passes(hours * HOUR)
        assert told(discord) == told(slack) == [_WAITS.format("The key is refused.")]
        assert discord.reactions[first.id] == slack.reactions[third.id] == {Mark.WAITING}
        sim.fate.planned.clear()
        await sim.advance_until(lambda: discord.reactions[second.id] == {Mark.DELIVERED})
        await sim.advance_until(lambda: len(shop.ours(T1)) == 5)
        assert shop.ours(T1) == ["t1 first", "t1 second", "t1 third", "t1 more", "t1 more"]
        assert [text for text in await health(sim).details() if "main" in text] == []


@pytest.mark.parametrize("hours", [5, pytest.param(48, marks=pytest.mark.soak)])
async def test_limits_that_do_not_end_are_reported(tmp_path: Path, hours: int) -> None:
    """Each try is put off by seconds and costs none, for hours or days; the thread is told all the same."""
    async with one_ticket(tmp_path / "db") as (sim, _shop, _discord, slack):
        for method in ("changes", "ticket", "reply", "set_status"):
            sim.fate.planned["main", method] = Always(Trouble.LIMITED)
        slack.writes(THREAD, "t1 answer")
        await sim.passes(hours * HOUR)
        assert told(slack) == [_WAITS.format("Too many requests.")]


@pytest.mark.parametrize("error", [RateLimited("Come tomorrow.", retry_after=DAY), Unavailable("No.", retry_after=DAY)])
@pytest.mark.parametrize("days", [1.1, pytest.param(2, marks=pytest.mark.soak)])
async def test_one_answer_that_puts_it_off_by_a_day_is_reported(
    tmp_path: Path, error: RemoteError, days: float
) -> None:
    """Nothing is tried meanwhile; the line comes after minutes, also in a thread where somebody writes later."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        shop.fail["reply"] = [error]
        discord.writes(THREAD, "t1 first")
        await asyncio.sleep(7 * MINUTE)
        slack.writes(THREAD, "t1 second")
        await asyncio.sleep(7 * MINUTE)
        assert told(discord) == told(slack) == [_WAITS.format(error.user_message)]
        await sim.passes(days * DAY)
        assert told(discord) == told(slack) == [_WAITS.format(error.user_message)]
        assert shop.ours(T1) == ["t1 first", "t1 second"]


async def test_a_short_trouble_is_not_reported(tmp_path: Path) -> None:
    """A reply that gets through within minutes is marked, and nothing else is said about it."""
    async with one_ticket(tmp_path / "db") as (sim, _shop, discord, _slack):
        sim.fate.planned["main", "reply"] = [Trouble.REFUSED] * 4
        written = discord.writes(THREAD, "t1 answer")
        await sim.passes(HOUR)
        assert discord.reactions[written.id] == {Mark.DELIVERED}
        assert told(discord) == []


async def test_the_next_trouble_is_reported_anew(tmp_path: Path) -> None:
    """Once what waited is through, another trouble is another line."""
    async with one_ticket(tmp_path / "db") as (sim, _shop, discord, _slack):
        for _ in range(2):
            sim.fate.planned["main", "reply"] = [Trouble.UNWELCOME] * 15
            written = discord.writes(THREAD, "t1 answer")
            await sim.passes(HOUR)
            assert discord.reactions[written.id] == {Mark.DELIVERED}
        assert told(discord) == [_WAITS.format("The key is refused.")] * 2


async def test_after_a_long_sleep_nothing_is_reported_before_it_was_tried(tmp_path: Path) -> None:
    """What waited while shopbell was away leaves when it is back; that it is hours late is no news by then."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, _slack):
        discord.writes(THREAD, "t1 first")
        discord.writes(THREAD, "t1 second")
        await asyncio.sleep(1)
        sim.fate.planned["main", "reply"] = [Trouble.REFUSED]
        sim.loop.passed += 0.9 * HOUR
        await asyncio.sleep(10 * MINUTE)
        assert shop.ours(T1) == ["t1 first", "t1 second"]
        assert told(discord) == []


# ---------------------------------------------------------------- in doubt and not to be looked for


def unreadable(shop: Shop) -> Callable[[], None]:
    """The ticket cannot be read; returns what fixes it."""
    read = shop.ticket

    async def fails(ticket: TicketId) -> Conversation:
        raise Unavailable("It answers 500.")

    shop.ticket = fails  # type: ignore[method-assign]

    def mend() -> None:
        shop.ticket = read  # type: ignore[method-assign]

    return mend


@pytest.mark.parametrize("trouble", [Trouble.LOST_ON_THE_WAY, Trouble.ANSWER_LOST])
async def test_what_cannot_be_looked_for_fails_in_doubt(tmp_path: Path, trouble: Trouble) -> None:
    """Reported after minutes, failed after the hours for which replies are tried; then the next goes on, none twice."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        await asyncio.sleep(MINUTE)
        mend = unreadable(shop)
        sim.fate.planned["main", "reply"] = [trouble]
        first = discord.writes(THREAD, "t1 first")
        await asyncio.sleep(1)
        second = slack.writes(THREAD, "t1 second")
        await asyncio.sleep(7 * MINUTE)
        assert told(discord) == [_UNSEEN.format("It answers 500.")]
        assert told(slack) == [_WAITS.format("It answers 500.")]
        await sim.passes(7 * HOUR)
        assert discord.reactions[first.id] == slack.reactions[second.id] == {Mark.WAITING}
        await sim.passes(HOUR)
        assert discord.reactions[first.id] == {Mark.FAILED}
        assert slack.reactions[second.id] == {Mark.DELIVERED}
        assert told(discord)[-1] == (
            "❌ It is not clear whether your message reached the customer. It answers 500. Your message is kept here; "
            "“Retry” checks first and sends it only if it is missing."
        )
        await sim.press(Verb.RETRY, sim.rows(_REPLIES)[0]["id"])
        await asyncio.sleep(10 * MINUTE)
        assert discord.reactions[first.id] == {Mark.WAITING}
        mend()
        await sim.advance_until(lambda: discord.reactions[first.id] == {Mark.DELIVERED})
        assert sorted(shop.ours(T1)) == ["t1 first", "t1 second"]
        shop.customer_writes("t1", "t1 Thanks.")


async def test_a_restored_backup_looks_as_long_as_anybody(tmp_path: Path) -> None:
    """What had waited for hours when the backup was made may have left since: it is looked for from the restart on."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, _slack):
        shop.fail["reply"] = [RateLimited("Come later.", retry_after=HOUR)] * 100
        written = discord.writes(THREAD, "t1 answer")
        await sim.passes(9 * HOUR)
        shop.fail["reply"].clear()
        await sim.database.write(lambda tx: tx.run("mark_as_backup"))
        mend = unreadable(shop)
        sim.kill()
        await sim.passes(HOUR)
        assert discord.reactions[written.id] == {Mark.WAITING}
        mend()
        await sim.advance_until(lambda: discord.reactions[written.id] == {Mark.DELIVERED})


@pytest.mark.parametrize("verb", [Verb.CLOSE, Verb.REOPEN])
async def test_a_ticket_that_waits_to_be_closed_is_told_of_once(tmp_path: Path, verb: Verb) -> None:
    """Whoever asked was promised that the thread says so; it is done when the key is right again."""
    async with running(tmp_path / "db", schedule=Schedule()) as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.set("t1", Status.OPEN if verb is Verb.CLOSE else Status.CLOSED)
        await bridge.at_rest()
        bridge.vendor.fail["set_status"] = errors = list[RemoteError]([AuthFailed("The key is refused.")] * 1000)
        await bridge.asks(bridge.discord, verb)
        await asyncio.sleep(4 * MINUTE)
        threads = [(chat, bridge.thread(chat)) for chat in (bridge.discord, bridge.slack)]
        assert [text for chat, thread in threads for text in chat.texts(thread) if text.startswith("⏳")] == []
        await asyncio.sleep(2 * HOUR)
        what = "closed" if verb is Verb.CLOSE else "reopened"
        waits = f"⏳ This ticket has not been {what} yet. The key is refused. "
        said = [text for chat, thread in threads for text in chat.texts(thread) if text.startswith(waits)]
        assert len(said) == len(threads)
        errors.clear()
        await bridge.drained()
        assert bridge.vendor.calls.count("set_status") > 100
