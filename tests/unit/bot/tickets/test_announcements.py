"""shopbell's own lines for a channel: where an incident notice goes, and what follows when the incident is over."""

from __future__ import annotations

from pathlib import Path

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, delivery_row, require
from bot.model import ChannelId, ChatName, DeliveryId, LinePayload, Place
from bot.tickets.announcements import announce, incident_notice, move_notice, resolve_notice
from tests.support.database import NOON, write

ONE = Place(chat=ChatName("discord"), channel=ChannelId("1"))
TWO = Place(chat=ChatName("slack"), channel=ChannelId("2"))


def row(tx: Transaction, line: DeliveryId) -> DeliveryRow:
    return delivery_row(require(tx.one("delivery", id=line)))


def texts(tx: Transaction) -> list[str]:
    """What is still to be posted."""
    return [delivery_row(each).payload_as(LinePayload).text for each in tx.all("unfinished_deliveries")]


async def test_a_notice_goes_to_one_channel_after_the_other(tmp_path: Path) -> None:
    """Each time it is not accepted, to the next; after the last there is none left, and it stays where it is."""

    def work(tx: Transaction) -> list[tuple[bool, str, str]]:
        notice = incident_notice(tx, [ONE, TWO], "It is down.", "It is up.", NOON)
        found = []
        for _ in range(2):
            moved = move_notice(tx, row(tx, notice))
            found.append((moved, row(tx, notice).lane, row(tx, notice).destination))
        return found

    slack = ("channel:slack:2", "chat:slack")
    assert await write(tmp_path / "db", work) == [(True, *slack), (False, *slack)]


async def test_the_end_of_an_incident_is_posted_where_its_notice_was(tmp_path: Path) -> None:
    """A notice that still waits is dropped instead; one that no channel accepted is not answered."""

    def work(tx: Transaction) -> list[str]:
        posted, skipped, waiting, failed = (
            incident_notice(tx, [ONE], f"{name} is down.", f"{name} is up.", NOON) for name in "ABCD"
        )
        tx.run("set_posted", delivery=posted, part=0, chat_message="m1", thread="1", posted_at=0, progress=None)
        for line in (posted, skipped):
            tx.run("finish_delivery", id=line, now=0)
        tx.run("fail_delivery", id=failed, now=0, error="No answer.", in_doubt=True)
        for line in (posted, skipped, waiting, failed):
            resolve_notice(tx, row(tx, line), NOON)
        return texts(tx)

    assert await write(tmp_path / "db", work) == ["D is down.", "A is up.", "D is up."]


async def test_a_line_that_is_no_notice_has_no_alternative(tmp_path: Path) -> None:
    """It is for its channel alone."""

    def work(tx: Transaction) -> bool:
        return move_notice(tx, row(tx, announce(tx, ONE, "Found 2 missed messages.", NOON)))

    assert await write(tmp_path / "db", work) is False
