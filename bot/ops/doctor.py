"""`shopbell check`: checks everything that the bridge needs, and names for each failure the one step that fixes it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.clock import Clock, clock_difference
from bot.db.connection import Database, Transaction
from bot.db.lock import is_held, lock_of
from bot.db.rows import from_ms, require
from bot.errors import DatabaseError, DatabaseTooOld, RemoteError
from bot.model import ChannelId, ChatName, Finding, Learned, Mention, StoreName
from bot.ports import CanLearn, CanWriteAs
from bot.settings import LoadedSettings
from bot.tickets.from_vendors.learned import all_learned
from bot.wiring import World
from bot.wording import reasons

_log = structlog.get_logger(__name__)
# A clock that shows an earlier time was never set: this program is newer.
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_TRY_AGAIN = "Try again in a minute."


async def examine(loaded: LoadedSettings, world: World, clock: Clock) -> AsyncIterator[Finding]:
    """Yields each finding as soon as it is made. Everything that is wrong becomes a finding, not an exception."""
    stores = ", ".join(sorted(world.stores))
    yield Finding(ok=True, subject="settings", text=f"stores {stores}; chats {', '.join(sorted(world.chats))}")
    for finding in await check_database(loaded.general.database_path, clock):
        yield finding
    learned = await _read_learned(loaded.general.database_path)
    for name, vendor in sorted(world.vendors.items()):
        try:
            finding = await vendor.check()
        except Exception as defect:  # noqa: BLE001 - whatever a server answers, the other findings are shown
            yield _broken(f"store {name}", defect)
            continue
        yield Finding(ok=finding.ok, subject=f"store {name}", text=finding.text, remedy=finding.remedy)
        about = vendor.about_learned(learned.get(name)) if isinstance(vendor, CanLearn) else None
        if about is not None:
            yield replace(about, subject=f"store {name}")
    for finding in await _check_people(loaded, world):
        yield finding
    for chat in sorted(world.chats):
        for finding in await _check_chat(world, chat, clock):
            yield finding


async def _check_people(loaded: LoadedSettings, world: World) -> list[Finding]:
    """What is wrong with the users of vendors that the settings name as people's own; nothing is said of others."""
    findings = []
    for colleague in loaded.colleagues:
        for store, section in sorted(loaded.stores.items()):
            user, vendor = colleague.vendors.get(section.vendor), world.vendors[store]
            if user is None or not isinstance(vendor, CanWriteAs):
                continue
            subject = f"{colleague.variable} at store {store}"
            try:
                unfit = await vendor.unfit_author(user)
            except RemoteError as error:
                findings.append(Finding(ok=False, subject=subject, text=error.user_message, remedy=_TRY_AGAIN))
                continue
            except Exception as defect:  # noqa: BLE001 - whatever a server answers, the other findings are shown
                findings.append(_broken(subject, defect))
                continue
            if unfit is not None:
                remedy = f"Correct {section.vendor}:{user} in it, or take it out."
                findings.append(Finding(ok=False, subject=subject, text=unfit, remedy=remedy))
    return findings


async def _check_chat(world: World, name: ChatName, clock: Clock) -> list[Finding]:
    """What the chat's own check finds, and whether its clock (known from its answers) and ours differ."""
    chat = world.chats[name]
    channels = {p.channel for store in world.stores.values() for p in store.channels if p.chat == name}
    agents = {each for store in world.stores.values() for each in store.agents.get(name, ())}
    try:
        findings = list(await chat.check(sorted(channels), _pings(world, name), sorted(agents)))
    except Exception as defect:  # noqa: BLE001 - whatever a server answers, the other findings are shown
        return [_broken(name, defect)]
    if ahead := clock_difference(clock.now(), chat.now()):
        text = reasons.clock_is_off(chat.label, ahead)
        findings.append(Finding(ok=False, subject="clock", text=text, remedy=reasons.set_the_clock()))
    return findings


def _pings(world: World, name: ChatName) -> list[tuple[ChannelId, Mention]]:
    """Whom the stores' reminders ping in a chat, and in which channels."""
    found = {
        (place.channel, whom)
        for store in world.stores.values()
        for place in store.channels
        for chat, whom in (store.promises.remind if store.promises is not None else ())
        if chat == place.chat == name
    }
    return sorted(found, key=lambda ping: (ping[1].id, ping[0]))


def _broken(subject: str, defect: Exception) -> Finding:
    """The finding where a check ended with an exception that nobody expected."""
    _log.debug("check failed", subject=subject, exc_info=defect)
    text = f"The check stopped at an answer that shopbell does not understand ({type(defect).__name__})."
    remedy = "Try again in a minute. If this goes on, report it with the log that LOG_LEVEL=DEBUG shows."
    return Finding(ok=False, subject=subject, text=text, remedy=remedy)


async def check_database(path: Path, clock: Clock) -> list[Finding]:
    """Check the file and the clock. Creates and changes nothing: a missing file is created when the bridge starts."""
    not_writable = _not_writable(path)
    if not_writable is not None:
        return [not_writable, _clock_finding(clock.now())]
    running = "; shopbell is running on it" if is_held(path) else ""
    if not path.exists():  # noqa: ASYNC240 - one short call, and nothing else runs meanwhile
        text = f"{path} does not exist yet; the first `shopbell run` creates it{running}"
        return [Finding(ok=True, subject="database", text=text), _clock_finding(clock.now())]
    try:
        contents = await _read(path)
    except DatabaseTooOld:
        text = f"{path} has an older schema; the next `shopbell run` updates it{running}"
        return [Finding(ok=True, subject="database", text=text), _clock_finding(clock.now())]
    except DatabaseError as error:
        return [Finding(ok=False, subject="database", text=str(error), remedy="Do what it says, then check again.")]
    incidents = [_incident_finding(incident) for incident in contents.incidents]
    return [_integrity_finding(path, contents.integrity, running), _clock_finding(clock.now()), *incidents]


def _not_writable(path: Path) -> Finding | None:
    """Why the database cannot be written in its place; None: it can."""
    folder = path.absolute().parent
    if not folder.is_dir():
        remedy = "Create it, or set DATABASE_PATH to a file in a folder that exists."
        return Finding(ok=False, subject="database", text=f"There is no folder {folder}.", remedy=remedy)
    for each in (folder, path, lock_of(path)):
        if each.exists() and not os.access(each, os.W_OK):
            remedy = "Allow this user to write there, or set DATABASE_PATH to a place where shopbell may write."
            return Finding(ok=False, subject="database", text=f"{each} cannot be written.", remedy=remedy)
    return None


async def _read_learned(path: Path) -> Mapping[StoreName, Learned]:
    """What was found out of the stores; nothing if the file cannot be read, for which there is another finding."""
    if not path.exists():  # noqa: ASYNC240 - one short call, and nothing else runs meanwhile
        return {}
    try:
        opened = await Database.open_to_read(path)
    except DatabaseError:
        return {}
    try:
        return await opened.read(all_learned)
    except DatabaseError:
        return {}
    finally:
        await opened.aclose()


async def _read(path: Path) -> _Contents:
    """What the file contains. Raises `DatabaseTooOld` if its schema is older than this program's, or if it is empty."""
    opened = await Database.open_to_read(path)
    try:
        return await opened.read(_read_contents)
    finally:
        await opened.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    """
    What is read from the database.

    Attributes:
        integrity: The result of SQLite's integrity check: `ok`, or what is damaged.
        incidents: Each with its subject, since when in milliseconds, and a text.
    """

    integrity: str
    incidents: tuple[tuple[str, int, str], ...]


def _read_contents(tx: Transaction) -> _Contents:
    integrity = require(tx.one("quick_check"))
    stores = [(f"store {row['name']}", row["incident_since"], row["incident"]) for row in tx.all("stores")]
    channels = [
        (f"{row['chat']} channel {row['channel']}", row["since"], row["incident"])
        for row in tx.all("channel_incidents")
    ]
    incidents = tuple(incident for incident in (*stores, *channels) if incident[2] is not None)
    return _Contents(integrity=str(integrity[0]), incidents=incidents)


def _incident_finding(incident: tuple[str, int, str]) -> Finding:
    """An incident that the running bridge has noted and that is not over. Its own text names the step."""
    subject, since, text = incident
    return Finding(
        ok=False,
        subject=f"{subject}, while running",
        text=f"problem since {from_ms(since):%Y-%m-%d %H:%M} UTC: {text}",
        remedy="Do what it says; then shopbell goes on by itself.",
    )


def _integrity_finding(path: Path, integrity: str, running: str) -> Finding:
    if integrity == "ok":
        return Finding(ok=True, subject="database", text=f"{path} is intact{running}")
    remedy = "Stop shopbell, move the file away and restore a backup."
    return Finding(ok=False, subject="database", text=f"{path} is damaged: {integrity}", remedy=remedy)


def _clock_finding(now: datetime) -> Finding:
    """Whether the clock was ever set. How exact it is follows from the chats' answers."""
    if now < _EARLIEST:
        text = f"it shows {now:%Y-%m-%d %H:%M} UTC, which is in the past"
        return Finding(ok=False, subject="clock", text=text, remedy=reasons.set_the_clock())
    return Finding(ok=True, subject="clock", text=f"{now:%Y-%m-%d %H:%M:%S} UTC")
