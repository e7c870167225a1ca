"""A small database as a bridge leaves it behind: two tickets with threads, and deliveries in every state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot.db.connection import Database, Transaction
from bot.db.rows import ticket_row
from bot.model import (
    Author,
    ChannelId,
    ChatName,
    Customer,
    DeliveryId,
    Message,
    MessageId,
    Place,
    Status,
    Store,
    StoreName,
    Ticket,
    TicketId,
)
from bot.tickets import enqueue
from bot.tickets.from_vendors.snapshot import TicketSnapshot
from bot.tickets.from_vendors.sync import record

T = TypeVar("T")

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET_WORDS = "My key is 1234-5678, please keep it to yourself."
"""What a customer wrote: no command may ever print it."""

STORE = Store(
    name=StoreName("main"),
    label="Main · Sellgate",
    vendor_label="Sellgate",
    channels=(Place(chat=ChatName("discord"), channel=ChannelId("1")),),
)


@dataclass(frozen=True, slots=True)
class Made:
    """The ids of what `small_database` put into the database."""

    failed: DeliveryId
    waiting: DeliveryId
    done: DeliveryId


async def write(path: Path, work: Callable[..., T], *values: Any) -> T:
    """One transaction on the file."""
    database = await Database.open(path)
    try:
        return await database.write(work, *values)
    finally:
        await database.aclose()


async def read(path: Path, work: Callable[..., T], *values: Any) -> T:
    """One look at the file."""
    database = await Database.open_to_read(path)
    try:
        return await database.read(work, *values)
    finally:
        await database.aclose()


async def delivery_states(path: Path) -> dict[int, str]:
    """The state of every unfinished delivery."""

    def look(tx: Transaction) -> dict[int, str]:
        return {row["id"]: row["state"] for row in tx.all("unfinished_deliveries")}

    return await read(path, look)


def snapshot(ticket: str, *, status: Status = Status.OPEN, created_at: datetime = NOON) -> TicketSnapshot:
    """A ticket as a vendor shows it, with one message by its customer."""
    message = Message(id=MessageId(f"{ticket}-m1"), author=Author.CUSTOMER, text=SECRET_WORDS, written_at=created_at)
    return TicketSnapshot(
        ticket=Ticket(
            id=TicketId(ticket),
            subject=f"About {ticket}",
            status=status,
            customer=Customer(name="Jane", email="jane@example.com"),
            created_at=created_at,
        ),
        messages=(message,),
        fingerprint="f1",
        read_at=created_at,
        follow=True,
    )


async def small_database(path: Path) -> Made:
    """`tkt_open` (#1001) is open and has its thread; `tkt_closed` (#1002) is closed and waits for one."""
    return await write(path, _fill)


def _fill(tx: Transaction) -> Made:
    now = NOON + timedelta(minutes=1)
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)
    opened = record(tx, STORE, snapshot("tkt_open"), now)
    record(tx, STORE, snapshot("tkt_closed", status=Status.CLOSED), now)
    (link,) = enqueue.links_of(tx, opened)
    for delivery in [row["id"] for row in tx.all("unfinished_deliveries") if row["link"] == link.id]:
        tx.run("finish_delivery", id=delivery, now=0)
    tx.run("set_link_thread", id=link.id, thread="900", card="901")
    row = tx.one("ticket", number=opened)
    assert row is not None
    ticket = ticket_row(row)
    failed = enqueue.status(tx, ticket, Status.CLOSED, "by Ann from Discord", now)
    waiting = enqueue.status(tx, ticket, Status.OPEN, "by Ann from Discord", now)
    done = enqueue.status(tx, ticket, Status.CLOSED, "by Ann from Discord", now)
    tx.run("fail_delivery", id=failed, now=0, error="Sellgate refused it.", in_doubt=0)
    tx.run("finish_delivery", id=done, now=0)
    return Made(failed=failed, waiting=waiting, done=done)
