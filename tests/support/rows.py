"""A ticket as it stands in the database, and its store, for what is pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.db.rows import TicketRow
from bot.model import Customer, Status, Store, StoreName, TicketId, TicketNumber
from tests.support.memory.vendor import START

STORE = Store(name=StoreName("main"), label="Main · Memory", vendor_label="Memory", channels=())


def ticket(**changes: Any) -> TicketRow:
    """Open, by Jane, of the store `STORE`; with these changes."""
    row = TicketRow(
        number=TicketNumber(1001),
        store=STORE.name,
        vendor_id=TicketId("t1"),
        subject="Key not working",
        status=Status.OPEN,
        status_word=None,
        customer=Customer(name="Jane", email="jane@example.com"),
        facts=(),
        awaiting=None,
        created_at=START,
        first_response_at=None,
        closed_at=None,
        fingerprint=None,
        status_set_at=START,
        closed_here_only=False,
        gone_at=None,
        forgotten=False,
        erased=False,
        erased_at=None,
        followed=True,
        taken_by=None,
        taken_by_name=None,
        waiting_since=None,
        snoozed_until=None,
        snoozed_by=None,
        reminded=None,
        reminded_for=None,
        version=1,
    )
    return replace(row, **changes)
