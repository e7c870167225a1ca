"""
What the last `make test` reached of the program: `make coverage`, and the floors below which `make test` fails.

Each worker of pytest has left what it reached (`tests/support/reached.py`); here it is put together.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import slipcover
from slipcover.slipcover import format_missing

REACHED = Path(__file__).resolve().parents[1] / ".reached"

Files = Mapping[str, Mapping[str, Any]]
"""By file, which of its lines and branches were executed and which are missing, as SlipCover writes it."""


def main(arguments: Sequence[str], folder: Path = REACHED) -> int:
    """Print what is not reached, or hold what is reached against a floor; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tools.reached", description=__doc__.splitlines()[1] if __doc__ else None)
    parser.add_argument("--floor", type=float, help="percent: fail if less is reached, and print only then what is not")
    parser.add_argument("only", nargs="*", metavar="FOLDER", help="look at these folders alone")
    options = parser.parse_args(arguments)
    files = chosen(put_together(folder), options.only)
    if not files:
        print("Nothing is measured there. Run `make test` first.", file=sys.stderr)
        return 2
    percent = percent_of(files)
    is_enough = options.floor is None or percent >= options.floor
    if options.floor is None or not is_enough:
        print("\n".join(not_reached(files)))
    where = ", ".join(options.only) or "the program"
    print(f"{percent:.2f} % of the lines and branches of {where} are reached.")
    if not is_enough:
        print(f"That is less than {options.floor:g} %.", file=sys.stderr)
    return 0 if is_enough else 1


def put_together(folder: Path) -> Files:
    """What all workers have reached; empty where nothing was measured."""
    whole: dict[str, Any] | None = None
    for file in sorted(folder.glob("*.json")):
        one = json.loads(file.read_text("utf-8"))
        whole = one if whole is None else slipcover.merge_coverage(whole, one)
    return whole["files"] if whole is not None else {}


def chosen(files: Files, folders: Iterable[str]) -> Files:
    """Those in these folders; without one, all."""
    wanted = tuple(f"{folder.rstrip('/')}/" for folder in folders)
    return {name: each for name, each in files.items() if not wanted or name.startswith(wanted)}


def percent_of(files: Files) -> float:
    """Lines and branches count alike."""
    executed, missing = (
        sum(len(each[f"{kind}_lines"]) + len(each[f"{kind}_branches"]) for each in files.values())
        for kind in ("executed", "missing")
    )
    return 100 * executed / max(executed + missing, 1)


def not_reached(files: Files) -> list[str]:
    """A line for each file that is not reached in full, with its lines and branches (`12->14`)."""
    found = []
    for name, each in sorted(files.items()):
        branches = [(start, end) for start, end in each["missing_branches"]]
        missing = format_missing(each["missing_lines"], each["executed_lines"], branches)
        if missing:
            found.append(f"{percent_of({name: each}):6.1f} %  {name}: {missing}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
