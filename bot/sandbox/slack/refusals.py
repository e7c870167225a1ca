"""
How Slack refuses a call: with the name of an error, and for blocks with sentences about single fields.

A fault has Slack's own words and a JSON pointer to the field.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Faults = Iterator[str]


class SlackRefusal(Exception):
    """Slack refuses a call; `error` is the name of the error, and `fields` are the other fields of the answer."""

    def __init__(self, error: str, **fields: object) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class WordFilter:
    """
    Refuses what holds a word.

    Attributes:
        word: Sought without regard to upper and lower case, wherever it stands; empty: everything is refused.
        fields: In which arguments of the call it is sought: `text`, `blocks`, `attachments`.
        error: What is answered.
    """

    word: str
    fields: tuple[str, ...] = ("text", "blocks", "attachments")
    error: str = "invalid_blocks"

    def check(self, parts: Mapping[str, Any]) -> None:
        """Raises `SlackRefusal` if the word is in one of these arguments."""
        for name in self.fields:
            if parts.get(name) and self.word.lower() in json.dumps(parts[name], ensure_ascii=False).lower():
                raise SlackRefusal(self.error)


def fault(text: str, at: str) -> str:
    """One fault, as in `response_metadata.messages`."""
    return f"[ERROR] {text} [json-pointer:{at}]"


def shape(part: Any, at: str, *, needs: Collection[str], may: Collection[str] = ()) -> Faults:
    """What is wrong with an object's fields: missing ones and unknown ones."""
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
    """What is wrong with a text that must have 1 to `longest` characters."""
    if not isinstance(text, str):
        yield fault("must be a string", at)
    elif not text.strip():
        yield fault("must be more than 0 characters", at)
    elif len(text) > longest:
        yield fault(f"must be less than {longest + 1} characters", at)


def items(parts: Any, at: str, most: int, *, fewest: int = 1) -> Faults:
    """What is wrong with a list that must have `fewest` to `most` entries."""
    if not isinstance(parts, list):
        yield fault("must provide an array", at)
    elif len(parts) > most:
        yield fault(f"no more than {most} items allowed", at)
    elif len(parts) < fewest:
        yield fault(f"no fewer than {fewest} items required", at)
