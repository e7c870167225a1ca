"""
Posts and answers as Discord messages; pure.

Every post is an embed: it holds 4096 characters, nothing in it pings, its first line says who speaks, and its
hidden `url` carries the key by which the message is found again (see `card`). The bell's posts are embeds too, in
small letters and without a name, because plain content would have no place for the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from adapters.chats.discord import wording
from adapters.chats.discord.buttons import action_rows
from adapters.chats.discord.card import NOBODY, Json, key_address
from adapters.chats.discord.markup import code_block, cut_escaped, cut_line, escape, named_link, small, units, width
from adapters.chats.discord.writing_markdown import measure, write
from bot.model import Answer, Attachment, DeliveryKey, Post, Voice
from bot.text import Cuts
from bot.text.cutting import cut
from bot.text.tree import RichText

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
"""The parts of a long post are asked for one by one; this many formatted posts stay written."""
_ANSWER_TEXT = 1200
"""How many characters an answer's text may have if a table follows."""


def parts(post: Post) -> int:
    """How many messages the post needs."""
    return sum(map(len, _bodies(post)))


def post_message(post: Post, part: int, key: DeliveryKey) -> Json:
    """The body of the request for one part of a post, counted from 0; the buttons are under the last part."""
    cuts, last = _bodies(post)
    total = len(cuts) + len(last)
    embed: dict[str, Any] = {
        "description": _escaped(post.voice, post.text[slice(*cuts[part])])
        if part < len(cuts)
        else last[part - len(cuts)],
        "color": _COLOUR[post.voice],
        "url": key_address(key),
    }
    if name := _name(post, part, total):
        embed["author"] = {"name": name}
    if post.at is not None and part == 0:
        embed["timestamp"] = post.at.isoformat()
    is_last = part == total - 1
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


def _bodies(post: Post) -> tuple[Sequence[tuple[int, int]], Sequence[str]]:
    """
    Where the text is cut for all messages but the last ones, and the descriptions of these.

    The last ones are the end of the text, then the attachments where there is room. A formatted text has only such.
    """
    if post.formatted is not None:
        return (), _with_attachments(list(_formatted(post.formatted)), post)
    cuts = _CUTS[post.voice is Voice.BELL].spans(post.text)
    start, end = cuts[-1]
    return cuts[:-1], _with_attachments([_escaped(post.voice, post.text[start:end])], post)


@lru_cache(_RECENT_POSTS)
def _formatted(text: RichText) -> tuple[str, ...]:
    return tuple(write(part) for part in cut(text, _DESCRIPTION, measure))


def _with_attachments(last: list[str], post: Post) -> list[str]:
    for attachment in post.attachments:
        line = _attachment(attachment)
        together = f"{last[-1]}\n{line}" if last[-1] else line
        if units(together) <= _DESCRIPTION:
            last[-1] = together
        else:
            last.append(line)
    return [body or wording.NO_TEXT for body in last]


def _escaped(voice: Voice, piece: str) -> str:
    return small(escape(piece)) if voice is Voice.BELL else escape(piece)


def _small_width(text: str) -> int:
    return width(text) + _SMALL * (text.count("\n") + 1)


_CUTS = {False: Cuts(_DESCRIPTION, width), True: Cuts(_DESCRIPTION, _small_width)}
"""For posts of people, and for those of the bell in small letters."""


def _attachment(attachment: Attachment) -> str:
    size = "" if attachment.size is None else f" · {_size(attachment.size)}"
    return f"📎 {named_link(cut_line(attachment.name, _NAME) or '?', attachment.url)}{size}"


def _size(size: int) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size} {unit}"
        size = round(size / 1000)
    return f"{size} GB"


def answer_text(answer: Answer, length: int = CONTENT_LENGTH) -> str:
    """An answer in one message: its text, then its table; lines that do not fit are left out at the end."""
    if answer.table is None:
        return cut_escaped(answer.text, length)
    text = cut_escaped(answer.text, _ANSWER_TEXT)
    head = f"{text}\n" if text else ""
    return head + code_block(answer.table, length - units(head))
