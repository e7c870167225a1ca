"""Names, who may act, and how long that is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.chats.slack.agents import Agents, name_of
from adapters.chats.slack.requests import Requests
from bot.errors import Gone, Unavailable
from tests.support.clocks import ManualClock


class Directory(Requests):
    """A workspace's people without a network; counts how often it is asked."""

    def __init__(self, clock: ManualClock, people: dict[str, dict[str, Any]], groups: dict[str, list[str]]) -> None:
        super().__init__(bot_token="xoxb", app_token="xapp", api_url="http://127.0.0.1:9/api/", clock=clock)
        self.people = people
        self.groups = groups
        self.asked: list[str] = []

    async def read(self, method: str, **arguments: Any) -> dict[str, Any]:
        self.asked.append(method)
        if method == "usergroups.users.list":
            return {"users": self.groups[arguments["usergroup"]]}
        if arguments["user"] not in self.people:
            raise Gone("Slack knows no such person.")
        return {"user": {"id": arguments["user"], **self.people[arguments["user"]]}}


async def may(
    user: str, person: dict[str, Any], agents: frozenset[str] = frozenset(), groups: dict[str, list[str]] | None = None
) -> bool:
    clock = ManualClock()
    people = Agents(Directory(clock, {user: person}, groups or {}), clock, agents)
    people.team = "T1"
    return (await people.agent(user)).can_reply


@pytest.mark.parametrize(
    ("person", "allowed"),
    [
        ({"team_id": "T1"}, True),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T1"]}}, True),
        ({"team_id": "T1", "is_restricted": True}, False),
        ({"team_id": "T1", "is_ultra_restricted": True}, False),
        ({"team_id": "T1", "is_bot": True}, False),
        ({"team_id": "T1", "deleted": True}, False),
        ({"team_id": "T2"}, False),
        ({"team_id": "T1", "is_stranger": True}, False),
    ],
)
async def test_without_a_list_every_full_member_may(person: dict[str, Any], allowed: bool) -> None:
    """No guest, no bot, nobody who left, nobody from another company's workspace."""
    assert await may("U1", person) is allowed


async def test_with_a_list_only_those_on_it_may() -> None:
    """By their own id or by a user group's; somebody who has left may nothing any more."""
    listed = frozenset({"U1", "S1"})
    groups = {"S1": ["U2"]}
    assert await may("U1", {"team_id": "T1", "is_restricted": True}, listed, groups)
    assert await may("U2", {"team_id": "T1"}, listed, groups)
    assert not await may("U3", {"team_id": "T1"}, listed, groups)
    assert not await may("U1", {"team_id": "T1", "deleted": True}, listed, groups)
    assert not await may("U3", {"team_id": "T1"}, frozenset({"U1"}))


async def test_somebody_unknown_has_no_name_and_no_right() -> None:
    """Slack says twice, some seconds apart, that it knows no such person: the id stands for the name."""
    clock = ManualClock()
    people = Agents(Directory(clock, {}, {}), clock, frozenset())
    with pytest.raises(Unavailable) as unsure:
        await people.agent("U9")
    clock.advance(unsure.value.retry_after or 0.0)
    agent = await people.agent("U9")
    assert (agent.name, agent.can_reply) == ("U9", False)


async def test_people_are_remembered_for_some_minutes() -> None:
    """One question for many messages; a right that was taken away is gone five minutes later."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {"name": "anna"}}, {"S1": ["U1"]})
    people = Agents(directory, clock, frozenset({"S1"}))

    async def ask() -> bool:
        return (await people.agent("U1")).can_reply

    assert await ask()
    assert await ask()
    assert directory.asked == ["users.info", "usergroups.users.list"]
    directory.groups["S1"] = []
    clock.advance(301)
    assert not await ask()
    assert directory.asked[2:] == ["users.info", "usergroups.users.list"]


async def test_the_memory_is_bounded() -> None:
    """However many people write, five hundred are kept."""
    clock = ManualClock()
    directory = Directory(clock, {f"U{number}": {} for number in range(600)}, {})
    people = Agents(directory, clock, frozenset())

    for user in directory.people:
        await people.agent(user)
    assert len(people._known) == 500


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"name": "anna", "real_name": "Anna B", "profile": {"display_name": "Annie", "real_name": "Anna B"}}, "Annie"),
        ({"name": "anna", "profile": {"display_name": " ", "real_name": "Anna\nB"}}, "Anna B"),
        ({"name": "anna"}, "anna"),
        ({}, "U1"),
    ],
)
def test_names_are_those_that_slack_shows(person: dict[str, Any], name: str) -> None:
    """The display name, else the real one, else the account's; on one line."""
    assert name_of(person, "U1") == name
