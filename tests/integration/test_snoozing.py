"""Snoozing: out of the queue until a time, and back once, whatever happens in between; who is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.model import Agent, AgentId, Button, ChannelId, Colleague, Mention, Person, PersonId, State, TicketNumber, Verb
from bot.tickets.day import snoozing
from bot.wording.phrases import clock_time
from tests.support.memory.bridge import MAIN, SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.loop import SimulatedClock, now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

ANN = Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
BOB = Agent(id=AgentId("u2"), name="Bob", is_full_member=True)
GUEST = Agent(id=AgentId("u3"), name="Guest")
COLLEAGUES = (
    Colleague(
        person=Person(id=PersonId("agent:ann"), name="Ann Example"),
        chats={"discord": ANN.id, "slack": AgentId("u9")},
    ),
)
NUMBER = TicketNumber(1001)
BACK = "⏰ This ticket is back in the queue: its snooze is over."
HOUR = 3_600.0
CHOICES = tuple(
    Button(verb=Verb.SNOOZE, label=label, ticket=NUMBER, words=words)
    for label, words in (("1 hour", "1h"), ("Tomorrow", "tomorrow"), ("Monday", "monday"))
)


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one ticket; Ann is one person in both chats."""
    async with running(tmp_path / "db", colleagues=COLLEAGUES, poll_seconds=600) as bridge:
        await bridge.ticket_arrives()
        yield bridge


async def snoozes(bridge: Bridge, words: str, chat: MemoryChat | None = None, agent: Agent = ANN) -> str:
    """What somebody is answered who snoozes the ticket of the thread."""
    return (await bridge.asks(chat or bridge.discord, Verb.SNOOZE, words=words, agent=agent)).text


def card(bridge: Bridge, chat: MemoryChat) -> tuple[str, list[str]]:
    """What a card says of the queue, and its buttons."""
    shown = chat.cards[bridge.thread(chat)][-1]
    return "" if shown.moment is None else shown.moment.words, [button.label for button in shown.buttons]


async def cards_say(bridge: Bridge, words: str, *buttons: str) -> None:
    """Wait until both chats' cards say so."""
    for chat in (bridge.discord, bridge.slack):
        await until(partial(_says, bridge, chat, words, list(buttons)), f"the card in {chat.name} says {words}")


def _says(bridge: Bridge, chat: MemoryChat, words: str, buttons: list[str]) -> bool:
    return card(bridge, chat) == (words, buttons)


def lines(bridge: Bridge) -> list[list[str]]:
    """What stands below the first message in each thread."""
    return [chat.texts(bridge.thread(chat))[1:] for chat in (bridge.discord, bridge.slack)]


def pings(bridge: Bridge) -> list[str | None]:
    """Whom the last line of each thread pings."""
    found = [chat.shown[bridge.thread(chat)][-1].post.ping for chat in (bridge.discord, bridge.slack)]
    return [None if each is None else each.id for each in found]


async def listed(bridge: Bridge, which: str) -> list[str]:
    answer = await bridge.asks(bridge.discord, Verb.TICKETS, words=which)
    assert answer.listing is not None
    return [row.title.split(" · ")[0] for row in answer.listing.rows]


async def test_a_snoozed_ticket_leaves_the_queue_and_comes_back_once(bridge: Bridge) -> None:
    """The cards say until when; at that time, not before, each thread has one line."""
    await cards_say(bridge, "Waiting for us since", "Take", "Snooze", "Close")
    until_when = clock_time(now() + timedelta(hours=2), bridge.app._reminders._rules.zone)
    assert await snoozes(bridge, "2h") == f"#1001 is snoozed until {until_when}, or until the customer writes."
    await cards_say(bridge, "Snoozed until", "Take", "Wake", "Close")
    assert (await listed(bridge, "waiting"), await listed(bridge, "snoozed")) == ([], ["#1001"])
    await asyncio.sleep(2 * HOUR - 60)
    assert lines(bridge) == [[], []]
    await asyncio.sleep(120)
    assert lines(bridge) == [[BACK], [BACK]]
    await cards_say(bridge, "Waiting for us since", "Take", "Snooze", "Close")
    assert (await listed(bridge, "waiting"), await listed(bridge, "snoozed")) == (["#1001"], [])
    await asyncio.sleep(4 * HOUR)
    assert lines(bridge) == [[BACK], [BACK]]


@pytest.mark.parametrize(
    ("taken_in", "snoozed_in", "pinged"),
    [
        ("", "discord", [ANN.id, None]),
        ("", "slack", [None, BOB.id]),
        ("slack", "discord", [None, BOB.id]),
        ("discord", "slack", [ANN.id, None]),
    ],
)
async def test_one_person_is_pinged_once(bridge: Bridge, taken_in: str, snoozed_in: str, pinged: list[object]) -> None:
    """Who has the ticket, in the chat in which they took it; where nobody has it, who snoozed it."""
    people = {"discord": (bridge.discord, ANN), "slack": (bridge.slack, BOB)}
    if taken_in:
        chat, agent = people[taken_in]
        await bridge.asks(chat, Verb.TAKE, agent=agent)
    chat, agent = people[snoozed_in]
    await snoozes(bridge, "1h", chat, agent)
    await asyncio.sleep(HOUR + 60)
    assert (lines(bridge), pings(bridge)) == ([[BACK], [BACK]], pinged)


async def test_who_has_no_thread_in_their_chat_is_pinged_in_the_other(tmp_path: Path) -> None:
    """The settings say who they are there."""
    async with running(tmp_path / "db", colleagues=COLLEAGUES, without=SLACK, poll_seconds=600) as bridge:
        bridge.vendor.customer_writes("t1", "Hello?", name="Jane")
        bridge.app.nudge(MAIN)
        await until(lambda: len(bridge.discord.threads()) == 1, "the thread")

        def taken_in_slack(tx: Transaction) -> None:
            tx.run("set_ticket_taken", number=NUMBER, by="slack:u9", name="Ann")
            tx.run("set_ticket_snoozed", number=NUMBER, until=1, by="discord:u2", asked_at=None)

        await bridge.database.write(taken_in_slack)
        await asyncio.sleep(120)
        (shown,) = [each.post for each in bridge.discord.shown[bridge.thread(bridge.discord)] if each.post.text == BACK]
        assert shown.ping == Mention(id=ANN.id)


async def test_a_snooze_ends_when_the_customer_writes(bridge: Bridge) -> None:
    """The message itself says it; nothing comes at the former time."""
    await snoozes(bridge, "2h")
    bridge.vendor.customer_writes("t1", "And now?", name="Jane")
    await bridge.at_rest()
    await cards_say(bridge, "Waiting for us since", "Take", "Snooze", "Close")
    await asyncio.sleep(3 * HOUR)
    assert lines(bridge) == [["And now?"], ["And now?"]]


async def test_a_reply_leaves_a_ticket_snoozed(bridge: Bridge) -> None:
    """“It leaves tomorrow”, and a snooze until tomorrow, in whichever order; so does a colleague's at the vendor."""
    await snoozes(bridge, "2h")
    await bridge.says(bridge.discord, "m1", "It leaves soon.")
    bridge.vendor.colleague_writes("t1", "I have asked the carrier.")
    await bridge.at_rest()
    await cards_say(bridge, "Snoozed until", "Release", "Wake", "Close")
    await asyncio.sleep(3 * HOUR)
    assert [texts[-1] for texts in lines(bridge)] == [BACK, BACK]
    await cards_say(bridge, "", "Release", "Snooze", "Close")


async def test_closing_ends_a_snooze_and_reopening_does_not_bring_it_back(bridge: Bridge) -> None:
    """Closed here, at the vendor, or gone there: nothing comes at the former time."""
    await snoozes(bridge, "2h")
    await bridge.asks(bridge.discord, Verb.CLOSE)
    await bridge.at_rest()
    assert await snoozes(bridge, "2h") == (
        "#1001 is closed, so there is nothing to snooze. It opens again when the customer writes."
    )
    await bridge.asks(bridge.discord, Verb.REOPEN)
    await bridge.at_rest()
    await cards_say(bridge, "Waiting for us since", "Take", "Snooze", "Close")
    await asyncio.sleep(3 * HOUR)
    assert [[text for text in texts if text == BACK] for texts in lines(bridge)] == [[], []]


async def test_the_last_time_counts_and_off_ends_it(bridge: Bridge) -> None:
    """Snoozed anew, the ticket comes back at the new time only; a snooze that was ended says nothing."""
    await snoozes(bridge, "1h")
    await snoozes(bridge, "3h", bridge.slack, BOB)
    await asyncio.sleep(2 * HOUR)
    assert lines(bridge) == [[], []]
    await asyncio.sleep(2 * HOUR)
    assert (lines(bridge), pings(bridge)) == ([[BACK], [BACK]], [None, BOB.id])
    assert await snoozes(bridge, "off") == "#1001 is not snoozed."
    await snoozes(bridge, "1h")
    assert await snoozes(bridge, " OFF ", bridge.slack, BOB) == "#1001 is not snoozed any more."
    await cards_say(bridge, "Waiting for us since", "Take", "Snooze", "Close")
    await asyncio.sleep(2 * HOUR)
    assert lines(bridge) == [[BACK], [BACK]]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("", "Until when? Choose, or type a time behind the command, such as 2h, tomorrow, mon 9:00"),
        ("90s", "“90s” is no time that shopbell can read. Type it like 2h, tomorrow, mon 9:00 or 2026-12-01 9:00"),
        ("0m", "“0m” is too short. A snooze lasts one minute or longer: 1m, 2h"),
        ("2020-01-01", "“2020-01-01” is over already (time in UTC). Give a later time, like 2h"),
        ("60w", "“60w” is more than a year away. Give a time within a year, like 2h"),
        ("x" * 5_000, "“xxxxxx"),
    ],
)
async def test_whoever_gives_no_time_is_offered_some(bridge: Bridge, words: str, answer: str) -> None:
    """With an example of what can be typed; a button is a whole answer."""
    found = await bridge.asks(bridge.discord, Verb.SNOOZE, words=words)
    assert found.text.startswith(answer)
    assert len(found.text) < 300
    assert found.buttons == CHOICES
    for button in found.buttons:
        assert (await bridge.asks(bridge.discord, button.verb, ticket="1001", words=button.words)).text.startswith(
            "#1001 is snoozed until "
        )


async def test_who_may_not_act_on_a_ticket_snoozes_nothing(bridge: Bridge) -> None:
    """Neither a guest nor somebody outside the channel."""
    assert (await snoozes(bridge, "1h", bridge.slack, GUEST)).startswith("Only the team's agents can do that")
    bridge.slack.shut_out.add((BOB.id, ChannelId("1")))
    assert (await snoozes(bridge, "1h", bridge.slack, BOB)).startswith("Only the team's agents can do that")
    assert (await bridge.asks(bridge.discord, Verb.SNOOZE, ticket="1002", words="1h")).text.startswith(
        "There is no ticket #1002."
    )
    assert await listed(bridge, "snoozed") == []


@pytest.mark.parametrize(
    "word",
    [
        "!snooze 2h",
        "/snooze tomorrow at 9:00",
        "@shopbell snooze 1h",
        "!snooze 1001 mon 9:00",
        "!Snooze mon 9:00 #1001",
    ],
)
async def test_a_word_snoozes(bridge: Bridge, word: str) -> None:
    """It reaches no customer, and only its author is answered."""
    await bridge.says(bridge.discord, "d1", word)
    await cards_say(bridge, "Snoozed until", "Take", "Wake", "Close")
    await until(lambda: len(bridge.discord.told) == 1, "Ann is told")
    assert bridge.discord.told[0][1].startswith("#1001 is snoozed until ")
    await bridge.says(bridge.discord, "d2", "!snooze off")
    await cards_say(bridge, "Waiting for us since", "Take", "Snooze", "Close")
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []


@pytest.mark.parametrize("word", ["!snooze", "!snooze until the parcel is there", "!snooze 1002 1h"])
async def test_a_word_without_a_time_or_of_another_ticket_is_answered(bridge: Bridge, word: str) -> None:
    """It is never sent to the customer."""
    await bridge.says(bridge.slack, "s1", word)
    await until(lambda: len(bridge.slack.told) == 1, "Ann is told")
    await bridge.at_rest()
    assert (bridge.vendor.texts("t1"), await listed(bridge, "snoozed")) == ([], [])


@pytest.mark.parametrize("down", [1.0, 5.0])
async def test_a_snooze_outlives_a_restart(tmp_path: Path, down: float) -> None:
    """It ends once: at its time, or if that was during the downtime, at the next start."""
    async with running(tmp_path / "db", poll_seconds=600) as bridge:
        await bridge.ticket_arrives()
        await snoozes(bridge, "2h")
        await bridge.at_rest()
    again = {"vendor": bridge.vendor, "discord": bridge.discord, "slack": bridge.slack}
    await asyncio.sleep(down * HOUR)
    async with running(tmp_path / "db", poll_seconds=600, **again) as bridge:  # type: ignore[arg-type]
        await asyncio.sleep(HOUR + 60)
        assert lines(bridge) == [[BACK], [BACK]]
        assert pings(bridge) == [ANN.id, None]
    async with running(tmp_path / "db", poll_seconds=600, **again) as bridge:  # type: ignore[arg-type]
        await asyncio.sleep(HOUR)
        assert lines(bridge) == [[BACK], [BACK]]


async def test_a_store_that_is_not_in_the_settings_keeps_its_snoozes(bridge: Bridge) -> None:
    """Nobody would be told; and the others are not kept waiting."""
    await snoozes(bridge, "1h")
    await bridge.at_rest()

    def belongs_elsewhere(tx: Transaction) -> None:
        tx._connection.execute("INSERT INTO stores (name) VALUES ('former')")
        tx._connection.execute("UPDATE tickets SET store = 'former' WHERE number = ?", (NUMBER,))

    await bridge.database.write(belongs_elsewhere)
    bridge.vendor.customer_writes("t2", "Hello too", name="Joe")
    await bridge.at_rest(State.FAILED)
    await bridge.asks(bridge.discord, Verb.SNOOZE, ticket="1002", words="2h")
    await asyncio.sleep(3 * HOUR)
    shown = {bridge.discord.cards[each][-1].number: bridge.discord.texts(each) for each in bridge.discord.threads()}
    assert [number for number, texts in shown.items() if BACK in texts] == [1002]


async def test_very_many_end_at_once(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes more than two transactions, and each comes back once."""
    monkeypatch.setattr(snoozing, "_AT_ONCE", 20)
    for number in range(2, 51):
        bridge.vendor.customer_writes(f"t{number}", f"Hello {number}", name="Jane")
    bridge.app.nudge(MAIN)
    await until(lambda: len(bridge.discord.threads()) == 50, "all threads")
    await bridge.at_rest()

    def snooze_all(tx: Transaction) -> None:
        for number in range(1001, 1051):
            tx.run("set_ticket_snoozed", number=number, until=1, by=None, asked_at=None)

    await bridge.database.write(snooze_all)
    await asyncio.sleep(120)
    await bridge.at_rest()
    for chat in (bridge.discord, bridge.slack):
        assert [chat.texts(thread).count(BACK) for thread in chat.threads()] == [1] * 50


@pytest.mark.parametrize("hours", [10, -10])
@pytest.mark.takes(3)
async def test_the_clock_may_be_changed(bridge: Bridge, hours: int) -> None:
    """One until a time ends when the clock shows it, a minute later at most, and only once, wherever the clock goes."""
    clock = bridge.app._clock
    assert isinstance(clock, SimulatedClock)
    await snoozes(bridge, f"{clock.now() + timedelta(hours=12):%H:%M}")
    await asyncio.sleep(HOUR)
    clock.skew = hours * HOUR
    await asyncio.sleep((11 - hours) * HOUR - 60)
    assert lines(bridge) == [[], []]
    await asyncio.sleep(121)
    assert lines(bridge) == [[BACK], [BACK]]
    clock.skew = 0
    await asyncio.sleep(4 * HOUR)
    assert lines(bridge) == [[BACK], [BACK]]
