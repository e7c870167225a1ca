"""Who has a ticket: taken by command, word, button or reply, in one chat or the other; told apart by person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.errors import Unavailable
from bot.model import (
    Agent,
    AgentId,
    Answer,
    Button,
    ChannelId,
    Choice,
    Colleague,
    Mention,
    Person,
    PersonId,
    Place,
    TicketNumber,
    Verb,
)
from tests.support.memory.bridge import Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

ANN = Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
BOB = Agent(id=AgentId("u2"), name="Bob", is_full_member=True)
ANN_IN_SLACK = Agent(id=AgentId("u9"), name="ann.example", is_full_member=True)
GUEST = Agent(id=AgentId("u3"), name="Guest")
COLLEAGUES = (
    Colleague(
        person=Person(id=PersonId("agent:ann"), name="Ann Example"), chats={"discord": ANN.id, "slack": ANN_IN_SLACK.id}
    ),
)
NUMBER = TicketNumber(1001)
TAKE = (Button(verb=Verb.TAKE_OVER, label="Take", ticket=NUMBER),)


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one ticket; Ann is one person in both chats."""
    async with running(tmp_path / "db", colleagues=COLLEAGUES) as bridge:
        await bridge.ticket_arrives()
        yield bridge


def card(bridge: Bridge, chat: MemoryChat) -> tuple[str, list[str]]:
    """What a card says of the ticket, and its buttons."""
    shown = chat.cards[bridge.thread(chat)][-1]
    return shown.status_text, [button.label for button in shown.buttons]


async def cards_say(bridge: Bridge, words: str, *buttons: str) -> None:
    """Wait until both chats' cards say so."""
    for chat in (bridge.discord, bridge.slack):
        await until(partial(_says, bridge, chat, words, list(buttons)), f"the card in {chat.name} says {words}")


def _says(bridge: Bridge, chat: MemoryChat, words: str, buttons: list[str]) -> bool:
    shown, offered = card(bridge, chat)
    return words in shown and offered == buttons


def lines(bridge: Bridge) -> list[list[str]]:
    """What stands below the first message in each thread."""
    return [chat.texts(bridge.thread(chat))[1:] for chat in (bridge.discord, bridge.slack)]


async def choices(bridge: Bridge, verb: Verb, agent: Agent) -> list[Choice]:
    assert bridge.discord.intake is not None
    return list(await bridge.discord.intake.choices(verb, "", bridge.place(bridge.discord), agent))


async def test_a_ticket_is_taken_and_released(bridge: Bridge) -> None:
    """Both cards say who has it, whatever chat it was taken in; nothing is said in the threads."""
    await cards_say(bridge, "Open", "Take", "Snooze", "Close")
    assert await bridge.asks(bridge.slack, Verb.TAKE, agent=BOB) == Answer(text="You have #1001 now.")
    await cards_say(bridge, "Open · Taken by Bob", "Release", "Snooze", "Close")
    assert await bridge.asks(bridge.slack, Verb.TAKE, agent=BOB) == Answer(text="You already have #1001.")
    assert await bridge.asks(bridge.slack, Verb.RELEASE, agent=BOB) == Answer(text="Nobody has #1001 now.")
    await cards_say(bridge, "Open", "Take", "Snooze", "Close")
    again = await bridge.asks(bridge.slack, Verb.RELEASE, agent=BOB)
    assert again == Answer(text="Nobody has #1001, so there is nothing to release.")
    await bridge.at_rest()
    assert lines(bridge) == [[], []]


async def test_one_person_in_both_chats_has_one_ticket(bridge: Bridge) -> None:
    """The settings say who that is, and what they are called."""
    await bridge.asks(bridge.discord, Verb.TAKE, agent=ANN)
    await cards_say(bridge, "Taken by Ann Example", "Release", "Snooze", "Close")
    mine = await bridge.asks(bridge.slack, Verb.TAKE, agent=ANN_IN_SLACK)
    assert mine == Answer(text="You already have #1001.")
    assert (await bridge.asks(bridge.slack, Verb.RELEASE, agent=ANN_IN_SLACK)).text == "Nobody has #1001 now."


async def test_what_somebody_else_has_is_taken_over_only_when_that_is_meant(bridge: Bridge) -> None:
    """`/take` says who has it and offers a button; pressed, it changes hands, and the threads say so."""
    await bridge.asks(bridge.discord, Verb.TAKE, agent=ANN)
    asked = await bridge.asks(bridge.slack, Verb.TAKE, agent=BOB)
    assert asked == Answer(text="Ann Example has #1001. Do you want to take it over?", buttons=TAKE)
    refused = await bridge.asks(bridge.slack, Verb.RELEASE, agent=BOB)
    assert refused.text == "Ann Example has #1001. Only Ann Example can release it, but you can take it over."
    assert refused.buttons == TAKE
    await cards_say(bridge, "Taken by Ann Example", "Release", "Snooze", "Close")
    assert (await bridge.asks(bridge.slack, Verb.TAKE_OVER, ticket="1001", agent=BOB)).text == "You have #1001 now."
    await cards_say(bridge, "Taken by Bob", "Release", "Snooze", "Close")
    again = await bridge.asks(bridge.slack, Verb.TAKE_OVER, ticket="1001", agent=BOB)
    assert again.text == "You already have #1001."
    await bridge.at_rest()
    assert lines(bridge) == [["Bob has this ticket now, instead of Ann Example."]] * 2


async def test_an_old_button_takes_what_nobody_has_any_more(bridge: Bridge) -> None:
    """Whoever had it has released it meanwhile."""
    assert (await bridge.asks(bridge.slack, Verb.TAKE_OVER, ticket="1001", agent=BOB)).text == "You have #1001 now."
    await bridge.at_rest()
    assert lines(bridge) == [[], []]


async def test_a_ticket_is_assigned(bridge: Bridge) -> None:
    """Its threads say by whom; in the chat where it was done the line pings the person, in the other nobody."""
    answer = await bridge.asks(bridge.slack, Verb.ASSIGN, agent=ANN_IN_SLACK, assignee=BOB)
    assert answer == Answer(text="Bob has #1001 now.")
    await cards_say(bridge, "Taken by Bob", "Release", "Snooze", "Close")
    assert (
        await bridge.asks(bridge.slack, Verb.ASSIGN, agent=ANN_IN_SLACK, assignee=BOB)
    ).text == "Bob already has #1001."
    await bridge.at_rest()
    assert lines(bridge) == [["Ann Example has assigned this ticket to Bob."]] * 2
    pings = [chat.shown[bridge.thread(chat)][-1].post.ping for chat in (bridge.discord, bridge.slack)]
    assert pings == [None, Mention(id=BOB.id)]


@pytest.mark.parametrize(
    ("assignee", "answer"),
    [
        (None, "Who shall have the ticket? Name a person of this chat."),
        (GUEST, "Guest cannot answer this ticket: they do not see its channel"),
        (Agent(id=AgentId("bot"), name="Other bot", is_full_member=True, is_active=False), "Other bot cannot answer"),
        (BOB, "Bob cannot answer this ticket: they do not see its channel"),
    ],
)
async def test_only_who_may_act_on_a_ticket_can_get_it(bridge: Bridge, assignee: Agent | None, answer: str) -> None:
    """No guest, no bot, nobody who is not in the channel."""
    bridge.slack.shut_out.add((BOB.id, ChannelId("1")))
    assert (await bridge.asks(bridge.slack, Verb.ASSIGN, agent=ANN, assignee=assignee)).text.startswith(answer)
    await bridge.at_rest()
    await cards_say(bridge, "Open", "Take", "Snooze", "Close")


async def test_nobody_is_assigned_while_the_chat_cannot_say_who_may_act(bridge: Bridge) -> None:
    """The asker's right was known, the other person's was not: the reason is told, and nothing changes."""
    asked = bridge.slack.writable

    async def first_only(agent: Agent, places: Sequence[Place]) -> frozenset[Place]:
        if agent == BOB:
            raise Unavailable("Slack does not answer.")
        return await asked(agent, places)

    with patch.object(bridge.slack, "writable", first_only):
        answer = await bridge.asks(bridge.slack, Verb.ASSIGN, agent=ANN_IN_SLACK, assignee=BOB)
    assert answer == Answer(text="Slack does not answer.")
    await bridge.at_rest()
    await cards_say(bridge, "Open", "Take", "Snooze", "Close")


@pytest.mark.parametrize("verb", [Verb.TAKE, Verb.TAKE_OVER, Verb.RELEASE, Verb.ASSIGN])
async def test_who_may_not_act_on_a_ticket_changes_nothing(bridge: Bridge, verb: Verb) -> None:
    """Whatever way it is asked."""
    await bridge.asks(bridge.discord, Verb.TAKE, agent=ANN)
    answer = await bridge.asks(bridge.slack, verb, agent=GUEST, assignee=GUEST)
    assert answer.text.startswith("Only the team's agents can do that")
    await cards_say(bridge, "Taken by Ann Example", "Release", "Snooze", "Close")


async def test_to_assign_a_ticket_to_oneself_is_to_take_it(bridge: Bridge) -> None:
    """Without a ping."""
    assert (await bridge.asks(bridge.slack, Verb.ASSIGN, agent=BOB, assignee=BOB)).text == "You have #1001 now."
    await bridge.at_rest()
    assert lines(bridge) == [[], []]


async def test_the_first_reply_takes_a_ticket_that_nobody_has(bridge: Bridge) -> None:
    """A note does not, and a second person's reply leaves it where it is."""
    await bridge.says(bridge.slack, "s0", "// Let me look.", agent=BOB)
    await bridge.at_rest()
    await cards_say(bridge, "Open", "Take", "Snooze", "Close")
    await bridge.says(bridge.discord, "d1", "On its way.")
    await cards_say(bridge, "Taken by Ann Example", "Release", "Snooze", "Close")
    await asyncio.sleep(61)
    await bridge.says(bridge.slack, "s2", "It is the small one.", agent=BOB)
    await until(lambda: len(bridge.vendor.texts("t1")) == 2)
    await bridge.at_rest()
    await cards_say(bridge, "Taken by Ann Example", "Release", "Snooze", "Close")


async def test_whoever_sends_a_held_message_has_the_ticket(bridge: Bridge) -> None:
    """Not its author: `!clsoe` was held, and Bob pressed Send."""
    await bridge.says(bridge.discord, "d1", "!clsoe")
    await until(lambda: len(lines(bridge)[0]) == 1, "it is held")
    await cards_say(bridge, "Open", "Take", "Snooze", "Close")
    (button, _) = bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons
    await bridge.asks(bridge.discord, Verb.RETRY, agent=BOB, delivery=button.delivery)
    await cards_say(bridge, "Taken by Bob", "Release", "Snooze", "Close")


async def test_replies_take_nothing_where_that_is_switched_off(tmp_path: Path) -> None:
    """`TAKE_ON_REPLY=false`."""
    async with running(tmp_path / "db", take_on_reply=False) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "d1", "On its way.")
        await until(lambda: len(bridge.vendor.texts("t1")) == 1)
        await bridge.at_rest()
        assert card(bridge, bridge.slack)[1] == ["Take", "Snooze", "Close"]


@pytest.mark.parametrize("word", ["!take", "/take", "@shopbell take", "!take 1001", "!TAKE"])
async def test_a_word_takes_the_ticket_of_its_thread(bridge: Bridge, word: str) -> None:
    """It reaches no customer, and only its author is answered."""
    await bridge.says(bridge.discord, "d1", word)
    await cards_say(bridge, "Taken by Ann Example", "Release", "Snooze", "Close")
    await until(lambda: bridge.discord.told == [(ANN.id, "You have #1001 now.")])
    await bridge.says(bridge.discord, "d2", "!release")
    await cards_say(bridge, "Open", "Take", "Snooze", "Close")
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []


async def test_what_was_taken_survives_a_restart_and_goes_when_it_is_forgotten(tmp_path: Path) -> None:
    """The settings are read anew: who is who is not written down."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.asks(bridge.discord, Verb.TAKE, agent=ANN)
        vendor, discord, slack = bridge.vendor, bridge.discord, bridge.slack
    more = {"vendor": vendor, "discord": discord, "slack": slack}
    async with running(tmp_path / "db", colleagues=COLLEAGUES, **more) as bridge:  # type: ignore[arg-type]
        assert (await bridge.asks(bridge.slack, Verb.TAKE, agent=ANN_IN_SLACK)).text == "You already have #1001."


async def test_only_what_one_has_is_offered_to_release(bridge: Bridge) -> None:
    """Open tickets are offered to take and to assign."""
    await bridge.asks(bridge.discord, Verb.TAKE, agent=ANN)
    assert [each.number for each in await choices(bridge, Verb.RELEASE, ANN)] == [NUMBER]
    assert await choices(bridge, Verb.RELEASE, BOB) == []
    assert [each.number for each in await choices(bridge, Verb.TAKE, BOB)] == [NUMBER]
    assert [each.number for each in await choices(bridge, Verb.ASSIGN, BOB)] == [NUMBER]


async def test_a_closed_ticket_keeps_who_has_it(bridge: Bridge) -> None:
    """When its customer writes again, it is theirs; a closed one that nobody has is offered to nobody."""
    await bridge.asks(bridge.discord, Verb.TAKE, agent=ANN)
    await bridge.asks(bridge.discord, Verb.CLOSE, agent=ANN)
    await cards_say(bridge, "Closed · Taken by Ann Example", "Release", "Reopen")
    await bridge.asks(bridge.discord, Verb.RELEASE, agent=ANN)
    await cards_say(bridge, "Closed", "Reopen")
