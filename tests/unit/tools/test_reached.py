"""What the tests reach of the program is put together from all workers, and held against a floor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.reached import main


def worker(folder: Path, name: str, **files: dict[str, list[object]]) -> None:
    """What one worker has left."""
    nothing: dict[str, list[object]] = {
        f"{what}_{which}": [] for what in ("executed", "missing") for which in ("lines", "branches")
    }
    found = {file.replace("__", "/") + ".py": nothing | each for file, each in files.items()}
    meta = {"software": "slipcover", "branch_coverage": True}
    (folder / f"{name}.json").write_text(json.dumps({"meta": meta, "files": found}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two workers, of which neither has reached everything; together half of the branches and three lines of four."""
    worker(
        tmp_path,
        "gw0",
        bot__text={"executed_lines": [1, 2], "missing_lines": [3], "missing_branches": [[1, 2], [1, 3]]},
        adapters__chats={"missing_lines": [7]},
    )
    worker(
        tmp_path,
        "gw1",
        bot__text={"executed_lines": [3], "missing_lines": [1, 2], "executed_branches": [[1, 2]]},
    )
    return tmp_path


def test_what_one_worker_reaches_is_reached(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file that is not reached in full is shown, with its lines and branches."""
    assert main([], folder) == 0
    assert capsys.readouterr().out.splitlines() == [
        "   0.0 %  adapters/chats.py: 7",
        "  80.0 %  bot/text.py: 1->3",
        "66.67 % of the lines and branches of the program are reached.",
    ]


@pytest.mark.parametrize(("floor", "fails"), [("80", False), ("80.1", True)])
def test_below_the_floor_it_fails_and_says_where(
    folder: Path, capsys: pytest.CaptureFixture[str], floor: str, *, fails: bool
) -> None:
    """At the floor itself it does not, and then one line is enough."""
    assert main(["--floor", floor, "bot"], folder) == fails
    said = capsys.readouterr()
    assert ("1->3" in said.out) == fails
    assert ("less than 80.1 %" in said.err) == fails


@pytest.mark.parametrize("folders", [["nowhere"], ["bo"]])
def test_a_folder_of_which_nothing_is_known_is_no_success(
    folder: Path, capsys: pytest.CaptureFixture[str], folders: list[str]
) -> None:
    """A misspelt name holds no floor."""
    assert main(["--floor", "1", *folders], folder) == 2
    assert "make test" in capsys.readouterr().err


def test_nothing_measured_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what to run first, instead of a coverage of nothing."""
    assert main(["--floor", "0"], tmp_path / "none") == 2
    assert "make test" in capsys.readouterr().err
