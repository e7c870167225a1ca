"""
Posts and answers as Discord messages; pure.

Every post is an embed: it holds 4096 characters, nothing in it pings, its first line says who speaks, and its
hidden `url` carries the key by which the message is found again (see `card`). The bell's posts are embeds too, in
small letters and without a name, because plain content would have no place for the key.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from adapters.chats.discord import wording
from adapters.chats.discord.buttons import action_rows
from adapters.chats.discord.card import NOBODY, Json, key_address
from adapters.chats.discord.markup import code_block, cut_escaped, cut_line, escape, named_link, small, units, width
from bot.model import Answer, Attachment, DeliveryKey, Post, Voice
from bot.text import split

CONTENT_LENGTH = 2000
"""The longest message outside an embed, in characters."""

_COLOUR = {
    Voice.CUSTOMER: 0x3BA55D,
    Voice.UNKNOWN: 0x95A5A6,
    Voice.STAFF: 0x5865F2,
    Voice.NOTE: 0xF0B232,
    Voice.BELL: 0x4E5058,
}
_DESCRIPTION = 4000
"""A little under Discord's 4096."""
_NAME = 200
_SMALL = len("-# ")
_RECENT_POSTS = 4
"""The parts of a long post are asked for one by one; this many posts stay split between two parts."""
_ANSWER_TEXT = 1200
"""How many characters an answer's text may have if a table follows."""


def parts(post: Post) -> int:
    """How many messages the post needs."""
    return len(_bodies(post.voice, post.text, post.attachments))


def post_message(post: Post, part: int, key: DeliveryKey) -> Json:
    """The body of the request for one part of a post, counted from 0; the buttons are under the last part."""
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
    is_last = part == len(bodies) - 1
    return {
        "embeds": [embed],
        "components": action_rows(post.buttons) if is_last else [],
        "allowed_mentions": NOBODY,
    }


def erased_message(text: str) -> Json:
    """The body of the request that leaves nothing of a post but this text."""
    embed = {"description": small(escape(text)), "color": _COLOUR[Voice.BELL]}
    return {"content": "", "embeds": [embed], "components": [], "attachments": [], "allowed_mentions": NOBODY}


def _name(post: Post, part: int, total: int) -> str:
    """`Jane · customer`: who speaks, and in which role; a customer can have any name, but not another role."""
    role = wording.SPEAKERS[post.voice]
    if not role:
        return ""
    name = f"{cut_line(post.name, _NAME) or wording.NAMELESS[post.voice]} · {role}"
    if post.voice is Voice.NOTE:
        name = f"🔒 {name}"
    return f"{name} ({part + 1}/{total})" if name and total > 1 else name


@lru_cache(_RECENT_POSTS)
def _bodies(voice: Voice, text: str, attachments: tuple[Attachment, ...]) -> tuple[str, ...]:
    """The descriptions of all parts: the escaped text in pieces, then the attachments where there is room."""
    bodies = [_escaped(voice, piece) for piece in split(text, _DESCRIPTION, _width_of(voice))]
    for attachment in attachments:
        line = _attachment(attachment)
        together = f"{bodies[-1]}\n{line}" if bodies[-1] else line
        if units(together) <= _DESCRIPTION:
            bodies[-1] = together
        else:
            bodies.append(line)
    return tuple(body or wording.NO_TEXT for body in bodies)


def _escaped(voice: Voice, piece: str) -> str:
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


def answer_text(answer: Answer) -> str:
    """An answer in one message: its text, then its table; lines that do not fit are left out at the end."""
    if answer.table is None:
        return cut_escaped(answer.text, CONTENT_LENGTH)
    text = cut_escaped(answer.text, _ANSWER_TEXT)
    head = f"{text}\n" if text else ""
    return head + code_block(answer.table, CONTENT_LENGTH - units(head))
