"""REST: channels, forums and threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.sandbox.discord.message_requests import read
from bot.sandbox.discord.permissions import has, require
from bot.sandbox.discord.rate_limits import Refused
from bot.sandbox.discord.refusals import Form, Json, Refusal
from bot.sandbox.discord.routes import MINUTES, Call, Reply, Rest
from bot.sandbox.discord.routes_messages import number_of, require_for
from bot.sandbox.discord.values import Channel, Kind, Tag, Thread

APPLIED_TAGS = 5
FORUM_TAGS = 20
TAG_NAME = 20


class Channels:
    """Hangs its routes on construction."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        rest.on("GET", "/channels/{channel}", self._get)
        rest.on("PATCH", "/channels/{channel}", self._edit)
        rest.on("DELETE", "/channels/{channel}", self._delete)
        rest.on("POST", "/channels/{channel}/threads", self._create)
        rest.on("POST", "/channels/{channel}/messages/{message}/threads", self._create_under)
        rest.on("GET", "/channels/{channel}/threads/archived/public", self._archived)

    async def _get(self, call: Call) -> Reply:
        return Reply(200, self._rest.renderer.place(self._rest.place(call)))

    async def _delete(self, call: Call) -> Reply:
        place = self._rest.place(call)
        require(
            self._rest.world,
            self._rest.bot,
            place,
            "manage_threads" if isinstance(place, Thread) else "manage_channels",
        )
        body = self._rest.renderer.place(place)
        self._rest.guild.remove_place(place)
        return Reply(200, body)

    async def _create_under(self, call: Call) -> Reply:
        place = self._rest.place(call, "create_public_threads", "read_message_history")
        message = self._rest.world.message(place.id, call.id("message"))
        name, minutes = _thread_fields(call.fields())
        if not isinstance(place, Channel) or place.kind is not Kind.TEXT:
            raise Refusal(50024)
        thread = self._rest.guild.open_thread(self._rest.bot, place, name, minutes, message)
        return Reply(201, self._rest.renderer.thread(thread))

    async def _create(self, call: Call) -> Reply:
        place = self._rest.place(call)
        body = call.fields()
        if not isinstance(place, Channel):
            raise Refusal(50024)
        if place.kind is Kind.FORUM:
            return await self._create_post(call, place, body)
        require(self._rest.world, self._rest.bot, place, "create_public_threads")
        name, minutes = _thread_fields(body)
        if body.get("type", 12) != int(Kind.THREAD):
            raise Refusal(50024)
        thread = self._rest.guild.open_thread(self._rest.bot, place, name, minutes, None)
        return Reply(201, self._rest.renderer.thread(thread))

    async def _create_post(self, call: Call, forum: Channel, body: Json) -> Reply:
        name, minutes = _thread_fields(body)
        # a post's message takes no nonce; Discord ignores it
        draft = replace(read(body.get("message"), call.files, under="message."), nonce=None, enforce_nonce=False)
        require_for(self._rest, forum, draft)
        tags = self._tags(forum, body.get("applied_tags") or [])
        thread, message = self._rest.guild.open_post(self._rest.bot, forum, name, minutes, tags, draft)
        return Reply(201, self._rest.renderer.thread(thread) | {"message": self._rest.shown(message)})

    async def _archived(self, call: Call) -> Reply:
        place = self._rest.place(call, "read_message_history")
        query = dict(call.request.query)
        form = Form()
        limit = number_of(query, "limit", 50, form)
        before = _moment(query.get("before"), form)
        if not 2 <= limit <= 100:
            form.wrong("limit", "NUMBER_TYPE_MAX", "int value should be between 2 and 100.")
        form.refuse()
        archived = [thread for thread in self._rest.world.threads_of(place.id) if thread.archived]
        archived.sort(key=lambda thread: thread.archived_at, reverse=True)
        older = [thread for thread in archived if before is None or thread.archived_at < before]
        threads = [self._rest.renderer.thread(thread) for thread in older[:limit]]
        return Reply(200, {"threads": threads, "members": [], "has_more": len(older) > limit})

    async def _edit(self, call: Call) -> Reply:
        place = self._rest.place(call)
        body = call.fields()
        if isinstance(place, Thread):
            self._edit_thread(place, body)
        else:
            self._edit_channel(place, body)
        return Reply(200, self._rest.renderer.place(place))

    def _edit_thread(self, thread: Thread, body: Json) -> None:
        """
        Change a thread.

        Its owner may do all but lock it; opening one that is not locked takes only the right to write in it. While it
        is archived, nothing else changes unless the same request opens it.
        """
        rest = self._rest
        manages = has(rest.world, rest.bot, thread, "manage_threads")
        opens = body.get("archived") is False
        if thread.archived and not opens:
            raise Refusal(50083)
        if "locked" in body and not manages:
            raise Refusal(50013)
        if thread.locked and not manages:
            raise Refusal(50013)
        if set(body) - {"archived"} or not opens:
            if thread.owner_id != rest.bot.id and not manages:
                raise Refusal(50013)
        elif not manages:
            require(rest.world, rest.bot, thread, "send_messages_in_threads")
        name = _name(body)
        minutes = _minutes(body)
        listed = body.get("applied_tags")
        tags = None if listed is None else self._tags(rest.world.parent(thread), listed)
        self._apply(thread, body, name, minutes, tags)

    def _apply(self, thread: Thread, body: Json, name: str | None, minutes: int | None, tags: list[int] | None) -> None:
        guild = self._rest.guild
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
            guild.rename(self._rest.bot, thread, name)
        if body.get("archived") is True:
            guild.archive(thread, archived=True)
        guild.tell_thread(thread)

    def _count_renaming(self, thread: Thread) -> None:
        """Twice in ten minutes, by a limit of its own that no header shows; found out by many bots."""
        rates, allowances = self._rest.rates, self._rest.guild.allowances
        now, window = rates.clock.monotonic(), rates.scaled(allowances.rename_seconds)
        thread.renamed[:] = [at for at in thread.renamed if now - at < window]
        if len(thread.renamed) >= allowances.renames:
            raise Refused(thread.renamed[0] + window - now, {"X-RateLimit-Scope": "shared"})
        thread.renamed.append(now)

    def _edit_channel(self, channel: Channel, body: Json) -> None:
        require(self._rest.world, self._rest.bot, channel, "manage_channels")
        if body.get("available_tags") is not None:
            if channel.kind is not Kind.FORUM:
                raise Refusal(50024)
            channel.tags = self._new_tags(body["available_tags"])
        if body.get("flags") is not None:
            channel.require_tag = bool(int(body["flags"]) & 16)
        if body.get("name"):
            channel.name = str(body["name"])
        if "topic" in body:
            channel.topic = body["topic"]
        self._rest.guild.tell_channel("CHANNEL_UPDATE", channel)

    def _new_tags(self, listed: Sequence[Json]) -> list[Tag]:
        form = Form()
        form.most("available_tags", list(listed), FORUM_TAGS)
        names = [str(entry.get("name") or "") for entry in listed]
        for index, name in enumerate(names):
            form.between(f"available_tags.{index}.name", name, 1, TAG_NAME)
        form.refuse()
        if len(set(names)) != len(names):
            raise Refusal(40061)
        return [
            Tag(
                int(entry["id"]) if entry.get("id") else self._rest.world.new_id(),
                name,
                bool(entry.get("moderated")),
                entry.get("emoji_name"),
            )
            for entry, name in zip(listed, names, strict=True)
        ]

    def _tags(self, forum: Channel, listed: Sequence[Any]) -> list[int]:
        """Tags to put on a post. Raises `Refusal`: 50035 more than five, 10087 unknown, 40067 one is required."""
        form = Form()
        form.most("applied_tags", list(listed), APPLIED_TAGS)
        form.refuse()
        known = {tag.id: tag for tag in forum.tags}
        tags = [int(tag) for tag in listed]
        if any(tag not in known for tag in tags):
            raise Refusal(10087)
        if forum.require_tag and not tags:
            raise Refusal(40067)
        if any(known[tag].moderated for tag in tags):
            require(self._rest.world, self._rest.bot, forum, "manage_threads")
        return tags


def _thread_fields(body: Json) -> tuple[str, int]:
    form = Form()
    name = body.get("name")
    form.between("name", name.strip() if isinstance(name, str) else None, 1, 100)
    form.refuse()
    return str(name).strip(), _minutes(body) or 4320


def _name(body: Json) -> str | None:
    if body.get("name") is None:
        return None
    form = Form()
    name = str(body["name"]).strip()
    form.between("name", name, 1, 100)
    form.refuse()
    return name


def _minutes(body: Json) -> int | None:
    minutes = body.get("auto_archive_duration")
    if minutes is None:
        return None
    if minutes not in MINUTES:
        form = Form()
        form.wrong("auto_archive_duration", "BASE_TYPE_CHOICES", f"Value must be one of {MINUTES}.")
        form.refuse()
    return int(minutes)


def _moment(text: str | None, form: Form) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        form.wrong("before", "DATE_TIME_TYPE_PARSE", f"Could not parse {text}. Should be ISO8601.")
        return None
    return moment.astimezone()
