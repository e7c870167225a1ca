"""MASK_EMAILS in the practice Discord and the practice Slack: what everybody sees, and the private button."""

from __future__ import annotations

import pytest

from bot.sandbox.ticket_threads import discord_text
from tests.support.stage.stage import Stage

EMAIL = "violet@example.com"


@pytest.mark.scenario(MASK_EMAILS="true")
async def test_the_whole_address_is_only_a_private_answer(stage: Stage) -> None:
    """Neither card nor thread name shows it; the button shows it to whoever pressed it, in both chats."""
    ticket = await stage.arrives("Lost key", name="Violet", email=EMAIL)
    await stage.bridge.drained()
    discord, slack = stage.world.discord, stage.world.slack
    card = ticket.discord.card()
    assert "v…@example.com" in discord_text(card)
    assert "v…@example.com" in ticket.slack.card.rendered
    answered = await discord.press(stage.world.ann, card, "Show address")
    assert answered.ephemeral
    assert EMAIL in answered.content.replace("\\", "")
    outcome = await slack.press(stage.world.bob, ticket.slack.card, "Show address", answers=1)
    assert EMAIL in outcome.text
    everybody = [message for message in discord.messages(ticket.discord.thread.id) if message.only_for is None]
    assert EMAIL not in repr(everybody) + ticket.discord.thread.name + ticket.slack.card.rendered
    assert EMAIL not in repr([message for message in ticket.slack.messages() if message.only_for is None])
