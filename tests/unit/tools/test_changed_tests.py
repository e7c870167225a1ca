"""`make check` runs the unit tests that a change can break."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import changed_tests
from tools.changed_tests import PROJECT, SLOW, Selection, select

GRAPH = {
    "bot/__init__.py": [],
    "bot/text.py": ["bot/wording.py", "tests/unit/bot/test_text.py"],
    "bot/wording.py": ["tests/support/twins.py", "bot/app.py"],
    "bot/app.py": ["tests/integration/test_bridge.py"],
    "bot/db/__init__.py": ["bot/db/statements.py"],
    "bot/db/statements.py": ["tests/unit/bot/db/test_statements.py"],
    "tests/support/twins.py": ["tests/unit/bot/test_wording.py"],
    "tests/unit/bot/conftest.py": [],
    "tests/unit/bot/test_text.py": [],
    "tests/unit/bot/test_wording.py": [],
    "tests/unit/bot/db/test_statements.py": [],
}
SOURCES = {"bot/db/statements.py": 'files("bot.db") / "statements.sql"'}


def chosen(*changed: str) -> set[str]:
    return set(select(changed, GRAPH, SOURCES).tests)


def test_what_imports_a_changed_module_is_run_through_however_many_others() -> None:
    """The imports are followed from test to module, not the folders."""
    assert chosen("bot/text.py") == {"tests/unit/bot/test_text.py", "tests/unit/bot/test_wording.py"}
    assert chosen("bot/wording.py") == {"tests/unit/bot/test_wording.py"}


def test_a_changed_test_is_run_and_what_shares_a_changed_support_or_conftest() -> None:
    """A changed test is run itself; what tests share is changed for all of them."""
    assert chosen("tests/unit/bot/test_text.py") == {"tests/unit/bot/test_text.py"}
    assert chosen("tests/support/twins.py") == {"tests/unit/bot/test_wording.py"}
    assert chosen("tests/unit/bot/conftest.py") == {each for each in GRAPH if "/test_" in each and "unit" in each}


def test_a_file_that_is_no_module_counts_as_those_that_name_it_or_as_its_package() -> None:
    """SQL is tested where its name stands; a document needs no unit test."""
    assert chosen("bot/db/statements.sql") == {"tests/unit/bot/db/test_statements.py"}
    assert chosen("bot/db/0001_initial.sql") == {"tests/unit/bot/db/test_statements.py"}
    assert chosen("docs/glossary.md") == set()


def test_a_module_that_no_unit_test_reaches_is_named() -> None:
    """Whoever changes it knows that only `make test` covers it."""
    assert select(["bot/app.py", "tests/support/twins.py"], GRAPH, SOURCES) == Selection(
        tests=("tests/unit/bot/test_wording.py",), unreached=("bot/app.py",)
    )


def test_a_slow_test_is_run_only_where_it_changed_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """In seconds means without the slow ones."""
    monkeypatch.setattr(changed_tests, "SLOW", frozenset({"tests/unit/bot/test_text.py"}))
    assert chosen("bot/text.py") == {"tests/unit/bot/test_wording.py"}
    assert chosen("tests/unit/bot/test_text.py") == {"tests/unit/bot/test_text.py"}


def test_the_slow_tests_are_there() -> None:
    """One that was moved or renamed would be run each time."""
    assert all((PROJECT / each).is_file() for each in SLOW)


def test_ruff_says_who_imports_whom_as_we_read_it() -> None:
    """It calls this output experimental; a newer ruff that changes it fails here."""
    graph = changed_tests._graph()
    assert "tests/unit/tools/test_changed_tests.py" in graph["tools/changed_tests.py"]
    assert "bot/app.py" in graph["bot/clock.py"]
    assert "bot/wiring.py" in graph["adapters/chats/slack/__init__.py"]


def test_what_git_does_not_know_yet_counts_and_what_it_ignores_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new file is tested before it is added."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    monkeypatch.setattr(changed_tests, "PROJECT", tmp_path)
    monkeypatch.delenv("BASE", raising=False)
    git("init", "--initial-branch", "main")
    (tmp_path / ".gitignore").write_text("*.db\n")
    (tmp_path / "kept.py").write_text("")
    git("add", ".")
    git("commit", "--message", "First")
    git("switch", "--create", "topic")
    (tmp_path / "committed.py").write_text("")
    git("add", ".")
    git("commit", "--message", "Second")
    for name in ("ünknown.py", "ignored.db", "kept.py"):
        (tmp_path / name).write_text("1\n")
    assert changed_tests._changed_files(changed_tests._base()) == {"committed.py", "ünknown.py", "kept.py"}
    monkeypatch.setenv("BASE", "HEAD")
    assert changed_tests._changed_files(changed_tests._base()) == {"ünknown.py", "kept.py"}
    monkeypatch.setenv("BASE", "nowhere")
    with pytest.raises(SystemExit, match="BASE=nowhere"):
        changed_tests._changed_files(changed_tests._base())
