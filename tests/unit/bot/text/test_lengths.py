"""How texts are shortened, and where long ones are cut."""

from __future__ import annotations

import time

import pytest

from bot.text import Cuts, one_line, shorten, split


@pytest.mark.parametrize(
    ("text", "length", "line"),
    [
        ("two\nlines", 20, "two lines"),
        ("  many   spaces\t here ", 20, "many spaces here"),
        ("exactly ten", 11, "exactly ten"),
        ("exactly ten", 10, "exactly t…"),
        ("cut at a space", 5, "cut…"),
        ("", 5, ""),
    ],
)
def test_one_line_is_one_line_of_that_length(text: str, length: int, line: str) -> None:
    """For a title: white space folded, and an ellipsis where something is missing."""
    assert one_line(text, length) == line


SIGNS = [
    "👨\u200d👩\u200d👧",
    "👍🏽",
    "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e0065\U000e007f",
    "e\u0301\u0323",
    "कि",
    "1\ufe0f\u20e3",
    "😀",
    "क्ष",
    "क\u094d\u200dष",
    "ស្ត្រី",
    "กำ",
    "ກຳ",
    "\u1112\u1161\u11ab",
    "ｶﾞ",
    "நி",
]


@pytest.mark.parametrize("sign", SIGNS)
def test_nothing_is_cut_within_a_sign(sign: str) -> None:
    """What people see as one sign is there as a whole or not at all, whatever the length is, also behind its like."""
    text = 30 * sign
    whole = [sign * count for count in range(31)]
    for length in range(len(sign) + 1, len(text)):
        assert one_line(text, length)[:-1] in whole
        assert shorten(text, length)[:-1] in whole
        assert all(piece in whole for piece in split(text, max(length, 2 * len(sign))))


@pytest.mark.parametrize("before", ["", "x ", "words and words ", "看", "(" * 30])
@pytest.mark.parametrize(
    "address", ["https://shop.example/" + "a" * 40, "Http://x.example/?" + "b=%20&" * 6, "https://x.example"]
)
def test_no_address_is_cut_that_fits(before: str, address: str) -> None:
    """It begins the next piece, however little is before it; one that is longer than a piece is cut somewhere."""
    for length in range(20, 130):
        pieces = split(f"{before}{address} after", length)
        assert "".join(pieces).replace(" ", "") == f"{before}{address}after".replace(" ", "")
        assert all(len(piece) <= length for piece in pieces)
        assert len(address) > length or any(address in piece for piece in pieces)


def test_shorten_keeps_lines() -> None:
    """For an opening: lines stay, and no space is left before the ellipsis."""
    assert shorten("one\ntwo three", 20) == "one\ntwo three"
    assert shorten("one\ntwo three", 9) == "one\ntwo…"


@pytest.mark.parametrize(
    ("text", "length", "pieces"),
    [
        ("", 5, ("",)),
        ("short", 5, ("short",)),
        ("first line\nsecond line", 15, ("first line", "second line")),
        ("one two three four", 10, ("one two", "three four")),
        ("a" * 12, 5, ("aaaaa", "aaaaa", "aa")),
        ("x " + "a" * 12, 8, ("x aaaaaa", "aaaaaa")),
    ],
)
def test_split_cuts_where_a_reader_would(text: str, length: int, pieces: tuple[str, ...]) -> None:
    """After a line if there is one near the end, else after a word, else right there."""
    assert split(text, length) == pieces


def test_split_measures_as_the_platform_does() -> None:
    """A width that counts `&` as five keeps every piece within it."""

    def escaped(text: str) -> int:
        return len(text.replace("&", "&amp;"))

    pieces = split("&" * 10, 12, escaped)
    assert pieces == ("&&",) * 5


def test_split_refuses_a_length_of_nothing() -> None:
    """A piece without room for a character would never end."""
    with pytest.raises(ValueError, match="length must be at least 1"):
        split("text", 0)


def test_a_very_long_text_is_split_within_a_moment() -> None:
    """A customer who pastes a megabyte holds nobody up."""
    began = time.process_time()
    pieces = split("word " * 200_000, 2000)
    assert time.process_time() - began < 60, "it takes a fraction of a second; with the square of its length, hours"
    assert sum(map(len, pieces)) > 990_000


def test_cuts_are_measured_once() -> None:
    """The pieces of a text that is asked for again and again stay where they are, and are not measured again."""
    measured = 0

    def width(piece: str) -> int:
        nonlocal measured
        measured += 1
        return len(piece)

    cuts = Cuts(100, width, size=2)
    long = "some words " * 1000
    first = cuts.spans(long)
    assert tuple(long[start:end] for start, end in first) == split(long, 100)
    once = measured
    assert all(cuts.spans("".join(long)) == first for _ in range(50))
    assert measured == once
    cuts.spans("a")
    cuts.spans("b")
    cuts.spans(long)
    assert measured > once + 2
