"""Elements in Slack's blocks of kinds that are newer than this program, around words that it knows."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.chats.slack import reading_blocks
from adapters.chats.slack.reading_mrkdwn import Names
from bot.text.plain import plain

Element = dict[str, Any]
NAMES = Names(users={"U1": "Ana"})


def text(words: str) -> Element:
    return {"type": "text", "text": words}


def around(kind: str, *inside: Element) -> Element:
    return {"type": kind, "elements": list(inside)}


KNOWN: list[tuple[Element, str]] = [
    (text("words"), "words"),
    ({"type": "link", "url": "https://x.example", "text": "shop"}, "shop (https://x.example)"),
    ({"type": "user", "user_id": "U1"}, "@Ana"),
    ({"type": "emoji", "name": "wave"}, "👋"),
    ({"type": "emoji", "name": "wave::skin-tone-3"}, "👋🏼"),
    ({"type": "emoji", "name": "shop-own::skin-tone-3"}, ":shop-own:"),
    ({"type": "date", "timestamp": 1700000000, "format": "{date}", "fallback": "then"}, "2023-11-14"),
]


@pytest.mark.parametrize(("element", "said"), KNOWN)
def test_words_within_an_unknown_kind_are_read(element: Element, said: str) -> None:
    """In a line, between blocks and in a list's entry: what it holds is there, in its order."""
    section = around("rich_text_section", text("a "), element, text(" b"))
    for wrapped in (
        around("rich_text_section", text("a "), around("span", element), text(" b")),
        around("rich_text_section", text("a "), around("span", around("mark", element)), text(" b")),
        around("rich_text_card", section),
        around("rich_text_columns", around("rich_text_column", section)),
        around("rich_text_quote", section),
    ):
        shown = reading_blocks.read([{"type": "rich_text", "elements": [wrapped]}], NAMES)
        assert plain(shown).removeprefix("> ") == f"a {said} b"


def test_lists_in_a_cell_are_read() -> None:
    """Each entry, with a space between them."""
    listed = around("rich_text_list", around("rich_text_section", text("a")), around("rich_text_section", text("b")))
    table = {"type": "table", "rows": [[around("rich_text", listed), {"type": "raw_text", "text": "c"}]]}
    assert plain(reading_blocks.read([table], NAMES)) == "a b | c"


@pytest.mark.parametrize("kind", ["table", "data_table"])
@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ({"type": "raw_number", "value": 5, "text": "5.00 €"}, "5.00 €"),
        ({"type": "raw_number", "value": 7}, "7"),
        ({"type": "raw_number", "value": 0}, "0"),
        ({"type": "raw_number", "value": -2.5, "text": ""}, "-2.5"),
        ({"type": "raw_text", "text": ""}, ""),
    ],
)
def test_numbers_in_tables_are_read(kind: str, cell: Element, shown: str) -> None:
    """A price is a cell like any other, in each kind of table; what the table is called stands above it."""
    before = {"type": "rich_text", "elements": [around("rich_text_section", text("hello"))]}
    table = {"type": kind, "rows": [[{"type": "raw_text", "text": "Key"}, cell, {"type": "raw_text", "text": "b"}]]}
    assert plain(reading_blocks.read([before, table], NAMES)) == f"hello\nKey | {shown} | b"
    captioned = reading_blocks.read([before, table | {"caption": "Prices"}], NAMES)
    assert plain(captioned).split("\n")[:2] == ["hello", "Prices"]
    assert not list(reading_blocks.unread_in(table, {}))


@pytest.mark.parametrize("kind", ["header", "section", "context"])
def test_plain_text_is_no_markup(kind: str) -> None:
    """Stars that stand in it were typed."""
    part = {"type": "plain_text", "text": "5*3*2 &lt; *x* _y_ ~z~"}
    block = {"type": kind, "elements": [part]} if kind == "context" else {"type": kind, "text": part}
    assert plain(reading_blocks.read([block], NAMES)) == "5*3*2 < *x* _y_ ~z~"
