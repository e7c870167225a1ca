"""REST: channels, forums and threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.sandbox.discord.calls import DiscordCall, DiscordResponse
from bot.sandbox.discord.message_requests import read_message_request
from bot.sandbox.discord.permissions import has, require
from bot.sandbox.discord.rate_limits import RateLimitRefusal
from bot.sandbox.discord.refusals import DiscordRefusal, FieldErrors, Json
from bot.sandbox.discord.routes import MINUTES, DiscordRoutes
from bot.sandbox.discord.routes_messages import number_of, require_for
from bot.sandbox.discord.values import ChannelType, DiscordChannel, Tag, Thread

APPLIED_TAGS = 5
FORUM_TAGS = 20
TAG_NAME = 20


class ChannelRoutes:
    """Adds its routes on construction."""

    def __init__(self, routes: DiscordRoutes) -> None:
        self._routes = routes
        routes.on("GET", "/channels/{channel}", self._get)
        routes.on("PATCH", "/channels/{channel}", self._edit)
        routes.on("DELETE", "/channels/{channel}", self._delete)
        routes.on("POST", "/channels/{channel}/threads", self._create)
        routes.on("POST", "/channels/{channel}/messages/{message}/threads", self._create_under)
        routes.on("GET", "/channels/{channel}/threads/archived/public", self._archived)

    async def _get(self, call: DiscordCall) -> DiscordResponse:
        return DiscordResponse(200, self._routes.serializer.place(self._routes.place(call)))

    async def _delete(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call)
        require(
            self._routes.state,
            self._routes.bot,
            place,
            "manage_threads" if isinstance(place, Thread) else "manage_channels",
        )
        body = self._routes.serializer.place(place)
        self._routes.guild.remove_place(place)
        return DiscordResponse(200, body)

    async def _create_under(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call, "create_public_threads", "read_message_history")
        message = self._routes.state.message(place.id, call.id("message"))
        name, minutes = _thread_fields(call.fields())
        self._routes.state.refuse_filtered(call.fields())
        if not isinstance(place, DiscordChannel) or place.type is not ChannelType.TEXT:
            raise DiscordRefusal(50024)
        thread = self._routes.guild.open_thread(self._routes.bot, place, name, minutes, message)
        return DiscordResponse(201, self._routes.serializer.thread(thread))

    async def _create(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call)
        body = call.fields()
        if not isinstance(place, DiscordChannel):
            raise DiscordRefusal(50024)
        if place.type is ChannelType.FORUM:
            return await self._create_post(call, place, body)
        require(self._routes.state, self._routes.bot, place, "create_public_threads")
        name, minutes = _thread_fields(body)
        if body.get("type", 12) != int(ChannelType.THREAD):
            raise DiscordRefusal(50024)
        thread = self._routes.guild.open_thread(self._routes.bot, place, name, minutes, None)
        return DiscordResponse(201, self._routes.serializer.thread(thread))

    async def _create_post(self, call: DiscordCall, forum: DiscordChannel, body: Json) -> DiscordResponse:
        name, minutes = _thread_fields(body)
        self._routes.state.refuse_filtered(body)
        # Discord ignores the nonce of a post's message
        request = replace(
            read_message_request(body.get("message"), call.files, under="message."), nonce=None, enforce_nonce=False
        )
        require_for(self._routes, forum, request)
        tags = self._tags(forum, body.get("applied_tags") or [])
        thread, message = self._routes.guild.open_post(self._routes.bot, forum, name, minutes, tags, request)
        return DiscordResponse(
            201, self._routes.serializer.thread(thread) | {"message": self._routes.message_json(message)}
        )

    async def _archived(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call, "read_message_history")
        query = dict(call.request.query)
        errors = FieldErrors()
        limit = number_of(query, "limit", 50, errors)
        before = _moment(query.get("before"), errors)
        if not 2 <= limit <= 100:
            errors.add("limit", "NUMBER_TYPE_MAX", "int value should be between 2 and 100.")
        errors.raise_any()
        archived = [thread for thread in self._routes.state.threads_of(place.id) if thread.archived]
        archived.sort(key=lambda thread: thread.archived_at, reverse=True)
        older = [thread for thread in archived if before is None or thread.archived_at < before]
        threads = [self._routes.serializer.thread(thread) for thread in older[:limit]]
        return DiscordResponse(200, {"threads": threads, "members": [], "has_more": len(older) > limit})

    async def _edit(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call)
        body = call.fields()
        if isinstance(place, Thread):
            self._edit_thread(place, body)
        else:
            self._edit_channel(place, body)
        return DiscordResponse(200, self._routes.serializer.place(place))

    def _edit_thread(self, thread: Thread, body: Json) -> None:
        """
        Change a thread.

        Its owner may do everything but lock it. Everybody who may write in it can open it, unless it is locked. While
        it is archived, nothing else can be changed, unless the same request opens it.
        """
        routes = self._routes
        manages = has(routes.state, routes.bot, thread, "manage_threads")
        opens = body.get("archived") is False
        if thread.archived and not opens:
            raise DiscordRefusal(50083)
        if "locked" in body and not manages:
            raise DiscordRefusal(50013)
        if thread.locked and not manages:
            raise DiscordRefusal(50013)
        if set(body) - {"archived"} or not opens:
            if thread.owner_id != routes.bot.id and not manages:
                raise DiscordRefusal(50013)
        elif not manages:
            require(routes.state, routes.bot, thread, "send_messages_in_threads")
        name = _name(body)
        minutes = _minutes(body)
        listed = body.get("applied_tags")
        tags = None if listed is None else self._tags(routes.state.parent(thread), listed)
        self._apply(thread, body, name, minutes, tags)

    def _apply(self, thread: Thread, body: Json, name: str | None, minutes: int | None, tags: list[int] | None) -> None:
        guild = self._routes.guild
        renames = name is not None and name != thread.name
        if renames:
            self._count_renaming(thread)
        if body.get("archived") is False:
            guild.archive(thread, archived=False)
        if body.get("locked") is not None:
            thread.locked = bool(body["locked"])
        if tags is not None:
            thread.tags = tags
        if minutes is not None:
            thread.auto_archive_minutes = minutes
        if name is not None and renames:
            guild.rename(self._routes.bot, thread, name)
        if body.get("archived") is True:
            guild.archive(thread, archived=True)
        guild.send_thread_event(thread)

    def _count_renaming(self, thread: Thread) -> None:
        """Apply the limit on renaming: twice in ten minutes; no header shows it, but many bots have met it."""
        rate_limiter, limits = self._routes.rate_limiter, self._routes.guild.limits
        now, window = rate_limiter.clock.monotonic(), rate_limiter.scaled(limits.rename_seconds)
        thread.renamed[:] = [at for at in thread.renamed if now - at < window]
        if len(thread.renamed) >= limits.renames:
            raise RateLimitRefusal(thread.renamed[0] + window - now, {"X-RateLimit-Scope": "shared"})
        thread.renamed.append(now)

    def _edit_channel(self, channel: DiscordChannel, body: Json) -> None:
        require(self._routes.state, self._routes.bot, channel, "manage_channels")
        if body.get("available_tags") is not None:
            if channel.type is not ChannelType.FORUM:
                raise DiscordRefusal(50024)
            channel.tags = self._new_tags(body["available_tags"])
        if body.get("flags") is not None:
            channel.require_tag = bool(int(body["flags"]) & 16)
        if body.get("name"):
            channel.name = str(body["name"])
        if "topic" in body:
            channel.topic = body["topic"]
        self._routes.guild.send_channel_event("CHANNEL_UPDATE", channel)

    def _new_tags(self, listed: Sequence[Json]) -> list[Tag]:
        errors = FieldErrors()
        errors.add_if_more("available_tags", list(listed), FORUM_TAGS)
        names = [str(entry.get("name") or "") for entry in listed]
        for index, name in enumerate(names):
            errors.add_unless_between(f"available_tags.{index}.name", name, 1, TAG_NAME)
        errors.raise_any()
        if len(set(names)) != len(names):
            raise DiscordRefusal(40061)
        return [
            Tag(
                int(entry["id"]) if entry.get("id") else self._routes.state.new_id(),
                name,
                bool(entry.get("moderated")),
                entry.get("emoji_name"),
            )
            for entry, name in zip(listed, names, strict=True)
        ]

    def _tags(self, forum: DiscordChannel, listed: Sequence[Any]) -> list[int]:
        """Tags for a post. Raises `DiscordRefusal`: 50035 more than five, 10087 unknown, 40067 one is required."""
        errors = FieldErrors()
        errors.add_if_more("applied_tags", list(listed), APPLIED_TAGS)
        errors.raise_any()
        known = {tag.id: tag for tag in forum.tags}
        tags = [int(tag) for tag in listed]
        if any(tag not in known for tag in tags):
            raise DiscordRefusal(10087)
        if forum.require_tag and not tags:
            raise DiscordRefusal(40067)
        if any(known[tag].moderated for tag in tags):
            require(self._routes.state, self._routes.bot, forum, "manage_threads")
        return tags


def _thread_fields(body: Json) -> tuple[str, int]:
    errors = FieldErrors()
    name = body.get("name")
    errors.add_unless_between("name", name.strip() if isinstance(name, str) else None, 1, 100)
    errors.raise_any()
    return str(name).strip(), _minutes(body) or 4320


def _name(body: Json) -> str | None:
    if body.get("name") is None:
        return None
    errors = FieldErrors()
    name = str(body["name"]).strip()
    errors.add_unless_between("name", name, 1, 100)
    errors.raise_any()
    return name


def _minutes(body: Json) -> int | None:
    minutes = body.get("auto_archive_duration")
    if minutes is None:
        return None
    if minutes not in MINUTES:
        errors = FieldErrors()
        errors.add("auto_archive_duration", "BASE_TYPE_CHOICES", f"Value must be one of {MINUTES}.")
        errors.raise_any()
    return int(minutes)


def _moment(text: str | None, errors: FieldErrors) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        errors.add("before", "DATE_TIME_TYPE_PARSE", f"Could not parse {text}. Should be ISO8601.")
        return None
    return moment.astimezone()
