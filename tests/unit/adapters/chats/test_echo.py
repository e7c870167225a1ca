"""How long a connection may be silent after we spoke."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from adapters.chats.echo import Echo
from bot.clock import SystemClock


@dataclass
class Steps(SystemClock):
    """Time that passes only while somebody sleeps; at given moments something happens."""

    time: float = 0.0
    then: dict[float, Callable[[], None]] = field(default_factory=dict)

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        for moment in sorted(moment for moment in self.then if moment <= self.time):
            self.then.pop(moment)()


def speak(echo: Echo) -> None:
    with echo.sending():
        pass


async def over(waiting: Awaitable[None], clock: Steps) -> float:
    """When it returned, on that clock."""
    await waiting
    return clock.time


async def test_silence_is_counted_from_when_we_spoke() -> None:
    """Nobody owes us anything while we say nothing; a minute after a post it is too long, seen within a quarter."""
    clock = Steps()
    echo = Echo(clock, 60.0)
    clock.then[1000.0] = lambda: speak(echo)
    assert 1060.0 <= await over(echo.silence(), clock) <= 1090.0


async def test_any_message_after_it_is_enough() -> None:
    """What comes in after we spoke, or while our request is still being answered, tells that events come."""
    clock = Steps()
    echo = Echo(clock, 60.0)
    clock.then = {100.0: lambda: speak(echo), 130.0: echo.received, 5000.0: lambda: speak(echo)}
    assert await over(echo.silence(), clock) > 5000.0
    with echo.sending():
        clock.time += 1.0
        echo.received()
    start = clock.time
    clock.then[start + 3000.0] = lambda: speak(echo)
    assert await over(echo.silence(), clock) > start + 3000.0


async def test_what_was_not_said_is_not_waited_for() -> None:
    """A request that failed owes nothing, nor does what was said on an earlier connection."""
    clock = Steps()
    echo = Echo(clock, 60.0)
    with suppress(OSError), echo.sending():
        raise OSError
    speak(echo)
    clock.then[2000.0] = lambda: speak(echo)
    assert await over(echo.silence(), clock) > 2000.0


async def test_patience_doubles_while_new_connections_are_as_silent() -> None:
    """A platform that is late with its events is not asked for a new session every minute."""
    clock = Steps()
    echo = Echo(clock, 60.0)
    waited = []
    for _ in range(8):
        began = clock.time
        clock.then[began] = lambda: speak(echo)
        waited.append(await over(echo.silence(), clock) - began)
    assert waited == sorted(waited)
    assert waited[0] < 100
    assert 3600 <= waited[-1] < 3700
    echo.received()
    clock.time += 1
    began = clock.time
    clock.then[began] = lambda: speak(echo)
    assert await over(echo.silence(), clock) - began < 100
