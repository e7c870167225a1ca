"""What is said to whoever asks what became of a message, in each place where one can ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Rejected, Unavailable
from bot.model import Agent, AgentId, ChannelId, ChatMessageId, Door, Pointed, State, ThreadId, Verb
from bot.outbound.retry import Schedule
from tests.support.memory.bridge import DISCORD, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

GUEST = Agent(id=AgentId("u3"), name="Guest")
SLOW = Schedule(retries=(60.0,) * 5, reconcile_delays=(0.01,), refused_delay=60.0)
NOTHING = "What to do: Nothing: it arrived."


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one ticket, which tries again only after a minute."""
    async with running(tmp_path / "db", schedule=SLOW) as bridge:
        await bridge.ticket_arrives("t1", "Where is it? Write to me@spoon.example", name="Violet")
        await bridge.drained()
        yield bridge


def pointed(message: str, *, by_person: bool = True) -> Pointed:
    return Pointed(message=ChatMessageId(message), by_person=by_person)


async def why(bridge: Bridge, chat: MemoryChat, message: str | None = None, **rest: Any) -> list[str]:
    """In the chat's first thread, about it or about one of its messages."""
    values: dict[str, Any] = {} if message is None else {"pointed": pointed(message), "door": Door.MENU}
    answer = await bridge.asks(chat, Verb.WHY, **{**values, **rest})
    assert (answer.listing, answer.table, answer.buttons) == (None, None, ())
    return answer.text.split("\n")


def steps(lines: list[str]) -> list[str]:
    """What is said behind the times."""
    return [line.partition(" ")[2] for line in lines[1:-1]]


async def test_a_reply_from_its_writing_to_the_other_chat(bridge: Bridge) -> None:
    """Every step of the message is told in its order, with the chat or store where it happened."""
    await bridge.says(bridge.discord, "m1", "On its way")
    await bridge.at_rest()
    lines = await why(bridge, bridge.discord, "m1")
    assert lines[0].endswith(": “On its way”")
    assert steps(lines) == [
        "written in Discord",
        "on disk, and taken as a reply to the customer",
        "tried at Memory",
        f"arrived at Memory as {bridge.vendor.said['t1'][-1].id}",  # type: ignore[index]
        "marked ✅ in Discord",
        "tried in Slack",
        "posted in Slack",
    ]
    assert lines[-1] == NOTHING


async def test_whoever_writes_very_much_hides_no_reply_that_failed(bridge: Bridge) -> None:
    """Also not who is no agent: what is not settled is told, however many messages came after it."""
    bridge.vendor.fail["reply"] = [Rejected("It refuses this.")]
    await bridge.says(bridge.discord, "m1", "On its way")
    await until(lambda: not bridge.vendor.fail["reply"])
    for number in range(60):
        await bridge.says(bridge.discord, f"n{number}", f"Noise {number}", agent=GUEST)
    lines = await why(bridge, bridge.discord)
    assert any(line.startswith("What to do: Ann “On its way”: Press Retry") for line in lines)


async def test_our_own_posts_are_asked_about_as_what_they_show(bridge: Bridge) -> None:
    """The customer's message, and in the other chat the reply; a line of ours, and a card."""
    await bridge.says(bridge.discord, "m1", "On its way")
    await bridge.asks(bridge.discord, Verb.CLOSE)
    await bridge.at_rest()
    told = {}
    for post in bridge.slack.shown[bridge.thread(bridge.slack)]:
        lines = await why(bridge, bridge.slack, post.id, pointed=pointed(post.id, by_person=False))
        told[post.post.text] = lines
    assert told["Where is it? Write to me@spoon.example"][0].startswith("#1001: The customer (Violet) wrote on")
    assert told["On its way"][0].startswith("#1001: Ann wrote on")
    (line,) = told["Closed by Ann from Discord."]
    assert line.startswith("This is a line of shopbell's own, of ")
    card = bridge.thread(bridge.slack)
    assert (await why(bridge, bridge.slack, card))[0].startswith("#1001 · Violet · Key not working (closed)")
    place = replace(bridge.place(bridge.discord), thread=None)
    head = await why(bridge, bridge.discord, bridge.thread(bridge.discord), place=place)
    assert head[0].startswith("#1001 · Violet · Key not working (closed)")


async def test_the_ticket_of_a_thread_and_by_number(bridge: Bridge) -> None:
    """In the thread the number may be left out, elsewhere it says which ticket is meant."""
    await bridge.says(bridge.discord, "m1", "On its way")
    await bridge.at_rest()
    for rest in (
        {},
        {"ticket": "1001"},
        {"ticket": "#1001", "place": replace(bridge.place(bridge.discord), thread=None)},
    ):
        lines = await why(bridge, bridge.discord, **rest)
        assert lines[0].startswith("#1001 · Violet · Key not working (open)")
        assert lines[-1] == "What to do: Nothing: everything is in order."


@pytest.mark.parametrize(
    ("rest", "begins"),
    [
        ({"ticket": "1999"}, "There is no ticket #1999."),
        ({"ticket": "x"}, "There is no ticket x."),
        ({"agent": GUEST}, "Only the team's agents can do that"),
        ({"agent": GUEST, "pointed": pointed("m1")}, "Only the team's agents can do that"),
    ],
)
async def test_who_may_not_know_is_told_nothing(bridge: Bridge, rest: dict[str, Any], begins: str) -> None:
    """The rule is that of every door, and whoever is refused does not learn what there is."""
    await bridge.says(bridge.discord, "m1", "On its way")
    (line,) = await why(bridge, bridge.discord, **rest)
    assert line.startswith(begins)
    bridge.discord.shut_out.add((AgentId("u1"), ChannelId("1")))
    (line,) = await why(bridge, bridge.discord, ticket="1001", place=replace(bridge.place(bridge.discord), thread=None))
    assert line.startswith("There is no ticket #1001")


async def test_without_a_thread_and_a_number(bridge: Bridge) -> None:
    """Nobody can know which ticket is meant, so the asker is told to name one."""
    place = replace(bridge.place(bridge.discord), thread=None)
    assert (await why(bridge, bridge.discord, place=place))[0].startswith("Which ticket?")


async def test_while_the_vendor_is_down(bridge: Bridge) -> None:
    """When it is tried next, and why it does not arrive; afterwards that something kept it back."""
    bridge.vendor.fail["reply"] = [Unavailable("Memory is down.")]
    await bridge.says(bridge.discord, "m1", "On its way")
    await until(lambda: bridge.vendor.calls.count("reply") == 1, "it was tried")
    await bridge.says(bridge.discord, "m2", "And one more")
    first = await why(bridge, bridge.discord, "m1")
    assert "the answer: Memory is down." in steps(first)
    assert first[-1].startswith("What to do: Wait: the next try is at ")
    second = await why(bridge, bridge.discord, "m2")
    assert second[-1].startswith("What to do: Something of this ticket that is older goes first. Wait: the next try")
    whole = await why(bridge, bridge.discord)
    assert any(line.startswith("What to do: Ann “On its way”: Wait: the next try is at") for line in whole)
    await until(lambda: len(bridge.vendor.texts("t1")) == 2, "both arrived", seconds=3600)
    await bridge.drained()
    done = await why(bridge, bridge.discord, "m1")
    assert done[-1] == NOTHING
    assert "tried at Memory, for the 2nd time" in steps(done)
    assert "something has kept it back since then" in steps(done)
    told = steps(done)
    assert told.index("the answer to an earlier try: Memory is down.") < told.index("arrived at Memory as t1-2")


async def test_what_failed_for_good(bridge: Bridge) -> None:
    """The store's own answer is quoted, and the advice says what to put right first."""
    bridge.vendor.fail["reply"] = [Rejected("Memory takes no such text.")] * 9
    await bridge.says(bridge.discord, "m1", "On its way")
    await until(lambda: "❌" in repr(bridge.discord.marks), "it is marked", seconds=3600)
    lines = await why(bridge, bridge.discord, "m1")
    assert "the answer: Memory takes no such text." in steps(lines)
    assert "given up: Memory" in steps(lines)
    advice = "Press Retry in its thread once this is put right: Memory takes no such text."
    assert lines[-1] == f"What to do: {advice}"
    assert (await why(bridge, bridge.discord))[-1] == f"What to do: Ann “On its way”: {advice}"
    (line,) = [post for post in bridge.discord.shown[bridge.thread(bridge.discord)] if post.post.text.startswith("❌")]
    (said,) = await why(bridge, bridge.discord, pointed=pointed(line.id, by_person=False), door=Door.MENU)
    assert said.endswith(advice)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("// ask Bob", "Nothing: it is a note, and stays with the team."),
        ("!close", "Nothing: it was a command."),
        ("!clsoe", "Press Send or Discard in its thread."),
    ],
)
async def test_what_was_no_reply(bridge: Bridge, text: str, advice: str) -> None:
    """A note, a command, or what only looks like one: the advice fits what it was taken for."""
    await bridge.says(bridge.discord, "m1", text)
    await bridge.at_rest(State.HELD)
    lines = await why(bridge, bridge.discord, "m1")
    assert lines[-1] == f"What to do: {advice}"


async def test_by_somebody_who_may_not_reply(bridge: Bridge) -> None:
    """The account says that its author has no right, and who can give it."""
    await bridge.says(bridge.discord, "m1", "Hello", agent=GUEST)
    lines = await why(bridge, bridge.discord, "m1")
    assert "not sent: its author may not answer this store's customers" in steps(lines)
    assert lines[-1].startswith("What to do: Ask whoever runs shopbell to add its author")


async def test_what_is_not_recorded(bridge: Bridge) -> None:
    """By a program; in a thread of no ticket; while messages are still read; and one that nobody reads any more."""
    (line,) = await why(bridge, bridge.discord, "m9")
    assert line.startswith("This is not recorded: shopbell was not connected when it was written")
    (line,) = await why(bridge, bridge.discord, "m9", pointed=pointed("m9", by_person=False))
    assert line.startswith("This is not recorded, because no person wrote it")
    for thread in (None, ThreadId("777")):
        place = replace(bridge.place(bridge.discord), thread=thread)
        (line,) = await why(bridge, bridge.discord, "m9", place=place)
        assert line.startswith("That message is not in a ticket's thread")
    assert bridge.discord.intake is not None
    bridge.discord.intake.gap_possible(DISCORD)
    (line,) = await why(bridge, bridge.discord, "m9")
    assert line.startswith("This is not recorded yet. What to do: Wait")
    await bridge.discord.intake.channel_unreadable(
        replace(bridge.place(bridge.discord), thread=None), "Invite the bot."
    )
    (line,) = await why(bridge, bridge.discord, "m9")
    assert line == "This is not recorded, because shopbell cannot read this channel. What to do: Invite the bot."
