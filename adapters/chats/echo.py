"""Whether a connection that seems well still brings anything: what we say ourselves has to come back by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.clock import Clock

_LONGEST = 3600.0


class Echo:
    """
    Waits for what we say to come back as an event.

    A connection can answer every heartbeat and bring nothing else any more; then nobody is heard and nothing seems
    wrong. But Discord and Slack send a bot its own messages too, so that silence after we spoke gives it away. Where
    a new connection is as silent, it is the platform that is late: patience doubles each time, up to an hour.

    Args:
        seconds: How long the first silence may last.
    """

    def __init__(self, clock: Clock, seconds: float = 60.0) -> None:
        self._clock = clock
        self._seconds = self._patience = seconds
        self._heard_at = float("-inf")
        self._owed_since: float | None = None

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Around a request that says something; when it succeeds an event is owed, which may come before its answer."""
        begun = self._clock.monotonic()
        yield
        if self._heard_at < begun and self._owed_since is None:
            self._owed_since = begun

    def heard(self) -> None:
        """A message came in, whoever wrote it."""
        self._heard_at = self._clock.monotonic()
        self._owed_since = None
        self._patience = self._seconds

    async def missing(self) -> None:
        """For one connection, from its beginning: return when it has been silent for too long after we spoke."""
        self._owed_since = None
        while self._owed_since is None or self._clock.monotonic() - self._owed_since < self._patience:
            await self._clock.sleep(self._seconds / 4)
        self._patience = min(2 * self._patience, _LONGEST)
