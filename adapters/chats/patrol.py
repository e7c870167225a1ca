"""Every few minutes: reads recent messages from the threads and compares them with what the connection delivered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from adapters.chats.disappearance import is_unsure
from adapters.chats.malformed import SHAPE_ERRORS
from bot.clock import Clock, RemoteClock
from bot.errors import Forbidden, Gone, Rejected, RemoteError, Unavailable
from bot.model import ChatName, Said, ThreadId
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_MARGIN = timedelta(minutes=5)
"""How late a list may show a new message."""
_STEPS = 6
"""A late event may still come in for a sixth of the time between two comparisons."""
_REST = 2
"""A slow comparison is followed by a pause this many times as long, so that it stays a small part of the traffic."""
_TRIED_FOR = timedelta(days=1)
"""For so long messages are looked for that could not be read, however much is read again each time because of them."""
_MOST_FAILURES = 5
"""After so many failures in a row the platform is at fault, and nothing more is tried."""
_FIRST_PATIENCE, _LONGEST_PATIENCE = 600.0, 3600.0


@dataclass(frozen=True, slots=True)
class RecentMessage:
    """
    A person's message in a thread.

    Attributes:
        id: A number that is larger for a later message.
        thread: Where it was written.
        said: Reads what else the core needs to know about the message.
    """

    id: int
    thread: ThreadId | None
    said: Callable[[], Awaitable[Said]]


@dataclass(frozen=True, slots=True)
class RecentMessages:
    """
    The result of reading the threads once.

    Attributes:
        newest: The id of the last message in all threads, whoever wrote it; 0: there is none.
        written: What people wrote.
        is_complete: Whether all of them could be read.
    """

    newest: int
    written: Sequence[RecentMessage]
    is_complete: bool = True


class Failures:
    """
    What could not be read, which must not keep the others from being read.

    Attributes:
        any: Whether there was something that may be read another time.
    """

    def __init__(self) -> None:
        self.any = False
        self._in_a_row = 0

    @contextmanager
    def passed_over(self, **what: object) -> Iterator[None]:
        """
        Go on after a failure to read this.

        Raises:
            RemoteError: It says something about everything, or so much failed in a row that it is an outage.
        """
        try:
            yield
        except (Forbidden, Gone, Rejected) as error:
            _log.info("not read", **what, reason=error.user_message)
        except Unavailable as error:
            self.any = True
            self._in_a_row += not is_unsure(error)
            _log.info("not read now", **what, reason=error.user_message)
            if self._in_a_row >= _MOST_FAILURES:
                raise
        else:
            self._in_a_row = 0


class MessageReader(Protocol):
    """Reads the threads of the channels we serve."""

    def id_at(self, moment: datetime) -> int:
        """The id of a message that was written at this moment."""
        ...

    async def read(self, after: int) -> RecentMessages:
        """
        What people wrote after this id; raises `RemoteError`.

        Costs a constant number of requests per channel, plus one for each thread with a newer message.
        """
        ...


class Patrol:
    """
    Finds messages that the connection did not deliver.

    A connection can answer every heartbeat and deliver nothing. It can deliver the messages of one channel and not
    of another. It can share them with a connection that another machine left open when it lost its power. The events
    themselves do not show any of this. So every few minutes the threads with new messages are read. A message that
    was not delivered, and is not delivered within half a minute more, is handed to the core from there.

    Then the connection is replaced, because a new one may work better. If it does not, or if the platform is just
    late, connections are not replaced every few minutes: the time between two of them doubles, up to an hour, until
    nothing was missing for an hour. Messages that were found are handed over in any case.

    Args:
        their_clock: The platform's clock; ours may be wrong.
        seconds: The time from one comparison to the next.

    Attributes:
        compared_at: When the last comparison was finished; None: not yet.
        overlooked_at: When a comparison last found a message that was not delivered; None: never.
    """

    def __init__(
        self, chat: ChatName, reader: MessageReader, clock: Clock, their_clock: RemoteClock, seconds: float = 180.0
    ) -> None:
        self._chat = chat
        self._reader = reader
        self._clock = clock
        self._their_clock = their_clock
        self._seconds = seconds
        self._after = 0
        self._received: set[int] = set()
        self._due = 0.0
        self._patience = 0.0
        self._renewed_at = self._found_at = float("-inf")
        self.compared_at: datetime | None = None
        self.overlooked_at: datetime | None = None

    def begin(self) -> None:
        """A new connection begins that is no resumption: older messages are found by reading what was missed."""
        self._after = max(self._after, self._settled_id())
        self._due = self._clock.monotonic() + self._seconds

    def received(self, message: int) -> None:
        """A person's message was delivered, or was found while reading what was missed."""
        if message > self._after:
            self._received.add(message)

    async def run(self, intake: Intake) -> None:
        """Compare again and again while there is a connection; returns when the connection should be replaced."""
        while True:
            await self._clock.sleep(self._seconds / _STEPS)
            if self._clock.monotonic() < self._due:
                continue
            began = self._clock.monotonic()
            try:
                found = await self._compare(intake)
            except RemoteError as error:
                _log.info("chat threads not compared", chat=self._chat, reason=error.user_message)
                found = 0
            if found:
                self.overlooked_at = self.compared_at
                _log.warning("connection did not deliver messages", chat=self._chat, messages=found)
                if self._should_renew():
                    return
            took = self._clock.monotonic() - began
            self._due = self._clock.monotonic() + max(self._seconds, _REST * took)

    async def _compare(self, intake: Intake) -> int:
        """Hand over the messages that are in the threads and were not delivered; returns how many were new."""
        settled = self._settled_id()
        recent = await self._reader.read(self._after)
        written = {message.id: message for message in recent.written}
        late, is_complete = written.keys() - self._received, recent.is_complete
        if late:
            await self._clock.sleep(self._seconds / _STEPS)
            # Read once more: the author may have deleted or edited it meanwhile.
            again = await self._reader.read(self._after)
            is_complete = is_complete and again.is_complete
            written = {message.id: message for message in again.written if message.id in late}
        found = [written[message] for message in sorted(late & written.keys() - self._received)]
        overlooked, kept_back = await self._hand_over(found, intake)
        after = min(settled, recent.newest)
        if kept_back or not is_complete:
            known = kept_back[0].id - 1 if is_complete else self._after
            after = max(min(after, known), self._id_before(_TRIED_FOR))
        self._after = max(self._after, after)
        self._received = {message for message in self._received if message > self._after}
        self.compared_at = self._clock.now()
        return overlooked

    async def _hand_over(self, found: Sequence[RecentMessage], intake: Intake) -> tuple[int, list[RecentMessage]]:
        """
        Hand these messages to the core, in their order.

        Returns:
            How many of them were new to it; and those that are kept back because it cannot be known yet who wrote one
            of their thread, or what they may do. Other threads do not wait for that.
        """
        failures, overlooked, kept_back = Failures(), 0, list[RecentMessage]()
        for message in found:
            kept_back.append(message)
            with failures.passed_over(chat=self._chat, thread=message.thread):
                # Asked also if it is kept back: then all authors are sure at the same time.
                said = await self._said(message)
                if any(each.thread == message.thread for each in kept_back[:-1]):
                    continue
                # An earlier process may have handled it: its connection did deliver it, and this one never had to.
                overlooked += said is not None and await intake.said(said)
                self._received.add(message.id)
                kept_back.pop()
        return overlooked, kept_back

    async def _said(self, message: RecentMessage) -> Said | None:
        """The message for the core; None: nobody can read it, and it is passed over as when it is delivered."""
        try:
            return await message.said()
        except SHAPE_ERRORS as error:
            _log.warning("message in a thread not understood", chat=self._chat, error=type(error).__name__)
            return None

    def _settled_id(self) -> int:
        """The id of a message so old that every list shows it."""
        return self._id_before(_MARGIN)

    def _id_before(self, ago: timedelta) -> int:
        return self._reader.id_at((self._their_clock.now() or self._clock.now()) - ago)

    def _should_renew(self) -> bool:
        """Whether to replace the connection now that messages were missing."""
        now, found_at = self._clock.monotonic(), self._found_at
        self._found_at = now
        if now - found_at > _LONGEST_PATIENCE:
            self._patience = 0.0
        if now - self._renewed_at < self._patience:
            return False
        self._renewed_at = now
        self._patience = min(max(2 * self._patience, _FIRST_PATIENCE), _LONGEST_PATIENCE)
        return True
