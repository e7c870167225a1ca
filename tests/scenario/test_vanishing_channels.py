"""Channels that are deleted, archived or closed to the bot: told once where somebody sees it, and mended by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from bot.clock import SystemClock
from bot.sandbox.slack.world import BOT_USER
from tests.stage import Stage, Ticket, scenario, until

CANNOT = "shopbell cannot show tickets in"


def clock_of(stage: Stage) -> type[SystemClock]:
    """The kind of clock that this stage's bot has, now and when it is started again."""
    clock = stage.bridge.app._clock
    assert isinstance(clock, SystemClock)
    return type(clock)


def in_order(ticket: Ticket) -> list[str]:
    """What the customer wrote, as the Discord thread shows it, from the top."""
    shown = [str(m.embeds[0].get("description")) for m in ticket.discord.messages() if m.embeds]
    return [text for text in shown if text.startswith("Word")]


async def writes_three(ticket: Ticket) -> None:
    """The customer writes three messages, each swept by itself."""
    for number in range(3):
        ticket.customer_says(f"Word {number}")
        await ticket.stage.sweeps(2, ticket.shop)


async def remarks(stage: Stage) -> str:
    """What `healthz` adds to its verdict."""
    return "\n".join(await stage.bridge.app.health.remarks())


async def failed(stage: Stage, amount: int) -> list[str]:
    """Wait until so many deliveries have failed for good; their kinds."""
    for _ in range(30):
        rows = await stage.bridge.rows("unfinished_deliveries")
        kinds = [str(row["kind"]) for row in rows if row["state"] == "failed"]
        if len(kinds) >= amount:
            return kinds
        await stage.sweeps(1)
    raise AssertionError(f"only {kinds} have failed")


async def well_again(stage: Stage) -> None:
    """`healthz` remarks on no channel any more."""
    await stage.bridge.drained()
    assert "channel" not in await remarks(stage)


@scenario({"sellgate": "text slack"})
async def test_a_deleted_discord_channel(stage: Stage) -> None:
    """Told once in each ticket's Slack thread, to healthz and in the outbox; the tickets go on in Slack."""
    tickets = [await stage.arrives("The first"), await stage.arrives("The second")]
    discord = stage.world.discord
    await discord.delete_place(discord.owner, stage.world.support.id)
    for ticket in tickets:
        await until("it is told", lambda t=ticket: t.slack.count("This ticket has no thread in Discord now.") == 1)  # type: ignore[misc]
        ticket.customer_says("Go on")
        await until("Slack has it", lambda t=ticket: t.slack.count("Go on") == 1)  # type: ignore[misc]
        said = await ticket.bob_says("We do")
        await ticket.marked(said, "✅")
        assert ticket.slack.count("has no thread") == 1
    assert f"discord channel {stage.world.support.id}" in await remarks(stage)
    assert await failed(stage, 2) == ["open", "open"]
    code, listed = await stage.process().command("outbox")
    assert code == 0
    assert listed.count("no longer on Discord") == 2


@scenario({"sellgate": "text"})
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


@scenario({"sellgate": "text slack"})
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
    await until("all is there", lambda: len(in_order(moved)) == 3)
    await well_again(stage)
    assert in_order(moved) == ["Word 0", "Word 1", "Word 2"]
    assert moved.discord.count("It goes on here.") == 1
    said = await moved.ann_says("Here we are")
    await moved.marked(said, "✅")
    assert len(moved.discord.threads) == 1


@scenario({"sellgate": "text slack"})
async def test_a_permission_is_taken_and_given_back(stage: Stage) -> None:
    """Told once in Slack, however many wait and whatever else still works; afterwards all goes out in order."""
    ticket = await stage.arrives("Not to write")
    other = await stage.arrives("Not to react")
    discord, channel = stage.world.discord, stage.world.support.id
    discord.deny(channel, "add_reactions")
    said = await other.ann_says("A reply")
    await until("it is told", lambda: stage.announced(stage.shop, CANNOT)[1] == 1)
    other.customer_says("Thank you")
    await other.shown("Thank you")
    await stage.sweeps(5)
    assert stage.announced(stage.shop, CANNOT)[1] == 1
    discord.allow(channel, "add_reactions")
    await other.marked(said, "✅")
    await well_again(stage)
    discord.deny(channel, "send_messages_in_threads")
    await writes_three(ticket)
    await until("it is told", lambda: stage.announced(stage.shop, "Send Messages in Threads")[1] == 1)
    assert "Send Messages in Threads" in await remarks(stage)
    discord.allow(channel, "send_messages_in_threads")
    await until("all is there", lambda: len(in_order(ticket)) == 3)
    await well_again(stage)
    assert in_order(ticket) == ["Word 0", "Word 1", "Word 2"]
    assert stage.announced(stage.shop, CANNOT)[1] == 2


@scenario({"sellgate": "text slack", "sellapp": "forum slack"})
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
    await until("it is told", lambda: stage.announced(ticket.shop, CANNOT)[1] == 1)
    await stage.bridge.restart()
    await elsewhere.ann_says("The other channel is heard")
    await elsewhere.has_sent("The other channel is heard")
    assert ticket.sent == ["Before"]
    discord.allow(channel, "view_channel")
    await ticket.has_sent("Before", "Does anybody hear me?")
    await until("all is there", lambda: len(in_order(ticket)) == 3)
    await well_again(stage)
    assert in_order(ticket) == ["Word 0", "Word 1", "Word 2"]
    assert stage.announced(ticket.shop, CANNOT)[1] == 1


@scenario({"sellgate": "text slack"})
async def test_a_server_full_of_threads(stage: Stage) -> None:
    """At Discord's cap a new ticket waits for its thread, told once in Slack, and gets it when there is room."""
    clock = clock_of(stage)
    full = await stage.arrives("The last one in")
    discord = stage.world.discord
    discord.guild.allowances.active_threads = len(discord.guild.world.active_threads())
    waiting = [await stage.writes(f"Waits {number}") for number in range(2)]
    for ticket in waiting:
        await until("Slack has it", lambda t=ticket: t.slack.count("Hello?") == 1)  # type: ignore[misc]
    await until("it is told", lambda: stage.announced(stage.shop, "as many open threads")[1] == 1)
    full.customer_says("This still works")
    await full.shown("This still works")
    assert "as many open threads" in await remarks(stage)
    discord.guild.allowances.active_threads = 1000
    await stage.bridge.stop()
    with patch.object(clock, "now", lambda its: SystemClock.now(its) + timedelta(minutes=13)):
        await stage.bridge.start()
        for ticket in waiting:
            await ticket.shown("Hello?")
        await well_again(stage)
    assert stage.announced(stage.shop, CANNOT)[1] == 1


@scenario({"sellgate": "text slack"})
async def test_the_bot_is_removed_from_a_slack_channel(stage: Stage) -> None:
    """Told once in Discord; when it is invited again, what Bob wrote meanwhile is sent and what waited shown."""
    ticket = await stage.arrives("Removed")
    slack = stage.world.slack
    slack.remove_from(ticket.shop.slack, BOT_USER)
    await until("it is told", lambda: stage.announced(ticket.shop, CANNOT)[0] == 1)
    await ticket.bob_says("Does anybody hear me?")
    ticket.customer_says("Still waiting")
    await until("Discord has it", lambda: ticket.discord.count("Still waiting") == 1)
    assert f"slack channel {ticket.shop.slack.id}" in await remarks(stage)
    assert ticket.sent == []
    slack.invite(ticket.shop.slack, BOT_USER)
    await ticket.has_sent("Does anybody hear me?")
    await ticket.shown("Still waiting")
    await well_again(stage)
    assert stage.announced(ticket.shop, CANNOT)[0] == 1
    await until("one line says so", lambda: stage.announced(ticket.shop, "Found 1 message")[1] == 1)


@scenario({"sellgate": "text slack"})
async def test_a_slack_channel_is_archived_and_unarchived(stage: Stage) -> None:
    """Told once in Discord; unarchived, what waited is there in order."""
    ticket = await stage.arrives("Archived")
    slack = stage.world.slack
    slack.archive(ticket.shop.slack)
    await writes_three(ticket)
    await until("it is told", lambda: stage.announced(ticket.shop, "is archived")[0] == 1)
    slack.archive(ticket.shop.slack, archived=False)
    await until("all is there", lambda: ticket.slack.count("Word") == 3)
    await well_again(stage)
    shown = [m.rendered for m in ticket.slack.messages() if "Word" in m.rendered]
    assert [f"Word {number}" in text for number, text in enumerate(shown)] == [True] * 3
    assert stage.announced(ticket.shop, CANNOT)[0] == 1
