"""
Run the unit tests of what changed: `make check`.

A unit test is run where it imports a changed module, directly or through other modules. `ruff analyze graph` tells who
imports whom in a tenth of a second, so nothing is kept between two runs and a fresh clone is as quick as an old one.
A changed file that is no module counts as a change of the modules that name it, or of the package it lies in.

What pytest's plugins for this do was looked at first: pytest-picked knows changed tests only, not changed modules;
pytest-testmon needs a first run of everything under a tracer, does not see SQL, and fails with pytest-xdist.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PROJECT = Path(__file__).resolve().parents[1]
UNIT_TESTS = "tests/unit/"
_FOREIGN_TEXT = "tests/project/test_foreign_text.py::test"
ALWAYS = (
    "tests/project",
    f"--deselect={_FOREIGN_TEXT}_reading_foreign_text_takes_time_in_proportion",
    f"--deselect={_FOREIGN_TEXT}_a_hundred_thousand_characters_are_read_within_seconds",
)
"""They compare documents with the code, which no import tells, and take a second; what takes longer is left out."""
SLOW = frozenset(
    {
        "tests/unit/bot/drawing/test_process.py",
        "tests/unit/bot/sandbox/vendors/test_sellapp_sdk.py",
        *(f"tests/unit/bot/test_cli{name}.py" for name in ("", "_export", "_find", "_forget", "_schema", "_terminal")),
    }
)
"""They start a program for each test, half a minute in all: run only where they changed themselves."""
QUICK = "not soak and not takes"
"""What a test says of itself by its marks."""
FEW = 8
"""So many files of tests are done before a second process has started."""

Graph = Mapping[str, Collection[str]]
"""Who imports whom: for each module's file the files that import it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """
    What to run.

    Attributes:
        tests: The unit tests' files.
        unreached: Changed modules that no unit test imports, not even through others.
    """

    tests: tuple[str, ...]
    unreached: tuple[str, ...]


def main(options: list[str]) -> int:
    """Select, say what was selected, run it; returns pytest's exit code."""
    since = _base()
    changed = _changed_files(since)
    if not changed:
        print(f"Nothing changed since {since}. To check the last commit: make check BASE=HEAD~1")
        return 0
    selection = select(changed, _graph(), _sources())
    print(f"{len(changed)} files changed since {since}; {len(selection.tests)} files of unit tests import them.")
    for module in selection.unreached:
        print(f"No unit test reaches {module}; `make test` does.")
    workers = "2" if len(selection.tests) > FEW else "0"
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "worksteal", "-m", QUICK, *options]
    return subprocess.run([*command, *ALWAYS, *selection.tests], cwd=PROJECT, check=False).returncode


def select(changed: Iterable[str], graph: Graph, sources: Mapping[str, str]) -> Selection:
    """
    The unit tests of what changed. Pure.

    Args:
        changed: Paths from the project's folder, as git writes them.
        sources: The text of each module in the graph.
    """
    tests: set[str] = set()
    unreached: list[str] = []
    for path in sorted(changed):
        found: set[str] = set()
        for module in _modules_behind(path, graph, sources):
            found |= {each for each in _importers(module, graph) if _is_unit_test(each)}
            if PurePosixPath(module).name == "conftest.py":
                folder = f"{PurePosixPath(module).parent}/"
                found |= {each for each in graph if _is_unit_test(each) and each.startswith(folder)}
        tests |= {each for each in found if each not in SLOW or each == path}
        if path in graph and path.startswith(("bot/", "adapters/")) and not found:
            unreached.append(path)
    return Selection(tests=tuple(sorted(tests)), unreached=tuple(unreached))


def _modules_behind(path: str, graph: Graph, sources: Mapping[str, str]) -> set[str]:
    """The modules that a changed file counts for."""
    if path in graph:
        return {path}
    file = PurePosixPath(path)
    naming = {module for module, text in sources.items() if file.name in text}
    package = f"{file.parent}/__init__.py"
    return naming or ({package} if package in graph else set())


def _importers(module: str, graph: Graph) -> set[str]:
    """The module itself and everything that imports it, directly or through others."""
    reached, todo = {module}, [module]
    while todo:
        new = set(graph.get(todo.pop(), ())) - reached
        reached |= new
        todo += new
    return reached


def _is_unit_test(path: str) -> bool:
    return path.startswith(UNIT_TESTS) and PurePosixPath(path).name.startswith("test_")


def _base() -> str:
    """The commit to compare with: `BASE`, else where this branch left main, else the last commit."""
    if given := os.environ.get("BASE"):
        return given
    for main_branch in ("origin/main", "main"):
        found = _git("merge-base", "HEAD", main_branch)
        if found:
            return found[0][:12]
    return "HEAD"


def _changed_files(since: str) -> set[str]:
    """Everything that differs from a commit in the work tree, files that git does not know yet included."""
    if not _git("rev-parse", "--verify", "--quiet", f"{since}^{{commit}}"):
        sys.exit(f"BASE={since} is no commit that git knows.")
    return {*_git("diff", "--name-only", "--no-renames", since), *_git("ls-files", "--others", "--exclude-standard")}


def _git(*arguments: str) -> list[str]:
    """What git says, in lines; none where it fails."""
    done = subprocess.run(
        ["git", "-c", "core.quotePath=false", *arguments],  # noqa: S607 - wherever git is
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines() if done.returncode == 0 else []


def _graph() -> Graph:
    """Who imports whom in this project, names of modules in strings included."""
    options = ["--direction", "dependents", "--detect-string-imports", "--quiet"]
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run([ruff, "analyze", "graph", *options], cwd=PROJECT, capture_output=True, text=True, check=True)
    graph: Graph = json.loads(done.stdout)
    return graph


def _sources() -> dict[str, str]:
    """The text of each module of the program and of its unit tests."""
    found = (file for folder in ("bot", "adapters", "tests/unit") for file in (PROJECT / folder).rglob("*.py"))
    return {file.relative_to(PROJECT).as_posix(): file.read_text("utf-8") for file in found}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
