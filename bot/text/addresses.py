"""
Where a web address begins and ends in a text: one rule for all scripts and for both directions. Linear.

An address ends at white space, at a quotation mark, at an angle bracket or at a full-width sign (`。`, `，`, `（`).
Punctuation at its end belongs to the sentence; a closing bracket does so only if the address does not open it. A letter
of a script without spaces belongs to an address only after a sign like `/`: `…/wiki/日本`, but not `…/o/1をご覧`.
Telephones write the first letter of a text as a capital: `Https://`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_CJK = "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
_CJK += "\U00020000-\U0003ffff"
_STOPS = r"\s<>\"`|\\^{}\u0000-\u0020\u00a0\u00ab\u00bb\u2018-\u201f\u2026\u2028-\u202f\u3000-\u3004\u3008-\u3020"
_STOPS += r"\u200b\u2060\ufeff\uff01-\uff65"
_PLAIN = rf"[^{_STOPS}{_CJK}]"
_FOUND = re.compile(rf"(?i:https?)://(?=\w)(?:{_PLAIN}|(?<=[/=?&#_%.-])[{_CJK}]+)+")
_TRAILING = ".,;:!?'*~"
_ENDS_SENTENCES = ("Po", "Pd", "Pe", "Pf")
"""What Unicode calls signs like the Arabic question mark, the danda and the long dash."""
_PAIRS = {")": "(", "]": "["}

# In a name of the web, a dot stands before at least two letters: `shop.example`, but not `1.5`.
_NAME_DOT = re.compile(r"(?<=\w)[.\u3002\uff0e\uff61](?=[^\W\d_]{2}|xn--)")
_SCHEME = re.compile(r"http(?=s?:)", re.IGNORECASE)
_IN_NUMBERS = re.compile(r"(?<=//)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})")

# What stands between the digits of a telephone number, where it is written for people.
_GROUPING = re.compile(r"[\s\u2010-\u2015().\-/]|%20")

_WEB_NAME = re.compile(r"\A(?i:https?://)?[^/?#@]*(?=[/?#]|\Z)")
_ENCODED_LETTERS = re.compile(r"(?:%[89a-fA-F][0-9a-fA-F])+")

_KINDS = re.compile(r"(?:https?://|mailto:|tel:)[^\s\x00-\x20\x7f]+", re.IGNORECASE)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the web addresses in a text begin and end."""
    for found in _FOUND.finditer(text):
        end = _end(text, found.start(), found.end())
        if end > found.start() + len("https://"):
            yield found.start(), end


def end_of(text: str, start: int, end: int) -> int | None:
    """Where the address ends that begins at `start`, and not after `end`; None: none begins there."""
    found = _FOUND.match(text, start, end)
    if found is None:
        return None
    last = _end(text, start, found.end())
    return last if last > start + len("https://") else None


def _end(text: str, start: int, end: int) -> int:
    """The end without what belongs to the sentence."""
    surplus = {closing: text.count(closing, start, end) - text.count(opening, start, end)
               for closing, opening in _PAIRS.items()}  # fmt: skip
    while end > start:
        last = text[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _TRAILING and (last.isascii() or unicodedata.category(last) not in _ENDS_SENTENCES):
            break
        end -= 1
    return end


def defused(text: str) -> str:
    """
    The text with every address in it so that people can read it, and no program takes it for one.

    `https://shop.example/o/1` becomes `hxxps://shop[.]example/o/1`; also names that stand without `https://`.
    """
    shown = _IN_NUMBERS.sub(r"\1[.]\2[.]\3[.]\4", _SCHEME.sub("hxxp", text))
    return _NAME_DOT.sub("[.]", shown)


def can_be_opened(address: str) -> bool:
    """Whether this is the address of a page, a mailbox or a telephone, and nothing that a program would run."""
    return _KINDS.fullmatch(address) is not None


def bare(address: str) -> str:
    """An address as people read it: without `mailto:` or `tel:`, and without the mail that somebody has begun."""
    kind, colon, rest = address.partition(":")
    if not colon or kind.lower() not in ("mailto", "tel"):
        return address
    return rest.partition("?")[0] if kind.lower() == "mailto" else rest


def says_the_same(label: str, address: str) -> bool:
    """
    Whether a link's label is its address, perhaps without `https://` or the last slash.

    A telephone number may be grouped in another way, and a mailbox may have a subject for the mail behind it. Letters
    that programs encode (`%C3%B6` for `ö`) and the capitals of a name of the web make no difference.
    """
    kind = address.partition(":")[0].lower()
    shown, whole = (bare(each.strip()).rstrip("/") for each in (label, address))
    if kind == "tel":
        return _GROUPING.sub("", shown) == _GROUPING.sub("", whole) != ""
    if kind == "mailto":
        return shown.lower() == whole.lower() != ""
    shown, whole = _readable(shown), _readable(whole)
    return shown in (whole, whole.removeprefix("https://"), whole.removeprefix("http://"))


def _readable(address: str) -> str:
    """An address of the web as people read it: letters beyond ASCII as themselves, its name in small letters."""
    return _WEB_NAME.sub(lambda name: name[0].lower(), _ENCODED_LETTERS.sub(_decoded, address))


def _decoded(encoded: re.Match[str]) -> str:
    try:
        return bytes.fromhex(encoded[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return encoded[0]
