"""What the page was told: parts of the world by name, each with the version in which it last changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bot.sandbox.page.actions import Json


@dataclass(frozen=True, slots=True)
class _Entry:
    """A part as it was last seen; `written` is None where it is gone."""

    version: int
    written: str | None


class Changes:
    """
    Knows what has changed since a version, so that the page is sent only that.

    A version is a text: the run of this server and a number. One of another run is good for nothing, and whoever
    shows it gets everything.
    """

    def __init__(self) -> None:
        self._run = uuid4().hex[:8]
        self._number = 0
        self._entries: dict[str, _Entry] = {}

    def update(self, parts: Mapping[str, Any]) -> None:
        """Take in all parts as they are now; one that is missing is gone."""
        written: dict[str, str | None] = {name: json.dumps(part) for name, part in parts.items()}
        gone = dict.fromkeys(self._entries.keys() - written.keys())
        known = {name: entry.written for name, entry in self._entries.items()}
        changed = {name: text for name, text in (written | gone).items() if known.get(name) != text}
        if changed:
            self._number += 1
            self._entries |= {name: _Entry(self._number, text) for name, text in changed.items()}

    def since(self, version: str) -> Json:
        """
        What has changed since then.

        Returns:
            `version`: to ask with next time. `fresh`: whether this is everything, and what was known before is void.
            `parts`: the changed ones by name, None for one that is gone.
        """
        run, _, number = version.partition(".")
        fresh = run != self._run or not number.isdecimal()
        after = 0 if fresh else int(number)
        parts = {
            name: None if entry.written is None else json.loads(entry.written)
            for name, entry in self._entries.items()
            if entry.version > after and not (fresh and entry.written is None)
        }
        return {"version": f"{self._run}.{self._number}", "fresh": fresh, "parts": parts}
