"""The page's state in named parts, each with the version in which it last changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bot.sandbox.page.actions import Json


@dataclass(frozen=True, slots=True)
class _Part:
    """A part as it was last; `written` is None if it is gone."""

    version: int
    written: str | None


class Changes:
    """
    Finds what has changed since a version, so that the page gets only that.

    A version is a text: the run of this server and a number. For a version of another run, everything counts as
    changed.
    """

    def __init__(self) -> None:
        self._run = uuid4().hex[:8]
        self._number = 0
        self._entries: dict[str, _Part] = {}

    def update(self, parts: Mapping[str, Any]) -> None:
        """Store all parts as they are now; a missing one is gone."""
        written: dict[str, str | None] = {name: json.dumps(part) for name, part in parts.items()}
        gone = dict.fromkeys(self._entries.keys() - written.keys())
        known = {name: entry.written for name, entry in self._entries.items()}
        changed = {name: text for name, text in (written | gone).items() if known.get(name) != text}
        if changed:
            self._number += 1
            self._entries |= {name: _Part(self._number, text) for name, text in changed.items()}

    def since(self, version: str) -> Json:
        """
        What has changed since then.

        Returns:
            `version`: for the next call. `fresh`: whether this is everything, so that older parts must be dropped.
            `parts`: the changed parts by name, None for one that is gone.
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
