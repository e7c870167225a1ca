"""Programs that repeat people's words under another name, such as PluralKit: they delete, and a webhook posts again."""

from __future__ import annotations

import pytest

from tests.support.stage.stage import Stage


@pytest.mark.scenario({"sellgate": "text slack"}, UNDO_SECONDS="300")
async def test_what_is_repeated_in_time_reaches_nobody(stage: Stage) -> None:
    """The original is taken back, and what the webhook posts is nobody's reply, whatever is done with it."""
    discord, ann = stage.world.discord, stage.world.ann
    ticket = await stage.arrives("Repeated in time")
    said = await ticket.ann_says("As somebody else")
    await ticket.marked(said, "⏳")
    copy = await discord.repeat_as("Ann", said)
    closing = await discord.repeat_as("Ann", await ticket.ann_says("!close"))
    refused = await discord.context_menu(ann, copy, "Send to customer")
    assert "Only what a person of the team wrote" in refused.content
    note = await ticket.ann_says("// The last one")
    await ticket.marked(note, "🔒")
    await stage.at_rest()
    assert (ticket.sent, ticket.discord.reactions(copy), ticket.discord.reactions(closing)) == ([], set(), set())
    assert ticket.slack.count("As somebody else") == 0


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_what_is_repeated_too_late_reaches_the_customer_once(stage: Stage) -> None:
    """The original was sent and stays sent, which its author is told; the other chat shows it once."""
    ticket = await stage.arrives("Repeated too late")
    said = await ticket.ann_says("Sent already")
    await ticket.marked(said, "✅")
    await stage.world.discord.repeat_as("Ann", said)
    await stage.at_rest()
    assert ticket.sent == ["Sent already"]
    assert ticket.slack.count("Sent already") == 1


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_what_is_repeated_while_we_are_away_reaches_nobody(stage: Stage) -> None:
    """Only what the webhook posted is still there, and it is nobody's; what an agent wrote after it is sent."""
    ticket = await stage.arrives("Repeated while away")
    await stage.bridge.stop()
    await stage.world.discord.repeat_as("Ann", await ticket.ann_says("As somebody else"))
    await ticket.ann_says("An answer")
    await stage.bridge.start()
    await ticket.has_sent("An answer")
    await stage.at_rest()
    assert ticket.sent == ["An answer"]
