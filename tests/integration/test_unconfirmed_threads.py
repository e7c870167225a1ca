"""A card can be answered as soon as it is seen, also where we do not know yet that it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.model import ChannelId, ChatMessageId, Place, Said
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, default_vendor, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


def answer_in(bridge: Bridge, chat: MemoryChat, message: str, text: str) -> Said:
    """An agent's message in the chat's first thread, whether or not the core knows that thread."""
    place = Place(chat=chat.name, channel=ChannelId("1"), thread=chat.threads()[0])
    return bridge.said(chat, message, text, place=place)


async def test_a_card_whose_answer_was_lost_is_answered_before_it_is_recorded(tmp_path: Path) -> None:
    """Discord has the thread, its answer is lost, an agent writes there at once: the customer gets it, once."""
    discord = MemoryChat(name=DISCORD)
    discord.lose.add("open_thread")
    async with running(tmp_path / "db", discord=discord) as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        bridge.app.nudge(MAIN)
        await until(discord.threads)
        said = answer_in(bridge, discord, "m1", "Try again")
        discord.history.append(said)
        assert discord.intake is not None
        await discord.intake.said(said)
        await until(lambda: bridge.vendor.texts("t1") == ["Try again"])
        await until(lambda: discord.marks.get(ChatMessageId("m1")) == "✅")
        await bridge.at_rest()
        assert len(discord.threads()) == 1
        assert bridge.vendor.texts("t1") == ["Try again"]


async def test_a_card_that_a_crash_left_unrecorded_is_answered_while_we_are_away(tmp_path: Path) -> None:
    """The card is posted, the process dies before it knows, an agent writes: the next process finds both, once."""
    discord, slack, vendor = MemoryChat(name=DISCORD), MemoryChat(name=SLACK), default_vendor()
    slack.lose.add("open_thread")
    slack.fail["find_thread"] = [Unavailable("Slack is away.")] * 10_000
    async with running(tmp_path / "db", discord=discord, slack=slack, vendor=vendor) as bridge:
        vendor.customer_writes("t1", "Hello?")
        bridge.app.nudge(MAIN)
        await until(slack.threads)
        slack.history.append(answer_in(bridge, slack, "m1", "While you were away"))
    slack.fail["find_thread"].clear()
    async with running(tmp_path / "db", discord=discord, slack=slack, vendor=vendor) as bridge:
        await until(lambda: vendor.texts("t1"))
        await bridge.at_rest()
        assert vendor.texts("t1") == ["While you were away"]
        assert len(slack.threads()) == 1
