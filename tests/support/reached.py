"""
Which lines and branches of the program the tests reach.

A plugin of pytest that `make test` names in `PYTEST_PLUGINS`, so that a worker has it before it imports anything of the
program. SlipCover puts a probe at each line and branch and takes it out once it was reached: measuring costs a few
seconds at the start and almost nothing a test, so every test is measured. What a test starts as a process of its own is
not.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import slipcover

PROJECT = Path(__file__).parents[2]
REACHED = PROJECT / ".reached"
"""Here each worker leaves what it has reached; `tools.reached` puts it together."""
_PACKAGES = ("bot", "adapters")
# The practice world is a tool of the tests.
_LEFT_OUT = [str(PROJECT / "bot" / "sandbox" / "*")]
_NEVER_RUN = [
    r"\.\.\.$",  # the body of a protocol's method
    r"if __name__ == .__main__.:",
]

# A worker, or the process of which workers are forks: then each has another name at its end.
_is_worker = "PYTEST_XDIST_WORKER" in os.environ
_probes = slipcover.Slipcover(
    branch=True,
    d_miss_threshold=1_000,  # taking probes out looks through all functions, so not for a few
    source=[str(PROJECT / name) for name in _PACKAGES],
    omit=_LEFT_OUT,
    exclude_also=_NEVER_RUN,
)


def _put_probes() -> None:
    """From now on, into everything of the program that is imported."""
    too_early = [name for name in sys.modules if name.split(".")[0] in _PACKAGES]
    assert not too_early, f"imported before it could be measured: {too_early}"
    files = slipcover.FileMatcher(sources=[PROJECT / name for name in _PACKAGES], omit=_LEFT_OUT)
    slipcover.ImportManager(_probes, files).__enter__()


def pytest_sessionstart() -> None:
    """What an earlier run has left counts no more."""
    if not _is_worker:
        REACHED.mkdir(exist_ok=True)
        for file in REACHED.iterdir():
            file.unlink()


def pytest_sessionfinish() -> None:
    if _is_worker:
        os.chdir(PROJECT)  # files are named as they are seen from here
        (REACHED / f"{os.environ['PYTEST_XDIST_WORKER']}.json").write_text(json.dumps(_probes.get_coverage()))


if _is_worker:
    _put_probes()
