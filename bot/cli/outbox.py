"""`shopbell outbox`: the deliveries that wait or failed for good; to try one again, and to give one up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from bot.cli.options import AsJson
from bot.cli.shell import fail, field, read_database, remark, show, show_json, write_database
from bot.db.connection import Transaction
from bot.db.rows import delivery_row
from bot.model import DeliveryId, Kind
from bot.settings import load_general
from bot.tickets.enqueue import links_of
from bot.tickets.replies import outcomes
from bot.wording.masking import masked

_LARGEST = 2**63 - 1
"""The largest number that the database can compare."""
Delivery = Annotated[int, typer.Argument(max=_LARGEST, metavar="ID", help="As `shopbell outbox` lists it.")]

commands = typer.Typer(invoke_without_command=True, help="Deliveries that wait or failed for good.")


@commands.callback()
def outbox(context: typer.Context, as_json: AsJson = False) -> None:
    """List the deliveries that wait or failed for good; retry or drop one."""
    if context.invoked_subcommand is None:
        _list(as_json=as_json)


@commands.command("list")
def list_outbox(as_json: AsJson = False) -> None:
    """List the deliveries that wait or failed for good."""
    _list(as_json=as_json)


@commands.command("retry")
def retry(delivery: Delivery) -> None:
    """Try again what failed for good, or send what is held. A running bridge begins it within 15 seconds."""
    if not write_database(_retry, DeliveryId(delivery)):
        fail(f"Delivery {delivery} has not failed for good and is not held; see `shopbell outbox`.", 1)


@commands.command("drop")
def drop(delivery: Delivery) -> None:
    """Give a delivery up. If it opens a thread, everything that waits for that thread is given up too."""
    lines = write_database(_drop_and_report, DeliveryId(delivery))
    if not lines:
        fail(f"Delivery {delivery} is done, dropped or being tried; see `shopbell outbox`.", 1)
    show("\n".join(lines))


def _list(*, as_json: bool) -> None:
    def read(tx: Transaction) -> list[dict[str, Any]]:
        return [_delivery(row, masks=masks) for row in tx.all("unfinished_deliveries")]

    masks = load_general().mask_emails
    found = read_database(read)
    if as_json:
        show_json(found)
        return
    if not found:
        remark("Nothing waits and nothing has failed.")
    for delivery in found:
        ticket = "" if delivery["ticket"] is None else f"  #{delivery['ticket']}"
        line = f"{delivery['id']}  {delivery['state']}  {delivery['kind']} to {field(delivery['destination'])}{ticket}"
        show(f"{line}  {field(delivery['error'] or '')}".rstrip())


def _retry(tx: Transaction, now: datetime, delivery: DeliveryId) -> bool:
    return outcomes.retry(tx, delivery, now)


def _drop_and_report(tx: Transaction, now: datetime, delivery: DeliveryId) -> list[str]:
    """Drop a delivery. Returns lines that say what was dropped and where its ticket continues."""
    given_up = outcomes.drop(tx, delivery, now)
    lines = [f"Dropped: {each.id}  {each.kind} to {field(each.destination)}" for each in given_up]
    if given_up and given_up[0].kind is Kind.OPEN and given_up[0].ticket is not None:
        threads = [
            f"{link.chat}:{link.channel}" for link in links_of(tx, given_up[0].ticket) if link.thread is not None
        ]
        outcome = f"continues in {', '.join(threads)}" if threads else "has no thread; its next message opens a new one"
        lines.append(f"#{given_up[0].ticket} {outcome}.")
    return lines


def _delivery(row: Any, *, masks: bool) -> dict[str, Any]:
    delivery = delivery_row(row)
    return {
        "id": delivery.id,
        "kind": delivery.kind.value,
        "state": delivery.state.value,
        "destination": delivery.destination,
        "ticket": delivery.ticket,
        "attempts": delivery.attempts,
        "due": delivery.due_at.isoformat(),
        "error": masked(delivery.error) if masks and delivery.error else delivery.error,
    }
