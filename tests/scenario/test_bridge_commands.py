"""Closing, reopening and figures: by command, by button, by shortcut, by `!close`, wherever one stands."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.discord import InteractionResponse, NotOffered
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

WHICH = "Which ticket? Do this in a ticket's thread, or give the ticket's short number"
NO_SUCH = "There is no ticket"


async def discord_says(stage: Stage, place: int, command: str, **options: Any) -> str:
    """What Ann alone reads after a command."""
    answered: InteractionResponse = await stage.world.discord.command(stage.world.ann, place, command, **options)
    assert answered.ephemeral
    return answered.content


async def slack_says(ticket: Ticket, command: str, text: str = "") -> str:
    """What Bob alone reads after a command in the ticket's channel."""
    world = ticket.stage.world
    outcome = await world.slack.command(world.bob, ticket.shop.slack, command, text)
    assert not outcome.error
    assert not world.slack.ephemerals(world.ann.name)
    return outcome.text


async def is_closed(ticket: Ticket, *, closed: bool = True) -> None:
    """Wait until the vendor and the cards in both chats say so."""
    word = "Closed" if closed else "Open"
    await until(lambda: ticket.now.closed is closed, f"the vendor has it {word}")
    await until(lambda: word in str(ticket.discord.card().embeds), "Discord's card says so")
    await until(lambda: word in ticket.slack.card.rendered, "Slack's card says so")
    await until(lambda: ticket.discord.thread.archived is closed, "the thread follows")


@pytest.mark.scenario({"sellgate": "forum slack"})
async def test_closing_and_reopening_in_discord(stage: Stage) -> None:
    """In its thread without a number, in the channel with one, as `1002` or `#1002`; and it is said in both threads."""
    ticket = await stage.arrives("By command")
    thread, number = ticket.discord.thread.id, ticket.number
    assert await discord_says(stage, thread, "close") == f"#{number} is closed."
    await is_closed(ticket)
    await until(lambda: ticket.discord.count("Closed by Ann from Discord.") == 1, "it is told")
    await until(lambda: ticket.slack.count("Closed by Ann from Discord.") == 1, "in Slack too")
    parent = stage.world.support.id
    assert await discord_says(stage, parent, "reopen", ticket=f"#{number}") == f"#{number} is open again."
    await is_closed(ticket, closed=False)
    assert await discord_says(stage, parent, "close", ticket=f" {number} ") == f"#{number} is closed."
    await is_closed(ticket)
    assert await discord_says(stage, parent, "close", ticket=number) == f"#{number} is already closed."
    await stage.at_rest()
    assert ticket.discord.count("Closed by Ann") == 2


async def test_a_command_that_names_no_ticket_says_what_to_do(stage: Stage) -> None:
    """Outside a thread without a number, for an unknown one, for nonsense: an answer only the asker sees, no change."""
    ticket = await stage.arrives("Untouched")
    parent = stage.world.support.id
    assert WHICH in await discord_says(stage, parent, "close")
    own = await stage.world.discord.start_thread(stage.world.ann, parent, "Lunch")
    assert WHICH in await discord_says(stage, own.id, "reopen")
    assert f"{NO_SUCH} #999999." in await discord_says(stage, parent, "close", ticket="999999")
    for nonsense in ("last one", "-1", "10 01", "1e3", "٣", "#", "9" * 40, "@everyone"):
        assert NO_SUCH in await discord_says(stage, parent, "close", ticket=nonsense)
        assert NO_SUCH in await slack_says(ticket, "/close", nonsense)
    assert f"{NO_SUCH} #999999." in await slack_says(ticket, "/reopen", "#999999")
    assert not ticket.now.closed
    assert ticket.discord.count("ticket") == ticket.slack.count("ticket") == 0


async def test_closing_twice_and_from_two_chats_is_reported_once(stage: Stage) -> None:
    """Who comes second reads that it is closed already; the threads say once who closed it."""
    ticket = await stage.arrives("Twice")
    number = ticket.number
    assert await slack_says(ticket, "/close", number) == f"#{number} is closed."
    assert await slack_says(ticket, "/close", f"#{number}") == f"#{number} is already closed."
    assert await discord_says(stage, stage.world.support.id, "close", ticket=number) == f"#{number} is already closed."
    await is_closed(ticket)
    await stage.at_rest()
    assert ticket.discord.count("Closed by") == ticket.slack.count("Closed by Bob from Slack.") == 1
    assert await slack_says(ticket, "/reopen", number) == f"#{number} is open again."
    assert await discord_says(stage, stage.world.support.id, "reopen", ticket=number) == f"#{number} is already open."


@pytest.mark.scenario({"sellgate": "text slack", "lightspeed": "forum slack"})
async def test_the_ticket_option_completes_as_one_types(stage: Stage) -> None:
    """First the thread's own ticket, then by number, subject or name; never by what of an address is not shown."""
    discord, ann = stage.world.discord, stage.world.ann
    tickets = [await stage.arrives(f"Matter {name}", email=f"{name}@example.com") for name in ("alpha", "beta")]
    tickets.append(await stage.arrives("Matter gamma", vendor="lightspeed", name="Gamma", email="g@example.com"))
    alpha, beta, gamma = (ticket.number for ticket in tickets)
    parent = stage.world.support.id

    async def offered(place: int, command: str, typed: str) -> list[str]:
        return [choice["value"] for choice in await discord.complete(ann, place, command, "ticket", typed)]

    assert await offered(parent, "close", "") == sorted((alpha, beta, gamma), reverse=True)
    assert (await offered(tickets[0].discord.thread.id, "close", ""))[0] == alpha
    assert await offered(parent, "close", f"#{beta}") == [beta]
    assert await offered(parent, "close", "matter ALPHA") == [alpha]
    assert await offered(parent, "close", "alpha@exam") == await offered(parent, "close", "example") == []
    assert await offered(parent, "close", "gamma") == [gamma]
    assert await offered(parent, "close", "' OR 1=1 --") == []
    assert await offered(parent, "reopen", "") == []
    await discord_says(stage, parent, "close", ticket=beta)
    assert await offered(parent, "reopen", "") == [beta]
    assert beta not in await offered(parent, "close", "")
    named = await discord.complete(ann, parent, "reopen", "ticket", "")
    assert named[0]["name"].startswith(f"#{beta} · ")
    assert "Matter beta" in named[0]["name"]


@pytest.mark.scenario({"sellgate": "forum slack", "lightspeed": "text slack"})
async def test_an_archived_thread_is_reopened_from_its_channel(stage: Stage) -> None:
    """In an archived thread Discord takes no commands; `/reopen` in any channel and the card's button open it again."""
    discord, ann = stage.world.discord, stage.world.ann
    in_forum = await stage.arrives("In the forum")
    in_text = await stage.arrives("In the channel", vendor="lightspeed")
    for ticket in (in_forum, in_text):
        thread = ticket.discord.thread.id
        await discord_says(stage, thread, "close")
        await is_closed(ticket)
        with pytest.raises(NotOffered):
            await discord.command(ann, thread, "reopen")
        assert "is open again" in await discord_says(stage, stage.world.support.id, "reopen", ticket=ticket.number)
        await is_closed(ticket, closed=False)
    assert discord.tag_names(in_forum.discord.thread) == ["Open", "Waiting for us"]
    answered = await discord.press(ann, in_text.discord.card(), "Close")
    assert answered.content == f"#{in_text.number} is closed."
    await is_closed(in_text)
    answered = await discord.press(ann, in_text.discord.card(), "Reopen")
    assert answered.content == f"#{in_text.number} is open again."
    await is_closed(in_text, closed=False)


async def test_slacks_picker_finds_the_ticket(stage: Stage) -> None:
    """`/close` without a number opens a list that one can type into; the answer stands in the same window."""
    slack, bob = stage.world.slack, stage.world.bob
    await stage.arrives("Another matter")
    ticket = await stage.arrives("The matter")
    outcome = await slack.command(bob, ticket.shop.slack, "/close")
    assert outcome.view is not None
    assert len(await slack.suggest(bob, outcome.view, "shopbell:ticket", "")) == 2
    found = await slack.suggest(bob, outcome.view, "shopbell:ticket", "the mat")
    assert [option.value for option in found] == [ticket.number]
    done = await slack.submit(bob, outcome.view, {"shopbell:ticket": ticket.number})
    assert done.view is not None
    assert f"#{ticket.number} is closed." in done.view.rendered
    await is_closed(ticket)
    outcome = await slack.command(bob, ticket.shop.slack, "/reopen")
    assert outcome.view is not None
    found = await slack.suggest(bob, outcome.view, "shopbell:ticket", "")
    assert [option.value for option in found] == [ticket.number]


@pytest.mark.scenario({"sellgate": "text triage"})
async def test_slacks_other_ways(stage: Stage) -> None:
    """The card's buttons, message shortcuts, and `!close` in a thread, for it or, with a number, for another ticket."""
    slack, bob = stage.world.slack, stage.world.bob
    here, there = await stage.arrives("Ticket here"), await stage.arrives("Ticket there")
    await slack.press(bob, here.slack.card, "Close")
    await is_closed(here)
    outcome = await slack.press(bob, here.slack.card, "Reopen", answers=1)
    assert f"#{here.number} is open again." in outcome.text
    await is_closed(here, closed=False)
    said = await here.bob_says("note: what about this?")
    outcome = await slack.shortcut(bob, said, "close_ticket", answers=1)
    assert f"#{here.number} is closed." in outcome.text
    await is_closed(here)
    outcome = await slack.shortcut(bob, here.slack.card, "reopen_ticket", answers=1)
    assert f"#{here.number} is open again." in outcome.text
    await here.bob_says(f"!close {there.number}")
    await is_closed(there)
    await is_closed(here, closed=False)
    await here.bob_says(f"!REOPEN #{there.number}")
    await is_closed(there, closed=False)
    await here.bob_says("!close")
    await is_closed(here)
    await there.bob_says("!close 999999")
    await until(lambda: f"{NO_SUCH} #999999." in slack.ephemerals(bob)[-1].rendered, "it is answered")
    await there.bob_says("!nice work")
    await there.has_sent("!nice work")
    assert here.sent == []
    outcome = await slack.command(bob, here.shop.slack, "/close", thread_ts=here.slack.card.ts)
    assert "not supported in threads" in outcome.error


async def test_buttons_work_after_a_restart(stage: Stage) -> None:
    """The buttons of cards that an earlier process has posted do what they say."""
    ticket = await stage.arrives("Old buttons")
    in_discord, in_slack = ticket.discord.card(), ticket.slack.card
    await stage.bridge.restart()
    answered = await stage.world.discord.press(stage.world.ann, in_discord, "Close")
    assert answered.content == f"#{ticket.number} is closed."
    await is_closed(ticket)
    await stage.bridge.restart()
    outcome = await stage.world.slack.press(stage.world.bob, in_slack, "Reopen", answers=1)
    assert f"#{ticket.number} is open again." in outcome.text
    await is_closed(ticket, closed=False)


@pytest.mark.scenario({"sellgate": "text slack", "lightspeed": "text slack"})
async def test_figures_for_one_store_and_for_all(stage: Stage) -> None:
    """`/stats` shows every store or the one that was named; an unknown name and odd days are answered in words."""
    ticket = await stage.arrives("Counted")
    await stage.arrives("Counted too", vendor="lightspeed")
    parent = stage.world.support.id
    every = await discord_says(stage, parent, "stats")
    assert every.count("\n  open 1 · closed 0 · waiting for us 1") == 2
    one = await discord_says(stage, parent, "stats", store="keys", days=30)
    assert "keys" in one
    assert "boutique" not in one
    assert "There is no store nowhere. The stores are: boutique, keys." in await discord_says(
        stage, parent, "stats", store="nowhere"
    )
    found = await stage.world.discord.complete(stage.world.ann, parent, "stats", "store", "bou")
    assert [choice["value"] for choice in found] == ["boutique"]
    assert (await slack_says(ticket, "/stats")).count("  open 1 · closed 0 · waiting for us 1") == 2
    assert "boutique" not in await slack_says(ticket, "/stats", "keys 30")
    assert "There is no store nowhere." in await slack_says(ticket, "/stats", "nowhere")
    assert "between 1 and 365" in await slack_says(ticket, "/stats", "keys 0")
    await ticket.ann_says("An answer")
    await ticket.has_sent("An answer")
    await until(lambda: "Waiting for the customer" in ticket.slack.card.rendered, "it waits no more")
    await discord_says(stage, ticket.discord.thread.id, "close")
    assert "open 0 · closed 1 · waiting for us 0" in await discord_says(stage, parent, "stats", store="KEYS")


async def test_a_ticket_of_a_store_that_left_can_be_named_and_is_explained(stage: Stage) -> None:
    """After a store was taken out of the settings its tickets' buttons answer in words, and nothing else breaks."""
    ticket = await stage.arrives("Left behind")
    old = stage.bridge.settings
    kept = {name: value for name, value in old.items() if not name.startswith("STORES__KEYS__")}
    renamed = {name.replace("__KEYS__", "__SHOP__"): value for name, value in old.items() if "__KEYS__" in name}
    stage.bridge.settings = kept | renamed | {"STORES__SHOP__BACKFILL": "none"}
    await stage.bridge.restart()
    answered = await stage.world.discord.press(stage.world.ann, ticket.discord.card(), "Close")
    assert "The store keys is no longer in shopbell's settings" in answered.content
    await ticket.bob_says("hello?")
    await stage.world.slack.settled()
    await stage.bridge.drained()
    assert ticket.sent == []
