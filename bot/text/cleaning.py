r"""
Neutral text: the common form between the markups of vendors and of chats.

It is plain Unicode with `\n` line ends and without control characters, and nothing in it is markup. A vendor adapter
converts its vendor's text to it. A chat adapter escapes it for its platform, and converts what people typed to it.

Anybody can write these texts, so the time of every function is linear in the length of its text, whatever is in it.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
# Word processors end a line by a vertical tab, and printed texts end a page by a form feed.
_TABS_AND_FEEDS = "\x0b\x0c"
# Windows' signs, where a program took their bytes for Latin-1: `it\x92s`, and a price without its `€`. One of them, the
# ellipsis, is also Unicode's end of a line.
_WINDOWS = {code: bytes((code,)).decode("cp1252", "ignore") for code in range(0x80, 0xA0) if code != 0x85}
_MEANT = _WINDOWS | dict.fromkeys(map(ord, _TABS_AND_FEEDS), "\n")
_HAS_MEANING = re.compile(r"[\x0b\x0c\x80-\x84\x86-\x9f]")
# Control characters, lone surrogates, and what overrides the direction of text: with that, a text can look different
# from what it is.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_SURROGATES_IN_JSON = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_COMPOSED_AT_ONCE = 100


def visible(text: str) -> str:
    """
    The text without control characters, lone surrogates and overrides of direction; its line ends stay.

    What people see in place of some controls is written as that: a vertical tab ends a line, 0x80 is a euro sign.
    """
    return _INVISIBLE.sub("", text.translate(_MEANT) if _HAS_MEANING.search(text) else text)


def clean(text: str) -> str:
    r"""Make any text neutral: `\n` line ends, no control characters, no lone surrogates, no space at the ends."""
    return cleaned_lines(text).strip()


def cleaned_lines(text: str) -> str:
    r"""Like `clean`, but with the space at the ends: `\n` line ends, no control characters, no lone surrogates."""
    return visible(_LINE_ENDS.sub("\n", text))


def json_without_lone_surrogates(text: str) -> str:
    r"""
    JSON whose values can be written anywhere: `\ud83d` without its other half is left out.

    JSON allows it, and Python reads it. But no file, database or request can hold such a text.
    """
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _SURROGATES_IN_JSON.sub(lambda found: "" if found["lone"] else found[0], text)


def comparable(text: str) -> str:
    """
    A form that is equal for a text as it was sent and as a vendor stored it.

    Vendors trim text, merge white space and compose letters; they do not change words.
    """
    return " ".join(_composed(word) for word in clean(text).split())


def _composed(word: str) -> str:
    """A word with composed letters. In pieces, because `normalize` takes hours for a million accents on one letter."""
    if word.isascii() or len(word) <= _COMPOSED_AT_ONCE:
        return unicodedata.normalize("NFC", word)
    pieces = (word[at : at + _COMPOSED_AT_ONCE] for at in range(0, len(word), _COMPOSED_AT_ONCE))
    return "".join(unicodedata.normalize("NFC", piece) for piece in pieces)


def signed(agent: str, text: str) -> str:
    """A text with its author's name before it, as a note is stored at a vendor."""
    return f"{agent}: {text}"


def escaped(text: str, keep: str = "") -> str:
    r"""
    The text as a terminal may show it: what would control the terminal, or turn the text around, stands as `\x1b`.

    Args:
        keep: Control characters that stay, for example line ends.
    """
    return "".join(character if character in keep else _visible(character) for character in text)


def _visible(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or _INVISIBLE.match(character)
    return character.encode("unicode_escape").decode("ascii") if hidden else character
