"""A mark on a message whose author lets us not react."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest

from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import REACTIONS_BLOCKED
from adapters.chats.discord.posting import Posting
from adapters.chats.discord.reading import DISCORD
from adapters.chats.discord.threads import Threads
from adapters.chats.echo import Echo
from bot.errors import Rejected
from bot.model import ChannelId, ChatMessageId, Mark, Place, ThreadId
from tests.support.clocks import ManualClock
from tests.support.discord_calls import Calls

THREAD = Place(chat=DISCORD, channel=ChannelId("1"), thread=ThreadId("9"))
_TOO_MANY_REACTIONS = 30010


def refused(code: int) -> discord.HTTPException:
    response = cast(aiohttp.ClientResponse, SimpleNamespace(status=400, reason="Bad Request", headers={}))
    return discord.HTTPException(response, {"code": code, "message": "refused"})


async def marked(code: int) -> list[tuple[str, str, Any]]:
    calls = Calls(refused(code))

    async def call(method: str, path: str, *, patience: float, **rest: Any) -> Any:
        assert patience > 0
        return await calls.call(method, path, **rest)

    account = cast(Account, SimpleNamespace(call=call))
    posting = Posting(account, cast(Channels, None), cast(Threads, None), Echo(ManualClock()))
    await posting.mark(THREAD, ChatMessageId("5"), Mark.DELIVERED, Mark.WAITING)
    return calls.asked


async def test_who_has_blocked_the_bot_gets_no_marks() -> None:
    """That is no failure: nobody is told of it, and it is not tried again."""
    assert [(method, path) for method, path, _ in await marked(REACTIONS_BLOCKED)] == [
        ("PUT", "/channels/9/messages/5/reactions/✅/@me")
    ]


async def test_another_refusal_of_a_mark_is_one() -> None:
    """As where a message has all the reactions that it can have."""
    with pytest.raises(Rejected):
        await marked(_TOO_MANY_REACTIONS)
