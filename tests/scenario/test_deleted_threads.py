"""Threads and cards that people delete, archive or lock: the ticket always has a thread that works."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.sandbox.discord import Thread
from bot.sandbox.loopback_server import Exchange
from bot.sandbox.slack import SlackMessage
from bot.sandbox.ticket_threads import discord_text
from tests.support.rest import SWEEPS
from tests.support.stage.clock import ahead, clock_of
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

GOES_ON = "The ticket continues here."


async def delete_thread(ticket: Ticket) -> None:
    discord = ticket.stage.world.discord
    await discord.delete_place(discord.owner, ticket.discord.thread.id)


async def goes_on(ticket: Ticket, before: Thread) -> None:
    """There is one thread again, another one, and it says so, once."""
    await until(lambda: ticket.discord.thread.id != before.id, "another thread")
    await until(lambda: ticket.discord.count(GOES_ON) == 1, "it says so")
    assert len(ticket.discord.threads) == 1


async def both_ways(ticket: Ticket, *before: str) -> None:
    """What the customer writes is shown once, and what Ann writes is sent once."""
    ticket.customer_says("Are you there?")
    await ticket.shown("Are you there?")
    said = await ticket.ann_says("We are")
    await ticket.marked(said, "✅")
    await ticket.stage.at_rest()
    assert ticket.sent == [*before, "We are"]
    assert ticket.discord.count("Are you there?") == 1


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_an_open_tickets_thread_is_replaced(stage: Stage) -> None:
    """Deleted by hand, it goes on in one new thread, both ways; a reply under way is sent all the same."""
    for vendor in ("sellgate", "sellapp"):
        ticket = await stage.arrives(f"Open at {vendor}", vendor=vendor)
        before = ticket.discord.thread
        await ticket.ann_says("Under way")
        await delete_thread(ticket)
        await goes_on(ticket, before)
        await ticket.has_sent("Under way")
        await both_ways(ticket, "Under way")
        assert ticket.discord.count(GOES_ON) == 1


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_a_closed_tickets_thread_is_replaced(stage: Stage) -> None:
    """The new thread of a closed ticket is closed too, until the customer writes again."""
    for vendor in ("sellgate", "sellapp"):
        ticket = await stage.arrives(f"Closed at {vendor}", vendor=vendor)
        ticket.shop.store.close(ticket.id)
        await until(lambda ticket=ticket: ticket.discord.thread.archived, "archived")  # type: ignore[misc]
        await stage.bridge.drained()
        before = ticket.discord.thread
        await delete_thread(ticket)
        await goes_on(ticket, before)
        await until(lambda ticket=ticket: ticket.discord.thread.archived, "archived again")  # type: ignore[misc]
        await both_ways(ticket)
        assert not ticket.discord.thread.archived


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_messages_that_waited_go_into_the_new_thread(stage: Stage) -> None:
    """What Discord had not taken before the thread was deleted stands in the new one, in order, each once."""
    ticket = await stage.arrives("Waiting")
    before = ticket.discord.thread
    fault = stage.world.discord.http_server.fail("refuse", method="POST", path=f"/{before.id}/messages$", times=10_000)
    for number in range(3):
        ticket.customer_says(f"Word {number}")
        await until(lambda number=number: ticket.slack.count(f"Word {number}") == 1, "Slack has it")  # type: ignore[misc]
    assert ticket.discord.count("Word") == 0
    await delete_thread(ticket)
    stage.world.discord.http_server.faults.remove(fault)
    await goes_on(ticket, before)
    await stage.bridge.drained()
    shown = [str(embed.get("description")) for m in ticket.discord.messages() for embed in m.embeds]
    assert [text for text in shown if text.startswith("Word")] == ["Word 0", "Word 1", "Word 2"]
    assert ticket.slack.count("Word") == 3


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_what_was_deleted_while_the_bot_was_away_is_replaced_when_it_is_back(stage: Stage) -> None:
    """No message is needed for it; one whose answer had been lost stands in the new thread once."""
    discord, slack = stage.world.discord, stage.world.slack
    tickets = [await stage.arrives(f"Away at {vendor}", vendor=vendor) for vendor in ("sellgate", "sellapp")]
    before = [(ticket.discord.thread, ticket.slack.card) for ticket in tickets]
    discord.http_server.fail("lose", method="POST", path=f"/{before[0][0].id}/messages$")
    blind = discord.http_server.fail("refuse", method="GET", path=f"/{before[0][0].id}/messages$", times=10_000)
    tickets[0].customer_says("Lost on its way")
    await until(lambda: tickets[0].discord.count("Lost on its way") == 1, "it was posted")
    await until(lambda: blind.times < 10_000, "it is looked for")
    await stage.bridge.stop()
    discord.http_server.faults.clear()
    for ticket in tickets:
        await delete_thread(ticket)
    # One has replies, so that a tombstone stays, the other has none.
    for reply in tickets[1].slack.messages():
        await slack.delete(reply)
    for ticket in tickets:
        await slack.delete(ticket.slack.card)
    await stage.bridge.start()
    for ticket, (thread, card) in zip(tickets, before, strict=True):
        await goes_on(ticket, thread)
        await until(lambda t=ticket, c=card: [x.ts for x in t.slack.cards] not in ([], [c.ts]), "another card")  # type: ignore[misc]
        await until(lambda ticket=ticket: ticket.slack.count(GOES_ON) == 1, "Slack says so")  # type: ignore[misc]
    await stage.at_rest()
    assert tickets[0].discord.count("Lost on its way") == 1
    for ticket in tickets:
        await both_ways(ticket)
        assert len(ticket.slack.cards) == 1


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_archived_and_locked_threads_take_messages(stage: Stage) -> None:
    """However people archive or lock an open ticket's thread, what the customer writes arrives, in that thread."""
    discord = stage.world.discord
    for vendor in ("sellgate", "sellapp"):
        ticket = await stage.arrives(f"Shut at {vendor}", vendor=vendor)
        thread = ticket.discord.thread
        for archived, locked in ((True, False), (False, True), (True, True)):
            await discord.set_thread(discord.owner, thread.id, locked=locked)
            await discord.set_thread(discord.owner, thread.id, archived=archived)
            text = f"archived {archived}, locked {locked}"
            ticket.customer_says(text)
            await ticket.shown(text)
        await stage.at_rest()
        assert ticket.discord.threads == [thread]
        assert thread.locked
        assert not thread.archived


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_a_deleted_card_is_followed_by_one_in_its_thread(stage: Stage) -> None:
    """At once, announced by a line, in the thread that stays; it shows the state from then on and its button works."""
    discord = stage.world.discord
    for vendor in ("sellgate", "sellapp"):
        ticket = await stage.arrives(f"Card at {vendor}", vendor=vendor)
        thread, former = ticket.discord.thread, ticket.discord.card()
        await discord.delete(discord.owner, former)
        await until(lambda t=ticket: t.discord.card().channel_id == t.discord.thread.id, "another card")  # type: ignore[misc]
        await stage.at_rest()
        assert ticket.discord.count("The card of this ticket was deleted.") == 1
        await both_ways(ticket)
        ticket.shop.store.close(ticket.id)
        await until(lambda thread=thread: thread.archived, "archived")  # type: ignore[misc]
        await stage.at_rest()
        assert ticket.discord.threads == [thread]
        again = ticket.discord.card()
        assert "Closed" in discord_text(again)
        await discord.press(stage.world.ann, again, "Reopen")
        await until(lambda t=ticket: "Open" in discord_text(t.discord.card()), "open again")  # type: ignore[misc]
        await discord.delete(discord.owner, again)
        await until(lambda t=ticket, a=again: t.discord.card().id > a.id, "a third card")  # type: ignore[misc]
        await stage.at_rest()
        assert ticket.discord.count("The card of this ticket was deleted.") == 2
        assert ticket.discord.threads == [thread]


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_a_card_that_is_deleted_while_the_bot_is_away(stage: Stage) -> None:
    """It is missed when it has to show something next; an answer that is lost then makes no second card."""
    discord = stage.world.discord
    tickets = [await stage.arrives(f"Away at {vendor}", vendor=vendor) for vendor in ("sellgate", "sellapp")]
    await stage.bridge.stop()
    for ticket in tickets:
        await discord.delete(discord.owner, ticket.discord.card())
    await stage.bridge.start()
    discord.guild.limits.nonce_seconds = 0.0
    for ticket in tickets:
        discord.http_server.fail("lose", method="POST", path=f"/{ticket.discord.thread.id}/messages$", times=2)
        ticket.shop.store.close(ticket.id)
        await until(lambda t=ticket: t.discord.thread.archived, "archived")  # type: ignore[misc]
        await until(lambda t=ticket: "Closed" in discord_text(t.discord.card()), "another card")  # type: ignore[misc]
        await stage.at_rest()
        assert ticket.discord.count("The card of this ticket was deleted.") == 1
        cards = [m for m in ticket.discord.messages() if ticket.discord.is_card(m)]
        assert len(cards) == 1
        assert ticket.discord.thread.archived


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_a_thread_that_is_deleted_before_the_bot_knows_it(stage: Stage) -> None:
    """Deleted before Discord's answer that it is there has arrived, it is replaced as any other."""
    discord = stage.world.discord
    for vendor in ("sellgate", "sellapp"):
        removed: list[Thread] = []

        def remove(exchange: Exchange, removed: list[Thread] = removed) -> None:
            if exchange.method == "POST" and exchange.path.endswith("/threads") and not removed:
                removed.append(discord.thread(exchange.answer["id"]))
                discord.guild.remove_place(removed[0])

        discord.http_server.observers.append(remove)
        ticket = await stage.writes(f"At once at {vendor}", vendor=vendor)
        await until(lambda ticket=ticket: ticket.slack.count("Hello?") == 1, "Slack has it")  # type: ignore[misc]
        await until(lambda ticket=ticket: ticket.discord.threads, "another thread")  # type: ignore[misc]
        await ticket.shown("Hello?")
        await both_ways(ticket)
        assert len(ticket.discord.threads) == len(removed) == 1
        assert ticket.discord.thread not in removed


@pytest.mark.scenario({"sellgate": "slack"})
async def test_a_deleted_card_in_slack_begins_anew(stage: Stage) -> None:
    """A Slack thread is its card: deleted, with replies under it or without, the ticket goes on under a new one."""
    slack = stage.world.slack
    with_replies = await stage.arrives("With replies")
    with_replies.customer_says("Anybody?")
    await with_replies.shown("Anybody?")
    without = await stage.arrives("Without replies")
    for reply in without.slack.messages():
        await slack.delete(reply)
    for ticket in (with_replies, without):
        card = ticket.slack.card
        await slack.delete(card)
        await until(lambda t=ticket, c=card: [x.ts for x in t.slack.cards] not in ([], [c.ts]), "another card")  # type: ignore[misc]
        await until(lambda ticket=ticket: ticket.slack.count(GOES_ON) == 1, "it says so")  # type: ignore[misc]
        ticket.customer_says("Still there?")
        await ticket.shown("Still there?")
        said = await ticket.bob_says("Yes")
        await ticket.marked(said, "✅")
        await stage.at_rest()
        assert ticket.sent == ["Yes"]
        assert len(ticket.slack.cards) == 1
        left = [m.rendered for m in slack.thread(ticket.shop.slack, card.ts) if "still counts" in m.rendered]
        assert len(left) == (1 if ticket is with_replies else 0)
        address = f"/archives/{ticket.shop.slack.id}/p{ticket.slack.card.ts.replace('.', '')}"
        assert all(address in line for line in left)


@pytest.mark.scenario({"sellgate": "text slack"}, UNDO_SECONDS="1")
async def test_what_is_written_under_a_deleted_card_reaches_the_customer(stage: Stage) -> None:
    """Live, edited, deleted, as a note, and missed while the bot was away; marked there, shown in all other threads."""
    slack, channel = stage.world.slack, stage.shop.slack
    ticket = await stage.arrives("Old habits")
    ticket.customer_says("Anybody?")
    await ticket.shown("Anybody?")
    old = ticket.slack.card
    await slack.delete(old)
    await until(lambda: [card.ts for card in ticket.slack.cards] not in ([], [old.ts]), "another card")
    await stage.bridge.drained()

    async def bob_says(text: str) -> SlackMessage:
        return await slack.say(stage.world.bob, channel, text, thread_ts=old.ts)

    said = await bob_says("Still here")
    await ticket.marked(said, "✅")
    note = await bob_says("note: be careful")
    await ticket.marked(note, "🔒")
    edited, recalled = await bob_says("Wrogn"), await bob_says("Never mind")
    await slack.edit(edited, "Right")
    await slack.delete(recalled)
    await ticket.has_sent("Still here", "Right")
    await stage.bridge.stop()
    await bob_says("While you were away")
    await stage.bridge.start()
    await ticket.has_sent("Still here", "Right", "While you were away")
    for text in ("Still here", "be careful", "Right", "While you were away"):
        await until(lambda text=text: ticket.slack.count(text) == 1, "the new thread shows it")  # type: ignore[misc]
        await until(lambda text=text: ticket.discord.count(text) == 1, "Discord shows it")  # type: ignore[misc]
    await stage.at_rest()
    assert ticket.sent == ["Still here", "Right", "While you were away"]
    assert len(ticket.slack.cards) == 1


@pytest.mark.scenario({"sellgate": "slack"})
async def test_a_reply_that_slack_puts_into_the_channel_is_taken_back(stage: Stage) -> None:
    """Slack may put a reply to a card that is gone into the channel itself; it then stands under a new card, once."""
    slack = stage.world.slack
    slack.workspace.limits = replace(slack.workspace.limits, unknown_thread="top level")
    ticket = await stage.arrives("Stray")
    for gone in (*ticket.slack.messages(), ticket.slack.card):
        slack.workspace.state.drop(gone)  # and nobody is told
    ticket.customer_says("Where am I?")
    await ticket.shown("Where am I?")
    await stage.at_rest()
    assert ticket.slack.count(GOES_ON) == 1
    assert [m.ts for m in slack.messages(ticket.shop.slack) if m.bot_id] == [ticket.slack.card.ts]


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_thread_that_is_deleted_again_and_again_is_replaced_more_slowly(stage: Stage) -> None:
    """After three new threads within minutes the next waits some minutes, and everything with it; nothing is lost."""
    clock = clock_of(stage)
    ticket = await stage.arrives("Again and again")
    for _ in range(2):
        before = ticket.discord.thread
        await delete_thread(ticket)
        await goes_on(ticket, before)
        await stage.bridge.drained()
    await delete_thread(ticket)
    ticket.customer_says("Hello again")
    await until(lambda: ticket.slack.count("Hello again") == 1, "Slack has it")

    async def opening_waits() -> bool:
        rows = await stage.bridge.rows("unfinished_deliveries")
        return [row["state"] for row in rows if row["kind"] == "open"] == ["waiting"]

    await until(opening_waits)
    await stage.sweeps(SWEEPS)
    assert ticket.discord.threads == []
    assert await opening_waits()
    await stage.bridge.stop()
    with ahead(clock, timedelta(minutes=11)):
        await stage.bridge.start()
        await ticket.shown("Hello again")
        await stage.at_rest()
    assert len(ticket.discord.threads) == 1
