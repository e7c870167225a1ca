"""Who wrote or asked something, and where that person can see and write now."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from dataclasses import dataclass
from datetime import datetime

import discord
import structlog

from adapters.chats import shared_wording
from adapters.chats.disappearance import ask_each, is_unsure
from adapters.chats.discord import wording
from adapters.chats.discord.card import Json
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import usable_answer
from adapters.chats.unanswered import Unanswered
from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected, Unavailable
from bot.model import Agent, AgentId, ChannelId, Place, ThreadId
from bot.text.names import name_of

_log = structlog.get_logger(__name__)

_SECONDS = 60.0
_REMEMBERED = 1_000
_GUEST = discord.MemberFlags(guest=True).value

Channel = discord.TextChannel | discord.ForumChannel


@dataclass(frozen=True, slots=True)
class _Known:
    """
    What Discord said about somebody in a server, and when.

    Attributes:
        member: As discord.py read it, or as Discord wrote it; None: not in that server.
        channel, permissions: A channel for which Discord itself said what they can do there; None: none.
    """

    at: float
    agent: Agent
    member: discord.Member | Json | None
    channel: int | None = None
    permissions: discord.Permissions | None = None


class Agents:
    """
    The people of our servers.

    With every message and every request Discord says which roles somebody has, and whether they are timed out. That is
    remembered for a minute at most. What a role or a channel allows is kept up to date by the gateway, so a right that
    is taken from a role or in a channel ends at once.
    """

    def __init__(self, account: Account, channels: Channels, clock: Clock) -> None:
        self._account = account
        self._channels = channels
        self._clock = clock
        self._known: dict[tuple[int, int], _Known] = {}
        self._unanswered = Unanswered(clock)

    async def author(self, message: discord.Message, guild: int) -> Agent:
        """
        Who wrote a message, with the roles that they have now. Asks Discord if the message does not say.

        What it says was so when it was written or edited. An event may come minutes later, as when a lost connection
        is resumed; then the message is judged like any other that was missed.
        """
        author, age = message.author, self._age(message)
        if isinstance(author, discord.Member) and age < _SECONDS:
            known = _Known(self._clock.monotonic() - age, _agent_of_member(author), author)
            self._remember(guild, author.id, known)
        else:
            known = await self._look_up(guild, author.id, author.display_name)
        return known.agent

    def _age(self, message: discord.Message) -> float:
        """How many seconds ago a message was written or edited, by Discord's own time."""
        now = self._account.their_clock.now()
        return 0.0 if now is None else max((now - (message.edited_at or message.created_at)).total_seconds(), 0.0)

    def asker(self, interaction: discord.Interaction) -> Agent:
        """Who asks for something; Discord says what they can do where they ask."""
        person = interaction.user
        if not isinstance(person, discord.Member):
            return only_named(person)
        channel = interaction.channel
        parent = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
        now, agent = self._clock.monotonic(), _agent_of_member(person)
        self._remember(person.guild.id, person.id, _Known(now, agent, person, parent, interaction.permissions))
        return agent

    async def writable(self, agent: Agent, places: Collection[Place], *, wrote: bool = False) -> frozenset[Place]:
        """As the port promises."""
        asked = list(places)
        can_write = await ask_each(self._can_use(agent, place, wrote=wrote) for place in asked)
        return frozenset(place for place, can in zip(asked, can_write, strict=True) if can)

    async def known_at(self, agent: Agent, place: Place) -> Agent:
        """As the port promises."""
        channel = await self._channel(place.channel)
        if channel is None or _is_of(agent, channel):
            return agent
        return (await self._look_up(channel.guild.id, int(agent.id))).agent

    async def _can_use(self, agent: Agent, place: Place, *, wrote: bool) -> bool:
        """
        Whether somebody can write at a place.

        Most people are on one server only. So that they are not on another one need not be said twice: they could not
        list what is on their own meanwhile, and would learn that there is a ticket on the other.
        """
        try:
            return await self._can_write(int(agent.id), place, wrote=wrote)
        except Unavailable as error:
            channel = (await self._account.client()).get_channel(int(place.channel))
            if is_unsure(error) and isinstance(channel, Channel) and not _is_of(agent, channel):
                return False
            raise

    async def _can_write(self, person: int, place: Place, *, wrote: bool) -> bool:
        channel = await self._channel(place.channel)
        if channel is None:
            return False
        known = await self._look_up(channel.guild.id, person)
        if known.member is None or not known.agent.is_active:
            return False
        member = known.member
        if not isinstance(member, discord.Member):
            with usable_answer(wrote=False):
                member = discord.Member(data=member, guild=channel.guild, state=channel._state)  # type: ignore[arg-type]  # noqa: SLF001 - as discord.py does
        held = channel.permissions_for(_without_time_out(member))
        now = self._account.their_clock.now() or self._clock.now()
        if (_is_kept_silent(member) or _is_timed_out(member, now)) and not held.administrator:
            return False
        if known.permissions is not None and known.channel == channel.id and not known.permissions.administrator:
            held = held & known.permissions
        if not (held.view_channel and held.send_messages_in_threads):
            return False
        if place.thread is None or wrote or held.manage_threads:
            return True
        return not await self._is_locked(channel.guild, place.thread)

    async def _is_locked(self, guild: discord.Guild, thread: ThreadId) -> bool:
        """Whether only moderators can write in a thread. discord.py knows no archived ones: Discord is asked."""
        known = guild.get_thread(int(thread))
        if known is not None:
            return known.locked
        try:
            data = await self._account.call("GET", "/channels/{channel_id}", channel_id=str(thread))
        except (Forbidden, Gone, Rejected):
            return False
        except Unavailable as error:
            if isinstance(error.__cause__, Gone):
                return False  # said once that it is gone: what was written there was written while that was possible
            raise
        with usable_answer(wrote=False):
            return bool((data.get("thread_metadata") or {}).get("locked"))

    async def _channel(self, channel: ChannelId) -> Channel | None:
        """The channel with its roles and overwrites; None: Discord has said twice that it is gone or hidden from us."""
        client = await self._account.client()
        known = client.get_channel(int(channel))
        if isinstance(known, Channel):
            return known
        disappearances = self._account.disappearances
        asked_at = disappearances.now()
        try:
            await self._channels.channel(channel)
        except (Forbidden, Gone, Rejected) as error:
            wait = disappearances.missing(f"channel {channel}", asked_at)
            if wait:
                raise Unavailable(wording.PERHAPS_HIDDEN, retry_after=wait) from error
            return None
        disappearances.there(f"channel {channel}")
        raise Unavailable(wording.SERVER_NOT_LISTED)

    async def _look_up(self, guild: int, person: int, name: str = "") -> _Known:
        """
        What Discord said about a member in the last minute; it is asked if it said nothing.

        One of whom it says nothing usable for minutes, while it answers about us, has no right.
        """
        known = self._known.get((guild, person))
        if known is not None and self._clock.monotonic() - known.at < _SECONDS:
            return known
        asked_at = self._clock.monotonic()
        try:
            found = await self._asked_for(guild, person, asked_at)
        except Gone as error:
            wait = self._account.disappearances.missing(f"{guild} {person}", asked_at)
            if wait:
                raise Unavailable(wording.PERHAPS_GONE, retry_after=wait) from error
            found = _Known(asked_at, _without_rights(person, name), None)
        except Unavailable:
            us = (await self._account.client()).user
            if not self._unanswered.failed(f"{guild} {person}") or us is None:
                raise
            await self._asked_for(guild, us.id, asked_at)  # in an outage there is no answer to this either
            _log.warning("discord does not say who somebody is", user=person)
            found = _Known(asked_at, _without_rights(person, name), None)
        else:
            self._account.disappearances.there(f"{guild} {person}")
            self._unanswered.answered(f"{guild} {person}")
        self._remember(guild, person, found)
        return found

    async def _asked_for(self, guild: int, person: int, asked_at: float) -> _Known:
        member = await self._account.call(
            "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=str(guild), user_id=str(person)
        )
        with usable_answer(wrote=False):
            return _Known(asked_at, _agent_of_json(guild, member), member)

    def _remember(self, guild: int, person: int, known: _Known) -> None:
        if len(self._known) >= _REMEMBERED:
            oldest = self._clock.monotonic() - _SECONDS
            self._known = {key: each for key, each in self._known.items() if each.at > oldest}
        self._known[guild, person] = known


def named(person: discord.abc.User) -> Agent:
    """Somebody whom a command names; Discord says what a member is."""
    return _agent_of_member(person) if isinstance(person, discord.Member) else only_named(person)


def _is_of(agent: Agent, channel: Channel) -> bool:
    """Whether somebody was seen on a channel's own server: then they have its @everyone."""
    return str(channel.guild.id) in agent.groups


def _is_kept_silent(member: discord.Member) -> bool:
    """
    Whether somebody can write nowhere, whatever their roles allow.

    They have not agreed to the server's rules yet, AutoMod has quarantined them for a name or tag, or they are a guest,
    who can use nothing but the voice channel of their invitation.
    """
    flags = member.flags
    return member.pending or flags.automod_quarantined_username or flags.automod_quarantined_guild_tag or flags.guest


def _is_timed_out(member: discord.Member, now: datetime) -> bool:
    return member.timed_out_until is not None and now < member.timed_out_until


def _without_time_out(member: discord.Member) -> discord.Member:
    """The same member for discord.py, which measures time-outs by this machine's clock: that may be wrong."""
    allowed = copy(member)
    allowed.timed_out_until = None
    return allowed


def only_named(person: discord.abc.User) -> Agent:
    """Somebody about whom Discord says only the name. They may do nothing by themselves."""
    name = name_of(person.display_name, person.name) or shared_wording.SOMEBODY
    return Agent(id=AgentId(str(person.id)), name=name, is_active=False)


def _without_rights(person: int, name: str) -> Agent:
    return Agent(id=AgentId(str(person)), name=name_of(name) or shared_wording.SOMEBODY, is_active=False)


def _agent_of_member(member: discord.Member) -> Agent:
    return Agent(
        id=AgentId(str(member.id)),
        name=name_of(member.display_name, member.global_name, member.name) or shared_wording.SOMEBODY,
        groups=frozenset(str(role.id) for role in member.roles),
        is_full_member=not member.flags.guest,
        is_active=not member.bot,
    )


def _agent_of_json(guild: int, member: Json) -> Agent:
    user = member["user"]
    return Agent(
        id=AgentId(str(user["id"])),
        name=name_of(member.get("nick"), user.get("global_name"), user.get("username")) or shared_wording.SOMEBODY,
        groups=frozenset({str(guild), *member["roles"]}),  # Discord leaves out @everyone, which everybody has
        is_full_member=not (member.get("flags") or 0) & _GUEST,
        is_active=not user.get("bot"),
    )
