"""`shopbell check`: looks at everything a bridge needs, and names for each failure the one step that mends it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.clock import Clock, off
from bot.db.connection import Database, Transaction
from bot.db.lock import is_held, lock_of
from bot.db.rows import from_ms
from bot.errors import DatabaseError, DatabaseTooOld
from bot.model import ChatName, Finding
from bot.settings import LoadedSettings
from bot.wiring import World
from bot.wording import notices

_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


async def examine(loaded: LoadedSettings, world: World, clock: Clock) -> AsyncIterator[Finding]:
    """Every finding, as it is made. Never raises for what it finds; the settings were read already."""
    stores = ", ".join(sorted(world.stores))
    yield Finding(ok=True, subject="settings", text=f"stores {stores}; chats {', '.join(sorted(world.chats))}")
    for finding in await database(loaded.general.database_path, clock):
        yield finding
    for name, vendor in sorted(world.vendors.items()):
        finding = await vendor.check()
        yield Finding(ok=finding.ok, subject=f"store {name}", text=finding.text, remedy=finding.remedy)
    for chat in sorted(world.chats):
        for finding in await _chat(world, chat, clock):
            yield finding


async def _chat(world: World, name: ChatName, clock: Clock) -> list[Finding]:
    """What the chat itself finds, and whether its clock, which its answers tell, and ours are far apart."""
    chat = world.chats[name]
    channels = {p.channel for store in world.stores.values() for p in store.channels if p.chat == name}
    findings = list(await chat.check(sorted(channels)))
    if ahead := off(clock.now(), chat.now()):
        text = notices.clock_is_off(chat.label, ahead)
        findings.append(Finding(ok=False, subject="clock", text=text, remedy=notices.set_the_clock()))
    return findings


async def database(path: Path, clock: Clock) -> list[Finding]:
    """The file and the clock. Makes and changes nothing: what is not there yet is made when the bridge starts."""
    out_of_reach = _out_of_reach(path)
    if out_of_reach is not None:
        return [out_of_reach, _clock(clock.now())]
    running = "; a shopbell is running on it" if is_held(path) else ""
    if not path.exists():  # noqa: ASYNC240 - one look, beside which nothing runs
        text = f"{path} is not there yet; it is made when `shopbell run` first starts{running}"
        return [Finding(ok=True, subject="database", text=text), _clock(clock.now())]
    try:
        seen = await _read(path)
    except DatabaseTooOld:
        text = f"{path} is of an older schema; the next start brings it up to date{running}"
        return [Finding(ok=True, subject="database", text=text), _clock(clock.now())]
    except DatabaseError as error:
        return [Finding(ok=False, subject="database", text=str(error), remedy="Do what that says, then check again.")]
    return [_sound(path, seen.verdict, running), _clock(clock.now()), *map(_troubled, seen.troubles)]


def _out_of_reach(path: Path) -> Finding | None:
    """Why the database cannot be written where it is; None: it can."""
    folder = path.absolute().parent
    if not folder.is_dir():
        remedy = "Make it, or give DATABASE_PATH a folder that is there."
        return Finding(ok=False, subject="database", text=f"There is no folder {folder}.", remedy=remedy)
    for each in (folder, path, lock_of(path)):
        if each.exists() and not os.access(each, os.W_OK):
            remedy = "Let this user write there, or give DATABASE_PATH a place that shopbell may write to."
            return Finding(ok=False, subject="database", text=f"{each} cannot be written.", remedy=remedy)
    return None


async def _read(path: Path) -> _Seen:
    """What the file says; raises `DatabaseTooOld` where it is from before the last upgrade, or empty."""
    opened = await Database.open_to_read(path)
    try:
        return await opened.read(_look)
    finally:
        await opened.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the database says: SQLite's verdict, and what is wrong."""

    verdict: str
    troubles: tuple[tuple[str, int, str], ...]


def _look(tx: Transaction) -> _Seen:
    verdict = tx.one("quick_check")
    if verdict is None:
        raise LookupError("a check without a row")
    stores = [(f"store {row['name']}", row["incident_since"], row["incident"]) for row in tx.all("stores")]
    channels = [
        (f"{row['chat']} channel {row['channel']}", row["since"], row["incident"])
        for row in tx.all("channel_incidents")
    ]
    troubles = tuple(trouble for trouble in (*stores, *channels) if trouble[2] is not None)
    return _Seen(verdict=str(verdict[0]), troubles=troubles)


def _troubled(trouble: tuple[str, int, str]) -> Finding:
    """What the running bridge has met and not got over; its own words name the step."""
    subject, since, text = trouble
    return Finding(
        ok=False,
        subject=f"{subject}, while running",
        text=f"in trouble since {from_ms(since):%Y-%m-%d %H:%M} UTC: {text}",
        remedy="Do what that says; it goes on by itself afterwards.",
    )


def _sound(path: Path, verdict: str, running: str) -> Finding:
    if verdict == "ok":
        return Finding(ok=True, subject="database", text=f"{path} is sound{running}")
    remedy = "Stop shopbell, put the file aside and restore a backup."
    return Finding(ok=False, subject="database", text=f"{path} is damaged: {verdict}", remedy=remedy)


def _clock(now: datetime) -> Finding:
    """Whether it was ever set; the chats tell how right it is."""
    if now < _WRITTEN:
        text = f"it says {now:%Y-%m-%d %H:%M} UTC, which is past"
        return Finding(ok=False, subject="clock", text=text, remedy=notices.set_the_clock())
    return Finding(ok=True, subject="clock", text=f"{now:%Y-%m-%d %H:%M:%S} UTC")
