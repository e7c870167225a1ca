"""The time of a stage's bot, set while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from bot.clock import RemoteClock, SystemClock
from tests.support.stage.stage import Stage


def clock_of(stage: Stage) -> type[SystemClock]:
    """The kind of clock that this stage's bot has, now and when it is started again."""
    clock = stage.bridge.app._clock
    assert isinstance(clock, SystemClock)
    return type(clock)


@contextmanager
def ahead(clock: type[SystemClock], span: timedelta) -> Iterator[None]:
    """The bot's clock, of this kind, is so far ahead of everybody else's."""

    def now(its: SystemClock) -> datetime:
        return SystemClock.now(its) + span

    with patch.object(clock, "now", now):
        yield


@contextmanager
def later(clock: type[SystemClock], span: timedelta) -> Iterator[None]:
    """It is so much later, here and in the chats, so that what was written just now is so old."""
    told = RemoteClock.now

    def there(its: RemoteClock) -> datetime | None:
        moment = told(its)
        return None if moment is None else moment + span

    with ahead(clock, span), patch.object(RemoteClock, "now", there):
        yield
