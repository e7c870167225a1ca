"""The tags that show whether a ticket is open, in a forum: `Open` and `Closed`, in upper or lower case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import discord

from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import usable_answer
from bot.errors import Forbidden, Rejected
from bot.model import Status

_NAME = {Status.OPEN: "Open", Status.CLOSED: "Closed"}
_TAGS_OF_FORUM = 20
_TAGS_OF_POST = 5


async def tags_for(
    account: Account, forum: discord.ForumChannel, status: Status | None, now: Iterable[str] = ()
) -> list[str]:
    """
    The ids of the tags that a post shall have: people's own, then ours for `status` if it exists and there is room.

    If the forum lacks our tags, they are made, provided that the bot may do so.

    Args:
        status: The ticket's; None: a post about no ticket, which gets any tag if the forum demands one.
        now: The tags that the post has; changing tags replaces all of them.
    """
    available = [(str(tag.id), tag.name, tag.moderated) for tag in forum.available_tags]
    if status is None:
        return [tag for tag, _, _ in available][: int(forum.flags.require_tag)]
    ours = _ours(available)
    if len(ours) < len(_NAME) and _may_make_tags(forum):
        available = await _make(account, forum, ours)
        ours = _ours(available)
    kept = [tag for tag in now if tag not in ours.values()]
    if status in ours and len(kept) < _TAGS_OF_POST:
        return [*kept, ours[status]]
    if not kept and forum.flags.require_tag:
        return [tag for tag, _, _ in available if tag not in ours.values()][:1]
    return kept


def _ours(available: Sequence[tuple[str, str, bool]]) -> dict[Status, str]:
    by_name = {name.casefold(): tag for tag, name, _ in reversed(available)}
    return {status: by_name[name.casefold()] for status, name in _NAME.items() if name.casefold() in by_name}


def _may_make_tags(forum: discord.ForumChannel) -> bool:
    # Without the gateway we do not know our own permissions there.
    me: discord.Member | None = forum.guild.me
    return (
        me is not None
        and forum.permissions_for(me).manage_channels
        and len(forum.available_tags) + len(_NAME) <= _TAGS_OF_FORUM
    )


async def _make(
    account: Account, forum: discord.ForumChannel, existing: dict[Status, str]
) -> list[tuple[str, str, bool]]:
    tags: list[Any] = [{**tag.to_dict(), "id": str(tag.id)} for tag in forum.available_tags]
    tags += [{"name": name} for status, name in _NAME.items() if status not in existing]
    try:
        answer = await account.call(
            "PATCH", "/channels/{channel_id}", channel_id=str(forum.id), json={"available_tags": tags}
        )
    except (Forbidden, Rejected):
        # The permission was taken away meanwhile: the post goes without.
        return [(str(tag.id), tag.name, tag.moderated) for tag in forum.available_tags]
    with usable_answer(wrote=False):  # tags that were made twice have the same name, and only one of them is used
        return [(str(tag["id"]), str(tag["name"]), bool(tag["moderated"])) for tag in answer["available_tags"]]
