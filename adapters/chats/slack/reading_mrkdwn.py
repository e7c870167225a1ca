"""
Slack's mrkdwn as a tree, for messages that have no `rich_text` block; pure.

Slack escapes only `&`, `<` and `>`; everything in angle brackets is a link, a mention or a date. A mark counts only
where a word begins or ends, and within one line. Source: docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from adapters.chats import shared_wording
from adapters.chats.markup_ends import Places
from adapters.chats.slack import wording
from adapters.chats.slack.emoji import CODE, characters
from adapters.chats.slack.markup import unescape
from adapters.chats.unfinished_blocks import Building
from bot.text import cleaned_lines
from bot.text.addresses import bare, can_be_opened, says_the_same
from bot.text.normal_form import normal
from bot.text.tree import (
    BREAK,
    PLAIN,
    Block,
    Code,
    Inline,
    Link,
    Mention,
    Moment,
    Quote,
    RichText,
    Style,
    Words,
    verbatim,
)


@dataclass(frozen=True, slots=True)
class Names:
    """The names for the ids in a message; where a name is missing, the kind is shown, never the id."""

    users: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)


_DEEPEST = 6
_LONGEST = 100_000
"""Characters, far more than Slack allows. A longer text is not looked through for formatting."""
_TOKEN = re.compile(r"```|[`*_~<:\n]")
_FENCE_END = re.compile(r"```")
_CODE_END = re.compile(r"`(?![\w`])")
_BRACKETED = re.compile(r"<(?P<target>[^<>|\n]+)(?:\|(?P<label>[^<>\n]*))?>")
_QUOTE = re.compile(r"(?:&gt;|>) ?")
_QUOTE_REST = re.compile(r"(?:&gt;|>){3} ?")
_ENDS = {
    "*": re.compile(r"(?<![\s*])\*(?![^\W_]|\*)"),
    "_": re.compile(r"(?<![\s_])_(?!\w)"),
    "~": re.compile(r"(?<![\s~])~(?![^\W_]|~)"),
}
_STYLES: Final = {"*": "bold", "_": "italic", "~": "strike"}
_LINE_END = re.compile(r"\n")
_ID = re.compile(r"[@#]?[BCDEFGSTUW][0-9A-Z]{7,20}")
BROADCASTS: Final = ("here", "channel", "everyone")


def read(markup: str, names: Names) -> RichText:
    """What people see of a message in mrkdwn. Never raises."""
    if len(markup) > _LONGEST:
        return verbatim(markup)
    return normal(_Reader(cleaned_lines(markup), names).blocks())


def people_in(markup: str) -> frozenset[str]:
    """The ids of the people who are mentioned."""
    return frozenset(found["target"][1:] for found in _BRACKETED.finditer(markup) if found["target"][0] == "@")


def labels_in(markup: str) -> dict[str, str]:
    """The names that the text itself gives for ids of channels and user groups."""
    labels = (
        (found["target"].removeprefix("#").removeprefix("!subteam^"), unescape(found["label"]).removeprefix("@"))
        for found in _BRACKETED.finditer(markup)
        if found["label"] and found["target"].startswith(("#", "!subteam^"))
    )
    return {target: label for target, label in labels if not is_id(label)}


def is_id(label: str) -> bool:
    """Whether this is an id of Slack's, which says nothing to people."""
    return _ID.fullmatch(label) is not None


class _Reader:
    """Reads one text; the places where marks can end are looked for once."""

    def __init__(self, text: str, names: Names) -> None:
        self._text = text
        self._names = names
        self._ends = {mark: Places(text, pattern) for mark, pattern in _ENDS.items()}
        self._code_ends = Places(text, _CODE_END)
        self._fence_ends = Places(text, _FENCE_END)
        self._line_ends = Places(text, _LINE_END)
        self._building = Building()

    def blocks(self, *, quoted: bool = False) -> list[Block]:
        """The whole text; within a quote there is no other one."""
        at, end = 0, len(self._text)
        while at < end:
            if not quoted and (not at or self._text[at - 1] == "\n"):
                after = self._quote(at)
                if after is not None:
                    at = after
                    continue
            at = self._next(at, end, self._building.line, PLAIN, 0)
        return self._building.blocks()

    def _quote(self, at: int) -> int | None:
        """A quote that begins with this line: where the next line begins; None: none does."""
        rest = _QUOTE_REST.match(self._text, at)
        if rest is not None:
            lines, end = [self._text[rest.end() :]], len(self._text)
        else:
            lines, end = [], at
            while (start := _QUOTE.match(self._text, end)) is not None:
                last = self._line_end(start.end())
                lines.append(self._text[start.end() : last])
                end = last + 1
                if end > len(self._text) or _QUOTE_REST.match(self._text, end):
                    break
        if not lines:
            return None
        self._building.add(Quote(normal(_Reader("\n".join(lines), self._names).blocks(quoted=True))))
        return min(end, len(self._text))

    def _line_end(self, at: int) -> int:
        found = self._line_ends.next(at, len(self._text))
        return len(self._text) if found is None else found[0]

    # ------------------------------------------------------------ within a line

    def _next(self, at: int, end: int, pieces: list[Inline], style: Style, depth: int) -> int:
        """Read up to and including the next thing that is no plain text; returns where it ends."""
        found = _TOKEN.search(self._text, at, end)
        start = end if found is None else found.start()
        if start > at:
            pieces.append(Words(unescape(self._text[at:start]), style))
        if found is None:
            return end
        after = self._token(found, end, pieces, style, depth)
        if after is None:
            pieces.append(Words(unescape(found[0]), style))
            after = found.end()
        return after

    def _token(self, found: re.Match[str], end: int, pieces: list[Inline], style: Style, depth: int) -> int | None:
        """What begins here; None: nothing, the sign is text."""
        at = found.start()
        match found[0]:
            case "\n":
                pieces.append(BREAK)
                return at + 1
            case "```":
                return self._fence(at, end, pieces, style)
            case "`":
                return self._code(at, end, pieces, style)
            case "<":
                return self._bracketed(at, end, pieces, style)
            case ":":
                return self._emoji(at, end, pieces, style)
        return self._marked(found[0], at, end, pieces, style, depth)

    def _marked(self, mark: str, at: int, end: int, pieces: list[Inline], style: Style, depth: int) -> int | None:
        if depth >= _DEEPEST or not self._begins_word(at) or self._text[at + 1 : at + 2] in ("", " ", "\n", mark):
            return None
        closing = self._ends[mark].next(at + 2, min(end, self._line_end(at)))
        if closing is None:
            return None
        inner = replace(style, **{_STYLES[mark]: True})
        now = at + 1
        while now < closing[0]:
            now = self._next(now, closing[0], pieces, inner, depth + 1)
        return closing[1]

    def _begins_word(self, at: int) -> bool:
        return not at or not (self._text[at - 1].isalnum() or self._text[at - 1] == self._text[at])

    def _fence(self, at: int, end: int, pieces: list[Inline], style: Style) -> int | None:
        closing = self._fence_ends.next(at + 4, end)
        if closing is None:
            return None
        text = unescape(_unbracketed(self._text[at + 3 : closing[0]]))
        ends_line = self._building.add_code(pieces, text, "", style)
        after = closing[1]
        return after + (ends_line and after < end and self._text[after] == "\n")

    def _code(self, at: int, end: int, pieces: list[Inline], style: Style) -> int | None:
        closing = self._code_ends.next(at + 2, min(end, self._line_end(at))) if self._begins_word(at) else None
        if closing is None:
            return None
        pieces.append(Code(unescape(_unbracketed(self._text[at + 1 : closing[0]])), style))
        return closing[1]

    def _emoji(self, at: int, end: int, pieces: list[Inline], style: Style) -> int | None:
        found = CODE.match(self._text, at, end)
        signs = None if found is None else characters(found["name"], found["tone"])
        if found is None or signs is None:
            return None
        pieces.append(Words(signs, style))
        return found.end()

    def _bracketed(self, at: int, end: int, pieces: list[Inline], style: Style) -> int | None:
        found = _BRACKETED.match(self._text, at, end)
        if found is None:
            return None
        pieces.append(named(unescape(found["target"]), unescape(found["label"] or ""), self._names, style))
        return found.end()


def _unbracketed(code: str) -> str:
    """Within code Slack still puts addresses in brackets; there, they are as they were typed."""
    return _BRACKETED.sub(lambda found: found["label"] or bare(found["target"]), code)


def named(target: str, label: str, names: Names, style: Style) -> Inline:
    """What stands between angle brackets. No id of Slack's is shown to anybody."""
    label = "" if target[:1] in "@#!" and is_id(label) else label
    if target[:1] == "@":
        return Mention("@" + (names.users.get(target[1:]) or label or shared_wording.SOMEBODY), style)
    if target[:1] == "#":
        return Mention("#" + (label or names.channels.get(target[1:]) or shared_wording.A_CHANNEL), style)
    if target[:1] == "!":
        return _special(target[1:], label, names, style)
    if not can_be_opened(target):
        return Words(label or (wording.A_LINK if target.startswith("slack:") else target), style)
    return Link(target, "" if says_the_same(label, target) and label == bare(target) else label, style)


def _special(target: str, label: str, names: Names, style: Style) -> Inline:
    """`here`, `subteam^S1`, `date^1700000000^{date}`."""
    name, _, rest = target.partition("^")
    if name == "date":
        seconds, _, shown = rest.partition("^")
        if seconds.isascii() and seconds.isdigit() and len(seconds) < len("10000000000000"):
            return Moment(int(seconds), "{date" in shown or "{ago" in shown, "{time" in shown, style)
        return Words(label, style)
    if name == "subteam":
        return Mention("@" + (names.groups.get(rest) or label.removeprefix("@") or shared_wording.A_GROUP), style)
    return Mention("@" + (name if name in BROADCASTS else label.removeprefix("@") or shared_wording.A_GROUP), style)
