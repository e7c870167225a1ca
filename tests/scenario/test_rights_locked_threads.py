"""Who may act where moderators have locked a ticket's thread: only who can still write in it, open or archived."""

from __future__ import annotations

import pytest

from bot.sandbox.discord import DiscordRefusal
from tests.support.stage.stage import Stage


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
