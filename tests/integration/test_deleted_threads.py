"""Threads that are lost while something is being said in them: it stands as a whole in the one that follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.model import ChatMessageId, DeliveryKey, Place, Post
from tests.support.memory.bridge import DISCORD, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

LONG = "The first. The second. The third."


@dataclass
class Vanishing(MemoryChat):
    """
    A chat in which somebody deletes the thread after one part of the long message.

    Attributes:
        after: Counted from 0.
        tells: Whether the deletion is heard of before the part's answer; else it shows at the next part.
    """

    after: int = 0
    tells: bool = False
    deleted: list[str] = field(default_factory=list)

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        said = await super().post(place, post, part, key)
        if post.text == LONG and part == self.after and not self.deleted:
            self.deleted.append(str(place.thread))
            self.gone.add(str(place.thread))
            if self.tells and self.intake is not None:
                await self.intake.place_deleted(place)
        return said


def parts_in(bridge: Bridge, chat: MemoryChat, thread: int) -> list[int]:
    """Which parts of the long message stand in the chat's so many-th thread, from the top."""
    return [shown.part for shown in chat.shown[bridge.thread(chat, thread)] if shown.post.text == LONG]


@pytest.mark.parametrize("tells", [False, True])
@pytest.mark.parametrize("after", [0, 1])
async def test_a_long_message_goes_into_the_new_thread_as_a_whole(tmp_path: Path, after: int, *, tells: bool) -> None:
    """Deleted between two parts, the thread is followed by one that holds all of them; the other chat is untouched."""
    discord = Vanishing(name=DISCORD, part_length=12, after=after, tells=tells)
    async with running(tmp_path / "db", discord=discord) as bridge:
        bridge.slack.part_length = 12
        await bridge.ticket_arrives()
        bridge.vendor.customer_writes("t1", LONG)
        bridge.vendor.customer_writes("t1", "And more.")
        await until(lambda: any("continues here" in text for t in discord.threads() for text in discord.texts(t)))
        await bridge.at_rest()
        assert len(discord.threads()) == 2
        assert parts_in(bridge, discord, 0) == list(range(after + 1))
        assert parts_in(bridge, discord, 1) == [0, 1, 2]
        assert parts_in(bridge, bridge.slack, 0) == [0, 1, 2]
        assert discord.texts(bridge.thread(discord, 1))[:5] == ["Hello?", LONG, LONG, LONG, "And more."]


async def test_what_is_said_in_another_thread_has_another_key(tmp_path: Path) -> None:
    """A chat that knows a key again would take the part in the new thread for the one in the thread that is gone."""
    discord = Vanishing(name=DISCORD, part_length=12)
    async with running(tmp_path / "db", discord=discord) as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.customer_writes("t1", LONG)
        await until(lambda: len(discord.threads()) == 2)
        await bridge.at_rest()
        keys = [shown.key for thread in discord.threads() for shown in discord.shown[thread]]
        assert len(keys) == len(set(keys))
        assert all(len(key) <= 25 for key in keys)


async def test_a_message_whose_last_part_was_said_is_not_said_again(tmp_path: Path) -> None:
    """Where the whole message stood in the thread when it was deleted, the new one does not repeat it, as no other."""
    discord = Vanishing(name=DISCORD, part_length=12, after=2, tells=True)
    async with running(tmp_path / "db", discord=discord) as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.customer_writes("t1", LONG)
        await until(lambda: len(discord.threads()) == 2)
        await bridge.at_rest()
        assert len(discord.threads()) == 2
        assert parts_in(bridge, discord, 0) == [0, 1, 2]
        assert parts_in(bridge, discord, 1) == []
