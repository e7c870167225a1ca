"""
Which of a vendor's messages are replies and notes of ours whose id there is unknown. Pure.

Stores change what they keep: they drop emoji, keep or decode entities, wrap and trim lines, put accents apart, lose
letters of other alphabets, add a signature, cut what is long or all behind the first emoji. So an equal text is the
best proof, and a text of which the letters are the same is good enough, if the message was written when ours was sent.
Of equal texts the one with our files is ours; and a message without words only has its files to be known by.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import TypeVar

from bot.model import Author, Kind, Message, MessageId
from bot.text import comparable

_EMOJI_NAME = re.compile(r":[a-z0-9_+\-]{1,60}:")
_LAST_OF_OLDER_KIND = "\uffff"
_TAG = re.compile(r"<[^<>]{1,300}>")
_CLOCKS_APART = timedelta(minutes=2)
"""How far a vendor's clock may be off, where nothing better is known."""
_SECONDS_ONLY = timedelta(seconds=2)
"""A vendor's clock that we know is known to the second, and so are the times of its messages."""
_ANY_ZONE = timedelta(days=1)
"""
What has our very words may have the time of another time zone. It may not be much older: a ticket that is merged with
another one brings what colleagues wrote there, and people often write the same.
"""
_FEW = 20
"""So many letters are no coincidence: a part that is shorter says nothing about the whole."""
_WORD = re.compile(r"[^\W_]+")
_LONGEST_FILE_NAME = 300
_ENTITIES_IN_ENTITIES = 3
_COMPOSED_AT_ONCE = 100

Sent = TypeVar("Sent")


@dataclass(frozen=True, slots=True)
class Attempted:
    """
    A reply or a note that is, or may be, at its vendor under an unknown id.

    Attributes:
        text: As it was sent.
        since: Until when it certainly was not there, by our clock.
        files: The names of its files; of those that its vendor does not take, too.
    """

    kind: Kind
    text: str
    since: datetime
    files: tuple[str, ...] = ()


def claimed(
    attempted: Sequence[tuple[Attempted, Sent]], found: Iterable[Message], ahead: timedelta | None
) -> dict[MessageId, Sent]:
    """
    The messages that are ours: for each vendor id, what was given beside the attempt.

    Each attempt takes one message, the first one first, so two equal replies stay two. Equal texts are taken first, so
    that one that is only alike takes nothing from another; and of each those with the same files.

    Args:
        found: The vendor's messages that are not recorded yet, oldest first. A customer's is never ours.
        ahead: How far the vendor's clock is ahead of ours; None: unknown.
    """
    left = list(attempted)
    candidates = [message for message in found if message.author is not Author.CUSTOMER]
    ours: dict[MessageId, Sent] = {}
    has_any = any(attempt.files for attempt, _ in left) or any(message.attachments for message in candidates)
    for is_same, has_files in product((_is_equal, _is_alike), (_has_our_files, _has_words)[: 1 + has_any]):
        for message in candidates:
            if message.id in ours:
                continue
            for index, (attempt, beside) in enumerate(left):
                if attempt.kind is _kind(message) and has_files(attempt, message) and is_same(attempt, message, ahead):
                    ours[message.id] = beside
                    del left[index]
                    break
    return ours


def _kind(message: Message) -> Kind:
    return Kind.REPLY if message.is_public else Kind.NOTE


def _is_equal(attempt: Attempted, message: Message, ahead: timedelta | None) -> bool:
    return _fits(attempt, message, ahead, _ANY_ZONE) and comparable(attempt.text) == comparable(message.text)


def _is_alike(attempt: Attempted, message: Message, ahead: timedelta | None) -> bool:
    return _fits(attempt, message, ahead) and are_alike(attempt.text, message.text)


def _has_our_files(attempt: Attempted, message: Message) -> bool:
    """Whether all files of a message are ours; it has some, if ours has."""
    left = list(attempt.files)
    for file in message.attachments:
        found = next((name for name in left if is_kept_as(name, file.name)), None)
        if found is None:
            return False
        left.remove(found)
    return bool(message.attachments) or not attempt.files


def _has_words(_: Attempted, message: Message) -> bool:
    return bool(comparable(message.text))


def is_kept_as(sent: str, kept: str) -> bool:
    """
    Whether a kept file's name is what a store makes of a sent one.

    Stores write strokes for blanks and signs, lose letters of other alphabets, cut what is long, and put something
    behind a name that they have already.
    """
    (ours, our_ending), (theirs, their_ending) = _stem_and_ending(sent), _stem_and_ending(kept)
    if our_ending != their_ending:
        return False
    stems = [ours, "_".join(_WORD.findall("".join(sign for sign in ours if sign.isascii())))]
    if theirs in stems or not stems[-1]:
        return True
    is_cut = len(theirs) >= _FEW and any(stem.startswith(theirs) for stem in stems)
    return is_cut or any(theirs.startswith(f"{stem}_") for stem in stems)


def _stem_and_ending(name: str) -> tuple[str, str]:
    stem, dot, ending = unicodedata.normalize("NFC", name[:_LONGEST_FILE_NAME]).casefold().rpartition(".")
    return "_".join(_WORD.findall(stem if dot else ending)), ending if dot else ""


def _fits(attempt: Attempted, message: Message, ahead: timedelta | None, leeway: timedelta = timedelta()) -> bool:
    """Whether a message was not written too early; an unknown time fits."""
    return message.written_at is None or message.written_at >= earliest(attempt.since, ahead) - leeway


def earliest(since: datetime, ahead: timedelta | None) -> datetime:
    """
    By a vendor's clock, when something can have been written there that was not there before `since`.

    Args:
        ahead: How far the vendor's clock is ahead of ours; None: unknown.
    """
    return since - _CLOCKS_APART if ahead is None else since + ahead - _SECONDS_ONLY


def latest(known_at: datetime, ahead: timedelta | None) -> datetime:
    """
    By a vendor's clock, until when something must have been written there that was there at `known_at`.

    Args:
        ahead: How far the vendor's clock is ahead of ours; None: unknown.
    """
    return known_at + _CLOCKS_APART if ahead is None else known_at + ahead + _SECONDS_ONLY


def are_alike(sent: str, kept: str) -> bool:
    """
    Whether a kept text is what a store makes of a sent one.

    That is, if the letters and digits of all alphabets are the same; if those of the Latin alphabet are, and the others
    were lost; if one is a part of the other, as with a signature or a cut; if what is lost begins with an emoji, or
    emoji are kept by their names; or if neither has a letter, and the kept one no sign of its own.
    """
    ours, theirs = _decoded(sent), _decoded(kept)
    letters, kept_letters = _letters(ours), _letters(theirs)
    if letters == kept_letters:
        return bool(letters) or _signs(theirs) <= _signs(ours)
    latin = _latin(ours)
    if latin and latin == _latin(theirs) and 2 * len(latin) >= len(letters):
        return True
    shorter, longer = sorted((letters, kept_letters), key=len)
    return (len(shorter) >= _FEW and shorter in longer) or _is_changed_at_emoji(ours, theirs, letters, kept_letters)


def _is_changed_at_emoji(ours: str, theirs: str, letters: str, kept_letters: str) -> bool:
    """Databases of an older kind end a text before its first emoji; and programs write an emoji as `:name:`."""
    emoji = next((at for at, sign in enumerate(ours) if sign > _LAST_OF_OLDER_KIND), None)
    if emoji is None:
        return False
    is_cut = bool(kept_letters) and kept_letters == _letters(ours[:emoji])
    return is_cut or (bool(letters) and letters == _letters(_EMOJI_NAME.sub("", theirs)))


def _decoded(text: str) -> str:
    """A text without tags, its entities as what they stand for, also where they were encoded again and again."""
    for _ in range(_ENTITIES_IN_ENTITIES):
        text, before = html.unescape(text), text
        if text == before:
            break
    return _TAG.sub(" ", text)


def _letters(text: str) -> str:
    """A text's letters and digits alone, without accents and capitals."""
    # `normalize` takes hours for a million accents on one letter, so it gets the text in pieces.
    pieces = (text[at : at + _COMPOSED_AT_ONCE] for at in range(0, len(text), _COMPOSED_AT_ONCE))
    return "".join(
        sign for piece in pieces for sign in unicodedata.normalize("NFKD", piece.casefold()) if sign.isalnum()
    )


def _signs(text: str) -> set[str]:
    """The signs of a text without letters. A question mark may stand for a sign that was lost."""
    return {sign for sign in text if not sign.isspace()} - {"?"}


def _latin(text: str) -> str:
    """A text's letters and digits of ASCII alone: what every encoding keeps."""
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum()).lower()
