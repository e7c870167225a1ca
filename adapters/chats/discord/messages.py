"""
What is said in a thread, as Discord messages; pure.

Everybody speaks in an embed: it holds 4096 characters, nothing in it pings, its bar shows by colour who speaks, and
its unseen `url` carries the key by which the message is found again (see `card`). The bell speaks in one too, in small
letters and without a name: content alone would have no place for the key.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from adapters.chats.discord import wording
from adapters.chats.discord.buttons import rows
from adapters.chats.discord.card import NOBODY, Json, key_address
from adapters.chats.discord.markup import cut_line, escape, named_link, small, units, width
from bot.model import Attachment, DeliveryKey, Post, Voice
from bot.text import split

_COLOUR = {Voice.CUSTOMER: 0x3BA55D, Voice.STAFF: 0x5865F2, Voice.NOTE: 0xF0B232, Voice.BELL: 0x4E5058}
_DESCRIPTION = 4000
"""A little under Discord's 4096."""
_NAME = 240
_SMALL = len("-# ")
_IN_WORK = 4
"""Each part of a long post is asked for by itself; so many posts are kept cut between their parts."""


def parts(post: Post) -> int:
    """How many messages the post needs."""
    return len(_bodies(post.voice, post.text, post.attachments))


def post_message(post: Post, part: int, key: DeliveryKey) -> Json:
    """The body of the request that says one part of a post, counted from 0; the buttons are under the last part."""
    bodies = _bodies(post.voice, post.text, post.attachments)
    embed: dict[str, Any] = {
        "description": bodies[part],
        "color": _COLOUR[post.voice],
        "url": key_address(key),
    }
    if name := _name(post, part, len(bodies)):
        embed["author"] = {"name": name}
    if post.at is not None and part == 0:
        embed["timestamp"] = post.at.isoformat()
    last = part == len(bodies) - 1
    return {"embeds": [embed], "components": rows(post.buttons) if last else [], "allowed_mentions": NOBODY}


def _name(post: Post, part: int, of: int) -> str:
    name = cut_line(post.name, _NAME)
    if post.voice is Voice.NOTE:
        name = f"🔒 {name}"
    return f"{name} ({part + 1}/{of})" if name and of > 1 else name


@lru_cache(_IN_WORK)
def _bodies(voice: Voice, text: str, attachments: tuple[Attachment, ...]) -> tuple[str, ...]:
    """The descriptions of all parts: the escaped text in pieces, then the attachments where there is room."""
    bodies = [_spoken(voice, piece) for piece in split(text, _DESCRIPTION, _width_of(voice))]
    for attachment in attachments:
        line = _attachment(attachment)
        together = f"{bodies[-1]}\n{line}" if bodies[-1] else line
        if units(together) <= _DESCRIPTION:
            bodies[-1] = together
        else:
            bodies.append(line)
    return tuple(body or wording.NO_TEXT for body in bodies)


def _spoken(voice: Voice, piece: str) -> str:
    return small(escape(piece)) if voice is Voice.BELL else escape(piece)


def _width_of(voice: Voice) -> Any:
    if voice is not Voice.BELL:
        return width
    return lambda text: width(text) + _SMALL * (text.count("\n") + 1)


def _attachment(attachment: Attachment) -> str:
    size = "" if attachment.size is None else f" · {_size(attachment.size)}"
    return f"📎 {named_link(cut_line(attachment.name, _NAME) or '?', attachment.url)}{size}"


def _size(size: int) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size} {unit}"
        size = round(size / 1000)
    return f"{size} GB"
