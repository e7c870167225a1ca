"""Taking, releasing and assigning tickets through the real SDKs: one state, seen from both chats."""

from __future__ import annotations

import pytest

from bot.sandbox.discord import NotOffered
from bot.sandbox.slack import View
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

# Ann and Bob are two.
pytestmark = pytest.mark.scenario(AGENTS__ANN="")


async def cards_say(ticket: Ticket, words: str) -> None:
    """Wait until both cards say so."""
    await until(lambda: words in str(ticket.discord.card().embeds), f"Discord's card says {words}")
    await until(lambda: words in ticket.slack.card.rendered, f"Slack's card says {words}")


async def nobody_has(ticket: Ticket) -> None:
    """Wait until neither card says that somebody has it."""
    await until(lambda: "Taken by" not in str(ticket.discord.card().embeds), "Discord's card says nobody")
    await until(lambda: "Taken by" not in ticket.slack.card.rendered, "Slack's card says nobody")


async def test_taken_in_discord_and_taken_over_in_slack(stage: Stage) -> None:
    """By command in one chat, by the card's button in the other; who has it is told, and keeps it until it is meant."""
    ticket = await stage.arrives("Mine")
    world, thread = stage.world, ticket.discord.thread.id
    taken = await world.discord.command(world.ann, thread, "take")
    assert (taken.content, taken.ephemeral) == (f"You have #{ticket.number} now.", True)
    await cards_say(ticket, "Taken by Ann")
    asked = await world.slack.command(world.bob, ticket.shop.slack, "/take", ticket.number)
    assert asked.text == f"Ann has #{ticket.number}. Do you want to take it over?\n[Take]"
    (ephemeral,) = asked.ephemerals
    pressed = await world.slack.press(world.bob, ephemeral, "Take", answers=1)
    assert pressed.text == f"You have #{ticket.number} now."
    await cards_say(ticket, "Taken by Bob")
    await until(lambda: ticket.discord.count("Bob has this ticket now, instead of Ann.") == 1)
    refused = await world.discord.press(world.ann, ticket.discord.card(), "Release")
    assert refused.content == f"Bob has #{ticket.number}. Only Bob can release it, but you can take it over."
    assert refused.message is not None
    again = await world.discord.press(world.ann, refused.message, "Take")
    assert again.content == f"You have #{ticket.number} now."
    await cards_say(ticket, "Taken by Ann")
    released = await world.discord.command(world.ann, thread, "release", ticket=ticket.number)
    assert released.content == f"Nobody has #{ticket.number} now."
    await nobody_has(ticket)
    await stage.at_rest()
    assert ticket.sent == []
    assert ticket.slack.count("has this ticket now") == 2


async def test_assigned_in_discord(stage: Stage) -> None:
    """The person is pinged there; a bot cannot get it, and tickets complete while one types."""
    ticket = await stage.arrives("Yours")
    world = stage.world
    eve = world.discord.add_member("Eve")
    offered = await world.discord.complete(world.ann, world.support.id, "assign", "ticket", ticket.number)
    assert [choice["value"] for choice in offered] == [ticket.number]
    given = await world.discord.command(world.ann, world.support.id, "assign", agent=eve, ticket=ticket.number)
    assert given.content == f"Eve has #{ticket.number} now."
    await cards_say(ticket, "Taken by Eve")
    line = "Ann has assigned this ticket to Eve."
    await until(lambda: ticket.discord.count(line) == 1)
    (said,) = [m for m in world.discord.messages(ticket.discord.thread.id) if line in str(m.embeds)]
    assert said.content == f"<@{eve.id}>"
    await until(lambda: ticket.slack.count(line) == 1)
    refused = await world.discord.command(world.ann, ticket.discord.thread.id, "assign", agent=world.discord.bot)
    assert refused.content.startswith(f"{world.discord.bot.name} cannot answer this ticket")
    named = await world.discord.command(world.ann, ticket.discord.thread.id, "assign", agent="@ann")
    assert named.content == f"You have #{ticket.number} now."
    for nobody in (None, "Nobody"):
        with pytest.raises(NotOffered):
            await world.discord.command(world.ann, ticket.discord.thread.id, "assign", agent=nobody)


async def test_assigned_in_slack(stage: Stage) -> None:
    """With number and name in either order; without a number, or without a name, a form asks for both."""
    ticket = await stage.arrives("Yours")
    world, channel = stage.world, ticket.shop.slack
    eve = world.slack.add_user("eve")
    world.slack.invite(channel, eve)
    for text in (f"{ticket.number} @eve", f"@eve #{ticket.number}"):
        given = await world.slack.command(world.bob, channel, "/assign", text)
        assert "has #" in given.text
    await cards_say(ticket, "Taken by Eve")
    await until(lambda: ticket.slack.count("Bob has assigned this ticket to Eve.") == 1)
    stage.pings = [(eve.id,)]
    for text, values in (("", {"assignee": world.bob.id}), (f"@{world.bob.name}", {})):
        opened = await world.slack.command(world.bob, channel, "/assign", text)
        assert isinstance(opened.view, View)
        await world.slack.suggest(world.bob, opened.view, "shopbell:ticket", "")
        picked = {"shopbell:ticket": ticket.number, **values}
        done = await world.slack.submit(world.bob, opened.view, picked, answers=1)
        assert done.view is not None
        assert f"#{ticket.number}" in done.view.rendered
    await cards_say(ticket, "Taken by Bob")


async def test_a_form_offers_to_take_over(stage: Stage) -> None:
    """The button in the form's answer works, and the form shows what came of it."""
    ticket = await stage.arrives("Theirs")
    world = stage.world
    await world.discord.command(world.ann, ticket.discord.thread.id, "take")
    opened = await world.slack.command(world.bob, ticket.shop.slack, "/take")
    assert isinstance(opened.view, View)
    await world.slack.suggest(world.bob, opened.view, "shopbell:ticket", "")
    asked = await world.slack.submit(world.bob, opened.view, {"shopbell:ticket": ticket.number}, answers=1)
    assert asked.view is not None
    assert "Do you want to take it over?" in asked.view.rendered
    await world.slack.press(world.bob, asked.view, "Take")
    await cards_say(ticket, "Taken by Bob")


async def test_a_word_in_discord_says_where_buttons_work(stage: Stage) -> None:
    """A direct message's button would work for nobody."""
    ticket = await stage.arrives("Words")
    await ticket.bob_says("!take")
    await cards_say(ticket, "Taken by Bob")
    await ticket.ann_says("!take")
    told = f"Bob has #{ticket.number}. Do you want to take it over? To do that, use the command with /"
    await until(lambda: any(told in message.content for message in ticket.discord.messages()), "Ann is told")
    await stage.at_rest()
    assert ticket.sent == []
