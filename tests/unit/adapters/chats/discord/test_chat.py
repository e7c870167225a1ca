"""A private word to one person."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from adapters.chats.discord import DiscordChat
from adapters.chats.discord.reading import place_of
from bot.clock import SystemClock
from bot.model import Agent, AgentId, Answer
from tests.support.discord_calls import Calls

ANA = Agent(id=AgentId("5"), name="Ana", is_full_member=False)


def refused(code: int) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=403, reason="Forbidden", headers={})
    return discord.HTTPException(response, {"code": code, "message": "Cannot send messages to this user"})


async def told(*answers: Any) -> list[tuple[str, str, Any]]:
    calls = Calls(*answers)
    chat = DiscordChat(token="t", api_url=None, channels=frozenset(), clock=SystemClock())
    chat._account.call = calls.call  # type: ignore[assignment]
    await chat.tell(place_of(1, 2), ANA, Answer(text="You may *not* reply."))
    return calls.asked


async def test_a_private_word_is_a_direct_message() -> None:
    """It says which thread it is about, is escaped, and pings nobody."""
    assert await told({"id": "77"}, {"id": "78"}) == [
        ("POST", "/users/@me/channels", {"recipient_id": "5"}),
        (
            "POST",
            "/channels/77/messages",
            {"content": "About <#2>: You may \\*not\\* reply.", "allowed_mentions": {"parse": []}},
        ),
    ]


@pytest.mark.parametrize("answers", [[refused(50007)], [{"id": "77"}, refused(50007)]])
async def test_who_takes_no_direct_messages_reads_it_in_the_thread(answers: list[Any]) -> None:
    """By name and without a ping."""
    *_, last = await told(*answers, {"id": "78"})
    assert last == (
        "POST",
        "/channels/2/messages",
        {"content": "<@5> You may \\*not\\* reply.", "allowed_mentions": {"parse": []}},
    )
