"""`shopbell stats`, `tickets` and `backup`: they only read the database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.options import AsJson, OneStore
from bot.cli.shell import fail, field, no_such_store, read_database, remark, show, show_json
from bot.clock import SystemClock
from bot.db.connection import Database, Transaction
from bot.db.rows import ticket_row
from bot.model import StoreName
from bot.settings import load_faultless, load_general
from bot.tickets.enqueue import links_of
from bot.tickets.figures.stats import Report, report
from bot.tickets.figures.tables import table
from bot.wiring import open_hours
from bot.wording.masking import masked_ticket


def stats(
    store: OneStore = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="The figures of this many days, today included.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Print the figures that /stats shows."""

    def read(tx: Transaction) -> str | Report:
        fault = no_such_store(tx, store)
        if fault:
            return fault
        names = [StoreName(row["name"]) for row in tx.all("stores") if store in (None, row["name"])]
        hours = {name: open_hours(sections[name], general) if name in sections else None for name in names}
        now = SystemClock().now()
        return report(
            tx, hours, days, now, general.timezone, loaded.colleagues, in_full=as_json, masks_emails=general.mask_emails
        )

    # Faults in the settings of a store keep nobody from the figures, but from those of its open hours.
    loaded = load_faultless()
    general, sections = loaded.general, loaded.stores
    found = read_database(read)
    if isinstance(found, str):
        fail(found, 1)
    if as_json:
        show_json([each.as_json() for each in found.stores])
    else:
        stores = tuple(replace(each, store=StoreName(field(each.store))) for each in found.stores)
        show(table(replace(found, stores=stores)))


def tickets(
    store: OneStore = None,
    status: Annotated[str, typer.Option(help="open, closed or all.")] = "open",
    as_json: AsJson = False,
) -> None:
    """List the tickets that have threads."""
    if status not in ("open", "closed", "all"):
        fail("--status must be open, closed or all.", 2)

    def read(tx: Transaction) -> str | list[dict[str, Any]]:
        rows = tx.all("linked_tickets", store=store, status=status)
        return no_such_store(tx, store) or [_ticket(tx, row, masks=masks) for row in rows]

    masks = load_general().mask_emails
    found = read_database(read)
    if isinstance(found, str):
        fail(found, 1)
    if as_json:
        show_json(found)
        return
    for ticket in found:
        where = ", ".join(f"{t['chat']}:{t['channel']}/{t['thread'] or 'opening'}" for t in ticket["threads"])
        shown = [ticket["store"], ticket["id"], ticket["status"], ticket["subject"], where]
        show("  ".join([f"#{ticket['number']}", *map(field, shown)]))
    if not found:
        which = "" if status == "all" else f"{status} "
        more = "" if status == "all" else " `shopbell tickets --status all` lists all."
        remark(f"There are no {which}tickets with threads.{more}")


def backup(file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")]) -> None:
    """Write a consistent copy of the database to FILE; also while the bridge runs."""

    async def copy() -> None:
        database = await Database.open_to_read(load_general().database_path)
        try:
            await database.backup(file)
        finally:
            await database.aclose()

    asyncio.run(copy())
    show(f"{field(file)} is a complete copy.")


def _ticket(tx: Transaction, row: Any, *, masks: bool) -> dict[str, Any]:
    ticket = masked_ticket(ticket_row(row)) if masks else ticket_row(row)
    return {
        "number": ticket.number,
        "store": ticket.store,
        "id": ticket.vendor_id,
        "subject": ticket.subject,
        "status": ticket.status.value,
        "threads": [
            {"chat": link.chat, "channel": link.channel, "thread": link.thread} for link in links_of(tx, ticket.number)
        ],
    }
