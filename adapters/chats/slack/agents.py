"""Who wrote or asked something, and where that person can write; remembered for a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import structlog

from adapters.chats import shared_wording
from adapters.chats.disappearance import Disappearances, ask_each
from adapters.chats.slack import wording
from adapters.chats.slack.allowances import Allowances
from adapters.chats.slack.cached_answers import Remembered
from adapters.chats.slack.channels import Channels
from adapters.chats.slack.failures import usable_answer
from adapters.chats.slack.members import Members
from adapters.chats.slack.mentioned import MentionedNames
from adapters.chats.slack.requests import Requests
from adapters.chats.slack.thread_locks import ThreadLocks
from adapters.chats.unanswered import Unanswered
from bot.clock import Clock
from bot.errors import Forbidden, Gone, RateLimited, Rejected, Unavailable
from bot.model import Agent, AgentId, Place
from bot.text.audience import BOT_NAME
from bot.text.names import name_of

_log = structlog.get_logger(__name__)

_NAME = 80
FILES_A_MINUTE = 30
"""Of one person's who is no agent. Slack allows a hundred files to be asked for in a minute."""
_ADMIN = ("is_admin", "is_owner", "is_primary_owner")


class Agents:
    """
    The people of one workspace.

    Remembers at most 500 of them, each for a minute: a right that is taken away is gone by then. What Slack reports is
    gone at once: `person_changed`, and what `members` and `channels` are informed of.

    Args:
        agents: Ids that the settings name, of each store; none: every full member is an agent of it. Only the members
            of the user groups among them are asked for.

    Attributes:
        members: Who is in which channel and user group.
        channels: Who may write in which channel.
        locks: Which threads are locked.
        team: The workspace's id; empty: not known yet.
        user: Our own id; empty: not known yet.
    """

    def __init__(self, requests: Requests, clock: Clock, agents: Collection[frozenset[str]]) -> None:
        self._requests = requests
        self._disappearances = Disappearances(clock)
        self._unanswered = Unanswered(clock)
        self._named = frozenset(agents)
        self._groups = tuple(sorted({one for named in agents for one in named if is_group(one)}))
        self._people = Remembered(clock, self._read_person)
        self.members = Members(requests, clock)
        self.channels = Channels(requests, clock)
        self.locks = ThreadLocks(requests, clock)
        self._mentioned = MentionedNames(clock, self._name)
        self._file_allowances = Allowances(clock, FILES_A_MINUTE)
        self.team = ""
        self.user = ""

    @property
    def asks_for_groups(self) -> bool:
        """Whether we have to ask who belongs to a user group."""
        return bool(self._groups)

    async def agent(self, user: str) -> Agent:
        """
        The person with this id. Asks Slack if needed. Somebody whom Slack does not show to us has no name and no right;
        neither has one of whom it says nothing usable for minutes, while it answers about us.

        Raises what `Requests.read` raises, except `Gone` and `Rejected`.
        """
        person = await self._person(user)
        members = await ask_each(self.members.of_group(group) for group in self._groups)
        return Agent(
            id=AgentId(user),
            name=person_name(person),
            groups=frozenset(group for group, users in zip(self._groups, members, strict=True) if user in users),
            is_full_member=is_full_member(person, self.team),
            is_active=not (person.get("deleted") or person.get("is_bot")),
        )

    def is_agent(self, person: Agent) -> bool:
        """Whether somebody is an agent of any store by the settings, as far as this chat's limits are concerned."""
        return person.is_active and any(
            person.id in named or not named.isdisjoint(person.groups) if named else person.is_full_member
            for named in self._named
        )

    async def mention(self, user: str, by: Agent) -> str:
        """How the person with this id is called in a text of somebody's that mentions them; see `MentionedNames`."""
        return BOT_NAME if user == self.user else await self._mentioned.name(user, for_agent=self.is_agent(by))

    async def _name(self, user: str) -> str:
        return person_name(await self._person(user))

    async def file(self, file: str, by: Agent) -> Mapping[str, Any] | None:
        """
        What Slack says of a file in a channel that is shared with another workspace; None: it does not show it to us.

        An agent's files go to customers. So that one is not shown counts when Slack says it twice: after one wrong
        answer it would be left out of a reply. Of who is no agent only some a minute are asked for, and nobody waits
        for one that Slack does not give: else everything would wait for whoever takes back file after file.

        Raises what `Requests.read` raises, if that may be over soon.
        """
        if not self.is_agent(by):
            return await self._file_of_others(file, by)
        wait = self._disappearances.wait(f"file {file}")
        if wait:
            raise Unavailable(wording.PERHAPS_GONE, retry_after=wait) from Gone(wording.PERHAPS_GONE)
        asked_at = self._disappearances.now()
        try:
            found = (await self._requests.read("files.info", file=file)).get("file")
        except (Forbidden, Gone, Rejected) as error:
            wait = self._disappearances.missing(f"file {file}", asked_at)
            if wait:
                raise Unavailable(wording.PERHAPS_GONE, retry_after=wait) from error
            return None
        except Unavailable:
            if not self._unanswered.failed(f"file {file}"):
                raise
            _log.warning("slack does not say what a file is", file=file)
            return None
        self._disappearances.there(f"file {file}")
        self._unanswered.answered(f"file {file}")
        return found if isinstance(found, Mapping) else None

    async def _file_of_others(self, file: str, by: Agent) -> Mapping[str, Any] | None:
        if not self._file_allowances.take(by.id):
            return None
        try:
            found = (await self._requests.read("files.info", file=file)).get("file")
        except (Forbidden, Gone, RateLimited, Rejected):
            return None
        return found if isinstance(found, Mapping) else None

    async def writable(self, agent: Agent, places: Collection[Place], *, wrote: bool = False) -> frozenset[Place]:
        """As the port promises: whoever is in a channel can see it, and write there unless Slack says otherwise."""
        channels = sorted({place.channel for place in places})
        can = await asyncio.gather(*(self._can_write(agent, channel) for channel in channels))
        open_to = {channel for channel, allowed in zip(channels, can, strict=True) if allowed}
        able = [place for place in places if place.channel in open_to]
        return frozenset([place for place in able if wrote or await self._is_unlocked_for(agent, place)])

    async def wrote(self, agent: Agent, place: Place, at: datetime) -> None:
        """Somebody wrote in a thread at this time. So it is open, but not if they can write in locked ones, too."""
        if not _administers(await self._person(agent.id)):
            self.locks.written_in(place, at)

    async def _is_unlocked_for(self, agent: Agent, place: Place) -> bool:
        return not await self.locks.is_locked(place) or await self._is_admin(agent)

    async def _can_write(self, agent: Agent, channel: str) -> bool:
        if agent.id not in await self.members.of_channel(channel):
            return False
        writers = await self.channels.writers(channel)
        if writers.nobody or writers.kinds is None:
            return not writers.nobody
        return writers.include(
            agent.id,
            is_full_member=agent.is_full_member,
            is_admin=await self._is_admin(agent),
            groups=[group for group in writers.groups if agent.id in await self.members.of_group(group)],
        )

    async def _is_admin(self, agent: Agent) -> bool:
        """Of our workspace: what somebody of another company may do in theirs counts for nothing here."""
        person = await self._person(agent.id)
        return _administers(person) and is_full_member(person, self.team)

    def came(self, channel: str, user: str) -> None:
        """Slack reports that somebody came to a channel. Of who is no agent by the settings it changes no right."""
        if self._may_be_agent(user):
            self.members.changed(channel)

    def left(self, channel: str, user: str) -> None:
        """
        Slack reports that somebody has left a channel.

        Who is in it is asked anew only if they may be an agent: in a large channel people come and go all the time.
        """
        if self._may_be_agent(user):
            self.members.changed(channel)
        else:
            self.members.left(channel, user)

    def _may_be_agent(self, user: str) -> bool:
        """Whether somebody may be an agent of any store by the settings, as far as is known without asking."""
        return any(
            not named or user in named or any(self.members.may_be_in_group(user, one) for one in named if is_group(one))
            for named in self._named
        )

    def person_changed(self, user: str) -> None:
        """Slack reports that somebody was deactivated, became a guest, or has another name."""
        self._people.changed(user)
        self._mentioned.changed(user)

    async def _person(self, user: str) -> Mapping[str, Any]:
        return await self._people.of(user)

    async def _read_person(self, user: str) -> Mapping[str, Any]:
        asked_at = self._disappearances.now()
        try:
            needed = await self._asked_for(user)
        except (Gone, Rejected) as error:
            # Whatever Slack refuses here concerns this person alone, and not the channel in which they wrote.
            wait = self._disappearances.missing(user, asked_at)
            if wait:
                raise Unavailable(wording.PERHAPS_GONE, retry_after=wait) from error
            return {"deleted": True}
        except Unavailable:
            if not self._unanswered.failed(user) or not self.user:
                raise
            await self._asked_for(self.user)  # in an outage there is no answer to this either
            _log.warning("slack does not say who somebody is", user=user)
            return {"deleted": True}
        self._disappearances.there(user)
        self._unanswered.answered(user)
        return needed

    async def _asked_for(self, user: str) -> Mapping[str, Any]:
        answer = await self._requests.read("users.info", user=user)
        with usable_answer(writes=False):
            if answer["user"]["id"] != user:
                raise ValueError("another person")
            return _needed(answer["user"])


def is_group(one: str) -> bool:
    """Whether an id of `SLACK_AGENTS` is a user group's: those begin with S, people's with U or W."""
    return one.startswith("S")


def is_full_member(person: Mapping[str, Any], team: str) -> bool:
    """Whether somebody is a full member of the workspace: no guest, and not from another company's workspace."""
    if any(person.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger")):
        return False
    grid = (person.get("enterprise_user") or {}).get("teams") or ()
    return not team or person.get("team_id") in (None, team) or team in grid


def _administers(person: Mapping[str, Any]) -> bool:
    """Whether somebody is an admin of a workspace, be it ours or their own."""
    return any(person.get(flag) for flag in _ADMIN)


def person_name(person: Mapping[str, Any]) -> str:
    """The name that Slack itself shows for a person."""
    profile = person.get("profile") or {}
    candidates = (profile.get("display_name"), profile.get("real_name"), person.get("real_name"), person.get("name"))
    return name_of(*(str(one or "") for one in candidates), length=_NAME) or shared_wording.SOMEBODY


def _needed(person: Mapping[str, Any]) -> Mapping[str, Any]:
    """Only the parts of a profile that we need; a whole profile is large."""
    profile = person.get("profile") or {}
    flags = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger", "team_id", "enterprise_user")
    return {flag: person[flag] for flag in (*flags, *_ADMIN, "name", "real_name") if person.get(flag)} | {
        "profile": {part: profile[part] for part in ("display_name", "real_name") if profile.get(part)}
    }
