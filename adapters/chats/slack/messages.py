"""A post as the messages that Slack shows it in; pure."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from adapters.chats.slack import blocks, wording
from adapters.chats.slack.blocks import Block, Element
from bot.model import Attachment, Post, Voice
from bot.text import one_line

_NAME = 200
_KIB = 1024
_IN_WORK = 4
"""Each part of a long post is asked for by itself; so many posts are kept cut between their parts."""


def parts(post: Post) -> int:
    """How many messages a post needs: each takes four pieces of 3,000 characters, below what Slack refuses."""
    return -(-len(_pieces(post.text, post.attachments)) // blocks.PIECES)


def render(post: Post, part: int) -> list[Block]:
    """
    The blocks of one part, counted from 0; the buttons stand under the last.

    A person's text is shown in full size below who wrote it, the bell's own in small grey letters.
    """
    first = part * blocks.PIECES
    every = _pieces(post.text, post.attachments)
    total = parts(post)
    if post.voice is Voice.BELL:
        shown = _small(every[first : first + blocks.PIECES])
    else:
        shown = [
            blocks.rich(blocks.section(blocks.words(speaker(post), bold=True))),
            *(blocks.rich(blocks.section(*blocks.verbatim(piece))) for piece in every[first : first + blocks.PIECES]),
        ]
    beside = _beside(post.at, part, total)
    if beside:
        shown.insert(1 if post.voice is not Voice.BELL else 0, {"type": "context", "elements": beside})
    return [*shown, *(blocks.actions(post.buttons) if part == total - 1 else [])]


def fallback(post: Post) -> str:
    """A post where no blocks are shown, in notifications."""
    return blocks.fallback(post.text if post.voice is Voice.BELL else f"{speaker(post)}: {post.text}")


def speaker(post: Post) -> str:
    """`Jane · customer`: who speaks, and as what."""
    name = one_line(post.name, _NAME) or wording.NAMELESS[post.voice]
    role = wording.SPEAKERS[post.voice]
    return f"{name} · {role}" if role and role != name.lower() else name


def _small(pieces: tuple[str, ...]) -> list[Block]:
    return [blocks.context(half) for piece in pieces for half in blocks.small_pieces(piece)]


def _beside(at: datetime | None, part: int, total: int) -> list[Element]:
    """When it was written, in each reader's own time zone, and which part of how many this is."""
    shown: list[Element] = []
    if at is not None:
        stamp, otherwise = int(at.timestamp()), at.strftime("%Y-%m-%d %H:%M UTC")
        shown.append({"type": "mrkdwn", "text": f"<!date^{stamp}^{{date_short_pretty}}, {{time}}|{otherwise}>"})
    if total > 1:
        shown.append({"type": "plain_text", "text": f"{part + 1}/{total}", "emoji": False})
    return shown


@lru_cache(_IN_WORK)
def _pieces(text: str, attachments: tuple[Attachment, ...]) -> tuple[str, ...]:
    """The text and below it a line for each attachment, its address in full; in pieces that fit a block."""
    below = "\n".join(_attachment(attachment) for attachment in attachments)
    return blocks.pieces("\n".join(piece for piece in (text, below) if piece) or wording.NO_TEXT)


def _attachment(attachment: Attachment) -> str:
    size = "" if attachment.size is None else f" ({_readable(attachment.size)})"
    address = f" {attachment.url}" if attachment.url else ""
    return f"📎 {one_line(attachment.name, _NAME) or wording.FILE}{size}{address}"


def _readable(size: int) -> str:
    if size < _KIB:
        return f"{size} B"
    return f"{size / _KIB:.0f} kB" if size < _KIB * _KIB else f"{size / (_KIB * _KIB):.1f} MB"
