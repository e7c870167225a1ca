"""Stores whose threads are for the team: nothing leaves but what an agent sends with an explicit act."""

from __future__ import annotations

import pytest

from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

STAYS = "Messages here stay with the team. Use “Send to customer” on a message to send it."
SEND = "Send to customer"


async def nothing_leaves(ticket: Ticket) -> None:
    """Give whatever might leave the time to do so."""
    await ticket.stage.at_rest()
    assert ticket.sent == []


@pytest.mark.scenario(REPLY_MODE="explicit")
async def test_nothing_leaves_by_itself(stage: Stage) -> None:
    """With REPLY_MODE=explicit messages stay in the thread without a mark, and the card says so in both chats."""
    ticket = await stage.arrives("Team only")
    said = await ticket.ann_says("shall we refund?")
    answer = await ticket.bob_says("no way")
    noted = await ticket.ann_says("// for the file")
    await ticket.marked(noted, "🔒")
    await nothing_leaves(ticket)
    await ticket.marked(said, "")
    await ticket.marked(answer, "")
    assert ticket.discord.card().embeds[0]["footer"]["text"] == STAYS
    assert STAYS in ticket.slack.card.rendered


@pytest.mark.scenario(REPLY_MODE="explicit", UNDO_SECONDS="30")
async def test_send_to_customer_sends_exactly_that(stage: Stage) -> None:
    """Discord's message menu and Slack's shortcut send that one message as it stands now, at once and only once."""
    discord, slack, ann, bob = stage.world.discord, stage.world.slack, stage.world.ann, stage.world.bob
    ticket = await stage.arrives("By menu")
    await ticket.ann_says("between us")
    chosen = await ticket.ann_says("Dear Jane, a draft")
    await discord.edit(ann, chosen, "Dear Jane, here is **your** key.")
    answered = await discord.context_menu(ann, chosen, SEND)
    assert answered.ephemeral
    assert answered.content == "That message is on its way to the customer."
    await ticket.has_sent("Dear Jane, here is your key.")
    await ticket.marked(chosen, "✅")
    await until(lambda: ticket.slack.count("Dear Jane, here is") == 1, "Slack shows it")
    again = await discord.context_menu(ann, chosen, SEND)
    assert "already sent or on its way" in again.content
    from_slack = await ticket.bob_says("And a voucher.")
    outcome = await slack.shortcut(bob, from_slack, "send_to_customer", answers=1)
    assert "on its way to the customer" in outcome.text
    await ticket.has_sent("Dear Jane, here is your key.", "And a voucher.")
    await ticket.marked(from_slack, "✅")
    await stage.at_rest()
    assert ticket.sent == ["Dear Jane, here is your key.", "And a voucher."]
    assert ticket.slack.count("Dear Jane, here is") == ticket.discord.count("And a voucher.") == 1


@pytest.mark.scenario(UNDO_SECONDS="30")
async def test_keep_as_note_keeps_it_inside(stage: Stage) -> None:
    """By Discord's message menu and Slack's shortcut: what waited goes to nobody, and the other chat shows a note."""
    discord, slack, ann, bob = stage.world.discord, stage.world.slack, stage.world.ann, stage.world.bob
    ticket = await stage.arrives("Kept")
    said = await ticket.ann_says("He is lying.")
    answered = await discord.context_menu(ann, said, "Keep as note")
    assert answered.content == f"Noted in #{ticket.number}. The team sees it there, the customer does not."
    await ticket.marked(said, "🔒")
    from_slack = await ticket.bob_says("So he is.")
    outcome = await slack.shortcut(bob, from_slack, "keep_as_note", answers=1)
    assert "Noted in" in outcome.text
    await ticket.marked(from_slack, "🔒")
    await until(lambda: ticket.slack.count("He is lying.") == ticket.discord.count("So he is.") == 1)
    await stage.at_rest()
    assert ticket.sent == []
    card = await discord.context_menu(ann, ticket.discord.card(), "Keep as note")
    assert "Only what a person" in card.content


async def test_a_reason_and_help_in_both_chats(stage: Stage) -> None:
    """`/close` takes a reason, which both threads show as a note; `/help` and `!help` are private."""
    discord, slack, ann, bob = stage.world.discord, stage.world.slack, stage.world.ann, stage.world.bob
    ticket = await stage.arrives("Closed")
    helped = await discord.command(ann, ticket.discord.thread.id, "help")
    assert helped.ephemeral
    assert f"For #{ticket.number}, here in its thread:" in helped.content
    assert "Slack has no slash commands in threads" in (await slack.command(bob, ticket.shop.slack, "/help")).text
    closed = await slack.command(bob, ticket.shop.slack, "/close", f"{ticket.number} a new key was sent")
    assert closed.text == f"#{ticket.number} is closed."
    await until(lambda: ticket.discord.count("a new key was sent") == ticket.slack.count("a new key was sent") == 1)
    support = stage.world.support.id
    opened = await discord.command(ann, support, "reopen", ticket=ticket.number)
    assert opened.content == f"#{ticket.number} is open again."
    await discord.command(ann, support, "close", ticket=ticket.number, reason="it was not")
    await until(lambda: ticket.discord.count("it was not") == ticket.slack.count("it was not") == 1)
    await stage.at_rest()
    assert ticket.sent == []


@pytest.mark.scenario(REPLY_MODE="explicit")
async def test_what_cannot_be_sent_is_explained(stage: Stage) -> None:
    """The bot's own messages, files alone, and messages outside a ticket's thread: an answer for the asker alone."""
    discord, slack, ann, bob = stage.world.discord, stage.world.slack, stage.world.ann, stage.world.bob
    ticket = await stage.arrives("Not by menu")
    ticket.customer_says("Anybody?")
    await ticket.shown("Anybody?")
    shown = next(m for m in ticket.discord.messages() if m.embeds)
    assert "Only what a person" in (await discord.context_menu(ann, shown, SEND)).content
    picture = await ticket.ann_says(attachments=[("a.png", b"a")])
    assert "Sellgate does not accept a.png" in (await discord.context_menu(ann, picture, SEND)).content
    outside = await discord.say(ann, stage.world.support.id, "lunch?")
    assert "is not in a ticket's thread" in (await discord.context_menu(ann, outside, SEND)).content
    for message in (ticket.slack.card, ticket.slack.messages()[0]):
        outcome = await slack.shortcut(bob, message, "send_to_customer", answers=1)
        assert "Only what a person of the team wrote" in outcome.text
    top = await slack.say(bob, ticket.shop.slack, "lunch?")
    outcome = await slack.shortcut(bob, top, "send_to_customer", answers=1)
    assert "is not in a ticket's thread" in outcome.text
    await nothing_leaves(ticket)


@pytest.mark.scenario(
    {"sellgate": "text slack", "lightspeed": "forum slack"}, REPLY_MODE="explicit", STORES__KEYS__REPLY_MODE="all"
)
async def test_a_store_may_differ(stage: Stage) -> None:
    """A store's own REPLY_MODE wins over the general one, in what happens and in what its cards say."""
    sends = await stage.arrives("Sends", vendor="sellgate")
    keeps = await stage.arrives("Keeps", vendor="lightspeed")
    await keeps.bob_says("kept")
    await sends.bob_says("sent")
    await sends.has_sent("sent")
    await nothing_leaves(keeps)
    assert STAYS in keeps.slack.card.rendered
    assert "Write in this thread to answer the customer." in sends.slack.card.rendered


async def test_a_note_can_be_sent_after_all(stage: Stage) -> None:
    """Where everything is sent, the menu sends what stayed: a note, without its prefix, and it counts as sent then."""
    ticket = await stage.arrives("After all")
    noted = await ticket.ann_says("// the code is 1234")
    await ticket.marked(noted, "🔒")
    await stage.world.discord.context_menu(stage.world.ann, noted, SEND)
    await ticket.has_sent("the code is 1234")
    await ticket.marked(noted, "✅")
    await stage.at_rest()
    assert ticket.sent == ["the code is 1234"]
