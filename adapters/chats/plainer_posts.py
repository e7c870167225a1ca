"""
The ladder of plainer forms for posts: what each form after the first shows, the same in both chats. Pure.

The parts that are posted in full stay as they are, so the plainer forms begin where those end. Both of them are cut in
the same way: a part that was refused in one has the same words in the next.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from adapters.chats.shared_wording import SPEAKERS
from bot.model import Form, Post
from bot.text import split
from bot.text.addresses import defused

_RECENT_POSTS = 4


def plain_pieces(full: tuple[str, ...], post: Post, length: int, width: Callable[[str], int]) -> tuple[str, ...]:
    """
    The words of each part from `post.plain_from` on.

    Args:
        full: The words of each part as it would be in full, attachments included.
        length: How many units of `width` a part may have, with room for what `shown` adds.
    """
    return _pieces(full[post.plain_from :], length, width)


@lru_cache(_RECENT_POSTS)
def _pieces(full: tuple[str, ...], length: int, width: Callable[[str], int]) -> tuple[str, ...]:
    def with_room(text: str) -> int:
        # Each dot and each colon may get two brackets, and a chat may write a sign before each of them.
        return width(text) + 4 * (text.count(".") + text.count("\uff0e") + text.count("\u3002") + text.count("\uff61"))

    return split("\n".join(full), length, with_room)


def shown(piece: str, form: Form) -> str:
    """A part's words in this form."""
    return defused(piece) if form >= Form.DEFUSED else piece


def speaker(post: Post, name: str, part: int, total: int) -> str:
    """The line above a part that says who speaks: in the plainest form only the role, because a name is not ours."""
    role = SPEAKERS[post.voice]
    words = [role] if post.form >= Form.DEFUSED or not name else [name, role]
    line = " · ".join(word for word in words if word)
    counted = f"({part + 1}/{total})" if total > 1 else ""
    return " ".join(word for word in (line, counted) if word)
