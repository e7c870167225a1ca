"""Replies that failed for good, as agents of both chats see them: marked, told why, kept, and tried again by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import httpx
import pytest

from adapters.vendors.client import http
from bot.outbound.retry import Schedule
from bot.sandbox.discord import DiscordMessage
from bot.sandbox.slack import SlackMessage
from bot.sandbox.ticket_threads import discord_text
from tests.support.stage import bot as stage_bot
from tests.support.stage.clock import clock_of, later
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("forked_bots")

KEPT = "Your message is kept here"
REFUSED = '{"error": "message is too rude"}'


@contextmanager
def scheduled(schedule: Schedule) -> Iterator[None]:
    """A bot that is started meanwhile tries and looks so often."""
    with patch.object(stage_bot, "_QUICK", schedule):
        yield


def in_discord(ticket: Ticket, label: str = "Retry") -> DiscordMessage:
    """The last line with such a button in its Discord thread."""
    lines = [m for m in ticket.discord.messages() if m.id != ticket.discord.thread.id]
    return [m for m in lines if label in str(m.components)][-1]


def in_slack(ticket: Ticket, label: str = "Retry") -> SlackMessage:
    """The last line with such a button in its Slack thread."""
    return [m for m in ticket.slack.messages() if any(button.label == label for button in m.buttons)][-1]


async def both_fail(ticket: Ticket, reason: str) -> tuple[DiscordMessage, SlackMessage]:
    """Ann and Bob write; each reads in their own chat, once, that it failed, and may try again there."""
    from_ann, from_bob = await ticket.ann_says("from Ann"), await ticket.bob_says("from Bob")
    await ticket.marked(from_ann, "❌")
    await ticket.marked(from_bob, "❌")
    for sight in (ticket.discord, ticket.slack):
        await until(lambda sight=sight: sight.count(reason) == 1, f"“{reason}” is told")  # type: ignore[misc]
        assert sight.count(KEPT) == 1
    assert discord_text(in_discord(ticket)).count("❌") == 1
    assert in_slack(ticket).rendered.startswith("❌")
    kept = [m.content for m in ticket.discord.messages()], [m.text for m in ticket.slack.messages()]
    assert "from Ann" in kept[0]
    assert "from Bob" in kept[1]
    return from_ann, from_bob


async def waits_in_the_outbox(stage: Stage, *words: str) -> None:
    """`shopbell outbox` lists two replies that failed, with these words."""
    code, listed = await stage.process().command("outbox")
    assert code == 0
    lines = [line for line in listed.splitlines() if "failed" in line]
    assert len(lines) == 2, listed
    assert all(word in listed for word in words), listed


async def test_a_ticket_that_is_gone_takes_no_replies(stage: Stage) -> None:
    """Both agents read it in their own chat; once the vendor has the ticket again, Retry sends what they wrote."""
    ticket = await stage.arrives("Gone")
    fault = stage.shop.vendor.http_server.fail("refuse", method="POST", status=404, body="{}", times=10**6)
    reason = "did not reach the customer. Sellgate does not have this ticket any more."
    from_ann, from_bob = await both_fail(ticket, reason)
    await waits_in_the_outbox(stage, "does not have this ticket any more")
    stage.shop.vendor.http_server.faults.remove(fault)
    await stage.world.discord.press(stage.world.ann, in_discord(ticket), "Retry")
    await stage.world.slack.press(stage.world.bob, in_slack(ticket), "Retry", answers=1)
    await ticket.marked(from_ann, "✅")
    await ticket.marked(from_bob, "✅")
    await stage.at_rest()
    assert sorted(ticket.sent) == ["from Ann", "from Bob"]


@pytest.mark.scenario(started=False)
async def test_replies_that_were_given_up(stage: Stage) -> None:
    """Each answer said nothing of what became of it, until the last: the threads say that nobody can tell."""
    with scheduled(Schedule(retries=(0.05, 0.1), reconcile_delays=(0.05, 0.05), refused_delay=0.3)):
        await stage.bridge.start()
    ticket = await stage.arrives("Given up")
    fault = stage.shop.vendor.http_server.fail("refuse", method="POST", status=502, body="", times=10**6)
    from_ann, from_bob = await both_fail(ticket, "It is not clear whether your message reached the customer.")
    posts = [each for each in stage.shop.vendor.http_server.seen if each.method == "POST"]
    assert len(posts) == 2 * 3
    await waits_in_the_outbox(stage, "did not say whether it was done")
    stage.shop.vendor.http_server.faults.remove(fault)
    await stage.bridge.restart()
    await stage.world.discord.press(stage.world.ann, in_discord(ticket), "Retry")
    await stage.world.slack.press(stage.world.bob, in_slack(ticket), "Retry", answers=1)
    await ticket.marked(from_ann, "✅")
    await ticket.marked(from_bob, "✅")
    await stage.at_rest()
    assert sorted(ticket.sent) == ["from Ann", "from Bob"]


@pytest.mark.scenario(started=False)
async def test_only_agents_may_retry_send_or_discard(stage: Stage) -> None:
    """Whoever may not answer customers is told so at each button, in both chats, and nothing is sent or dropped."""
    discord, slack, bob = stage.world.discord, stage.world.slack, stage.world.bob
    role = discord.add_role("Support")
    carl, dora = discord.add_member("Carl", role), discord.add_member("Dora")
    cleo = slack.add_user("cleo")
    stage.bridge.settings |= {"DISCORD_AGENT_ROLES": str(role.id), "SLACK_AGENTS": cleo.id}
    stage.bridge.settings["AGENTS__CARL"] = f"discord:{carl.id},slack:{cleo.id}"
    await stage.bridge.start()
    clock = clock_of(stage)
    ticket = await stage.arrives("By whoever may")
    slack.invite(ticket.shop.slack, cleo)
    stage.shop.vendor.http_server.fail("refuse", method="POST", status=422, body=REFUSED, times=2)
    await discord.say(carl, ticket.discord.thread.id, "from Carl")
    await slack.say(cleo, ticket.shop.slack, "from Cleo", thread_ts=ticket.slack.card.ts)
    await until(lambda: in_discord(ticket).id and in_slack(ticket).ts, "both failed")
    await stage.bridge.stop()
    await discord.say(carl, ticket.discord.thread.id, "old from Carl")
    await slack.say(cleo, ticket.shop.slack, "old from Cleo", thread_ts=ticket.slack.card.ts)
    with later(clock, timedelta(hours=2)):
        await stage.bridge.start()
        await until(lambda: in_discord(ticket, "Discard").id and in_slack(ticket, "Discard").ts, "both are asked about")
        before = await _replies(stage)
        assert sorted(before.values()) == ["failed", "failed", "held", "held"]
        for button in ("Retry", "Send", "Discard"):
            answered = await discord.press(dora, in_discord(ticket, button), button)
            assert answered.ephemeral
            assert "Only the team's agents can do that" in answered.content
            outcome = await slack.press(bob, in_slack(ticket, button), button, answers=1)
            assert "Only the team's agents can do that" in outcome.text
        assert await _replies(stage) == before
        assert ticket.sent == []
        for button in ("Retry", "Discard"):
            await discord.press(carl, in_discord(ticket, button), button)
            await slack.press(cleo, in_slack(ticket, button), button, answers=1)
        await until(lambda: len(ticket.sent) == 2, "both are sent")
        await stage.at_rest()
    assert sorted(ticket.sent) == ["from Carl", "from Cleo"]


async def _replies(stage: Stage) -> dict[int, str]:
    """The states of all replies that are not at their vendor, by delivery."""
    return {
        row["id"]: row["state"] for row in await stage.bridge.rows("unfinished_deliveries") if row["kind"] == "reply"
    }


async def test_two_presses_at_once_are_one(stage: Stage) -> None:
    """Retry pressed several times at the same moment, in each chat, sends each reply once."""
    discord, slack = stage.world.discord, stage.world.slack
    ticket = await stage.arrives("At once")
    stage.shop.vendor.http_server.fail("refuse", method="POST", status=422, body=REFUSED, times=2)
    from_ann, from_bob = await both_fail(ticket, "message is too rude")
    ann, bob = in_discord(ticket), in_slack(ticket)
    answered, outcomes = await asyncio.gather(
        asyncio.gather(*(discord.press(stage.world.ann, ann, "Retry") for _ in range(3))),
        asyncio.gather(*(slack.press(stage.world.bob, bob, "Retry", answers=3) for _ in range(3))),
    )
    # In Slack each outcome holds all that was answered meanwhile.
    for texts in ("\n".join(each.content for each in answered), outcomes[0].text):
        assert texts.count("Trying again now.") == 1, texts
        assert texts.count("There is nothing to do") == 2, texts
    await ticket.marked(from_ann, "✅")
    await ticket.marked(from_bob, "✅")
    await stage.at_rest()
    assert sorted(ticket.sent) == ["from Ann", "from Bob"]


@pytest.mark.scenario(started=False)
async def test_what_is_dropped_while_it_is_looked_for(stage: Stage) -> None:
    """`shopbell outbox drop` beside the running bridge: it is not sent and loses its mark; the next one goes on."""
    # However long the command takes to start, it is looked for until then.
    patient = Schedule(retries=(0.05, *(0.2,) * 10, 3600.0), reconcile_delays=(0.05, 0.1, 0.3), refused_delay=0.3)
    with patch.object(http, "TIMEOUTS", httpx.Timeout(4.0)), scheduled(patient):
        await stage.bridge.start()
    wire = stage.shop.vendor.http_server
    ticket = await stage.arrives("Dropped")
    wire.fail("drop", method="POST")
    reading = wire.fail("hang", method="GET", path=f"{ticket.id}$", times=10**6)
    said = await ticket.ann_says("never mind")

    def looked_for() -> bool:
        asked = [each.method for each in wire.seen if each.path.endswith(ticket.id)]
        return "POST" in asked and "GET" in asked[asked.index("POST") :]

    await until(looked_for, "it is looked for")
    following = await ticket.bob_says("and this")

    async def is_in_doubt() -> bool:
        return "uncertain" in (await _replies(stage)).values()

    await until(is_in_doubt)
    (reply,) = [each for each, state in (await _replies(stage)).items() if state == "uncertain"]
    code, printed = await stage.process().command("outbox", "drop", str(reply))
    assert code == 0, printed
    await ticket.marked(said, "")
    assert "never mind" not in ticket.sent
    wire.faults.remove(reading)
    await ticket.marked(following, "✅")
    await stage.at_rest()
    assert ticket.sent == ["and this"]
    assert ticket.discord.count("❌") == ticket.slack.count("❌") == 0
    assert ticket.discord.reactions(said) == set()


_VENDORS = ("sellsn", "sellapp", "sellgate", "lightspeed", "nextcommerce")


@pytest.mark.scenario(
    dict.fromkeys(_VENDORS, "text slack"),
    started=False,
    variants=dict.fromkeys(_VENDORS, "a reply shows after a second"),
)
async def test_an_answer_that_is_lost_where_reads_lag(stage: Stage) -> None:
    """At every vendor, from both chats: the reply arrived, nobody was told, and for a second it cannot be seen."""
    with scheduled(Schedule(retries=(0.05, 0.1), reconcile_delays=(0.1, 0.9, 0.9), refused_delay=0.3)):
        await stage.bridge.start()
    # This variant of it answers with nothing, which its own description does not know.
    stage.world.shops["nextcommerce"].vendor.http_server.observers.clear()
    tickets = [await stage.arrives(f"Late and lost at {vendor}", vendor=vendor) for vendor in _VENDORS]
    await asyncio.gather(*map(_lost_twice, tickets))
    await stage.at_rest()
    for ticket in tickets:
        assert ticket.sent == ["Here is your key"] * 2
        assert ticket.discord.count("Here is your key") == ticket.slack.count("Here is your key") == 1


async def _lost_twice(ticket: Ticket) -> None:
    """Ann's reply and then Bob's arrive, and their answers do not."""
    vendor = ticket.shop.vendor
    method = "PUT" if vendor.vendor == "sellsn" else "POST"
    for said in (ticket.ann_says, ticket.bob_says):
        vendor.http_server.fail("lose", method=method)
        await ticket.marked(await said("Here is your key"), "✅")
        assert vendor.http_server.faults == []
    await until(lambda: vendor.see(ticket.id) is ticket.now, "reads show it")
