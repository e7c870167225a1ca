"""What Slack passes on is input: made-up values open no ticket on which somebody may not act."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.model import State, Verb
from bot.sandbox.slack import SlackChannel, SlackMessage, User
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

SECRET = "jane.secret"
VERBS = tuple(verb.value for verb in Verb)


@dataclass
class Scene:
    """A ticket of one store, with a reply that failed and one that is held; another store's; and a lobby."""

    stage: Stage
    target: Ticket
    own: Ticket
    lobby: SlackChannel
    failed: int
    held: int
    written: SlackMessage

    async def sends(self, payload: dict[str, Any]) -> None:
        """Send something that somebody did. Slack shows an error where nothing comes back in time."""
        ack = await self.stage.world.slack.workspace.sockets.send("interactive", payload)
        assert ack.outcome == "acknowledged", payload

    async def does(self, kind: str, person: User, where: SlackMessage, **more: Any) -> None:
        await self.sends(self.stage.world.slack._interaction(kind, person, where) | more)

    async def presses(self, person: User, where: SlackMessage, verb: str, value: str) -> None:
        action = {"type": "button", "action_id": f"shopbell:{verb}:0", "block_id": "b", "value": value}
        await self.does("block_actions", person, where, actions=[action], trigger_id="1.2.x", state={"values": {}})

    def modal(self, person: User, verb: str) -> dict[str, Any]:
        """One of our modals with other things in it than we wrote."""
        picked = {"selected_option": {"text": {"type": "plain_text", "text": "#"}, "value": self.target.number}}
        kept = json.dumps({"verb": verb, "channel": self.target.shop.slack.id})
        return {
            "type": "view_submission",
            "team": {"id": "T0PRACTICE"},
            "user": {"id": person.id, "name": person.name},
            "trigger_id": "1.2.x",
            "view": {
                "id": "V1",
                "type": "modal",
                "callback_id": "shopbell:pick",
                "private_metadata": kept,
                "state": {"values": {"ticket": {"shopbell:ticket": picked}}},
            },
        }

    def heard(self, person: User) -> str:
        return "\n".join(message.rendered for message in self.stage.world.slack.ephemerals(person))


async def _scene(stage: Stage) -> tuple[Scene, dict[str, User]]:
    slack = stage.world.slack
    slack.workspace.limits = replace(slack.workspace.limits, per_minute=(10_000,) * 4)
    people = {
        "an agent of another store": slack.add_user("other"),
        "a member of no channel": slack.add_user("nobody"),
        "a guest in the channel": slack.add_user("gus", guest=True),
        "somebody of another company in the channel": slack.add_user("stranger", stranger=True),
        "an agent who was removed a moment ago": slack.add_user("former"),
        "an agent who was deactivated": slack.add_user("gone"),
    }
    target, other = stage.world.shops["sellgate"], stage.world.shops["lightspeed"]
    slack.invite(other.slack, people["an agent of another store"])
    for name in list(people)[2:]:
        slack.invite(target.slack, people[name])
    await stage.bridge.start()
    ticket = await stage.arrives("The target", vendor="sellgate", email=f"{SECRET}@example.com")
    own = await stage.arrives("The own one", vendor="lightspeed")
    target.vendor.http_server.fail("refuse", method="POST", path="/tickets/", status=422, body="{}")
    written = await ticket.bob_says("fails")
    await ticket.marked(written, "❌")
    await ticket.bob_says("!closee")

    async def by_state() -> dict[str, int]:
        return {row["state"]: row["id"] for row in await stage.bridge.rows("unfinished_deliveries")}

    async def both_are_there() -> bool:
        return {State.FAILED, State.HELD} <= (await by_state()).keys()

    await until(both_are_there, "one has failed and one is held")
    found = await by_state()
    lobby = slack.add_channel("lobby", [*people.values(), stage.world.bob])
    slack.remove_from(target.slack, people["an agent who was removed a moment ago"])
    slack.change_user(people["an agent who was deactivated"], deleted=True)
    return Scene(stage, ticket, own, lobby, found[State.FAILED], found[State.HELD], written), people


@pytest.mark.takes(6)
@pytest.mark.scenario(
    {"sellgate": "slack", "lightspeed": "slack"}, started=False, MASK_EMAILS="true", UNDO_SECONDS="0.05"
)
async def test_made_up_values_open_nothing(stage: Stage) -> None:
    """Every button, modal and shortcut, with every id, from every place, by everybody who may not act on the ticket."""
    scene, people = await _scene(stage)
    slack = stage.world.slack
    number = scene.target.number
    in_lobby = await slack.say(stage.world.bob, scene.lobby, "hello")
    places = (in_lobby, scene.own.slack.card, scene.target.slack.card)
    values = (f"ticket:{number}", f"delivery:{scene.failed}", f"delivery:{scene.held}", "thread:")
    for person, where, verb, value in itertools.product(people.values(), places, VERBS, values):
        # In their own store's thread they may do what they like with its own ticket.
        if value == "thread:" and where is scene.own.slack.card:
            continue
        await scene.presses(person, where, verb, value)
    for person, verb in itertools.product(people.values(), VERBS):
        await scene.sends(scene.modal(person, verb))
    for person, shortcut in itertools.product(people.values(), ("close_ticket", "reopen_ticket", "send_to_customer")):
        for where in (scene.target.slack.card, scene.written):
            await scene.does("message_action", person, where, callback_id=shortcut, trigger_id="1.2.x")
    await stage.at_rest(State.FAILED, State.HELD)
    states = {row["id"]: row["state"] for row in await stage.bridge.rows("unfinished_deliveries")}
    assert (states[scene.failed], states[scene.held]) == (State.FAILED, State.HELD)
    assert (scene.target.sent, scene.target.now.closed, scene.own.now.closed) == ([], False, False)
    rows = await stage.bridge.rows("linked_tickets", store=None, status="all")
    assert {row["taken_by"] for row in rows if str(row["number"]) == number} == {f"slack:{stage.world.bob.id}"}
    for name, person in people.items():
        heard = scene.heard(person)
        assert SECRET not in heard, name
        assert "The target" not in heard, name
