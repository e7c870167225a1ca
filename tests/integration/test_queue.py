"""`/tickets`: which tickets are listed, in which order, on which page, and for whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.rows import to_ms
from bot.inbound.chats.lists import _turning
from bot.model import Agent, AgentId, Answer, ChannelId, Colleague, Person, PersonId, Place, Verb
from bot.tickets.day.queue import Page
from tests.support.memory.bridge import Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.rows import ticket as ticket_row
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

BOB = Agent(id=AgentId("u2"), name="Bob", is_full_member=True)
ANN_IN_SLACK = Agent(id=AgentId("u9"), name="ann.example", is_full_member=True)
COLLEAGUES = (
    Colleague(
        person=Person(id=PersonId("agent:ann"), name="Ann"), chats={"discord": AgentId("u1"), "slack": ANN_IN_SLACK.id}
    ),
)


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge without tickets; Ann is one person in both chats."""
    async with running(tmp_path / "db", colleagues=COLLEAGUES) as bridge:
        yield bridge


async def arrive(bridge: Bridge, amount: int) -> None:
    """So many customers write, a minute after one another."""
    for number in range(amount):
        bridge.vendor.customer_writes(f"t{number}", f"Hello {number}", name=f"Jane {number}")
        await asyncio.sleep(60)
    await until(lambda: len(bridge.discord.threads()) == len(bridge.slack.threads()) == amount, "all threads")
    await bridge.at_rest()


def titles(answer: Answer) -> list[str]:
    """The tickets of a page, by number."""
    assert answer.listing is not None
    return [row.title.split(" · ")[0] for row in answer.listing.rows]


async def lists(
    bridge: Bridge, words: str = "", page: int = 0, chat: MemoryChat | None = None, **rest: object
) -> Answer:
    """A page of a list, asked for in the channel."""
    where = chat or bridge.discord
    place = Place(chat=where.name, channel=ChannelId("1"))
    return await bridge.asks(where, Verb.TICKETS, **{"words": words, "page": page, "place": place, **rest})  # type: ignore[arg-type]


async def test_the_longest_waiting_come_first_and_pages_are_turned(bridge: Bridge) -> None:
    """Ten on a page; the buttons ask for the next and the last; a page that is gone shows the last one."""
    await arrive(bridge, 23)
    first = await lists(bridge)
    assert first.text == "23 tickets wait for us, longest first: 1 to 10."
    assert titles(first) == [f"#{number}" for number in range(1001, 1011)]
    (onward,) = first.buttons
    assert (onward.verb, onward.label, onward.page) == (Verb.TICKETS, "Next", 1)
    second = await lists(bridge, first.buttons[0].words, 1)
    assert titles(second) == [f"#{number}" for number in range(1011, 1021)]
    assert [(button.label, button.page) for button in second.buttons] == [("Back", 0), ("Next", 2)]
    third = await lists(bridge, "waiting", 2)
    assert third.text.endswith("21 to 23.")
    assert [(button.label, button.page) for button in third.buttons] == [("Back", 1)]
    for far in (3, 9_999):
        assert titles(await lists(bridge, "waiting", far)) == titles(third)


async def pressed(bridge: Bridge, page: Answer, label: str) -> Answer:
    """The page to which a button of this one leads."""
    (button,) = [each for each in page.buttons if each.label == label]
    return await lists(bridge, button.words, button.page or 0)


async def test_tickets_that_go_between_two_pages_hide_no_others(bridge: Bridge) -> None:
    """Whoever answers the first page and turns it sees the next ten, and back those before; new ones come last."""
    await arrive(bridge, 33)
    first = await lists(bridge)
    for number in (1001, 1002, 1003, 1010):
        await bridge.asks(bridge.discord, Verb.CLOSE, ticket=str(number))
    bridge.vendor.customer_writes("t99", "Hello 99", name="Jane 99")
    await until(lambda: len(bridge.discord.threads()) == 34, "the new one has its thread")
    await bridge.at_rest()
    second = await pressed(bridge, first, "Next")
    assert titles(second) == [f"#{number}" for number in range(1011, 1021)]
    assert second.text == "30 tickets wait for us, longest first: 7 to 16."
    for number in (1004, 1015):
        await bridge.asks(bridge.discord, Verb.CLOSE, ticket=str(number))
    third = await pressed(bridge, second, "Next")
    assert titles(third) == [f"#{number}" for number in range(1021, 1031)]
    again = await pressed(bridge, third, "Back")
    assert titles(again) == [f"#{number}" for number in (1009, *range(1011, 1015), *range(1016, 1021))]
    assert titles(await pressed(bridge, third, "Next")) == ["#1031", "#1032", "#1033", "#1034"]


async def test_a_long_name_of_a_store_leaves_room_for_no_edge() -> None:
    """Then the button says which page it is, as before."""
    page = Page((ticket_row(),), total=30, first=10)
    for words, carried in ((f"waiting {'s' * 20}", True), (f"waiting {'s' * 52}", False)):
        back, onward = _turning(page, words)
        assert [(each.words.startswith(words), each.words != words) for each in (back, onward)] == [(True, carried)] * 2
        assert (back.page, onward.page) == (0, 2)
        assert max(len(each.words) for each in (back, onward)) <= 60


async def test_a_row_is_a_link_and_says_who_has_it_and_how_long_it_waits(bridge: Bridge) -> None:
    """The link leads to the thread in the asker's own chat."""
    await arrive(bridge, 1)
    await bridge.asks(bridge.discord, Verb.TAKE)
    for chat in (bridge.discord, bridge.slack):
        answer = await lists(bridge, chat=chat)
        assert answer.text == "1 ticket waits for us."
        assert answer.listing is not None
        assert answer.listing.headings == ("Ticket", "Waits", "Taken by")
        (row,) = answer.listing.rows
        assert row.address == f"https://{chat.name}.example/{bridge.thread(chat)}"
        waits, has = row.cells
        assert waits.startswith("for us, ")
        assert has == "Ann"


async def test_each_list_has_its_own_tickets(bridge: Bridge) -> None:
    """A ticket that is answered, snoozed or closed leaves the list; it comes back when its customer writes."""
    await arrive(bridge, 4)
    thread = bridge.place(bridge.discord)
    await bridge.asks(bridge.discord, Verb.TAKE, ticket="1002")

    def snooze(tx: Transaction, until: int) -> None:
        tx.run("set_ticket_snoozed", number=1003, until=until, by=None, asked_at=None)

    await bridge.database.write(snooze, to_ms(datetime.now(UTC) + timedelta(days=1)))
    await bridge.says(bridge.discord, "m1", "An answer", place=thread)
    await bridge.asks(bridge.discord, Verb.CLOSE, ticket="1004")
    await bridge.at_rest()
    assert titles(await lists(bridge)) == ["#1002"]
    assert titles(await lists(bridge, "snoozed")) == ["#1003"]
    assert titles(await lists(bridge, "all")) == ["#1002", "#1001", "#1003"]
    assert titles(await lists(bridge, "mine")) == ["#1002", "#1001"], "the first reply takes a ticket"
    bridge.vendor.customer_writes("t2", "Now it is urgent", name="Jane 2")
    bridge.vendor.customer_writes("t0", "Thank you", name="Jane 0")
    await bridge.at_rest()
    assert titles(await lists(bridge)) == ["#1002", "#1003", "#1001"]
    assert (await lists(bridge, "snoozed")).text == "No ticket is snoozed."


async def test_mine_is_the_same_in_both_chats(bridge: Bridge) -> None:
    """Whoever is one person in the settings has the same tickets everywhere; Bob has none."""
    await arrive(bridge, 2)
    await bridge.asks(bridge.discord, Verb.TAKE, ticket="1001")
    assert titles(await lists(bridge, "mine", chat=bridge.slack, agent=ANN_IN_SLACK)) == ["#1001"]
    none = await lists(bridge, "mine", agent=BOB)
    assert none.text == "You have no open ticket. Use /take to take one."
    assert titles(none) == []


@pytest.mark.parametrize("words", ["waiting main", "MAIN", " main ", "all main", "waiting  main", "main all"])
async def test_one_store_can_be_named(bridge: Bridge, words: str) -> None:
    """Before the list, behind it or alone, in capitals or not."""
    await arrive(bridge, 1)
    assert titles(await lists(bridge, words)) == ["#1001"]


@pytest.mark.parametrize("words", ["nowhere", "mine nowhere", "waiting; DROP TABLE tickets", "x" * 5_000, "\u202e"])
async def test_a_store_that_is_not_there_is_said(bridge: Bridge, words: str) -> None:
    """Whatever was typed, it may have been meant for a list: the answer names these and the stores, and fits."""
    await arrive(bridge, 1)
    answer = await lists(bridge, words)
    assert "is neither a list nor a store. The lists are: waiting, mine, snoozed, all. " in answer.text
    assert answer.text.endswith("The stores are: main.")
    assert len(answer.text) < 300


async def test_only_who_may_act_sees_tickets(bridge: Bridge) -> None:
    """Not a guest, and nobody who cannot write in the store's channel there."""
    await arrive(bridge, 1)
    refused = await lists(bridge, may=False)
    assert refused.text.startswith("Only the team's agents")
    assert refused.listing is None
    bridge.discord.shut_out.add((AgentId("u1"), ChannelId("1")))
    refused = await lists(bridge)
    assert refused.text.startswith("Only the team's agents")
    assert refused.listing is None
