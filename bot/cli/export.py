"""
`shopbell export`: tickets and messages as CSV or JSON lines, for spreadsheets and programs.

It is read page by page, so it needs the same little memory for a million rows, and keeps nothing from the bridge. What
changes while it runs may be in it as it was or as it is.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.cli.options import OneStore
from bot.cli.shell import fail, no_such_store
from bot.clock import SystemClock
from bot.db.connection import Database, Row, Transaction
from bot.db.rows import message_row, ticket_row
from bot.settings import Settings, load_general
from bot.text import escaped
from bot.tickets.figures.times import last_days
from bot.wording.masking import masked, masked_ticket

commands = typer.Typer(no_args_is_help=True, help="Write tickets or messages to standard output, for programs.")
AsCsv = Annotated[bool, typer.Option("--csv", help="Comma-separated values, with a line of headings. The default.")]
AsJsonLines = Annotated[bool, typer.Option("--jsonl", help="One JSON object in each line.")]
LastDays = Annotated[int | None, typer.Option("--days", min=1, max=36_500, help="Only of the last days.")]

_PAGE = 1_000
_FORMULA = re.compile(r"^(?=[=+\-@\t\r＝＋－＠])|(?<=[;\t\r\n])(?=[=+\-@＝＋－＠])")
"""
Where a spreadsheet would find a formula, and a formula can send away what is in the other cells: where a cell begins.

Where commas stand in numbers, spreadsheets expect semicolons between cells. There a cell also begins behind a semicolon
or a line's end in a text, because no quotation mark counts that does not stand first in its line.
"""


@commands.command()
def tickets(
    store: OneStore = None, days: LastDays = None, as_csv: AsCsv = False, as_jsonl: AsJsonLines = False
) -> None:
    """Write tickets; with --days those that were opened in the last days."""
    _export("tickets_to_export", TicketLine, _ticket, store, days, as_csv=as_csv, as_jsonl=as_jsonl)


@commands.command()
def messages(
    store: OneStore = None, days: LastDays = None, as_csv: AsCsv = False, as_jsonl: AsJsonLines = False
) -> None:
    """Write messages; with --days those that were written in the last days."""
    _export("messages_to_export", MessageLine, _message, store, days, as_csv=as_csv, as_jsonl=as_jsonl)


def _export(
    statement: str,
    kind: type[TicketLine | MessageLine],
    read: Callable[[Row, bool], TicketLine | MessageLine],
    store: str | None,
    days: int | None,
    *,
    as_csv: bool,
    as_jsonl: bool,
) -> None:
    if as_csv and as_jsonl:
        fail("Choose --csv or --jsonl, not both.", 2)
    settings = load_general()
    names = [each.name for each in fields(kind)]
    on_terminal = sys.stdout.isatty()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")

    async def write() -> None:
        begun = False
        async for page in _pages(statement, settings, store, days):
            if not begun and not as_jsonl:
                sys.stdout.write(_csv_line(names, on_terminal))
            begun = True
            for row in page:
                line = read(row, settings.mask_emails)
                values = [getattr(line, name) for name in names]
                if as_jsonl:
                    sys.stdout.write(_json_line(dict(zip(names, values, strict=True)), on_terminal))
                else:
                    sys.stdout.write(_csv_line(values, on_terminal))
        sys.stdout.flush()

    try:
        asyncio.run(write())
    except BrokenPipeError:
        # Whoever reads has enough, as `head` has. What Python would still write at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        fail(f"The export could not be written: {error.strerror}.", 1)


async def _pages(
    statement: str, settings: Settings, store: str | None, days: int | None
) -> AsyncIterator[Sequence[Row]]:
    """The rows page by page; the last one is empty. Ends the command if there is no such store."""
    since = last_days(days, SystemClock().now(), settings.timezone)[0].begin if days is not None else None
    database = await Database.open_to_read(settings.database_path)
    try:
        fault = await database.read(no_such_store, store)
        if fault:
            fail(fault, 1)
        after: int | None = 0
        while after is not None:
            page = await database.read(_page, statement, after, store, since)
            yield page
            after = page[-1]["position"] if page else None
    finally:
        await database.aclose()


def _page(tx: Transaction, statement: str, after: int, store: str | None, since: int | None) -> list[Row]:
    return tx.all(statement, after=after, store=store, since=-(2**62) if since is None else since, most=_PAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLine:
    """A ticket as it is exported; the names are those of the columns. Times are UTC."""

    number: int
    store: str
    id: str | None
    subject: str
    status: str
    status_at_vendor: str | None
    customer_name: str | None
    customer_email: str | None
    facts: dict[str, str]
    created_at: str | None
    first_response_at: str | None
    closed_at: str | None
    closed_by: str | None
    waits_for: str | None
    waiting_since: str | None
    snoozed_until: str | None
    taken_by: str | None
    taken_by_name: str | None
    has_threads: bool
    is_gone: bool
    is_erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """A message as it is exported; the names are those of the columns. What its author deleted has no words."""

    id: int
    ticket: int
    store: str
    id_at_vendor: str | None
    written_at: str | None
    purpose: str
    author: str
    author_name: str | None
    agent: str | None
    is_public: bool
    text: str
    attachments: list[str]
    is_deleted: bool
    is_erased: bool


def _ticket(row: Row, masks: bool) -> TicketLine:
    ticket = masked_ticket(ticket_row(row)) if masks else ticket_row(row)
    return TicketLine(
        number=ticket.number,
        store=ticket.store,
        id=None if ticket.forgotten else ticket.vendor_id,
        subject=ticket.subject,
        status=ticket.status.value,
        status_at_vendor=ticket.status_word,
        customer_name=ticket.customer.name,
        customer_email=ticket.customer.email,
        facts={fact.label: fact.value for fact in ticket.facts},
        created_at=_time(ticket.created_at),
        first_response_at=_time(ticket.first_response_at),
        closed_at=_time(ticket.closed_at),
        closed_by=row["closed_by"],
        waits_for=ticket.awaiting,
        waiting_since=_time(ticket.waiting_since),
        snoozed_until=_time(ticket.snoozed_until),
        taken_by=ticket.taken_by,
        taken_by_name=ticket.taken_by_name,
        has_threads=ticket.followed,
        is_gone=ticket.gone,
        is_erased=ticket.erased,
    )


def _message(row: Row, masks: bool) -> MessageLine:
    message, shown = message_row(row), masked if masks else str
    return MessageLine(
        id=message.id,
        ticket=message.ticket,
        store=row["store"],
        id_at_vendor=None if message.erased or row["forgotten"] else message.vendor_id,
        written_at=_time(message.written_at),
        purpose=message.purpose.value,
        author=message.author.value,
        author_name=None if message.author_name is None else shown(message.author_name),
        agent=None if message.agent is None else f"{row['chat']}:{message.agent}",
        is_public=message.is_public,
        text="" if message.deleted else shown(message.text),
        attachments=[] if message.deleted else [shown(each.name) for each in message.attachments],
        is_deleted=message.deleted,
        is_erased=message.erased,
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json_line(values: dict[str, Any], on_terminal: bool) -> str:
    text = json.dumps(values, ensure_ascii=False)
    if on_terminal:
        text = "".join(each if escaped(each) == each else json.dumps(each)[1:-1] for each in text)
    return f"{text}\n"


def _csv_line(values: Sequence[Any], on_terminal: bool) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([_cell(value, on_terminal) for value in values])
    return written.getvalue().replace("\r\n", "\n") if on_terminal else written.getvalue()


def _cell(value: Any, on_terminal: bool) -> Any:
    """One cell. An apostrophe stands before what a spreadsheet would take for a formula."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dict):
        value = "; ".join(f"{name}: {each}" for name, each in value.items())
    if isinstance(value, list):
        value = "; ".join(value)
    if not isinstance(value, str):
        return value
    text = _FORMULA.sub("'", value)
    return escaped(text) if on_terminal else text
