"""Who is pinged where: in the chat in which they acted, else in one of theirs that has a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.rows import require, ticket_row
from bot.model import AgentId, ChannelId, ChatName, Colleague, Mention, Person, PersonId, Place
from bot.tickets import enqueue, pings
from bot.tickets.from_vendors.sync import record
from bot.tickets.rules_from_settings import Rules
from tests.support.database import NOON, STORE, snapshot, write

DISCORD, SLACK = ChatName("discord"), ChatName("slack")
TWO_CHATS = replace(STORE, channels=(*STORE.channels, Place(chat=SLACK, channel=ChannelId("2"))))
ANN = Colleague(
    person=Person(id=PersonId("agent:ann"), name="Ann"), chats={"discord": AgentId("u1"), "slack": AgentId("u9")}
)
RULES = Rules(
    stores={STORE.name: TWO_CHATS},
    capabilities={},
    chat_labels={DISCORD: "Discord", SLACK: "Slack"},
    noting=frozenset(),
    attaching=frozenset(),
    note_prefixes=(),
    undo=timedelta(),
    colleagues=(ANN,),
)


@pytest.mark.parametrize(
    ("recorded", "threads", "pinged"),
    [
        ("discord:u1", {DISCORD, SLACK}, {DISCORD: Mention(id=AgentId("u1"))}),
        ("slack:u9", {DISCORD, SLACK}, {SLACK: Mention(id=AgentId("u9"))}),
        ("slack:u9", {DISCORD}, {DISCORD: Mention(id=AgentId("u1"))}),
        ("slack:u5", {DISCORD}, {}),
        ("slack:u9", set(), {}),
        (None, {DISCORD, SLACK}, {}),
    ],
    ids=["there", "there, in the other chat", "no thread there", "unknown in the other chat", "no thread", "nobody"],
)
async def test_where_somebody_is_pinged(
    tmp_path: Path, recorded: str | None, threads: set[ChatName], pinged: Mapping[ChatName, Mention]
) -> None:
    """At most once, and only where the ticket has a thread."""

    def work(tx: Transaction) -> Mapping[ChatName, Mention]:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        number = record(tx, TWO_CHATS, snapshot("t1"), NOON)
        for link in enqueue.links_of(tx, number):
            if link.chat in threads:
                tx.run("set_link_thread", id=link.id, thread="900", card="901")
        return pings.person(tx, ticket_row(require(tx.one("ticket", number=number))), recorded, RULES)

    assert await write(tmp_path / "db", work) == pinged
