"""Posts and answers as Slack messages; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from adapters.chats import plainer_posts, shared_wording
from adapters.chats.slack import blocks, wording
from adapters.chats.slack.blocks import Block, Element
from adapters.chats.slack.buttons import action_rows
from adapters.chats.slack.markup import escape, width
from adapters.chats.slack.writing_blocks import LONGEST_ADDRESS, measure, write
from bot.model import Answer, Attachment, Form, Listing, Mention, MentionKind, Post, Row, Voice
from bot.text import Cuts, one_line
from bot.text.cutting import cut
from bot.text.file_names import file_name
from bot.text.names import name_of, shows
from bot.text.normal_form import normal
from bot.text.plain import plain
from bot.text.tree import RichText, verbatim

_NAME = 200
_ROW_TITLE = 100
_KIB = 1024
_CUTS = Cuts(blocks.PIECE, width)
_PLAIN = 2_500
"""How long the words of a message without blocks may be: there is room for who speaks."""
_RECENT_POSTS = 4
"""The parts of a long post are asked for one by one; this many formatted posts stay written."""


def parts(post: Post) -> int:
    """How many messages a post needs: each has four pieces of 3,000 characters, a little under Slack's limit."""
    if post.further:
        texts = post.apart()
        return 1 if sum(_length(each) for each in texts) <= blocks.PIECE * blocks.PIECES else len(texts)
    if post.form is Form.FULL:
        return -(-_count(post) // blocks.PIECES)
    return post.plain_from + len(_plain_words(post))


def is_plain(post: Post, part: int) -> bool:
    """Whether this part is a text without blocks."""
    return post.form is not Form.FULL and part >= post.plain_from


def plain_blocks(post: Post, part: int, *, in_block: bool = False) -> list[Block]:
    """
    The blocks of a part that is a text: none, or if it has buttons, the text and them.

    Args:
        in_block: Whether the text stands in a block in any case.
    """
    words = {"type": "section", "text": blocks.plain(blocks.fitting(_plain_text(post, part), blocks.PIECE))}
    if not post.buttons or post.form is not Form.PLAIN or part < parts(post) - 1:
        return [words] if in_block else []
    return [words, *action_rows(post.buttons)]


def plain_text(post: Post, part: int) -> str:
    """A part that is a text, escaped."""
    words = escape(_plain_text(post, part))
    if post.ping is None or part > 0:
        return words
    is_group = post.ping.kind is MentionKind.GROUP
    return f"<!subteam^{post.ping.id}> {words}" if is_group else f"<@{post.ping.id}> {words}"


def _plain_text(post: Post, part: int) -> str:
    pieces = _plain_words(post)
    name = name_of(post.name, length=_NAME) or shared_wording.NAMELESS[post.voice]
    line = plainer_posts.speaker(post, name, part, post.plain_from + len(pieces))
    return "\n".join(piece for piece in (line, plainer_posts.shown(pieces[part - post.plain_from], post.form)) if piece)


def _plain_words(post: Post) -> tuple[str, ...]:
    return plainer_posts.plain_pieces(_full_words(post), post, _PLAIN, width)


def _full_words(post: Post) -> tuple[str, ...]:
    """The words of each message of the post in full, without formatting."""
    if post.formatted is None:
        whole = _whole(post)
        pieces = tuple(whole[start:end] for start, end in _CUTS.spans(whole))
    else:
        pieces = tuple(plain(part) for part in _formatted_parts(post.formatted, post.attachments))
    starts = range(0, len(pieces), blocks.PIECES)
    return tuple("\n".join(pieces[start : start + blocks.PIECES]) for start in starts)


def post_blocks(post: Post, part: int) -> list[Block]:
    """
    The blocks of one part, counted from 0; the buttons are under the last part.

    A person's text has normal size, with the person's name above it; the bell's own text has small grey letters.
    """
    if post.further:
        return _joined_blocks(post)
    first = part * blocks.PIECES
    total = parts(post)
    if post.voice is Voice.BELL:
        shown = [block for piece in _plain_pieces(post, first) for block in _bell(piece)]
        if post.ping is not None and part == 0:
            shown.insert(0, blocks.rich(blocks.section(_mentioned(post.ping))))
    else:
        shown = [
            blocks.rich(blocks.section(blocks.words(speaker(post), bold=True))),
            *_shown_pieces(post, first),
        ]
    details = _details(post.at, part, total)
    if details:
        shown.insert(1 if post.voice is not Voice.BELL else 0, {"type": "context", "elements": details})
    return [*shown, *(action_rows(post.buttons) if part == total - 1 else [])]


def _length(post: Post) -> int:
    """How long one text is, as Slack counts; a text that needs a second message is too long for any."""
    if _count(post) > blocks.PIECES:
        return blocks.PIECE * blocks.PIECES + 1
    if post.formatted is None:
        return width(_whole(post))
    return sum(map(measure, normal((*post.formatted, *_below(post.attachments)))))


def _joined_blocks(post: Post) -> list[Block]:
    """Who speaks, once, and each text under its time."""
    shown = [blocks.rich(blocks.section(blocks.words(speaker(post), bold=True)))]
    for each in post.apart():
        details = _details(each.at, 0, 1)
        shown += [{"type": "context", "elements": details}] if details else []
        shown += _shown_pieces(each, 0)
    return shown


def _mentioned(mention: Mention) -> Element:
    if mention.kind is MentionKind.GROUP:
        return {"type": "usergroup", "usergroup_id": mention.id}
    return {"type": "user", "user_id": mention.id}


def post_fallback(post: Post) -> str:
    """A post where blocks are not shown, as in notifications."""
    text = "\n".join((post.text, *(each.text for each in post.further)))
    return blocks.fallback(text if post.voice is Voice.BELL else f"{speaker(post)}: {text}")


def speaker(post: Post) -> str:
    """`Jane · customer`: who speaks, and in which role."""
    name = name_of(post.name, length=_NAME) or shared_wording.NAMELESS[post.voice]
    role = shared_wording.SPEAKERS[post.voice]
    return f"{name} · {role}" if role else name


def _bell(piece: str) -> list[Block]:
    """Small letters, in which Slack makes no address clickable: a text with one has normal size."""
    elements = blocks.verbatim(piece)
    if any(element["type"] == "link" for element in elements):
        return [blocks.rich(blocks.section(*elements))]
    return [blocks.context(half) for half in blocks.small_pieces(piece)]


def _details(at: datetime | None, part: int, total: int) -> list[Element]:
    """When it was written, in each reader's own time zone, and which part this is."""
    shown: list[Element] = []
    if at is not None:
        seconds, otherwise = int(at.timestamp()), at.strftime("%Y-%m-%d %H:%M UTC")
        shown.append({"type": "mrkdwn", "text": f"<!date^{seconds}^{{date_short_pretty}}, {{time}}|{otherwise}>"})
    if total > 1:
        shown.append(blocks.plain(f"{part + 1}/{total}"))
    return shown


def _count(post: Post) -> int:
    """How many pieces the text has."""
    if post.formatted is None:
        return len(_CUTS.spans(_whole(post)))
    return len(_formatted_pieces(post.formatted, post.attachments))


def _plain_pieces(post: Post, first: int) -> tuple[str, ...]:
    """The pieces of a message, from this one."""
    text = _whole(post)
    return tuple(text[start:end] for start, end in _CUTS.spans(text)[first : first + blocks.PIECES])


def _shown_pieces(post: Post, first: int) -> list[Block]:
    if post.formatted is None:
        return [blocks.rich(blocks.section(*blocks.verbatim(piece))) for piece in _plain_pieces(post, first)]
    pieces = _formatted_pieces(post.formatted, post.attachments)
    return [blocks.rich(*elements) for elements in pieces[first : first + blocks.PIECES]]


@lru_cache(_RECENT_POSTS)
def _formatted_pieces(text: RichText, attachments: tuple[Attachment, ...]) -> tuple[list[Element], ...]:
    return tuple(map(write, _formatted_parts(text, attachments)))


def _formatted_parts(text: RichText, attachments: tuple[Attachment, ...]) -> Iterable[RichText]:
    return cut(normal((*text, *_below(attachments))), blocks.PIECE, measure)


def _below(attachments: tuple[Attachment, ...]) -> RichText:
    return verbatim("\n".join(map(_attachment, attachments)))


def _whole(post: Post) -> str:
    """The text, then a line for each attachment with its full address."""
    below = "\n".join(_attachment(attachment) for attachment in post.attachments)
    return "\n".join(piece for piece in (post.text, below) if shows(piece)) or shared_wording.NO_TEXT


def _attachment(attachment: Attachment) -> str:
    size = "" if attachment.size is None else f" ({_size(attachment.size)})"
    url = attachment.url or ""
    address = f" {url if width(url) <= LONGEST_ADDRESS else wording.NO_ADDRESS}" if url else ""
    return f"📎 {file_name(attachment.name)}{size}{address}"


def _size(size: int) -> str:
    if size < _KIB:
        return f"{size} B"
    return f"{size / _KIB:.0f} kB" if size < _KIB * _KIB else f"{size / (_KIB * _KIB):.1f} MB"


def answer_blocks(answer: Answer) -> list[Block]:
    """What only the asker reads: text, table and buttons; text and table are cut at their ends, what is kept is not."""
    shown = [blocks.rich(blocks.section(*blocks.verbatim(piece))) for piece in _answer_pieces(answer)]
    if answer.table:
        shown.append(blocks.rich(blocks.fixed_width(blocks.fitting(answer.table, blocks.PIECE))))
    if answer.listing is not None and answer.listing.rows:
        shown.append(_listing(answer.listing))
    shown += [blocks.rich(blocks.section(*blocks.verbatim(piece))) for piece in blocks.pieces(answer.kept) if piece]
    return [*(shown or [blocks.context("shopbell")]), *action_rows(answer.buttons)]


def _listing(listing: Listing) -> Block:
    rows = [[blocks.cell(heading) for heading in listing.headings]]
    rows += [[_title_cell(row), *map(blocks.cell, row.cells)] for row in listing.rows]
    return blocks.table(rows)


def _title_cell(row: Row) -> Element:
    title = one_line(row.title, _ROW_TITLE)
    return blocks.rich(blocks.section(blocks.link(row.address, title) if row.address else blocks.words(title)))


def _answer_pieces(answer: Answer) -> list[str]:
    return [piece for piece in blocks.pieces(answer.text)[: blocks.PIECES] if piece]
