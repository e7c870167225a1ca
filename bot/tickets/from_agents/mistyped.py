"""
Messages that seem to be meant for shopbell and are no command: what is asked in the thread, what their author is told.

Where a message would be sent, it waits. Where messages stay with the team, nothing hangs on it, so only what is near to
a command or names the bot is answered: not each `!wow`. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.db.rows import MessageRow
from bot.text.audience import ForBot, audience
from bot.tickets.command_words import has_more_than_command, is_doubtful, nearest_command
from bot.wording import mistyped as wording


@dataclass(frozen=True, slots=True)
class Doubt:
    """
    What is said about such a message.

    Attributes:
        in_thread: The question there.
        to_author: What its author alone is told.
    """

    in_thread: str
    to_author: str


def doubt(message: MessageRow, note_prefixes: Sequence[str]) -> Doubt | None:
    """About a message that waits because of it; None: nobody meant it for the bot."""
    if has_more_than_command(message, note_prefixes):
        return Doubt(wording.not_alone_in_thread(), wording.not_alone_to_author())
    found = _doubtful(message, note_prefixes)
    if found is None:
        return None
    near = nearest_command(found.word)
    return Doubt(wording.in_thread(found.word, near), wording.to_author(found.word, near))


def told_of_talk(message: MessageRow, note_prefixes: Sequence[str]) -> str:
    """What the author of a message that stays with the team is told; empty: nothing."""
    if has_more_than_command(message, note_prefixes):
        return wording.not_alone_to_author_of_talk()
    found = _doubtful(message, note_prefixes)
    near = "" if found is None else nearest_command(found.word)
    if found is None or not (near or found.is_addressed):
        return ""
    return wording.to_author_of_talk(found.word, near)


def _doubtful(message: MessageRow, note_prefixes: Sequence[str]) -> ForBot | None:
    found = audience(message.text, note_prefixes)
    return found if isinstance(found, ForBot) and is_doubtful(found) else None
