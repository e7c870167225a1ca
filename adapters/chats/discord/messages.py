"""
Posts and answers as Discord messages; pure.

Every post is an embed: it holds 4096 characters, nothing in it pings, its first line says who speaks, and its
hidden `url` carries the key by which the message is found again (see `card`). The bell's posts are embeds too, in
small letters and without a name, because plain content would have no place for the key. A post that Discord has
refused so is tried without an embed (see `adapters.chats.plainer_posts`); then the key is a line in small letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any

import discord

from adapters.chats import plainer_posts, shared_wording
from adapters.chats.discord import wording
from adapters.chats.discord.buttons import action_rows
from adapters.chats.discord.card import NOBODY, Json, key_address, key_line, silenced
from adapters.chats.discord.markup import (
    code_block,
    cut_escaped,
    cut_line,
    escape,
    escape_within_line,
    named_link,
    small,
    width,
)
from adapters.chats.discord.writing_markdown import measure, write
from bot.model import Answer, Attachment, DeliveryKey, Form, MentionKind, Picture, Post, Row, Voice
from bot.text import Cuts, one_line, split, units
from bot.text.cutting import cut
from bot.text.file_names import UNNAMED, file_name
from bot.text.names import name_of, shows
from bot.text.plain import plain
from bot.text.tree import RichText

CONTENT_LENGTH = 2000
"""The longest message outside an embed, in characters."""

PICTURE_NAME = "figures.png"
LONGEST_ALTERNATIVE = 1024
"""Characters that Discord takes to say what a picture shows."""

_COLOUR = {
    Voice.CUSTOMER: 0x3BA55D,
    Voice.UNKNOWN: 0x95A5A6,
    Voice.STAFF: 0x5865F2,
    Voice.NOTE: 0xF0B232,
    Voice.BELL: 0x4E5058,
}
_DESCRIPTION = 4000
"""A little under Discord's 4096."""
_EMBEDS = 10
"""So many embeds may be in a message."""
_TOGETHER = 5_500
"""A little under the 6,000 characters that they may have together: the first has a name, too."""
_LONGEST_LINE = 4096
"""The longest description of an embed: a file's address may need all of it."""
_NAME = 200
_PLAIN = 1500
"""How long the words of a message without an embed may be: there is room for who speaks, and for the key."""
_SMALL = len("-# ")
_NO_PREVIEWS = 1 << 2
"""Discord's flag SUPPRESS_EMBEDS: no page is shown for an address in the text."""
_RECENT_POSTS = 4
"""The parts of a long post are asked for one by one; this many formatted posts stay written."""
_ROW_TITLE, _ROW_CELLS = 60, 80
"""Ten rows fit into an embed even if each of their characters has to be escaped."""
_ANSWER_TEXT = 1200
"""How many characters an answer's text may have if a table follows."""


def parts(post: Post) -> int:
    """How many messages the post needs. What is said together has an embed each."""
    if post.further:
        texts = post.apart()
        fits = len(texts) <= _EMBEDS and all(parts(each) == 1 for each in texts)
        return 1 if fits and sum(map(_length, texts)) <= _TOGETHER else len(texts)
    if post.form is Form.FULL:
        return sum(map(len, _bodies(post)))
    return post.plain_from + len(_plain_pieces(post))


def post_message(post: Post, part: int, key: DeliveryKey) -> Json:
    """The body of the request for one part of a post, counted from 0; the buttons are under the last part."""
    if post.form is not Form.FULL and part >= post.plain_from:
        return silenced(_plain_message(post, part, key), silent=post.silent)
    if post.further:
        return silenced(_joined_message(post, key), silent=post.silent)
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
    message: Json = {
        "embeds": [embed],
        "components": action_rows(post.buttons) if is_last else [],
        "allowed_mentions": NOBODY,
    }
    return silenced(message | _ping(post) if part == 0 else message, silent=post.silent)


def _joined_message(post: Post, key: DeliveryKey) -> Json:
    """Each text in an embed with its time; who speaks, and the key, are in the first."""
    first, *others = (post_message(each, 0, key) for each in post.apart())
    for other in others:
        for embed in other["embeds"]:
            first["embeds"].append({name: value for name, value in embed.items() if name not in ("author", "url")})
    return first


def _length(post: Post) -> int:
    """How long a text that needs one embed is, as Discord counts."""
    return units(_bodies(post)[1][0])


def _ping(post: Post) -> Json:
    """What pings somebody. It stands outside the embed, where nothing pings."""
    if post.ping is None:
        return {}
    if post.ping.kind is MentionKind.GROUP:
        return {"content": f"<@&{post.ping.id}>", "allowed_mentions": {**NOBODY, "roles": [post.ping.id]}}
    return {"content": f"<@{post.ping.id}>", "allowed_mentions": {**NOBODY, "users": [post.ping.id]}}


def _plain_message(post: Post, part: int, key: DeliveryKey) -> Json:
    """One part in a plainer form: in no embed, and without formatting."""
    pieces = _plain_pieces(post)
    total = post.plain_from + len(pieces)
    name = cut_line(name_of(post.name), _NAME) or shared_wording.NAMELESS[post.voice]
    speaker = plainer_posts.speaker(post, name, part, total)
    piece = pieces[part - post.plain_from]
    text = plainer_posts.shown(piece if shows(piece) else shared_wording.NO_TEXT, post.form)
    lines = [f"**{escape_within_line(speaker)}**" if speaker else "", _escaped(post.voice, text), key_line(key)]
    ping = _ping(post) if part == 0 else {}
    return {
        "flags": _NO_PREVIEWS,
        "components": action_rows(post.buttons) if part == total - 1 else [],
        "allowed_mentions": NOBODY,
        **ping,
        "content": "\n".join(line for line in (ping.get("content"), *lines) if line),
    }


def _plain_pieces(post: Post) -> tuple[str, ...]:
    return plainer_posts.plain_pieces(_full_words(post), post, _PLAIN, _small_width)


def _full_words(post: Post) -> tuple[str, ...]:
    """The words of each message of the post in full, without formatting."""
    if post.formatted is not None:
        words = [plain(part) for part in cut(post.formatted, _DESCRIPTION, measure)]
    else:
        words = [post.text[start:end] for start, end in _CUTS[post.voice is Voice.BELL].spans(post.text)]
    groups = _attached(_last_body(post), post)
    together = "\n".join([words[-1], *map(_plain_attachment, groups[0])])
    return (*words[:-1], together, *("\n".join(map(_plain_attachment, group)) for group in groups[1:]))


def erased_message(text: str) -> Json:
    """The body of the request that leaves nothing of a post but this text."""
    embed = {"description": small(escape(text)), "color": _COLOUR[Voice.BELL]}
    return {"content": "", "embeds": [embed], "components": [], "attachments": [], "allowed_mentions": NOBODY}


def _name(post: Post, part: int, total: int) -> str:
    """`Jane · customer`: who speaks, and in which role; a customer can have any name, but not another role."""
    role = shared_wording.SPEAKERS[post.voice]
    if not role:
        return ""
    name = f"{cut_line(name_of(post.name), _NAME) or shared_wording.NAMELESS[post.voice]} · {role}"
    if post.voice is Voice.NOTE:
        name = f"🔒 {name}"
    return f"{name} ({part + 1}/{total})" if name and total > 1 else name


def _bodies(post: Post) -> tuple[Sequence[tuple[int, int]], Sequence[str]]:
    """
    Where the text is cut for all messages but the last ones, and the descriptions of these.

    The last ones are the end of the text, then the attachments where there is room. A formatted text has only such.
    """
    if post.formatted is not None:
        first: Sequence[tuple[int, int]] = ()
        before = list(_formatted(post.formatted)[:-1])
    else:
        first, before = _CUTS[post.voice is Voice.BELL].spans(post.text)[:-1], []
    last = _last_body(post)
    groups = _attached(last, post)
    bodies = ["\n".join(line for line in (last, *map(_attachment, groups[0])) if line)]
    bodies += ["\n".join(map(_attachment, group)) for group in groups[1:]]
    return first, [body if shows(body) else shared_wording.NO_TEXT for body in (*before, *bodies)]


def _last_body(post: Post) -> str:
    """How the text ends: the description to which attachments are added."""
    if post.formatted is not None:
        return _formatted(post.formatted)[-1]
    return _escaped(post.voice, post.text[slice(*_CUTS[post.voice is Voice.BELL].spans(post.text)[-1])])


@lru_cache(_RECENT_POSTS)
def _formatted(text: RichText) -> tuple[str, ...]:
    return tuple(write(part) for part in cut(text, _DESCRIPTION, measure))


def _attached(last: str, post: Post) -> list[list[Attachment]]:
    """The attachments by message: those that have room below the last words, then those of each message after that."""
    groups: list[list[Attachment]] = [[]]
    length = units(last)
    for attachment in post.attachments:
        longer = units(_attachment(attachment)) + (1 if length else 0)
        if length + longer > _DESCRIPTION:
            groups.append([])
            length = 0
        groups[-1].append(attachment)
        length += longer
    return groups


def _escaped(voice: Voice, piece: str) -> str:
    return small(escape(piece)) if voice is Voice.BELL and shows(piece) else escape(piece)


def _small_width(text: str) -> int:
    return width(text) + _SMALL * (text.count("\n") + 1)


_CUTS = {False: Cuts(_DESCRIPTION, width), True: Cuts(_DESCRIPTION, _small_width)}
"""For posts of people, and for those of the bell in small letters."""


def _attachment(attachment: Attachment) -> str:
    size = "" if attachment.size is None else f" · {_size(attachment.size)}"
    name = cut_line(file_name(attachment.name), _NAME)
    line = f"📎 {named_link(name, attachment.url)}{size}"
    if units(line) <= _LONGEST_LINE:
        return line
    shorter = f"📎 {named_link(UNNAMED, attachment.url)}"
    return shorter if units(shorter) <= _LONGEST_LINE else f"📎 {named_link(name, None)}{size} {wording.NO_ADDRESS}"


def _plain_attachment(attachment: Attachment) -> str:
    name = cut_line(file_name(attachment.name), _NAME)
    size = "" if attachment.size is None else f" ({_size(attachment.size)})"
    return f"📎 {name}{size}{f' {attachment.url}' if attachment.url else ''}"


def _size(size: int) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size} {unit}"
        size = round(size / 1000)
    return f"{size} GB"


def answer_embeds(answer: Answer) -> list[Json]:
    """The list of an answer as an embed, which has room for ten tickets; none if it has no list."""
    if answer.listing is None or not answer.listing.rows:
        return []
    lines = [_row(row, answer.listing.headings[1:]) for row in answer.listing.rows]
    return [{"description": "\n".join(lines)}]


def picture_file(picture: Picture) -> discord.File:
    """A picture as a file to be sent, with the words for who does not see it."""
    return discord.File(BytesIO(picture.content), PICTURE_NAME, description=picture.alternative[:LONGEST_ALTERNATIVE])


def _row(row: Row, headings: Sequence[str]) -> str:
    title = f"**{named_link(cut_line(row.title, _ROW_TITLE), row.address or None)}**"
    said = " · ".join(f"{heading}: {cell}" for heading, cell in zip(headings, row.cells, strict=True) if cell)
    return f"{title}\n-# {cut_escaped(one_line(said, _ROW_CELLS), _ROW_CELLS)}" if said else title


def kept_parts(text: str) -> tuple[str, ...]:
    """A text as messages that together show the whole of it."""
    return tuple(escape(piece) for piece in split(text, CONTENT_LENGTH, width))


def answer_text(answer: Answer, length: int = CONTENT_LENGTH) -> str:
    """An answer in one message: its text, then its table; lines that do not fit are left out at the end."""
    if answer.table is None:
        return cut_escaped(answer.text, length)
    text = cut_escaped(answer.text, _ANSWER_TEXT)
    head = f"{text}\n" if text else ""
    return head + code_block(answer.table, length - units(head))
