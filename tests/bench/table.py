"""
The README's table of what was measured, made from `docs/bench.json`.

`python -m tests.bench.table README.md` writes it between its markers; a test holds it to the file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench.figures import written
from tests.bench.results import Line, Result, kept
from tests.bench.rows import SIDE_BY_SIDE

BEGIN = "<!-- bench: begin, made by `python -m tests.bench.table README.md` -->"
END = "<!-- bench: end -->"
_HEAD = ("#", "what", "figure", "median (lowest – highest)", "× the floor", "must reach", "met")
_SIDE_BY_SIDE = "Side by side with what one would otherwise take, on the same work, each killed sixty times:"
_JUDGED = {"value": "", "above": " above the floor", "ratio": " × the floor"}


def table(results: Iterable[Result]) -> str:
    """A line for each figure, and below it on what machine and when it was measured."""
    results = list(results)
    if not results:
        return "Nothing has been measured yet: `make bench KEEP=yes`."
    rows: list[Sequence[str]] = [_HEAD, ("---",) * len(_HEAD)]
    for result in results:
        if result.lines[0].row != SIDE_BY_SIDE:
            rows += [_cells(line, first=line is result.lines[0]) for line in result.lines]
    lines = [*_drawn(rows), "", *_machines(results)]
    for result in results:
        if result.lines[0].row == SIDE_BY_SIDE:
            lines += ["", _SIDE_BY_SIDE, "", *_drawn(_compared(result))]
    return "\n".join(lines)


def _drawn(rows: Iterable[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


def _compared(result: Result) -> list[Sequence[str]]:
    """A row for each of those who were compared, with its figures in their columns."""
    columns = list(dict.fromkeys(line.figure.label.partition(", ")[2] for line in result.lines))
    found: dict[str, dict[str, str]] = {}
    for line in result.lines:
        name, _, column = line.figure.label.partition(", ")
        found.setdefault(name, {})[column] = written(line.summary.median, line.figure.unit)
    rows = [[name, *(cells.get(column, "–") for column in columns)] for name, cells in found.items()]
    return [["", *columns], ["---"] * (len(columns) + 1), *rows]


def _cells(line: Line, *, first: bool) -> tuple[str, ...]:
    found, figure = line.summary, line.figure
    spread = written(found.median, figure.unit)
    if found.lowest < found.highest:
        spread += f" ({written(found.lowest)} – {written(found.highest)})"
    if figure.judged == "above":
        spread += f", {written(found.shown, figure.unit)} above"
    must = "" if figure.at_most is None else f"{written(figure.at_most, figure.unit)}{_JUDGED[figure.judged]}"
    if figure.judged == "ratio" and figure.at_most is not None:
        must = f"{written(figure.at_most)} × the floor"
    ratio = "" if found.ratio is None else written(found.ratio)
    return (str(line.row) if first else "", line.what if first else "", figure.label, spread, ratio, must, _met(line))


def _met(line: Line) -> str:
    if line.met is None:
        return ""
    return "yes" if line.met else f"no: {line.reason or 'the reason is not known yet'}"


def _machines(results: Iterable[Result]) -> list[str]:
    """One line for each machine and commit, with the rows that were measured on it."""
    found: dict[str, list[int]] = {}
    for result in results:
        told = {name: value for name, value in result.machine.items() if name != "load"}
        words = ", ".join(f"{name} {value}" for name, value in told.items())
        found.setdefault(f"{result.at.split()[0]}: {words}", []).append(result.lines[0].row)
    return [f"Row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows))}, {words}." for words, rows in found.items()]


def written_into(text: str, results: Iterable[Result]) -> str:
    """A text with the present table between its markers. Raises `ValueError` if it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"there are no markers {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table(results)}\n{END}{after}"


def write_into(file: Path) -> None:
    """Write the present table into this file."""
    file.write_text(written_into(file.read_text("utf-8"), kept()), "utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write_into(Path(name))
