"""
Converts HTML bodies to plain text and back, by the standard library's parser. Nothing is fetched, nothing is run.

Line breaks and links stay. Scripts, styles, tracking images and hidden parts are left out.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

from bot.text import clean

_STRUCTURE = re.compile(
    r"<(?:!doctype|html|head|body|p|div|br|table|tr|ul|ol|li|blockquote|h[1-6]|span|pre|hr)\b[^>]*>|<a\s[^>]*href",
    re.IGNORECASE,
)
_INVISIBLE = frozenset(
    ("script", "style", "head", "title", "template", "noscript", "object", "iframe", "svg", "select")
)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_LINES = frozenset(("br", "tr", "dt", "dd"))
_BLOCKS = frozenset(
    ("p", "div", "ul", "ol", "table", "blockquote", "pre", "section", "article", "header", "footer", "form")
) | {f"h{level}" for level in range(1, 7)}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)\S+", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'}]")


def looks_like_html(body: str) -> bool:
    """Whether a body is HTML. A person may have typed `<b>`, so that counts for nothing; a paragraph or a link does."""
    return _STRUCTURE.search(body) is not None


def html_to_text(body: str) -> str:
    """The plain text of an HTML body. A link whose words are not its address shows both."""
    reader = _Reader()
    reader.feed(body)
    reader.close()
    return reader.text()


def text_to_html(text: str) -> str:
    """HTML that shows exactly this plain text, with its line breaks, and with links that can be clicked."""
    parts: list[str] = []
    end = 0
    for link in _LINK.finditer(text):
        address = escape(link[0])
        parts += [escape(text[end : link.start()]), f'<a href="{address}">{address}</a>']
        end = link.end()
    parts.append(escape(text[end:]))
    return "".join(parts).replace("\n", "<br>\n")


class _Reader(HTMLParser):
    """Collects the text that a person would see in a browser."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._skipped: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._skipped or tag in _INVISIBLE or _HIDDEN.search(given.get("style", "")) or "hidden" in given:
            if tag not in _VOID:
                self._skipped.append(tag)
            return
        if tag in _LINES or tag in _BLOCKS:
            self._break(blank=tag in _BLOCKS)
        if tag == "li":
            self._break(blank=False)
            self._out.append("• ")
        if tag == "img":
            self._out.append(given.get("alt", ""))
        if tag == "a":
            self._links.append((given.get("href", "").strip(), len(self._out)))
        if tag in ("td", "th"):
            self._out.append(" ")
        self._preformatted += tag == "pre"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            # A tag that was never closed ends with the tag around it.
            if tag in self._skipped:
                del self._skipped[_last(self._skipped, tag) :]
            return
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        if tag in _BLOCKS:
            self._break(blank=True)
        self._preformatted -= tag == "pre" and self._preformatted > 0

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._out.append(data if self._preformatted else re.sub(r"\s+", " ", data))

    def _break(self, *, blank: bool) -> None:
        self._out.append("\n\n" if blank else "\n")

    def _end_link(self, address: str, start: int) -> None:
        words = " ".join("".join(self._out[start:]).split())
        bare = address.removeprefix("mailto:").removeprefix("tel:")
        if _ADDRESS.fullmatch(address) and words not in (address, bare):
            self._out.append(f" ({bare})" if words else bare)

    def text(self) -> str:
        """What was collected, with single spaces and at most one empty line between paragraphs."""
        lines = (" ".join(line.split()) for line in "".join(self._out).split("\n"))
        return clean(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)))


def _last(tags: list[str], tag: str) -> int:
    return len(tags) - 1 - tags[::-1].index(tag)
