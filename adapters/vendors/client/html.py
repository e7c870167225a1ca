"""
Reads HTML bodies as formatted text, and writes formatted text as HTML. Nothing is fetched, nothing is run.

The parser is lexbor's, which reads HTML as browsers do (the WHATWG's rules), so nobody's missing end tag hides what
follows. Lists, links, quotes, code, tables and line breaks stay. Scripts, styles, tracking images and hidden parts are
left out; another picture is a word, with its address where that can be opened.

Anybody can write such a body. So its size and the number of its elements are limited, because parsers take a time that
grows with their number times their depth. The conversion never raises: what cannot be converted is shown without tags.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import unescape

import structlog
from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.text import clean, visible
from bot.text.addresses import can_be_opened, says_the_same
from bot.text.normal import normal
from bot.text.plain import plain, plain_pieces
from bot.text.tree import (
    BREAK,
    PLAIN,
    Block,
    Code,
    CodeBlock,
    Inline,
    Item,
    Link,
    List,
    Paragraph,
    Quote,
    RichText,
    Style,
    Words,
    verbatim,
)

_log = structlog.get_logger(__name__)

_LARGEST = 2_000_000
"""Characters. A larger body is shown without its tags."""
_MOST_ELEMENTS = 12_000
"""If all of them are nested, the parser takes a second. A body with more of them is shown without its tags."""
_AT_ONCE = 20_000
"""A body of so many characters is converted within some milliseconds."""
_TRACKING = 3
"""A picture that is at most so many pixels wide or high is there to count readers."""

_STRUCTURE = re.compile(
    r"<(?:!doctype|html|head|body|p|div|br|table|tr|ul|ol|li|blockquote|h[1-6]|span|pre|hr|img)\b[^<>]*>|<a\s[^<>]*href",
    re.IGNORECASE,
)
_INVISIBLE = frozenset(
    ("script", "style", "head", "title", "template", "iframe", "svg", "datalist", "audio", "video", "canvas", "noembed")
)
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
_PARAGRAPHS = frozenset(("p", "ul", "ol", "dl", "table", "blockquote", "pre", "hr", "figure")) | _HEADINGS
"""Elements with an empty line before and after them."""
_LINES = frozenset(
    (
        *("div", "section", "article", "header", "footer", "form", "tr", "dt", "dd", "li", "main", "center", "address"),
        *("nav", "aside", "hgroup", "details", "summary", "fieldset", "legend", "caption", "figcaption", "option"),
        *("optgroup", "select", "textarea", "noscript"),
    )
)
_CELLS = frozenset(("td", "th"))
_STYLES: Mapping[str, str] = {
    "b": "bold", "strong": "bold", "th": "bold", "i": "italic", "em": "italic", "cite": "italic",
    "s": "strike", "del": "strike", "strike": "strike",
} | dict.fromkeys(_HEADINGS, "bold")  # fmt: skip
_CODES = frozenset(("code", "tt", "kbd", "samp"))
_EMPTY = frozenset(("br", "hr", "img", "input", "meta", "link", "col", "wbr", "area", "base", "embed", "source"))
_OPTIONAL_ENDS = _EMPTY | frozenset(
    ("p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "html", "head", "body")
)
"""Elements that cannot be nested without others around them."""
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|(?<![\w-])font-size\s*:\s*0(?![.\d])|"
    r"(?<![\w-])max-height\s*:\s*0(?![.\d])",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_OPENED = re.compile(r"<([A-Za-z][^\s/>]{0,30})[^>]*>")
_LINE_TAG = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/blockquote)\b[^<>]*>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


def looks_like_html(body: str) -> bool:
    """Whether a body is HTML. A person may have typed `<b>`, so that counts for nothing; a paragraph or a link does."""
    return _STRUCTURE.search(body) is not None


async def text_of(body: str) -> RichText:
    """The text of a body that may be HTML; a large one is converted beside the event loop."""
    return rich_text(body) if len(body) <= _AT_ONCE else await asyncio.to_thread(rich_text, body)


def rich_text(body: str) -> RichText:
    """The text of a body that may be HTML."""
    return html_to_text(body) if looks_like_html(body) else verbatim(clean(body))


def plain_text(body: str) -> str:
    """The same without formatting."""
    return plain(rich_text(body)) if looks_like_html(body) else clean(body)


def html_to_text(body: str) -> RichText:
    """The text of an HTML body. Never raises."""
    if len(body) > _LARGEST or _elements(body) > _MOST_ELEMENTS:
        return _without_tags(body)
    try:
        return _Reader().read(LexborHTMLParser(visible(body)))
    except Exception as error:  # noqa: BLE001 - one message that cannot be converted must not stop its store
        # Only the kind: its text may quote the message.
        _log.warning("html of a message not converted", error=type(error).__name__)
        return _without_tags(body)


def _elements(body: str) -> int:
    """
    How many elements the body opens that may be nested in one another without end.

    A parser takes a time that grows with their number times their depth. How deep they are cannot be known without
    parsing, because some end tags end nothing.
    """
    end = body.rfind(">") + 1
    return sum(found[1].lower() not in _OPTIONAL_ENDS for found in _OPENED.finditer(body, 0, end))


def _without_tags(body: str) -> RichText:
    lines = _TAG.sub(" ", _LINE_TAG.sub("\n", body))
    return verbatim(clean("\n".join(" ".join(line.split()) for line in unescape(lines).split("\n"))))


class _Reader:
    """
    Collects the text that a person would see in a browser, block by block.

    Attributes of a place in the document (quotes, lists, links, styles) are kept in stacks, because documents are read
    without recursion.
    """

    def __init__(self) -> None:
        self._blocks: list[list[Block]] = [[]]
        self._line: list[Inline] = []
        self._gap = False
        self._styles: Counter[str] = Counter()
        self._code = 0
        self._preformatted: list[str] | None = None
        self._lists: list[int | None] = []
        self._entry: Item | None = None
        self._in_entry = 0
        self._link: tuple[str, int] | None = None

    def read(self, document: LexborHTMLParser) -> RichText:
        """The whole document."""
        node = document.root
        for entered, each in _walk(node) if node is not None else ():
            tag = each.tag or ""
            if tag == "-text":
                if entered:
                    self._text(each.text_content or "")
            elif entered:
                self._start(tag, each.attributes)
            else:
                self._end(tag)
        self._end_line()
        while len(self._blocks) > 1:
            self._end_quote()
        return normal(self._blocks[0])

    def _start(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        if tag == "br":
            self._break()
            return
        if tag == "img":
            self._image(attributes)
            return
        self._begin_block(tag, attributes)
        if tag in _STYLES:
            self._styles[_STYLES[tag]] += 1
        if tag in _CODES:
            self._code += 1
        elif tag == "a":
            self._link = ((attributes.get("href") or "").strip(), len(self._line))
        elif tag == "pre":
            self._preformatted = []

    def _begin_block(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        if tag in _PARAGRAPHS or tag in _LINES:
            self._end_line(gap=tag in _PARAGRAPHS and not self._lists)
        if tag in ("ul", "ol"):
            self._lists.append(_whole_number(attributes.get("start"), 1) - 1 if tag == "ol" else None)
        elif tag == "li":
            self._entry = self._next_entry(attributes.get("value"))
            self._in_entry += 1
        elif tag == "blockquote":
            self._blocks.append([])
            self._gap = False
        elif tag in _CELLS and plain_pieces(self._line).strip():
            self._end_words()
            self._line.append(Words(" | "))

    def _end(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        elif tag == "pre":
            self._end_preformatted()
        if tag in _PARAGRAPHS or tag in _LINES:
            self._end_line(gap=tag in _PARAGRAPHS and len(self._lists) < 2 and not (self._lists and tag == "p"))
        self._end_block(tag)
        if tag in _STYLES:
            self._styles[_STYLES[tag]] -= 1
        self._code -= tag in _CODES

    def _end_block(self, tag: str) -> None:
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._entry = None
            self._in_entry -= 1
        elif tag == "blockquote" and len(self._blocks) > 1:
            self._end_quote()

    def _end_quote(self) -> None:
        inside = self._blocks.pop()
        if inside:
            self._gap = bool(self._blocks[-1])
            self._add(Quote(tuple(inside)))
            self._gap = True

    # ------------------------------------------------------------ text

    def _style(self) -> Style:
        return Style(**{name: self._styles[name] > 0 for name in ("bold", "italic", "strike")})

    def _text(self, text: str) -> None:
        if self._preformatted is not None:
            self._preformatted.append(text)
            return
        text = _SPACE.sub(" ", text.replace("\u200b", ""))
        before = self._line[-1] if self._line else None
        follows_space = before is None or before is BREAK or (isinstance(before, Words) and before.text.endswith(" "))
        if follows_space:
            text = text.lstrip(" ")
        if text:
            self._line.append(Code(text, self._style()) if self._code else Words(text, self._style()))

    def _break(self) -> None:
        """A line break at the end of a block is not seen; `normal` and `_end_line` leave it out."""
        if self._preformatted is not None:
            self._preformatted.append("\n")
            return
        self._end_words()
        if self._line[-2:] != [BREAK, BREAK]:
            self._line.append(BREAK)

    def _end_words(self) -> None:
        """Space at the end of a line is not seen."""
        last = self._line[-1] if self._line else None
        if isinstance(last, Words) and last.text.endswith(" "):
            self._line[-1:] = [replace(last, text=last.text[:-1])] if last.text != " " else []

    def _image(self, attributes: Mapping[str, str | None]) -> None:
        """A picture as a word; one that is as small as a dot is there to count readers."""
        if any(_pixels(attributes.get(side)) <= _TRACKING for side in ("width", "height")):
            return
        source, words = (attributes.get("src") or "").strip(), " ".join((attributes.get("alt") or "").split())
        if can_be_opened(source) and self._link is None:
            self._line.append(Link(source, words or "picture", self._style()))
        else:
            self._line.append(Words(words or "[picture]", self._style()))

    def _end_link(self) -> None:
        if self._link is None:
            return
        address, start = self._link
        self._link = None
        if self._preformatted is not None or not can_be_opened(address):
            return
        label = " ".join(plain_pieces(self._line[start:]).split())
        if any(piece is BREAK for piece in self._line[start:]) or start > len(self._line):
            self._line.append(Words(f" ({address})"))
            return
        styles = [piece.style for piece in self._line[start:] if isinstance(piece, Words | Code) and piece.text.strip()]
        ends = [piece for piece in self._line[start:] if isinstance(piece, Words)]
        del self._line[start:]
        if ends and ends[0].text.startswith(" "):
            self._line.append(Words(" "))
        is_bare = says_the_same(label, address) and address.startswith("http")
        self._line.append(Link(address, "" if is_bare and label == address else label, styles[0] if styles else PLAIN))
        if ends and ends[-1].text.endswith(" "):
            self._line.append(Words(" "))

    def _end_preformatted(self) -> None:
        text = "".join(self._preformatted or ())
        self._preformatted = None
        if text.strip():
            self._end_line(gap=True)
            self._add(CodeBlock("\n".join(line.rstrip() for line in text.replace("\xa0", " ").split("\n"))))
            self._gap = True

    # ------------------------------------------------------------ lines and blocks

    def _next_entry(self, value: str | None) -> Item:
        level = max(len(self._lists) - 1, 0)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return Item((), level)
        self._lists[-1] = number = _whole_number(value, number + 1)
        return Item((), level, number)

    def _end_line(self, *, gap: bool = False) -> None:
        """End the line if there is anything in it. `gap`: an empty line comes before what follows."""
        self._end_words()
        line, self._line = self._line, []
        if self._link is not None:
            self._link = (self._link[0], 0)
        has_break = BREAK in line
        while line and line[0] is BREAK and self._entry is None:
            del line[0]
            self._gap = True
        while line and (line[-1] is BREAK or (isinstance(line[-1], Words) and not line[-1].text.strip())):
            line.pop()
        if not plain_pieces(line).strip():
            self._gap = self._gap or gap or has_break
            return
        if self._entry is not None:
            self._add(List((replace(self._entry, inside=tuple(line)),)))
            self._entry = None
        elif not self._goes_on_in_entry(line):
            self._add(Paragraph(tuple(line)))
        self._gap = gap

    def _goes_on_in_entry(self, line: list[Inline]) -> bool:
        last = self._blocks[-1][-1] if self._blocks[-1] else None
        if not self._in_entry or not isinstance(last, List):
            return False
        item = last.items[-1]
        self._blocks[-1][-1] = List((*last.items[:-1], replace(item, inside=(*item.inside, BREAK, *line))))
        return True

    def _add(self, block: Block) -> None:
        held = self._blocks[-1]
        if self._gap and held:
            held.append(Paragraph(()))
        held.append(block)
        self._gap = False


def _walk(root: LexborNode) -> Iterator[tuple[bool, LexborNode]]:
    """Every node that can be seen, when it begins (true) and when it ends, without recursion."""
    opened: list[LexborNode] = []
    node: LexborNode | None = root
    while node is not None:
        hidden = _is_hidden(node)
        if not hidden:
            yield True, node
            below = node.child
            if below is not None:
                opened.append(node)
                node = below
                continue
            yield False, node
        after = node.next if opened else None
        while after is None and opened:
            parent = opened.pop()
            yield False, parent
            after = parent.next if opened else None
        node = after


def _is_hidden(node: LexborNode) -> bool:
    tag = node.tag or ""
    if tag.startswith("-"):
        return tag != "-text"
    if tag in _INVISIBLE:
        return True
    attributes = node.attributes
    return "hidden" in attributes or _HIDDEN.search(attributes.get("style") or "") is not None


def _whole_number(value: str | None, otherwise: int) -> int:
    digits = (value or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else otherwise


def _pixels(value: str | None) -> float:
    """How many pixels an attribute says; endless where it says nothing of the kind."""
    digits = (value or "").strip().removesuffix("px")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else float("inf")
