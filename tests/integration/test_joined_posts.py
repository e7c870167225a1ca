"""What waits for a thread and has one author is said in one post: whatever goes wrong, each once and in its order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from bot.errors import RemoteError, Unavailable, Uncertain
from bot.model import Form, State, Verb
from bot.outbound.joining import MOST_JOINED
from bot.tickets import erasure
from tests.support.memory.bridge import MAIN, SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.checks import unsettled
from tests.support.simulation.fate import Fate
from tests.support.simulation.limited_room import LimitedDiscord, LimitedSlack
from tests.support.simulation.loop import now, simulated_loop
from tests.support.simulation.world import Simulation
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

ABC = ["a", "b", "c"]


@asynccontextmanager
async def one_thread(path: Path) -> AsyncIterator[tuple[Bridge, MemoryChat]]:
    """A ticket that stands in both chats; a limit holds back what is posted in Slack, for five seconds."""
    async with running(path, poll_seconds=0.5) as bridge:
        await bridge.ticket_arrives("t1", "Hello?")
        await bridge.drained()
        bridge.slack.held_back_until = now() + timedelta(seconds=5)
        yield bridge, bridge.slack


async def writes(bridge: Bridge, *texts: str) -> None:
    """The customer writes these, and they are recorded."""
    for text in texts:
        bridge.vendor.customer_writes("t1", text)
    bridge.app.nudge(MAIN)
    await until(lambda: texts[-1] in bridge.discord.texts(bridge.thread(bridge.discord)))


def posts(bridge: Bridge, chat: MemoryChat) -> list[list[str]]:
    """What stands in the thread below its card, by post."""
    found: dict[str, list[str]] = {}
    for shown in chat.shown[bridge.thread(chat)][1:]:
        found.setdefault(shown.id, []).append(shown.post.text)
    return list(found.values())


async def test_what_waits_is_said_in_one_post(tmp_path: Path) -> None:
    """Where nothing made them wait they are three; they are posted anew by nothing."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        await writes(bridge, *ABC)
        await bridge.drained()
        assert posts(bridge, slack) == [ABC]
        assert posts(bridge, bridge.discord) == [["a"], ["b"], ["c"]]
        await bridge.at_rest()
        assert posts(bridge, slack) == [ABC]


async def test_only_what_follows_each_other_and_has_one_author(tmp_path: Path) -> None:
    """A colleague's answer at the vendor's, and what an agent writes in the other chat, part them."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        await writes(bridge, "a", "b")
        bridge.vendor.colleague_writes("t1", "We look into it.")
        await writes(bridge, "c", "d")
        await bridge.says(bridge.discord, "m1", "// careful")
        await writes(bridge, "e", "f")
        await bridge.drained()
        assert posts(bridge, slack) == [["a", "b"], ["We look into it."], ["c", "d"], ["careful"], ["e", "f"]]


async def test_a_post_holds_what_has_room(tmp_path: Path) -> None:
    """What does not fit begins the next post; and one post has ten messages at most."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        await writes(bridge, "a" * 900, "b" * 900, "c" * 900, "d" * 2500, *map(str, range(MOST_JOINED + 3)))
        await bridge.drained()
        said = [["a" * 900, "b" * 900], ["c" * 900], ["d" * 2500, "d" * 2500]]
        said += [[str(number) for number in range(MOST_JOINED + 1)], ["10", "11"]]
        assert [sorted(set(post)) for post in posts(bridge, slack)[:2]] == said[:2]
        assert posts(bridge, slack)[-2:] == said[-2:]


@pytest.mark.parametrize("error", [Unavailable("Not now."), Uncertain("It may have been.")])
async def test_a_failed_attempt_loses_and_doubles_none(tmp_path: Path, error: RemoteError) -> None:
    """Whether it certainly failed or perhaps: they are said once; what came meanwhile has its place behind them."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        slack.fail["post"] = [error]
        await writes(bridge, *ABC)
        await until(lambda: not slack.fail["post"])
        await writes(bridge, "d")
        await bridge.at_rest()
        assert [text for post in posts(bridge, slack) for text in post] == [*ABC, "d"]
        assert posts(bridge, slack)[0][:3] == ABC


@pytest.mark.parametrize("searches", [0, 4])
async def test_a_lost_answer_is_found_for_all_of_them(tmp_path: Path, searches: int) -> None:
    """One search by one key; also if the chat cannot be searched at first."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        slack.lose.add("post")
        slack.fail["find_post"] = [Unavailable("Not now.") for _ in range(searches)]
        await writes(bridge, *ABC)
        await bridge.drained()
        await bridge.at_rest()
        assert posts(bridge, slack) == [ABC]


async def test_a_store_that_is_gone_from_the_settings_joins_nothing(tmp_path: Path) -> None:
    """What waits there together ends each by itself, in words; shopbell and what waits for others go on."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        await writes(bridge, *ABC)
        with patch.dict(bridge.app._intake._rules.stores, clear=True):
            await asyncio.sleep(10)
        said = [text for post in posts(bridge, slack) for text in post]
        assert ["no longer in shopbell's settings" in text for text in said] == [True] * 3
        await writes(bridge, "d")
        await until(lambda: posts(bridge, slack)[-1] == ["d"])


async def test_another_process_finds_them_too(tmp_path: Path) -> None:
    """The first one ended before it knew the outcome; who joined is on disk."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        slack.lose.add("post")
        slack.fail["find_post"] = [Unavailable("Not now.") for _ in range(10_000)]
        await writes(bridge, *ABC)
        await until(lambda: not slack.lose)
        vendor, discord = bridge.vendor, bridge.discord
    slack.fail.clear()
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack) as bridge:
        await bridge.drained()
        await bridge.at_rest()
        assert posts(bridge, slack) == [ABC]


async def test_the_others_are_looked_for_where_the_first_ended_in_doubt(tmp_path: Path) -> None:
    """A defect ended its search: the others find the post by its key, and are not said again."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        slack.lose.add("post")
        slack.fail["find_post"] = [ZeroDivisionError()]  # type: ignore[list-item]
        await writes(bridge, *ABC)
        await until(lambda: not slack.lose)
        await until(lambda: not slack.fail["find_post"])
        await bridge.at_rest(State.FAILED)
        assert posts(bridge, slack)[0] == ABC
        assert [text for post in posts(bridge, slack)[1:] for text in post if text in ABC] == []
        (failed,) = [row for row in await bridge.rows("unfinished_deliveries") if row["kind"] == "post"]
        assert failed["state"] == State.FAILED


async def test_what_is_still_looked_for_is_said_when_the_first_is_tried_again(tmp_path: Path) -> None:
    """The post never stood anywhere; all of them stand in the next one, so that none is taken for said in it."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        slack.fail["post"] = [Uncertain("Its answer was lost.")]
        slack.fail["find_post"] = [ZeroDivisionError(), *[Unavailable("It answers 503.")] * 4]  # type: ignore[list-item]
        await writes(bridge, *ABC)
        await until(lambda: len(slack.fail["find_post"]) < 4)
        (first, *_) = [row for row in await bridge.rows("unfinished_deliveries") if row["kind"] == "post"]
        assert first["state"] == State.FAILED
        await bridge.asks(slack, Verb.RETRY, delivery=first["id"])
        await bridge.drained()
        assert [text for post in posts(bridge, slack) for text in post if text in ABC] == ABC


async def test_one_refused_text_parts_them(tmp_path: Path) -> None:
    """The others stand in full, in their order."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        slack.refused_word = "evil"
        await writes(bridge, "a", "evil words", "c")
        await bridge.drained()
        shown = slack.shown[bridge.thread(slack)][1:]
        assert [text for post in posts(bridge, slack) for text in post] == ["a", "evil words", "c"]
        assert [each.post.form for each in shown if "evil" in each.post.text] == [Form.DEFUSED]
        assert shown[-1].post.form is Form.FULL


async def test_a_thread_that_is_gone_takes_none_with_it(tmp_path: Path) -> None:
    """They are said in the next thread, together or not, once."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        await writes(bridge, *ABC)
        slack.gone.add(bridge.thread(slack))
        await until(lambda: len(slack.threads()) == 2)
        await bridge.drained()
        texts = [text for text in slack.texts(slack.threads()[1]) if text in ABC]
        assert texts == ABC


@pytest.mark.parametrize("lost", [False, True])
async def test_forgetting_leaves_none_of_them(tmp_path: Path, lost: bool) -> None:
    """Also if it is unclear then whether they are posted; one post is erased once."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        if lost:
            slack.lose.add("post")
            slack.fail["find_post"] = [Unavailable("Not now.")] * 3
        await writes(bridge, "secret one", "secret two")
        if lost:
            await until(lambda: not slack.lose)
        else:
            await bridge.drained()
        tickets = await bridge.database.read(erasure.find_tickets, "jane@example.com")
        await bridge.database.write(erasure.forget, tickets, now(), in_chats=True)
        bridge.app.outbox.wake()
        await bridge.drained()
        assert "secret" not in repr(slack.shown)


async def test_what_is_asked_of_such_a_post_is_answered(tmp_path: Path) -> None:
    """`Why`: the account of its first message."""
    async with one_thread(tmp_path / "db") as (bridge, slack):
        await writes(bridge, *ABC)
        await bridge.drained()
        (ticket,) = [row["number"] for row in await bridge.rows("ticket_by_vendor_id", store=MAIN, vendor_id="t1")]
        (link,) = [row["id"] for row in await bridge.rows("links_of_ticket", ticket=ticket) if row["chat"] == SLACK]
        (first,) = await bridge.rows("delivery_posted_as", ticket=ticket, link=link, chat_message=slack.said[-1])
        (message,) = await bridge.rows("message", id=first["message"])
        assert (first["state"], message["text"]) == (State.DONE, "a")


@pytest.mark.takes(5)
async def test_a_backlog_takes_a_post_a_ticket(tmp_path: Path) -> None:
    """Slack's limit, and an hour's outage of the vendor: three messages in each of many tickets, one post for each."""
    tickets = 120
    rooms = {"discord": LimitedDiscord, "slack": LimitedSlack}
    fate = Fate(random=Random(1), latency=0.05)
    stores = {"main": ("slack:1",)}
    async with Simulation(simulated_loop(), tmp_path / "db", stores=stores, fate=fate, rooms=rooms) as sim:
        slack = sim.rooms[SLACK]
        assert isinstance(slack, LimitedSlack)
        for number in range(tickets):
            sim.shops["main"].customer_writes(f"t{number}", f"t{number} Hello?")
        await sim.advance_until(lambda: len(slack.threads()) == tickets, 3600)
        await asyncio.sleep(600)
        before = slack.begun["post"]
        for again in range(3):
            for number in range(tickets):
                sim.shops["main"].customer_writes(f"t{number}", f"t{number} message {again}")
        last = [f"t{number} message 2" for number in range(tickets)]
        await sim.advance_until(
            lambda: set(last) <= {text for each in slack.threads() for text in slack.texts(each)}, 3600
        )
        assert slack.refused == 0
        assert slack.begun["post"] - before <= tickets * 1.05
        await sim.settle()
        assert unsettled(sim) == []
