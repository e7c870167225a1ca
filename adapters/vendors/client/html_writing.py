"""Writes texts as HTML, for vendors whose format it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from bot.text.addresses import bare, can_be_opened, spans
from bot.text.entry_lines import entry_lines
from bot.text.plain import moment_text
from bot.text.tree import (
    Block,
    Code,
    CodeBlock,
    Emoji,
    Inline,
    Item,
    LineBreak,
    Link,
    List,
    Mention,
    Moment,
    Paragraph,
    Quote,
    RichText,
    Style,
    Words,
)

_SPACES = re.compile(r" {2,}|\t")
_TAGS = (("bold", "strong"), ("italic", "em"), ("strike", "s"))


def text_to_html(text: str) -> str:
    """HTML that shows exactly this plain text, with its line breaks, and with links that can be clicked."""
    return _words(text).replace("\n", "<br>\n")


def rich_text_to_html(text: RichText) -> str:
    """HTML that shows this text with its formatting."""
    return "\n".join(line for block in text for line in _block(block))


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield from _paragraphs(block.inside)
        case CodeBlock():
            yield _code_block(block)
        case Quote():
            yield "<blockquote>"
            for inner in block.blocks:
                yield from _block(inner)
            yield "</blockquote>"
        case List():
            yield from _list(block.items)


def _paragraphs(inside: Iterable[Inline]) -> Iterator[str]:
    """An empty line ends a paragraph, as readers of HTML expect."""
    lines: list[str] = []
    for line in [*"".join(map(_piece, inside)).split("\n"), ""]:
        if line.strip():
            lines.append(line)
        elif lines:
            yield f"<p>{'<br>'.join(lines)}</p>"
            lines = []


def _list(items: Sequence[Item]) -> Iterator[str]:
    """Lists within lists; the entry before a deeper list stays open around it."""
    opened: list[str] = []
    for item in items:
        tag = "ul" if item.number is None else "ol"
        while len(opened) > item.level + 1:
            yield f"</li></{opened.pop()}>"
        if len(opened) == item.level + 1 and opened[-1] != tag:
            yield f"</li></{opened.pop()}>"
        elif len(opened) == item.level + 1:
            yield "</li>"
        while len(opened) < item.level + 1:
            opened.append(tag)
            yield f"<{tag}>" if len(opened) == item.level + 1 else f"<{tag}><li>"
        value = "" if item.number is None else f' value="{item.number}"'
        yield f"<li{value}>{_entry(item)}"
    while opened:
        yield f"</li></{opened.pop()}>"


def _entry(item: Item) -> str:
    written = ""
    for line in entry_lines(item.inside):
        if isinstance(line, CodeBlock):
            written = written.removesuffix("<br>") + _code_block(line)
        else:
            written += "".join(map(_piece, line)) + "<br>"
    return written.removesuffix("<br>")


def _code_block(block: CodeBlock) -> str:
    return f"<pre><code>{escape(block.text)}</code></pre>"


def _piece(piece: Inline) -> str:
    match piece:
        case LineBreak():
            return "\n"
        case Words():
            inner = _words(piece.text)
        case Code():
            inner = f"<code>{escape(piece.text)}</code>"
        case Mention():
            inner = escape(piece.name)
        case Emoji():
            inner = escape(f":{piece.name}:")
        case Moment():
            inner = escape(moment_text(piece))
        case Link():
            inner = _link(piece.address, piece.label)
    return _styled(inner, piece.style)


def _styled(inner: str, style: Style) -> str:
    for name, tag in _TAGS:
        if getattr(style, name):
            inner = f"<{tag}>{inner}</{tag}>"
    return inner


def _link(address: str, label: str) -> str:
    shown = escape(label or bare(address))
    return f'<a href="{escape(address)}">{shown}</a>' if can_be_opened(address) else shown


def _words(text: str) -> str:
    """The text, with links that can be clicked."""
    parts: list[str] = []
    end = 0
    for start, after in spans(text):
        parts += [_spaced(text[end:start]), _link(text[start:after], "")]
        end = after
    return "".join([*parts, _spaced(text[end:])])


def _spaced(text: str) -> str:
    """Words whose indents and gaps are seen: of several spaces, a browser shows one."""
    return _SPACES.sub(lambda found: "&nbsp;" * (len(found[0].expandtabs(4)) - 1) + " ", escape(text))
