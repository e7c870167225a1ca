"""Channels that are deleted, archived or closed to the bot: reported once where it is seen, and put right by itself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest

from bot.clock import SystemClock
from bot.sandbox.slack.state import BOT_USER
from tests.support.rest import SWEEPS
from tests.support.stage.clock import clock_of
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("forked_bots")

CANNOT = "shopbell cannot show tickets in"
OVER = "Tickets appear in"


def in_order(ticket: Ticket) -> list[str]:
    """What the customer wrote, as the Discord thread shows it, from the top."""
    shown = [str(embed.get("description")) for m in ticket.discord.messages() for embed in m.embeds]
    return [text for text in shown if text.startswith("Word")]


async def writes_three(ticket: Ticket) -> None:
    """The customer writes three messages, each swept by itself."""
    for number in range(3):
        ticket.customer_says(f"Word {number}")
        await ticket.stage.sweeps(2, ticket.shop)


async def remarks(stage: Stage) -> str:
    """What `healthz` adds to its verdict."""
    return "\n".join(await stage.bridge.app.health.details())


async def failed(stage: Stage, amount: int) -> list[str]:
    """Wait until so many deliveries have failed for good; their kinds."""
    kinds: list[str] = []

    async def have_failed() -> bool:
        rows = await stage.bridge.rows("unfinished_deliveries")
        kinds[:] = [str(row["kind"]) for row in rows if row["state"] == "failed"]
        return len(kinds) >= amount

    await until(have_failed, f"{amount} have failed")
    return kinds


async def well_again(stage: Stage) -> None:
    """`healthz` names no channel any more."""
    await stage.at_rest()
    assert "channel" not in await remarks(stage)


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_deleted_discord_channel(stage: Stage) -> None:
    """Reported once in each ticket's Slack thread, to healthz and in the outbox; the tickets go on in Slack."""
    tickets = [await stage.arrives("The first"), await stage.arrives("The second")]
    discord = stage.world.discord
    await discord.delete_place(discord.owner, stage.world.support.id)
    for ticket in tickets:
        await until(lambda t=ticket: t.slack.count("This ticket has no thread in Discord now.") == 1, "it is told")  # type: ignore[misc]
        ticket.customer_says("Go on")
        await until(lambda t=ticket: t.slack.count("Go on") == 1, "Slack has it")  # type: ignore[misc]
        said = await ticket.bob_says("We do")
        await ticket.marked(said, "✅")
        assert ticket.slack.count("has no thread") == 1
    assert f"discord channel {stage.world.support.id}" in await remarks(stage)
    assert await failed(stage, 2) == ["open", "open"]
    code, listed = await stage.process().command("outbox")
    assert code == 0
    assert listed.count("no longer on Discord") == 2
    await stage.sweeps(SWEEPS, tickets[0].shop)
    assert [ticket.slack.count("has no thread") for ticket in tickets] == [1, 1]


@pytest.mark.scenario({"sellgate": "text"})
async def test_the_only_channel_of_a_store_is_gone(stage: Stage) -> None:
    """With nobody to tell in a chat, healthz, `check` and `outbox` say it, also of a ticket that comes afterwards."""
    await stage.arrives("The first")
    discord = stage.world.discord
    await discord.delete_place(discord.owner, stage.world.support.id)
    await stage.writes("The second")
    await failed(stage, 2)
    channel = f"discord channel {stage.world.support.id}"
    assert channel in await remarks(stage)
    code, found = await stage.process().command("check")
    assert code == 1
    assert f"{channel}, while running" in found
    _, listed = await stage.process().command("outbox")
    assert listed.count("no longer on Discord") == 2


@pytest.mark.scenario({"sellgate": "text", "sellapp": "slack"})
async def test_the_only_channel_of_a_store_is_gone_and_others_are_not(stage: Stage) -> None:
    """With no other thread of the ticket to tell it in, another store's channel is told, once for all its tickets."""
    discord = stage.world.discord
    await stage.arrives("The first", vendor="sellgate")
    await discord.delete_place(discord.owner, stage.world.support.id)
    await stage.writes("The second", vendor="sellgate")
    await failed(stage, 2)
    beside = stage.world.shops["sellapp"]
    await until(lambda: stage.announced(beside, "The channel is no longer on Discord.")[1] == 1, "it is told")
    await stage.sweeps(SWEEPS, stage.world.shops["sellgate"])
    assert stage.announced(beside, CANNOT)[1] == 1


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_store_gets_another_channel(stage: Stage) -> None:
    """Where the settings name another channel instead of the one that is gone, its tickets go on there, with all."""
    ticket = await stage.arrives("To move")
    discord = stage.world.discord
    await discord.delete_place(discord.owner, stage.world.support.id)
    await failed(stage, 1)
    await writes_three(ticket)
    moved = replace(ticket, shop=replace(ticket.shop, discord=discord.add_text_channel("another")))
    await stage.bridge.stop()
    places = f"discord:{moved.shop.discord.id},slack:{moved.shop.slack.id}"
    stage.bridge.settings[f"STORES__{ticket.shop.name.upper()}__CHANNELS"] = places
    await stage.bridge.start()
    await until(lambda: len(in_order(moved)) == 3, "all is there")
    await well_again(stage)
    assert in_order(moved) == ["Word 0", "Word 1", "Word 2"]
    assert moved.discord.count("The ticket continues here.") == 1
    said = await moved.ann_says("Here we are")
    await moved.marked(said, "✅")
    assert len(moved.discord.threads) == 1


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_permission_is_taken_and_given_back(stage: Stage) -> None:
    """Reported once in Slack, however many wait and whatever else still works; afterwards all goes out in order."""
    ticket = await stage.arrives("Not to write")
    other = await stage.arrives("Not to react")
    discord, channel = stage.world.discord, stage.world.support.id
    discord.deny(channel, "add_reactions")
    said = await other.ann_says("A reply")
    await until(lambda: stage.announced(stage.shop, CANNOT)[1] == 1, "it is told")
    other.customer_says("Thank you")
    await other.shown("Thank you")
    await stage.sweeps(SWEEPS)
    assert stage.announced(stage.shop, CANNOT)[1] == 1
    discord.allow(channel, "add_reactions")
    await other.marked(said, "✅")
    await well_again(stage)
    discord.deny(channel, "send_messages_in_threads")
    await writes_three(ticket)
    await until(lambda: stage.announced(stage.shop, "Send Messages in Threads")[1] == 1, "it is told")
    assert "Send Messages in Threads" in await remarks(stage)
    discord.allow(channel, "send_messages_in_threads")
    await until(lambda: len(in_order(ticket)) == 3, "all is there")
    await well_again(stage)
    assert in_order(ticket) == ["Word 0", "Word 1", "Word 2"]
    assert stage.announced(stage.shop, CANNOT)[1] == 2


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_a_hidden_channel_is_read_when_it_is_shown_again(stage: Stage) -> None:
    """What agents write where the bot may not see reaches the customer as soon as it may, and what waited goes out."""
    ticket = await stage.arrives("Hidden", vendor="sellgate")
    elsewhere = await stage.arrives("Elsewhere", vendor="sellapp")
    discord, channel = stage.world.discord, stage.world.support.id
    await ticket.ann_says("Before")
    await ticket.has_sent("Before")
    discord.deny(channel, "view_channel")
    await ticket.ann_says("Does anybody hear me?")
    await writes_three(ticket)
    await until(lambda: stage.announced(ticket.shop, CANNOT)[1] == 1, "it is told")
    await stage.bridge.restart()
    await elsewhere.ann_says("The other channel is heard")
    await elsewhere.has_sent("The other channel is heard")
    assert ticket.sent == ["Before"]
    discord.allow(channel, "view_channel")
    await ticket.has_sent("Before", "Does anybody hear me?")
    await until(lambda: len(in_order(ticket)) == 3, "all is there")
    await well_again(stage)
    assert in_order(ticket) == ["Word 0", "Word 1", "Word 2"]
    assert stage.announced(ticket.shop, CANNOT)[1] == 1


def fill_with_strangers(stage: Stage) -> None:
    """The server takes no more threads, and none of the bot's own can make room: they are archived."""
    discord = stage.world.discord
    lounge = discord.add_text_channel("lounge")
    for number in range(3):
        discord.guild.open_thread(discord.owner, lounge, f"Talk {number}", 1440, None)
    for thread in discord.threads(stage.shop.discord.id):
        discord.guild.archive(thread, archived=True)
    discord.guild.limits.active_threads = len(discord.guild.state.active_threads())


async def room_again(stage: Stage, clock: type[SystemClock], waiting: Ticket) -> None:
    """There is room, and some minutes later the ticket has its thread."""
    stage.world.discord.guild.limits.active_threads = 1000
    await stage.bridge.stop()
    with patch.object(clock, "now", lambda its: SystemClock.now(its) + timedelta(minutes=13)):
        await stage.bridge.start()
        await waiting.shown("Hello?")
        await well_again(stage)


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_a_server_full_of_our_own_threads(stage: Stage) -> None:
    """At Discord's cap the thread that is quiet for the longest time is archived, and opened again when needed."""
    discord = stage.world.discord
    quiet = await stage.arrives("Quiet", vendor="sellgate")
    lively = await stage.arrives("Lively", vendor="sellapp")
    await lively.ann_says("We are on it")
    await lively.has_sent("We are on it")
    await stage.bridge.drained()
    discord.guild.limits.active_threads = len(discord.guild.state.active_threads())
    new = await stage.arrives("One more", vendor="sellapp")
    assert quiet.discord.thread.archived
    assert not lively.discord.thread.archived
    quiet.customer_says("Still there?")
    await quiet.shown("Still there?")
    await stage.at_rest()
    assert not quiet.discord.thread.archived
    assert lively.discord.thread.archived
    said = await quiet.ann_says("Sure")
    await quiet.marked(said, "✅")
    last = await stage.arrives("And another", vendor="sellgate")
    await stage.at_rest()
    assert new.discord.thread.archived
    assert len(discord.guild.state.active_threads()) == discord.guild.limits.active_threads
    assert stage.announced(last.shop, CANNOT) == (0, 0)


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_server_full_of_other_threads(stage: Stage) -> None:
    """Where nothing of ours makes room, new tickets wait for their threads: Slack reads it once, and once the end."""
    clock = clock_of(stage)
    await stage.arrives("The last one in")
    await stage.bridge.drained()
    fill_with_strangers(stage)
    waiting = [await stage.writes(f"Waits {number}") for number in range(2)]
    for ticket in waiting:
        await until(lambda t=ticket: t.slack.count("Hello?") == 1, "Slack has it")  # type: ignore[misc]
    await until(lambda: stage.announced(stage.shop, "as many open threads")[1] == 1, "it is told")
    assert "as many open threads" in await remarks(stage)
    await room_again(stage, clock, waiting[0])
    await waiting[1].shown("Hello?")
    await until(lambda: stage.announced(stage.shop, OVER)[1] == 1, "its end is told")
    await stage.at_rest()
    assert [stage.announced(stage.shop, line)[1] for line in (CANNOT, OVER)] == [1, 1]


@pytest.mark.scenario({"sellgate": "text"})
async def test_a_full_server_and_no_other_chat(stage: Stage) -> None:
    """It is reported once in the text channel itself, which needs no thread for that, and once when it is over."""
    clock = clock_of(stage)
    await stage.arrives("The last one in")
    await stage.bridge.drained()
    fill_with_strangers(stage)
    waiting = await stage.writes("Waits")
    await until(lambda: stage.announced(stage.shop, "as many open threads")[0] == 1, "it is told")
    await room_again(stage, clock, waiting)
    await until(lambda: stage.announced(stage.shop, OVER)[0] == 1, "its end is told")
    await stage.at_rest()
    assert [stage.announced(stage.shop, line)[0] for line in (CANNOT, OVER)] == [1, 1]


@pytest.mark.scenario({"sellapp": "forum", "sellgate": "text"})
async def test_a_full_server_and_a_forum_alone(stage: Stage) -> None:
    """Where a line in the forum would need a thread itself, it is reported in another store's channel."""
    clock = clock_of(stage)
    await stage.arrives("The last one in", vendor="sellapp")
    await stage.bridge.drained()
    discord = stage.world.discord
    fill_with_strangers(stage)
    for thread in discord.threads(stage.world.shops["sellapp"].discord.id):
        discord.guild.archive(thread, archived=True)
    discord.guild.limits.active_threads = len(discord.guild.state.active_threads())
    waiting = await stage.writes("Waits", vendor="sellapp")
    beside = stage.world.shops["sellgate"]
    await until(lambda: stage.announced(beside, "as many open threads")[0] == 1, "it is told")
    await room_again(stage, clock, waiting)
    await until(lambda: stage.announced(beside, OVER)[0] == 1, "its end is told")
    await stage.at_rest()
    assert stage.announced(beside, CANNOT)[0] == 1
    assert stage.announced(waiting.shop, CANNOT)[0] == 0


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_the_bot_is_removed_from_a_slack_channel(stage: Stage) -> None:
    """Reported once in Discord; when it is invited again, what Bob wrote meanwhile is sent and what waited shown."""
    ticket = await stage.arrives("Removed")
    slack = stage.world.slack
    slack.remove_from(ticket.shop.slack, BOT_USER)
    await until(lambda: stage.announced(ticket.shop, CANNOT)[0] == 1, "it is told")
    await ticket.bob_says("Does anybody hear me?")
    ticket.customer_says("Still waiting")
    await until(lambda: ticket.discord.count("Still waiting") == 1, "Discord has it")
    assert f"slack channel {ticket.shop.slack.id}" in await remarks(stage)
    assert ticket.sent == []
    slack.invite(ticket.shop.slack, BOT_USER)
    await ticket.has_sent("Does anybody hear me?")
    await ticket.shown("Still waiting")
    await well_again(stage)
    assert stage.announced(ticket.shop, CANNOT)[0] == 1


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_slack_channel_is_archived_and_unarchived(stage: Stage) -> None:
    """Reported once in Discord; unarchived, what waited is there in order."""
    ticket = await stage.arrives("Archived")
    slack = stage.world.slack
    slack.archive(ticket.shop.slack)
    await writes_three(ticket)
    await until(lambda: stage.announced(ticket.shop, "is archived")[0] == 1, "it is told")
    slack.archive(ticket.shop.slack, archived=False)
    await until(lambda: ticket.slack.count("Word") == 3, "all is there")
    await well_again(stage)
    shown = "\n".join(message.rendered for message in ticket.slack.messages())
    assert re.findall(r"Word \d", shown) == ["Word 0", "Word 1", "Word 2"]
    assert stage.announced(ticket.shop, CANNOT)[0] == 1


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_a_history_that_may_not_be_read_for_a_while(stage: Stage) -> None:
    """What agents wrote meanwhile is found when it may be read, though newer messages were sent."""
    discord = stage.world.discord
    tickets = [await stage.arrives(f"History at {vendor}", vendor=vendor) for vendor in ("sellgate", "sellapp")]
    await stage.bridge.drained()
    channels = [ticket.shop.discord.id for ticket in tickets]
    for channel in channels:
        discord.deny(channel, "read_message_history")
    await stage.bridge.stop()
    for ticket in tickets:
        await ticket.ann_says("While the bot was away")
    await stage.bridge.start()
    for ticket in tickets:
        await until(lambda t=ticket: stage.announced(t.shop, "Read Message History")[1] == 1, "it is told")  # type: ignore[misc]
        await ticket.ann_says("Heard at once")
        await ticket.has_sent("Heard at once")
        ticket.customer_says("I see")
        await ticket.shown("I see")
    assert "Read Message History" in await remarks(stage)
    await stage.bridge.restart()
    for channel in channels:
        discord.allow(channel, "read_message_history")
    for ticket in tickets:
        await ticket.has_sent("Heard at once", "While the bot was away")
        await until(lambda t=ticket: stage.announced(t.shop, OVER)[1] == 1, "its end is told")  # type: ignore[misc]
        assert stage.announced(ticket.shop, CANNOT)[1] == 1
    await well_again(stage)


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_what_may_have_been_said_is_not_said_again_where_the_history_is_closed(stage: Stage) -> None:
    """An answer that was lost is looked for as soon as the history may be read; the message stands there once."""
    discord = stage.world.discord
    ticket = await stage.arrives("In doubt")
    await stage.bridge.drained()
    path = f"/{ticket.discord.thread.id}/messages$"
    discord.deny(stage.world.support.id, "read_message_history")
    discord.guild.limits.nonce_seconds = 0.0
    discord.http_server.fail("lose", method="POST", path=path)
    ticket.customer_says("Only once")
    await until(lambda: ticket.discord.count("Only once") == 1, "it was posted")
    await until(lambda: stage.announced(stage.shop, "Read Message History")[1] == 1, "it is told")
    await stage.sweeps(5)
    discord.allow(stage.world.support.id, "read_message_history")
    await stage.at_rest()
    assert ticket.discord.count("Only once") == 1


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_thread_in_a_channel_that_the_settings_do_not_name_any_more_is_heard(stage: Stage) -> None:
    """The ticket stays in its threads, so what agents write there live reaches the customer, in both chats."""
    ticket = await stage.arrives("Left behind")
    await stage.bridge.stop()
    another, beside = stage.world.discord.add_text_channel("another"), stage.world.slack.add_channel("another")
    places = f"discord:{another.id},slack:{beside.id}"
    stage.bridge.settings[f"STORES__{ticket.shop.name.upper()}__CHANNELS"] = places
    await stage.bridge.start()
    await ticket.ann_says("From Ann")
    await ticket.has_sent("From Ann")
    await ticket.bob_says("From Bob")
    await ticket.has_sent("From Ann", "From Bob")
    ticket.customer_says("Thank you")
    await ticket.shown("Thank you")
