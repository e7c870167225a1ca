"""What the pickers hold while nothing is typed, where there are many stores; what they find is in `integration`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.db.connection import Transaction
from bot.db.migrate import migrate
from bot.inbound.chats.choices import Choices
from bot.model import Agent, AgentId, ChannelId, ChatName, Place, StoreName, Verb
from bot.ports import MOST_CHOICES

SLACK = ChatName("slack")
PLACE = Place(chat=SLACK, channel=ChannelId("C1"))
ANN = Agent(id=AgentId("U1"), name="Ann", is_full_member=True)


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """Twelve stores of which the first has very many open tickets, all older than the only one of each other."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection)
        transaction = Transaction(connection)
        connection.execute("BEGIN")
        for store in range(12):
            transaction.run("add_store", name=f"s{store}")
            for ticket in range(150 if store == 0 else 1):
                transaction.add("insert_ticket", store=f"s{store}", vendor_id=str(ticket), status="open", created_at=0)
        connection.execute("UPDATE tickets SET followed = 1")
        connection.execute("INSERT INTO links (ticket, chat, channel) SELECT number, 'slack', 'C1' FROM tickets")
        connection.execute("COMMIT")
        yield transaction


def test_the_latest_of_all_stores_are_given(tx: Transaction) -> None:
    """As many as there may be, whichever stores they are of; so a chat that shows fewer counts the rest right."""
    choices = Choices(
        cast(Any, None), cast(Any, SimpleNamespace(masks_emails=False)), cast(Any, {}), *cast(Any, (None, None))
    )
    allowed = {StoreName(f"s{store}"): (PLACE,) for store in range(12)}
    found = choices._choices(tx, Verb.CLOSE, "", PLACE, allowed, ANN, None)
    numbers = [row["number"] for row in tx.all("linked_tickets", store=None, status="open")]
    assert [each.number for each in found] == sorted(numbers, reverse=True)[:MOST_CHOICES]
