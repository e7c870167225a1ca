"""What a chat believes only when its platform says it twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from bot.errors import Gone, RemoteError, Unavailable

T = TypeVar("T")


async def once_sure(act: Callable[[], Awaitable[T]]) -> T:
    """It is `Unavailable` at first, because one answer that something is gone proves nothing; then it is done."""
    with pytest.raises(Unavailable) as unsure:
        await act()
    assert unsure.value.retry_after is not None
    await asyncio.sleep(1.1 * unsure.value.retry_after)
    return await act()


async def is_gone(
    act: Callable[[], Awaitable[object]], error: type[RemoteError] = Gone, match: str = ".", *, is_told: bool = False
) -> None:
    """
    It is `Unavailable` at first, with the time to wait, and `Gone` (or another error) after that.

    Args:
        is_told: Whether an event tells of it, too: then the chat asks by itself, and may be sure already.
    """
    with pytest.raises((Unavailable, error) if is_told else Unavailable) as unsure:
        await act()
    if not isinstance(unsure.value, Unavailable):
        return
    assert unsure.value.retry_after is not None
    await asyncio.sleep(max(1.1, unsure.value.retry_after))  # Slack allows one message a second
    with pytest.raises(error, match=match):
        await act()
