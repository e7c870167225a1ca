"""What Slack's short codes stand for: `:tada:` is 🎉. The table, `emoji.json`, is written by `tools/emoji_table.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

CODE = re.compile(r":(?P<name>[a-z0-9_+'\-]{1,100}):(?::skin-tone-(?P<tone>[2-6]):)?")
_POINTS = re.compile(r"[0-9a-f]{2,5}(-[0-9a-f]{2,5})*")
_LAST_POINT = 0x10FFFF
_TONES = ("2", "3", "4", "5", "6")


def characters(name: str, tone: str | None = None) -> str | None:
    """The characters of an emoji with this name; None: Unicode has none, it is a workspace's own."""
    found = _table().get(name)
    if found is None:
        return None
    # Slack counts the tones from 2, because 1 is none. Not every emoji has them, and blocks may say anything.
    return found[int(tone) - 1] if tone in _TONES and len(found) > 1 else found[0]


@cache
def _table() -> Mapping[str, Sequence[str]]:
    """By name: without a tone, then in each. It is half a megabyte, and few teams write short codes."""
    table: Mapping[str, Sequence[str]] = json.loads(
        resources.files("adapters.chats.slack").joinpath("emoji.json").read_text("utf-8")
    )
    return table


def from_points(points: str) -> str | None:
    """The characters behind `1f44b-1f3fd`, as blocks give them; None: it is no such list."""
    if not _POINTS.fullmatch(points):
        return None
    numbers = [int(point, 16) for point in points.split("-")]
    return "".join(map(chr, numbers)) if max(numbers) <= _LAST_POINT else None
