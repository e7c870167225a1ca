"""Channels that cannot be used: told where somebody sees it, and what an operator gives up there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.errors import Forbidden, Gone
from bot.model import (
    Card,
    ChannelId,
    ChatMessageId,
    Cursor,
    DeliveryId,
    DeliveryKey,
    Opened,
    Place,
    Post,
    Said,
    Store,
)
from bot.tickets.replies.outcomes import drop
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

REASON = "The bot may not do this here."


@dataclass
class Strict(MemoryChat):
    """A chat that forbids new threads while `full`, and lines in the channels that are `mute`."""

    full: bool = False
    mute: set[str] = field(default_factory=set)
    refused: int = 0

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        if self.full:
            self.refused += 1
            raise Forbidden(REASON)
        return await super().open_thread(channel, card, key)

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        if place.thread is None and place.channel in self.mute:
            raise Forbidden(REASON)
        return await super().post(place, post, part, key)


def only_in(*channels: Place) -> Store:
    return Store(name=MAIN, label="Main · Memory", vendor_label="Memory", channels=channels, poll_seconds=0.05)


IN_DISCORD = only_in(Place(chat=DISCORD, channel=ChannelId("1")))


async def test_a_channel_that_accepts_lines_reports_its_own_incident(tmp_path: Path) -> None:
    """Where a store has one channel, its trouble and the end of it are reported there, each once."""
    discord = Strict(name=DISCORD, full=True)
    async with running(tmp_path / "db", discord=discord, store=IN_DISCORD) as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        bridge.vendor.customer_writes("t2", "Hello?")
        await until(lambda: discord.refused > 4)
        await until(lambda: discord.texts("1"))
        discord.full = False
        await bridge.at_rest()
        failing = f"⚠️ shopbell cannot show tickets in Discord right now. {REASON}"
        assert discord.texts("1") == [
            f"{failing} What belongs there waits until this is fixed.",
            "▶️ Tickets appear in Discord again. What waited is on its way.",
        ]
        assert len(discord.threads()) == 2


async def test_where_nobody_can_be_told_nothing_is_said_afterwards_either(tmp_path: Path) -> None:
    """A line about a trouble that meets the trouble itself does not wait to be said when it is over."""
    discord = Strict(name=DISCORD, full=True, mute={"1"})
    async with running(tmp_path / "db", discord=discord, store=IN_DISCORD) as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        await until(lambda: discord.refused > 4)
        discord.full, discord.mute = False, set()
        await bridge.at_rest()
        assert discord.texts("1") == []
        assert await bridge.rows("channel_incidents") == []


async def given_up(bridge: Bridge) -> list[str]:
    """Wait until an opening has failed for good, and drop it; the kinds of what is given up."""
    failed: list[dict[str, object]] = []

    async def has_failed() -> bool:
        rows = await bridge.rows("unfinished_deliveries")
        failed.extend(row for row in rows if (row["kind"], row["state"]) == ("open", "failed"))
        return bool(failed)

    await until(has_failed)
    dropped = await bridge.database.write(drop, DeliveryId(int(str(failed[0]["id"]))), bridge.app._clock.now())
    bridge.app.outbox.wake()
    return [each.kind.value for each in dropped]


async def test_a_thread_that_is_given_up_is_opened_by_the_next_message(tmp_path: Path) -> None:
    """What waited for it goes with it, the other thread is told, nothing tries on, and the next message opens it."""
    discord = MemoryChat(name=DISCORD)
    discord.fail["open_thread"] = [Gone("The channel was deleted.")]
    async with running(tmp_path / "db", discord=discord) as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        bridge.vendor.customer_writes("t1", "Anybody?")
        slack = bridge.slack
        await until(lambda: slack.threads() and "Anybody?" in slack.texts(bridge.thread(slack)))
        assert await given_up(bridge) == ["open", "post"]
        given = "⚠️ This ticket has no thread in Discord: opening one was cancelled. The next message opens one."
        await until(lambda: given in slack.texts(bridge.thread(slack)))
        await bridge.at_rest()
        assert not discord.threads()
        bridge.vendor.colleague_writes("t1", "Here I am.")
        await until(lambda: discord.threads() and discord.texts(bridge.thread(discord)) == ["Hello?", "Here I am."])
        await bridge.at_rest()
        assert len(discord.threads()) == 1
        assert discord.texts(bridge.thread(discord)) == ["Hello?", "Here I am."]
        assert slack.texts(bridge.thread(slack)).count(given) == 1


async def test_shopbells_own_lines_do_not_open_a_thread_that_was_given_up(tmp_path: Path) -> None:
    """Only what somebody wrote is worth another thread; that the ticket was closed is not."""
    discord = MemoryChat(name=DISCORD)
    discord.fail["open_thread"] = [Gone("The channel was deleted.")]
    async with running(tmp_path / "db", discord=discord) as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        await until(bridge.slack.threads)
        await given_up(bridge)
        bridge.vendor.tickets.pop(next(iter(bridge.vendor.tickets)))
        slack = bridge.slack
        await until(lambda: any("no longer has this ticket" in text for text in slack.texts(bridge.thread(slack))))
        await bridge.at_rest()
        assert discord.threads() == []


async def test_another_channel_reports_it_where_there_is_one(tmp_path: Path) -> None:
    """A store with a second channel tells it there alone."""
    discord = Strict(name=DISCORD, full=True)
    store = only_in(Place(chat=DISCORD, channel=ChannelId("1")), Place(chat=SLACK, channel=ChannelId("2")))
    async with running(tmp_path / "db", discord=discord, store=store) as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        await until(lambda: bridge.slack.texts("2"))
        discord.full = False
        await bridge.at_rest()
        assert len(bridge.slack.texts("2")) == 2
        assert discord.texts("1") == []


@dataclass
class Hidden(MemoryChat):
    """A chat that does not let its channel be read the next `times`."""

    times: int = 0

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        if self.times and cursors and self.intake is not None:
            self.times -= 1
            await self.intake.channel_unreadable(cursors[0].place, REASON)
            return
        async for said in super().missed(cursors):
            yield said


async def test_a_channel_that_could_not_be_read_is_read_later(tmp_path: Path) -> None:
    """Nobody may tell that it can be read again, so it is tried again some minutes later, until that works."""
    discord = Hidden(name=DISCORD)
    channels = [Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK)]
    async with running(
        tmp_path / "db", discord=discord, store=replace(only_in(*channels), poll_seconds=600.0)
    ) as bridge:
        await bridge.ticket_arrives()
        discord.history = [bridge.said(discord, "m1", "while you were away")]
        discord.times = 2
        intake = discord.intake
        assert intake is not None
        intake.gap_possible(DISCORD)
        await intake.connected(DISCORD)
        await until(lambda: bridge.vendor.texts("t1") == ["while you were away"], "the reply is sent", seconds=900)
        assert discord.times == 0
