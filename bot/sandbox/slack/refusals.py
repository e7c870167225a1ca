"""
How Slack says no: an error's name in the answer, and sentences about single fields of blocks.

A fault reads as Slack words it, with a JSON pointer to the place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

Faults = Iterator[str]


class SlackRefusal(Exception):
    """Slack says no; `error` is its word for why and `fields` what stands beside it in the answer."""

    def __init__(self, error: str, **fields: object) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields


def fault(text: str, at: str) -> str:
    """One complaint, as it stands in `response_metadata.messages`."""
    return f"[ERROR] {text} [json-pointer:{at}]"


def shape(part: Any, at: str, *, needs: Collection[str], may: Collection[str] = ()) -> Faults:
    """Whether an object has the fields it needs and none that nobody knows."""
    if not isinstance(part, Mapping):
        yield fault("must provide an object", at)
        return
    for name in needs:
        if part.get(name) is None:
            yield fault(f"missing required field: {name}", at)
    for name in part:
        if name != "type" and name not in needs and name not in may:
            yield fault(f"invalid additional property: {name}", at)


def length(text: Any, at: str, longest: int) -> Faults:
    """Whether something is text of at least one and at most `longest` characters."""
    if not isinstance(text, str):
        yield fault("must be a string", at)
    elif not text.strip():
        yield fault("must be more than 0 characters", at)
    elif len(text) > longest:
        yield fault(f"must be less than {longest + 1} characters", at)


def items(parts: Any, at: str, most: int, *, fewest: int = 1) -> Faults:
    """Whether something is a list of so many things."""
    if not isinstance(parts, list):
        yield fault("must provide an array", at)
    elif len(parts) > most:
        yield fault(f"no more than {most} items allowed", at)
    elif len(parts) < fewest:
        yield fault(f"no fewer than {fewest} items required", at)
