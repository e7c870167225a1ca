"""What the commands share: what they print, how they end, and how they reach the database."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

from bot.clock import SystemClock
from bot.db.connection import Database, Transaction
from bot.settings import load_general
from bot.text import escaped

P = ParamSpec("P")
T = TypeVar("T")


def show(text: str) -> None:
    """
    Print a line or several. Nothing in it controls the terminal: ids and words of a vendor can hold anything.

    A value that may hold a line end goes through `field` first, so that it cannot look like a line of its own.
    """
    print(escaped(text, "\n"))


def field(value: object) -> str:
    """A value as a part of a line."""
    return escaped(str(value))


def typed(value: str) -> str:
    """What somebody typed, as a part of a sentence; an empty text too can be seen."""
    return field(value) if value.strip() else f'"{value}"'


def remark(text: str) -> None:
    """Say something about what was printed, on the error output, where no program takes it for that."""
    sys.stdout.flush()
    print(escaped(text, "\n"), file=sys.stderr)


def show_json(value: Any) -> None:
    """Print JSON, for programs; it too is shown on terminals."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    print("".join(each if each == "\n" or escaped(each) == each else json.dumps(each)[1:-1] for each in text))


def fail(text: str, code: int) -> NoReturn:
    """End the command with an exit code, and say why on the error output."""
    print(escaped(text, "\n"), file=sys.stderr)
    raise SystemExit(code)


def no_such_store(tx: Transaction, store: str | None) -> str:
    """Why no store of this name can be looked at; empty: it can, or none was named."""
    names = [str(row["name"]) for row in tx.all("stores")]
    if store is None or store in names:
        return ""
    there = f"The stores are: {', '.join(map(field, names))}." if names else "It has none yet."
    return f"There is no store {typed(store)} in this database. {there}"


def read_database(read: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Look into the database, also while the bridge runs."""

    async def look() -> T:
        database = await Database.open_to_read(load_general().database_path)
        try:
            return await database.read(read, *args, **kwargs)
        finally:
            await database.aclose()

    return asyncio.run(look())


def write_database(change: Callable[Concatenate[Transaction, datetime, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Make one short change in the database, also while the bridge runs; `change` gets the time."""

    async def write() -> T:
        database = await Database.open_to_change(load_general().database_path)
        try:
            return await database.write(change, SystemClock().now(), *args, **kwargs)
        finally:
            await database.aclose()

    return asyncio.run(write())
