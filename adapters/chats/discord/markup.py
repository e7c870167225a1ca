r"""
Neutral text to Discord's markdown; pure. Formatted text is in `writing_markdown`, the way back in `reading_markdown`.

`escape` makes a text that Discord shows exactly as it is. A backslash before a sign shows the sign (Discord's rule: a
backslash and one character that is no letter, digit or white space), and `<https://…>` shows the address without a
preview. `discord.utils.escape_markdown` and `escape_mentions` are not enough: they do not change masked links,
`<#id>`, `</command:id>`, `<t:…>`, custom emoji, short codes (`user:key:1`), lists and `-# `.
"""

from __future__ import annotations

import re

from bot.text import addresses, clean, one_line, split, units

_ACTIVE = re.compile(
    r"(?P<colon>:)(?=//|(?!\d{1,2}:)[\w+\-]{1,100}(?:::skin-tone-\d)?:)"
    r"|(?P<everyone>@)(?=everyone|here)"
    r"|(?P<sign>[\\*_~`|<\[\]])"
    r"|^(?P<indent>[^\S\n]*)(?P<start>#(?=#{0,2}(?:\s|$))|>|[+-](?=[\s#]|$))"
    r"|^(?P<number>[^\S\n]*\d+)(?P<dot>[.)])(?=\s|$)",
    re.MULTILINE,
)
# Every character beside which `escape` can put another one; the `://` of an address counts for its two brackets.
_WIDE = frozenset("\\*_~`|<[]@:#>+-.)/")


_ENCODED = {ord(sign): f"%{ord(sign):02X}" for sign in "()[]"}


def escape(text: str) -> str:
    """Neutral text, written so that Discord shows exactly this text."""
    pieces: list[str] = []
    end = 0
    for start, after in addresses.spans(text):
        pieces += [_escape_between(text, end, start), f"<{text[start:after]}>"]
        end = after
    return "".join([*pieces, _escape_between(text, end, len(text))])


def escape_within_line(text: str) -> str:
    """Text that does not begin its line, so that no list, quote or heading begins with it."""
    return escape(f".{text}")[1:]


def escape_label(label: str) -> str:
    """A link's label, in which no address becomes a link of its own, and no heading begins."""
    return _escape_between(label, 0, len(label))


def _escape_between(text: str, start: int, end: int) -> str:
    pieces: list[str] = []
    done = start
    for found in _ACTIVE.finditer(text, start, end):
        pieces += [text[done : found.start()], _escaped(found)]
        done = found.end()
    return "".join([*pieces, text[done:end]])


def _escaped(found: re.Match[str]) -> str:
    if found["start"]:
        return f"{found['indent']}\\{found['start']}"
    if found["dot"]:
        return f"{found['number']}\\{found['dot']}"
    return f"\\{found[0]}"


def width(text: str) -> int:
    """At least the length of the escaped text; never smaller for a longer text, so that `split` can use it."""
    return units(text) + sum(map(text.count, _WIDE))


def cut_line(text: str, length: int) -> str:
    """The text on one line, cut with an ellipsis to `length` units. Not escaped: for names, which have no format."""
    line = one_line(text, len(text) + 1)
    return line if units(line) <= length else split(line[:length], length - 1, units)[0] + "…"


def cut_escaped(text: str, length: int) -> str:
    """The text escaped, cut with an ellipsis if it would be longer than `length`; line breaks stay."""
    return escape(text) if width(text) <= length else escape(split(text[:length], length - 1, width)[0]) + "…"


def small(escaped: str) -> str:
    """Every line of an escaped text in small grey letters."""
    return "\n".join(f"-# {line}" if line.strip() else line for line in escaped.split("\n"))


def code_block(table: str, length: int) -> str:
    """Lines in a fixed-width font; lines that do not fit into `length` units are left out at the end."""
    fence = "```"
    lines = table.replace("`", "'").split("\n")
    most = length - 2 * len(fence) - 2
    shown = "\n".join(lines)
    while units(shown) > most and len(lines) > 1:
        lines.pop()
        shown = "\n".join([*lines, "…"])
    if units(shown) > most:
        shown = cut_line(shown, most)
    return f"{fence}\n{shown}\n{fence}"


def named_link(name: str, url: str | None) -> str:
    """
    A link that reads as `name`, or only the name if the address is no web address.

    Discord documents no limit for the address but that of the whole text, so it is for the caller to see that it fits.
    """
    label = clean(name).replace("\n", " ")
    if url is None or not re.fullmatch(r"(?i:https?)://[^\s<>\\]+", url):
        return escape_within_line(label)
    # The link would end at a bracket of the address; %28 is the same to whoever is asked for it.
    return f"[{escape_label(label)}]({url.translate(_ENCODED)})"
