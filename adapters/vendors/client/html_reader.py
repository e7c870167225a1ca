"""The walk through a parsed HTML document, which makes text of it; pure. The door is `html`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from adapters.vendors.client import html_elements as elements
from adapters.vendors.client.html_counting import (
    LISTS,
    Counting,
    counted,
    counted_in,
    counts_down,
    entries_of_reversed,
)
from adapters.vendors.client.html_elements import CODES, MEDIA, PARAGRAPHS, Attributes, source_in, walk
from adapters.vendors.client.html_lines import begin_with_indent, end_words
from adapters.vendors.client.html_tables import Tables
from bot.text.addresses import can_be_opened, says_the_same
from bot.text.as_seen import seen
from bot.text.normal_form import normal
from bot.text.plain import bare_pieces, label_of
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
)

_SPACE = re.compile(r"\s+")
_QUOTES = (("“", "”"), ("‘", "’"))


def read(document: LexborHTMLParser) -> RichText:
    """The text of a parsed document."""
    return () if document.root is None else _Reader(document.root).read()


class _Reader:
    """
    Collects the text that a person would see in a browser, block by block.

    Attributes of a place in the document (quotes, lists, links, styles) are kept in stacks, because documents are read
    without recursion.
    """

    def __init__(self, root: LexborNode) -> None:
        self._root = root
        self._blocks: list[list[Block]] = [[]]
        self._line: list[Inline] = []
        self._gap = False
        self._styles: Counter[str] = Counter()
        self._code = 0
        self._preformatted: list[str] | None = None
        self._space_kept = 0
        self._last_medium: Inline | None = None
        self._quotes = 0
        self._tables = Tables()
        self._scripts: list[str] = []
        self._lists: list[Counting] = []
        self._reversed_lists = iter(entries_of_reversed(root))
        self._entry: Item | None = None
        self._entries: list[bool] = []
        self._in_entry = 0
        self._link: tuple[str, int] | None = None

    def read(self) -> RichText:
        """The whole document."""
        for entered, each in walk(self._root):
            tag = elements.MEANT.get(each.tag or "", each.tag or "")
            if tag == "-text":
                if entered:
                    self._text(each.text_content or "")
            elif entered:
                self._start(tag, each.attributes, each)
            else:
                self._end(tag, each.attributes)
        self._end_line()
        while len(self._blocks) > 1:
            self._end_quote()
        return normal(self._blocks[0])

    def _start(self, tag: str, attributes: Attributes, node: LexborNode) -> None:
        if tag == "br":
            self._break()
        elif tag in MEDIA:
            self._medium(tag, attributes, node)
        elif tag in ("input", "select"):
            self._words(elements.box(attributes) if tag == "input" else elements.chosen(node))
        else:
            self._begin_block(tag, attributes, node)
            self._begin_piece(tag, attributes)

    def _begin_piece(self, tag: str, attributes: Attributes) -> None:
        self._styles.update(elements.styles_of(tag, attributes))
        self._space_kept += elements.keeps_space(tag, attributes)
        script = elements.script_of(tag, attributes)
        self._scripts += [script] if script else []
        if tag in CODES:
            self._code += 1
        elif tag == "a":
            self._link = (elements.address_in(attributes, "href"), len(self._line))
        elif tag == "pre":
            self._preformatted = []
        elif tag == "rt":
            self._words("(")
        elif elements.is_apart(tag, attributes):
            self._words(" ")
        elif tag == "q":
            self._words(_QUOTES[self._quotes % 2][0])
            self._quotes += 1

    def _begin_block(self, tag: str, attributes: Attributes, node: LexborNode) -> None:
        if self._ends_lines(tag, attributes):
            self._end_line(gap=tag in PARAGRAPHS and not self._lists)
        if tag in LISTS:
            self._end_empty_entry()
            is_reversed = counts_down(tag, attributes)
            self._lists.append(Counting.of(tag, attributes, next(self._reversed_lists) if is_reversed else 0))
        elif tag == "li":
            self._begin_entry(attributes)
        elif tag == "blockquote":
            self._blocks.append([])
            self._gap = False
        else:
            self._tables.begin(tag, attributes, node, self._line)

    def _ends_lines(self, tag: str, attributes: Attributes) -> bool:
        """Whether a line ends where this element begins or ends. Not if its row is one line as a whole."""
        is_within_row = self._tables.is_row_one_line and tag != "tr"
        return not is_within_row and elements.is_line(tag, attributes)

    def _end(self, tag: str, attributes: Attributes) -> None:
        if tag in MEDIA or tag in ("br", "input", "select"):
            return
        if tag == "a":
            self._end_link()
        elif tag == "pre":
            self._end_preformatted()
        elif tag == "q":
            self._quotes -= 1
            self._words(_QUOTES[self._quotes % 2][1])
        elif tag == "rt":
            self._words(")")
        elif tag == "button":
            self._words(" ")
        else:
            self._tables.end(tag, self._line)
        if self._ends_lines(tag, attributes):
            self._end_line(gap=tag in PARAGRAPHS and len(self._lists) < 2 and not (self._lists and tag in ("p", "pre")))
        self._end_block(tag)
        self._styles.subtract(elements.styles_of(tag, attributes))
        self._space_kept -= elements.keeps_space(tag, attributes)
        if elements.script_of(tag, attributes):
            self._scripts.pop()
        self._code -= tag in CODES

    def _end_block(self, tag: str) -> None:
        if tag in LISTS and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._end_empty_entry()
            self._entry = None
            self._in_entry -= self._entries.pop()
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
        text = text.replace("\u200b", "")
        if not self._space_kept:
            begin_with_indent(self._line, text)
            self._words(_SPACE.sub(" ", text))
            return
        for number, line in enumerate(text.split("\n")):
            if number:
                self._break()
            self._words(line, is_kept=True)

    def _words(self, text: str, *, is_kept: bool = False) -> None:
        before = self._line[-1] if self._line else None
        follows_space = before is None or before is BREAK or (isinstance(before, Words) and before.text.endswith(" "))
        if follows_space and not is_kept:
            text = text.lstrip(" ")
        if before is not None and before is self._last_medium and text[:1].isalnum():
            text = f" {text}"
        if self._scripts:
            text = elements.in_script(text, self._scripts[-1])
        if text:
            self._line.append(Code(text, self._style()) if self._code else Words(text, self._style()))

    def _break(self) -> None:
        """A line break at the end of a block is not seen; `normal` and `_end_line` leave it out."""
        if self._preformatted is not None:
            self._preformatted.append("\n")
            return
        if self._tables.is_row_one_line:
            return
        end_words(self._line)
        if self._line[-2:] != [BREAK, BREAK]:
            self._line.append(BREAK)

    def _medium(self, tag: str, attributes: Attributes, node: LexborNode) -> None:
        """A picture, a video and the like as a word."""
        if elements.is_tracking(attributes):
            return
        word, words = MEDIA[tag], " ".join((attributes.get("alt") or attributes.get("title") or "").split())
        if tag == "img" and elements.is_emoji(words):
            self._words(words)
            return
        if tag != "img":
            self._end_line()
        elif self._line and (self._line[-1] is self._last_medium or bare_pieces(self._line[-1:])[-1:].isalnum()):
            self._words(" ")
        address = elements.address_in(attributes, "src") or source_in(node)
        if can_be_opened(address) and self._link is None:
            self._line.append(Link(address, words or word, self._style()))
        elif address or tag == "img":
            self._line.append(Words(words or f"[{word}]", self._style()))
        if tag == "img":
            self._last_medium = self._line[-1] if self._line else None
        else:
            self._end_line()

    def _end_link(self) -> None:
        if self._link is None:
            return
        address, start = self._link
        self._link = None
        if self._preformatted is not None or not can_be_opened(address):
            return
        words, is_struck = label_of(self._line[start:])
        label = " ".join(words.split())
        if any(piece is BREAK for piece in self._line[start:]) or start > len(self._line):
            self._line.append(Words(f" ({address})"))
            return
        styles = [piece.style for piece in self._line[start:] if isinstance(piece, Words | Code) and piece.text.strip()]
        ends = [piece for piece in self._line[start:] if isinstance(piece, Words)]
        del self._line[start:]
        if ends and ends[0].text.startswith(" "):
            self._line.append(Words(" "))
        is_bare = says_the_same(label, address) and address.startswith("http")
        style = replace(styles[0] if styles else PLAIN, strike=is_struck)
        self._line.append(Link(address, "" if is_bare and label == address else label, style))
        if ends and ends[-1].text.endswith(" "):
            self._line.append(Words(" "))
        if not words and not start and not self._tables.is_row_one_line:
            self._end_line()  # its words were lines of their own, after which a browser begins a new one

    def _end_preformatted(self) -> None:
        text = "".join(self._preformatted or ())
        self._preformatted = None
        lines = [line.rstrip() for line in text.replace("\xa0", " ").strip("\n").split("\n")]
        if not text.strip():
            return
        self._end_line(gap=not self._in_entry)
        if self._entry is not None or self._goes_on_in_entry([]):
            self._line = [piece for line in lines for piece in ((Code(line), BREAK) if line else (BREAK,))]
            self._end_line()
            return
        self._add(CodeBlock("\n".join(lines)))
        self._gap = True

    # ------------------------------------------------------------ lines and blocks

    def _begin_entry(self, attributes: Attributes) -> None:
        counting = self._lists[-1] if self._lists else Counting(None)
        number = counting.next(attributes)
        words = None if number is None else counted(number, counted_in(attributes) or counting.letters)
        self._entries.append(words is None)
        self._in_entry += words is None
        if words is not None:
            self._words(f"{words}. ")
        else:
            self._entry = Item((), max(len(self._lists) - 1, 0), number)

    def _end_empty_entry(self) -> None:
        """A number is seen also where no words follow it."""
        entry = self._entry
        if entry is not None and entry.number is not None:
            self._entry = None
            self._add(List((entry,)))

    def _end_line(self, *, gap: bool = False) -> None:
        """End the line if there is anything in it. `gap`: an empty line comes before what follows."""
        end_words(self._line)
        line, self._line = self._line, []
        if self._link is not None:
            self._link = (self._link[0], 0)
        has_break = BREAK in line
        while line and line[0] is BREAK and self._entry is None:
            del line[0]
            self._gap = True
        while line and (line[-1] is BREAK or (isinstance(line[-1], Words) and not line[-1].text.strip())):
            line.pop()
        if not seen(bare_pieces(line)):
            self._gap = self._gap or gap or has_break
            return
        if self._entry is not None:
            self._add(List((replace(self._entry, inside=tuple(line)),)))
            self._entry = None
        elif not self._goes_on_in_entry(line):
            self._add(Paragraph(tuple(line)))
        self._gap = gap

    def _goes_on_in_entry(self, line: list[Inline]) -> bool:
        """Add a line to the entry before, if it goes on; returns whether it does."""
        last = self._blocks[-1][-1] if self._blocks[-1] else None
        if not self._in_entry or not isinstance(last, List):
            return False
        if not line:
            return True
        item = last.items[-1]
        self._blocks[-1][-1] = List((*last.items[:-1], replace(item, inside=(*item.inside, BREAK, *line))))
        return True

    def _add(self, block: Block) -> None:
        held = self._blocks[-1]
        if self._gap and held:
            held.append(Paragraph(()))
        held.append(block)
        self._gap = False
