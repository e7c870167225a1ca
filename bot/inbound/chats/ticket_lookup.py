"""
Looking tickets up by words while everybody else goes on.

The indexes and the texts are read in short transactions. What may take long with long texts, looking for the words and
masking addresses, is done beside the database's thread and the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.db.connection import Database
from bot.db.rows import TicketRow
from bot.tickets.lookup import finding
from bot.tickets.lookup.finding import PAGE, Found, Page, Scope
from bot.tickets.lookup.searched_words import Words

_AT_ONCE = 20_000
"""Texts of so many characters are looked through within some milliseconds."""


async def look_up(database: Database, words: Words, scope: Scope, page: int = 0) -> Page:
    """What `finding.find` returns."""
    found: list[Found] = []
    for batch in finding.batches(await database.look_up(finding.candidates, words, scope), scope, page):
        found += await _shown(database, batch, words, scope)
        if len(found) > (page + 1) * PAGE:
            break
    return finding.page_of(found, scope, page)


async def look_up_all(database: Database, words: Words, scope: Scope) -> list[TicketRow]:
    """All tickets that have the words, as they may be shown, at most 200."""
    found: list[Found] = []
    for batch in finding.batches(await database.look_up(finding.candidates, words, scope), scope, page=None):
        found += await _shown(database, batch, words, scope)
    return [each.ticket for each in found]


async def _shown(database: Database, tickets: Sequence[TicketRow], words: Words, scope: Scope) -> list[Found]:
    found = await database.look_up(finding.with_texts, tickets, words, scope)
    if sum(each.size for each in found) <= _AT_ONCE:
        return finding.shown(found, words, scope)
    return await asyncio.to_thread(finding.shown, found, words, scope)
