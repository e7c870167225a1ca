"""What a command prints controls no terminal: a vendor's ids and words may hold anything."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.tickets.from_vendors.sync import record
from tests.support.database import NOON, STORE, small_database, snapshot, write
from tests.support.shell import shopbell

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
    await evil_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, *arguments)
    shown = done.stdout + done.stderr
    assert "\\x1b[2J\\x1b]0;owned\\x07\\x9b31m\\r" in shown
    assert all(line.isprintable() for line in shown.split("\n"))
    assert not any(line.startswith("#9999") for line in shown.split("\n"))


@pytest.mark.parametrize("arguments", [["tickets", "--status", "all"], ["outbox"], ["stats"]])
async def test_json_holds_none_either_and_says_the_same(tmp_path: Path, arguments: list[str]) -> None:
    await evil_database(tmp_path / "shopbell.db")
    shown = shopbell(tmp_path, *arguments, "--json").stdout
    assert all(line.isprintable() for line in shown.split("\n"))
    assert EVIL in [each for row in json.loads(shown) for each in map(str, row.values())] or f"store {EVIL}" in [
        row.get("store") for row in json.loads(shown)
    ]
