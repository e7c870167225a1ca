"""Where a web address ends."""

from __future__ import annotations

import pytest

from bot.text.addresses import can_be_opened, says_the_same, spans


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://en.wikipedia.example/wiki/Mercury_(element)", ["https://en.wikipedia.example/wiki/Mercury_(element)"]),
        ("請看 https://shop.example/o/1。謝謝，還有（https://shop.example/o/2）", ["https://shop.example/o/1", "https://shop.example/o/2"]),
        ("(see https://shop.example/a).", ["https://shop.example/a"]),
        ("“https://shop.example/a”, «https://shop.example/b»", ["https://shop.example/a", "https://shop.example/b"]),
        ("**https://shop.example/a**", ["https://shop.example/a"]),
        ("https://shop.example/o/1をご覧", ["https://shop.example/o/1"]),
        ("https://ja.wikipedia.example/wiki/日本 です", ["https://ja.wikipedia.example/wiki/日本"]),
        ("https://münchen.example/straße?a=1&b=2#c", ["https://münchen.example/straße?a=1&b=2#c"]),
        ("https://пример.example/путь, дальше", ["https://пример.example/путь"]),
        ("https://shop.example/a\u200bb", ["https://shop.example/a"]),
        ("<https://shop.example/a>", ["https://shop.example/a"]),
        ("https:// http://. https://)", []),
    ],
)  # fmt: skip
def test_addresses_end_where_people_see_them_end(text: str, found: list[str]) -> None:
    """In every script; the punctuation of the sentence is not in the address."""
    assert [text[start:end] for start, end in spans(text)] == found


def test_only_what_is_harmless_can_be_opened() -> None:
    """Pages, mailboxes and telephones."""
    assert all(map(can_be_opened, ("https://a.example", "HTTP://A.EXAMPLE", "mailto:a@b.example", "tel:+1")))
    assert not any(map(can_be_opened, ("javascript:alert(1)", "data:text/html,x", "file:///etc", "a.example", "")))


def test_a_label_may_be_its_address() -> None:
    """Without the scheme, or the last slash."""
    assert says_the_same("shop.example/a", "https://shop.example/a/")
    assert not says_the_same("your bank", "https://evil.example")
