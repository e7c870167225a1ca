"""Workers that are forks of one process do what workers do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shell import PROJECT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forks on Linux only")

_TESTS = """
import os

def test_passes(tmp_path):
    assert tmp_path.parent.name == "popen-" + os.environ["PYTEST_XDIST_WORKER"]

def test_fails():
    assert 1 == 2

def test_kills_its_worker():
    os.kill(os.getpid(), 9)
"""


def _run(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_some.py").write_text(tests)
    options = ["-p", "tests.support.workers.controller", "-n", "2", "-c", os.devnull, "--rootdir", str(folder)]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "no:asyncio", f"--basetemp={folder / 'own'}", str(folder)],
        cwd=PROJECT, env=outside, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_fails_in_a_worker_and_what_ends_it_is_told(tmp_path: Path) -> None:
    """Each has a name and a folder of its own; one that dies is told of and replaced."""
    done = _run(tmp_path, _TESTS)
    assert done.returncode == 1
    assert "2 failed, 1 passed" in done.stdout
    assert "assert 1 == 2" in done.stdout
    assert "crashed while running 'test_some.py::test_kills_its_worker'" in done.stdout


def test_what_cannot_be_collected_is_told(tmp_path: Path) -> None:
    """The run fails, and shows the error."""
    done = _run(tmp_path, "raise ValueError('no tests here')")
    assert done.returncode != 0
    assert "no tests here" in done.stdout
