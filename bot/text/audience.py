"""
For whom a text of an agent is: the customer, the team, or the bot itself. Pure.

It is decided on the text as people read it, in both chats alike: without formatting and without characters that nobody
can see. When in doubt, a text stays inside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.text.as_seen import folded, seen
from bot.text.note_prefixes import note_of

BOT_NAME: Final = "shopbell"
"""What a chat's adapter calls the bot where it is mentioned, whatever its name in the chat is."""

COMMANDS: Final = frozenset(
    (
        *("assign", "close", "find", "help", "note", "release", "reopen", "reply", "s", "shopbell", "snippet"),
        *("snippets", "snooze", "stats", "take", "tickets", "why"),
    )
)
"""What begins with one of these behind `!` or `/` was meant for the bot, however long it is."""
_BEFORE = frozenset("*_~`|>#\"'“”‘’„«»([{-–—+•·▌")
"""Signs that people and programs put before a text: formatting, quotes, lists."""
_COMMAND = re.compile(r"(?P<word>[^\W\d_][\w-]*?)\s*(?P<rest>#?\d*)[.!?…]*")
_WITH_WORDS = re.compile(r"(?P<word>snooze)(?:\s+(?P<rest>.*))?")
"""Commands behind which people type what they mean, of any number of words."""
_FEW_WORDS = re.compile(r"[^\W\d_][\w-]*( [\w#:-]+){1,2}[.!?…]*")
"""`!close please`: nobody writes so to a customer."""
_NAMED = re.compile(rf"(?:\d{{1,3}}[.)]\s)?[!/]+(?P<name>{'|'.join(sorted(COMMANDS))})(?=$|[\s,.:;!?])")
"""Also as an entry of a list, or with its sign more than once."""
_LIKE_EXCLAMATION = frozenset("\u2757\u2755\u01c3")
"""Emoji that telephones offer, and a letter. People begin sentences with them, so only a whole command counts."""
_LONGEST_COMMAND = 100


@dataclass(frozen=True, slots=True)
class ForCustomer:
    """It is a reply."""


@dataclass(frozen=True, slots=True)
class ForTeam:
    """It is a note; `text` is what follows the prefix."""

    text: str


@dataclass(frozen=True, slots=True)
class ForBot:
    """
    It is meant for the bot: up to three words behind `!` or `/`, any number behind a command's name, or a text that
    begins with the bot's name.

    Attributes:
        word: The word in lower case; all words, or how they begin, if there are more of them.
        rest: The number of a ticket that follows it, as typed; of `snooze` all that follows; empty: nothing does.
        is_addressed: Whether the text begins with the bot's name.
    """

    word: str
    rest: str = ""
    is_addressed: bool = False


Audience = ForCustomer | ForTeam | ForBot


def audience(text: str, note_prefixes: Sequence[str]) -> Audience:
    """For whom a text is that a person wrote in a ticket's thread."""
    note = note_of(text, note_prefixes)
    if note is not None:
        return ForTeam(note)
    words = seen(text)
    if _is_bot_named(words):
        return replace(_command(_bare(words[len(BOT_NAME) + 1 :])) or ForBot(words), is_addressed=True)
    bare = _bare(words)
    asked = bare[1:] if bare[:1] in ("!", "/") else ""
    found = _command(asked.lstrip(" ")) or (ForBot(asked) if _FEW_WORDS.fullmatch(asked) else None)
    return found or _named(words) or _with_other_sign(bare) or ForCustomer()


def _with_other_sign(bare: str) -> ForBot | None:
    found = _command(bare[1:].lstrip(" ")) if bare[:1] in _LIKE_EXCLAMATION else None
    return found if found is not None and found.word in COMMANDS else None


def _named(words: str) -> ForBot | None:
    """A text of any length that begins with the name of a command."""
    beginning = _bare(words[:_LONGEST_COMMAND])
    found = _NAMED.match(beginning)
    return None if found is None else ForBot(beginning[found.start("name") :])


def _bare(words: str) -> str:
    """The words without the signs around them, if they are short enough for a command; else an empty text."""
    return folded(words).strip("".join(_BEFORE) + " ,:") if len(words) <= _LONGEST_COMMAND else ""


def _command(words: str) -> ForBot | None:
    asked = words.lstrip("!/ ")
    found = _WITH_WORDS.fullmatch(asked) or _COMMAND.fullmatch(asked)
    return None if found is None else ForBot(found["word"], found["rest"] or "")


def _is_bot_named(words: str) -> bool:
    beginning = f"@{BOT_NAME}"
    after = words[len(beginning) : len(beginning) + 1]
    return folded(words[: len(beginning)]) == beginning and not (after.isalnum() or after in ("_", "-", "."))
