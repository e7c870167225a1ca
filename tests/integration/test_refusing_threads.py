"""A thread in which nothing can be said, also not that something cannot be said there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import Rejected, RemoteError, Unavailable
from bot.model import ChatMessageId, DeliveryKey, Place, Post, State, ThreadId, Verb
from bot.outbound.retry import Schedule
from tests.support.memory.bridge import DISCORD, Bridge, running
from tests.support.memory.chat import MemoryChat

pytestmark = pytest.mark.simulated


@dataclass
class Refusing(MemoryChat):
    """
    A chat with such a thread.

    Attributes:
        refusing: The thread; None: there is none yet.
        error: What it answers.
    """

    refusing: ThreadId | None = None
    error: RemoteError = field(default_factory=lambda: Rejected("For the chat this is not a thread."))

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        if self.refusing is not None and place.thread == self.refusing:
            raise self.error
        return await super().post(place, post, part, key)


def asked(bridge: Bridge) -> list[tuple[str, list[Verb]]]:
    """What stands in the channel, each with what its buttons do."""
    return [(each.post.text, [button.verb for button in each.post.buttons]) for each in bridge.discord.shown["1"]]


async def test_words_that_are_missing_there_are_told_of_in_the_channel(tmp_path: Path) -> None:
    """Once for each message, with `Retry`, which shows them once the thread takes them again."""
    discord = Refusing(name=DISCORD)
    async with running(tmp_path / "db", discord=discord) as bridge:
        await bridge.ticket_arrives()
        await bridge.drained()
        discord.refusing = bridge.thread(discord)
        bridge.vendor.customer_writes("t1", "More")
        await bridge.at_rest(State.FAILED)
        ((text, verbs),) = asked(bridge)
        assert text.startswith("Nothing can be said in the thread of #1001, so it stands here: ❌ A message of the")
        assert "could not be shown here. For the chat this is not a thread." in text
        assert verbs == [Verb.RETRY]
        discord.refusing = None
        (button,) = discord.shown["1"][0].post.buttons
        await bridge.asks(discord, Verb.RETRY, delivery=button.delivery)
        await bridge.at_rest(State.FAILED)
        assert discord.texts(bridge.thread(discord)).count("More") == 1


async def test_a_question_about_a_reply_is_asked_in_the_channel(tmp_path: Path) -> None:
    """Else the reply would wait for ever, and nobody would know."""
    discord = Refusing(name=DISCORD)
    async with running(tmp_path / "db", discord=discord) as bridge:
        await bridge.ticket_arrives()
        await bridge.drained()
        discord.refusing = bridge.thread(discord)
        await bridge.says(discord, "m1", "!closee")
        await bridge.at_rest(State.FAILED, State.HELD)
        ((text, verbs),) = asked(bridge)
        assert "#1001" in text
        assert verbs == [Verb.RETRY, Verb.DISCARD]
        (send, _) = discord.shown["1"][0].post.buttons
        await bridge.asks(discord, Verb.RETRY, delivery=send.delivery)
        await asyncio.sleep(60)
        assert bridge.vendor.texts("t1") == ["!closee"]


async def test_words_that_wait_for_one_thread_for_long_stand_in_the_health_page(tmp_path: Path) -> None:
    """Whoever runs shopbell sees which ticket's thread takes nothing, since when and why, until it does."""
    discord = Refusing(name=DISCORD, error=Unavailable("The chat has trouble."))
    async with running(tmp_path / "db", discord=discord, schedule=Schedule()) as bridge:
        await bridge.ticket_arrives()
        await bridge.drained()
        discord.refusing = bridge.thread(discord)
        bridge.vendor.customer_writes("t1", "More")
        await asyncio.sleep(240)
        assert [line for line in await bridge.app.health.details() if "words have been" in line] == []
        await asyncio.sleep(120)
        (line,) = [line for line in await bridge.app.health.details() if "words have been" in line]
        assert line.startswith("discord: words have been waiting for the thread of #1001 since 2")
        assert line.endswith(": The chat has trouble.")
        discord.refusing = None
        await asyncio.sleep(3600)
        assert [line for line in await bridge.app.health.details() if "words have been" in line] == []
