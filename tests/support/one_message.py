"""A ticket with a thread in each of two chats, in a database, and one message of Ann's in the first thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.db.connection import Transaction
from bot.db.rows import MessageRow, message_row, require
from bot.model import Agent, AgentId, ChannelId, ChatMessageId, ChatName, Place, Said, ThreadId
from bot.ports import VendorCapabilities
from bot.tickets import enqueue
from bot.tickets.from_agents.written_messages import record_said, route_link
from bot.tickets.from_vendors.sync import record
from bot.tickets.rules_from_settings import Rules
from tests.support.database import NOON, STORE, snapshot

THREAD = Place(chat=ChatName("discord"), channel=ChannelId("1"), thread=ThreadId("900"))
OTHER = Place(chat=ChatName("slack"), channel=ChannelId("2"))
TWO_CHATS = replace(STORE, channels=(*STORE.channels, OTHER))
RULES = Rules(
    stores={STORE.name: TWO_CHATS},
    capabilities={STORE.name: VendorCapabilities(verbs=frozenset())},
    chat_labels={ChatName("discord"): "Discord", ChatName("slack"): "Slack"},
    noting=frozenset({STORE.name}),
    attaching=frozenset(),
    note_prefixes=("//",),
    undo=timedelta(seconds=5),
    take_on_reply=False,
)
ANN = Agent(id=AgentId("U1"), name="Ann", is_full_member=True)
MESSAGE = ChatMessageId("a1")


def said(tx: Transaction, text: str, *, can_reply: bool = True, rules: Rules = RULES, **more: object) -> None:
    """Ann writes in the thread of a ticket, and it is routed."""
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)
    link, other = enqueue.links_of(tx, record(tx, TWO_CHATS, snapshot("t1"), NOON))
    for row in tx.all("unfinished_deliveries"):
        tx.run("finish_delivery", id=row["id"], now=0)
    tx.run("set_link_thread", id=link.id, thread="900", card="901")
    tx.run("set_link_thread", id=other.id, thread="800", card="801")
    written = Said(place=THREAD, message=MESSAGE, agent=ANN, text=text, said_at=NOON, **more)  # type: ignore[arg-type]
    record_said(tx, written, can_reply=can_reply)
    route_link(tx, enqueue.load_link(tx, link.id), rules, NOON, NOON)


def finish(tx: Transaction, *kinds: str) -> None:
    for row in tx.all("unfinished_deliveries"):
        if row["kind"] in kinds:
            tx.run("finish_delivery", id=row["id"], now=0)


def message(tx: Transaction) -> MessageRow:
    link = require(tx.one("link_by_thread", chat="discord", channel="1", thread="900"))["id"]
    return message_row(require(tx.one("message_by_chat_id", link=link, chat_message=MESSAGE)))
