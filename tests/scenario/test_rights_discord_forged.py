"""What Discord passes on is input: made-up ids, webhooks and other bots open no ticket to whoever may not act on it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from bot.model import Door, State, Verb
from bot.sandbox.discord import DiscordMessage, Member
from bot.sandbox.discord.gateway import GUILD_MESSAGES, GatewayEvent
from bot.sandbox.discord.interactions import COMPONENT, InteractionResponse
from tests.scenario.test_rights_discord import DISCORD, OF_ANOTHER, OF_THIS_STORE, PEOPLE, _set
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

SECRET = "jane.secret"
VERBS = tuple(verb.value for verb in Verb)
STRANGERS = {name: kind for name, kind in PEOPLE.items() if not kind.named and not kind.left and not kind.owner}


async def presses(stage: Stage, person: Member, where: DiscordMessage, custom_id: str) -> InteractionResponse:
    """A button that we have put on no message."""
    discord = stage.world.discord
    place = discord.guild.state.place(where.channel_id)
    button = {"type": 2, "style": 2, "label": "Mine", "custom_id": custom_id, "id": 2}
    message = replace(where, components=[{"type": 1, "id": 1, "components": [button]}])
    data = {"custom_id": custom_id, "component_type": 2, "id": 2}
    interaction = discord._interactions.open(COMPONENT, person, place, data, source=message)
    await interaction.until(lambda: interaction.answered is not None, 30.0)
    await interaction.until(lambda: not interaction.waits, 30.0)
    return InteractionResponse(interaction)


async def has(stage: Stage, ticket: Ticket) -> object:
    """Who has a ticket."""
    rows = await stage.bridge.rows("linked_tickets", store=None, status="all")
    return next(row["taken_by"] for row in rows if str(row["number"]) == ticket.number)


async def deliveries(stage: Stage) -> dict[str, int]:
    return {row["state"]: row["id"] for row in await stage.bridge.rows("unfinished_deliveries")}


@pytest.mark.scenario({"sellgate": "forum", "lightspeed": "text"}, started=False, MASK_EMAILS="true")
async def test_made_up_ids_open_nothing(stage: Stage) -> None:
    """Every button, with every id, on every message, pressed by everybody who may not act on the ticket."""
    scene = await _set(stage, named=True)
    discord, agent = stage.world.discord, scene.agent
    target = await stage.arrives("The target", email=f"{SECRET}@example.com")
    own = await stage.arrives("The own one", vendor="lightspeed")
    target.shop.vendor.http_server.fail("refuse", method="POST", path="/tickets/", status=422, body="{}")
    await discord.say(agent, target.discord.thread.id, "fails")
    await discord.say(agent, target.discord.thread.id, "!closee")

    async def both_are_there() -> bool:
        return {State.FAILED, State.HELD} <= (await deliveries(stage)).keys()

    await until(both_are_there, "one has failed and one is held")
    found = await deliveries(stage)
    lobby = await discord.say(agent, scene.lobby, "hello")
    subjects = (f":t{target.number}", f":d{found[State.FAILED]}", f":d{found[State.HELD]}")
    for name, kind in STRANGERS.items():
        person = scene.comes(name, replace(kind))
        for where, verb, subject in itertools.product(
            (lobby, own.discord.card(), target.discord.card()), VERBS, subjects
        ):
            answered = await presses(stage, person, where, f"shopbell:{verb}{subject}")
            assert SECRET not in answered.content, name
            assert "The target" not in answered.content, name
    await stage.at_rest(State.FAILED, State.HELD)
    left = {row["id"]: row["state"] for row in await stage.bridge.rows("unfinished_deliveries")}
    assert left == {found[State.FAILED]: State.FAILED, found[State.HELD]: State.HELD}
    assert (target.sent, target.now.closed, own.now.closed) == ([], False, False)
    assert await has(stage, target) == f"discord:{agent.id}"


async def passes_on(ticket: Ticket, event: str, text: str, like: DiscordMessage, **fields: Any) -> None:
    """A message event that no practice person can cause."""
    guild = ticket.stage.world.discord.guild
    shape = guild.serializer.message_event(like, readable=True) | {"content": text}
    shape["author"] = shape["author"] | fields.pop("author", {})
    guild.gateway.send(GatewayEvent(name=event, data=shape | fields, intent=GUILD_MESSAGES, place_id=like.channel_id))


@pytest.mark.scenario({"sellgate": "forum"}, started=False)
@pytest.mark.parametrize("named", [False, True], ids=["nobody named", "agents named"])
async def test_no_program_speaks_for_an_agent(stage: Stage, named: bool) -> None:
    """Webhooks with an agent's name, other bots, and Discord's own lines go nowhere, as new messages and as edits."""
    scene = await _set(stage, named=named)
    discord, ticket, agent = stage.world.discord, scene.ticket, scene.agent
    note = await discord.say(agent, ticket.discord.thread.id, "// like this")
    await ticket.marked(note, "🔒")
    programs: dict[str, dict[str, Any]] = {
        "a webhook": {"webhook_id": "77", "author": {"id": "77", "bot": True}},
        "a webhook that does not say that it is a bot": {"webhook_id": "77", "author": {"id": "77"}},
        "a webhook with an agent's id": {"webhook_id": "77"},
        "another bot": {"author": {"id": "78", "bot": True}},
        "a bot with an agent's id": {"author": {"bot": True}},
        "a command's answer": {"type": 20, "webhook_id": "77"},
        "a thread's first line": {"type": 21},
        "a pin": {"type": 6},
        "a poll's result": {"type": 46},
    }
    for name, fields in programs.items():
        for text in (f"from {name}", "!close", "/close", f"<@{discord.bot.id}> close"):
            more = {key: dict(value) if isinstance(value, dict) else value for key, value in fields.items()}
            new_id = str(discord.guild.state.new_id())
            await passes_on(ticket, "MESSAGE_CREATE", text, note, id=new_id, **more)
            more = {key: dict(value) if isinstance(value, dict) else value for key, value in fields.items()}
            edited = "2026-01-01T00:00:00+00:00"
            await passes_on(ticket, "MESSAGE_UPDATE", text, note, edited_timestamp=edited, **more)
    said = await discord.say(agent, ticket.discord.thread.id, "the last one")
    await ticket.marked(said, "✅")
    await stage.at_rest()
    assert (ticket.sent, ticket.now.closed) == (["the last one"], False)


@pytest.mark.scenario({"sellgate": "forum"}, started=False, UNDO_SECONDS="20")
async def test_whoever_may_not_act_cannot_by_editing(stage: Stage) -> None:
    """Talk of a stranger, edited into a reply, a command or a mention, stays what it was."""
    scene = await _set(stage, named=True)
    discord, ticket = stage.world.discord, scene.ticket
    person = discord.add_member("Dora", scene.roles[OF_ANOTHER])
    for text in ("my answer", "!close", "/close", f"<@{discord.bot.id}> close", "note: inside"):
        message = await discord.say(person, ticket.discord.thread.id, "!clos")
        await discord.edit(person, message, text)
        discord.set_roles(person, scene.roles[OF_THIS_STORE])  # the right comes later than the words
        await discord.edit(person, message, f"{text} ")
        discord.set_roles(person, scene.roles[OF_ANOTHER])
    await stage.bridge.undo_time_passes()
    await stage.at_rest()
    assert (ticket.sent, ticket.now.closed) == ([], False)
    assert not any("my answer" in note.text for note in ticket.now.messages)


@pytest.mark.scenario({"sellgate": "forum"}, started=False)
async def test_an_event_that_comes_late_tells_of_an_old_right(stage: Stage) -> None:
    """Minutes after it was written, as on a resumed connection, a message is judged like any that was missed."""
    scene = await _set(stage, named=True)
    discord, ticket = stage.world.discord, scene.ticket
    lost, kept = discord.add_member("Dora"), discord.add_member("Carl", scene.roles[OF_THIS_STORE])
    like = await discord.say(scene.agent, ticket.discord.thread.id, "in time")
    await ticket.has_sent("in time")
    membership = discord.guild.serializer.membership(scene.agent)
    for minutes, person in ((3, lost), (2, kept)):
        late = discord.guild.state.new_id() - (minutes * 60_000 << 22)
        written = replace(like, id=late, author_id=person.id, content=f"late, from {person.name}")
        discord.guild.state.keep(written)
        await passes_on(ticket, "MESSAGE_CREATE", written.content, written, member=membership)
    await ticket.has_sent("in time", "late, from Carl")
    await stage.at_rest()
    assert ticket.sent == ["in time", "late, from Carl"]
    assert stage.bridge.app.health.refused == {(DISCORD, Door.MESSAGE): 1}
