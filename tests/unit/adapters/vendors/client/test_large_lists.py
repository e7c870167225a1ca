"""A list in which single tickets are too large: these are left out in part, and seen to change all the same."""

from __future__ import annotations

from typing import Any

from adapters.vendors.client.large_lists import LEFT_OUT, without_large_parts

LARGE = "x" * 300_000


def test_only_what_is_large_is_left_out() -> None:
    """A text, a list or an object of a ticket; everything else stays, also what is no ticket."""
    listed = [{"id": 1, "text": LARGE}, {"id": 2, "text": "small"}, None, "odd"]
    shortened = without_large_parts(listed)
    assert set(shortened[0]) == {"id", LEFT_OUT}
    assert shortened[1:] == listed[1:]


def test_a_list_in_a_wrapper_is_found() -> None:
    """Beside it stands what a page needs; something else than a list or a wrapper is no list at all."""
    wrapped: dict[str, Any] = {"next": "2", "results": [{"id": 1, "comments": [LARGE]}], "meta": {"text": LARGE}}
    shortened = without_large_parts(wrapped)
    assert (shortened["next"], shortened["meta"]) == (wrapped["next"], wrapped["meta"])
    assert set(shortened["results"][0]) == {"id", LEFT_OUT}
    assert without_large_parts("page") == "page"


def test_a_change_of_what_is_left_out_is_seen() -> None:
    """What stands in its place is another, and the same for the same."""
    first, same, other = (without_large_parts([{"id": 1, "text": LARGE + end}])[0][LEFT_OUT] for end in ("a", "a", "b"))
    assert first == same != other
