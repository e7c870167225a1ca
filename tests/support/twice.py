"""What a chat believes only when its platform says it twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.errors import Gone, Unavailable


async def is_gone(act: Callable[[], Awaitable[object]]) -> None:
    """It is `Unavailable` at first, with the time to wait, and `Gone` after that."""
    with pytest.raises(Unavailable) as unsure:
        await act()
    assert unsure.value.retry_after is not None
    await asyncio.sleep(max(1.1, unsure.value.retry_after))  # Slack allows one message a second
    with pytest.raises(Gone):
        await act()
