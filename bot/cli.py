"""The commands. Each reads the settings, calls one service and prints the result."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from bot import logs, wiring
from bot.app import App
from bot.clock import Clock, SystemClock
from bot.db.connection import Database, Transaction
from bot.db.lock import held
from bot.db.rows import delivery_row, ticket_row
from bot.errors import DatabaseError, DatabaseInUse, SettingsError
from bot.model import DeliveryId, Kind, StoreName
from bot.ops.doctor import examine
from bot.outbound.retry import Decider
from bot.settings import LoadedSettings, load, load_general
from bot.tickets.enqueue import links_of
from bot.tickets.outcomes import drop, retry
from bot.tickets.stats import figures, table

T = TypeVar("T")

commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
manifests = typer.Typer(no_args_is_help=True, help="What to paste on a chat's developer website.")
invites = typer.Typer(no_args_is_help=True, help="Links that invite the bot to a chat.")
outbox_commands = typer.Typer(invoke_without_command=True, help="Deliveries that wait or failed for good.")
commands.add_typer(manifests, name="manifest")
commands.add_typer(invites, name="invite")
commands.add_typer(outbox_commands, name="outbox")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
OneStore = Annotated[str | None, typer.Option("--store", help="Only this store.")]


def main() -> NoReturn:
    """The console script. Our own errors become an exit code and one line for each fault."""
    try:
        commands(standalone_mode=True)
    except SettingsError as error:
        _fail(str(error), 2)
    except DatabaseInUse as error:
        _fail(str(error), 3)
    except DatabaseError as error:
        _fail(str(error), 1)
    sys.exit(0)


@commands.command()
def run() -> None:
    """Run the bridge until SIGTERM or SIGINT."""
    loaded = load()
    logs.configure(loaded.general.log_format, loaded.general.log_level)
    with held(loaded.general.database_path):
        try:
            asyncio.run(serve(loaded, SystemClock()))
        except* DatabaseError as group:
            raise _first_error(group) from group


@commands.command()
def check(as_json: AsJson = False) -> None:
    """Check settings, database, vendors, chats and clock, and name for each failure the step that fixes it."""
    loaded = load()
    logs.configure(loaded.general.log_format, "ERROR")
    if not asyncio.run(_check(loaded, as_json=as_json)):
        raise typer.Exit(1)


@commands.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port of the page; 0: any free port.")] = 0,
    tour: Annotated[bool, typer.Option("--tour", help="Play one scripted story, check it, and exit.")] = False,
) -> None:
    """Try the whole bridge without an account: practice stores, Discord and Slack, and a page to type into."""
    from bot.sandbox import interactive
    from bot.sandbox.tour import play
    from bot.sandbox.world import PracticeWorld

    async def play_tour() -> bool:
        return await play(print, PracticeWorld())

    if not tour:
        asyncio.run(interactive.serve(port))
    elif not asyncio.run(play_tour()):
        raise typer.Exit(1)


@commands.command()
def stats(
    store: OneStore = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="Count the new tickets of this many days.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Print the figures that /stats shows."""

    def read(tx: Transaction) -> Any:
        names = [StoreName(row["name"]) for row in tx.all("stores") if store in (None, row["name"])]
        return [figures(tx, name, days, SystemClock().now()) for name in names]

    found = asyncio.run(_read_database(read))
    if store is not None and not found:
        _fail(f"There is no store {store} in this database.", 1)
    print(_json([each.as_json() for each in found]) if as_json else table(found))


@commands.command()
def tickets(
    store: OneStore = None,
    status: Annotated[str, typer.Option(help="open, closed or all.")] = "open",
    as_json: AsJson = False,
) -> None:
    """List the tickets that have threads."""
    if status not in ("open", "closed", "all"):
        _fail("--status must be open, closed or all.", 2)

    def read(tx: Transaction) -> list[dict[str, Any]]:
        return [_ticket(tx, row) for row in tx.all("linked_tickets", store=store, status=status)]

    found = asyncio.run(_read_database(read))
    if as_json:
        print(_json(found))
        return
    for ticket in found:
        where = ", ".join(f"{t['chat']}:{t['channel']}/{t['thread'] or 'opening'}" for t in ticket["threads"])
        print(
            f"#{ticket['number']}  {ticket['store']}  {ticket['id']}  {ticket['status']}  {ticket['subject']}  {where}"
        )


@outbox_commands.callback()
def outbox(context: typer.Context, as_json: AsJson = False) -> None:
    """List the deliveries that wait or failed for good; retry or drop one."""
    if context.invoked_subcommand is None:
        _list_outbox(as_json=as_json)


@outbox_commands.command("list")
def outbox_list(as_json: AsJson = False) -> None:
    """List the deliveries that wait or failed for good."""
    _list_outbox(as_json=as_json)


@outbox_commands.command("retry")
def outbox_retry(delivery: int) -> None:
    """Try again a delivery that failed for good. A running bridge does it within some seconds."""
    if not _write_database(retry, delivery):
        _fail(f"Delivery {delivery} has not failed for good; see `shopbell outbox`.", 1)


@outbox_commands.command("drop")
def outbox_drop(delivery: int) -> None:
    """Give a delivery up. If it opens a thread, everything that waits for that thread is given up too."""
    lines = _write_database(_drop_and_report, delivery)
    if not lines:
        _fail(f"Delivery {delivery} is done, dropped or being tried; see `shopbell outbox`.", 1)
    print("\n".join(lines))


@manifests.command("slack")
def manifest_slack() -> None:
    """Print the Slack app manifest to paste at api.slack.com/apps."""
    print(wiring.slack_manifest())


@invites.command("discord")
def invite_discord(
    application: Annotated[
        str | None, typer.Option(help="The application id; by default it is taken from DISCORD_TOKEN.")
    ] = None,
) -> None:
    """Print the link that invites the bot to a Discord server with exactly the permissions that it needs."""
    found = application or _application_id()
    if found is None:
        _fail("DISCORD_TOKEN: is missing or not a bot token; set it, or give the application's id as --application.", 2)
    print(wiring.discord_invite(found))


@commands.command()
def backup(file: Path) -> None:
    """Write a consistent copy of the database to FILE; also while the bot runs."""

    async def copy() -> None:
        database = await Database.open_to_read(load_general().database_path)
        try:
            await database.backup(file)
        finally:
            await database.aclose()

    asyncio.run(copy())
    print(f"{file} is a complete copy.")


async def serve(loaded: LoadedSettings, clock: Clock) -> None:
    """Run the bridge until SIGTERM or SIGINT. The caller holds the database's lock."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, _stop_or_exit, stop, name)
    async with AsyncExitStack() as closing:
        world = wiring.build_world(loaded, clock)
        closing.push_async_callback(world.aclose)
        database = await Database.open(loaded.general.database_path)
        # It must be closed even if the rest fails, because its thread keeps the process alive.
        closing.push_async_callback(database.aclose)
        random = Random()
        await App(loaded, world, database, clock, Decider(random=random), random).run(stop)


def _first_error(group: ExceptionGroup[DatabaseError]) -> Exception:
    """One error of the group. When the database fails, all tasks that use it raise the same error."""
    first: Exception = group
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


def _stop_or_exit(stop: asyncio.Event, name: signal.Signals) -> None:
    """The first signal stops in order. A second one exits at once, which loses nothing that is on disk."""
    if stop.is_set():
        os._exit(128 + name)
    stop.set()


async def _check(loaded: LoadedSettings, *, as_json: bool) -> bool:
    clock = SystemClock()
    world = wiring.build_world(loaded, clock)
    try:
        found = []
        async for finding in examine(loaded, world, clock):
            found.append(finding)
            if not as_json:
                print(f"{'✅' if finding.ok else '❌'} {finding.subject}: {finding.text}")
                if finding.remedy:
                    print(f"   → {finding.remedy}")
    finally:
        await world.aclose()
    if as_json:
        keys = ("ok", "subject", "text", "remedy")
        print(_json([{key: getattr(finding, key) for key in keys} for finding in found]))
    return all(finding.ok for finding in found)


async def _read_database(read: Callable[[Transaction], Any]) -> Any:
    database = await Database.open_to_read(load_general().database_path)
    try:
        return await database.read(read)
    finally:
        await database.aclose()


def _list_outbox(*, as_json: bool) -> None:
    def read(tx: Transaction) -> list[dict[str, Any]]:
        return [_delivery(row) for row in tx.all("unfinished_deliveries")]

    found = asyncio.run(_read_database(read))
    if as_json:
        print(_json(found))
        return
    for delivery in found:
        ticket = "" if delivery["ticket"] is None else f"  #{delivery['ticket']}"
        line = f"{delivery['id']}  {delivery['state']}  {delivery['kind']} to {delivery['destination']}{ticket}"
        print(f"{line}  {delivery['error'] or ''}".rstrip())


def _write_database(change: Callable[[Transaction, DeliveryId, datetime], T], delivery: int) -> T:
    async def write() -> T:
        database = await Database.open_to_change(load_general().database_path)
        try:
            return await database.write(change, DeliveryId(delivery), SystemClock().now())
        finally:
            await database.aclose()

    return asyncio.run(write())


def _drop_and_report(tx: Transaction, delivery: DeliveryId, now: datetime) -> list[str]:
    """Drop a delivery. Returns lines that say what was dropped and where its ticket continues."""
    given_up = drop(tx, delivery, now)
    lines = [f"Dropped: {each.id}  {each.kind} to {each.destination}" for each in given_up]
    if given_up and given_up[0].kind is Kind.OPEN and given_up[0].ticket is not None:
        threads = [
            f"{link.chat}:{link.channel}" for link in links_of(tx, given_up[0].ticket) if link.thread is not None
        ]
        outcome = f"continues in {', '.join(threads)}" if threads else "has no thread; its next message opens a new one"
        lines.append(f"#{given_up[0].ticket} {outcome}.")
    return lines


def _ticket(tx: Transaction, row: Any) -> dict[str, Any]:
    ticket = ticket_row(row)
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


def _delivery(row: Any) -> dict[str, Any]:
    delivery = delivery_row(row)
    return {
        "id": delivery.id,
        "kind": delivery.kind.value,
        "state": delivery.state.value,
        "destination": delivery.destination,
        "ticket": delivery.ticket,
        "attempts": delivery.attempts,
        "due": delivery.due_at.isoformat(),
        "error": delivery.error,
    }


def _application_id() -> str | None:
    """The id in DISCORD_TOKEN, which begins with it in base64; None: the token is missing or has another form."""
    token = load_general().discord_token
    if token is None:
        return None
    first = token.get_secret_value().split(".")[0]
    try:
        found = base64.b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return found if found.isdigit() else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _fail(text: str, code: int) -> NoReturn:
    print(text, file=sys.stderr)
    raise SystemExit(code)
