"""
Who may act in Slack: every kind of person at every door, with agents named in the settings and without.

The two tables say it all. A person who cannot even try, because Slack refuses it, counts as one who cannot.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.model import ChatName, Door
from bot.sandbox.slack import SlackChannel, SlackMessage, User
from bot.sandbox.slack.values import Group, View
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

SLACK = ChatName("slack")


@dataclass(frozen=True)
class Kind:
    """
    A kind of person.

    Attributes:
        here: Whether they are in the ticket's channel.
        agent: Whether the settings name them for this store, if they name anybody; `in_group`: by a user group.
        unnamed, named: Whether they may act where the settings name no agents, and where they name some for each store.
    """

    here: bool = True
    agent: bool = False
    in_group: bool = False
    of_another_store: bool = False
    guest: bool = False
    stranger: bool = False
    deactivated: bool = False
    unnamed: bool = False
    named: bool = False


PEOPLE = {
    "an agent": Kind(agent=True, unnamed=True, named=True),
    "an agent by a group": Kind(in_group=True, unnamed=True, named=True),
    "a member of the channel": Kind(unnamed=True),
    "an agent who is not in the channel": Kind(here=False, agent=True),
    "a member of no support channel": Kind(here=False),
    "another store's agent": Kind(of_another_store=True, unnamed=True),
    "another store's agent who is not in the channel": Kind(here=False, of_another_store=True),
    "a guest": Kind(guest=True),
    "a guest who is an agent": Kind(guest=True, agent=True, named=True),
    "somebody of another company": Kind(stranger=True),
    "an agent who was deactivated": Kind(agent=True, deactivated=True),
}


@dataclass
class Scene:
    """A ticket in a channel, a lobby that everybody is in, and what one agent wrote."""

    stage: Stage
    ticket: Ticket
    lobby: SlackChannel
    people: Mapping[str, User]

    @property
    def agent(self) -> User:
        return self.people["an agent"]

    async def closes(self, attempt: Awaitable[Any]) -> bool:
        """Whether that closed the ticket; afterwards it is open again."""
        before = self.refused()
        await attempt
        await until(lambda: self.ticket.now.closed or self.refused() > before, "it is closed or refused")
        closed = self.ticket.now.closed
        if closed:
            await self.stage.world.slack.command(self.agent, self.lobby, "/reopen", self.ticket.number)
            await until(lambda: not self.ticket.now.closed, "it is open again")
            await until(lambda: [b for b in self.ticket.slack.card.buttons if b.label == "Close"], "so is its card")
        return closed

    async def sends(self, text: str, attempt: Awaitable[Any]) -> bool:
        """Whether that brought the text to the customer."""
        before = self.refused()
        await attempt
        await until(lambda: text in self.ticket.sent or self.refused() > before, f"{text} is sent or refused")
        return text in self.ticket.sent

    async def writes(self, person: User, text: str) -> SlackMessage:
        thread = self.ticket.slack.card.ts
        return await self.stage.world.slack.say(person, self.ticket.shop.slack, text, thread_ts=thread)

    def refused(self) -> int:
        return sum(self.stage.bridge.app.health.refused.values())


async def writes(scene: Scene, person: User) -> bool:
    return await scene.sends(f"from {person.name}", scene.writes(person, f"from {person.name}"))


async def writes_a_word(scene: Scene, person: User) -> bool:
    return await scene.closes(scene.writes(person, "!close"))


async def commands(scene: Scene, person: User) -> bool:
    return await scene.closes(scene.stage.world.slack.command(person, scene.lobby, "/close", scene.ticket.number))


async def opens_the_picker(scene: Scene, person: User) -> View | None:
    """None: it is not opened for them, and that is counted."""
    slack, before = scene.stage.world.slack, scene.refused()
    seen = len(slack.views(person))
    outcome = await slack.command(person, scene.lobby, "/close")
    assert not outcome.error
    await until(lambda: len(slack.views(person)) > seen or scene.refused() > before, "it is open or refused")
    return slack.views(person)[-1] if len(slack.views(person)) > seen else None


async def is_offered(scene: Scene, person: User) -> bool:
    slack = scene.stage.world.slack
    view = await opens_the_picker(scene, person)
    if view is None:
        return False
    offered = await slack.suggest(person, view, "shopbell:ticket", "")
    await slack.close(person, view)
    return scene.ticket.number in [option.value for option in offered]


async def picks(scene: Scene, person: User) -> bool:
    """As if the option had been offered: Slack passes on what a client sends."""
    slack = scene.stage.world.slack
    view = await opens_the_picker(scene, person)
    if view is None:
        return False
    number = scene.ticket.number
    slack._offered[view.id, "shopbell:ticket"] = ({"text": {"type": "plain_text", "text": "#"}, "value": number},)
    return await scene.closes(slack.submit(person, view, {"shopbell:ticket": number}))


async def reads_figures(scene: Scene, person: User) -> bool:
    outcome = await scene.stage.world.slack.command(person, scene.lobby, "/stats")
    return scene.ticket.shop.name in outcome.text


async def names_the_store(scene: Scene, person: User) -> bool:
    outcome = await scene.stage.world.slack.command(person, scene.lobby, "/stats", scene.ticket.shop.name)
    return "first answer" in outcome.text


async def presses(scene: Scene, person: User) -> bool:
    return await scene.closes(scene.stage.world.slack.press(person, scene.ticket.slack.card, "Close"))


async def uses_the_shortcut(scene: Scene, person: User) -> bool:
    return await scene.closes(scene.stage.world.slack.shortcut(person, scene.ticket.slack.card, "close_ticket"))


async def sends_a_colleagues_message(scene: Scene, person: User) -> bool:
    text = f"inside, for {person.name}"
    note = await scene.writes(scene.agent, f"note: {text}")
    return await scene.sends(text, scene.stage.world.slack.shortcut(person, note, "send_to_customer"))


DOORS: dict[str, Callable[[Scene, User], Coroutine[Any, Any, bool]]] = {
    "message": writes,
    "word": writes_a_word,
    "command": commands,
    "options": is_offered,
    "picker": picks,
    "figures": reads_figures,
    "figures of this store": names_the_store,
    "button": presses,
    "shortcut": uses_the_shortcut,
    "shortcut to send": sends_a_colleagues_message,
}


async def _set(stage: Stage, *, named: bool) -> Scene:
    slack = stage.world.slack
    slack.workspace.limits = replace(slack.workspace.limits, per_minute=(10_000,) * 4)
    people = {
        name: slack.add_user(f"person{number}", guest=kind.guest, stranger=kind.stranger)
        for number, (name, kind) in enumerate(PEOPLE.items())
    }
    group = slack.add_group("support", [people[name] for name, kind in PEOPLE.items() if kind.in_group])
    if named:
        agents = [people[name].id for name, kind in PEOPLE.items() if kind.agent]
        others = [people[name].id for name, kind in PEOPLE.items() if kind.of_another_store]
        stage.bridge.settings |= {
            "SLACK_AGENTS": ",".join(others),
            "STORES__KEYS__SLACK_AGENTS": ",".join([group.id, *agents]),
        }
    for name, kind in PEOPLE.items():
        if kind.here:
            slack.invite(stage.shop.slack, people[name])
    await stage.bridge.start()
    ticket = await stage.arrives("In its channel")
    return Scene(stage, ticket, slack.add_channel("lobby", list(people.values())), people)


async def _tries(scene: Scene, door: str, person: User) -> bool:
    try:
        return await DOORS[door](scene, person)
    except ValueError:
        return False


@pytest.mark.scenario({"sellgate": "slack", "lightspeed": "slack"}, started=False, COLLISION_GUARD="false")
@pytest.mark.parametrize("named", [False, True], ids=["nobody named", "agents named"])
async def test_who_may_act_at_which_door(stage: Stage, named: bool) -> None:
    """Whoever may act may do so at every door, and everybody else at none."""
    scene = await _set(stage, named=named)
    found = {}
    for name, kind in PEOPLE.items():
        if kind.deactivated:
            stage.world.slack.change_user(scene.people[name], deleted=True)
        found[name] = {door: await _tries(scene, door, scene.people[name]) for door in DOORS}
    await stage.bridge.drained()
    assert len(scene.ticket.sent) == sum(
        each[door] for each in found.values() for door in ("message", "shortcut to send")
    )
    assert not scene.ticket.now.closed
    expected = {name: kind.named if named else kind.unnamed for name, kind in PEOPLE.items()}
    assert [(name, door) for name in PEOPLE for door in DOORS if found[name][door] != expected[name]] == []


@pytest.mark.scenario({"sellgate": "slack"}, started=False, UNDO_SECONDS="20")
@pytest.mark.parametrize("how", ["the group", "the channel", "being a full member"])
async def test_a_right_that_is_taken_away_ends_at_once(stage: Stage, how: str) -> None:
    """Slack reports it: the next edit takes back what waits, and sends nothing; so does deleting; no button works."""
    slack = stage.world.slack
    carl = slack.add_user("carl")
    group: Group = slack.add_group("support", [carl])
    slack.invite(stage.shop.slack, carl)
    stage.bridge.settings |= {"SLACK_AGENTS": group.id} if how == "the group" else {}
    await stage.bridge.start()
    ticket = await stage.arrives("Taken away")
    thread = ticket.slack.card.ts
    edited = await slack.say(carl, stage.shop.slack, "first words", thread_ts=thread)
    deleted = await slack.say(carl, stage.shop.slack, "other words", thread_ts=thread)
    await ticket.marked(edited, "⏳")
    await ticket.marked(deleted, "⏳")
    reported = slack.sockets.delivered
    match how:
        case "the group":
            slack.change_group(group, [])
        case "the channel":
            slack.remove_from(stage.shop.slack, carl)
        case _:
            slack.change_user(carl, guest=True)
    await until(lambda: slack.sockets.delivered > reported, "the bot has got that event")
    await slack.edit(edited, "worse words")
    await slack.delete(deleted)
    await ticket.marked(edited, "")
    await slack.press(carl, ticket.slack.card, "Close")
    refused = stage.bridge.app.health.refused
    await until(lambda: refused[SLACK, Door.BUTTON] == 1, "the button is refused")
    await stage.bridge.drained()
    assert (ticket.sent, ticket.now.closed) == ([], False)
    assert refused[SLACK, Door.EDIT] == 1


@pytest.mark.scenario({"sellgate": "slack"}, started=False, COLLISION_GUARD="false")
async def test_who_lost_the_right_while_the_bot_was_away_answers_nobody(stage: Stage) -> None:
    """What they wrote meanwhile stays inside."""
    slack = stage.world.slack
    people = {how: slack.add_user(how) for how in ("stays", "leaves", "deactivated", "guest")}
    for person in people.values():
        slack.invite(stage.shop.slack, person)
    await stage.bridge.start()
    ticket = await stage.arrives("Meanwhile")
    thread = ticket.slack.card.ts
    await stage.bridge.stop()
    for how, person in people.items():
        await slack.say(person, stage.shop.slack, f"from {how}", thread_ts=thread)
    slack.remove_from(stage.shop.slack, people["leaves"])
    slack.change_user(people["deactivated"], deleted=True)
    slack.change_user(people["guest"], guest=True)
    await stage.bridge.start()
    await ticket.has_sent("from stays")
    await stage.bridge.drained()
    assert ticket.sent == ["from stays"]


@pytest.mark.scenario({"sellgate": "slack"})
async def test_nobody_acts_in_an_archived_channel(stage: Stage) -> None:
    """Slack reports it at once, and also that the channel is open again."""
    slack = stage.world.slack
    ticket = await stage.arrives("Archived")
    await stage.bridge.drained()
    lobby = slack.add_channel("lobby", [stage.world.bob])
    for archived in (True, False):
        reported = slack.sockets.delivered
        slack.archive(ticket.shop.slack, archived=archived)
        await until(lambda reported=reported: slack.sockets.delivered > reported, "the bot has got that event")  # type: ignore[misc]
        outcome = await slack.command(stage.world.bob, lobby, "/close", ticket.number)
        assert ("no ticket" in outcome.text.lower()) is archived
        assert ticket.now.closed is not archived


@pytest.mark.scenario({"sellgate": "slack"})
async def test_whoever_is_refused_is_told_once_a_day(stage: Stage) -> None:
    """Ten messages bring one private line, also if the bot is started anew between them; each of them is counted."""
    slack = stage.world.slack
    guest = slack.add_user("gus", guest=True)
    slack.invite(stage.shop.slack, guest)
    ticket = await stage.arrives("Told once")
    for number in range(10):
        await slack.say(guest, stage.shop.slack, f"{number}", thread_ts=ticket.slack.card.ts)
    refused = stage.bridge.app.health.refused
    await until(lambda: refused[SLACK, Door.MESSAGE] == 10, "all are counted")
    await until(lambda: slack.ephemerals(guest), "the guest is told")
    await stage.bridge.restart()
    await slack.say(guest, stage.shop.slack, "once more", thread_ts=ticket.slack.card.ts)
    refused = stage.bridge.app.health.refused
    await until(lambda: refused[SLACK, Door.MESSAGE] == 1, "that is counted")
    await stage.at_rest()
    assert len(slack.ephemerals(guest)) == 1
    assert ticket.sent == []
