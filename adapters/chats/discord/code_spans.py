"""Code within a line of Discord's markup: between runs of one, two or three ticks; pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict

_TICKS = re.compile(r"`+")
_MOST = 3


class CodeSpans:
    """The code of one text; where its ticks are is known after it was asked for once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._runs: dict[int, list[int]] | None = None

    def read(self, at: int, end: int) -> tuple[str | None, int]:
        """
        What begins with the ticks at `at`, in the text up to `end`.

        Returns:
            The code, and the place after its last tick. None: these ticks begin none, and the place is that after them.
        """
        run = _TICKS.match(self._text, at, end)
        width = 0 if run is None else run.end() - at
        for ticks in range(min(width, _MOST), 0, -1):
            closing = self._closing(ticks, at + width, end)
            if closing is not None:
                return _trimmed(self._text[at + ticks : closing]), closing + ticks
        return None, at + width

    def _closing(self, ticks: int, start: int, end: int) -> int | None:
        """Where the next run of exactly so many ticks begins."""
        if self._runs is None:
            self._runs = defaultdict(list)
            for run in _TICKS.finditer(self._text):
                self._runs[run.end() - run.start()].append(run.start())
        runs = self._runs.get(ticks, [])
        at = bisect_left(runs, start)
        return runs[at] if at < len(runs) and runs[at] + ticks <= end else None


def _trimmed(text: str) -> str:
    """One space between the marks and a tick of the text itself does not count."""
    if text.startswith(" ") and text.lstrip(" ").startswith("`"):
        text = text[1:]
    return text[:-1] if text.endswith(" ") and text.rstrip(" ").endswith("`") else text
