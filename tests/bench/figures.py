"""What is measured: figures, what each must reach, and what a number of runs say together. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Judged = Literal["value", "above", "ratio"]


@dataclass(frozen=True, slots=True)
class Reading:
    """
    One figure of one run.

    Attributes:
        floor: What the shortest script that makes the same requests took in the same run; None: there is no such thing.
    """

    value: float
    floor: float | None = None


Readings = Mapping[str, Reading]
"""What one run found, by the figures' names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    One figure of a row.

    Attributes:
        name: Unique in all rows: the name under which it is read.
        label: What the table calls it.
        at_most: What it must reach; None: it is only shown.
        judged: What must reach that: the value, the value above the floor, or its ratio to the floor.
    """

    name: str
    label: str
    unit: str
    at_most: float | None = None
    judged: Judged = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """
    What all runs say of one figure: the median, and the lowest and highest value.

    Attributes:
        floor, ratio: The medians of the floor, and of each run's value divided by its floor.
        shown: The median of what is judged, in the figure's unit.
    """

    runs: int
    median: float
    lowest: float
    highest: float
    floor: float | None
    ratio: float | None
    shown: float

    def meets(self, figure: Figure) -> bool | None:
        """Whether it reaches what it must; None: it need not reach anything."""
        return None if figure.at_most is None else self.shown <= figure.at_most


def summary(figure: Figure, readings: Sequence[Reading]) -> Summary:
    """What these runs say together. Raises `ValueError`: there are none, or no floor where one is needed."""
    if not readings:
        raise ValueError(f"{figure.name} was not measured")
    values = [reading.value for reading in readings]
    floors = [reading.floor for reading in readings if reading.floor is not None]
    ratios = [each.value / each.floor for each in readings if each.floor]
    judged = values
    if figure.judged == "above":
        judged = [each.value - each.floor for each in readings if each.floor is not None]
    elif figure.judged == "ratio":
        judged = ratios
    if not judged:
        raise ValueError(f"{figure.name} has no floor")
    return Summary(
        runs=len(readings),
        median=median(values),
        lowest=min(values),
        highest=max(values),
        floor=median(floors) if floors else None,
        ratio=median(ratios) if ratios else None,
        shown=median(judged),
    )


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed. Raises `ValueError` if there are none."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def written(value: float, unit: str = "") -> str:
    """A number with two or three digits that count, as people write it."""
    if value == 0 or abs(value) >= 100:
        text = f"{value:,.0f}"
    elif abs(value) >= 10:
        text = f"{value:.1f}"
    else:
        text = f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"
    text = text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
    return f"{text} {unit}".strip()
