"""Whether what people write comes in: every few minutes it is held against what stands in the threads."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock, TheirClock
from bot.errors import RemoteError
from bot.model import ChatName, Said
from bot.ports import Intake

_log = logging.getLogger(__name__)

_MARGIN = timedelta(minutes=5)
"""How late a list may show what was just written."""
_STEPS = 6
"""What is late may come in for a sixth of the time between two looks."""
_REST = 2
"""A look that takes long is followed by a pause so many times as long, so that it stays a small part of the traffic."""
_FIRST_PATIENCE, _LONGEST_PATIENCE = 600.0, 3600.0


@dataclass(frozen=True, slots=True)
class Written:
    """
    A person's message that stands in a thread.

    Attributes:
        id: Its place in time, as a number that is larger for a later message.
        said: Asks whatever else has to be known of it.
    """

    id: int
    said: Callable[[], Awaitable[Said]]


@dataclass(frozen=True, slots=True)
class Reading:
    """
    One reading of the threads.

    Attributes:
        newest: The id of the last message of all the threads, whoever wrote it; 0: there is none.
        written: What people wrote.
    """

    newest: int
    written: Sequence[Written]


class Standing(Protocol):
    """What stands in the threads of the channels that are served."""

    def id_at(self, moment: datetime) -> int:
        """The id of a message that was written at this moment."""
        ...

    async def read(self, after: int) -> Reading:
        """
        What people wrote after this id; raises `RemoteError`.

        Costs a constant number of requests a channel plus one for each thread in which something was written since.
        """
        ...


class Patrol:
    """
    Finds what a connection did not bring, however well it seems.

    A connection can answer every heartbeat and bring nothing, or bring one channel's messages and not another's, or
    share them with the connection of a machine that has lost its power. Nothing in what it brings tells. So what
    people wrote in the threads is read every few minutes, only where something was written since the last time, and
    what did not come in, and does not within half a minute more, is brought to the core from there.

    Then the connection is given up, too, for a new one may hear more. Where it does not, or where the platform merely
    is late, connections are not made anew every few minutes: patience doubles each time, up to an hour, until nothing
    was overlooked for an hour. What was found is brought in any case.

    Args:
        their_clock: The platform's; ours may be wrong.
        seconds: How long after one look comes the next.

    Attributes:
        compared_at: When all that stands in the threads was last held against what came in; None: not yet.
        overlooked_at: When something was last found that had not come in; None: never.
    """

    def __init__(
        self, chat: ChatName, standing: Standing, clock: Clock, their_clock: TheirClock, seconds: float = 180.0
    ) -> None:
        self._chat = chat
        self._standing = standing
        self._clock = clock
        self._their_clock = their_clock
        self._seconds = seconds
        self._after = 0
        self._heard: set[int] = set()
        self._due = 0.0
        self._patience = 0.0
        self._renewed_at = self._found_at = float("-inf")
        self.compared_at: datetime | None = None
        self.overlooked_at: datetime | None = None

    def begin(self) -> None:
        """A connection begins that is no resumption: what was written long before it is for others to find."""
        self._after = max(self._after, self._lately())
        self._due = self._clock.monotonic() + self._seconds

    def heard(self, message: int) -> None:
        """A person's message came in, or was read when what was missed was read."""
        if message > self._after:
            self._heard.add(message)

    async def run(self, intake: Intake) -> None:
        """Look again and again, while there is a connection; returns when another one should be tried."""
        while True:
            await self._clock.sleep(self._seconds / _STEPS)
            if self._clock.monotonic() < self._due:
                continue
            began = self._clock.monotonic()
            try:
                found = await self._look(intake)
            except RemoteError as error:
                _log.info("the threads of %s could not be looked at: %s", self._chat, error.told)
                found = 0
            if found:
                self.overlooked_at = self.compared_at
                _log.warning("%s: messages that had not come in: %d", self._chat, found)
                if self._should_renew():
                    return
            took = self._clock.monotonic() - began
            self._due = self._clock.monotonic() + max(self._seconds, _REST * took)

    async def _look(self, intake: Intake) -> int:
        """Bring what stands in the threads and has not come in; how much that was."""
        lately = self._lately()
        reading = await self._standing.read(self._after)
        written = {each.id: each for each in reading.written}
        late = written.keys() - self._heard
        if late:
            await self._clock.sleep(self._seconds / _STEPS)
            # Read once more: its author may have deleted or edited it meanwhile.
            again = await self._standing.read(self._after)
            written = {each.id: each for each in again.written if each.id in late}
        overlooked = sorted(late & written.keys() - self._heard)
        for message in overlooked:
            await intake.said(await written[message].said())
            self._heard.add(message)
        self._after = max(self._after, min(lately, reading.newest))
        self._heard = {message for message in self._heard if message > self._after}
        self.compared_at = self._clock.now()
        return len(overlooked)

    def _lately(self) -> int:
        """The id of what was written so long ago that every list shows it."""
        return self._standing.id_at((self._their_clock.now() or self._clock.now()) - _MARGIN)

    def _should_renew(self) -> bool:
        """Whether it is time for another connection, something having been found just now."""
        now, found_at = self._clock.monotonic(), self._found_at
        self._found_at = now
        if now - found_at > _LONGEST_PATIENCE:
            self._patience = 0.0
        if now - self._renewed_at < self._patience:
            return False
        self._renewed_at = now
        self._patience = min(max(2 * self._patience, _FIRST_PATIENCE), _LONGEST_PATIENCE)
        return True
