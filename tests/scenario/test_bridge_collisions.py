"""Two people at once, through the real SDKs: the second is asked, and what waits shows in the other chat."""

from __future__ import annotations

import pytest

from bot.model import State
from tests.support.stage.stage import Stage
from tests.support.waiting import until


@pytest.mark.scenario(AGENTS__ANN="")
async def test_the_second_of_two_is_asked_in_each_chat(stage: Stage) -> None:
    """Bob in Slack reads what Ann wrote in Discord, and sends his all the same; then Ann crosses his, and does not."""
    ticket = await stage.arrives("Crossing")
    world = stage.world
    first = await ticket.ann_says("It is on its way.")
    await ticket.marked(first, "✅")
    second = await ticket.bob_says("Which address?")
    asked = "so your message was not sent. It says: “It is on its way.” Send yours, too?"
    await until(lambda: ticket.slack.count(asked) == 1, "Bob is asked")
    (line,) = [message for message in ticket.slack.messages() if asked in message.rendered]
    assert "Ann in Discord wrote to the customer" in line.rendered
    await stage.at_rest(State.HELD)
    assert ticket.sent == ["It is on its way."]
    await ticket.marked(second, "")
    await world.slack.press(world.bob, line, "Send", answers=1)
    await ticket.has_sent("It is on its way.", "Which address?")
    await ticket.marked(second, "✅")
    third = await ticket.ann_says("Never mind.")
    asked = "so your message was not sent. It says: “Which address?” Send yours, too?"
    await until(lambda: ticket.discord.count(asked) == 1, "Ann is asked")
    (embed,) = [message for message in ticket.discord.messages() if asked in str(message.embeds)]
    discarded = await world.discord.press(world.ann, embed, "Discard")
    assert discarded.content == "Discarded. The customer will not get it."
    await stage.at_rest()
    await ticket.marked(third, "")
    assert ticket.sent == ["It is on its way.", "Which address?"]
    assert ticket.slack.count("Never mind.") == 0


@pytest.mark.scenario(reads_at_once=False, AGENTS__ANN="")
async def test_what_the_customer_has_just_written_is_shown_to_who_crosses_it(stage: Stage) -> None:
    """Whoever has the ticket is not asked; by the times of both platforms, as their messages' ids say them."""
    ticket = await stage.arrives("Just written")
    await stage.world.discord.command(stage.world.ann, ticket.discord.thread.id, "take")
    ticket.customer_says("I have found it!")
    await until(lambda: ticket.slack.count("I have found it!") == ticket.discord.count("I have found it!") == 1)
    await ticket.bob_says("Are you still looking?")
    asked = "It says: “I have found it!” Send it now?"
    await until(lambda: ticket.slack.count(asked) == 1, "Bob is asked")
    said = await ticket.ann_says("Good!")
    await ticket.marked(said, "✅")
    await stage.at_rest(State.HELD)
    assert ticket.sent == ["Good!"]
    assert ticket.discord.count(asked) == 0


@pytest.mark.scenario(UNDO_SECONDS="300")
async def test_what_waits_is_announced_in_the_other_chat_and_replaced(stage: Stage) -> None:
    """In each direction: one message, which is changed: as it is edited, as it is sent, or that it was taken back."""
    ticket = await stage.arrives("Pending")
    world = stage.world
    said, written = await ticket.ann_says("Deer *Jane*"), await ticket.bob_says("Oops.")
    await until(lambda: ticket.slack.count("Ann is about to send: Deer") == 1, "Slack announces it")
    await until(lambda: ticket.discord.count("Bob is about to send: Oops.") == 1, "Discord announces it")
    announced = [message.ts for message in ticket.slack.messages() if "about to send" in message.rendered]
    in_discord = [message.id for message in ticket.discord.messages() if "about to send" in str(message.embeds)]
    await world.discord.edit(world.ann, said, "Dear *Jane*")
    await until(lambda: ticket.slack.count("Ann is about to send: Dear Jane") == 1, "Slack announces the new words")
    await world.slack.delete(written)
    await until(lambda: ticket.discord.count("Bob did not send a message after all.") == 1, "Discord says so")
    await stage.bridge.undo_time_passes("Dear Jane")
    await ticket.has_sent("Dear Jane")
    await until(lambda: ticket.slack.count("about to send") == 0, "Slack shows the reply itself")
    await stage.at_rest()
    (shown,) = [message for message in ticket.slack.messages() if "Dear Jane" in message.rendered]
    assert [shown.ts] == announced
    assert "Ann · team" in shown.rendered
    (left,) = [message for message in ticket.discord.messages() if "did not send" in str(message.embeds)]
    assert [left.id] == in_discord
    assert ticket.discord.count("Oops.") == 0


@pytest.mark.scenario({"sellgate": "forum slack"}, UNDO_SECONDS="300")
async def test_what_is_announced_and_refused_by_the_vendor(stage: Stage) -> None:
    """The other chat says so, until somebody presses Retry and it arrives: in a forum as well."""
    ticket = await stage.arrives("Refused")
    world = stage.world
    await ticket.bob_says("One. " * 900)
    await until(lambda: ticket.discord.count("Bob is about to send: One. One.") == 1, "Discord announces it")
    fault = stage.shop.vendor.http_server.fail("refuse", method="POST", status=422, body='{"error": "no"}', times=10**6)
    await stage.bridge.undo_time_passes()
    await until(lambda: ticket.discord.count("A message by Bob did not reach the customer: One.") == 1, "it says so")
    stage.shop.vendor.http_server.faults.remove(fault)
    failed = "Your message did not reach"
    await until(lambda: ticket.slack.count(failed) == 1, "Bob's thread offers Retry")
    (line,) = [message for message in ticket.slack.messages() if failed in message.rendered]
    await world.slack.press(world.bob, line, "Retry", answers=1)
    await until(lambda: len(ticket.sent) == 1, "it is sent")
    await stage.at_rest()
    assert ticket.discord.count("did not reach the customer") == 0
    shown = [message for message in ticket.discord.messages() if "Bob · team (" in str(message.embeds)]
    assert len(shown) == 2
