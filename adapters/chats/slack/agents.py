"""Who wrote or asked something, and whether they may reply and run commands; remembered for some minutes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.chats.disappearance import Disappearances
from adapters.chats.slack import wording
from adapters.chats.slack.failures import usable_answer
from adapters.chats.slack.requests import Requests
from bot.clock import Clock
from bot.errors import Gone, Unavailable
from bot.model import Agent, AgentId
from bot.text import one_line

_REMEMBERED = 500
_SECONDS = 300.0
_NAME = 80


@dataclass(frozen=True, slots=True)
class _Remembered:
    until: float
    person: Mapping[str, Any]


class Agents:
    """
    The people of one workspace.

    Remembers at most 500 of them, each for five minutes: when a right is taken away, it is gone soon after.

    Args:
        agents: Ids of the people and user groups that may act; empty: every full member.

    Attributes:
        team: The workspace's id; empty: not known yet.
    """

    def __init__(self, requests: Requests, clock: Clock, agents: frozenset[str]) -> None:
        self._requests = requests
        self._clock = clock
        self._disappearances = Disappearances(clock)
        self._people = frozenset(one for one in agents if not is_group(one))
        self._groups = tuple(sorted(one for one in agents if is_group(one)))
        self._known: OrderedDict[str, _Remembered] = OrderedDict()
        self._members: frozenset[str] = frozenset()
        self._members_until = 0.0
        self.team = ""

    @property
    def asks_for_groups(self) -> bool:
        """Whether we have to ask who belongs to a user group."""
        return bool(self._groups)

    async def agent(self, user: str) -> Agent:
        """The person with this id. Asks Slack if needed; raises what `Requests.read` raises, except `Gone`."""
        person = await self._person(user)
        return Agent(id=AgentId(user), name=name_of(person, user), can_reply=await self._may(user, person))

    async def name(self, user: str) -> str:
        """The name of the person with this id; raises as `agent` does."""
        return name_of(await self._person(user), user)

    async def _person(self, user: str) -> Mapping[str, Any]:
        now = self._clock.monotonic()
        known = self._known.get(user)
        if known is not None and known.until > now:
            self._known.move_to_end(user)
            return known.person
        try:
            answer = await self._requests.read("users.info", user=user)
        except Gone as error:
            wait = self._disappearances.missing(user)
            if wait:
                raise Unavailable(wording.PERHAPS_GONE, retry_after=wait) from error
            needed: Mapping[str, Any] = {"deleted": True}
        else:
            with usable_answer(writes=False):
                if answer["user"]["id"] != user:
                    raise ValueError("another person")
                needed = _needed(answer["user"])
        self._known[user] = _Remembered(now + _SECONDS, needed)
        self._known.move_to_end(user)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return self._known[user].person

    async def _may(self, user: str, person: Mapping[str, Any]) -> bool:
        if person.get("deleted") or person.get("is_bot"):
            return False
        if not self._people and not self._groups:
            return is_full_member(person, self.team)
        return user in self._people or (bool(self._groups) and user in await self._group_members())

    async def _group_members(self) -> Collection[str]:
        now = self._clock.monotonic()
        if self._members_until <= now:
            members: set[str] = set()
            for group in self._groups:
                listed = await self._requests.read("usergroups.users.list", usergroup=group)
                with usable_answer(writes=False):
                    members.update(map(str, listed["users"]))
            self._members = frozenset(members)
            self._members_until = now + _SECONDS
        return self._members


def is_group(one: str) -> bool:
    """Whether an id of `SLACK_AGENTS` is a user group's: those begin with S, people's with U or W."""
    return one.startswith("S")


def is_full_member(person: Mapping[str, Any], team: str) -> bool:
    """Whether somebody is a full member of the workspace: no guest, and not from another company's workspace."""
    if any(person.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger")):
        return False
    grid = (person.get("enterprise_user") or {}).get("teams") or ()
    return not team or person.get("team_id") in (None, team) or team in grid


def name_of(person: Mapping[str, Any], user: str) -> str:
    """The name that Slack itself shows for a person."""
    profile = person.get("profile") or {}
    candidates = (profile.get("display_name"), profile.get("real_name"), person.get("real_name"), person.get("name"))
    return next((name for name in (one_line(str(one or ""), _NAME) for one in candidates) if name), user)


def _needed(person: Mapping[str, Any]) -> Mapping[str, Any]:
    """Only the parts of a profile that we need; a whole profile is large."""
    profile = person.get("profile") or {}
    flags = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger", "team_id", "enterprise_user")
    return {flag: person[flag] for flag in (*flags, "name", "real_name") if person.get(flag)} | {
        "profile": {part: profile[part] for part in ("display_name", "real_name") if profile.get(part)}
    }
