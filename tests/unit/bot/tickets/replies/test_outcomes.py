"""What follows a reply that has arrived, and what is shown of a message that is no reply."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.rows import require
from bot.model import AgentId, Author, Mark, Message, MessageId
from bot.tickets.figures.answers import record_reply
from bot.tickets.from_vendors.sync import record
from bot.tickets.replies.holding import _sender
from bot.tickets.replies.marks import wanted_mark
from bot.tickets.replies.outcomes import reply_arrived, set_vendor_id
from bot.tickets.replies.progress import progress_of
from tests.support.database import NOON, snapshot, write
from tests.support.one_message import ANN, RULES, THREAD, TWO_CHATS, finish, message, said


@pytest.mark.parametrize("text", ["talk", "!take"])
async def test_what_is_no_reply_has_no_mark_and_no_progress(tmp_path: Path, text: str) -> None:
    """Talk and commands: nothing of them is on its way."""

    def work(tx: Transaction) -> tuple[Mark | None, object]:
        said(tx, text, can_reply=False)
        row = require(tx.one("message", id=message(tx).id))
        return wanted_mark(tx, row), progress_of(tx, row, 2)

    assert await write(tmp_path / "db", work) == (None, None)


async def test_a_reply_that_is_erased_while_it_is_on_its_way_shows_no_words(tmp_path: Path) -> None:
    """It has arrived, so it is marked and can be known again; what it said is posted nowhere."""

    def work(tx: Transaction) -> tuple[bool, list[str]]:
        said(tx, "first")
        finish(tx, "reply", "post", "mark")
        tx.run("erase_message", id=message(tx).id)
        reply_arrived(tx, message(tx), MessageId("v1"), NOON)
        return message(tx).vendor_id is not None, sorted({row["kind"] for row in tx.all("unfinished_deliveries")})

    assert await write(tmp_path / "db", work) == (True, ["card", "mark"])


@pytest.mark.parametrize(("recorded", "called"), [("discord:U1", "Ann"), ("discord:U2", ""), ("slack:U1", "")])
async def test_who_answers_for_a_reply_is_named_where_that_is_known(tmp_path: Path, recorded: str, called: str) -> None:
    """Whoever sent what another one wrote is not called by the other one's name."""

    def work(tx: Transaction) -> str:
        said(tx, "first")
        return _sender(recorded, THREAD.chat, message(tx), RULES)

    assert await write(tmp_path / "db", work) == called


@pytest.mark.parametrize(("agent", "named"), [(ANN.id, ["discord:U1"]), (None, [])])
async def test_an_answer_counts_whoever_wrote_it(tmp_path: Path, agent: AgentId | None, named: list[str]) -> None:
    """Of whom nothing is recorded, nobody is named in the figures."""

    def work(tx: Transaction) -> tuple[int, list[str]]:
        said(tx, "first")
        record_reply(tx, replace(message(tx), agent=agent), NOON + timedelta(hours=1))
        amount = tx._connection.execute("SELECT COUNT(*) FROM answers").fetchone()[0]
        return amount, [row[0] for row in tx._connection.execute("SELECT agent FROM answers WHERE agent IS NOT NULL")]

    assert await write(tmp_path / "db", work) == (1, named)


@pytest.mark.parametrize(
    ("text", "agent", "named"), [("first", ANN.id, "discord:U1"), ("first", None, None), ("// first", ANN.id, None)]
)
async def test_a_message_that_was_taken_for_a_colleagues_is_one_again(
    tmp_path: Path, text: str, agent: AgentId | None, named: str | None
) -> None:
    """
    A sweep saw it changed before the vendor told its id: its copy is posted nowhere, and the figures know its author.

    A note answers nobody, and of whom nothing is recorded, nobody is named.
    """
    at = NOON + timedelta(minutes=1)

    def posts(tx: Transaction) -> set[int]:
        return {row["id"] for row in tx.all("unfinished_deliveries") if row["kind"] == "post"}

    def work(tx: Transaction) -> tuple[int, int, list[str | None]]:
        said(tx, text)
        seen, before = snapshot("t1"), posts(tx)
        copy = Message(
            id=MessageId("v1"), author=Author.STAFF, text="changed", is_public=text == "first", written_at=at
        )
        record(tx, TWO_CHATS, replace(seen, messages=(*(seen.messages or ()), copy), read_at=at), at)
        queued = posts(tx) - before
        assert set_vendor_id(tx, replace(message(tx), agent=agent), MessageId("v1"))
        assert message(tx).vendor_id == "v1"
        agents = [row[0] for row in tx._connection.execute("SELECT agent FROM answers")]
        return len(queued), len(queued & posts(tx)), agents

    answers = [named] if text == "first" else []
    assert await write(tmp_path / "db", work) == (2, 0, answers)
