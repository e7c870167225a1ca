"""One ticket with a thread in each chat: one state, every word once in the other place, nothing echoes."""

from __future__ import annotations

import re

import pytest

from bot.sandbox.discord import DiscordMessage
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until


def speaker_in_discord(ticket: Ticket, text: str) -> str:
    """Under whose name the thread shows this."""
    found = [m for m in ticket.discord.messages() if m.embeds and text in str(m.embeds[0].get("description"))]
    return str(found[-1].embeds[0]["author"]["name"])


def speaker_in_slack(ticket: Ticket, text: str) -> str:
    found = [m for m in ticket.slack.messages() if text in m.rendered and m.bot_id]
    return found[-1].rendered.splitlines()[0]


def by_the_bot(ticket: Ticket) -> tuple[int, int]:
    """How many messages of the bot's stand in the threads."""
    discord = [m for m in ticket.discord.messages() if m.embeds]
    slack = [m for m in ticket.slack.messages() if m.bot_id]
    return len(discord), len(slack)


async def echoes_nothing(ticket: Ticket) -> None:
    """Ten sweeps later the threads and the vendor's ticket hold no more than before."""
    await ticket.stage.bridge.drained()
    before = by_the_bot(ticket), len(ticket.now.messages)
    await ticket.stage.sweeps(10, ticket.shop)
    await ticket.stage.bridge.drained()
    assert (by_the_bot(ticket), len(ticket.now.messages)) == before


@pytest.mark.scenario({"sellgate": "text slack", "lightspeed": "forum slack"})
async def test_everybodys_message_is_received_once_under_their_name(stage: Stage) -> None:
    """Agents' replies and notes, a colleague's answer at the vendor, the customer's words: once each, in both chats."""
    for vendor in ("sellgate", "lightspeed"):
        await _everybody_writes(await stage.arrives(f"Names at {vendor}", vendor=vendor))


async def _everybody_writes(ticket: Ticket) -> None:
    await ticket.ann_says("Ann answers")
    await until(lambda: speaker_in_slack(ticket, "Ann answers") == "Ann · team", "Slack has it")
    await ticket.bob_says("Bob answers")
    await until(lambda: speaker_in_discord(ticket, "Bob answers") == "Bob · team", "Discord has it")
    await ticket.bob_says("note: Bob notes")
    await until(lambda: speaker_in_discord(ticket, "Bob notes") == "🔒 Bob · internal note", "Discord has the note")
    ticket.shop.store.staff_replies(ticket.id, "Sam answers", name="Sam")
    await ticket.shown("Sam answers")
    ticket.customer_says("Jane answers")
    await ticket.shown("Jane answers")
    await echoes_nothing(ticket)
    assert ticket.discord.count("Ann answers") == ticket.slack.count("Bob answers") == 0
    assert ticket.sent == ["Ann answers", "Bob answers"]
    assert speaker_in_slack(ticket, "Jane answers").endswith("· customer")


@pytest.mark.scenario({"sellgate": "text slack", "lightspeed": "forum slack"})
async def test_the_same_words_again_are_another_message(stage: Stage) -> None:
    """Equal texts by two agents, by a colleague at the vendor and by the customer are shown, and sent, as often."""
    for vendor in ("sellgate", "lightspeed"):
        await _everybody_thanks(await stage.arrives(f"Again at {vendor}", vendor=vendor))


async def _everybody_thanks(ticket: Ticket) -> None:
    await ticket.ann_says("Thank you!")
    await ticket.bob_says("Thank you!")
    await ticket.ann_says("Thank you!")
    await until(lambda: len(ticket.sent) == 3, "all have left")
    ticket.shop.store.staff_replies(ticket.id, "Thank you!")
    ticket.customer_says("Thank you!")
    await until(lambda: ticket.discord.count("Thank you!") == 3, "Discord has three")
    await until(lambda: ticket.slack.count("Thank you!") == 4, "Slack has four")
    await echoes_nothing(ticket)
    assert ticket.sent == ["Thank you!"] * 3
    assert ticket.discord.count("Thank you!") == 3
    assert ticket.slack.count("Thank you!") == 4


@pytest.mark.scenario({"sellgate": "text slack"}, variants={"sellgate": "a reply shows after a second"})
async def test_a_vendor_that_answers_nothing_and_shows_late_makes_no_echo(stage: Stage) -> None:
    """Where the vendor names no id and its reads lag behind, an agent's reply is still known for what it is."""
    ticket = await stage.arrives("Lagging")
    said = await ticket.ann_says("Here is your key")
    await ticket.marked(said, "✅")
    await until(lambda: ticket.shop.vendor.see(ticket.id) is ticket.now, "reads show it")
    await echoes_nothing(ticket)
    assert ticket.discord.count("Here is your key") == 0
    assert ticket.slack.count("Here is your key") == 1
    assert ticket.sent == ["Here is your key"]


@pytest.mark.scenario({"sellgate": "forum slack"})
async def test_what_the_vendor_does_shows_in_both(stage: Stage) -> None:
    """Closed in the vendor's dashboard, both threads say so and follow; a customer's word opens it again in both."""
    ticket = await stage.arrives("At the vendor")
    ticket.shop.store.close(ticket.id)
    await ticket.shown("Closed at Sellgate.")
    await until(lambda: ticket.discord.thread.archived, "archived and tagged")
    assert stage.world.discord.tag_names(ticket.discord.thread) == ["Closed"]
    await until(lambda: "✅ Closed" in ticket.slack.card.rendered, "Slack's card")
    ticket.customer_says("It broke again")
    await ticket.shown("It broke again")
    await ticket.shown("Reopened at Sellgate.")
    await until(lambda: not ticket.discord.thread.archived, "open again")
    tags = ["Open", "Waiting for us"]
    await until(lambda: stage.world.discord.tag_names(ticket.discord.thread) == tags, "tagged")
    await until(lambda: "💬 Open" in ticket.slack.card.rendered, "Slack's card")
    ticket.shop.store.vanish(ticket.id)
    stage.nudge()
    await ticket.shown("Sellgate no longer has this ticket.")
    await echoes_gone(ticket)


async def echoes_gone(ticket: Ticket) -> None:
    await ticket.stage.sweeps(3, ticket.shop)
    await ticket.stage.bridge.drained()
    assert ticket.discord.count("no longer has") == ticket.slack.count("no longer has") == 1


@pytest.mark.scenario({"sellgate": "text", "lightspeed": "slack"})
async def test_stores_with_one_chat_only(stage: Stage) -> None:
    """A store with a channel in one chat lives there alone, and only who can write there acts on its tickets."""
    in_discord = await stage.arrives("Discord only", vendor="sellgate")
    in_slack = await stage.arrives("Slack only", vendor="lightspeed")
    await in_discord.ann_says("from Discord")
    await in_slack.bob_says("from Slack")
    await in_discord.has_sent("from Discord")
    await in_slack.has_sent("from Slack")
    number = in_slack.number
    answered = await stage.world.discord.command(stage.world.ann, stage.world.support.id, "close", ticket=number)
    assert f"There is no ticket #{number}." in answered.content
    outcome = await stage.world.slack.command(stage.world.bob, in_slack.shop.slack, "/close", number)
    assert outcome.text == f"#{number} is closed."
    await until(lambda: in_slack.slack.count("Closed by Bob from Slack.") == 1, "Slack says so")
    await stage.at_rest()
    assert in_discord.slack.cards == []
    assert in_slack.discord.threads == []


@pytest.mark.scenario({"sellgate": "forum triage", "lightspeed": "forum triage"})
async def test_two_stores_share_their_channels(stage: Stage) -> None:
    """Tickets of two stores in one forum and one Slack channel keep apart, whatever their subjects and numbers."""
    keys = await stage.arrives("Mine, of keys", vendor="sellgate")
    boutique = await stage.arrives("Mine, of the boutique", vendor="lightspeed")
    await keys.ann_says("to keys")
    await boutique.bob_says("to the boutique")
    await keys.has_sent("to keys")
    await boutique.has_sent("to the boutique")
    assert keys.number != boutique.number
    assert "Keys · Sellgate" in keys.slack.card.rendered
    assert "Boutique · Lightspeed" in boutique.slack.card.rendered
    await boutique.bob_says("!close")
    await until(lambda: boutique.now.closed and boutique.discord.thread.archived, "that one is closed")
    await stage.at_rest()
    assert not keys.now.closed
    assert not keys.discord.thread.archived


@pytest.mark.scenario({"sellgate": "text triage", "lightspeed": "triage"})
async def test_a_customers_other_tickets_are_named(stage: Stage) -> None:
    """The card tells which other tickets, of any store in its channel, the same customer has."""
    first = await stage.arrives("The first", vendor="sellgate")
    second = await stage.arrives("The second", vendor="lightspeed")
    assert f"#{first.number}" in second.slack.card.rendered.split("Other tickets")[1]
    assert f"p{first.slack.card.ts.replace('.', '')}" in str(second.slack.card.blocks), "it is a link to the thread"


@pytest.mark.scenario({"sellgate": "forum slack"})
async def test_a_deleted_thread_is_replaced(stage: Stage) -> None:
    """When somebody deletes an open ticket's thread, it goes on in a new one with the whole conversation."""
    ticket = await stage.arrives("Deleted thread", "first words")
    await ticket.ann_says("an answer")
    await ticket.has_sent("an answer")
    await stage.bridge.drained()
    await stage.world.discord.delete_place(stage.world.discord.owner, ticket.discord.thread.id)
    await until(lambda: ticket.discord.count("The ticket continues here.") == 1, "a new one")
    ticket.customer_says("still there?")
    await ticket.shown("still there?")
    said: DiscordMessage = await ticket.ann_says("yes")
    await ticket.marked(said, "✅")
    assert ticket.sent == ["an answer", "yes"]
    card = ticket.slack.card
    await stage.world.slack.delete(card)
    await until(lambda: [c.ts for c in ticket.slack.cards] not in ([], [card.ts]), "a new card")
    await until(lambda: ticket.slack.count("The ticket continues here.") == 1, "it goes on")
    await ticket.bob_says("me too")
    await ticket.has_sent("an answer", "yes", "me too")
    await stage.at_rest()
    assert ticket.sent == ["an answer", "yes", "me too"]
    assert ticket.discord.count("The ticket continues here.") == ticket.slack.count("The ticket continues here.") == 1


@pytest.mark.scenario({"sellgate": "slack forum", "lightspeed": "slack forum"})
async def test_a_card_names_no_ticket_of_a_channel_that_its_reader_may_not_see(stage: Stage) -> None:
    """The stores have a channel each in Slack, and share one in Discord: there the other ticket is named."""
    email = "both@example.com"
    first = await stage.arrives("First", vendor="sellgate", email=email)
    second = await stage.arrives("Second", vendor="lightspeed", email=email)
    await stage.at_rest()
    assert "Other tickets" not in second.slack.card.rendered
    shown = str(second.discord.card().embeds).split("Other tickets")[1]
    assert re.search(rf"\[#{first.number}\]\(https://discord\.com/channels/\d+/{first.discord.thread.id}\)", shown)
