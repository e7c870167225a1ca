"""Laws of formatted texts, whatever the text is."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chats.discord import brackets, reading_markdown, writing_markdown
from adapters.chats.slack import reading_blocks, reading_mrkdwn, writing_blocks
from adapters.vendors.client.html import html_to_text
from adapters.vendors.client.html_writing import rich_text_to_html
from bot.sandbox.slack.composer import compose
from bot.text import comparable
from bot.text.audience import ForCustomer, ForTeam, audience
from bot.text.cutting import cut
from bot.text.normal_form import normal
from bot.text.plain import inert, plain
from bot.text.stored import from_json, to_json
from bot.text.tree import (
    PLAIN,
    Block,
    Code,
    CodeBlock,
    Emoji,
    Inline,
    Item,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Style,
    Words,
)

always = settings(derandomize=True, database=None)

_MARKS = (
    "\\ * ** *** _ __ ~~ ~ ` `` ``` || [a](https://x.example/z) [ ] ( ) <@1> <@U1> <#2> <t:1700000000:f> <:blob:3> > "
    ">>> - 1. 2. # -# a b é 😀 https://x.example/a_b <https://q.example> . ! 5 :tada: &lt; &amp;"
)
_LINE_MARKS = ("\n", "\n\n", "```\n", "> ", ">>> ", "- ", "  - ", "1. ", "# ", "-# ", " ", "    ", "b c")
SOUP = st.lists(st.sampled_from([*_MARKS.split(" "), *_LINE_MARKS]), max_size=14).map("".join)
"""Texts dense with what means something to a chat."""

NO_NAMES = brackets.Names()


def words_only(text: RichText) -> RichText:
    """The text with mentions and emoji as the words that other places show, and links and code without style."""

    def piece(one: Inline) -> Inline:
        match one:
            case Mention():
                return Words(one.name, one.style)
            case Emoji():
                return Words(f":{one.name}:", one.style)
            case Link() | Code():
                return replace(one, style=PLAIN)
        return one

    def block(one: Block) -> Block:
        match one:
            case Paragraph():
                return Paragraph(tuple(map(piece, one.inside)))
            case List():
                return List(tuple(replace(item, inside=tuple(map(piece, item.inside))) for item in one.items))
            case Quote():
                return Quote(tuple(map(block, one.blocks)))
        return one

    return normal(map(block, text))


LETTERS = st.text(st.sampled_from("abcé 😀d."), min_size=1, max_size=8)
STYLES = st.builds(Style, bold=st.booleans(), italic=st.booleans(), strike=st.booleans())
PIECES = st.one_of(
    st.builds(Words, LETTERS, STYLES),
    st.builds(Words, st.text("*_~`<>[]()\\#-|@:", min_size=1, max_size=4)),
    st.builds(Code, st.text("ab *_`\\", min_size=1, max_size=8)),
    st.builds(Link, st.just("https://x.example/a"), LETTERS),
)
LINES = st.lists(PIECES, max_size=5).map(tuple)
BLOCKS = st.recursive(
    st.one_of(
        st.builds(Paragraph, LINES),
        st.builds(CodeBlock, st.text("ab \n*`{}", max_size=20)),
        st.lists(st.builds(Item, LINES, st.integers(0, 3), st.none() | st.integers(1, 9)), max_size=4).map(
            lambda items: List(tuple(items))
        ),
    ),
    lambda blocks: st.lists(blocks, max_size=3).map(lambda inside: Quote(tuple(inside))),
    max_leaves=5,
)
TREES = st.lists(BLOCKS, max_size=5).map(normal)


def letters(text: str) -> str:
    """The letters, which no mark of a list or a quote has."""
    return "".join(character for character in text if character.isalpha())


@always
@given(SOUP)
def test_discord_reads_again_what_was_written_in_it(typed: str) -> None:
    """No word is lost, doubled or moved, whatever marks are around it."""
    text = reading_markdown.read(typed, NO_NAMES)
    assert normal(text) == text
    assert plain(reading_markdown.read(writing_markdown.write(text), NO_NAMES)) == plain(text)


@always
@given(st.lists(st.sampled_from(["**a**", "*b*", "_c_", "~~d~~", "`e`", "f", "**_g_**", "> h", "- i"]), max_size=8))
def test_formatting_stays_in_discord(typed: list[str]) -> None:
    """What people format in the usual way has the same formatting after it was written again."""
    text = reading_markdown.read(" ".join(typed), NO_NAMES)
    assert words_only(reading_markdown.read(writing_markdown.write(text), NO_NAMES)) == words_only(text)


@always
@given(SOUP)
def test_slack_reads_again_what_was_written_in_it(typed: str) -> None:
    """What comes from a block, or from text, is the same tree after it was written as a block."""
    for text in (
        reading_mrkdwn.read(typed, reading_mrkdwn.Names()),
        reading_blocks.read(compose(typed, {})[1], reading_mrkdwn.Names()),
    ):
        assert normal(text) == text
        written = [{"elements": json.loads(json.dumps(writing_blocks.write(text)))}]
        assert plain(reading_blocks.read(written, reading_mrkdwn.Names())) == plain(text)


@always
@given(TREES)
def test_no_word_is_lost_on_any_way(text: RichText) -> None:
    """Letters come through every form in their order, each once, and through the database unchanged."""
    assert normal(text) == text
    assert from_json(to_json(text)) == text
    shown = letters(plain(text))
    assert letters(plain(inert(text))) == shown
    assert letters(plain(reading_markdown.read(writing_markdown.write(text), NO_NAMES))) == shown
    written = [{"elements": writing_blocks.write(text)}]
    assert letters(plain(reading_blocks.read(written, reading_mrkdwn.Names()))) == shown
    assert letters(plain(html_to_text(rich_text_to_html(text)))) == shown


@always
@given(st.text("ab \n*_`~<>&\\", min_size=1, max_size=60))
def test_code_is_byte_for_byte(code: str) -> None:
    """A key in a code block arrives exactly as it is; only empty lines around it are not seen."""
    text = normal((CodeBlock(code),))
    kept = code.strip("\n")
    assert "\n".join(block.text for block in text if isinstance(block, CodeBlock)) == kept
    assert plain(text) == re.sub(r"\A( *\n)*", "", kept.rstrip())
    if "```" not in kept and kept:
        assert reading_markdown.read(writing_markdown.write(text), NO_NAMES) == text
    written = [{"elements": writing_blocks.write(text)}]
    assert reading_blocks.read(written, reading_mrkdwn.Names()) == text


@always
@given(TREES, st.integers(60, 120))
def test_parts_fit_and_are_whole_texts(text: RichText, length: int) -> None:
    """Each part fits, is a text of its own, and together they have every letter once, in order."""
    parts = cut(text, length, writing_markdown.measure)
    assert all(normal(part) == part for part in parts)
    assert all(len(writing_markdown.write(part).encode("utf-16-le")) // 2 <= length for part in parts)
    assert "".join(letters(plain(part)) for part in parts) == letters(plain(text))


@always
@given(
    st.text(st.sampled_from("\ufeff\u200b\u200e\u2060\u00ad\u3164 *_>"), max_size=6),
    st.sampled_from(["//", "🔒", "Note:"]),
)
def test_what_nobody_sees_decides_nothing(before: str, prefix: str) -> None:
    """A note is a note whatever unseen signs and marks are before it, and its text is what follows the prefix."""
    assert audience(f"{before}{prefix} do not refund", ("//", "note:", "🔒")) == ForTeam("do not refund")
    assert audience(f"{before}do not refund", ("//", "note:", "🔒")) == ForCustomer()


@always
@given(st.text('<>/="& abpdivrscriptyle!-\n', max_size=200))
def test_html_is_normal_whatever_it_is(body: str) -> None:
    """No markup is too broken to be read, and what was read reads the same in HTML of our own."""
    text = html_to_text(body)
    assert normal(text) == text
    assert letters(comparable(plain(html_to_text(rich_text_to_html(text))))) == letters(comparable(plain(text)))
