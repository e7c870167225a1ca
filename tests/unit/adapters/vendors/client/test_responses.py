"""What an answer means: bodies, waiting times, complaints."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.vendors.client.bodies import Unpacker
from adapters.vendors.client.responses import (
    Response,
    UnusableBody,
    error_details,
    error_of,
    json_of,
    retry_after,
)
from bot.errors import RemoteError
from bot.text import comparable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answer(body: Any, status: int = 422) -> Response:
    return Response(status, {}, json.dumps(body).encode())


def test_fractions_stay_as_the_vendor_wrote_them() -> None:
    """An amount is shown with the digits it came with, and a number that is none is nothing."""
    assert json_of(b'{"a": 29.90, "b": 3, "c": NaN, "d": 1e999}') == {"a": "29.90", "b": 3, "c": None, "d": "1e999"}


def test_a_byte_order_mark_and_broken_characters_are_read() -> None:
    """A mark before the JSON, half a character and half a pair do no harm."""
    assert json_of(b"\xef\xbb\xbf{}") == {}
    assert json_of(b'["\xff"]') == ["\ufffd"]
    assert json_of(b'["\\ud800", "\\\\ud800", "\\ud83d\\ude00"]') == ["", "\\ud800", "\U0001f600"]


@pytest.mark.parametrize("body", [b"", b"\n", b"<p>", b"{", b'{"a":1}x', b"[" * 200_000, b"[" * 60 + b"]" * 60])
def test_what_cannot_be_used(body: bytes) -> None:
    """What is no JSON, or deeper than anything needs, says so without quoting itself."""
    with pytest.raises(UnusableBody):
        json_of(body)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
def test_unknown_packing_is_unusable(encoding: str) -> None:
    """Only what was asked for is unpacked."""
    with pytest.raises(UnusableBody):
        Unpacker(encoding)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("-5", 1),
        ("1.5", 1.5),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 1),
        ("99999999999", 900),
        ("Mon, 02 Mar 2026 12:00:00 GMT", 900),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("Sun, 01 Mar 2026 12:00:30", None),
        ("", None),
    ],
)
def test_retry_after(asked: str, seconds: float | None) -> None:
    """Seconds or an HTTP date, never below a second or above a quarter of an hour; nonsense says nothing."""
    assert retry_after({"retry-after": asked}, NOON) == seconds


EMPTY = {"message": "Empty."}

COMPLAINTS: list[tuple[Any, str, dict[str, str]]] = [
    ({"message": "No.", "errors": {"content": ["Too long.", "Odd."]}}, "No.", {"content": "Too long. Odd."}),
    ({"body": ["This field is required."]}, "body: This field is required.", {"body": "This field is required."}),
    ({"detail": "Not allowed."}, "Not allowed.", {}),
    ({"success": False, "message": "No.", "invalidFields": ["message"]}, "No.", {"message": "is not valid"}),
    ({"success": False, "invalidFields": [{"field": "body", "message": "Empty."}]}, "body: Empty.", {"body": "Empty."}),
    ({"success": False, "invalidFields": EMPTY}, "message: Empty.", EMPTY),
    ({"message": "Bad status.", "param": "status"}, "Bad status.", {"status": "Bad status."}),
    ({"error": {"code": 422, "message": "No.", "errors": {"isClosed": "no"}}}, "No.", {"isClosed": "no"}),
    ({"error": "word"}, "word", {}),
    (["a list"], "", {}),
    ("a word", "", {}),
    ({"message": {"deep": 1}, "errors": [1, 2]}, "", {}),
    ({"invalidFields": [1, None, {}]}, "a field: is not valid", {"a field": "is not valid"}),
]


@pytest.mark.parametrize(("body", "words", "fields"), COMPLAINTS)
def test_complaints_of_every_shape(body: Any, words: str, fields: dict[str, str]) -> None:
    """Each vendor's way to say what is wrong is understood, and so is none of them."""
    assert error_details(answer(body), ()) == (words, fields)


@pytest.mark.parametrize("long", ["x" * 9_800_000, "word " * 1_900_000, "a\u0301\u0316" * 20_000])
def test_a_long_refusal_blocks_nobody(long: str) -> None:
    """Whatever it repeats and however long it is; without its words the status is reason enough."""
    begun = time.process_time()
    words, _ = error_details(answer({"message": long}), ("x" * 100_000, "a reply " * 5_000))
    assert len(words) <= 300
    assert time.process_time() - begun < 60, "it takes a fraction of a second; with the square of its length, hours"


def test_a_refusal_with_many_fields_names_some() -> None:
    """Each costs a look at what may not be quoted."""
    assert len(error_details(answer({"errors": {f"f{number}": "no" for number in range(500)}}), ())[1]) == 20


@pytest.mark.parametrize(
    "body",
    [
        {"message": "The address <jane@example.com> is blocked"},
        {"errors": {"customer jane@example.com": ["mailto:jane@example.com bounced"]}},
        {"param": "jane@example.com", "message": "(jane@example.com) is blocked"},
    ],
)
def test_no_address_is_repeated(body: Any) -> None:
    """Threads and logs show what the vendor says; a customer's address is not shown there, masked cards or not."""
    words, fields = error_details(answer(body), ())
    assert words
    assert "jane" not in words + repr(fields)


@given(st.text(min_size=1).filter(comparable), st.text(), st.text())
def test_what_was_sent_is_never_quoted(sent: str, before: str, after: str) -> None:
    """However a vendor wraps what we wrote, the words that hold it are left out."""
    body = {"message": f"{before} {sent} {after}", "errors": {"text": [sent]}}
    words, fields = error_details(answer(body), (sent,))
    assert words == "" or comparable(sent) not in words
    assert fields.get("text") is None


@given(st.integers(100, 599), st.booleans(), st.binary(max_size=200))
def test_every_status_has_a_meaning(status: int, writing: bool, body: bytes) -> None:
    """No status and no body escapes the tree of errors, and only 2xx is none."""
    error = error_of(Response(status, {}, body), vendor="Acme", remedy="", writing=writing, never_quoted=(), now=NOON)
    assert (error is None) == (200 <= status < 300)
    assert error is None or isinstance(error, RemoteError)
