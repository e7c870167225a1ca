"""Names, who belongs to the workspace, who is in which channel, and how long that is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from adapters.chats.disappearance import is_unsure
from adapters.chats.slack.agents import FILES_A_MINUTE, Agents, person_name
from adapters.chats.slack.allowances import Allowances
from adapters.chats.slack.mentioned import ASKED_A_MINUTE, MentionedNames
from adapters.chats.slack.requests import Requests
from bot.errors import Forbidden, Gone, RateLimited, Rejected, RemoteError, Unavailable
from bot.model import Agent, AgentId, ChannelId, ChatName, Place, ThreadId
from tests.support.clocks import ManualClock

GUEST = Agent(id=AgentId("U8"), name="Gus")


class Directory(Requests):
    """A workspace's people without a network; counts how often it is asked."""

    def __init__(self, clock: ManualClock, people: dict[str, dict[str, Any]], groups: dict[str, list[str]]) -> None:
        super().__init__(bot_token="xoxb", app_token="xapp", api_url="http://127.0.0.1:9/api/", clock=clock)
        self.people = people
        self.groups = groups
        self.channels: dict[str, list[str]] = {}
        self.meanwhile: list[Callable[[], None]] = []
        self.asked: list[str] = []
        self.is_stuck = False
        self.infos: dict[str, Any] = {}
        self.thread: list[Mapping[str, Any]] | RemoteError = []
        self.bots = ["UBOT"]
        self.refuses = False
        self.is_down = self.is_limited = False
        self.files: dict[str, Any] = {}

    async def read_patiently(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Two people a page; what happens meanwhile is not in the answer."""
        self.asked.append(method)
        if arguments["channel"] not in self.channels:
            raise Gone("Slack knows no such channel.")
        start = int(arguments["cursor"] or 0)
        users = [*self.channels[arguments["channel"]], *self.bots]
        while self.meanwhile:
            self.meanwhile.pop()()
        cursor = str(start + 2) if start + 2 < len(users) else ""
        if self.is_stuck:
            cursor = "2"
        return {"members": users[start : start + 2], "response_metadata": {"next_cursor": cursor}}

    async def messages(self, method: str, **arguments: Any) -> list[Mapping[str, Any]]:
        self.asked.append(method)
        if isinstance(self.thread, RemoteError):
            raise self.thread
        return self.thread

    async def read(self, method: str, **arguments: Any) -> dict[str, Any]:
        self.asked.append(method)
        if self.is_limited:
            raise RateLimited("Slack is rate-limiting us.", retry_after=30.0)
        if method == "usergroups.users.list":
            if arguments["usergroup"] not in self.groups:
                raise Rejected("Slack refused this (no_such_subteam).")
            return {"users": self.groups[arguments["usergroup"]]}
        if method == "conversations.info":
            return {"channel": {"id": arguments["channel"], **self.infos}}
        if method == "files.info":
            if arguments["file"] not in self.files:
                raise Gone("Slack knows no such file.")
            return {"file": self.files[arguments["file"]]}
        return {"user": self._person(arguments["user"])}

    def _person(self, user: str) -> dict[str, Any]:
        if self.is_down:
            raise Unavailable("Slack cannot be reached.")
        if self.refuses:
            raise Rejected("Slack refused this (user_not_visible).")
        if user not in self.people:
            raise Gone("Slack knows no such person.")
        person = self.people[user]
        while self.meanwhile:
            self.meanwhile.pop()()
        return {"id": user, **person}


def people_of(directory: Directory, clock: ManualClock, agents: frozenset[str] = frozenset()) -> Agents:
    people = Agents(directory, clock, [agents])
    people.team = "T1"
    return people


@pytest.mark.parametrize(
    ("person", "full", "active"),
    [
        ({"team_id": "T1"}, True, True),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T1"]}}, True, True),
        ({"team_id": "T1", "is_restricted": True}, False, True),
        ({"team_id": "T1", "is_ultra_restricted": True}, False, True),
        ({"team_id": "T2"}, False, True),
        ({"team_id": "T1", "is_stranger": True}, False, True),
        ({"team_id": "T1", "is_bot": True}, True, False),
        ({"team_id": "T1", "deleted": True}, True, False),
    ],
)
async def test_who_belongs_to_the_workspace(person: dict[str, Any], full: bool, active: bool) -> None:
    """No guest, and nobody from another company's workspace; bots and whoever left are nobody's agents."""
    clock = ManualClock()
    agent = await people_of(Directory(clock, {"U1": person}, {}), clock).agent("U1")
    assert (agent.is_full_member, agent.is_active) == (full, active)


async def test_of_the_groups_those_that_are_named_are_asked_for() -> None:
    """The settings name people and groups; only who is in the groups has to be asked."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {}, "U2": {}}, {"S1": ["U2"], "S2": ["U1"]})
    people = people_of(directory, clock, frozenset({"U1", "S1"}))
    assert [(await people.agent(user)).groups for user in ("U1", "U2")] == [frozenset(), frozenset({"S1"})]


async def test_a_group_that_was_deleted_has_nobody_in_it() -> None:
    """Slack says twice that there is none: its former members are no agents, and everybody else works as before."""
    clock = ManualClock()
    people = people_of(Directory(clock, {"U1": {}}, {"S2": ["U1"]}), clock, frozenset({"S1", "S2"}))
    with pytest.raises(Unavailable) as unsure:
        await people.agent("U1")
    clock.advance(unsure.value.retry_after or 0.0)
    assert (await people.agent("U1")).groups == {"S2"}


async def test_somebody_unknown_has_no_name_and_no_right() -> None:
    """Slack says twice, some seconds apart, that it knows no such person: and its id is no name for anybody."""
    clock = ManualClock()
    people = Agents(Directory(clock, {}, {}), clock, [])
    with pytest.raises(Unavailable) as unsure:
        await people.agent("U9")
    clock.advance(unsure.value.retry_after or 0.0)
    agent = await people.agent("U9")
    assert (agent.name, agent.is_active) == ("somebody", False)


async def test_people_are_remembered_for_a_minute() -> None:
    """One question for many messages; what was taken away is gone a minute later, and at once if Slack reports it."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {"name": "anna"}}, {"S1": ["U1"]})
    people = people_of(directory, clock, frozenset({"S1"}))

    async def ask() -> tuple[int, bool]:
        agent = await people.agent("U1")
        return len(agent.groups), agent.is_active

    assert await ask() == await ask() == (1, True)
    assert directory.asked == ["users.info", "usergroups.users.list"]
    directory.groups["S1"] = []
    clock.advance(59)
    assert await ask() == (1, True)
    clock.advance(1)
    assert await ask() == (0, True)
    assert directory.asked[2:] == ["users.info", "usergroups.users.list"]
    directory.groups["S1"], directory.people["U1"] = ["U1"], {"deleted": True}
    people.members.changed("S1")
    assert await ask() == (1, True)
    people.person_changed("U1")
    assert await ask() == (1, False)


async def test_somebody_who_is_changed_while_they_are_read_is_read_again() -> None:
    """Whoever is deactivated in that moment does nothing more, not even once."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {}}, {})
    people = people_of(directory, clock)

    def is_deactivated() -> None:
        directory.people["U1"] = {"deleted": True}
        people.person_changed("U1")

    directory.meanwhile = [is_deactivated]
    assert not (await people.agent("U1")).is_active
    assert directory.asked == ["users.info"] * 2


async def test_whoever_is_in_a_channel_can_write_there() -> None:
    """Every page of the list counts; it is asked for once a minute, or again when somebody came or left."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {}, "U9": {}}, {})
    directory.channels = {"C1": ["U1", "U2", "U9"], "C2": ["U1"]}
    people = people_of(directory, clock)
    here, there, hidden = (Place(chat=ChatName("slack"), channel=ChannelId(one)) for one in ("C1", "C2", "C9"))

    async def where(user: str) -> frozenset[Place]:
        return await people.writable(await people.agent(user), [here, there, hidden])

    with pytest.raises(Unavailable) as unsure:
        await where("U9")
    clock.advance(unsure.value.retry_after or 0.0)
    assert await where("U9") == {here}
    assert await where("U1") == {here, there}
    assert directory.asked.count("conversations.members") == 2 + 1 + 1 + 1
    directory.channels["C1"].remove("U9")
    assert await where("U9") == {here}
    people.members.changed("C1")
    assert await where("U9") == frozenset()
    directory.channels["C2"].remove("U1")
    clock.advance(60)
    assert await where("U1") == {here}


FEW = {"threads_restricted_to": {"type": ["admin"], "user": ["U2"], "subteam": ["S1"]}}
EVERYBODY = {"UFULL", "UGUEST", "UADMIN", "U2", "U3"}


@pytest.mark.parametrize(
    ("info", "writers"),
    [
        ({}, EVERYBODY),
        ({"is_archived": False, "is_general": True, "properties": {}}, EVERYBODY),
        ({"is_archived": True}, set()),
        ({"is_frozen": True}, set()),
        ({"is_read_only": True}, {"UADMIN"}),
        ({"is_read_only": True, "is_thread_only": True}, EVERYBODY),
        ({"properties": {"posting_restricted_to": {"type": ["admin"]}}}, EVERYBODY),
        ({"properties": FEW}, {"UADMIN", "U2", "U3"}),
        ({"properties": FEW, "is_archived": True}, set()),
        ({"properties": {"threads_restricted_to": {"type": ["ra"]}}}, EVERYBODY - {"UGUEST"}),
        ({"properties": {"threads_restricted_to": {"type": ["of another kind"]}}}, set()),
        ({"properties": {"threads_restricted_to": {}}}, set()),
    ],
)
async def test_who_can_write_in_a_channels_threads(info: dict[str, Any], writers: set[str]) -> None:
    """What Slack tells of the channel counts; what nobody understands opens nothing."""
    clock = ManualClock()
    members: dict[str, dict[str, Any]] = {"UFULL": {}, "UGUEST": {"is_restricted": True}, "UADMIN": {"is_admin": True}}
    directory = Directory(clock, members | {"U2": {}, "U3": {}}, {"S1": ["U3"]})
    directory.channels, directory.infos = {"C1": list(directory.people)}, info
    people, here = people_of(directory, clock), Place(chat=ChatName("slack"), channel=ChannelId("C1"))
    found = {user for user in directory.people if await people.writable(await people.agent(user), [here])}
    assert found == writers
    assert directory.asked.count("conversations.info") == 1


@pytest.mark.parametrize("told", [True, False])
async def test_an_archived_channel_takes_the_right_away(told: bool) -> None:
    """At once if Slack reports it, else within a minute; and so does it come back."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {}}, {})
    directory.channels = {"C1": ["U1"]}
    people, here = people_of(directory, clock), Place(chat=ChatName("slack"), channel=ChannelId("C1"))
    agent = await people.agent("U1")
    for archived in (False, True, False):
        directory.infos = {"is_archived": archived}
        if told:
            people.channels.changed("C1")
        else:
            clock.advance(60)
        assert await people.writable(agent, [here]) == (frozenset() if archived else {here})


THREAD = Place(chat=ChatName("slack"), channel=ChannelId("C1"), thread=ThreadId("1.000001"))


def two_people(clock: ManualClock) -> Directory:
    directory = Directory(clock, {"UFULL": {}, "UADMIN": {"is_admin": True}}, {})
    directory.channels = {"C1": list(directory.people)}
    return directory


@pytest.mark.parametrize(
    ("thread", "writers"),
    [
        ([{"ts": "1.000001", "is_locked": True}], {"UADMIN"}),
        ([{"ts": "1.000001", "is_locked": True}, {"ts": "1.000002"}], {"UADMIN"}),
        ([{"ts": "1.000001", "is_locked": False}], {"UFULL", "UADMIN"}),
        ([{"ts": "1.000001"}], {"UFULL", "UADMIN"}),
        ([{"ts": "1.000002", "is_locked": True}], {"UFULL", "UADMIN"}),
        (Gone("There is no such thread."), {"UFULL", "UADMIN"}),
        (Forbidden("The bot is not in the channel."), {"UFULL", "UADMIN"}),
    ],
)
async def test_a_locked_thread_is_for_admins(thread: list[Mapping[str, Any]] | RemoteError, writers: set[str]) -> None:
    """What the thread's first message says counts, for a minute; the channel itself stays open to everybody in it."""
    clock = ManualClock()
    directory = two_people(clock)
    directory.thread = thread
    people, channel = people_of(directory, clock), Place(chat=THREAD.chat, channel=THREAD.channel)
    may = {one: await people.writable(await people.agent(one), [THREAD, channel]) for one in directory.people}
    assert {one for one, places in may.items() if THREAD in places} == writers
    assert all(channel in places for places in may.values())
    assert directory.asked.count("conversations.replies") == 1
    directory.thread = [{"ts": "1.000001", "is_locked": True}]
    clock.advance(60)
    assert await people.writable(await people.agent("UFULL"), [THREAD]) == frozenset()
    # Who has written there could write when they did, and Slack is not asked for the lock.
    asked = directory.asked.count("conversations.replies")
    assert await people.writable(await people.agent("UFULL"), [THREAD], wrote=True) == {THREAD}
    assert directory.asked.count("conversations.replies") == asked


async def test_whether_a_thread_is_locked_has_to_be_known() -> None:
    """While Slack does not answer, nobody is refused, and nobody may do anything."""
    clock = ManualClock()
    directory = two_people(clock)
    directory.thread = Unavailable("Not now.")
    people = people_of(directory, clock)
    with pytest.raises(Unavailable):
        await people.writable(await people.agent("UFULL"), [THREAD])


@pytest.mark.parametrize(("age", "asks"), [(0, 0), (59, 0), (60, 1)])
async def test_a_thread_in_which_somebody_wrote_just_now_is_open(age: int, asks: int) -> None:
    """Slack is asked only if that was longer ago: then it may have been locked since."""
    clock = ManualClock()
    directory = two_people(clock)
    directory.their_clock.answered(format_datetime(clock.now(), usegmt=True))
    directory.thread = [{"ts": "1.000001"}]
    people = people_of(directory, clock)
    now = directory.their_clock.now()
    assert now is not None
    await people.wrote(await people.agent("UFULL"), THREAD, now - timedelta(seconds=age))
    assert await people.writable(await people.agent("UFULL"), [THREAD]) == {THREAD}
    assert directory.asked.count("conversations.replies") == asks


async def test_what_was_written_a_while_ago_shows_nothing_of_now() -> None:
    """An event may come late: a minute after it was written Slack is asked, and what it said since then counts more."""
    clock = ManualClock()
    directory = two_people(clock)
    directory.their_clock.answered(format_datetime(clock.now(), usegmt=True))
    directory.thread = [{"ts": "1.000001", "is_locked": True}]
    people = people_of(directory, clock)
    now, full = directory.their_clock.now(), await people.agent("UFULL")
    assert now is not None
    await people.wrote(full, THREAD, now - timedelta(seconds=50))
    assert await people.writable(full, [THREAD]) == {THREAD}
    clock.advance(10)
    assert await people.writable(full, [THREAD]) == frozenset()
    now = directory.their_clock.now()
    assert now is not None
    await people.wrote(full, THREAD, now - timedelta(seconds=1))
    assert await people.writable(full, [THREAD]) == frozenset()


async def test_what_an_admin_writes_does_not_show_that_a_thread_is_open() -> None:
    """Admins can write in locked threads: after one did, nobody else gets the right to act there."""
    clock = ManualClock()
    directory = two_people(clock)
    directory.their_clock.answered(format_datetime(clock.now(), usegmt=True))
    directory.thread = [{"ts": "1.000001", "is_locked": True}]
    people = people_of(directory, clock)
    now = directory.their_clock.now()
    assert now is not None
    await people.wrote(await people.agent("UADMIN"), THREAD, now)
    assert await people.writable(await people.agent("UFULL"), [THREAD]) == frozenset()
    assert await people.writable(await people.agent("UADMIN"), [THREAD]) == {THREAD}


async def test_an_admin_of_another_workspace_is_no_admin_here() -> None:
    """Though an agent by the settings, they act neither in a locked thread nor where only admins write."""
    clock = ManualClock()
    theirs = {"is_admin": True, "is_owner": True, "team_id": "T2"}
    directory = Directory(clock, {"UADMIN": {"is_admin": True, "team_id": "T1"}, "UTHEIRS": theirs}, {})
    directory.channels, directory.thread = {"C1": list(directory.people)}, [{"ts": "1.000001", "is_locked": True}]
    people = people_of(directory, clock)
    people.team = "T1"
    here = Place(chat=THREAD.chat, channel=THREAD.channel)
    assert [one for one in directory.people if await people.writable(await people.agent(one), [THREAD])] == ["UADMIN"]
    directory.infos = {"is_read_only": True}
    people.channels.changed("C1")
    assert [one for one in directory.people if await people.writable(await people.agent(one), [here])] == ["UADMIN"]
    people.team = "T2"
    assert await people.writable(await people.agent("UTHEIRS"), [here]) == {here}


@pytest.mark.parametrize("info", [{"id": "C2"}, {"properties": [1]}, {"properties": {"threads_restricted_to": [1]}}])
async def test_a_malformed_channel_is_no_answer(info: dict[str, Any]) -> None:
    """It is asked for again: neither does everybody get the right by it, nor does anybody lose it."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {}}, {})
    directory.channels, directory.infos = {"C1": ["U1"]}, info
    people, here = people_of(directory, clock), Place(chat=ChatName("slack"), channel=ChannelId("C1"))
    with pytest.raises(Unavailable):
        await people.writable(await people.agent("U1"), [here])


async def test_a_list_that_changes_while_it_is_read_is_read_again() -> None:
    """What Slack reports meanwhile is newer than what its answer says."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {}}, {})
    directory.channels = {"C1": ["U1"]}
    people = people_of(directory, clock)

    def leaves() -> None:
        directory.channels["C1"] = []
        people.members.changed("C1")

    directory.meanwhile = [leaves]
    agent, here = await people.agent("U1"), Place(chat=ChatName("slack"), channel=ChannelId("C1"))
    assert await people.writable(agent, [here]) == frozenset()


async def test_the_memory_is_bounded() -> None:
    """However many people write, five hundred are kept."""
    clock = ManualClock()
    directory = Directory(clock, {f"U{number}": {} for number in range(600)}, {})
    people = Agents(directory, clock, [])

    for user in directory.people:
        await people.agent(user)
    assert len(people._people._known) == 500


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"name": "anna", "real_name": "Anna B", "profile": {"display_name": "Annie", "real_name": "Anna B"}}, "Annie"),
        ({"name": "anna", "profile": {"display_name": " ", "real_name": "Anna\nB"}}, "Anna B"),
        ({"name": "anna"}, "anna"),
        ({"profile": {"display_name": "\u3164"}, "name": "anna"}, "anna"),
        ({}, "somebody"),
    ],
)
def test_names_are_those_that_slack_shows(person: dict[str, Any], name: str) -> None:
    """The display name, else the real one, else the account's; on one line."""
    assert person_name(person) == name


async def test_an_answer_between_two_wrong_ones_makes_both_wrong() -> None:
    """Only two refusals with no answer between them are believed, of people and of channels."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {"name": "anna"}}, {})
    directory.channels = {"C1": ["U1"]}
    people = people_of(directory, clock)
    here = Place(chat=ChatName("slack"), channel=ChannelId("C1"))
    for _ in range(3):
        hidden_people, directory.people = directory.people, {}
        with pytest.raises(Unavailable):
            await people.agent("U1")
        directory.people = hidden_people
        agent = await people.agent("U1")
        hidden_channels, directory.channels = directory.channels, {}
        with pytest.raises(Unavailable):
            await people.writable(agent, [here])
        directory.channels = hidden_channels
        assert await people.writable(agent, [here]) == {here}
        clock.advance(61)


async def test_a_list_that_never_ends_is_no_answer() -> None:
    """The same cursor again and again: it is asked for later, not for ever."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {}}, {})
    directory.channels, directory.is_stuck = {"C1": ["U1", "U2", "U3"]}, True
    people = people_of(directory, clock)
    agent, here = await people.agent("U1"), Place(chat=ChatName("slack"), channel=ChannelId("C1"))
    with pytest.raises(Unavailable):
        await people.writable(agent, [here])
    assert directory.asked.count("conversations.members") == 2
    directory.is_stuck = False
    assert await people.writable(agent, [here]) == {here}


async def test_a_channel_without_anybody_is_no_answer() -> None:
    """The bot itself is in a channel whose members it sees; by an empty list, nobody loses a right."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {}}, {})
    directory.channels, directory.bots = {"C1": []}, []
    people = people_of(directory, clock)
    agent, here = await people.agent("U1"), Place(chat=ChatName("slack"), channel=ChannelId("C1"))
    for _ in range(2):
        with pytest.raises(Unavailable):
            await people.writable(agent, [here])
        clock.advance(60)
    directory.channels["C1"] = ["U1"]
    assert await people.writable(agent, [here]) == {here}


async def test_a_mention_of_somebody_unknown_keeps_no_message_waiting() -> None:
    """Slack knows no such person, or does not show them: the text says “somebody” at once."""
    clock = ManualClock()
    directory = Directory(clock, {}, {})
    people = people_of(directory, clock)
    assert await people.mention("U9", GUEST) == "somebody"
    directory.refuses = True
    assert await people.mention("U8", GUEST) == "somebody"


async def test_only_some_names_a_minute_are_asked_for() -> None:
    """A message that mentions hundreds leaves enough of Slack's limit to find out who may do what."""
    clock = ManualClock()
    directory = Directory(clock, {f"U{number}": {"name": f"p{number}"} for number in range(300)}, {})
    people = people_of(directory, clock)
    names = [await people.mention(user, GUEST) for user in directory.people]
    assert len(directory.asked) == ASKED_A_MINUTE
    assert names == [*(f"p{number}" for number in range(ASKED_A_MINUTE)), *["somebody"] * (300 - ASKED_A_MINUTE)]
    clock.advance(60)
    assert await people.mention("U299", GUEST) == "p299"
    assert await people.mention("U0", GUEST) == "p0"
    assert len(directory.asked) == ASKED_A_MINUTE + 1
    directory.people["U0"] = {"name": "new"}
    people.person_changed("U0")
    assert await people.mention("U0", GUEST) == "new"


async def test_an_outage_is_no_reason_to_leave_a_name_out() -> None:
    """A message whose names cannot be read now is put off, as before."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {"name": "anna"}}, {})
    people = people_of(directory, clock)
    directory.is_down = True
    with pytest.raises(Unavailable):
        await people.mention("U1", GUEST)
    directory.is_down = False
    assert await people.mention("U1", GUEST) == "anna"


async def test_somebody_whom_slack_does_not_show_is_no_trouble_of_the_channel() -> None:
    """A refusal about one person is believed when it comes twice; it is never raised as a refusal of the channel."""
    clock = ManualClock()
    directory = Directory(clock, {}, {})
    directory.refuses = True
    people = people_of(directory, clock)
    with pytest.raises(Unavailable) as unsure:
        await people.agent("U9")
    clock.advance(unsure.value.retry_after or 0.0)
    assert not (await people.agent("U9")).is_active


async def test_what_slack_allows_no_more_of_keeps_nobody_waiting() -> None:
    """Of people and files that others mention and post; an agent's message waits until it has all of its own."""
    clock = ManualClock()
    directory = Directory(clock, {}, {})
    people = people_of(directory, clock)
    directory.is_limited = True
    agent = replace(GUEST, id=AgentId("U1"), is_full_member=True)
    assert (await people.mention("U2", GUEST), await people.file("F1", GUEST)) == ("somebody", None)
    with pytest.raises(RateLimited):
        await people.mention("U2", agent)
    with pytest.raises(RateLimited):
        await people.file("F1", agent)
    directory.is_limited = False
    directory.people["U2"] = {"name": "two"}
    assert await people.mention("U2", GUEST) == "two"


async def test_who_comes_and_goes_without_being_an_agent_makes_nobody_ask_anew() -> None:
    """In a large channel that happens all the time, and its list has many pages; of an agent it counts at once."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {}, "U3": {}}, {"S1": ["U3"]})
    directory.channels = {"C1": ["U1", "U2", "U3"]}
    people = people_of(directory, clock, frozenset({"U1", "S1"}))
    one, three = await people.agent("U1"), await people.agent("U3")
    here = Place(chat=ChatName("slack"), channel=ChannelId("C1"))
    assert await people.writable(one, [here]) == await people.writable(three, [here]) == {here}
    asked = len(directory.asked)
    people.left("C1", "U2")
    people.came("C1", "U9")
    assert await people.writable(one, [here]) == {here}
    assert len(directory.asked) == asked
    assert await people.writable(replace(one, id=AgentId("U2")), [here]) == frozenset()
    for gone, agent in (("U1", one), ("U3", three)):
        directory.channels["C1"].remove(gone)
        people.left("C1", gone)
        assert await people.writable(agent, [here]) == frozenset()
        directory.channels["C1"].append(gone)
        people.came("C1", gone)
        assert await people.writable(agent, [here]) == {here}


async def test_where_nobody_is_named_everybody_who_comes_or_goes_counts_at_once() -> None:
    """Each of them may be an agent; so may each of a user group that has not been asked for yet."""
    clock = ManualClock()
    directory = Directory(clock, {"U1": {}}, {"S1": []})
    directory.channels = {"C1": ["U1", "U2"]}
    here = Place(chat=ChatName("slack"), channel=ChannelId("C1"))
    for named in (frozenset[str](), frozenset({"S1"})):
        people = people_of(directory, clock, named)
        await people.writable(GUEST, [here])
        asked = directory.asked.count("conversations.members")
        people.left("C1", "U2")
        await people.writable(GUEST, [here])
        assert directory.asked.count("conversations.members") > asked


async def test_remembered_names_are_few() -> None:
    """However many people are mentioned, five thousand are kept."""
    clock = ManualClock()

    async def ask(user: str) -> str:
        return user

    names = MentionedNames(clock, ask)
    for number in range(5_100):
        clock.advance(60)
        await names.name(f"U{number}", for_agent=False)
    assert len(names._known) == 5_000


async def test_of_one_persons_files_only_some_a_minute_are_asked_for() -> None:
    """Whoever posts very many uses up nobody else's; nobody waits for one that Slack does not show."""
    clock = ManualClock()
    directory = Directory(clock, {}, {})
    people = people_of(directory, clock)
    directory.files = {f"F{number}": {"id": f"F{number}"} for number in range(FILES_A_MINUTE + 5)}
    shown = [await people.file(file, GUEST) for file in directory.files]
    assert (len(directory.asked), shown[-1], shown[0]) == (FILES_A_MINUTE, None, {"id": "F0"})
    assert await people.file("F0", replace(GUEST, id=AgentId("U2"))) == {"id": "F0"}
    clock.advance(60)
    assert await people.file("F99", GUEST) is None
    assert await people.file("F1", GUEST) == {"id": "F1"}


async def test_an_agents_file_that_slack_does_not_show_is_asked_for_once_more_and_not_often() -> None:
    """After one wrong answer it would be left out of a reply."""
    clock = ManualClock()
    directory = Directory(clock, {}, {})
    people = people_of(directory, clock)
    agent = replace(GUEST, id=AgentId("U1"), is_full_member=True)
    for _ in range(5):
        with pytest.raises(Unavailable) as unsure:
            await people.file("F99", agent)
        assert is_unsure(unsure.value)
    assert len(directory.asked) == 1
    clock.advance(unsure.value.retry_after or 0.0)
    assert await people.file("F99", agent) is None


async def test_what_others_use_up_changes_no_word_of_an_agent() -> None:
    """However many people and files others have mentioned and posted, and however many the agent does."""
    clock = ManualClock()
    directory = Directory(clock, {f"U{number}": {"name": f"p{number}"} for number in range(100)}, {})
    people = people_of(directory, clock)
    directory.files = {f"F{number}": {"id": f"F{number}"} for number in range(FILES_A_MINUTE + 5)}
    agent = replace(GUEST, id=AgentId("U1"), is_full_member=True)
    for user in list(directory.people)[:50]:
        await people.mention(user, GUEST)
    assert [await people.mention(user, agent) for user in directory.people] == [f"p{n}" for n in range(100)]
    assert None not in [await people.file(file, agent) for file in directory.files]


@pytest.mark.parametrize(
    ("person", "stores", "is_one"),
    [
        (GUEST, [frozenset()], False),
        (replace(GUEST, is_full_member=True), [frozenset()], True),
        (replace(GUEST, is_full_member=True), [frozenset({"U2"})], False),
        (replace(GUEST, is_full_member=True), [frozenset({"U2"}), frozenset()], True),
        (replace(GUEST, is_full_member=True), [], False),
        (GUEST, [frozenset({"U8"})], True),
        (replace(GUEST, groups=frozenset({"S1"})), [frozenset({"S1"})], True),
        (replace(GUEST, is_active=False), [frozenset({"U8"})], False),
    ],
)
def test_who_is_an_agent_by_the_settings(person: Agent, stores: list[frozenset[str]], *, is_one: bool) -> None:
    """Of any store; where a store names nobody, every full member is one."""
    clock = ManualClock()
    assert Agents(Directory(clock, {}, {}), clock, stores).is_agent(person) is is_one


def test_allowances_are_remembered_for_few() -> None:
    """However many people there are."""
    allowances = Allowances(ManualClock(), 1)
    assert all(allowances.take(f"U{number}") for number in range(600))
    assert not allowances.take("U599")
    assert len(allowances._asked) == 500
