"""
Overwriting what was taken out of the indexes of words.

FTS5 does not remove a word at once: it writes beside it that the word has gone, and removes both when it next writes
that part of the index anew, which may be never. So after an erasing the indexes are written anew as a whole, some pages
in each transaction, and nothing has to wait for it. What becomes free is overwritten with zeros (`secure_delete`).
"""

from __future__ import annotations

from typing import Final

from bot.db.connection import Database, Transaction

_MERGE: Final = ("merge_card_words", "merge_ticket_words")
_PAGES = 100
"""So many pages at once take some milliseconds."""
_NO_WORK = 2
"""Fewer changes than this: there was nothing to merge (sqlite.org/fts5.html, the 'merge' command)."""


async def overwrite_erased_words(database: Database) -> bool:
    """
    Overwrite the words that were erased since the last time; returns whether there were any.

    It may be cancelled at any time: then the next call goes on with it.
    """
    erasings = await database.write(_begin)
    if erasings is None:
        return False
    for statement in _MERGE:
        # What others want of the database meanwhile, they get between two of these.
        while await database.write(_merge, statement):
            pass
    await database.write(lambda tx: tx.run("set_erasings_overwritten", erasings=erasings))
    return True


def _begin(tx: Transaction) -> int | None:
    """Returns how often words were erased so far; None: all that was erased is overwritten."""
    row = tx.one("erasings")
    if row is None or row["erasings"] == row["erasings_overwritten"]:
        return None
    for statement in _MERGE:
        tx.run(statement, pages=-_PAGES)
    return int(row["erasings"])


def _merge(tx: Transaction, statement: str) -> bool:
    """Returns whether there may be more to merge."""
    before = _changes(tx)
    tx.run(statement, pages=_PAGES)
    return _changes(tx) - before >= _NO_WORK


def _changes(tx: Transaction) -> int:
    row = tx.one("changes_made")
    return 0 if row is None else int(row["amount"])
