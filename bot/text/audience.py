"""
For whom a text of an agent is: the customer, the team, or the bot itself. Pure.

It is decided on the text as people read it, in both chats alike: without formatting and without characters that nobody
can see. When in doubt, a text stays inside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.text.normal import normal
from bot.text.plain import plain
from bot.text.tree import Inline, LineBreak, Paragraph, RichText, Words

BOT_NAME: Final = "shopbell"
"""What a chat's adapter calls the bot where it is mentioned, whatever its name in the chat is."""

COMMANDS: Final = frozenset(
    (
        *("assign", "close", "find", "help", "note", "release", "reopen", "reply", "s", "shopbell", "snippet"),
        *("snippets", "snooze", "stats", "take", "tickets", "why"),
    )
)
"""What begins with one of these behind `!` or `/` was meant for the bot, however long it is."""
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0\U0001d159")
_VARIATIONS = (("\ufe00", "\ufe0f"), ("\u180b", "\u180f"), ("\U000e0100", "\U000e01ef"))
_BEFORE = frozenset("*_~`|>#\"'“”‘’„«»([{-+•·▌")
"""Signs that people and programs put before a text: formatting, quotes, lists."""
_COMMAND = re.compile(r"(?P<word>[^\W\d_][\w-]*?)\s*(?P<rest>#?\d*)[.!?…]*")
_WITH_WORDS = re.compile(r"(?P<word>snooze)(?:\s+(?P<rest>.*))?")
"""Commands behind which people type what they mean, of any number of words."""
_FEW_WORDS = re.compile(r"[^\W\d_][\w-]*( [\w#:-]+){1,2}[.!?…]*")
"""`!close please`: nobody writes so to a customer."""
_NAMED = re.compile(rf"[!/](?:{'|'.join(sorted(COMMANDS))})(?=$|[\s,.:;!?])")
_LIST_NUMBER = re.compile(r"\d{1,3}[.)]\s")
_WORD = re.compile(r"\S+")
_LONGEST_NAME = 100
"""Characters after a mention within which its name ends."""
_MOST_SIGNS = 100
"""More signs than that are a text of their own."""
_LONGEST_COMMAND = 100
_STROKES = str.maketrans("\u2044\u2215\u2571\u29f8", "////")


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
    """

    word: str
    rest: str = ""


Audience = ForCustomer | ForTeam | ForBot


def audience(text: str, note_prefixes: Sequence[str]) -> Audience:
    """For whom a text is that a person wrote in a ticket's thread."""
    note = note_of(text, note_prefixes)
    if note is not None:
        return ForTeam(note)
    words = seen(text)
    if _is_bot_named(words):
        return _command(_bare(words[len(BOT_NAME) + 1 :])) or ForBot(words)
    bare = _bare(words)
    asked = bare[1:] if bare[:1] in ("!", "/") else ""
    found = _command(asked.lstrip(" ")) or (ForBot(asked) if _FEW_WORDS.fullmatch(asked) else None)
    return found or _named(words) or ForCustomer()


def _named(words: str) -> ForBot | None:
    """A text of any length that begins with the name of a command."""
    beginning = _bare(words[:_LONGEST_COMMAND])
    return ForBot(beginning[1:]) if _NAMED.match(beginning) else None


def _bare(words: str) -> str:
    """The words without the signs around them, if they are short enough for a command; else an empty text."""
    return _folded(words).strip("".join(_BEFORE) + " ,:") if len(words) <= _LONGEST_COMMAND else ""


def _command(words: str) -> ForBot | None:
    asked = words.lstrip("!/ ")
    found = _WITH_WORDS.fullmatch(asked) or _COMMAND.fullmatch(asked)
    return None if found is None else ForBot(found["word"], found["rest"] or "")


def seen(text: str) -> str:
    """The text without the characters that nobody can see."""
    return "".join(character for character in text if not is_unseen(character)).strip()


def _is_bot_named(words: str) -> bool:
    beginning = f"@{BOT_NAME}"
    after = words[len(beginning) : len(beginning) + 1]
    return _folded(words[: len(beginning)]) == beginning and not (after.isalnum() or after in ("_", "-", "."))


def note_of(text: str, note_prefixes: Sequence[str]) -> str | None:
    """The text of a note without its prefix; None: it does not begin with one."""
    for start in _beginnings(text):
        for prefix in note_prefixes:
            end = _end_of_prefix(text, start, prefix)
            if end is not None:
                return text[end:].lstrip("".join(_FILLERS) + "\ufeff\u200b\u200e\u200f\u2060\ufe0f").strip()
    return None


def _beginnings(text: str) -> Iterator[int]:
    """
    Where the text may begin for a reader.

    That is after what cannot be seen, after signs, a list's number and a mention that are put before a text. Nobody
    knows where the name in a mention ends, so after it the text may begin with each word of the line.
    """
    at, signs, may_be_number, may_be_mention = 0, 0, True, True
    while at < len(text) and signs < _MOST_SIGNS:
        if text[at].isspace() or is_unseen(text[at]):
            at += 1
        elif not text[at].isalnum():
            yield at
            signs += 1
            if may_be_mention and text[at] in "@#":
                may_be_mention = False
                line = text[at : at + _LONGEST_NAME].split("\n", maxsplit=1)[0]
                yield from (at + word.start() for word in _WORD.finditer(line))
            at += 1
        elif may_be_number and (number := _LIST_NUMBER.match(text, at)) is not None:
            may_be_number = False
            at = number.end()
        else:
            break
    yield at


def _end_of_prefix(text: str, start: int, prefix: str) -> int | None:
    """
    Where the prefix ends that a text has at `start`; None: it has another.

    It is read without what cannot be seen, and without space before its signs: `note :`, and `/ /` as telephones write.
    """
    at = start
    for wanted in _folded(prefix):
        if is_unseen(wanted):
            continue
        may_be_apart = at > start and not wanted.isalnum()
        while at < len(text) and (is_unseen(text[at]) or (may_be_apart and text[at].isspace())):
            at += 1
        if at >= len(text) or _folded(text[at]) != wanted:
            return None
        at += 1
    return at


def _folded(text: str) -> str:
    """Letters and signs that look alike as one: full-width signs, capital letters, and all that looks like a stroke."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_STROKES)


def is_unseen(character: str) -> bool:
    """Whether nobody can see this character: it is a mark of its own that shows nothing."""
    if character.isascii():
        return False
    unseen = unicodedata.category(character) == "Cf" or character in _FILLERS
    return unseen or any(first <= character <= last for first, last in _VARIATIONS)


def without_prefix(text: RichText, note: str) -> RichText | None:
    """
    A note with its formatting, without its prefix; None: its plain form has to do.

    Args:
        note: The note's plain form without the prefix.
    """
    first = text[0] if text else None
    if not isinstance(first, Paragraph):
        return None
    surplus = len(plain(text)) - len(note)
    inside = tuple(_dropped(first.inside, surplus))
    shortened = normal((Paragraph(inside), *text[1:]))
    return shortened if plain(shortened) == note else None


def _dropped(inside: Sequence[Inline], count: int) -> Iterator[Inline]:
    for piece in inside:
        if count > 0 and isinstance(piece, Words):
            yield replace(piece, text=piece.text[count:])
            count -= len(piece.text)
        elif count <= 0 or not isinstance(piece, LineBreak):
            yield piece
