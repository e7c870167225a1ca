"""
Reads HTML bodies as formatted text, and writes formatted text as HTML. Nothing is fetched, nothing is run.

The parser is lexbor's, which reads HTML as browsers do (the WHATWG's rules), so nobody's missing end tag hides what
follows. Lists, links, quotes, code, tables and line breaks stay. Scripts, styles, tracking images and hidden parts are
left out; a picture, a video or a recording is a word, with its address where that can be opened. What is quoted,
raised, ticked or counted in letters is so in the text.

Anybody can write such a body. So its size and the number of its elements are limited, because parsers take a time that
grows with their number times their depth. The conversion never raises: what cannot be converted is shown without tags.
"""

from __future__ import annotations

import asyncio
import re
from html import unescape

import structlog
from selectolax.lexbor import LexborHTMLParser

from adapters.vendors.client.html_elements import OPTIONAL_ENDS
from adapters.vendors.client.html_reader import read
from bot.text import clean, visible
from bot.text.plain import STRUCK
from bot.text.tree import RichText, verbatim

_log = structlog.get_logger(__name__)

_LARGEST = 2_000_000
"""Characters. A larger body is shown without its tags."""
_MOST_ELEMENTS = 12_000
"""If all of them are nested, the parser takes a second. A body with more of them is shown without its tags."""
_AT_ONCE = 20_000
"""A body of so many characters is converted within some milliseconds."""
_STRUCTURE = re.compile(
    r"<(?:!doctype|html|head|body|p|div|br|table|tbody|tr|td|th|ul|ol|li|dl|dt|dd|blockquote|h[1-6]|span|pre|hr|img)"
    r"\b[^<>]*>|<a\s[^<>]*href|<[a-z][a-z0-9]{0,15}\s[^<>]*?\b(?:class|style|dir|lang|align|color|face|type)\s*=",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_OPENED = re.compile(r"<([A-Za-z][^\s/>]{0,30})[^>]*>")
_STRIKE_TAG = re.compile(r"</?(?:s|del|strike)(?:\s[^<>]*)?>", re.IGNORECASE)
_LINE_TAG = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/blockquote)\b[^<>]*>", re.IGNORECASE)


def looks_like_html(body: str) -> bool:
    """Whether a body is HTML. A person may have typed `<b>`, so that counts for nothing; a paragraph or a link does."""
    return _STRUCTURE.search(body) is not None


async def text_of(body: str) -> RichText:
    """The text of a body that may be HTML; a large one is converted beside the event loop."""
    return rich_text(body) if len(body) <= _AT_ONCE else await asyncio.to_thread(rich_text, body)


def rich_text(body: str) -> RichText:
    """The text of a body that may be HTML."""
    return html_to_text(body) if looks_like_html(body) else verbatim(clean(_typed(body)))


def _typed(body: str) -> str:
    """
    A body without tags as it was typed: with what its entities stand for, if all of it is escaped.

    One line of HTML may have no tag: `It&#x27;s on its way`, as replies of ours are sent. Whoever types an entity
    themselves rarely escapes all else.
    """
    is_escaped = "&" in body and "<" not in body and "&" not in _ENTITY.sub("", body)
    return unescape(body.replace("&nbsp;", " ")) if is_escaped else body


def html_to_text(body: str) -> RichText:
    """The text of an HTML body. Never raises."""
    if len(body) > _LARGEST or _count_elements(body) > _MOST_ELEMENTS:
        return _without_tags(body)
    try:
        return read(LexborHTMLParser(visible(body)))
    except Exception as error:  # noqa: BLE001 - one message that cannot be converted must not stop its store
        # Only the kind: its text may quote the message.
        _log.warning("html of a message not converted", error=type(error).__name__)
        return _without_tags(body)


def _count_elements(body: str) -> int:
    """
    How many elements the body opens that may be nested in one another without end.

    A parser takes a time that grows with their number times their depth. How deep they are cannot be known without
    parsing, because some end tags end nothing.
    """
    end = body.rfind(">") + 1
    return sum(found[1].lower() not in OPTIONAL_ENDS for found in _OPENED.finditer(body, 0, end))


def _without_tags(body: str) -> RichText:
    lines = _TAG.sub(" ", _LINE_TAG.sub("\n", _STRIKE_TAG.sub(STRUCK, body)))
    return verbatim(clean("\n".join(" ".join(line.split()) for line in unescape(lines).split("\n"))))
