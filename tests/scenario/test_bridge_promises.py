"""Promised answers through the real SDKs: who is pinged in each chat."""

from __future__ import annotations

from datetime import timedelta

from bot.sandbox.discord import DiscordMessage
from tests.support.stage.clock import ahead, clock_of
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

_SUPPRESS_NOTIFICATIONS = 1 << 12
LATE = "This ticket is late: its customer was promised a first answer by "


def late_line(ticket: Ticket) -> DiscordMessage:
    """The line in Discord that says so."""
    (said,) = [message for message in ticket.discord.messages() if LATE in str(message.embeds)]
    return said


async def is_late(ticket: Ticket) -> None:
    """Wait until both threads say so, and nothing more is on its way."""
    await until(lambda: (ticket.discord.count(LATE), ticket.slack.count(LATE)) == (1, 1), "both threads say it")
    await ticket.stage.at_rest()
    assert (ticket.discord.count(LATE), ticket.slack.count(LATE)) == (1, 1)


async def test_a_role_and_a_user_group_where_nobody_has_the_ticket(stage: Stage) -> None:
    """Both are pinged, once each; a restart says nothing again."""
    world = stage.world
    role = world.discord.add_role("Night shift", mentionable=True)
    group = world.slack.add_group("night", [world.bob])
    remind = f"discord-role:{role.id},slack-group:{group.id}"
    await promises(stage, FIRST_ANSWER="2h", REMIND=remind, HOURS="00:00-24:00")
    ticket = await stage.arrives("Waiting")
    clock = clock_of(stage)
    await stage.at_rest()
    await stage.bridge.stop()
    with ahead(clock, timedelta(hours=2, minutes=5)):
        await stage.bridge.start()
        await is_late(ticket)
        await stage.bridge.restart()
        await is_late(ticket)
    assert late_line(ticket).content == f"<@&{role.id}>"
    assert late_line(ticket).pinged.roles == {role.id}
    stage.pings = [(group.id,)]


async def test_who_has_the_ticket(stage: Stage) -> None:
    """In the chat in which they took it, and nobody in the other."""
    await promises(stage, FIRST_ANSWER="2h")
    ticket = await stage.arrives("Mine")
    world, clock = stage.world, clock_of(stage)
    await world.slack.command(world.bob, ticket.shop.slack, "/take", ticket.number)
    await stage.at_rest()
    await stage.bridge.stop()
    with ahead(clock, timedelta(hours=2, minutes=5)):
        await stage.bridge.start()
        await is_late(ticket)
    assert late_line(ticket).content == ""
    stage.pings = [(world.bob.id,)]


async def test_quiet_hours_in_discord(stage: Stage) -> None:
    """Cards and posts come without a sound; what changes them later makes none anyway."""
    now = clock_of(stage)().now()
    await stage.bridge.stop()
    stage.bridge.settings["QUIET_HOURS"] = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    await stage.bridge.start()
    ticket = await stage.arrives("Quiet")
    ticket.customer_says("Are you there?")
    await ticket.shown("Are you there?")
    await stage.at_rest()
    posted = [message for message in ticket.discord.messages() if message.embeds]
    assert len(posted) == 1
    assert all(message.flags & _SUPPRESS_NOTIFICATIONS for message in (*posted, ticket.discord.card()))


async def promises(stage: Stage, **settings: str) -> None:
    """From now on the store promises this."""
    await stage.bridge.stop()
    section = f"STORES__{stage.shop.name.upper()}__"
    stage.bridge.settings |= {f"{section}{name}": value for name, value in settings.items()}
    await stage.bridge.start()
