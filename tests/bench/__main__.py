"""
Measure: `make bench`, or `python -m tests.bench [--row 4] [--runs 5] [--scale small] [--keep]`.

Prints every figure with its spread, its ratio to the floor and what it must reach; keeps each run in `build/bench/`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from json import loads
from pathlib import Path

from tests.bench import results
from tests.bench.figures import Reading, written
from tests.bench.machine import machine
from tests.bench.one_run import READINGS
from tests.bench.results import ROOT, Line, Result
from tests.bench.rows import REASONS, ROWS, Row
from tests.bench.setting import NOTES
from tests.bench.table import write_into

Found = Mapping[str, list[Reading]]
_ONE_RUN_SECONDS = 900
_SHOWN = 6


def main() -> int:
    asked = _asked()
    chosen = [row for row in ROWS if not asked.row or row.number in asked.row]
    if not chosen:
        _say(f"there is no such row: {asked.row}")
        return 2
    on = machine()
    _say("\n".join(f"{name:>12}: {value}" for name, value in on.items()))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="shopbell-bench-") as folder:
        shared = Path(folder) / "shared"
        shared.mkdir()
        readings, failed = _measured(chosen, asked, Path(folder), shared)
    lines = [line for row in chosen for line in _lines(row, readings)]
    result = Result(at=results.now(), scale=asked.scale, machine=on, lines=tuple(lines))
    for line in lines:
        _say(_told(line))
    _say(f"\n{time.monotonic() - began:.0f} s; each run: {results.save(result, readings)}")
    for name in failed:
        _say(f"NOT MEASURED: {name}")
    if asked.keep and asked.scale == "full":
        results.keep(result)
        write_into(ROOT / "README.md")
        _say("docs/bench.json and the README's table are written.")
    return 1 if failed else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure shopbell.")
    parser.add_argument("--row", type=int, action="append", help="only this row; may be given several times")
    parser.add_argument("--runs", type=int, default=5, help="how often each is measured (default: 5)")
    parser.add_argument("--scale", choices=("small", "full"), default="full", help="small: for developing")
    parser.add_argument("--keep", action="store_true", help="write docs/bench.json and the README's table")
    return parser.parse_args()


def _measured(
    chosen: Sequence[Row], asked: argparse.Namespace, folder: Path, shared: Path
) -> tuple[dict[str, list[Reading]], list[str]]:
    """Every reading by its figure's name, and the measurements that failed."""
    found: dict[str, list[Reading]] = {}
    failed = []
    runs = {name: min(row.runs.get(name, asked.runs), asked.runs) for row in chosen for name in row.measurements}
    for name, amount in runs.items():
        for run in range(amount):
            began = time.monotonic()
            own = folder / f"{name}-{run}"
            own.mkdir()
            error = _run(name, own, shared, asked.scale, run)
            took = f"{time.monotonic() - began:.0f} s"
            if error:
                failed.append(f"{name}, run {run + 1}: {error}")
                _say(f"{name}, run {run + 1} of {amount}: failed after {took}\n{error}")
                break
            if (own / NOTES).exists():
                _say((own / NOTES).read_text("utf-8").rstrip())
            readings = {each: Reading(*value) for each, value in loads((own / READINGS).read_text("utf-8")).items()}
            for each, reading in readings.items():
                found.setdefault(each, []).append(reading)
            shown = ", ".join(f"{each} {written(reading.value)}" for each, reading in list(readings.items())[:_SHOWN])
            _say(f"{name}, run {run + 1} of {amount}, {took}: {shown}")
    return found, failed


def _run(name: str, folder: Path, shared: Path, scale: str, run: int) -> str:
    """One run in a process of its own; returns what went wrong, empty: nothing."""
    command = [sys.executable, "-m", "tests.bench.one_run", name, str(folder), str(shared), scale, str(run)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=_ONE_RUN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {_ONE_RUN_SECONDS} s"
    if done.returncode == 0 and (folder / READINGS).exists():
        return ""
    return done.stderr[-2000:] or "it ended without a reading"


def _lines(row: Row, readings: Found) -> list[Line]:
    figures = [figure for figure in row.figures() if readings.get(figure.name)]
    return [
        results.line(row.number, row.what, figure, readings[figure.name], REASONS.get(row.number)) for figure in figures
    ]


def _told(line: Line) -> str:
    """One figure as the terminal shows it."""
    found, figure = line.summary, line.figure
    floor = "" if found.floor is None else f", floor {written(found.floor)}, {written(found.ratio or 0)} × the floor"
    must = "" if figure.at_most is None else f"; must reach {written(figure.at_most)}"
    met = {None: "", True: ": MET", False: f": NOT MET ({line.reason or 'reason not known yet'})"}[line.met]
    judged = "" if figure.judged == "value" else f" [{figure.judged}: {written(found.shown)}]"
    return (
        f"{line.row:>2}  {line.what}: {figure.label}: {written(found.median, figure.unit)}"
        f" ({written(found.lowest)} – {written(found.highest)}, {found.runs} runs){floor}{judged}{must}{met}"
    )


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the figures are what one runs it for


if __name__ == "__main__":
    sys.exit(main())
