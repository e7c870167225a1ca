"""Finding, and asking why, through the real SDKs: by command, by button, by form, and on any message by its menu."""

from __future__ import annotations

import pytest

from bot.sandbox.discord import DiscordMessage
from bot.sandbox.slack import View
from tests.support.stage.stage import Stage
from tests.support.waiting import until


async def test_found_in_both_chats(stage: Stage) -> None:
    """Privately, each row with its thread in that chat and the line; signs in the words mean nothing; pages turn."""
    tickets = [await stage.arrives(f"Parcel {number}", "Hello, it is the <violet> & *one*") for number in range(11)]
    world, channel = stage.world, tickets[0].shop.slack
    found = await world.discord.command(world.ann, world.support.id, "find", words="Vio* AND (pärcel")
    assert found.ephemeral
    assert found.content.startswith("No ticket has “Vio AND pärcel”. Try fewer words, only the beginning of a word")
    found = await world.discord.command(world.ann, world.support.id, "find", words="Vio* (“pärcel”")
    assert found.content == "“Vio pärcel”: tickets 1 to 10, and there are more."
    (embed,) = found.embeds
    assert f"#{tickets[10].number} · " in embed["description"]
    assert f"/{tickets[10].discord.thread.id})" in embed["description"]
    assert "it is the " in embed["description"]
    assert found.message is not None
    more = await world.discord.press(world.ann, found.message, "Next")
    assert more.content == "“Vio pärcel”: ticket 11 of 11."
    assert f"#{tickets[0].number} · " in str(more.embeds)
    assert more.message is not None
    back = await world.discord.press(world.ann, more.message, "Back")
    assert back.content == found.content

    outcome = await world.slack.command(world.bob, channel, "/find", "<violet> & parcel")
    assert "“violet parcel”: tickets 1 to 10, and there are more." in outcome.text
    assert "it is the <violet> & *one*" in outcome.text
    (shown,) = outcome.ephemerals
    (table,) = [block for block in shown.blocks if block["type"] == "table"]
    address = table["rows"][1][0]["elements"][0]["elements"][0]["url"]
    assert address.endswith(f"/p{tickets[10].slack.card.ts.replace('.', '')}")
    pressed = await world.slack.press(world.bob, shown, "Next", answers=1)
    assert f"#{tickets[0].number} · " in pressed.text
    for text, says in (("", "What are you looking for?"), ("*", "“*” has no letter and no digit")):
        asked = await world.slack.command(world.bob, channel, "/find", text)
        assert asked.text.startswith(says)


async def test_the_pickers_find_by_words_of_messages(stage: Stage) -> None:
    """In both chats, by the beginnings of words in any order."""
    ticket = await stage.arrives("Parcel", "Hi, it is the violet one")
    world = stage.world
    for command in ("close", "why"):
        offered = await world.discord.complete(world.ann, world.support.id, command, "ticket", "viol hi")
        assert [choice["value"] for choice in offered] == [ticket.number]
    opened = await world.slack.command(world.bob, ticket.shop.slack, "/why")
    assert isinstance(opened.view, View)
    await world.slack.suggest(world.bob, opened.view, "shopbell:ticket", "viol")
    done = await world.slack.submit(world.bob, opened.view, {"shopbell:ticket": ticket.number}, answers=1)
    assert done.view is not None
    assert f"#{ticket.number} · " in done.view.rendered
    assert "What to do: Nothing: everything is in order." in done.view.rendered


async def test_why_in_both_chats(stage: Stage) -> None:
    """On a reply, on its copy in the other chat, on the customer's message, on the card, in the thread, by number."""
    ticket = await stage.arrives("Parcel", "Where is it?\n" + "It is the violet one. " * 40)
    world = stage.world
    written = await ticket.ann_says("On its way")
    await ticket.has_sent("On its way")
    await until(lambda: ticket.slack.count("On its way") == 1, "Slack shows it")
    await stage.at_rest()
    told = await world.discord.context_menu(world.ann, written, "Why")
    assert told.ephemeral
    for words in ("Ann wrote on", "written in Discord", "taken as a reply to the customer", "arrived at Sellgate as"):
        assert words in told.content.replace("\\", "")
    assert told.content.endswith("What to do: Nothing: it arrived.")
    copy = next(message for message in ticket.slack.messages() if "On its way" in message.rendered)
    outcome = await world.slack.shortcut(world.bob, copy, "why", answers=1)
    assert "Ann wrote on" in outcome.text
    assert outcome.text.endswith("What to do: Nothing: it arrived.")
    post = next(each for each in ticket.discord.messages() if "It is the violet one" in str(each.embeds))
    asked = await world.discord.context_menu(world.ann, post, "Why")
    assert "wrote on" in asked.content
    assert asked.content.endswith("What to do: Nothing: every thread of the ticket shows it.")
    card = await world.slack.shortcut(world.bob, ticket.slack.card, "why", answers=1)
    typed = await world.slack.command(world.bob, ticket.shop.slack, "/why", ticket.number)
    here = await world.discord.command(world.ann, ticket.discord.thread.id, "why")
    for text in (card.text, typed.text, here.content.replace("\\", "")):
        assert f"#{ticket.number} · " in text
        assert text.endswith("What to do: Nothing: everything is in order.")
    card_in_discord: DiscordMessage = ticket.discord.card()
    headed = await world.discord.context_menu(world.ann, card_in_discord, "Why")
    assert f"#{ticket.number} · " in headed.content.replace("\\", "")


@pytest.mark.scenario(REPLY_MODE="explicit")
async def test_why_on_what_is_not_recorded(stage: Stage) -> None:
    """In no ticket's thread; and where a message stays inside, how to send it."""
    ticket = await stage.arrives("Parcel")
    world = stage.world
    elsewhere = await world.discord.say(world.ann, world.support.id, "Good morning")
    told = await world.discord.context_menu(world.ann, elsewhere, "Why")
    assert told.content.startswith("That message is not in a ticket's thread")
    inside = await ticket.ann_says("Between us")
    await stage.at_rest()
    stays = await world.discord.context_menu(world.ann, inside, "Why")
    assert stays.content.endswith("If the customer must have it, use “Send to customer” in its menu.")
    top = await world.slack.say(world.bob, ticket.shop.slack, "Good morning")
    outcome = await world.slack.shortcut(world.bob, top, "why", answers=1)
    assert outcome.text.startswith("That message is not in a ticket's thread")
