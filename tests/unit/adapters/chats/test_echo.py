"""How long a connection may be silent after we spoke."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress

from adapters.chats.echo import Echo
from tests.support.clocks import ScriptedClock


def speak(echo: Echo) -> None:
    with echo.sending():
        pass


async def over(waiting: Awaitable[None], clock: ScriptedClock) -> float:
    """When it returned, on that clock."""
    await waiting
    return clock.seconds


async def test_silence_is_counted_from_when_we_spoke() -> None:
    """Nobody owes us anything while we say nothing; a minute after a post it is too long, seen within a quarter."""
    clock = ScriptedClock()
    echo = Echo(clock, 60.0)
    clock.then[2000.0] = lambda: speak(echo)
    assert 2060.0 <= await over(echo.silence(), clock) <= 2090.0


async def test_any_message_after_it_is_enough() -> None:
    """What comes in after we spoke, or while our request is still being answered, tells that events come."""
    clock = ScriptedClock()
    echo = Echo(clock, 60.0)
    clock.then = {1100.0: lambda: speak(echo), 1130.0: echo.received, 6000.0: lambda: speak(echo)}
    assert await over(echo.silence(), clock) > 6000.0
    with echo.sending():
        clock.advance(1.0)
        echo.received()
    start = clock.seconds
    clock.then[start + 3000.0] = lambda: speak(echo)
    assert await over(echo.silence(), clock) > start + 3000.0


async def test_what_was_not_said_is_not_waited_for() -> None:
    """A request that failed owes nothing, nor does what was said on an earlier connection."""
    clock = ScriptedClock()
    echo = Echo(clock, 60.0)
    with suppress(OSError), echo.sending():
        raise OSError
    speak(echo)
    clock.then[3000.0] = lambda: speak(echo)
    assert await over(echo.silence(), clock) > 3000.0


async def test_patience_doubles_while_new_connections_are_as_silent() -> None:
    """A platform that is late with its events is not asked for a new session every minute."""
    clock = ScriptedClock()
    echo = Echo(clock, 60.0)
    waited = []
    for _ in range(8):
        began = clock.seconds
        clock.then[began] = lambda: speak(echo)
        waited.append(await over(echo.silence(), clock) - began)
    assert waited == sorted(waited)
    assert waited[0] < 100
    assert 3600 <= waited[-1] < 3700
    echo.received()
    clock.advance(1)
    began = clock.seconds
    clock.then[began] = lambda: speak(echo)
    assert await over(echo.silence(), clock) - began < 100
