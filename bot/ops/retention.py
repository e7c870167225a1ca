"""
Erasing by itself what need not be kept: the words of tickets closed long ago, and of messages that were deleted.

It works in small transactions, so that nothing has to wait for it.

What is erased does not come back when this machine's clock is put right. So a ticket counts as closed so long ago only
if a vendor or a chat says that it is so late, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.erased_words import overwrite_erased_words
from bot.tickets.erasure import (
    LOOKED_AT_ONCE,
    erase_announcements,
    erase_closed_before,
    erase_deleted,
    erase_written_before,
)

_log = structlog.get_logger(__name__)

_EVERY_SECONDS = 3600.0
_AGAIN_SECONDS = 60.0
_BETWEEN_SECONDS = 0.1


class Retention:
    """
    Erases every hour, and once at the start.

    Args:
        days: Tickets that have been closed for so many days lose their words; None: they are kept.
        others: What time it is at each vendor and in each chat, None where that is not known yet; None: there is nobody
            to ask.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        days: int | None,
        others: Callable[[], Iterable[datetime | None]] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._days = days
        self._others = others

    async def run(self) -> None:
        """Erase until cancelled."""
        while True:
            await self.erase()
            is_sure = self._days is None or self._surely_now() is not None
            await self._clock.sleep(_EVERY_SECONDS if is_sure else _AGAIN_SECONDS)

    async def erase(self) -> None:
        """
        Erase everything that is due now. Afterwards neither the file nor its log holds the words.

        The log is emptied even if nothing was due: what was erased before may still stand there, because a message was
        deleted, the program died, or somebody else was reading.
        """
        messages = await self._all_of(erase_deleted)
        await self._database.write(erase_announcements, self._clock.now())
        tickets, surely_now = 0, self._surely_now()
        if self._days is not None and surely_now is not None:
            moment = surely_now - timedelta(days=self._days)
            tickets = await self._all_of(lambda tx, now: erase_closed_before(tx, moment, now))
            tickets += await self._erase_again(moment)
        # Words may also have been erased by `shopbell forget`, or when their author deleted them.
        await overwrite_erased_words(self._database)
        await self._database.empty_log()
        if messages or tickets:
            _log.info("erased", tickets=tickets, deleted_messages=messages)
        if self._days is not None and surely_now is None:
            _log.info("no closed ticket erased yet: no vendor and no chat has said what time it is")

    def _surely_now(self) -> datetime | None:
        """The time, as late as somebody else says that it is; None: nobody has said anything yet."""
        if self._others is None:
            return self._clock.now()
        known = [each for each in self._others() if each is not None]
        return min(self._clock.now(), max(known)) if known else None

    async def _erase_again(self, moment: datetime) -> int:
        total, after, more = 0, 0, True
        while more:
            erased, more = await self._database.write(erase_written_before, after, moment, self._clock.now())
            total, after = total + erased, after + LOOKED_AT_ONCE
            await self._clock.sleep(_BETWEEN_SECONDS)
        return total

    async def _all_of(self, erase_some: Callable[[Transaction, datetime], int]) -> int:
        total = 0
        while erased := await self._database.write(erase_some, self._clock.now()):
            total += erased
            await self._clock.sleep(_BETWEEN_SECONDS)
        return total
