"""Where a courier looks up stores, vendors and threads, and what it meets where they are not there any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, TicketRow, require, ticket_row
from bot.errors import Rejected, Unavailable
from bot.model import ChatName
from bot.outbound.job import Directory, thread_of
from bot.ports import VendorCapabilities
from bot.tickets import enqueue
from bot.tickets.from_vendors.sync import record
from bot.tickets.rules import Rules
from tests.support.clocks import ManualClock
from tests.support.database import NOON, STORE, snapshot, write
from tests.support.memory.vendor import MemoryVendor

RULES = Rules(
    stores={STORE.name: STORE},
    capabilities={STORE.name: VendorCapabilities(verbs=frozenset())},
    chat_labels={ChatName("discord"): "Discord", ChatName("slack"): "Slack"},
    noting=frozenset(),
    attaching=frozenset(),
    note_prefixes=("//",),
    undo=timedelta(),
)


def one_ticket(tx: Transaction) -> tuple[TicketRow, LinkRow]:
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)
    number = record(tx, STORE, snapshot("t1"), NOON)
    return ticket_row(require(tx.one("ticket", number=number))), enqueue.links_of(tx, number)[0]


async def test_a_store_that_is_not_configured_any_more_is_an_answer(tmp_path: Path) -> None:
    """Neither it nor its vendor is found, and the reason is a sentence for people."""
    ticket, _ = await write(tmp_path / "db", one_ticket)
    nothing = Directory(rules=replace(RULES, stores={}), vendors={}, chats={}, clock=ManualClock())
    for look_up in (nothing.store, nothing.vendor):
        with pytest.raises(Rejected, match="The store main is no longer in shopbell's settings"):
            look_up(ticket)


async def test_nothing_is_sent_to_the_vendor_of_a_forgotten_ticket(tmp_path: Path) -> None:
    """What stands in place of its vendor's id means nothing there."""
    ticket, _ = await write(tmp_path / "db", one_ticket)
    directory = Directory(rules=RULES, vendors={STORE.name: MemoryVendor()}, chats={}, clock=ManualClock())
    assert directory.vendor(ticket) is directory.vendors[STORE.name]
    with pytest.raises(Rejected, match="This ticket was erased here"):
        directory.vendor(replace(ticket, forgotten=True))


async def test_what_needs_a_thread_waits_until_it_is_open(tmp_path: Path) -> None:
    """It is tried again, as in an outage."""
    _, link = await write(tmp_path / "db", one_ticket)
    with pytest.raises(Unavailable, match="not open yet"):
        thread_of(link)


def test_what_is_certain_to_be_there_is_a_defect_where_it_is_not() -> None:
    """Everything else that is found is handed on as it is, also what is empty."""
    assert require("") == ""
    with pytest.raises(LookupError, match="certain to be there"):
        require(None)
