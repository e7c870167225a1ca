"""The tags by which a forum shows whether a ticket is open: `Open` and `Closed`, in whatever case they are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import discord

from adapters.chats.discord.client import Connection
from bot.errors import Forbidden, Rejected
from bot.model import Status

_NAME = {Status.OPEN: "Open", Status.CLOSED: "Closed"}
_TAGS_OF_FORUM = 20
_TAGS_OF_POST = 5


async def applied(
    connection: Connection, forum: discord.ForumChannel, status: Status | None, now: Iterable[str] = ()
) -> list[str]:
    """
    The tags that a post shall carry, by id: people's own, then ours for `status`, where there is one and room for it.

    Tags of ours that the forum lacks are made if the bot may do that.

    Args:
        status: Of the ticket; None: a post about no ticket, which gets any tag if the forum wants one.
        now: What the post carries; changing tags replaces all of them.
    """
    available = [(str(tag.id), tag.name, tag.moderated) for tag in forum.available_tags]
    if status is None:
        return [tag for tag, _, _ in available][: int(forum.flags.require_tag)]
    ours = _ours(available)
    if len(ours) < len(_NAME) and _may_make_tags(forum):
        available = await _make(connection, forum, ours)
        ours = _ours(available)
    kept = [tag for tag in now if tag not in ours.values()]
    if status in ours and len(kept) < _TAGS_OF_POST:
        return [*kept, ours[status]]
    if not kept and forum.flags.require_tag:
        return [tag for tag, _, _ in available if tag not in ours.values()][:1]
    return kept


def _ours(available: Sequence[tuple[str, str, bool]]) -> dict[Status, str]:
    called = {name.casefold(): tag for tag, name, _ in reversed(available)}
    return {status: called[name.casefold()] for status, name in _NAME.items() if name.casefold() in called}


def _may_make_tags(forum: discord.ForumChannel) -> bool:
    # Without the gateway nothing is known about ourselves there.
    me: discord.Member | None = forum.guild.me
    return (
        me is not None
        and forum.permissions_for(me).manage_channels
        and len(forum.available_tags) + len(_NAME) <= _TAGS_OF_FORUM
    )


async def _make(
    connection: Connection, forum: discord.ForumChannel, there: dict[Status, str]
) -> list[tuple[str, str, bool]]:
    tags: list[Any] = [{**tag.to_dict(), "id": str(tag.id)} for tag in forum.available_tags]
    tags += [{"name": name} for status, name in _NAME.items() if status not in there]
    try:
        answer = await connection.call(
            "PATCH", "/channels/{channel_id}", channel_id=str(forum.id), json={"available_tags": tags}
        )
    except (Forbidden, Rejected):
        # The permission was taken away meanwhile: posts go without.
        return [(str(tag.id), tag.name, tag.moderated) for tag in forum.available_tags]
    return [(tag["id"], tag["name"], tag["moderated"]) for tag in answer["available_tags"]]
