"""What is to be drawn, as values; `picture.py` reads them as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Bars:
    """
    Amounts side by side.

    Attributes:
        labels: What each is, in the order in which it is drawn.
        texts: What stands at the end of each bar; empty: the amount itself.
    """

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lengths:
    """
    Lengths of time in hours, two for each label: the median, and what nine of ten keep; None: there is none.

    Attributes:
        texts: The same as people say them.
    """

    title: str
    labels: tuple[str, ...]
    series: tuple[str, str]
    values: tuple[tuple[float | None, float | None], ...]
    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ByDay:
    """Two amounts for each day (`2026-11-27`), oldest first."""

    title: str
    days: tuple[str, ...]
    series: tuple[str, str]
    values: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture: days above, lengths of time and amounts below."""

    title: str
    by_day: ByDay
    lengths: tuple[Lengths, ...]
    bars: tuple[Bars, ...]

    def as_json(self) -> str:
        return json.dumps(asdict(self))
