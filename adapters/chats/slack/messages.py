"""Posts and answers as Slack messages; pure."""

from __future__ import annotations

from datetime import datetime

from adapters.chats.slack import blocks, wording
from adapters.chats.slack.blocks import Block, Element
from adapters.chats.slack.buttons import action_rows
from adapters.chats.slack.markup import width
from bot.model import Answer, Attachment, Post, Voice
from bot.text import Cuts, one_line

_NAME = 200
_KIB = 1024
_CUTS = Cuts(blocks.PIECE, width)


def parts(post: Post) -> int:
    """How many messages a post needs: each has four pieces of 3,000 characters, a little under Slack's limit."""
    return -(-len(_CUTS.spans(_whole(post))) // blocks.PIECES)


def post_blocks(post: Post, part: int) -> list[Block]:
    """
    The blocks of one part, counted from 0; the buttons are under the last part.

    A person's text has normal size, with the person's name above it; the bell's own text has small grey letters.
    """
    first = part * blocks.PIECES
    text = _whole(post)
    cuts = _CUTS.spans(text)
    pieces = tuple(text[start:end] for start, end in cuts[first : first + blocks.PIECES])
    total = -(-len(cuts) // blocks.PIECES)
    if post.voice is Voice.BELL:
        shown = _small(pieces)
    else:
        shown = [
            blocks.rich(blocks.section(blocks.words(speaker(post), bold=True))),
            *(blocks.rich(blocks.section(*blocks.verbatim(piece))) for piece in pieces),
        ]
    details = _details(post.at, part, total)
    if details:
        shown.insert(1 if post.voice is not Voice.BELL else 0, {"type": "context", "elements": details})
    return [*shown, *(action_rows(post.buttons) if part == total - 1 else [])]


def post_fallback(post: Post) -> str:
    """A post where blocks are not shown, as in notifications."""
    return blocks.fallback(post.text if post.voice is Voice.BELL else f"{speaker(post)}: {post.text}")


def speaker(post: Post) -> str:
    """`Jane · customer`: who speaks, and in which role."""
    name = one_line(post.name, _NAME) or wording.NAMELESS[post.voice]
    role = wording.SPEAKERS[post.voice]
    return f"{name} · {role}" if role else name


def _small(pieces: tuple[str, ...]) -> list[Block]:
    return [blocks.context(half) for piece in pieces for half in blocks.small_pieces(piece)]


def _details(at: datetime | None, part: int, total: int) -> list[Element]:
    """When it was written, in each reader's own time zone, and which part this is."""
    shown: list[Element] = []
    if at is not None:
        seconds, otherwise = int(at.timestamp()), at.strftime("%Y-%m-%d %H:%M UTC")
        shown.append({"type": "mrkdwn", "text": f"<!date^{seconds}^{{date_short_pretty}}, {{time}}|{otherwise}>"})
    if total > 1:
        shown.append(blocks.plain(f"{part + 1}/{total}"))
    return shown


def _whole(post: Post) -> str:
    """The text, then a line for each attachment with its full address."""
    below = "\n".join(_attachment(attachment) for attachment in post.attachments)
    return "\n".join(piece for piece in (post.text, below) if piece) or wording.NO_TEXT


def _attachment(attachment: Attachment) -> str:
    size = "" if attachment.size is None else f" ({_size(attachment.size)})"
    address = f" {attachment.url}" if attachment.url else ""
    return f"📎 {one_line(attachment.name, _NAME) or wording.FILE}{size}{address}"


def _size(size: int) -> str:
    if size < _KIB:
        return f"{size} B"
    return f"{size / _KIB:.0f} kB" if size < _KIB * _KIB else f"{size / (_KIB * _KIB):.1f} MB"


def answer_blocks(answer: Answer) -> list[Block]:
    """What only the asker reads: the answer's text, then its table; each is cut at its end if it is too long."""
    shown = [blocks.rich(blocks.section(*blocks.verbatim(piece))) for piece in _answer_pieces(answer)]
    if answer.table:
        shown.append(blocks.rich(blocks.fixed_width(blocks.fitting(answer.table, blocks.PIECE))))
    return shown or [blocks.context("shopbell")]


def _answer_pieces(answer: Answer) -> list[str]:
    return [piece for piece in blocks.pieces(answer.text)[: blocks.PIECES] if piece]
