"""What the simulated worlds found, each as the shortest story that shows it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import Ask, Mark, Status, ThreadId, Verb
from tests.support.simulation.fate import Trouble
from tests.support.simulation.one_ticket import one_ticket, place_of_ticket
from tests.support.simulation.room import agent

pytestmark = pytest.mark.simulated


async def test_a_status_that_lags_is_no_news(tmp_path: Path) -> None:
    """A ticket that we closed and that still reads as open for some seconds was not reopened."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        await asyncio.sleep(15)
        shop.lag = timedelta(seconds=12)
        await sim.ask(slack, Ask(verb=Verb.CLOSE, agent=agent(), place=place_of_ticket(slack)))
        await asyncio.sleep(60)
        assert shop.statuses("t1") == [Status.OPEN, Status.CLOSED]
        assert [text for text in discord.texts("1.1") if "opened" in text] == []


async def test_what_was_written_just_before_closing_is_shown(tmp_path: Path) -> None:
    """A closed ticket is not among the open ones; what came before we closed it is looked for all the same."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        await asyncio.sleep(12)
        shop.colleague_writes("t1", "t1 I will see to it.")
        await sim.ask(slack, Ask(verb=Verb.CLOSE, agent=agent(), place=place_of_ticket(slack)))
        await asyncio.sleep(60)
        assert discord.texts("1.1").count("t1 I will see to it.") == 1
        calls = shop.calls.count("ticket")
        await asyncio.sleep(600)
        assert shop.calls.count("ticket") == calls


async def test_a_mark_that_is_put_off_meets_a_newer_one(tmp_path: Path) -> None:
    """While a mark is refused another one becomes necessary: one of them is enough, and it shows what is true then."""
    async with one_ticket(tmp_path / "db") as (sim, _shop, discord, _slack):
        sim.fate.planned["discord", "mark"] = [Trouble.HUNG, Trouble.REFUSED, Trouble.REFUSED]
        sim.fate.planned["discord", "render_card"] = [Trouble.LIMITED, Trouble.REFUSED]
        written = discord.writes(ThreadId("1.1"), "t1 Here you are.")
        await asyncio.sleep(60)
        assert discord.reactions[written.id] == {Mark.DELIVERED}


async def test_a_mark_whose_answer_was_lost_does_not_stay(tmp_path: Path) -> None:
    """A mark that was put and of which nobody knows is taken away again when it is no longer true."""
    async with one_ticket(tmp_path / "db") as (sim, _shop, discord, _slack):
        sim.fate.planned["discord", "mark"] = [Trouble.HUNG_AND_DONE]
        written = discord.writes(ThreadId("1.1"), "t1 Here you are.")
        await asyncio.sleep(1)
        assert discord.reactions[written.id] == {Mark.WAITING}
        await asyncio.sleep(60)
        assert discord.reactions[written.id] == {Mark.DELIVERED}


async def test_a_thread_that_is_found_shows_what_happened_meanwhile(tmp_path: Path) -> None:
    """A card whose opening was found to have come about is older than what we know by then; it is put right."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, _slack):
        sim.fate.planned["discord", "open_thread"] = [Trouble.HUNG_AND_DONE]
        shop.customer_writes("t2", "t2 Hello?")
        await sim.advance_until(lambda: len(discord.threads()) == 2)
        shop.colleague_writes("t2", "t2 Welcome.")


async def test_a_reply_that_failed_in_doubt_and_arrived_is_no_echo(tmp_path: Path) -> None:
    """A reply that a defect left in doubt and that shows up at the vendor is that reply, not to be sent again."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        sim.fate.planned["main", "reply"] = [Trouble.GARBAGE_AND_DONE]
        written = discord.writes(ThreadId("1.1"), "t1 Here you are.")
        await asyncio.sleep(60)
        assert discord.reactions[written.id] == {Mark.DELIVERED}
        assert shop.texts("t1") == ["t1 Here you are."]
        assert (discord.texts("1.1") + slack.texts("1.1")).count("t1 Here you are.") == 1


async def test_a_reply_in_doubt_leaves_soon_after_retry(tmp_path: Path) -> None:
    """Retry looks for it first; once that finds nothing it is sent, and does not wait as after many tries."""
    async with one_ticket(tmp_path / "db") as (sim, _shop, discord, _slack):
        sim.fate.planned["main", "reply"] = [Trouble.GARBAGE]
        written = discord.writes(ThreadId("1.1"), "t1 Here you are.")
        await asyncio.sleep(60)
        assert discord.reactions[written.id] == {Mark.FAILED}
        await sim.press(Verb.RETRY, sim.rows("SELECT id FROM deliveries WHERE state = 'failed'")[0]["id"])
        await asyncio.sleep(60)
        assert discord.reactions[written.id] == {Mark.DELIVERED}


async def test_a_defect_in_one_store_ends_nothing(tmp_path: Path) -> None:
    """A vendor whose answers bring out a defect is reported and asked again; the process goes on."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, _slack):
        sim.fate.planned["main", "changes"] = [Trouble.GARBAGE] * 5
        sim.fate.planned["main", "ticket"] = [Trouble.GARBAGE]
        shop.customer_writes("t1", "t1 Are you there?")
        await asyncio.sleep(1800)
        assert sim.processes == 1
        assert discord.texts("1.1").count("t1 Are you there?") == 1
        assert sum("inside shopbell" in text for text in discord.texts("1")) == 1


async def test_a_defect_in_a_chat_ends_nothing(tmp_path: Path) -> None:
    """A chat whose history or connection brings out a defect is asked again; the other waits a minute at most."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        sim.fate.planned["discord", "missed"] = [Trouble.GARBAGE] * 3
        sim.fate.planned["discord", "connect"] = [Trouble.GARBAGE]
        discord.disconnects(5)
        slack.writes(ThreadId("1.1"), "t1 Here you are.")
        await asyncio.sleep(70)
        assert shop.texts("t1") == ["t1 Here you are."]
        await asyncio.sleep(300)
        discord.writes(ThreadId("1.1"), "t1 Anything else?")
        await asyncio.sleep(20)
        assert shop.texts("t1") == ["t1 Here you are.", "t1 Anything else?"]
        assert sim.processes == 1


async def test_a_line_that_may_stand_somewhere_is_not_repeated_unseen(tmp_path: Path) -> None:
    """A line that tells of a trouble was perhaps said where nothing may be read now: one looks there again later."""
    async with one_ticket(tmp_path / "db") as (sim, _shop, _discord, slack):
        sim.fate.planned["discord", "post"] = [Trouble.UNWELCOME]
        sim.fate.planned["slack", "post"] = [Trouble.ANSWER_LOST]
        sim.fate.planned["slack", "find_post"] = [Trouble.UNWELCOME]
        slack.writes(ThreadId("1.1"), "t1 Here you are.")
        await asyncio.sleep(300)
        told = [text for text in slack.texts("1") if "cannot show tickets in Discord" in text]
        assert len(told) == 1


async def test_whose_turn_it_is_when_a_lost_reply_turns_up_with_an_answer_to_it(tmp_path: Path) -> None:
    """The reply counts as sent, and the customer's newer message makes it our turn all the same."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, _slack):
        shop.lag = timedelta(seconds=12)
        sim.fate.planned["main", "reply"] = [Trouble.ANSWER_LOST]
        discord.writes(ThreadId("1.1"), "t1 Here you are.")
        await sim.advance_until(lambda: shop.texts("t1") == ["t1 Here you are."])
        shop.customer_writes("t1", "t1 That does not work either.")
        await asyncio.sleep(120)
        assert [row["awaiting"] for row in sim.rows("SELECT awaiting FROM tickets")] == ["us"]


async def test_closing_is_answered_when_it_is_done(tmp_path: Path) -> None:
    """A vendor that is busy for a second is waited for; its first refusal is not yet the answer."""
    async with one_ticket(tmp_path / "db") as (sim, shop, _discord, slack):
        await asyncio.sleep(15)
        sim.fate.planned["main", "set_status"] = [Trouble.REFUSED]
        answer = await sim.ask(slack, Ask(verb=Verb.CLOSE, agent=agent(), place=place_of_ticket(slack)))
        assert shop.statuses("t1") == [Status.OPEN, Status.CLOSED]
        assert answer is not None
        assert "closed" in answer.text


async def test_a_ticket_that_a_webhook_showed_closed_is_news_when_it_is_opened_again(tmp_path: Path) -> None:
    """What the list said of a ticket before it was closed is out of date, though it may say just that again."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, _slack):
        await asyncio.sleep(60)
        shop.set("t1", Status.CLOSED)
        sim.nudge("main", "t1")
        await sim.advance_until(lambda: discord.cards[ThreadId("1.1")][-1].status is Status.CLOSED)
        await asyncio.sleep(120)
        shop.set("t1", Status.OPEN)
        await asyncio.sleep(120)
        assert discord.cards[ThreadId("1.1")][-1].status is Status.OPEN


async def test_a_thread_in_which_somebody_wrote_lately_is_read_after_an_outage(tmp_path: Path) -> None:
    """However long ago its ticket was closed: people who write there again go on writing there."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        await asyncio.sleep(15)
        await sim.ask(slack, Ask(verb=Verb.CLOSE, agent=agent(), place=place_of_ticket(slack)))
        await asyncio.sleep(60)
        long_ago = "UPDATE tickets SET closed_at = 0 RETURNING number"
        long_opened = "UPDATE deliveries SET finished_at = 0 WHERE kind = 'open' RETURNING id"
        assert sim.rows(long_ago)
        assert sim.rows(long_opened)
        discord.writes(ThreadId("1.1"), "t1 Did it help?")
        await asyncio.sleep(30)
        discord.disconnects(5)
        discord.writes(ThreadId("1.1"), "t1 Do write if not.")
        await asyncio.sleep(60)
        assert shop.texts("t1") == ["t1 Did it help?", "t1 Do write if not."]
