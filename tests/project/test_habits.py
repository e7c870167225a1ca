"""What whoever develops shopbell relies on: hooks, targets, one version in one place."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2]
MAKEFILE = (PROJECT / "Makefile").read_text("utf-8")
CHANGELOG = (PROJECT / "CHANGELOG.md").read_text("utf-8")
METADATA: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_hooks_run_what_make_lint_runs() -> None:
    """The same commands in the same order, from .venv alone."""
    hooks = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text("utf-8"))
    (local,) = hooks["repos"]
    assert local["repo"] == "local"
    assert {hook["language"] for hook in local["hooks"]} == {"system"}
    found = [hook["entry"] for hook in local["hooks"] if "stages" not in hook]
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe is not None
    assert found == recipe[1].replace("$(BIN)", ".venv/bin").replace("\t", "").splitlines()


def test_make_help_prints_every_target() -> None:
    """`make` by itself does, too."""
    targets = re.findall(r"^([a-z]+):.*## (.*)$", MAKEFILE, re.MULTILINE)
    command = ["make", "--no-print-directory"]
    printed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert printed == [f"make {target:<10} {what}" for target, what in targets]
    phony = re.search(r"^\.PHONY: (help .*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == {target for target, _ in targets}


def test_every_test_says_what_must_hold() -> None:
    """In the docstring, as a sentence; the name says what happens."""
    silent = re.compile(r'def (test_\w+)\((?:[^()]|\([^()]*\))*\) -> None:\n\s+(?!""")\S')
    files = (PROJECT / "tests").rglob("test_*.py")
    assert not [f"{file.stem}::{name}" for file in files for name in silent.findall(file.read_text("utf-8"))]


def test_the_version_stands_in_one_place() -> None:
    """In pyproject.toml; what is installed has it from there, and no module writes one down."""
    assert version("shopbell") == METADATA["version"]
    quoted = re.compile(rf"""["']{re.escape(METADATA["version"])}["']""")
    sources = [file for folder in ("bot", "adapters") for file in (PROJECT / folder).rglob("*.py")]
    assert not [file for file in sources if quoted.search(file.read_text("utf-8"))]


def test_the_change_log_is_by_version_newest_first() -> None:
    """What is not in a version yet on top, then the version that pyproject.toml names, in the usual groups."""
    heads = re.findall(r"^## \[([^\]]+)\]", CHANGELOG, re.MULTILINE)
    assert heads[:2] == ["Unreleased", METADATA["version"]]
    groups = set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE))
    assert groups <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_no_address_stands_in_the_metadata() -> None:
    """There is none to give; a guessed one would send people to somebody else."""
    assert "urls" not in METADATA
