"""Notices a connection that looks well but delivers nothing: what we send ourselves has to come back as an event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.clock import Clock

_LONGEST = 3600.0


class Echo:
    """
    Waits for our own messages to come back as events.

    A connection can answer every heartbeat and deliver no events any more. Discord and Slack also send a bot its own
    messages, so silence after we sent one shows the fault. If a new connection is silent as well, it is the platform
    that is late. So the time allowed doubles after each silence, up to an hour.

    Args:
        seconds: How long the first silence may last.
    """

    def __init__(self, clock: Clock, seconds: float = 60.0) -> None:
        self._clock = clock
        self._seconds = self._patience = seconds
        self._received_at = float("-inf")
        self._expected_since: float | None = None

    @contextmanager
    def sending(self) -> Iterator[None]:
        """
        Wrap a request that posts a message: when it succeeds, an event is expected.

        The event may come before the answer to the request.
        """
        begun = self._clock.monotonic()
        yield
        if self._received_at < begun and self._expected_since is None:
            self._expected_since = begun

    def received(self) -> None:
        """A message event came in, whoever wrote it."""
        self._received_at = self._clock.monotonic()
        self._expected_since = None
        self._patience = self._seconds

    async def silence(self) -> None:
        """To be started with each connection; returns when an expected event has not come for too long."""
        self._expected_since = None
        while self._expected_since is None or self._clock.monotonic() - self._expected_since < self._patience:
            await self._clock.sleep(self._seconds / 4)
        self._patience = min(2 * self._patience, _LONGEST)
