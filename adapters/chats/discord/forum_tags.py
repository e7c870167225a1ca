"""A ticket's tags in a forum: `Open`, `Closed` and `Waiting for us`, in upper or lower case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import discord

from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import usable_answer
from bot.errors import Forbidden, Rejected
from bot.model import WAITS_FOR_US, Card, Status

_OPEN, _CLOSED, _WAITING = "open", "closed", "waiting for us"
_NAMES = {_OPEN: "Open", _CLOSED: "Closed", _WAITING: "Waiting for us"}
_TAGS_OF_FORUM = 20
_TAGS_OF_POST = 5

_Tag = tuple[str, str, bool]
"""A tag of a forum: its id, its name, and whether only moderators may use it."""


async def tags_for(
    account: Account, forum: discord.ForumChannel, card: Card | None, now: Iterable[str] = (), *, asks: bool = False
) -> list[str]:
    """
    The ids of the tags that a post shall have: people's own, then those of ours that exist and for which there is room.

    If the forum lacks our tags, they are made, provided that the bot may do so.

    Args:
        card: The ticket's; None: a post about no ticket, which gets any tag if the forum demands one.
        now: The tags that the post has, deleted ones too; changing tags replaces all of them.
        asks: Whether to ask Discord which tags there are, as what the gateway has told was refused; none are made then.
    """
    available = await _asked_for(account, forum) if asks else _told(forum)
    if card is None:
        return [tag for tag, _, _ in available][: int(forum.flags.require_tag)]
    ours = _ours(available)
    if len(ours) < len(_NAMES) and _may_make_tags(forum) and not asks:
        available = await _make(account, forum, ours)
        ours = _ours(available)
    theirs = {tag for tag, _, _ in available} - set(ours.values())
    kept = [tag for tag in now if tag in theirs]
    wanted = [ours[name] for name in _wanted(card) if name in ours]
    if wanted and len(kept) < _TAGS_OF_POST:
        return [*kept, *wanted][:_TAGS_OF_POST]
    if not kept and forum.flags.require_tag:
        return [tag for tag, _, _ in available if tag not in ours.values()][:1]
    return kept


def _wanted(card: Card) -> tuple[str, ...]:
    """The most important first: there may not be room for both."""
    if card.status is Status.CLOSED:
        return (_CLOSED,)
    return (_OPEN, _WAITING) if card.standing in WAITS_FOR_US else (_OPEN,)


def _ours(available: Sequence[_Tag]) -> dict[str, str]:
    by_name = {name.casefold(): tag for tag, name, _ in reversed(available)}
    return {name: by_name[name] for name in _NAMES if name in by_name}


def _may_make_tags(forum: discord.ForumChannel) -> bool:
    # Without the gateway we do not know our own permissions there.
    me: discord.Member | None = forum.guild.me
    return (
        me is not None
        and forum.permissions_for(me).manage_channels
        and len(forum.available_tags) + len(_NAMES) <= _TAGS_OF_FORUM
    )


async def _make(account: Account, forum: discord.ForumChannel, existing: dict[str, str]) -> list[_Tag]:
    tags: list[Any] = [{**tag.to_dict(), "id": str(tag.id)} for tag in forum.available_tags]
    tags += [{"name": shown} for name, shown in _NAMES.items() if name not in existing]
    try:
        answer = await account.call(
            "PATCH", "/channels/{channel_id}", channel_id=str(forum.id), json={"available_tags": tags}
        )
    except (Forbidden, Rejected):
        # The permission was taken away meanwhile: the post goes without.
        return _told(forum)
    return _tags_in(answer)  # tags that were made twice have the same name, and only one of them is used


def _told(forum: discord.ForumChannel) -> list[_Tag]:
    return [(str(tag.id), tag.name, tag.moderated) for tag in forum.available_tags]


async def _asked_for(account: Account, forum: discord.ForumChannel) -> list[_Tag]:
    return _tags_in(await account.call("GET", "/channels/{channel_id}", channel_id=str(forum.id)))


def _tags_in(answer: Any) -> list[_Tag]:
    with usable_answer(wrote=False):
        return [(str(tag["id"]), str(tag["name"]), bool(tag["moderated"])) for tag in answer["available_tags"]]
