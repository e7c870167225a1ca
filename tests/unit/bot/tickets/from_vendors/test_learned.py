"""What an adapter has found out of its store: written down once, and given back at the next start."""

from __future__ import annotations

from pathlib import Path

from bot.db.connection import Transaction
from bot.model import Finding, Learned, StoreName
from bot.tickets.from_vendors.learned import all_learned, record_learned, remember_learned
from tests.support.database import NOON, small_database, write
from tests.support.memory.vendor import MemoryVendor

MAIN = StoreName("main")
CLOSED_IS_3 = Learned(value="3", evidence="A ticket was closed.")
CLOSED_IS_4 = Learned(value="4", evidence="Another ticket was closed.")


class Learner(MemoryVendor):
    """A vendor that finds something out."""

    learned: Learned | None = None

    def remember(self, learned: Learned) -> None:
        self.learned = learned

    def about_learned(self, _learned: Learned | None) -> Finding | None:
        return None


def learner(learned: Learned | None = None) -> Learner:
    vendor = Learner(now=lambda: NOON)
    vendor.learned = learned
    return vendor


async def test_what_was_found_out_is_given_back(tmp_path: Path) -> None:
    """The latest holds; a vendor that has found out nothing, or cannot, changes nothing and gets nothing."""
    next_one, other, cannot = learner(), learner(), MemoryVendor(now=lambda: NOON)

    def work(tx: Transaction) -> dict[StoreName, Learned]:
        tx.run("add_store", name=MAIN)
        for vendor in (learner(CLOSED_IS_3), learner(CLOSED_IS_4), learner(), cannot):
            record_learned(tx, MAIN, vendor, NOON)
        remember_learned(tx, {MAIN: next_one})
        remember_learned(tx, {StoreName("other"): other})
        remember_learned(tx, {MAIN: cannot})
        return dict(all_learned(tx))

    assert await write(tmp_path / "db", work) == {MAIN: CLOSED_IS_4}
    assert (next_one.learned, other.learned) == (CLOSED_IS_4, None)


async def test_open_tickets_are_read_again_once_it_is_new(tmp_path: Path) -> None:
    """They may be closed by what is known now; what was known already makes nobody read anything."""
    await small_database(tmp_path / "db")

    def to_read(tx: Transaction) -> list[bool]:
        found = []
        for learned in (CLOSED_IS_3, CLOSED_IS_3, CLOSED_IS_4):
            tx._connection.execute("UPDATE tickets SET status = 'open', fingerprint = 'read'")
            record_learned(tx, MAIN, learner(learned), NOON)
            found.append(tx._connection.execute("SELECT COUNT(fingerprint) FROM tickets").fetchone()[0] == 0)
        return found

    assert await write(tmp_path / "db", to_read) == [True, False, True]
