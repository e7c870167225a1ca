"""What a command prints controls no terminal, and ends well where the output does not take all of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.tickets.from_vendors.sync import record
from tests.support.database import NOON, STORE, small_database, snapshot, write
from tests.support.shell import environment, shopbell

EVIL = "t\x1b[2J\x1b]0;owned\x07\x9b31m\r\n#9999  main  fake\u202e"
"""Clears the screen, sets the window's title, colours, forges a line, and turns the rest around."""


async def evil_database(path: Path) -> None:
    made = await small_database(path)

    def spoil(tx: Transaction) -> None:
        record(tx, STORE, snapshot(EVIL), NOON + timedelta(minutes=2))
        tx.run("retry_delivery", id=made.failed, now=0)
        tx.run("fail_delivery", id=made.failed, now=0, error=EVIL, in_doubt=0)
        tx.run("add_store", name=f"store {EVIL}")

    await write(path, spoil)


@pytest.mark.parametrize(
    "arguments",
    [
        ["tickets"],
        ["outbox"],
        ["outbox", "list"],
        ["stats"],
        ["stats", "--store", EVIL],
        ["find", "nothing", "--store", EVIL],
        ["why", EVIL],
    ],
)
async def test_lines_for_people_hold_no_control_characters(tmp_path: Path, arguments: list[str]) -> None:
    """What customers and vendors write cannot clear the screen, or look like another line."""
    await evil_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, *arguments)
    shown = done.stdout + done.stderr
    assert "\\x1b[2J\\x1b]0;owned\\x07\\x9b31m\\r" in shown
    assert all(line.isprintable() for line in shown.split("\n"))
    assert not any(line.startswith("#9999") for line in shown.split("\n"))


@pytest.mark.parametrize("arguments", [["tickets", "--status", "all"], ["outbox"], ["stats"]])
async def test_json_holds_none_either_and_says_the_same(tmp_path: Path, arguments: list[str]) -> None:
    """Programs get the stored characters, written so that a terminal shows them."""
    await evil_database(tmp_path / "shopbell.db")
    shown = shopbell(tmp_path, *arguments, "--json").stdout
    assert all(line.isprintable() for line in shown.split("\n"))
    assert EVIL in [each for row in json.loads(shown) for each in map(str, row.values())] or f"store {EVIL}" in [
        row.get("store") for row in json.loads(shown)
    ]


async def test_a_sign_that_the_shell_cannot_show_is_a_number(tmp_path: Path) -> None:
    """In a shell without UTF-8, a customer's name ends no command."""
    await small_database(tmp_path / "shopbell.db")
    found = snapshot("t9")
    named = replace(found, ticket=replace(found.ticket, subject="Bücher für 山田 👍"))
    await write(tmp_path / "shopbell.db", lambda tx: record(tx, STORE, named, NOON + timedelta(minutes=3)))
    done = _process(tmp_path, "tickets", "--status", "all", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "B\\xfccher f\\xfcr \\u5c71\\u7530 \\U0001f44d" in done.stdout


async def test_a_full_disk_behind_the_output_is_said(tmp_path: Path) -> None:
    """One line and no traceback: whoever redirects the list must not take it for the whole."""
    await evil_database(tmp_path / "shopbell.db")
    full = os.open("/dev/full", os.O_WRONLY)
    done = _process(tmp_path, "tickets", "--json", stdout=full)
    os.close(full)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "No space is left where shopbell writes, so something is missing. Make room and try again."
    ]


@pytest.mark.parametrize("verb", ["retry", "drop"])
def test_a_number_larger_than_any_is_bad_usage(tmp_path: Path, verb: str) -> None:
    """SQLite could not compare it: the limit is named before the database is asked."""
    done = shopbell(tmp_path, "outbox", verb, str(2**63))
    assert (done.returncode, "less than or equal" in done.stderr) == (2, True)


def _process(
    folder: Path, *arguments: str, stdout: int = subprocess.PIPE, **settings: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=environment(settings),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
