"""Ids that a vendor gives to other messages, too."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.db.connection import Transaction
from bot.model import Author, Conversation, Message, MessageId, TicketNumber
from bot.tickets.erasure import erase
from bot.tickets.from_vendors.snapshot import lacks_messages
from bot.tickets.from_vendors.sync import record
from tests.support.database import NOON, STORE, snapshot, write

LATER = NOON + timedelta(hours=1)
BASE = snapshot("t1")
JANES = (
    Message(id=MessageId("1"), author=Author.CUSTOMER, text="Hello from Jane", written_at=NOON),
    Message(id=MessageId("2"), author=Author.STAFF, text="Hello, Jane", written_at=LATER),
)
KARLS = (
    Message(id=MessageId("1"), author=Author.CUSTOMER, text="Hello from Karl", written_at=NOON - timedelta(hours=1)),
    Message(id=MessageId("2"), author=Author.CUSTOMER, text="Are you there?", written_at=LATER + timedelta(hours=1)),
)


def by_themselves(*messages: Message) -> tuple[Message, ...]:
    """As an adapter gives messages that share their ids."""
    made = (replace(each, id=MessageId(f"made of {each.text}"), shared_id=each.id) for each in messages)
    return tuple(sorted(made, key=lambda each: each.written_at or NOON))


def begin(tx: Transaction) -> TicketNumber:
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)
    return record(tx, STORE, replace(BASE, messages=JANES), NOON)


def recorded(tx: Transaction, ticket: TicketNumber) -> list[str]:
    ids = [row["vendor_id"] for row in tx.all("vendor_ids_of_ticket", ticket=ticket)]
    return sorted(row["text"] for row in tx.all("messages_by_vendor_ids", ticket=ticket, ids=json.dumps(ids)))


async def test_what_was_recorded_before_a_merge_is_not_recorded_again(tmp_path: Path) -> None:
    """The other ticket's messages come with ids that these have; each is there once, however often it is read."""

    def work(tx: Transaction) -> None:
        number = begin(tx)
        merged = replace(BASE, messages=by_themselves(*JANES, *KARLS))
        assert not lacks_messages(tx, STORE.name, Conversation(ticket=BASE.ticket, messages=merged.messages or ()))
        for _ in range(2):
            record(tx, STORE, merged, LATER)
            assert recorded(tx, number) == sorted(each.text for each in (*JANES, *KARLS))

    await write(tmp_path / "db", work)


async def test_an_erased_message_is_known_again_by_its_time(tmp_path: Path) -> None:
    """Its words are not there any more to compare with, and must not come back."""

    def work(tx: Transaction) -> None:
        number = begin(tx)
        erase(tx, number, LATER + timedelta(minutes=1))
        record(tx, STORE, replace(BASE, messages=by_themselves(*JANES, *KARLS)), LATER + timedelta(hours=2))
        assert recorded(tx, number) == ["", "", "Are you there?"]

    await write(tmp_path / "db", work)
