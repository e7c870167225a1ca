"""
Announcing late replies: one line in their thread, however often they are attempted.

Some causes are no failure of the reply, because they pass or a person can remove them: a refused key, a rate limit, an
outage. After some minutes the thread gets one line that says why its replies wait. Replies that are written in that
thread later and must wait too get no line of their own. The same holds for what nobody knows yet to be a reply, because
its chat is connected and cannot be read, and for replies to a store that the settings do not name any more.
Closing and reopening a ticket is told of in the same way, in all its threads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.db.connection import Database, Row, Transaction
from bot.db.rows import to_ms
from bot.model import ChatName, State, Status
from bot.tickets import enqueue
from bot.tickets.links import threads_to_tell
from bot.wording import notices, reasons

LATE_AFTER = timedelta(minutes=5)
"""A reply that has been kept from leaving for so long is announced."""
_CHECK_SECONDS = 60.0


class LateReplies:
    """
    Looks for late replies again and again, until cancelled.

    Args:
        chats: Those that the settings name, as people call them.
        connected: The chats that are connected now, each with what people call it.
    """

    def __init__(
        self,
        database: Database,
        destinations: Iterable[str],
        chats: Mapping[ChatName, str],
        clock: Clock,
        wake: Callable[[], None],
        connected: Callable[[], Mapping[ChatName, str]],
    ) -> None:
        self._connected = connected
        self._unrouted: dict[int, float] = {}
        self._told: set[int] = set()
        self._database = database
        self._destinations = frozenset(destinations)
        self._chats = chats
        self._clock = clock
        self._wake = wake

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            await self._clock.sleep(_CHECK_SECONDS)
            late = await self._database.read(_late_replies, self._clock.now())
            if any(not row["late_is_told"] and row["destination"] in self._destinations for row in late):
                await self._database.write(self._announce, self._clock.now())
                self._wake()
            if any(self._is_unserved(row) for row in await self._database.read(_untold, self._clock.now())):
                await self._database.write(self._announce_unserved, self._clock.now())
                self._wake()
            if any(not self._is_unserved(row) for row in await self._database.read(_late_statuses, self._clock.now())):
                await self._database.write(self._announce_statuses, self._clock.now())
                self._wake()
            await self._look_for_unrouted()

    def _announce_statuses(self, tx: Transaction, now: datetime) -> None:
        """Whoever closed or reopened a ticket was promised that its threads say so."""
        for row in _late_statuses(tx, now):
            if not self._is_unserved(row):
                wanted = Status(json.loads(row["payload"])["wanted"])
                text = notices.status_waits(wanted, row["error"] or reasons.interrupted())
                enqueue.lines(tx, row["ticket"], text, now)
                tx.run("set_late_is_told", id=row["id"])

    def _is_unserved(self, untold: Row) -> bool:
        """Whether nobody attempts it, because the settings do not name its store any more."""
        return untold["destination"] not in self._destinations

    def _announce_unserved(self, tx: Transaction, now: datetime) -> None:
        unserved = [row for row in _untold(tx, now) if self._is_unserved(row)]
        for link, store in {row["link"]: row["store"] for row in unserved}.items():
            self._tell(tx, link, notices.replies_wait(reasons.store_unknown(store)), now)
        for row in unserved:
            tx.run("set_late_is_told", id=row["id"])

    def _tell(self, tx: Transaction, written_in: int, text: str, now: datetime) -> None:
        """Say something about what was written in a thread; in the ticket's others if that is of no use there."""
        chat = enqueue.load_link(tx, written_in).chat
        elsewhere = notices.written_elsewhere("", self._chats.get(chat, chat.title()), text)
        for link in threads_to_tell(tx, written_in, self._chats):
            enqueue.line(tx, link, text if link.id == written_in else elsewhere, now)

    async def _look_for_unrouted(self) -> None:
        """Tell each thread once of what agents wrote there and nobody could send, for as long as this goes on."""
        chats, now = self._connected(), self._clock.monotonic()
        rows = await self._database.read(lambda tx: tx.all("unrouted_of_agents"))
        self._unrouted = {row["id"]: self._unrouted.get(row["id"], now) for row in rows if row["chat"] in chats}
        late = {each for each, since in self._unrouted.items() if now - since >= LATE_AFTER.total_seconds()}
        links = {row["link"]: chats[row["chat"]] for row in rows if row["id"] in late}
        untold = {link: label for link, label in links.items() if link not in self._told}
        self._told = set(links)
        if untold:
            await self._database.write(_post_unread, untold, self._clock.now())
            self._wake()

    def _announce(self, tx: Transaction, now: datetime) -> None:
        late = [row for row in _late_replies(tx, now) if row["destination"] in self._destinations]
        announced = {row["link"] for row in late if row["late_is_told"]}
        for row in late:
            if row["link"] not in announced:
                announced.add(row["link"])
                text = _why_they_wait([each for each in late if each["link"] == row["link"]])
                self._tell(tx, row["link"], text, now)
            tx.run("set_late_is_told", id=row["id"])


def _late_replies(tx: Transaction, now: datetime) -> list[Row]:
    """Every late reply, oldest first, each with the error of the first delivery in its lane, for which it waits."""
    return tx.all("late_replies", before=to_ms(now - LATE_AFTER))


def _post_unread(tx: Transaction, links: Mapping[int, str], now: datetime) -> None:
    for link, label in links.items():
        enqueue.line(tx, enqueue.load_link(tx, link), notices.replies_wait(reasons.not_read_yet(label)), now)


def _late_statuses(tx: Transaction, now: datetime) -> list[Row]:
    return tx.all("untold_late_statuses", before=to_ms(now - LATE_AFTER))


def _untold(tx: Transaction, now: datetime) -> list[Row]:
    return tx.all("untold_waiting_replies", before=to_ms(now - LATE_AFTER))


def _why_they_wait(late: list[Row]) -> str:
    """One line for these replies of one thread."""
    uncertain = any(State(row["state"]) is State.UNCERTAIN for row in late)
    notice = notices.replies_uncertain if uncertain else notices.replies_wait
    return notice(late[0]["error"] or reasons.interrupted())
