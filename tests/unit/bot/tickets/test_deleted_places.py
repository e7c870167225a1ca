"""Deleted threads, channels and cards, in a real database: what is opened again, where, and what stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, delivery_row
from bot.model import ChannelId, ChatMessageId, ChatName, Deleted, LinePayload, Place, Status, Store, ThreadId
from bot.tickets import enqueue
from bot.tickets.deleted_places import (
    announce_in_former_thread,
    apply_channel_settings,
    card_deleted,
    former_thread_gone,
    record_place_deleted,
    reopen_link,
)
from bot.tickets.from_vendors.incidents import channel_failing
from bot.tickets.from_vendors.sync import record
from bot.tickets.links import channels_with_threads, find_link, open_links
from tests.support.database import NOON, STORE, snapshot, write

DISCORD = ChatName("discord")
CHANNEL, ANOTHER = Place(chat=DISCORD, channel=ChannelId("1")), Place(chat=DISCORD, channel=ChannelId("2"))
THREAD = replace(CHANNEL, thread=ThreadId("900"))


def with_channels(*channels: Place) -> Store:
    return replace(STORE, channels=channels)


def ticket(tx: Transaction, *, thread: bool = True, status: Status = Status.OPEN) -> LinkRow:
    """A ticket whose thread is open, with nothing waiting, or whose opening has failed for good."""
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)
    number = record(tx, STORE, snapshot("t1", status=status), NOON)
    (link,) = enqueue.links_of(tx, number)
    for row in tx.all("unfinished_deliveries"):
        if thread:
            tx.run("finish_delivery", id=row["id"], now=0)
        elif row["kind"] == "open":
            tx.run("fail_delivery", id=row["id"], now=0, error="The channel was deleted.", in_doubt=False)
    if thread:
        tx.run("set_link_thread", id=link.id, thread="900", card="901")
    return enqueue.load_link(tx, link.id)


def unfinished(tx: Transaction) -> list[tuple[str, str]]:
    return [(row["kind"], row["state"]) for row in tx.all("unfinished_deliveries")]


@pytest.mark.parametrize(
    ("channels", "goes_to"),
    [
        ((ANOTHER,), "2"),
        ((CHANNEL, ANOTHER), "1"),
        ((Place(chat=ChatName("slack"), channel=ChannelId("2")),), "1"),
    ],
    ids=["named instead", "still named", "only in another chat"],
)
async def test_a_thread_that_could_not_be_opened_moves_with_the_settings(
    tmp_path: Path, channels: tuple[Place, ...], goes_to: str
) -> None:
    """Only into a channel of the same chat that the settings name instead of its own; what waits goes with it."""

    def work(tx: Transaction) -> tuple[str, list[tuple[str, str]]]:
        link = ticket(tx, thread=False)
        enqueue.line(tx, link, "Something happened.", NOON)
        apply_channel_settings(tx, [with_channels(*channels)], NOON)
        return enqueue.load_link(tx, link.id).channel, unfinished(tx)

    channel, left = await write(tmp_path / "db", work)
    assert channel == goes_to
    assert left == [("open", "waiting" if goes_to == "2" else "failed"), ("line", "waiting")]


async def test_a_thread_does_not_move_into_a_channel_where_its_ticket_has_one(tmp_path: Path) -> None:
    """A ticket has one thread in a channel at most."""

    def work(tx: Transaction) -> str:
        link = ticket(tx, thread=False)
        tx.add("insert_link", ticket=link.ticket, chat=ANOTHER.chat, channel=ANOTHER.channel)
        apply_channel_settings(tx, [with_channels(ANOTHER)], NOON)
        return enqueue.load_link(tx, link.id).channel

    assert await write(tmp_path / "db", work) == "1"


async def test_incidents_of_channels_that_no_store_names_are_forgotten(tmp_path: Path) -> None:
    """Those of the other channels stay."""

    def work(tx: Transaction) -> list[str]:
        ticket(tx)
        for place in (CHANNEL, ANOTHER):
            channel_failing(tx, place, (), "Discord", "No.", NOON)
        apply_channel_settings(tx, [with_channels(ANOTHER)], NOON)
        return [row["channel"] for row in tx.all("channel_incidents")]

    assert await write(tmp_path / "db", work) == ["2"]


def is_lost(place: Place) -> Callable[[Transaction, LinkRow], None]:
    return lambda tx, _link: record_place_deleted(tx, place, NOON + timedelta(days=1))


@pytest.mark.parametrize(
    "event",
    [is_lost(THREAD), is_lost(CHANNEL), lambda tx, link: reopen_link(tx, link, NOON)],
    ids=["the thread", "the channel", "found by a delivery"],
)
async def test_a_deleted_thread_is_opened_again_once(
    tmp_path: Path, event: Callable[[Transaction, LinkRow], None]
) -> None:
    """However often it is reported; a line in the new thread says so, and the old one is kept, should people use it."""

    def work(tx: Transaction) -> tuple[LinkRow, list[tuple[str, str]]]:
        link = ticket(tx)
        for _ in range(3):
            event(tx, link)
        return enqueue.load_link(tx, link.id), unfinished(tx)

    link, left = await write(tmp_path / "db", work)
    assert (link.thread, link.threads_lost) == (None, 1)
    assert sorted(left) == [("line", "waiting"), ("open", "waiting")]


async def test_the_former_thread_is_told_where_the_ticket_goes_on(tmp_path: Path) -> None:
    """Once there is somewhere to go; what is written there is the ticket's until nothing is left of the thread."""

    def work(tx: Transaction) -> None:
        link = ticket(tx)
        reopen_link(tx, link, NOON)
        assert find_link(tx, THREAD) == enqueue.load_link(tx, link.id)
        announce_in_former_thread(tx, enqueue.load_link(tx, link.id), "https://chat.example/new", NOON)
        (told,) = [row for row in tx.all("unfinished_deliveries") if row["lane"].startswith("former:")]
        payload = delivery_row(told).payload_as(LinePayload)
        assert payload.place == THREAD
        assert "https://chat.example/new" in payload.text
        former_thread_gone(tx, THREAD)
        assert find_link(tx, THREAD) is None

    await write(tmp_path / "db", work)


async def test_a_first_thread_has_no_former_one(tmp_path: Path) -> None:
    """Nothing is said where nobody was."""

    def work(tx: Transaction) -> list[tuple[str, str]]:
        announce_in_former_thread(tx, ticket(tx), "https://chat.example/new", NOON)
        return unfinished(tx)

    assert await write(tmp_path / "db", work) == []


@pytest.mark.parametrize(("days", "opened"), [(29, True), (31, False)])
async def test_threads_of_tickets_that_were_closed_long_ago_are_not_opened_again(
    tmp_path: Path, days: int, *, opened: bool
) -> None:
    """Nobody waits for them, and a deleted channel may have had thousands."""

    def work(tx: Transaction) -> bool:
        link = ticket(tx, status=Status.CLOSED)
        tx.run("set_ticket_status", number=link.ticket, status=Status.CLOSED, closed_here_only=False, now=0)
        tx._connection.execute("UPDATE tickets SET closed_at = ?", (int(NOON.timestamp() * 1000),))
        record_place_deleted(tx, CHANNEL, NOON + timedelta(days=days))
        return enqueue.load_link(tx, link.id).thread is None

    assert await write(tmp_path / "db", work) is opened


@pytest.mark.parametrize(("message", "queued"), [("901", [("card", "waiting")]), ("902", [])])
async def test_only_a_deleted_card_is_looked_for(tmp_path: Path, message: str, queued: list[tuple[str, str]]) -> None:
    """The deletion of any other message is nothing that has to be made good."""

    def work(tx: Transaction) -> list[tuple[str, str]]:
        ticket(tx)
        card_deleted(tx, Deleted(place=THREAD, message=ChatMessageId(message)), NOON)
        return unfinished(tx)

    assert await write(tmp_path / "db", work) == queued


async def test_a_ticket_has_one_thread_in_each_channel(tmp_path: Path) -> None:
    """Asked for again, it gets no second one."""

    def work(tx: Transaction) -> list[str]:
        link = ticket(tx)
        for _ in range(2):
            open_links(tx, link.ticket, [CHANNEL, ANOTHER], NOON)
        return [each.channel for each in enqueue.links_of(tx, link.ticket)]

    assert await write(tmp_path / "db", work) == ["1", "2"]


async def test_channels_are_listened_in_whatever_the_settings_say(tmp_path: Path) -> None:
    """Each channel in which a ticket has a thread, once, by chat."""

    def work(tx: Transaction) -> list[frozenset[ChannelId]]:
        link = ticket(tx)
        slack = Place(chat=ChatName("slack"), channel=ChannelId("C1"))
        for place in (ANOTHER, replace(CHANNEL, channel=ChannelId("3")), slack):
            tx.add("insert_link", ticket=link.ticket, chat=place.chat, channel=place.channel)
        return [channels_with_threads(tx, ChatName(chat)) for chat in ("discord", "slack", "none")]

    assert await write(tmp_path / "db", work) == [{"1", "2", "3"}, {"C1"}, frozenset()]
