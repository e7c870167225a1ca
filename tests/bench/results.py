"""What was measured, as JSON: each row with its figures, its machine and its day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, Reading, Summary, summary

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs" / "bench.json"
"""From this the README's table is written."""
BUILT = ROOT / "build" / "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure in the table: what it must reach, and what it reached."""

    row: int
    what: str
    figure: Figure
    summary: Summary
    reason: str | None

    @property
    def met(self) -> bool | None:
        return self.summary.meets(self.figure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Some rows, measured together."""

    at: str
    scale: str
    machine: Mapping[str, str]
    lines: tuple[Line, ...]


def line(row: int, what: str, figure: Figure, readings: Iterable[Reading], reason: str | None) -> Line:
    """One line of what these runs found."""
    return Line(row=row, what=what, figure=figure, summary=summary(figure, list(readings)), reason=reason)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def save(result: Result, readings: Mapping[str, Iterable[Reading]]) -> Path:
    """Keep everything, each run by itself, in a new file under `build/`; returns it."""
    BUILT.mkdir(parents=True, exist_ok=True)
    file = BUILT / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    runs = {name: [[each.value, each.floor] for each in found] for name, found in readings.items()}
    file.write_text(json.dumps(_written(result) | {"readings": runs}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return file


def keep(result: Result) -> None:
    """Put these rows in place of the older ones in `docs/bench.json`."""
    rows: dict[str, Any] = {}
    if KEPT.exists():
        rows = json.loads(KEPT.read_text("utf-8"))
    for number in {line.row for line in result.lines}:
        lines = tuple(line for line in result.lines if line.row == number)
        rows[str(number)] = _written(Result(at=result.at, scale=result.scale, machine=result.machine, lines=lines))
    ordered = {number: rows[number] for number in sorted(rows, key=int)}
    KEPT.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")


def kept() -> list[Result]:
    """Every row in `docs/bench.json`, in their order; empty: nothing was ever kept."""
    if not KEPT.exists():
        return []
    return [_read(value) for value in json.loads(KEPT.read_text("utf-8")).values()]


def _written(result: Result) -> dict[str, Any]:
    return asdict(result)


def _read(value: Mapping[str, Any]) -> Result:
    lines = tuple(
        Line(**{**each, "figure": Figure(**each["figure"]), "summary": Summary(**each["summary"])})
        for each in value["lines"]
    )
    return Result(at=value["at"], scale=value["scale"], machine=value["machine"], lines=lines)
