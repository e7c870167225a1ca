"""What a sweep makes of lists and answers that are out of the ordinary, seen in the chats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Gone, RateLimited, Unavailable
from bot.inbound.vendors.believed_when_repeated import FORGOTTEN_AFTER
from bot.model import (
    Absent,
    Change,
    ChannelId,
    ChatMessageId,
    Conversation,
    DeliveryKey,
    Nameless,
    Place,
    Store,
    TicketId,
)
from bot.ports import KnownTickets
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

HALF_A_MINUTE = Store(
    name=MAIN,
    label="Main · Memory",
    vendor_label="Memory",
    channels=tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK)),
    poll_seconds=30.0,
)


@dataclass
class Listing(MemoryVendor):
    """A vendor whose list also has something without an id, and comes with the messages of what is followed."""

    nameless: list[str] = field(default_factory=list)
    with_messages: bool = False
    asked_about: list[TicketId] = field(default_factory=list)

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent | Nameless]:  # type: ignore[override]
        async for found in super().changes(known):
            if isinstance(found, Change) and self.with_messages and await known.follows(found.ticket):
                self.asked_about.append(found.ticket.id)
                yield replace(found, messages=tuple(self.said[found.ticket.id]))
            else:
                yield found
        for about in self.nameless:
            yield Nameless(about)


def in_channels(bridge: Bridge) -> list[list[str]]:
    return [chat.texts("1") for chat in (bridge.discord, bridge.slack)]


async def test_what_is_listed_without_an_id_is_reported_once(tmp_path: Path) -> None:
    """After a quarter of an hour, in the store's channels, in the words by which it can be found; others appear."""
    vendor = Listing(now=now, nameless=["“Where is my key?”"])
    async with running(tmp_path / "db", vendor=vendor, store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        await until(lambda: all(in_channels(bridge)), "it is reported", seconds=2000)
        await bridge.at_rest()
        (text,) = bridge.discord.texts("1")
        assert "without an id (“Where is my key?”)" in text
        assert in_channels(bridge) == [[text]] * 2


async def test_a_list_that_brings_the_messages_needs_no_further_request(tmp_path: Path) -> None:
    """The vendor is told which tickets are followed, and is asked for none of them again."""
    vendor = Listing(now=now, with_messages=True)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        assert vendor.asked_about == ["t1"]
        assert vendor.calls.count("ticket") == 0
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?"]


async def test_a_nudge_for_a_ticket_that_nobody_knows_is_a_sweep(tmp_path: Path) -> None:
    """It may be new, and only the list says what it is; it appears without waiting for the next poll."""
    async with running(tmp_path / "db", store=HALF_A_MINUTE) as bridge:
        await bridge.at_rest()
        began = now()
        bridge.vendor.customer_writes("t1", "Hello?")
        bridge.app.nudge(MAIN, TicketId("t1"))
        await until(bridge.slack.threads)
        assert (now() - began).total_seconds() < 5


@pytest.mark.parametrize(
    "error", [RateLimited("Slowly.", retry_after=1.0), Unavailable("Memory is away.")], ids=["limited", "away"]
)
async def test_a_nudged_ticket_that_cannot_be_read_comes_with_the_next_sweep(
    tmp_path: Path, error: RateLimited | Unavailable
) -> None:
    """The news is not lost, and stands in each thread once."""
    async with running(tmp_path / "db", store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        bridge.vendor.fail["ticket"] = [error]
        bridge.vendor.customer_writes("t1", "And?")
        bridge.app.nudge(MAIN, TicketId("t1"))
        await until(lambda: "And?" in bridge.slack.texts(bridge.thread(bridge.slack)), seconds=200)
        await bridge.at_rest()
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?", "And?"]


async def test_a_listed_ticket_that_is_not_there_is_asked_for_again(tmp_path: Path) -> None:
    """Said once, that it is gone proves nothing: it appears as soon as it can be read."""
    async with running(tmp_path / "db", store=HALF_A_MINUTE) as bridge:
        bridge.vendor.fail["ticket"] = [Gone("It is not there.")]
        bridge.vendor.customer_writes("t1", "Hello?")
        await until(bridge.slack.threads, "the thread", seconds=200)
        await bridge.at_rest()
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?"]


async def _asks_for(bridge: Bridge, amount: int) -> None:
    """Webhooks name the ticket until it was asked for so often."""
    wanted = bridge.vendor.calls.count("ticket") + amount
    while bridge.vendor.calls.count("ticket") < wanted:
        bridge.app.nudge(MAIN, TicketId("t1"))
        await asyncio.sleep(2.0)


async def _is_said_gone(bridge: Bridge) -> bool:
    await bridge.at_rest()
    return any("no longer has" in text for text in bridge.slack.texts(bridge.thread(bridge.slack)))


async def test_two_refusals_of_a_ticket_that_was_read_in_between_prove_nothing(tmp_path: Path) -> None:
    """A list that brought its messages contradicts the first one, so the second one is a first one again."""
    vendor = Listing(now=now, with_messages=True)
    async with running(tmp_path / "db", vendor=vendor, store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        for question in ("And?", "And now?"):
            bridge.vendor.fail["ticket"] = [Gone("It is not there.")]
            await _asks_for(bridge, 1)
            bridge.vendor.customer_writes("t1", question)
            bridge.app.nudge(MAIN)
            await until(lambda asked=question: asked in bridge.slack.texts(bridge.thread(bridge.slack)))  # type: ignore[misc]
            await asyncio.sleep(60.0)
        assert not await _is_said_gone(bridge)


@pytest.mark.takes(3)
async def test_two_refusals_of_a_ticket_days_apart_prove_nothing(tmp_path: Path) -> None:
    """Nobody had a reason to read it in between."""
    # A simulated day of sweeps every half minute takes ten seconds.
    async with running(tmp_path / "db", store=replace(HALF_A_MINUTE, poll_seconds=3600.0)) as bridge:
        await bridge.ticket_arrives()
        for pause in (FORGOTTEN_AFTER + 3600.0, 60.0):
            bridge.vendor.fail["ticket"] = [Gone("It is not there.")]
            await _asks_for(bridge, 1)
            await asyncio.sleep(pause)
        assert not await _is_said_gone(bridge)


async def test_a_ticket_that_a_list_shows_is_not_gone_at_once(tmp_path: Path) -> None:
    """For some minutes its vendor's list is believed; after that, its vendor lists what it has deleted."""
    async with running(tmp_path / "db", store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["ticket"] = [Gone("It is not there.")] * 100
        bridge.vendor.customer_writes("t1", "And?")
        await asyncio.sleep(300.0)
        assert not await _is_said_gone(bridge)
        assert bridge.slack.cards[bridge.thread(bridge.slack)][-1].buttons
        await asyncio.sleep(1200.0)
        assert await _is_said_gone(bridge)
        bridge.vendor.fail["ticket"].clear()
        await until(lambda: "And?" in bridge.slack.texts(bridge.thread(bridge.slack)), seconds=1200)
        await until(lambda: bridge.slack.cards[bridge.thread(bridge.slack)][-1].buttons)


async def test_a_store_in_which_no_ticket_can_be_read_is_at_fault_itself(tmp_path: Path) -> None:
    """The channels read that it is down, not which tickets; afterwards all comes, and that it works again is said."""
    async with running(tmp_path / "db", store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        await bridge.ticket_arrives("t2", "Me too?", "Joe")
        await bridge.at_rest()
        bridge.vendor.fail["ticket"] = [Unavailable("It answers 500.")] * 1000
        bridge.vendor.customer_writes("t1", "And?")
        bridge.vendor.customer_writes("t3", "Hello three?", name="Jim")
        await bridge.sweeps(3)
        await until(lambda: all(in_channels(bridge)), "it is reported", seconds=600)
        bridge.vendor.fail["ticket"].clear()
        await until(lambda: len(bridge.slack.threads()) == 3, "the threads", seconds=600)
        await until(lambda: len(bridge.slack.texts("1")) == 2, "the end is reported", seconds=600)
        await bridge.at_rest()
        assert bridge.slack.texts("1") == [
            "⚠️ Main · Memory does not answer. It answers 500. What you write waits and is sent when it works again.",
            "▶️ Main · Memory works again. What waited is on its way.",
        ]
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?", "And?"]


async def test_a_ticket_that_cannot_be_read_is_tried_by_itself_and_when_it_is_nudged(tmp_path: Path) -> None:
    """While others can be read, it alone waits; a webhook about it is one more try."""
    async with running(tmp_path / "db", store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        await bridge.ticket_arrives("t2", "Me too?", "Joe")
        await bridge.at_rest()
        read = bridge.vendor.ticket
        bad, tries = {TicketId("t2")}, []

        async def ticket(wanted: TicketId) -> Conversation:
            if wanted in bad:
                tries.append(wanted)
                raise Unavailable("It answers 500.")
            return await read(wanted)

        bridge.vendor.ticket = ticket  # type: ignore[assignment, method-assign]
        bridge.vendor.customer_writes("t2", "Still there?")
        await bridge.sweeps(2)
        await until(lambda: bridge.app._pollers[MAIN].unreadable == {"t2"})
        before = len(tries)
        bridge.app.nudge(MAIN, TicketId("t2"))
        await until(lambda: len(tries) > before, "it is tried")
        bad.clear()
        await until(lambda: "Still there?" in bridge.slack.texts(bridge.thread(bridge.slack, 1)), seconds=900)
        await bridge.at_rest()
        assert in_channels(bridge) == [[], []]


async def test_an_unreadable_ticket_that_leaves_the_list_is_forgotten(tmp_path: Path) -> None:
    """The next full sweep shows that it is not there; until then nobody is bothered."""
    async with running(tmp_path / "db", store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        bridge.vendor.fail["ticket"] = [Unavailable("It answers 500.")]
        bridge.vendor.customer_writes("t2", "Hello too?", name="Joe")
        await until(lambda: bridge.app._pollers[MAIN].unreadable == {"t2"}, seconds=200)
        bridge.vendor.tickets.pop(TicketId("t2"))
        await until(lambda: not bridge.app._pollers[MAIN].unreadable, "it is forgotten", seconds=7200)
        assert in_channels(bridge) == [[], []]


async def test_a_store_that_asks_us_to_wait_is_reported_meanwhile(tmp_path: Path) -> None:
    """After the same three minutes as any other, though it is asked again only after ten; its end is said, too."""
    async with running(tmp_path / "db", store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        bridge.vendor.fail["changes"] = [Unavailable("Memory is away.", retry_after=600.0)]
        bridge.app.nudge(MAIN)
        await until(lambda: not bridge.vendor.fail["changes"])
        began, calls = now(), bridge.vendor.calls.count("changes")
        await until(lambda: all(in_channels(bridge)), "it is reported", seconds=400)
        assert 180 <= (now() - began).total_seconds() < 190
        assert bridge.vendor.calls.count("changes") == calls
        await until(lambda: len(bridge.slack.texts("1")) == 2, "the end is reported", seconds=1500)


@dataclass
class LosesItsChannel(MemoryChat):
    """A chat whose channel is deleted when something is looked for in it."""

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        if place.thread is None:
            self.gone.add(place.channel)
        return await super().find_post(place, key, after)


async def test_a_notice_whose_channel_is_deleted_before_its_answer_comes(tmp_path: Path) -> None:
    """Nobody waits for that channel: the other one has the notice, and its end, once."""
    discord = LosesItsChannel(name=DISCORD)
    async with running(tmp_path / "db", store=HALF_A_MINUTE, discord=discord) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        discord.lose.add("post")
        bridge.vendor.fail["changes"] = [Unavailable("Memory is away.")] * 20
        await until(lambda: bridge.slack.texts("1") and "1" in discord.gone, "it is reported", seconds=900)
        bridge.vendor.fail["changes"].clear()
        await until(lambda: len(bridge.slack.texts("1")) == 2, "the end is reported", seconds=900)
        await bridge.at_rest()
        assert len(discord.texts("1")) == 1


@pytest.mark.parametrize("method", ["ticket", "changes"])
async def test_a_limit_stops_the_sweep_and_nothing_else(tmp_path: Path, method: str) -> None:
    """The budget is that of the whole store: no ticket is at fault, and the news comes with the next sweep."""
    async with running(tmp_path / "db", store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        bridge.vendor.fail[method] = [RateLimited("Slowly.", retry_after=1.0)]
        bridge.vendor.customer_writes("t2", "Hello too?", name="Joe")
        await until(lambda: len(bridge.slack.threads()) == 2, "the thread", seconds=300)
        assert bridge.app._pollers[MAIN].unreadable == set()


async def test_a_limit_that_is_met_while_looking_for_the_culprit(tmp_path: Path) -> None:
    """Whether the store or the ticket is at fault cannot be found out now: nothing is reported, and all comes later."""
    async with running(tmp_path / "db", store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        bridge.vendor.fail["ticket"] = [Unavailable("It answers 500."), RateLimited("Slowly.", retry_after=1.0)]
        bridge.vendor.customer_writes("t2", "Hello too?", name="Joe")
        await until(lambda: len(bridge.slack.threads()) == 2, "the thread", seconds=300)
        await bridge.at_rest()
        assert in_channels(bridge) == [[], []]


async def test_what_was_written_before_a_restart_in_the_first_contact_is_not_the_past(tmp_path: Path) -> None:
    """The store is down, somebody writes, the bot is started again: its past ends where it was first asked."""
    store = replace(HALF_A_MINUTE, poll_seconds=5.0, backfill_open=False, backfill_days=None)
    vendor = MemoryVendor(now=now)
    vendor.customer_writes("old", "From before")
    vendor.fail["changes"] = [Unavailable("It is down.")] * 100
    await asyncio.sleep(1)
    async with running(tmp_path / "db", vendor=vendor, store=store):
        await until(lambda: not vendor.fail["changes"][98:])
    vendor.customer_writes("new", "Hello?")
    vendor.fail.clear()
    await asyncio.sleep(1)
    async with running(tmp_path / "db", vendor=vendor, store=store) as bridge:
        await until(bridge.discord.threads)
        await bridge.at_rest()
        assert [bridge.discord.texts(thread) for thread in bridge.discord.threads()] == [["Hello?"]]


@pytest.mark.parametrize("ahead", [-600, 0, 600])
async def test_what_is_written_during_the_first_contact_is_not_the_past(tmp_path: Path, ahead: int) -> None:
    """
    The store was down when it was first asked. Without backfill the old ticket gets no thread; the new one does.

    Whichever clock is wrong.
    """
    store = replace(HALF_A_MINUTE, poll_seconds=5.0, backfill_open=False, backfill_days=None)
    vendor = MemoryVendor(now=lambda: now() + timedelta(seconds=ahead))
    vendor.customer_writes("old", "From before")
    vendor.fail["changes"] = [Unavailable("It is down.")] * 3
    await asyncio.sleep(1)
    async with running(tmp_path / "db", vendor=vendor, store=store) as bridge:
        await until(lambda: not vendor.fail["changes"][2:])
        vendor.customer_writes("new", "Hello?")
        await until(lambda: len(bridge.discord.threads()) > 0)
        await bridge.at_rest()
        assert [bridge.discord.texts(thread) for thread in bridge.discord.threads()] == [["Hello?"]]


async def test_an_old_ticket_that_changes_during_the_first_contact_gets_threads(tmp_path: Path) -> None:
    """Its customer writes while the store is down; a ticket in which nothing happens is the past."""
    store = replace(HALF_A_MINUTE, poll_seconds=5.0, backfill_open=False, backfill_days=None)
    vendor = MemoryVendor(now=now)
    for ticket in ("old", "older"):
        vendor.customer_writes(ticket, f"From {ticket} times")
    vendor.fail["changes"] = [Unavailable("It is down.")] * 3
    await asyncio.sleep(1)
    async with running(tmp_path / "db", vendor=vendor, store=store) as bridge:
        await until(lambda: not vendor.fail["changes"][2:])
        vendor.customer_writes("old", "Hello?")
        old = TicketId("old")
        vendor.tickets[old] = replace(vendor.tickets[old], updated_at=now())
        await until(lambda: len(bridge.discord.threads()) > 0, "the thread")
        await bridge.at_rest()
        assert [bridge.discord.texts(thread) for thread in bridge.discord.threads()] == [["From old times", "Hello?"]]


@dataclass
class Slow(MemoryVendor):
    """A vendor that takes a second for each ticket."""

    async def ticket(self, ticket: TicketId) -> Conversation:
        await asyncio.sleep(1.0)
        return await super().ticket(ticket)


async def test_a_long_sweep_holds_up_no_ticket_that_a_webhook_names(tmp_path: Path) -> None:
    """It is read between two others; also where the sweep has passed it already, and takes a quarter of an hour."""
    vendor = Slow(now=now)
    async with running(tmp_path / "db", vendor=vendor, store=HALF_A_MINUTE) as bridge:
        await bridge.ticket_arrives()
        for number in range(900):
            vendor.customer_writes(f"new-{number}", f"Hello {number}?", name=f"Customer {number}")
        bridge.app.nudge(MAIN)
        await until(lambda: len(bridge.discord.threads()) > 20, "the sweep has begun")
        vendor.customer_writes("t1", "Are you there?")
        bridge.app.nudge(MAIN, TicketId("t1"))
        began = now()
        await until(lambda: "Are you there?" in bridge.discord.texts(bridge.thread(bridge.discord)), "it is shown")
        assert now() - began < timedelta(seconds=10)
        assert len(bridge.discord.threads()) < 100
