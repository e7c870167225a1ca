"""Where the marks of a chat's markup end, found once for a whole text, so that reading it takes linear time."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right


class Runs:
    """
    The runs of one sign in a text: `**` is one of two.

    A run counts only as far as it is within the bounds that are asked for: so marks inside marks are read as if they
    stood alone.
    """

    def __init__(self, text: str, sign: str) -> None:
        found = [run.span() for run in re.finditer(f"{re.escape(sign)}+", text)]
        self._starts = [start for start, _ in found]
        self._ends = [end for _, end in found]

    def within(self, start: int, end: int) -> tuple[int, int] | None:
        """The first run, as far as it is in these bounds; None: there is none."""
        at = bisect_right(self._ends, start)
        if start >= end or at == len(self._starts) or self._starts[at] >= end:
            return None
        return max(self._starts[at], start), min(self._ends[at], end)

    def of_length(self, length: int, start: int, end: int) -> tuple[int, int] | None:
        """The first run of at least this length within these bounds."""
        while (run := self.within(start, end)) is not None:
            if run[1] - run[0] >= length:
                return run
            start = run[1]
        return None

    def odd(self, start: int, end: int) -> tuple[int, int] | None:
        """The first run of an odd length within these bounds."""
        while (run := self.within(start, end)) is not None:
            if (run[1] - run[0]) % 2:
                return run
            start = run[1]
        return None


class Places:
    """Where a pattern is found in a text."""

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        found = [each.span() for each in pattern.finditer(text)]
        self._starts = [start for start, _ in found]
        self._ends = [end for _, end in found]

    def next(self, start: int, end: int) -> tuple[int, int] | None:
        """The first place within these bounds; None: there is none."""
        at = bisect_left(self._starts, start)
        return (self._starts[at], self._ends[at]) if at < len(self._starts) and self._ends[at] <= end else None
