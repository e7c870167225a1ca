"""Who is who in the workspace, and who may act: asked of Slack, remembered for some minutes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.chats.slack import markup
from adapters.chats.slack.reading import Spoken
from adapters.chats.slack.requests import Api
from bot.clock import Clock
from bot.errors import Gone
from bot.model import Agent, AgentId, Edited, Said
from bot.text import one_line

_REMEMBERED = 500
_SECONDS = 300.0
_NAME = 80


@dataclass(frozen=True, slots=True)
class _Known:
    until: float
    person: Mapping[str, Any]


class People:
    """
    The people of one workspace.

    Remembers at most 500 of them, each for five minutes: a role that is taken away is gone soon after.

    Args:
        agents: Ids of the people and of the user groups that may act; empty: every full member.
    """

    def __init__(self, api: Api, clock: Clock, agents: frozenset[str]) -> None:
        self._api = api
        self._clock = clock
        self._people = frozenset(one for one in agents if not is_group(one))
        self._groups = tuple(sorted(one for one in agents if is_group(one)))
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._members: frozenset[str] = frozenset()
        self._members_until = 0.0
        self.team = ""

    @property
    def asks_for_groups(self) -> bool:
        """Whether it has to be asked who belongs to a user group."""
        return bool(self._groups)

    async def agent(self, user: str) -> Agent:
        """A person by id. Asks Slack where it is not remembered; raises what `Api.read` raises but for `Gone`."""
        person = await self._person(user)
        return Agent(id=AgentId(user), name=name_of(person, user), may=await self._may(user, person))

    async def said(self, spoken: Spoken) -> Said:
        """What a person wrote, as the core takes it."""
        return Said(
            place=spoken.place,
            message=spoken.message,
            agent=await self.agent(spoken.user),
            text=await self.text(spoken),
            said_at=spoken.said_at,
            attachments=spoken.attachments,
            other=spoken.other,
        )

    async def edited(self, now: Spoken) -> Edited:
        """What a message reads like since it was changed, as the core takes it."""
        return Edited(
            place=now.place,
            message=now.message,
            agent=await self.agent(now.user),
            text=await self.text(now),
        )

    async def text(self, spoken: Spoken) -> str:
        """What a message reads like, with the names of those whom it mentions."""
        names = {user: name_of(await self._person(user), user) for user in markup.mentioned(spoken.markup)}
        return markup.neutral(spoken.markup, names, spoken.emoji)

    async def _person(self, user: str) -> Mapping[str, Any]:
        now = self._clock.monotonic()
        known = self._known.get(user)
        if known is not None and known.until > now:
            self._known.move_to_end(user)
            return known.person
        try:
            person = (await self._api.read("users.info", user=user)).get("user") or {}
        except Gone:
            person = {"deleted": True}
        self._known[user] = _Known(now + _SECONDS, _kept(person))
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
                listed = await self._api.read("usergroups.users.list", usergroup=group)
                members.update(str(user) for user in listed.get("users") or ())
            self._members = frozenset(members)
            self._members_until = now + _SECONDS
        return self._members


def is_group(one: str) -> bool:
    """Whether an id of `SLACK_AGENTS` is a user group's: those begin with S, people's with U or W."""
    return one.startswith("S")


def is_full_member(person: Mapping[str, Any], team: str) -> bool:
    """Whether somebody belongs to the workspace as a whole: no guest, and not from another company's workspace."""
    if any(person.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger")):
        return False
    grid = (person.get("enterprise_user") or {}).get("teams") or ()
    return not team or person.get("team_id") in (None, team) or team in grid


def name_of(person: Mapping[str, Any], user: str) -> str:
    """The name that Slack itself shows for a person."""
    profile = person.get("profile") or {}
    candidates = (profile.get("display_name"), profile.get("real_name"), person.get("real_name"), person.get("name"))
    return next((name for name in (one_line(str(one or ""), _NAME) for one in candidates) if name), user)


def _kept(person: Mapping[str, Any]) -> Mapping[str, Any]:
    """Only what is needed, for a whole profile is large."""
    profile = person.get("profile") or {}
    flags = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger", "team_id", "enterprise_user")
    return {flag: person[flag] for flag in (*flags, "name", "real_name") if person.get(flag)} | {
        "profile": {part: profile[part] for part in ("display_name", "real_name") if profile.get(part)}
    }
