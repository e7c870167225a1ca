"""Snoozing through the real SDKs: one state, seen from both chats."""

from __future__ import annotations

from datetime import timedelta

from bot.sandbox.slack import View
from tests.support.stage.clock import ahead, clock_of
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

BACK = "This ticket is back in the queue: its snooze is over."


async def cards_say(ticket: Ticket, words: str) -> None:
    """Wait until both cards say so."""
    await until(lambda: words in str(ticket.discord.card().embeds), f"Discord's card says {words}")
    await until(lambda: words in ticket.slack.card.rendered, f"Slack's card says {words}")


async def test_snoozed_in_discord_and_back_after_a_restart(stage: Stage) -> None:
    """By command in the thread; the bot is down when the time comes; then each thread has one line, one with a ping."""
    ticket = await stage.arrives("Later")
    world, thread = stage.world, ticket.discord.thread.id
    snoozed = await world.discord.command(world.ann, thread, "snooze", until="2h")
    assert snoozed.ephemeral
    assert snoozed.content.startswith(f"#{ticket.number} is snoozed until ")
    assert snoozed.content.endswith(" (UTC), or until the customer writes.")
    await cards_say(ticket, "Snoozed until ")
    assert "Snoozed until <t:" in str(ticket.discord.card().embeds)
    await stage.at_rest()
    clock = clock_of(stage)
    await stage.bridge.stop()
    with ahead(clock, timedelta(hours=3)):
        await stage.bridge.start()
        await until(lambda: (ticket.discord.count(BACK), ticket.slack.count(BACK)) == (1, 1), "it is back")
        await cards_say(ticket, "Waiting for us since ")
        await stage.at_rest()
    (said,) = [message for message in world.discord.messages(thread) if BACK in str(message.embeds)]
    assert said.content == f"<@{world.ann.id}>"
    assert (ticket.discord.count(BACK), ticket.slack.count(BACK)) == (1, 1)
    assert ticket.sent == []


async def test_the_cards_button_in_discord(stage: Stage) -> None:
    """It offers times, and the card then offers to wake the ticket; a wrong time is answered with examples."""
    ticket = await stage.arrives("Soon")
    world = stage.world
    asked = await world.discord.press(world.ann, ticket.discord.card(), "Snooze")
    assert asked.ephemeral
    assert asked.content.startswith("Until when? ")
    assert asked.message is not None
    chosen = await world.discord.press(world.ann, asked.message, "Tomorrow")
    assert chosen.content.startswith(f"#{ticket.number} is snoozed until ")
    assert "09:00" in chosen.content
    await cards_say(ticket, "Snoozed until ")
    woken = await world.discord.press(world.ann, ticket.discord.card(), "Wake")
    assert woken.content == f"#{ticket.number} is not snoozed any more."
    await cards_say(ticket, "Waiting for us since ")
    channel = world.support.id
    wrong = await world.discord.command(world.ann, channel, "snooze", until="90s", ticket=ticket.number)
    assert wrong.content.startswith("“90s” is no time that shopbell can read. Type it like 2h, tomorrow, mon 9:00")
    times = await world.discord.complete(world.ann, channel, "snooze", "until", "mon")
    assert [each["value"] for each in times][:3] == ["mon", "monday", "mon 9:00"]
    assert times[2]["name"].startswith("mon 9:00 · Mon ")
    assert times[2]["name"].endswith(", 09:00 (UTC)")
    assert await world.discord.complete(world.ann, channel, "snooze", "until", "soonish") == []
    (off,) = await world.discord.complete(world.ann, channel, "snooze", "until", "of")
    assert off == {"name": "off · back into the queue", "value": "off"}
    offered = await world.discord.complete(world.ann, channel, "snooze", "ticket", ticket.number)
    assert [choice["value"] for choice in offered] == [ticket.number]


async def test_snoozed_in_slack(stage: Stage) -> None:
    """With the number, or without one in a form that keeps the time; by the card's button; by a word in the thread."""
    ticket = await stage.arrives("Later")
    world, channel = stage.world, ticket.shop.slack
    snoozed = await world.slack.command(world.bob, channel, "/snooze", f"{ticket.number} mon 9:00")
    assert snoozed.text.startswith(f"#{ticket.number} is snoozed until Mon ")
    await cards_say(ticket, "Snoozed until ")
    off = await world.slack.command(world.bob, channel, "/snooze", f"#{ticket.number} off")
    assert off.text == f"#{ticket.number} is not snoozed any more."

    opened = await world.slack.command(world.bob, channel, "/snooze", "2h")
    assert isinstance(opened.view, View)
    assert "2h" in str(opened.view.blocks)
    await world.slack.suggest(world.bob, opened.view, "shopbell:ticket", "")
    picked = {"shopbell:ticket": ticket.number, "words": "1d"}
    done = await world.slack.submit(world.bob, opened.view, picked, answers=1)
    assert done.view is not None
    assert f"#{ticket.number} is snoozed until " in done.view.rendered
    await cards_say(ticket, "Snoozed until ")

    await until(lambda: "Wake" in ticket.slack.card.rendered, "the card offers to wake it")
    woken = await world.slack.press(world.bob, ticket.slack.card, "Wake", answers=1)
    assert woken.text == f"#{ticket.number} is not snoozed any more."
    await cards_say(ticket, "Waiting for us since ")
    await ticket.bob_says("!snooze tomorrow")
    await cards_say(ticket, "Snoozed until ")
    ticket.customer_says("And now?")
    await cards_say(ticket, "Waiting for us since ")
    await stage.at_rest()
    assert ticket.sent == []
