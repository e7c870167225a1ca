"""Putting what somebody asks to the core: who asks is who they are when everything else is known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from adapters.chats.slack.asking import Asking, Request
from bot.model import Answer, Ask, ChannelId, ChatName, Place, Verb
from bot.ports import Intake
from tests.support.clocks import ManualClock
from tests.unit.adapters.chats.slack.test_agents import Directory, people_of


async def test_who_asks_is_looked_at_last() -> None:
    """Whoever is deactivated while Slack is asked about somebody else whom they name, does nothing more."""
    clock, asked = ManualClock(), list[Ask]()
    directory = Directory(clock, {"U1": {}, "U2": {"name": "bob"}}, {})
    people = people_of(directory, clock)

    async def ask(ask: Ask) -> Answer:
        asked.append(ask)
        return Answer(text="done")

    def is_deactivated() -> None:
        directory.people["U1"] = {"deleted": True}
        people.person_changed("U1")

    await people.agent("U1")
    directory.meanwhile = [is_deactivated]
    asking = Asking(people, cast(Intake, SimpleNamespace(ask=ask)))
    place = Place(chat=ChatName("slack"), channel=ChannelId("C1"))
    await asking.answer_to(Request(user="U1", verb=Verb.ASSIGN, place=place, ticket="1001", assignee="U2"))
    assert [(each.agent.id, each.agent.is_active, each.assignee and each.assignee.name) for each in asked] == [
        ("U1", False, "bob")
    ]
