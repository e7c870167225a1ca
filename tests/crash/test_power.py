"""
What a power cut leaves: the write-ahead log may end anywhere.

SIGKILL keeps what the kernel has taken, so it proves nothing here. Instead the files are copied while the bridge works,
the copy's log is cut at random places, as a disk may have it that was in the midst of writing, and the rest is opened.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import defaultdict
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from random import Random

from bot.db.connection import Database
from bot.db.migrate import migrations
from bot.errors import Unavailable
from tests.support.crash.run import integrity, unfinished
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, default_vendor, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

_CUTS = 150
_FRAME_HEADER = 24
_WAL_HEADER = 32


class Outside:
    """A vendor and two chats, which know nothing of power cuts."""

    def __init__(self) -> None:
        self.vendor = default_vendor()
        self.discord, self.slack = MemoryChat(name=DISCORD), MemoryChat(name=SLACK)

    def bridge(self, path: Path) -> AbstractAsyncContextManager[Bridge]:
        return running(path, vendor=self.vendor, discord=self.discord, slack=self.slack)


async def work(path: Path, copies: list[Path], outside: Outside) -> None:
    """A bridge in which everybody writes, and copies of its files from the middle of that."""
    async with outside.bridge(path) as bridge:
        for number in range(6):
            outside.discord.fail["post"].append(Unavailable("Discord is away."))
            await write(bridge, number)
            copies.append(copied(path, path.with_name(f"copy-{number}")))
        await until(lambda: len(bridge.vendor.texts("t0")) == 6)
        copies.append(copied(path, path.with_name("copy-last")))


async def write(bridge: Bridge, number: int) -> None:
    """A new ticket, more in the first one, and a reply."""
    if number:
        bridge.vendor.customer_writes("t0", f"More {number}")
        bridge.vendor.customer_writes(f"t{number}", f"New {number}")
        bridge.app.nudge(MAIN)
    else:
        await bridge.ticket_arrives("t0", "New 0")
    await bridge.says(bridge.slack, f"m{number}", f"Answer {number}")
    await asyncio.sleep(0.03)


def copied(path: Path, folder: Path) -> Path:
    """The database and its log as they are on the disk now; the log first, for it is the newer of the two."""
    folder.mkdir()
    for name in (f"{path.name}-wal", path.name):
        shutil.copyfile(path.with_name(name), folder / name)
    return folder / path.name


def cut(source: Path, target: Path, length: int, garbage: bytes) -> Path:
    """A copy whose log ends after so many bytes, and perhaps in garbage."""
    target.mkdir()
    database = target / source.name
    shutil.copyfile(source, database)
    log = source.with_name(f"{source.name}-wal").read_bytes()[:length]
    database.with_name(f"{source.name}-wal").write_bytes(log + garbage)
    return database


def faults(database: Path) -> list[str]:
    """What is half there: each line names a rule that a whole transaction would have kept."""
    rules = {
        "a followed ticket has its links": "SELECT COUNT(*) FROM tickets AS t WHERE followed = 1"
        " AND (SELECT COUNT(*) FROM links AS l WHERE l.ticket = t.number) <> 2",
        "a link without a thread has its opening": "SELECT COUNT(*) FROM links AS l WHERE thread IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.link = l.id AND d.kind = 'open')",
        "a vendor's message has its posts, or stands on the cards": "SELECT COUNT(*) FROM messages AS m"
        " WHERE purpose = 'vendor' AND id NOT IN (SELECT opening_message FROM tickets WHERE opening_message > 0)"
        " AND (SELECT COUNT(*) FROM deliveries AS d WHERE d.message = m.id AND d.kind = 'post') <> 2",
        "a reply has its delivery": "SELECT COUNT(*) FROM messages AS m WHERE purpose = 'reply'"
        " AND (SELECT COUNT(*) FROM deliveries AS d WHERE d.message = m.id AND d.kind = 'reply') <> 1",
        "a delivery has its message": "SELECT COUNT(*) FROM deliveries WHERE kind IN ('post', 'reply')"
        " AND message NOT IN (SELECT id FROM messages)",
        "what was posted has its place": "SELECT COUNT(*) FROM deliveries AS d WHERE kind = 'post' AND state = 'done'"
        " AND NOT EXISTS (SELECT 1 FROM posted AS p WHERE p.delivery = d.id)",
        "a reply that arrived is told in the other thread": "SELECT COUNT(*) FROM deliveries AS d"
        " WHERE kind = 'reply' AND state = 'done' AND NOT EXISTS"
        " (SELECT 1 FROM deliveries AS p WHERE p.kind = 'post' AND p.message = d.message)",
        "nothing points nowhere": "SELECT COUNT(*) FROM pragma_foreign_key_check",
    }
    with closing(sqlite3.connect(database)) as connection:
        return [rule for rule, broken in rules.items() if connection.execute(broken).fetchone()[0]]


def amounts(database: Path) -> dict[str, int]:
    """How many rows there are, by table."""
    with closing(sqlite3.connect(database)) as connection:
        tables = ("tickets", "links", "messages", "deliveries", "posted")
        return {table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables}


def version(database: Path) -> int:
    """Which migrations the file has seen."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


async def opened(database: Path) -> None:
    """Open it as the bridge does, and close it."""
    await (await Database.open(database)).aclose()


async def test_a_log_that_ends_anywhere_is_read_up_to_its_last_whole_transaction(tmp_path: Path) -> None:
    """Cut anywhere, ending in garbage or not: the file is sound and every transaction is there wholly or not at all."""
    copies: list[Path] = []
    await work(tmp_path / "db", copies, Outside())
    random = Random(3)
    grown: dict[Path, list[tuple[int, dict[str, int]]]] = defaultdict(list)
    for number in range(_CUTS):
        source = random.choice(copies)
        length = random.randint(0, source.with_name(f"{source.name}-wal").stat().st_size)
        garbage = random.randbytes(random.choice((0, 1, 700, 9_000)))
        database = cut(source, tmp_path / f"cut-{number}", length, garbage)
        await opened(database)
        assert integrity(database) == "ok"
        assert version(database) == len(migrations())
        assert faults(database) == []
        grown[source].append((length, amounts(database)))
    for found in grown.values():
        for (_, less), (_, more) in zip(sorted(found, key=_length), sorted(found, key=_length)[1:], strict=False):
            assert all(less[table] <= more[table] for table in less)
    assert any(amounts["posted"] for found in grown.values() for _, amounts in found)


def _length(found: tuple[int, dict[str, int]]) -> int:
    return found[0]


async def test_a_flipped_bit_in_the_log_ends_it_there(tmp_path: Path) -> None:
    """A page of the log that the disk has garbled is not believed, nor is anything after it."""
    copies: list[Path] = []
    await work(tmp_path / "db", copies, Outside())
    source = copies[-1]
    random = Random(4)
    for number in range(20):
        database = cut(source, tmp_path / f"flip-{number}", 1 << 30, b"")
        log = database.with_name(f"{database.name}-wal")
        content = bytearray(log.read_bytes())
        content[random.randrange(_WAL_HEADER + _FRAME_HEADER, len(content))] ^= 0x40
        log.write_bytes(content)
        await opened(database)
        assert integrity(database) == "ok"
        assert faults(database) == []


async def test_a_bridge_goes_on_from_what_a_power_cut_left(tmp_path: Path) -> None:
    """The first half of the log is left: a bridge on it runs, and everything that the vendor has arrives."""
    copies: list[Path] = []
    outside = Outside()
    await work(tmp_path / "db", copies, outside)
    source = copies[2]
    length = source.with_name(f"{source.name}-wal").stat().st_size // 2
    database = cut(source, tmp_path / "cut", length, b"")
    async with outside.bridge(database) as bridge:
        await bridge.ticket_arrives("t9", "After the power cut")
        await until(lambda: amounts(database)["tickets"] == len(outside.vendor.tickets))
        await until(lambda: unfinished(database) == 0)
    assert integrity(database) == "ok"
    assert faults(database) == []
    for chat in (outside.discord, outside.slack):
        shown = {text for thread in chat.threads() for text in chat.texts(thread)}
        said = {message.text for messages in outside.vendor.said.values() for message in messages}
        assert said <= shown | {f"Answer {number}" for number in range(6)}
