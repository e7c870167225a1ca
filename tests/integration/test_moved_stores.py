"""A store that moves to another vendor, where other customers' tickets have the ids of those that it had."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.model import ChannelId, Place, State, Status, Store, ThreadId, Verb
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, default_vendor, running
from tests.support.memory.chat import MemoryChat
from tests.support.memory.vendor import MemoryVendor
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


@dataclass
class Rooms:
    """Two chats that outlive the processes."""

    discord: MemoryChat = field(default_factory=lambda: MemoryChat(name=DISCORD))
    slack: MemoryChat = field(default_factory=lambda: MemoryChat(name=SLACK))


def at(vendor: str, rooms: Rooms) -> Store:
    places = tuple(place for chat in (rooms.discord, rooms.slack) for place in [_channel(chat)])
    return Store(name=MAIN, label=f"Main · {vendor}", vendor_label=vendor, vendor=vendor.lower(), channels=places)


def with_ticket(name: str) -> MemoryVendor:
    vendor = default_vendor()
    vendor.customer_writes("t1", f"Hello from {name}", name=name)
    return vendor


async def shown(bridge: Bridge, text: str) -> None:
    await until(lambda: any(text in bridge.discord.texts(thread) for thread in bridge.discord.threads()))


async def test_nothing_that_waits_goes_to_another_customer(tmp_path: Path) -> None:
    """The reply fails in words; the other customer has a thread of their own, and no card of the first one changes."""
    rooms, one, two = Rooms(), with_ticket("Jane"), with_ticket("Bob")
    async with running(tmp_path / "db", vendor=one, store=at("One", rooms), undo=60, **vars(rooms)) as bridge:
        await shown(bridge, "Hello from Jane")
        await bridge.says(rooms.discord, "m1", "Dear Jane")
    async with running(tmp_path / "db", vendor=two, store=at("Two", rooms), undo=60, **vars(rooms)) as bridge:
        await shown(bridge, "Hello from Bob")
        first, second = rooms.discord.threads()
        await until(lambda: any("former vendor" in text for text in rooms.discord.texts(first)), seconds=120)
        assert (one.texts("t1"), two.texts("t1")) == ([], [])
        said = [text for text in rooms.discord.texts(first) if "stays behind at one" in text]
        assert len(said) == 1
        assert "Hello from Bob" not in rooms.discord.texts(first)
        assert "Jane" in rooms.discord.cards[first][-1].title
        assert rooms.discord.cards[first][-1].status is Status.CLOSED
        await bridge.says(rooms.discord, "m2", "Dear Bob", place=_channel(rooms.discord, second))
        await until(lambda: two.texts("t1") == ["Dear Bob"], seconds=120)
        await bridge.at_rest(State.FAILED)


async def test_the_new_vendor_is_met_for_the_first_time(tmp_path: Path) -> None:
    """Its old tickets get no threads; and a ticket of the former vendor is closed and reopened nowhere."""
    rooms, one, two = Rooms(), with_ticket("Jane"), with_ticket("Bob")
    two.set("t1", Status.CLOSED)
    async with running(tmp_path / "db", vendor=one, store=at("One", rooms), **vars(rooms)) as bridge:
        await shown(bridge, "Hello from Jane")
    async with running(tmp_path / "db", vendor=two, store=at("Two", rooms), **vars(rooms)) as bridge:
        await bridge.at_rest()
        assert len(rooms.discord.threads()) == 1
        answer = await bridge.asks(rooms.discord, Verb.REOPEN)
        assert "former vendor" in answer.text
        assert "set_status" not in two.calls


async def test_at_the_same_vendor_nothing_changes(tmp_path: Path) -> None:
    """Its reply leaves after the restart, also if nobody noted at first where the store is."""
    rooms, one = Rooms(), with_ticket("Jane")
    async with running(tmp_path / "db", vendor=one, store=at("One", rooms), undo=60, **vars(rooms)) as bridge:
        await shown(bridge, "Hello from Jane")
        await bridge.says(rooms.discord, "m1", "Dear Jane")
        await bridge.database.write(lambda tx: tx._connection.execute("UPDATE stores SET vendor = NULL"))
    async with running(tmp_path / "db", vendor=one, store=at("One", rooms), undo=60, **vars(rooms)) as bridge:
        await until(lambda: one.texts("t1") == ["Dear Jane"], seconds=120)
        await bridge.at_rest()
        assert len(rooms.discord.threads()) == 1


def _channel(chat: MemoryChat, thread: ThreadId | None = None) -> Place:
    return Place(chat=chat.name, channel=ChannelId("1"), thread=thread)
