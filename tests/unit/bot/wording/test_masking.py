"""Masked addresses: what is left of them, wherever they stand, and at what cost."""

from __future__ import annotations

import sys
import time

import pytest

from bot.text.as_seen import is_unseen
from bot.wording.masking import masked, masked_address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("jane@example.com", "j…@example.com"),
        ("j@example.com", "j…@example.com"),
        ("Jane <jane.doe+shop@mail.example.co.uk>, bob@x.org", "Jane <j…@mail.example.co.uk>, b…@x.org"),
        ("jörg_o'neil%1@example.com.", "j…@example.com."),
        ("(jane@example.com)", "(j…@example.com)"),
        ("Order 17 @ 9:00, @ann, a @ b", "Order 17 @ 9:00, @ann, a @ b"),
        ("jane/doe@example.com", "j…@example.com"),
        ("o!r#a&b=c@example.com", "o…@example.com"),
        ("jane\u200b@example.com", "j…@example.com"),
        ("jane@\u200bexample.com", "j…@\u200bexample.com"),
        ("\u2067jane\u2069@example.com", "\u2067…@example.com"),
        ("jane＠example.com, jane﹫example.com", "j…＠example.com, j…﹫example.com"),
        ('"jane doe"@example.com', '"…@example.com'),
        ('The "jane doe"\u200b@example.com', 'The "…@example.com'),
        ('"Jane" wrote: "a @ b"', '"Jane" wrote: "a @ b"'),
        ("jane@[192.0.2.1]", "j…@[192.0.2.1]"),
        ("mailto:jane%40example.com", "mailto:j…%40example.com"),
        ("zoe\u0308@example.com, e\u0301ve@example.com", "z…@example.com, e…@example.com"),
        ("\u0928\u092e\u0938\u094d\u0924\u0947@example.com", "\u0928…@example.com"),
        ("o\u2019neil@example.com", "o…@example.com"),
        ("jane\U0001f600@example.com, j\u00b7ane@example.com", "j…@example.com, j…@example.com"),
        ("jane@\u0301example.com", "j…@\u0301example.com"),
        ("\u201cjane@example.com\u201d\u3001jane@example.com", "\u201cj…@example.com\u201d\u3001j…@example.com"),
        ("j…@example.com", "j…@example.com"),
        ("", ""),
    ],
)
def test_only_the_first_letter_is_left(text: str, shown: str) -> None:
    """What remains says that there is an address, and not whose."""
    assert masked(text) == shown


def test_no_sign_that_nobody_sees_keeps_an_address_from_being_masked() -> None:
    """Wherever in it the sign stands."""
    unseen = [each for each in map(chr, range(sys.maxunicode + 1)) if is_unseen(each)]
    shown = [masked(f"ja{each}ne{each}@{each}example.com") for each in unseen]
    assert shown == [f"j…@{each}example.com" for each in unseen]


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("jane@example.com", "j…@example.com"),
        ('"jane doe"@example.com', '"…@example.com'),
        ("jane doe@example.com", "j…@example.com"),
        ("jane", "…"),
        ("@jane", "…"),
        ("", "…"),
    ],
)
def test_a_field_that_holds_an_address_is_masked_however_it_is_written(email: str, shown: str) -> None:
    """Also where it is quoted or has spaces, and where it is no address at all."""
    assert masked_address(email) == shown


A_LOT = 20.0
"""Of the processor's seconds; in proportion to its length it takes a tenth of one, with the square of it minutes."""


@pytest.mark.parametrize(
    "text",
    [
        *("a" * 200_000, "a@" * 50_000, "a." * 100_000, "%40" * 60_000, "!" * 200_000, "@" * 200_000),
        *("\u0301" * 200_000, "a@\u0301" * 60_000, "\U0001f600" * 200_000),
        *("\u200b" * 200_000, "a@\u200b" * 60_000, '"a' * 100_000, '"' + "a" * 200_000, 'a"@' * 60_000),
    ],
)
def test_a_long_text_costs_little(text: str) -> None:
    """It is read once, whatever stands in it."""
    began = time.process_time()
    masked(text)
    assert time.process_time() - began < A_LOT
