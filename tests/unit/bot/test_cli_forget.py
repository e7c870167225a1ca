"""`shopbell forget` as a shell or a script sees it."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.db.lock import held
from tests.support.database import SECRET_WORDS, delivery_states, small_database
from tests.support.shell import environment, shopbell

WHOM = "jane@example.com"


def in_the_file(folder: Path) -> bool:
    """Whether the words, or one of them in an index, stand in the database or beside it."""
    files = [file for file in folder.iterdir() if file.name.startswith("shopbell.db")]
    words = (SECRET_WORDS.encode(), b"yourself")
    return any(word in file.read_bytes() for file in files for word in words)


@pytest.mark.parametrize("whom", ["nobody@example.com", "#4711", "4711"])
async def test_whoever_is_unknown_is_exit_1(tmp_path: Path, whom: str) -> None:
    """It says what can be given instead, and nothing is erased."""
    await small_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, "forget", whom, "--yes")
    assert done.returncode == 1
    assert done.stderr == (
        f"Nothing is stored of {whom}. Give an address as the vendor has it, or a ticket's number such as 1042.\n"
    )
    assert in_the_file(tmp_path)


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--chats"]])
async def test_where_nobody_can_answer_it_wants_yes(tmp_path: Path, arguments: list[str]) -> None:
    """What it would do is shown all the same, and nothing is done."""
    await small_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, "forget", WHOM, *arguments)
    assert (done.returncode, done.stderr) == (2, "Nothing was erased. Add --yes where nobody can answer.\n")
    if arguments != ["--json"]:
        assert "To be erased: 2 tickets, 2 messages and " in done.stdout
    assert in_the_file(tmp_path)


async def test_it_prints_a_receipt(tmp_path: Path) -> None:
    """What was erased, when, and what is out of reach; no word of the customer, and none in the file."""
    await small_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, "forget", WHOM, "--yes")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    receipt = next(index for index, line in enumerate(lines) if line.startswith("Erased at 20"))
    assert "2 tickets, 2 messages and" in lines[receipt]
    assert lines[receipt + 1] == "Tickets: #1001, #1002"
    beyond = lines[lines.index("Out of reach:") + 1 :]
    assert [line.split(":")[0].strip() for line in beyond] == [
        "the vendor",
        "what agents wrote themselves in Discord and Slack, and what these platforms keep",
        "what shopbell answered agents in direct messages, for example to `!why` in Discord",
        "backups that were made before",
        "our cards and posts in Discord and Slack",
    ]
    assert SECRET_WORDS not in done.stdout
    assert not in_the_file(tmp_path)
    assert shopbell(tmp_path, "forget", WHOM, "--yes").returncode == 1


@pytest.mark.parametrize("chats", [(), ("--chats",)])
@pytest.mark.parametrize("own", [0, 1])
async def test_words_in_other_customers_tickets_are_counted(tmp_path: Path, own: int, chats: tuple[str, ...]) -> None:
    """Also where no ticket is the customer's own; their posts are out of reach without `--chats` only."""
    await small_database(tmp_path / "shopbell.db")
    with closing(sqlite3.connect(tmp_path / "shopbell.db")) as connection, connection:
        connection.execute("UPDATE tickets SET customer_email = 'else@example.com' WHERE number > ?", (1000 + own,))
        connection.execute("UPDATE messages SET author_name = 'Jane <JANE@example.com>' WHERE purpose = 'vendor'")
    done = shopbell(tmp_path, "forget", WHOM, "--yes", *chats)
    assert done.returncode == 0, done.stderr
    counted = f"Messages of this address in other customers' tickets: {2 - own}"
    assert [line for line in done.stdout.splitlines() if line == counted] == [counted] * 2
    assert ("posts of what the customer wrote in other customers' tickets" in done.stdout) is not bool(chats)
    if chats:
        threads = "Threads of other customers in which these messages are erased: 1"
        assert (threads in done.stdout.splitlines()) is (own == 0)
    assert not in_the_file(tmp_path)
    assert shopbell(tmp_path, "forget", WHOM, "--yes").returncode == 1


async def test_one_ticket_can_be_forgotten_while_a_bridge_runs(tmp_path: Path) -> None:
    """The lock is another process's; the other ticket of the same customer keeps its words."""
    await small_database(tmp_path / "shopbell.db")
    with held(tmp_path / "shopbell.db"):
        done = shopbell(tmp_path, "forget", "#1001", "--chats", "--yes", "--json")
    receipt = json.loads(done.stdout)
    assert done.returncode == 0
    assert (receipt["tickets"], receipt["messages"], receipt["unsent"]) == ([1001], 1, [])
    assert receipt["threads"] == [{"ticket": 1001, "chat": "discord", "channel": "1", "thread": "900"}]
    assert receipt["erased_at"].endswith("+00:00")
    assert len(receipt["beyond_reach"]) == 4
    assert in_the_file(tmp_path)
    kinds = shopbell(tmp_path, "outbox").stdout
    assert "erase to chat:discord  #1001" in kinds
    assert "card to chat:discord  #1001" in kinds
    assert len(await delivery_states(tmp_path / "shopbell.db")) > 2
    listed = json.loads(shopbell(tmp_path, "tickets", "--status", "all", "--json").stdout)
    titles = {row["number"]: row["subject"] for row in listed}
    assert titles == {1001: "", 1002: "About tkt_closed"}


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_on_a_terminal_it_asks(tmp_path: Path, answer: str, code: int) -> None:
    """Only a yes erases."""
    asyncio.run(small_database(tmp_path / "shopbell.db"))
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "forget", WHOM],
            cwd=tmp_path,
            env=environment({}),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.write(ours, f"{answer}\n".encode())
        out, err = process.communicate(timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)
    assert "Erase this? It cannot be undone." in out
    assert process.returncode == code, err
    assert in_the_file(tmp_path) == (code == 1)
