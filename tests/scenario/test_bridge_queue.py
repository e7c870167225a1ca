"""The queue through the real SDKs: cards, forum tags and `/tickets` in both chats say the same."""

from __future__ import annotations

import re

import pytest

from tests.support.stage.stage import Stage
from tests.support.waiting import until


async def test_the_list_in_both_chats(stage: Stage) -> None:
    """Privately, each row a link to its thread in that chat; pages by buttons, whoever has it by name."""
    tickets = [await stage.arrives(f"Number {number}") for number in range(11)]
    world = stage.world
    await world.discord.command(world.ann, tickets[0].discord.thread.id, "take")
    listed = await world.discord.command(world.ann, world.support.id, "tickets")
    assert listed.ephemeral
    assert listed.content == "11 tickets wait for us, longest first: 1 to 10."
    (embed,) = listed.embeds
    for ticket in tickets[:10]:
        assert f"#{ticket.number} · " in embed["description"]
        assert f"/{ticket.discord.thread.id})" in embed["description"]
    assert "Taken by: Ann" in embed["description"]
    assert listed.message is not None
    more = await world.discord.press(world.ann, listed.message, "Next")
    assert more.content.endswith(": number 11.")
    assert f"#{tickets[10].number} · " in str(more.embeds)

    channel = tickets[0].shop.slack
    outcome = await world.slack.command(world.bob, channel, "/tickets")
    assert "11 tickets wait for us, longest first: 1 to 10." in outcome.text
    assert "Ticket | Waits | Taken by" in outcome.text
    assert re.search(rf"#{tickets[0].number} · .* \| for us, \d+ s \| Ann", outcome.text)
    (shown,) = outcome.ephemerals
    (table,) = [block for block in shown.blocks if block["type"] == "table"]
    addresses = [row[0]["elements"][0]["elements"][0]["url"] for row in table["rows"][1:]]
    for ticket, address in zip(tickets[:10], addresses, strict=True):
        assert address.endswith(f"/p{ticket.slack.card.ts.replace('.', '')}")
    pressed = await world.slack.press(world.bob, shown, "Next", answers=1)
    assert f"#{tickets[10].number} · " in pressed.text


async def test_words_behind_the_command(stage: Stage) -> None:
    """In Slack which list and which store are words, in Discord options with their choices."""
    ticket = await stage.arrives("Mine")
    world, channel = stage.world, ticket.shop.slack
    assert "You have no open ticket." in (await world.slack.command(world.bob, channel, "/tickets", "mine")).text
    await world.slack.command(world.bob, channel, "/take", ticket.number)
    assert f"#{ticket.number}" in (await world.slack.command(world.bob, channel, "/tickets", "mine keys")).text
    refused = await world.slack.command(world.bob, channel, "/tickets", "nowhere")
    assert "“nowhere” is neither a list nor a store." in refused.text
    listed = await world.discord.command(world.ann, world.support.id, "tickets", which="all", store="keys")
    assert f"#{ticket.number}" in str(listed.embeds)
    offered = await world.discord.complete(world.ann, world.support.id, "tickets", "store", "ke")
    assert [choice["value"] for choice in offered] == ["keys"]


@pytest.mark.scenario({"sellgate": "forum slack"})
async def test_card_tags_and_list_agree(stage: Stage) -> None:
    """A ticket that is answered loses `Waiting for us`, one that its customer writes in has it again."""
    ticket = await stage.arrives("Tagged")
    world = stage.world

    def tags() -> set[str]:
        return set(world.discord.tag_names(ticket.discord.thread))

    assert tags() == {"Open", "Waiting for us"}
    assert "Waiting for us since <t:" in str(ticket.discord.card().embeds)
    await until(lambda: "Waiting for us since " in ticket.slack.card.rendered)
    await ticket.ann_says("An answer")
    await ticket.has_sent("An answer")
    await until(lambda: tags() == {"Open"}, "the tag is taken off")
    assert "Waiting for the customer" in str(ticket.discord.card().embeds)
    await until(lambda: "Waiting for the customer" in ticket.slack.card.rendered)
    assert (await world.discord.command(world.ann, ticket.discord.thread.id, "tickets")).content == (
        "No ticket waits for us."
    )
    ticket.customer_says("And now?")
    await until(lambda: tags() == {"Open", "Waiting for us"}, "the tag is back")
    await world.discord.command(world.ann, ticket.discord.thread.id, "close")
    await until(lambda: tags() == {"Closed"}, "only one tag is left")
