"""The day in a line: who has how many of the tickets that wait."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.rows import delivery_row
from bot.model import ChatName, Colleague, LinePayload, Person, PersonId
from bot.tickets.day.digests import tell_the_day
from bot.tickets.from_vendors.sync import record
from bot.tickets.rules_from_settings import Rules
from tests.support.database import NOON, STORE, snapshot, write

DISCORD = ChatName("discord")
ANN = Colleague(person=Person(id=PersonId("ann"), name="Ann"), chats={"discord": "1", "slack": "U1"}, vendors={})


def rules(*, masks: bool = False) -> Rules:
    return Rules(
        stores={STORE.name: STORE},
        capabilities={},
        chat_labels={DISCORD: "Discord"},
        noting=frozenset(),
        attaching=frozenset(),
        note_prefixes=("//",),
        undo=timedelta(),
        masks_emails=masks,
        colleagues=(ANN,),
    )


def told(tx: Transaction, taken: dict[int, tuple[str, str]], amount: int, masks: bool) -> list[str]:
    """What a channel is told in which so many tickets wait; `taken`: by whom each is, by its place."""
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)
    for place in range(amount):
        number = record(tx, STORE, snapshot(f"t{place}"), NOON)
        if place in taken:
            by, name = taken[place]
            tx.run("set_ticket_taken", number=number, by=by, name=name)
    tell_the_day(
        tx, NOON.date(), rules(masks=masks), {DISCORD: lambda _: "https://chat.example/1"}, NOON + timedelta(hours=1)
    )
    lines = [delivery_row(row) for row in tx.all("unfinished_deliveries") if row["kind"] == "line"]
    return [line.payload_as(LinePayload).text for line in lines]


async def test_all_tickets_count(tmp_path: Path) -> None:
    """However many wait: whoever has the ones that have waited for the shortest time is named, too."""
    taken = dict.fromkeys((0, 1100), ("discord:2", "Bob")) | {1_101: ("discord:3", "Cid")}
    [line] = await write(tmp_path / "db", told, taken, 1_105, False)
    assert line.startswith("☀️ 1105 tickets wait for us; the oldest is #1001, for 1 h 00 min. Bob has 2, Cid has 1 and")
    assert "nobody has 1102." in line


async def test_one_person_in_both_chats_is_one(tmp_path: Path) -> None:
    """By the name of the settings, and two names of one person are one."""
    taken = {0: ("discord:1", "ann"), 1: ("slack:U1", "Ann E."), 2: ("discord:2", "Bob"), 3: ("discord:2", "Robert")}
    [line] = await write(tmp_path / "db", told, taken, 4, False)
    assert " Ann has 2 and Robert has 2. " in line or " Robert has 2 and Ann has 2. " in line


@pytest.mark.parametrize(("masks", "shown"), [(True, "b…@team.example has 1"), (False, "bob@team.example has 1")])
async def test_addresses_are_masked(tmp_path: Path, masks: bool, shown: str) -> None:
    """Of whoever is called by one."""
    [line] = await write(tmp_path / "db", told, {0: ("discord:2", "bob@team.example")}, 1, masks)
    assert f" {shown}. " in line
