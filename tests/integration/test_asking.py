"""What agents ask for, where it cannot be done at once, or not at all: each is answered, and nothing happens twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import Rejected, Unavailable, Unsupported
from bot.model import (
    Agent,
    AgentId,
    Answer,
    ChannelId,
    ChatMessageId,
    Choice,
    Counts,
    Door,
    Mark,
    Place,
    Status,
    Store,
    Verb,
)
from bot.outbound.retry import Schedule
from bot.wording import answers
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, running
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

ANN = Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
SLOW = Schedule(retries=(60.0,) * 5, reconcile_delays=(0.01,), refused_delay=60.0)
EXPLICIT = Store(
    name=MAIN,
    label="Main · Memory",
    vendor_label="Memory",
    channels=tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK)),
    poll_seconds=0.05,
    sends_all=False,
)


@dataclass
class Counting(MemoryVendor):
    """A vendor that counts, unless it fails."""

    async def counts(self) -> Counts:
        await self._before("counts")
        return Counts(total=12, open=3)


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one ticket, which tries again only after a minute."""
    async with running(tmp_path / "db", schedule=SLOW) as bridge:
        await bridge.ticket_arrives()
        yield bridge


def lines(bridge: Bridge) -> list[list[str]]:
    """What stands in each chat's first thread behind the customer's first message."""
    return [chat.texts(bridge.thread(chat))[1:] for chat in (bridge.discord, bridge.slack)]


async def choices(bridge: Bridge, verb: Verb, typed: str = "") -> list[Choice]:
    assert bridge.discord.intake is not None
    return list(await bridge.discord.intake.choices(verb, typed, bridge.place(bridge.discord), ANN))


async def test_a_change_that_the_vendor_refuses(bridge: Bridge) -> None:
    """The asker reads why; each thread says it once, with a button that tries again and then works."""
    bridge.vendor.fail["set_status"] = [Rejected("Memory is closed on Sundays.")]
    answer = await bridge.asks(bridge.discord, Verb.CLOSE)
    assert answer.text == "#1001 was not changed. Memory is closed on Sundays."
    refused = "❌ This ticket could not be closed. Memory is closed on Sundays."
    await until(lambda: lines(bridge) == [[refused], [refused]])
    (button,) = bridge.slack.shown[bridge.thread(bridge.slack)][-1].post.buttons
    assert button.verb is Verb.RETRY
    await bridge.asks(bridge.slack, Verb.RETRY, delivery=button.delivery)
    await bridge.at_rest()
    closed = "Closed by Ann from Discord."
    chosen = f"{refused}\n➡️ Ann chose “Retry”."
    assert lines(bridge) == [[chosen, closed], [chosen, closed]]
    assert bridge.vendor.calls.count("set_status") == 2


async def test_a_change_that_takes_longer(bridge: Bridge) -> None:
    """The asker is not kept waiting; asked again, it is said to be under way; the threads say when it is done."""
    bridge.vendor.fail["set_status"] = [Unavailable("Memory is away.")]
    answer = await bridge.asks(bridge.discord, Verb.CLOSE)
    assert answer.text == "#1001 will be closed as soon as Memory confirms it. The thread will say so."
    assert (await bridge.asks(bridge.slack, Verb.CLOSE)).text == "#1001 is already being closed."
    await bridge.at_rest()
    assert lines(bridge) == [["Closed by Ann from Discord."]] * 2


async def test_a_ticket_that_is_closed_here_only_is_reopened_here_only(bridge: Bridge) -> None:
    """A vendor that was never asked to close it is not asked to reopen it either."""
    bridge.vendor.fail["set_status"] = [Unsupported("Not with this account.")]
    assert (await bridge.asks(bridge.discord, Verb.CLOSE)).text == "#1001 is closed."
    assert (await bridge.asks(bridge.discord, Verb.REOPEN)).text == "#1001 is open again."
    await bridge.at_rest()
    assert bridge.vendor.calls.count("set_status") == 1
    assert [texts[-1] for texts in lines(bridge)] == ["Reopened by Ann from Discord."] * 2


async def test_a_vendor_that_cannot_reopen_after_all(bridge: Bridge) -> None:
    """Unlike closing, reopening means nothing if the vendor does not know: it fails, and the ticket stays closed."""
    await bridge.asks(bridge.discord, Verb.CLOSE)
    bridge.vendor.fail["set_status"] = [Unsupported("Not with this account.")]
    answer = await bridge.asks(bridge.discord, Verb.REOPEN)
    assert answer.text == "#1001 was not changed. Not with this account."
    await until(lambda: len(lines(bridge)[1]) == 2)
    assert lines(bridge)[1][-1] == "❌ This ticket could not be reopened. Not with this account."
    assert (await bridge.asks(bridge.discord, Verb.CLOSE)).text == "#1001 is already closed."


async def test_a_change_that_somebody_made_elsewhere_is_reported_once(bridge: Bridge) -> None:
    """Closed at the vendor, and shown as closed by a sweep while we are still trying: one line says so."""
    bridge.vendor.fail["set_status"] = [Unavailable("Memory is away.")]
    await bridge.asks(bridge.discord, Verb.CLOSE)
    bridge.vendor.set("t1", Status.CLOSED)
    await bridge.at_rest()
    assert lines(bridge) == [["Closed at Memory."]] * 2


async def test_what_names_no_ticket(bridge: Bridge) -> None:
    """Outside a thread, without a number: the asker is asked which ticket is meant."""
    answer = await bridge.asks(bridge.discord, Verb.CLOSE, place=Place(chat=DISCORD, channel=ChannelId("1")))
    assert answer.text.startswith("Which ticket?")
    assert bridge.vendor.calls.count("set_status") == 0


async def test_only_closing_and_reopening_offer_tickets(bridge: Bridge) -> None:
    """An open ticket is offered for closing, a closed one for reopening, and nothing for anything else."""
    assert [each.number for each in await choices(bridge, Verb.CLOSE)] == [1001]
    assert await choices(bridge, Verb.REOPEN) == []
    assert await choices(bridge, Verb.STATS) == []


async def test_a_store_is_offered_and_shown_only_to_its_agents(bridge: Bridge) -> None:
    """Somebody who can write in none of its channels is offered no store and no ticket, and gets no figures."""
    assert bridge.discord.intake is not None
    channel = Place(chat=DISCORD, channel=ChannelId("1"))
    assert list(await bridge.discord.intake.stores(channel, ANN)) == ["main"]
    bridge.discord.shut_out.add((ANN.id, ChannelId("1")))
    assert list(await bridge.discord.intake.stores(channel, ANN)) == []
    assert await choices(bridge, Verb.CLOSE) == []
    assert (await bridge.asks(bridge.discord, Verb.STATS)).text.startswith("Only the team's agents can do that")


async def test_figures_with_and_without_the_vendors_own(tmp_path: Path) -> None:
    """The vendor's own figures stand below ours; while it does not answer, ours are shown all the same."""
    async with running(tmp_path / "db", vendor=Counting(now=now)) as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["counts"] = [Unavailable("Memory is away.")]
        without, with_them = await bridge.asks(bridge.slack, Verb.STATS), await bridge.asks(bridge.slack, Verb.STATS)
        assert without.text.splitlines()[1:] == ["main: Memory's own figures are not available right now."]
        assert with_them.text.splitlines()[1:] == ["main: Memory's own figures: total 12 · open 3"]
        assert without.table == with_them.table
        assert "open 1" in (without.table or "")


async def test_figures_of_a_vendor_that_does_not_count(bridge: Bridge) -> None:
    """Only ours are shown, and nothing is said to be missing."""
    answer = await bridge.asks(bridge.slack, Verb.STATS)
    assert len(answer.text.splitlines()) == 1
    assert "open 1" in (answer.table or "")


async def test_only_a_message_of_a_thread_can_be_sent(bridge: Bridge) -> None:
    """`Send to customer` on a message of the channel, or on none, is answered; nothing is sent."""
    elsewhere = Place(chat=DISCORD, channel=ChannelId("1"))
    message = bridge.said(bridge.discord, "m1", "Hello?", place=elsewhere)
    for asked in (None, message):
        answer = await bridge.asks(bridge.discord, Verb.SEND, message=asked)
        assert answer.text.startswith("That message is not in a ticket's thread")
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []


async def test_a_message_is_sent_on_request_and_only_once(tmp_path: Path) -> None:
    """Where nothing is sent by itself: as it reads now, with its mark; asked again, it is said to be sent."""
    async with running(tmp_path / "db", store=EXPLICIT) as bridge:
        await bridge.ticket_arrives()
        said = await bridge.says(bridge.discord, "m1", "On its way.")
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == []
        first = await bridge.asks(bridge.discord, Verb.SEND, message=said)
        again = await bridge.asks(bridge.discord, Verb.SEND, message=said)
        assert first.text == "That message is on its way to the customer."
        assert again.text == answers.already_sent()
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["On its way."]


async def test_what_the_vendor_does_not_accept_is_not_sent_on_request_either(tmp_path: Path) -> None:
    """An empty message is refused in the answer; one with a sticker is sent without it, and the thread says so."""
    async with running(tmp_path / "db", store=EXPLICIT) as bridge:
        await bridge.ticket_arrives()
        empty = await bridge.says(bridge.discord, "m1", "", unsupported=("a sticker",))
        answer = await bridge.asks(bridge.discord, Verb.SEND, message=empty)
        assert answer.text.startswith("❌ Your message did not reach the customer. Memory does not accept a sticker.")
        part = await bridge.says(bridge.discord, "m2", "See here.", unsupported=("a sticker",))
        assert (await bridge.asks(bridge.discord, Verb.SEND, message=part)).text.startswith("That message is on its")
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["See here."]
        left_out = "Your text is on its way to the customer, but without a sticker: Memory does not accept that."
        assert lines(bridge)[0] == [left_out]


async def test_what_may_have_been_sent_cannot_be_discarded_any_more(tmp_path: Path) -> None:
    """One agent sends what was held, another still sees `Discard`: the answer never says that nobody gets it."""
    slow = Schedule(retries=(60.0,) * 5, reconcile_delays=(30.0,), refused_delay=60.0)
    async with running(tmp_path / "db", schedule=slow) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "!closee")
        await until(lambda: any(each.post.buttons for each in bridge.discord.shown[bridge.thread(bridge.discord)]))
        send, discard = bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons
        bridge.vendor.lose.add("reply")
        await bridge.asks(bridge.discord, send.verb, delivery=send.delivery)
        await until(lambda: bridge.vendor.texts("t1") == ["!closee"], "it is sent, and the answer is lost")
        answer = await bridge.asks(bridge.slack, discard.verb, delivery=discard.delivery)
        assert answer.text.startswith("There is nothing to do")
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["!closee"]
        assert bridge.discord.marks[ChatMessageId("m1")] is Mark.DELIVERED


async def test_what_waits_after_send_can_still_be_discarded(bridge: Bridge) -> None:
    """Nothing has left yet: the store is down."""
    bridge.vendor.fail["reply"] = [Unavailable("Memory is away.")]
    await bridge.says(bridge.discord, "m1", "!closee")
    await until(lambda: any(each.post.buttons for each in bridge.discord.shown[bridge.thread(bridge.discord)]))
    send, discard = bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons
    await bridge.asks(bridge.discord, send.verb, delivery=send.delivery)
    await until(lambda: bridge.vendor.calls.count("reply") == 1)
    answer = await bridge.asks(bridge.slack, discard.verb, delivery=discard.delivery)
    assert answer.text.startswith("Discarded.")
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []


async def test_what_its_author_deleted_is_not_sent_by_the_menu(tmp_path: Path) -> None:
    """The menu was still open when the message was deleted."""
    async with running(tmp_path / "db", store=EXPLICIT) as bridge:
        await bridge.ticket_arrives()
        said = await bridge.says(bridge.discord, "m1", "Not like this")
        await bridge.deletes(bridge.discord, "m1")
        answer = await bridge.asks(bridge.discord, Verb.SEND, message=said)
        assert (
            answer.text
            == "This message was deleted, so nothing was done with it. Write it again if it is still needed."
        )
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == []


async def test_what_was_discarded_can_be_sent_by_the_menu(bridge: Bridge) -> None:
    """It is nobody's reply then; whoever sends it all the same means it, and it is sent once."""
    said = await bridge.says(bridge.discord, "m1", "!closee")
    await until(lambda: any(each.post.buttons for each in bridge.discord.shown[bridge.thread(bridge.discord)]))
    _, discard = bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons
    assert (await bridge.asks(bridge.discord, discard.verb, delivery=discard.delivery)).text.startswith("Discarded.")
    sent = await bridge.asks(bridge.discord, Verb.SEND, message=said)
    assert sent.text == "That message is on its way to the customer."
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == ["!closee"]


@pytest.mark.parametrize("entered", [{}, {"text": "Typed."}])
async def test_every_form_is_answered(bridge: Bridge, entered: dict[str, str]) -> None:
    """One of another version may ask for anything: what is no answer to a form does nothing, and the text is kept."""
    for verb in Verb:
        for chat in (bridge.discord, bridge.slack):
            answer = await bridge.asks(chat, verb, entered=entered, ticket=None, door=Door.FORM)
            assert answer.text
            if verb in (Verb.REPLY, Verb.SNIPPET):
                assert answer == Answer(text=answers.outdated(), kept=entered.get("text", ""))
