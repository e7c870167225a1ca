"""The elements of an HTML document that a person sees, in their order, and what they mean for its text; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from selectolax.lexbor import LexborNode

Attributes = Mapping[str, str | None]

INVISIBLE = frozenset(
    (
        *("script", "style", "head", "title", "template", "svg", "datalist", "canvas", "noembed", "noframes"),
        *("rp", "annotation", "annotation-xml"),
    )
)
MEANT: Mapping[str, str] = {"xmp": "pre", "listing": "pre", "plaintext": "pre"}
"""Old names of elements that browsers show as others."""
HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
PARAGRAPHS = frozenset(("p", "ul", "ol", "menu", "dir", "dl", "table", "blockquote", "pre", "hr", "figure")) | HEADINGS
"""Elements with an empty line before and after them."""
LINES = frozenset(
    (
        *("div", "section", "article", "header", "footer", "form", "tr", "dt", "dd", "li", "main", "center", "address"),
        *("nav", "aside", "hgroup", "details", "summary", "fieldset", "legend", "caption", "figcaption"),
        *("textarea", "noscript", "search", "dialog"),
    )
)
CELLS = frozenset(("td", "th"))
CODES = frozenset(("code", "tt", "kbd", "samp"))
MEDIA: Mapping[str, str] = {
    "img": "picture", "video": "video", "audio": "recording", "iframe": "page", "embed": "file",
}  # fmt: skip
"""What is shown as a word, with its address where that can be opened."""
EMPTY = frozenset(("br", "hr", "img", "input", "meta", "link", "col", "wbr", "area", "base", "embed", "source"))
OPTIONAL_ENDS = EMPTY | frozenset(
    ("p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "html", "head", "body")
)
"""Elements that cannot be nested without others around them."""

_TRACKING = 3
"""A picture that is at most so many pixels wide or high is there to count readers."""
_STYLES: Mapping[str, str] = {
    "b": "bold", "strong": "bold", "th": "bold", "i": "italic", "em": "italic", "cite": "italic",
    "s": "strike", "del": "strike", "strike": "strike",
} | dict.fromkeys(HEADINGS, "bold")  # fmt: skip
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|(?<![\w-])font-size\s*:\s*0(?![.\d])|"
    r"(?<![\w-])max-height\s*:\s*0(?![.\d])",
    re.IGNORECASE,
)
_STYLED = {
    "bold": re.compile(r"(?<![\w-])font(?:-weight\s*:\s*|\s*:[^;]*?)\b(?:bold|[6-9]00)\b", re.IGNORECASE),
    "italic": re.compile(r"(?<![\w-])font(?:-style\s*:\s*|\s*:[^;]*?)\b(?:italic|oblique)\b", re.IGNORECASE),
    "strike": re.compile(r"(?<![\w-])text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE),
}
_NOT_BOLD = re.compile(r"(?<![\w-])font-weight\s*:\s*(?:normal|[1-4]00)", re.IGNORECASE)
"""Some editors put a whole document into a bold element that is not bold."""
_LINE_OF_ITS_OWN = re.compile(
    r"(?<![\w-])display\s*:\s*(?:block|flex|grid|table|table-row|list-item|flow-root)(?![\w-])", re.IGNORECASE
)
_WIDE = r"(?:[3-9]|[1-9][0-9]+)(?:\.[0-9]*)?(?:px|pt)|(?:0?\.[3-9][0-9]*|[1-9][0-9]*(?:\.[0-9]*)?)r?em"
_SIDE = r"[^\s;]{1,9}"
_GAP = re.compile(
    r"(?<![\w-])(?:float\s*:\s*right|(?:padding|margin)(?:-left\s*:\s*"
    rf"(?:{_WIDE})|\s*:\s*(?:(?:{_SIDE}\s+){{3}}(?:{_WIDE})|{_SIDE}\s+(?:{_WIDE})(?:\s+{_SIDE})?|{_WIDE})))\s*(?:!|;|$)",
    re.IGNORECASE,
)
"""Space at the left: CSS names the sides from the top around, the second for both if there is no fourth."""
_TABLE_PARTS = frozenset(("tbody", "thead", "tfoot", "tr", "colgroup")) | CELLS
_KEEPS_SPACE = re.compile(r"(?<![\w-])white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_FIGURE = re.compile(r"[0-9]")
_RAISED = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_LONGEST_FIGURES = 20
_FONT_OF_PICTURES = re.compile(r"(?<![\w-])(?:mso-symbol-)?font-family\s*:\s*[\"']?wingdings(?!\s*\d)", re.IGNORECASE)
_PICTURE_OF: Mapping[str, str] = dict(
    zip("JKLCDFàßáâóèüûþý§Øln(*", "☺😐☹👍👎☞→←↑↓↔➔✓✗☑☒▪➢●■☎✉", strict=True)
)  # fmt: skip
"""What Outlook makes of `:)` and `-->` is a letter in a font of pictures: `J`, and `à`."""
_PICTURES = str.maketrans({chr(ord(sign) + of): picture for sign, picture in _PICTURE_OF.items() for of in (0, 0xF000)})
_BOXES: Mapping[tuple[str, bool], str] = {
    ("checkbox", True): "☑", ("checkbox", False): "☐", ("radio", True): "◉", ("radio", False): "○",
}  # fmt: skip
_MOST_CHOSEN = 20
_LONGEST_EMOJI = 16
"""Characters: a family or a flag has up to ten."""
_TINY = re.compile(r"(?<![\w-])(?:width|height)\s*:\s*[0-3](?:\.\d*)?(?:px|pt)?\s*(?:;|!|$)", re.IGNORECASE)
_NOT_IN_ADDRESSES = re.compile(r"[\t\n\r]")
_WITHOUT_WORDS = frozenset(("hidden", "password", "image", "file", "color", "range"))
_LONGEST_CSS = 2_000
"""Characters of a style; some patterns take a time that grows with their square."""


def is_hidden(tag: str, attributes: Attributes) -> bool:
    """Whether a browser shows nothing of the element."""
    return tag in INVISIBLE or "hidden" in attributes or _HIDDEN.search(attributes.get("style") or "") is not None


def styles_of(tag: str, attributes: Attributes) -> set[str]:
    """Which styles begin with the element and end with it."""
    css = css_of(attributes)
    styles = {name for name, pattern in _STYLED.items() if pattern.search(css)} if css else set()
    if tag in _STYLES and not (_STYLES[tag] == "bold" and _NOT_BOLD.search(css)):
        styles.add(_STYLES[tag])
    return styles


def is_line(tag: str, attributes: Attributes) -> bool:
    """Whether what stands in the element has lines of its own, also by its style; not if it is part of a table."""
    if tag in PARAGRAPHS or tag in LINES:
        return True
    return tag not in _TABLE_PARTS and _LINE_OF_ITS_OWN.search(css_of(attributes)) is not None


def is_apart(tag: str, attributes: Attributes) -> bool:
    """Whether a gap is seen before the element, which no space in the text makes."""
    return tag == "button" or _GAP.search(css_of(attributes)) is not None


def keeps_space(tag: str, attributes: Attributes) -> bool:
    """Whether line ends and spaces in the element's text are shown as they are."""
    return tag == "textarea" or _KEEPS_SPACE.search(css_of(attributes)) is not None


def script_of(tag: str, attributes: Attributes) -> str:
    """In which script the element's words are: raised (`sup`), lowered (`sub`), pictures; empty: as around it."""
    if tag in ("sup", "sub"):
        return tag
    css = css_of(attributes) if tag == "span" else f"font-family:{attributes.get('face')}" if tag == "font" else ""
    return "pictures" if _FONT_OF_PICTURES.search(css) else ""


def in_script(text: str, script: str) -> str:
    """The text as it is seen in a script."""
    if script == "pictures":
        return text.translate(_PICTURES)
    return raised(text) if script == "sup" else lowered(text)


def raised(text: str) -> str:
    """Raised figures: ten to the sixth is not 106, and a price of 29 and 99 cents is not 2999, nor is it with a `€`."""
    return text.translate(_RAISED) if _are_figures(text) else text


def lowered(text: str) -> str:
    """Lowered figures."""
    return text.translate(_LOWERED) if _are_figures(text) else text


def _are_figures(text: str) -> bool:
    """Also with signs among them, as in `1/2`; words are none, because they have no raised form."""
    is_short = len(text) <= _LONGEST_FIGURES
    return is_short and bool(_FIGURE.search(text)) and not any(map(str.isalpha, text))


def box(attributes: Attributes) -> str:
    """What a form's field shows: a tick or its value."""
    kind = (attributes.get("type") or "text").lower()
    if kind in ("checkbox", "radio"):
        return _BOXES[kind, "checked" in attributes]
    return "" if kind in _WITHOUT_WORDS else " ".join((attributes.get("value") or "").split())


def chosen(node: LexborNode) -> str:
    """What a list to choose from shows: the entries that are chosen, else the first one, if not several can be."""
    taken = node.css("option[selected]")[:_MOST_CHOSEN]
    if not taken and "multiple" not in node.attributes:
        taken = [each for each in (node.css_first("option"),) if each is not None]
    shown = (each.attributes.get("label") or each.text(deep=True) for each in taken)
    return ", ".join(" ".join(each.split()) for each in shown)


def address_in(attributes: Attributes, name: str) -> str:
    """
    An address as a browser reads it: without line ends, which programs put into long ones, and with `%20`.

    One that begins with `//` is that of a page, as in the shop's own pages.
    """
    address = _NOT_IN_ADDRESSES.sub("", attributes.get(name) or "").strip().replace(" ", "%20")
    return f"https:{address}" if address.startswith("//") else address


def is_emoji(words: str) -> bool:
    """Whether these words of a picture are an emoji: programs for mails send a picture for each."""
    is_short = 0 < len(words) <= _LONGEST_EMOJI
    return is_short and (
        "\u20e3" in words
        or (any(unicodedata.category(each) == "So" for each in words) and not any(map(str.isalnum, words)))
    )


def is_tracking(attributes: Attributes) -> bool:
    """Whether a picture is as small as a dot: it is there to count readers."""
    return any(_pixels(attributes.get(side)) <= _TRACKING for side in ("width", "height")) or bool(
        _TINY.search(css_of(attributes))
    )


def _pixels(value: str | None) -> float:
    """How many pixels an attribute says; endless where it says nothing of the kind."""
    digits = (value or "").strip().removesuffix("px")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else float("inf")


def css_of(attributes: Attributes) -> str:
    """The element's own style, as far as it is looked through."""
    return (attributes.get("style") or "")[:_LONGEST_CSS]


def walk(root: LexborNode) -> Iterator[tuple[bool, LexborNode]]:
    """Every node that can be seen, when it begins (true) and when it ends, without recursion."""
    opened: list[LexborNode] = []
    node: LexborNode | None = root
    while node is not None:
        if _is_seen(node):
            yield True, node
            below = None if node.tag in MEDIA or node.tag == "select" else node.child
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


def _is_seen(node: LexborNode) -> bool:
    tag = node.tag or ""
    if tag.startswith("-"):
        return tag == "-text"
    return not is_hidden(tag, node.attributes)


def source_in(node: LexborNode) -> str:
    """The address of a video or a recording that lists several."""
    source = node.css_first("source")
    return "" if source is None else address_in(source.attributes, "src")
