"""
Converts HTML bodies to plain text and back. Nothing is fetched, nothing is run.

Lists, links, quotes, tables and line breaks stay readable. Scripts, styles, tracking images and hidden parts are left
out.

Anybody can write such a body. So its size and its depth are limited: libxml2 takes a time that grows with the size
times the depth. The conversion never raises: what cannot be converted is shown without its tags.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from html import escape
from typing import Any, cast

import structlog
from lxml import etree

from bot.text import clean, visible

_log = structlog.get_logger(__name__)

_LARGEST = 2_000_000
"""Characters. A larger body is shown without its tags."""
_DEEPEST = 500
"""How deep elements may be nested; mail programs come to about 300."""
_CHUNK = 4096
"""The parser cannot be stopped inside a chunk, and a chunk this small never takes it long."""
_AT_ONCE = 20_000
"""A body of so many characters is converted within some milliseconds."""
_DEEPEST_QUOTE = 5

_STRUCTURE = re.compile(
    r"<(?:!doctype|html|head|body|p|div|br|table|tr|ul|ol|li|blockquote|h[1-6]|span|pre|hr)\b[^<>]*>|<a\s[^<>]*href",
    re.IGNORECASE,
)
_INVISIBLE = frozenset(
    ("script", "style", "head", "title", "template", "noscript", "object", "iframe", "svg", "select")
)
_LINES = frozenset(("br", "tr", "dt", "dd", "li"))
_BLOCKS = frozenset(
    ("p", "div", "ul", "ol", "table", "blockquote", "pre", "hr", "section", "article", "header", "footer", "form")
) | {f"h{level}" for level in range(1, 7)}
_LISTS = frozenset(("ul", "ol"))
_CELLS = frozenset(("td", "th"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)\S+", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'}]")
_TAG = re.compile(r"<[^<>]*>")


def looks_like_html(body: str) -> bool:
    """Whether a body is HTML. A person may have typed `<b>`, so that counts for nothing; a paragraph or a link does."""
    return _STRUCTURE.search(body) is not None


async def text_of(body: str) -> str:
    """The plain text of a body that may be HTML; a large one is converted beside the event loop."""
    return plain_text(body) if len(body) <= _AT_ONCE else await asyncio.to_thread(plain_text, body)


def plain_text(body: str) -> str:
    """The plain text of a body that may be HTML."""
    return html_to_text(body) if looks_like_html(body) else clean(body)


def html_to_text(body: str) -> str:
    """The plain text of an HTML body. A link whose words are not its address shows both. Never raises."""
    if len(body) > _LARGEST:
        return _without_tags(body)
    try:
        return _read(visible(body))
    except _TooDeepError:
        return _without_tags(body)
    except Exception as error:  # noqa: BLE001 - one message that cannot be converted must not stop its store
        # Only the kind: its text may quote the message.
        _log.warning("html of a message not converted", error=type(error).__name__)
        return _without_tags(body)


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


def _without_tags(body: str) -> str:
    return clean(_TAG.sub(" ", body))


def _read(body: str) -> str:
    content = body.encode("utf-8", "replace")
    reader = _Reader()
    # The stubs want a target that also takes bytes, which lxml never gives.
    parser = etree.HTMLParser(target=cast("Any", reader), encoding="utf-8", no_network=True)
    for start in range(0, len(content), _CHUNK):
        parser.feed(content[start : start + _CHUNK])
    parser.close()
    return reader.text()


class _TooDeepError(Exception):
    """The elements of a body are nested too deep."""


class _Reader:
    """
    Collects the text that a person would see in a browser, line by line.

    The parser calls `start` and `end` in pairs, also for elements that were never closed.
    """

    def __init__(self) -> None:
        self._done: list[str] = []
        self._line: list[str] = []
        self._has_words = False
        self._marker = ""
        self._blank = False
        self._depth = 0
        self._skipped = 0
        self._quotes = 0
        self._last_quotes = 0
        self._preformatted = 0
        self._lists: list[int | None] = []
        self._link: tuple[str, list[str]] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooDeepError
        if self._skipped or _is_hidden(tag, attributes):
            self._skipped += 1
            return
        if tag in _LINES or tag in _BLOCKS:
            self._end_line(blank=tag in _BLOCKS and not (tag in _LISTS and self._lists), counts=tag == "br")
        if tag in _LISTS:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._marker = self._next_marker()
        elif tag in _CELLS:
            self._line.append(" | " if self._has_words else " ")
            self._has_words = False
        elif tag == "img":
            self.data(attributes.get("alt") or "")
        elif tag == "a":
            self._end_link()
            self._link = (attributes.get("href") or "").strip(), []
        self._quotes += tag == "blockquote"
        self._preformatted += tag == "pre"

    def end(self, tag: str) -> None:
        """An element ends."""
        self._depth -= 1
        if self._skipped:
            self._skipped -= 1
            return
        if tag == "a":
            self._end_link()
        if tag in _BLOCKS or tag == "li":
            self._end_line(blank=tag in _BLOCKS and not (tag in _LISTS and len(self._lists) > 1))
        if tag == "li":
            self._marker = ""
        if tag in _LISTS and self._lists:
            self._lists.pop()
        self._quotes -= tag == "blockquote"
        self._preformatted -= tag == "pre"

    def data(self, data: str) -> None:
        """Text, in pieces of any length."""
        if self._skipped:
            return
        if self._link is not None:
            self._link[1].append(data)
        self._has_words = self._has_words or not data.isspace()
        if not self._preformatted:
            self._line.append(data)
            return
        first, *others = data.split("\n")
        self._line.append(first)
        for line in others:
            self._end_line(counts=True)
            self._line.append(line)

    def close(self) -> None:
        """The body ends."""
        self._end_link()
        self._end_line()

    def text(self) -> str:
        """What was collected, with at most one empty line between two paragraphs."""
        return clean("\n".join(self._done))

    def _next_marker(self) -> str:
        indent = "  " * (min(len(self._lists), _DEEPEST_QUOTE) - 1)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}• "
        self._lists[-1] = number + 1
        return f"{indent}{number + 1}. "

    def _end_line(self, *, blank: bool = False, counts: bool = False) -> None:
        """
        End the line if there is anything in it.

        Args:
            blank: Whether an empty line comes after it.
            counts: Whether a line with nothing in it is an empty line.
        """
        line = "".join(self._line)
        self._line.clear()
        self._has_words = False
        line = line.rstrip() if self._preformatted else " ".join(line.split())
        if not line.strip():
            self._blank = self._blank or blank or counts
            return
        quotes = min(self._quotes, _DEEPEST_QUOTE)
        if self._blank and self._done:
            self._done.append(("> " * min(quotes, self._last_quotes)).rstrip())
        self._done.append(f"{'> ' * quotes}{self._marker}{line}")
        self._last_quotes = quotes
        self._marker, self._blank = "", blank

    def _end_link(self) -> None:
        if self._link is None:
            return
        address, parts = self._link
        self._link = None
        words = " ".join("".join(parts).split())
        bare = address.removeprefix("mailto:").removeprefix("tel:")
        if _ADDRESS.fullmatch(address) and words not in (address, bare):
            self._line.append(f" ({bare})" if words else bare)


def _is_hidden(tag: str, attributes: Mapping[str, str]) -> bool:
    return tag in _INVISIBLE or "hidden" in attributes or _HIDDEN.search(attributes.get("style") or "") is not None
