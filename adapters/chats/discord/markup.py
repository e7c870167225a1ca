r"""
Neutral text to Discord's markdown, and back; pure.

`escape` makes a text that Discord shows exactly as it is. A backslash before a sign shows the sign (Discord's rule: a
backslash and one character that is no letter, digit or white space), and `<https://…>` shows the address without a
preview. `discord.utils.escape_markdown` and `escape_mentions` are not enough: they do not change masked links,
`<#id>`, `</command:id>`, `<t:…>`, custom emoji, lists and `-# `.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.text import clean, one_line, split

_URL_CHARACTERS = r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%\[\]]"
_ADDRESS = (
    r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?"
    rf"(?:[/?#](?:{_URL_CHARACTERS}*[A-Za-z0-9/_~=&%$*+@#-])?)?"
)

_ACTIVE = re.compile(
    rf"(?P<address>{_ADDRESS})"
    r"|(?P<protocol>:)(?=//)"
    r"|(?P<everyone>@)(?=everyone|here)"
    r"|(?P<sign>[\\*_~`|<\[\]])"
    r"|^(?P<indent>[^\S\n]*)(?P<start>#(?=#{0,2}(?:\s|$))|>|[+-](?=[\s#]|$))"
    r"|^(?P<number>[^\S\n]*\d+)(?P<dot>[.)])(?=\s|$)",
    re.MULTILINE,
)
# Every character beside which `escape` can put another one; the `://` of an address counts for its two brackets.
_WIDE = frozenset("\\*_~`|<[]@:#>+-.)/")


def escape(text: str) -> str:
    """Neutral text, written so that Discord shows exactly this text."""
    return _ACTIVE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    if found["address"]:
        return f"<{found['address']}>"
    if found["start"]:
        return f"{found['indent']}\\{found['start']}"
    if found["dot"]:
        return f"{found['number']}\\{found['dot']}"
    return f"\\{found[0]}"


def units(text: str) -> int:
    """The text's length in UTF-16 units; Discord's programs count in two ways, and this is the larger."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


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
    """A link that reads as `name`, or only the name if the address is no plain web address."""
    label = escape(clean(name)).replace("\n", " ")
    if url is None or not re.fullmatch(r"https?://[^\s<>()\[\]\\]{1,900}", url):
        return label
    # A label that is itself an address would become a link of its own.
    label = re.sub(r"<(https?)://([^<>]*)>", r"\1\\://\2", label)
    return f"[{label}]({url})"


# ---------------------------------------------------------------- from Discord


@dataclass(frozen=True, slots=True)
class Names:
    """The names for the ids in a message; where a name is missing, the kind is shown."""

    users: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)


_TYPED = re.compile(
    r"```(?:[\w+\-.#]*\n)?(?P<block>.+?)```"
    r"|(?P<ticks>`{1,2})(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|\\(?P<escaped>[^0-9A-Za-z\s])"
    r"|<@!?(?P<user>\d+)>"
    r"|<@&(?P<role>\d+)>"
    r"|<#(?P<channel>\d+)>"
    r"|<a?(?P<emoji>:\w+:)\d+>"
    r"|<t:(?P<moment>-?\d+)(?::(?P<style>[A-Za-z]))?>"
    r"|<(?P<command>/[^<:>\n]+):\d+>"
    r"|<id:(?P<guide>\w+)>"
    r"|\[(?P<label>(?:[^\[\]\\]|\\.)+)\]\((?:<(?P<bracketed>https?://[^\s<>]+)>|(?P<target>https?://[^\s()<>]+))"
    r"(?:\s+\"[^\"]*\")?\)"
    r"|<(?P<autolink>https?://[^\s<>]+)>"
    r"|(?P<bare>https?://[^\s<>]*[^\s<>.,:;\"'\])])",
    re.DOTALL,
)
_DATE_ONLY = frozenset("dD")
_TIME_ONLY = frozenset("tT")


def neutral(content: str, names: Names) -> str:
    """What people read: names instead of ids, `label (address)` for links, no escapes or fences."""
    return clean(_TYPED.sub(lambda found: _readable(found, names), content))


def _readable(found: re.Match[str], names: Names) -> str:
    kind = str(found.lastgroup)
    if kind in ("bracketed", "target"):
        label, target = neutral(found["label"], names), found[kind]
        return target if label == target else f"{label} ({target})"
    if kind in ("style", "moment"):
        return _moment(found)
    value = found[kind]
    if kind == "block":
        return value.strip("\n")
    known = {"user": ("@", names.users), "role": ("@", names.roles), "channel": ("#", names.channels)}
    if kind in known:
        sign, called = known[kind]
        return sign + called.get(value, kind)
    return value


def _moment(found: re.Match[str]) -> str:
    try:
        moment = datetime.fromtimestamp(int(found["moment"]), UTC)
    except (OverflowError, ValueError, OSError):
        return found[0]
    style = found["style"] or ""
    if style in _DATE_ONLY:
        return f"{moment:%Y-%m-%d}"
    if style in _TIME_ONLY:
        return f"{moment:%H:%M} UTC"
    return f"{moment:%Y-%m-%d %H:%M} UTC"
