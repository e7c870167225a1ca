"""Where a web address ends."""

from __future__ import annotations

import pytest

from bot.text.addresses import can_be_opened, defused, says_the_same, spans


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
        ("Https://shop.example/a, HTTP://B.EXAMPLE.", ["Https://shop.example/a", "HTTP://B.EXAMPLE"]),
        ("~~https://shop.example/a~~ https://shop.example/~jane", ["https://shop.example/a", "https://shop.example/~jane"]),
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
    assert says_the_same("+49 (30) 123-45", "tel:+493012345")
    assert says_the_same("+49 30 12345", "TEL:+49%2030%2012345")
    assert not says_the_same("call us", "tel:+493012345")
    assert not says_the_same("-", "tel:-")
    assert says_the_same("a@b.example", "mailto:a@b.example?subject=Order%201")
    assert not says_the_same("a@b.example", "mailto:c@b.example?cc=a@b.example")
    assert not says_the_same("shop.example/a", "https://shop.example/a?to=evil")
    assert says_the_same("https://shop.example/größe/日本", "https://shop.example/gr%C3%B6%c3%9fe/%E6%97%A5%E6%9C%AC")
    assert says_the_same("www.shop.example", "HTTP://www.Shop.EXAMPLE/")
    assert says_the_same("mailto:Ann@b.example", "mailto:ann@B.example")
    assert not says_the_same("shop.example/A", "https://shop.example/a")
    assert not says_the_same("shop.example", "https://SHOP.example@evil.example")
    assert not says_the_same("https://shop.example/a/b", "https://shop.example/a%2Fb")
    assert not says_the_same("https://shop.example/\ufffd", "https://shop.example/%FF")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://evil.example/offer?x=1", "hxxps://evil[.]example/offer?x=1"),
        ("HTTP://www.evil.example", "hxxp://www[.]evil[.]example"),
        ("see evil.example/offer, or discord.gg/abc", "see evil[.]example/offer, or discord[.]gg/abc"),
        ("http://10.0.0.1/x", "hxxp://10[.]0[.]0[.]1/x"),
        ("https://пример.испытание/а", "hxxps://пример[.]испытание/а"),
        ("https://例え。テスト/a", "hxxps://例え[.]テスト/a"),
        ("https://a.xn--p1ai/", "hxxps://a[.]xn--p1ai/"),
        ("jane@evil.example", "jane@evil[.]example"),
        ("It costs 1.50 today. Yes.", "It costs 1.50 today. Yes."),
        ("", ""),
    ],
)
def test_a_defused_address_is_read_by_people_only(text: str, shown: str) -> None:
    """Names of the web are, too, where they stand without a scheme; sentences and figures stay."""
    assert defused(text) == shown
    assert defused(shown) == shown


@pytest.mark.parametrize("sign", ["؟", "،", "؛", "۔", "।", "॥", "։", "።", "។", "။", "–", "—", "·", "\u037e"])
def test_the_signs_of_all_scripts_end_a_sentence(sign: str) -> None:
    """As a dot does: they are no part of the address before them."""
    text = f"https://shop.example/o/1{sign} x"
    assert [text[start:end] for start, end in spans(text)] == ["https://shop.example/o/1"]
