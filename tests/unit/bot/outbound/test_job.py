"""Where a courier looks up stores, vendors and threads, and what it meets where they are not there any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, TicketRow, delivery_row, require, ticket_row
from bot.errors import Rejected, Unavailable
from bot.model import ChatName, Form, Kind
from bot.outbound.card_couriers import post_left_out_opening
from bot.outbound.chat_failures import _make_plainer
from bot.outbound.directory import Directory
from bot.outbound.dispatcher import Turn
from bot.outbound.job import Job, read_job, thread_of
from bot.outbound.outbox import Outbox
from bot.ports import VendorCapabilities
from bot.tickets import enqueue
from bot.tickets.from_vendors.sync import record
from bot.tickets.rules_from_settings import Rules
from bot.wording import notices
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


def opening(tx: Transaction) -> Job:
    """The opening of a ticket's thread."""
    one_ticket(tx)
    (row,) = [each for each in tx.all("unfinished_deliveries") if each["kind"] == Kind.OPEN]
    return read_job(tx, delivery_row(require(tx.one("delivery", id=row["id"]))), "abc123")


async def test_where_the_words_of_a_store_that_is_gone_can_be_read(tmp_path: Path) -> None:
    """Its name is all that is known of it."""
    job = await write(tmp_path / "db", opening)
    nothing = Directory(rules=replace(RULES, stores={}), vendors={}, chats={}, clock=ManualClock())
    assert nothing.where_to_read(job) == notices.read_at_vendor("main")


async def test_a_lane_with_nothing_in_it_has_no_turn(tmp_path: Path) -> None:
    """What was in it may have been dropped while the lane waited for its turn."""
    outbox = Outbox.__new__(Outbox)  # it looks at the lane first
    assert await write(tmp_path / "db", partial(Outbox._begin_next, outbox), Turn("thread:7", "discord"), NOON) is None


async def test_a_delivery_that_is_not_due_yet_is_not_begun(tmp_path: Path) -> None:
    """It may have been put off, or the clock set back, while its lane waited for its turn."""

    def work(tx: Transaction) -> tuple[Job | None, str]:
        job = opening(tx)
        turn = Turn(job.delivery.lane, job.delivery.destination)
        outbox = Outbox.__new__(Outbox)
        begun = Outbox._begin_next(outbox, tx, turn, NOON - timedelta(seconds=1))
        return begun, require(tx.one("delivery", id=job.delivery.id))["state"]

    assert await write(tmp_path / "db", work) == (None, "waiting")


async def test_what_is_no_text_has_no_plainer_form(tmp_path: Path) -> None:
    """A mark that is refused stays refused."""

    def work(tx: Transaction) -> tuple[bool, bool]:
        job = opening(tx)
        mark = replace(job, delivery=replace(job.delivery, kind=Kind.MARK))
        return _make_plainer(tx, mark), _make_plainer(tx, job)

    assert await write(tmp_path / "db", work) == (False, True)


async def test_a_first_message_is_posted_once_where_its_card_cannot_show_it(tmp_path: Path) -> None:
    """Not while the card shows it, and not again when it stands in the thread."""

    def work(tx: Transaction) -> list[int]:
        job = opening(tx)
        queued = []
        for form in (Form.FULL, Form.DEFUSED, Form.DEFUSED):
            post_left_out_opening(tx, replace(job, delivery=replace(job.delivery, form=form)), NOON)
            queued.append(sum(row["kind"] == Kind.POST for row in tx.all("unfinished_deliveries")))
        return queued

    assert await write(tmp_path / "db", work) == [0, 1, 1]


async def test_a_first_message_that_was_erased_is_posted_for_no_card(tmp_path: Path) -> None:
    """There is nothing that could be missing."""

    def work(tx: Transaction) -> list[str]:
        job = opening(tx)
        for row in tx._connection.execute("SELECT id FROM messages").fetchall():
            tx.run("erase_message", id=row["id"])
        post_left_out_opening(tx, replace(job, delivery=replace(job.delivery, form=Form.DEFUSED)), NOON)
        return [row["kind"] for row in tx.all("unfinished_deliveries")]

    assert Kind.POST not in await write(tmp_path / "db", work)
