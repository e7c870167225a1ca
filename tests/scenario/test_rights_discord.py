"""
Who may act in Discord: every kind of person at every door, with agents named in the settings and without.

The two tables say it all. A person who cannot even try, because Discord refuses it, counts as one who cannot.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from bot.model import ChatName, Door
from bot.sandbox.discord import DiscordRefusal, Member, NotOffered, Role
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

DISCORD = ChatName("discord")
OF_THIS_STORE, OF_ANOTHER, ADMIN = "agents of this store", "agents of another store", "administrators"


@dataclass(frozen=True)
class Kind:
    """
    A kind of person.

    Attributes:
        roles: Names of the roles that they have.
        flags: As in https://discord.com/developers/docs/resources/guild#guild-member-object-guild-member-flags.
        hidden, mute: Whether they cannot see the ticket's channel; whether they can, but cannot write in its threads.
        unnamed, named: Whether they may act where the settings name no agents, and where they name some for each store.
    """

    roles: tuple[str, ...] = ()
    hidden: bool = False
    mute: bool = False
    timed_out: bool = False
    pending: bool = False
    flags: int = 0
    left: bool = False
    owner: bool = False
    unnamed: bool = False
    named: bool = False


PEOPLE = {
    "an agent": Kind(roles=(OF_THIS_STORE,), unnamed=True, named=True),
    "a member without a role": Kind(unnamed=True),
    "an agent who does not see the channel": Kind(roles=(OF_THIS_STORE,), hidden=True),
    "an agent who can only read": Kind(roles=(OF_THIS_STORE,), mute=True),
    "an agent who is timed out": Kind(roles=(OF_THIS_STORE,), timed_out=True),
    "an agent who has not agreed to the rules": Kind(roles=(OF_THIS_STORE,), pending=True),
    "an agent whose name AutoMod blocks": Kind(roles=(OF_THIS_STORE,), flags=1 << 7),
    "an agent whose tag AutoMod blocks": Kind(roles=(OF_THIS_STORE,), flags=1 << 10),
    "a guest of a voice channel": Kind(flags=1 << 4),
    "an agent who is only such a guest": Kind(roles=(OF_THIS_STORE,), flags=1 << 4),
    "an agent who has left": Kind(roles=(OF_THIS_STORE,), left=True),
    "another store's agent": Kind(roles=(OF_ANOTHER,), unnamed=True),
    "another store's agent who does not see the channel": Kind(roles=(OF_ANOTHER,), hidden=True),
    "an administrator": Kind(roles=(ADMIN,), hidden=True, unnamed=True),
    "an administrator who is an agent": Kind(roles=(ADMIN, OF_THIS_STORE), mute=True, unnamed=True, named=True),
    "the server's owner": Kind(owner=True, unnamed=True),
}


@dataclass
class Scene:
    """A ticket in the forum, a lobby that everybody can use, and the roles."""

    stage: Stage
    ticket: Ticket
    agent: Member
    lobby: int
    roles: dict[str, Role]

    def comes(self, name: str, kind: Kind) -> Member:
        discord = self.stage.world.discord
        if kind.owner:
            return discord.owner
        person = discord.add_member(name, *(self.roles[role] for role in kind.roles))
        if kind.hidden:
            discord.deny(self.ticket.shop.discord.id, "view_channel", whom=person)
        if kind.mute:
            discord.deny(self.ticket.shop.discord.id, "send_messages_in_threads", whom=person)
        if kind.timed_out:
            discord.time_out(person, 3600)
        person.pending, person.flags = kind.pending, kind.flags
        if kind.left:
            discord.leave_guild(person)
        return person

    async def closes(self, attempt: Awaitable[Any]) -> bool:
        """Whether that closed the ticket; afterwards it is open again."""
        before = self.refused()
        await attempt
        await until(lambda: self.ticket.now.closed or self.refused() > before, "it is closed or refused")
        closed = self.ticket.now.closed
        if closed:
            await self.stage.bridge.drained()
            await self.stage.world.discord.command(self.agent, self.lobby, "reopen", ticket=self.ticket.number)
            await until(lambda: not self.ticket.now.closed, "it is open again")
            await self.stage.bridge.drained()
        return closed

    async def sends(self, text: str, attempt: Awaitable[Any]) -> bool:
        """Whether that brought the text to the customer."""
        before = self.refused()
        await attempt
        await until(lambda: text in self.ticket.sent or self.refused() > before, f"{text} is sent or refused")
        return text in self.ticket.sent

    def refused(self) -> int:
        return sum(self.stage.bridge.app.health.refused.values())


async def writes(scene: Scene, person: Member) -> bool:
    text = f"from {person.name}"
    return await scene.sends(text, scene.stage.world.discord.say(person, scene.ticket.discord.thread.id, text))


async def commands_here(scene: Scene, person: Member) -> bool:
    return await scene.closes(scene.stage.world.discord.command(person, scene.ticket.discord.thread.id, "close"))


async def commands_elsewhere(scene: Scene, person: Member) -> bool:
    discord, number = scene.stage.world.discord, scene.ticket.number
    return await scene.closes(discord.command(person, scene.lobby, "close", ticket=number))


async def completes(scene: Scene, person: Member) -> bool:
    offered = await scene.stage.world.discord.complete(person, scene.lobby, "close", "ticket", "")
    return scene.ticket.number in [choice["value"] for choice in offered]


async def completes_stores(scene: Scene, person: Member) -> bool:
    offered = await scene.stage.world.discord.complete(person, scene.lobby, "stats", "store", "")
    return scene.ticket.shop.name in [choice["value"] for choice in offered]


async def reads_figures(scene: Scene, person: Member) -> bool:
    answered = await scene.stage.world.discord.command(person, scene.lobby, "stats")
    return scene.ticket.shop.name in answered.content


async def names_the_store(scene: Scene, person: Member) -> bool:
    answered = await scene.stage.world.discord.command(person, scene.lobby, "stats", store=scene.ticket.shop.name)
    return "first answer" in answered.content


async def presses(scene: Scene, person: Member) -> bool:
    return await scene.closes(scene.stage.world.discord.press(person, scene.ticket.discord.card(), "Close"))


async def uses_the_menu(scene: Scene, person: Member) -> bool:
    discord, text = scene.stage.world.discord, f"inside, for {person.name}"
    note = await discord.say(scene.agent, scene.ticket.discord.thread.id, f"// {text}")
    return await scene.sends(text, discord.context_menu(person, note, "Send to customer"))


DOORS: dict[str, Callable[[Scene, Member], Coroutine[Any, Any, bool]]] = {
    "message": writes,
    "command in the thread": commands_here,
    "command elsewhere": commands_elsewhere,
    "completion": completes,
    "completion of stores": completes_stores,
    "figures": reads_figures,
    "figures of this store": names_the_store,
    "button": presses,
    "menu": uses_the_menu,
}


async def _set(stage: Stage, *, named: bool) -> Scene:
    discord = stage.world.discord
    roles = {name: discord.add_role(name) for name in (OF_THIS_STORE, OF_ANOTHER)}
    roles[ADMIN] = discord.add_role(ADMIN, "administrator")
    if named:
        stage.bridge.settings |= {
            "DISCORD_AGENT_ROLES": str(roles[OF_ANOTHER].id),
            "STORES__KEYS__DISCORD_AGENT_ROLES": str(roles[OF_THIS_STORE].id),
        }
    await stage.bridge.start()
    ticket = await stage.arrives("In the forum")
    lobby = discord.add_text_channel("lobby")
    return Scene(stage, ticket, discord.add_member("Agent", roles[OF_THIS_STORE]), lobby.id, roles)


async def _tries(scene: Scene, door: str, person: Member) -> bool:
    try:
        return await DOORS[door](scene, person)
    except (DiscordRefusal, NotOffered):
        return False


@pytest.mark.scenario({"sellgate": "forum", "lightspeed": "text"}, started=False, COLLISION_GUARD="false")
@pytest.mark.parametrize("named", [False, True], ids=["nobody named", "agents named"])
async def test_who_may_act_at_which_door(stage: Stage, named: bool) -> None:
    """Whoever may act may do so at every door, and everybody else at none."""
    scene = await _set(stage, named=named)
    found = {}
    for name, kind in PEOPLE.items():
        person = scene.comes(name, kind)
        found[name] = {door: await _tries(scene, door, person) for door in DOORS}
    await stage.bridge.drained()
    assert len(scene.ticket.sent) == sum(each[door] for each in found.values() for door in ("message", "menu"))
    assert not scene.ticket.now.closed
    expected = {name: kind.named if named else kind.unnamed for name, kind in PEOPLE.items()}
    assert [(name, door) for name in PEOPLE for door in DOORS if found[name][door] != expected[name]] == []


@pytest.mark.scenario({"sellgate": "forum"}, started=False, UNDO_SECONDS="20")
@pytest.mark.parametrize(
    "how", ["role", "role in the channel", "member in the channel", "time-out", "role's permission"]
)
async def test_a_right_that_is_taken_away_ends_at_once(stage: Stage, how: str) -> None:
    """The next edit takes back what waits, and sends nothing; deleting does the same; the button is refused."""
    scene = await _set(stage, named=True)
    discord, ticket, role = stage.world.discord, scene.ticket, scene.roles[OF_THIS_STORE]
    writer = discord.add_role("Writers", "send_messages_in_threads")
    person = discord.add_member("Carl", role, writer, direct=True)
    edited = await discord.say(person, ticket.discord.thread.id, "first words")
    deleted = await discord.say(person, ticket.discord.thread.id, "other words")
    await ticket.marked(edited, "⏳")
    await ticket.marked(deleted, "⏳")
    channel = ticket.shop.discord.id
    match how:
        case "role":
            discord.set_roles(person, writer)
        case "role in the channel":
            discord.deny(channel, "send_messages_in_threads", whom=role)
        case "member in the channel":
            discord.deny(channel, "send_messages_in_threads", whom=person)
        case "time-out":
            discord.time_out(person, 3600)
        case _:
            discord.deny(channel, "send_messages_in_threads", whom=discord.everyone)
            discord.change_role(writer)
    await discord.edit(person, edited, "worse words")
    await discord.delete(person, deleted)
    await ticket.marked(edited, "")
    answered = await discord.press(person, ticket.discord.card(), "Close")
    assert "Only the team's agents can do that" in answered.content
    await until(lambda: "only the team's agents" in discord.direct_messages(person)[-1].content, "Carl is told")
    await stage.bridge.drained()
    assert (ticket.sent, ticket.now.closed) == ([], False)
    refused = stage.bridge.app.health.refused
    assert (refused[DISCORD, Door.EDIT], refused[DISCORD, Door.BUTTON]) == (1, 1)


@pytest.mark.scenario({"sellgate": "forum"}, started=False, COLLISION_GUARD="false")
async def test_who_lost_the_right_while_the_bot_was_away_answers_nobody(stage: Stage) -> None:
    """What they wrote meanwhile stays inside; what they wrote before, with the right, had gone already."""
    scene = await _set(stage, named=True)
    discord, ticket, role = stage.world.discord, scene.ticket, scene.roles[OF_THIS_STORE]
    people = {how: discord.add_member(how, role) for how in ("stays", "leaves", "loses the role", "is timed out")}
    await discord.say(people["leaves"], ticket.discord.thread.id, "before")
    await ticket.has_sent("before")
    await stage.bridge.stop()
    for how, person in people.items():
        await discord.say(person, ticket.discord.thread.id, f"who {how}")
    discord.leave_guild(people["leaves"])
    discord.set_roles(people["loses the role"])
    discord.time_out(people["is timed out"], 3600)
    await stage.bridge.start()
    await ticket.has_sent("before", "who stays")
    await stage.bridge.drained()
    assert ticket.sent == ["before", "who stays"]


@pytest.mark.scenario({"sellgate": "forum"}, started=False, COLLISION_GUARD="false")
@pytest.mark.parametrize("days", [-1, 1])
async def test_a_time_out_lasts_by_discords_own_time(stage: Stage, days: int) -> None:
    """However wrong this machine's clock is: one that is over takes no right, and one that is not does."""
    scene = await _set(stage, named=True)
    discord, ticket = stage.world.discord, scene.ticket
    await stage.bridge.stop()
    for name, seconds in (("over", -60), ("not over", 60)):
        person = discord.add_member(name, scene.roles[OF_THIS_STORE])
        await discord.say(person, ticket.discord.thread.id, name)
        discord.time_out(person, seconds)
    wrong = datetime.now(UTC) + timedelta(days=days)
    with patch("discord.utils.utcnow", lambda: wrong):
        await stage.bridge.start()
        await ticket.has_sent("over")
        await stage.at_rest()
    assert ticket.sent == ["over"]


@pytest.mark.scenario({"sellgate": "forum"}, started=False)
async def test_whoever_is_refused_is_told_once_a_day(stage: Stage) -> None:
    """Ten messages bring one direct message; each of them is counted."""
    scene = await _set(stage, named=True)
    discord, ticket = stage.world.discord, scene.ticket
    person = discord.add_member("Dora", direct=True)
    for number in range(10):
        await discord.say(person, ticket.discord.thread.id, f"{number}")
    refused = stage.bridge.app.health.refused
    await until(lambda: refused[DISCORD, Door.MESSAGE] == 10, "all are counted")
    await until(lambda: discord.direct_messages(person), "Dora is told")
    await stage.bridge.drained()
    assert len(discord.direct_messages(person)) == 1
    assert ticket.sent == []


@pytest.mark.scenario({"sellgate": "forum", "lightspeed": "text"})
async def test_commands_are_offered_to_whoever_can_write_in_threads(stage: Stage) -> None:
    """On our servers only, never in direct messages; and whoever lacks that permission does not find them."""
    discord = stage.world.discord
    person = discord.add_member("Dora")
    discord.deny(stage.world.support.id, "send_messages_in_threads", whom=person)
    with pytest.raises(NotOffered):
        await discord.command(person, stage.world.support.id, "stats")
    published = [e for e in discord.http_server.seen if e.method == "PUT" and e.path.endswith("/commands")]
    assert published
    assert all("/guilds/" in exchange.path for exchange in published)
