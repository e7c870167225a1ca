"""Edits and deletions where a ticket's store, or the author's right, is gone meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.rows import delivery_row, require
from bot.model import (
    Attachment,
    ChatMessageId,
    Deleted,
    DeliveryId,
    Edited,
    OpenPayload,
    Place,
)
from bot.text.tree import Paragraph, Style, Words
from bot.tickets.from_agents.edits import PrivateMessage, record_deleted, record_edited
from bot.tickets.from_agents.typed_commands import AnswerDue
from bot.tickets.from_vendors.sync import record
from bot.tickets.links import message_in_unknown_thread
from bot.tickets.replies.outcomes import drop
from bot.tickets.replies.progress import progress_of
from bot.tickets.rules_from_settings import Rules
from tests.support.database import NOON, STORE, snapshot, write
from tests.support.one_message import ANN, MESSAGE, RULES, THREAD, finish, message, said

WITHOUT_STORE = replace(RULES, stores={})


def edited(
    tx: Transaction, text: str, writable: Collection[Place] = (THREAD,), rules: Rules = RULES
) -> PrivateMessage | None:
    result = record_edited(tx, Edited(place=THREAD, message=MESSAGE, agent=ANN, text=text), writable, rules, NOON)
    assert not isinstance(result, AnswerDue)
    return result


def deleted(tx: Transaction) -> PrivateMessage | None:
    return record_deleted(tx, Deleted(place=THREAD, message=MESSAGE), RULES, NOON)


def waiting(tx: Transaction) -> list[str]:
    """What has still to be done, but for marks, and for posts of what was never shown and has nothing to show now."""
    rows = [row for row in tx.all("unfinished_deliveries") if row["kind"] != "mark"]
    return sorted(
        row["kind"]
        for row in rows
        if row["kind"] != "post" or progress_of(tx, require(tx.one("message", id=row["message"])), row["link"]) is None
    )


async def test_an_edit_of_a_message_that_is_none_of_a_tickets_changes_nothing(tmp_path: Path) -> None:
    """Its thread may have been forgotten while its chat was asked where the author can write."""

    def work(tx: Transaction) -> tuple[str, bool]:
        said(tx, "first")
        before = waiting(tx)
        other = Edited(place=THREAD, message=ChatMessageId("a2"), agent=ANN, text="second")
        assert record_edited(tx, other, (THREAD,), RULES, NOON) is None
        return message(tx).text, waiting(tx) == before

    assert await write(tmp_path / "db", work) == ("first", True)


async def test_a_message_of_a_store_that_is_not_configured_any_more_just_changes(tmp_path: Path) -> None:
    """Its text is kept as it reads now; nothing is sent, and its author is told nothing."""

    def work(tx: Transaction) -> tuple[PrivateMessage | None, str]:
        said(tx, "first", rules=WITHOUT_STORE)
        return edited(tx, "second", rules=WITHOUT_STORE), message(tx).text

    assert await write(tmp_path / "db", work) == (None, "second")


@pytest.mark.parametrize("can_reply", [True, False])
async def test_an_edit_without_the_right_says_so(tmp_path: Path, *, can_reply: bool) -> None:
    """Whether it was a reply that still waits or talk that never left: neither text is sent."""

    def work(tx: Transaction) -> tuple[str, bool, list[str]]:
        said(tx, "first", can_reply=can_reply)
        told = require(edited(tx, "second", writable=()))
        return told.text, told.refused, waiting(tx)

    text, refused, left = await write(tmp_path / "db", work)
    assert text.startswith("This was not sent: only the team's agents can answer customers.")
    assert (refused, left) == (True, [])


async def test_an_edit_without_the_right_comes_too_late_for_a_reply_that_is_sent(tmp_path: Path) -> None:
    """The author reads that the customer has the first version."""

    def work(tx: Transaction) -> str:
        said(tx, "first")
        finish(tx, "reply")
        return require(edited(tx, "second", writable=())).text

    assert (await write(tmp_path / "db", work)).startswith("The customer already has the first version")


async def test_an_edit_without_the_right_takes_back_only_copies_of_a_note_that_wait(tmp_path: Path) -> None:
    """What is posted in the other chat stays there; what was to go to the vendor does not go."""

    def work(tx: Transaction) -> tuple[list[str], str]:
        said(tx, "// first")
        finish(tx, "post")
        before = waiting(tx)
        edited(tx, "// second", writable=())
        assert before == ["note"]
        return waiting(tx), message(tx).text

    assert await write(tmp_path / "db", work) == ([], "first")


async def test_talk_stays_talk_when_it_is_edited(tmp_path: Path) -> None:
    """Somebody who got the right meanwhile does not send, by an edit, what was not meant for the customer."""

    def work(tx: Transaction) -> tuple[PrivateMessage | None, str, list[str]]:
        said(tx, "first", can_reply=False)
        return edited(tx, "second"), message(tx).text, waiting(tx)

    assert await write(tmp_path / "db", work) == (None, "second", [])


async def test_deleted_talk_is_no_loss_to_anybody(tmp_path: Path) -> None:
    """It went nowhere, so nothing is taken back and nobody is told; deleted twice, it is the same."""

    def work(tx: Transaction) -> tuple[PrivateMessage | None, PrivateMessage | None, list[str]]:
        said(tx, "talk", can_reply=False)
        return deleted(tx), deleted(tx), waiting(tx)

    assert await write(tmp_path / "db", work) == (None, None, [])


async def test_a_reply_that_was_discarded_just_changes(tmp_path: Path) -> None:
    """An agent gave it up: whatever it says now, it is not sent."""

    def work(tx: Transaction) -> tuple[PrivateMessage | None, str, list[str]]:
        said(tx, "first")
        (reply,) = [DeliveryId(row["id"]) for row in tx.all("unfinished_deliveries") if row["kind"] == "reply"]
        drop(tx, reply, NOON)
        return edited(tx, "second"), message(tx).text, waiting(tx)

    assert await write(tmp_path / "db", work) == (None, "second", [])


async def test_what_was_erased_can_be_deleted(tmp_path: Path) -> None:
    """There is nothing left to take back, and nothing to say about it."""

    def work(tx: Transaction) -> tuple[PrivateMessage | None, bool]:
        said(tx, "first")
        tx.run("erase_message", id=message(tx).id)
        return deleted(tx), message(tx).deleted

    assert await write(tmp_path / "db", work) == (None, True)


async def test_a_file_that_a_chat_keeps_is_sent_as_a_link(tmp_path: Path) -> None:
    """A vendor that takes no files gets its address, if that lasts; else it is left out, and the thread says so."""
    kept = Attachment(name="guide.pdf", url="https://files.example/guide.pdf", lasting=True)
    brief = Attachment(name="photo.png", url="https://files.example/photo.png")

    def work(tx: Transaction) -> tuple[str, list[str]]:
        said(tx, "See here:", attachments=(kept, brief))
        return message(tx).text, waiting(tx)

    text, left = await write(tmp_path / "db", work)
    assert text == "See here:\nguide.pdf: https://files.example/guide.pdf"
    assert left == ["line", "reply"]


async def test_a_message_of_a_channel_is_in_no_thread_that_is_being_opened(tmp_path: Path) -> None:
    """Only in an unknown thread can an answer stand for which an opening must be read."""

    def work(tx: Transaction) -> list[bool]:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        record(tx, STORE, snapshot("t1"), NOON)
        for row in tx.all("unfinished_deliveries"):
            tx.run("begin_delivery", id=row["id"], now=0)
        found = []
        for place in (replace(THREAD, thread=None), THREAD):
            message_in_unknown_thread(tx, place)
            openings = [delivery_row(row) for row in tx.all("unfinished_deliveries") if row["kind"] == "open"]
            found += [each.payload_as(OpenPayload).spoken_in for each in openings]
        return found

    assert await write(tmp_path / "db", work) == [False, True]


async def test_a_reply_that_waits_is_sent_as_it_is_formatted_now(tmp_path: Path) -> None:
    """The words are the same, so nothing is told; what was sent already stays as it was."""
    bold = (Paragraph((Words("first", Style(bold=True)),)),)

    def work(tx: Transaction, *, is_sent: bool) -> tuple[object, object]:
        said(tx, "first")
        if is_sent:
            finish(tx, "reply")
        change = Edited(place=THREAD, message=MESSAGE, agent=ANN, text="first", formatted=bold)
        return record_edited(tx, change, (THREAD,), RULES, NOON), message(tx).formatted

    assert await write(tmp_path / "waits", partial(work, is_sent=False)) == (None, bold)
    assert await write(tmp_path / "sent", partial(work, is_sent=True)) == (None, None)
