"""Who may act where a ticket's thread is locked: only who can write there; and what becomes of what waits."""

from __future__ import annotations

import pytest

from bot.sandbox.discord import DiscordRefusal
from tests.support.stage.stage import Stage
from tests.support.waiting import until


@pytest.mark.scenario({"sellgate": "text"})
@pytest.mark.parametrize("archived", [False, True], ids=["open", "archived"])
async def test_a_locked_thread_is_for_moderators(stage: Stage, archived: bool) -> None:
    """A button, a command from elsewhere and completion are refused to a member, and work for a moderator."""
    discord = stage.world.discord
    ticket = await stage.arrives("In a locked thread")
    await stage.bridge.drained()
    lobby = discord.add_text_channel("lobby")
    member = discord.add_member("Dora")
    moderator = discord.add_member("Mod", discord.add_role("Moderators", "manage_threads"))
    await discord.set_thread(moderator, ticket.discord.thread.id, locked=True, archived=archived)
    with pytest.raises(DiscordRefusal):
        await discord.say(member, ticket.discord.thread.id, "Not possible")
    pressed = await discord.press(member, ticket.discord.card(), "Close")
    asked = await discord.command(member, lobby.id, "close", ticket=ticket.number)
    assert "closed" not in pressed.content + asked.content
    await stage.bridge.drained()
    assert not ticket.now.closed
    await discord.command(moderator, lobby.id, "close", ticket=ticket.number)
    await stage.bridge.drained()
    assert ticket.now.closed


@pytest.mark.scenario({"sellgate": "slack"})
async def test_a_locked_thread_in_slack_is_for_admins(stage: Stage) -> None:
    """A button and a command are refused to a member until it is unlocked, and work for an admin of the workspace."""
    slack, channel = stage.world.slack, stage.shop.slack
    admin = slack.add_user("owner", admin=True)
    slack.invite(channel, admin)
    ticket = await stage.arrives("In a locked thread")
    await stage.bridge.drained()
    slack.lock(ticket.slack.card)
    with pytest.raises(ValueError, match="locked"):
        await ticket.bob_says("Not possible")
    pressed = await slack.press(stage.world.bob, ticket.slack.card, "Close", answers=1)
    asked = await slack.command(stage.world.bob, channel, "/close", ticket.number)
    assert "can write in its threads" in pressed.text
    assert "There is no ticket" in asked.text
    await stage.bridge.drained()
    assert not ticket.now.closed
    await slack.command(admin, channel, "/close", ticket.number)
    await until(lambda: ticket.now.closed, "the admin closed it")


@pytest.mark.scenario({"sellgate": "slack"})
async def test_what_belongs_in_a_locked_thread_waits_until_it_is_unlocked(stage: Stage) -> None:
    """The channel says once which thread is locked; then everything comes, once, with the mark of the last reply."""
    slack, shop = stage.world.slack, stage.shop
    ticket = await stage.arrives("Is locked")
    said = await ticket.bob_says("On its way.")
    slack.lock(ticket.slack.card)
    ticket.customer_says("First, while it is locked")
    ticket.customer_says("Second, while it is locked")
    await ticket.has_sent("On its way.")
    await slack.edit(said, "On its way!")
    await until(lambda: slack.ephemerals(stage.world.bob), "Bob reads in the channel that this came too late")
    address = f"archives/{shop.slack.id}/p{ticket.slack.card.ts.replace('.', '')}"
    await until(lambda: stage.announced(shop, address) == (0, 1), "the channel says which thread is locked")
    other = await stage.arrives("In a thread beside it")
    slack.lock(ticket.slack.card, locked=False)
    await ticket.shown("First, while it is locked")
    await ticket.shown("Second, while it is locked")
    await ticket.marked(said, "✅")
    await other.shown("Hello?")
    await stage.at_rest()
    assert stage.announced(shop, address) == (0, 1)
    assert stage.announced(shop, "again") == (0, 1)
    texts = [message.rendered for message in slack.thread(shop.slack, ticket.slack.card.ts)]
    assert sum("while it is locked" in text for text in texts) == 2


@pytest.mark.scenario({"sellgate": "text"})
async def test_what_was_written_before_the_lock_is_sent(stage: Stage) -> None:
    """Discord takes nothing in a locked thread: so a reply that stands there was written while its author might."""
    discord = stage.world.discord
    ticket = await stage.arrives("Locked while nobody read")
    await stage.bridge.drained()
    member = discord.add_member("Dora")
    moderator = discord.add_member("Mod", discord.add_role("Moderators", "manage_threads"))
    await stage.bridge.stop()
    said = await discord.say(member, ticket.discord.thread.id, "Written before the lock.")
    await discord.set_thread(moderator, ticket.discord.thread.id, locked=True, archived=False)
    await stage.bridge.start()
    await ticket.has_sent("Written before the lock.")
    await ticket.marked(said, "✅")


@pytest.mark.scenario({"sellgate": "slack"})
async def test_what_was_written_before_the_lock_in_slack_is_sent(stage: Stage) -> None:
    """The same; its mark waits until the thread is unlocked."""
    ticket = await stage.arrives("Locked while nobody read")
    await stage.bridge.drained()
    await stage.bridge.stop()
    await ticket.bob_says("Written before the lock.")
    stage.world.slack.lock(ticket.slack.card)
    await stage.bridge.start()
    await ticket.has_sent("Written before the lock.")
