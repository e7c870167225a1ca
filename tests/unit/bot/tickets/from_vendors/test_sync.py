"""What a vendor shows becomes what is recorded: which tickets get threads, and which messages are our own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from bot.db.connection import Transaction
from bot.db.rows import MessageRow, message_row, require, ticket_row
from bot.model import (
    Agent,
    AgentId,
    Author,
    ChannelId,
    ChatMessageId,
    ChatName,
    DeliveryId,
    Message,
    MessageId,
    Place,
    Said,
    Status,
    Store,
    ThreadId,
    TicketId,
    TicketNumber,
)
from bot.ports import VendorCapabilities
from bot.text import signed
from bot.tickets import enqueue
from bot.tickets.erasure import erase, forget
from bot.tickets.from_agents.written_messages import record_said, route_link
from bot.tickets.from_vendors.portions import portions_to_record
from bot.tickets.from_vendors.snapshot import should_follow
from bot.tickets.from_vendors.sync import record, record_gone
from bot.tickets.replies.outcomes import drop, reply_arrived, retry
from bot.tickets.rules_from_settings import Rules
from tests.support.database import NOON, STORE, snapshot, write

THREAD = Place(chat=ChatName("discord"), channel=ChannelId("1"), thread=ThreadId("900"))
RULES = Rules(
    stores={STORE.name: STORE},
    capabilities={STORE.name: VendorCapabilities(verbs=frozenset())},
    chat_labels={ChatName("discord"): "Discord", ChatName("slack"): "Slack"},
    noting=frozenset({STORE.name}),
    attaching=frozenset(),
    note_prefixes=("//",),
    undo=timedelta(),
)
OPEN, CLOSED = Status.OPEN, Status.CLOSED
NOBODY = DeliveryId(4711)


@pytest.mark.parametrize(
    ("settings", "status", "days_old", "follows"),
    [
        ({"backfill_open": True, "backfill_days": None}, OPEN, 400, True),
        ({"backfill_open": False, "backfill_days": None}, OPEN, 0, False),
        ({"backfill_open": True, "backfill_closed": False}, CLOSED, 0, False),
        ({"backfill_open": True, "backfill_closed": True}, CLOSED, 400, True),
        ({"backfill_open": True, "backfill_days": 7}, OPEN, 6, True),
        ({"backfill_open": True, "backfill_days": 7}, OPEN, 8, False),
    ],
)
def test_at_first_contact_the_backfill_decides_which_tickets_get_threads(
    settings: dict[str, object], status: Status, days_old: int, *, follows: bool
) -> None:
    """Open ones, closed ones, or those of the last days; by the last change, or else by the creation."""
    store = replace(STORE, **settings)  # type: ignore[arg-type]
    seen = snapshot("t1", status=status, created_at=NOON - timedelta(days=days_old)).ticket
    assert should_follow(seen, None, store, first=True, now=NOON) is follows
    touched = replace(seen, updated_at=seen.created_at, created_at=NOON - timedelta(days=500))
    assert should_follow(touched, None, store, first=True, now=NOON) is follows


def begin(tx: Transaction, *, status: Status = OPEN, store: Store = STORE) -> None:
    """A ticket with its thread and nothing waiting."""
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)
    (link,) = enqueue.links_of(tx, record(tx, store, snapshot("t1", status=status), NOON))
    for row in tx.all("unfinished_deliveries"):
        tx.run("finish_delivery", id=row["id"], now=0)
    tx.run("set_link_thread", id=link.id, thread="900", card="901")


def says(tx: Transaction, text: str) -> MessageRow:
    """Ann writes in the thread, and it is routed."""
    ann = Agent(id=AgentId("U1"), name="Ann", is_full_member=True)
    said = Said(place=THREAD, message=ChatMessageId(text), agent=ann, text=text, said_at=NOON)
    link = require(record_said(tx, said, can_reply=True)).link
    route_link(tx, link, RULES, NOON, NOON)
    return message_row(require(tx.one("message_by_chat_id", link=link.id, chat_message=text)))


def shows(tx: Transaction, *messages: Message) -> None:
    """The vendor shows these messages behind the customer's first one."""
    base = snapshot("t1")
    record(tx, STORE, replace(base, messages=(*(base.messages or ()), *messages)), NOON)


def by_staff(text: str, message: str = "m2", *, public: bool = True) -> Message:
    return Message(id=MessageId(message), author=Author.STAFF, text=text, written_at=NOON, is_public=public)


def waiting(tx: Transaction) -> list[str]:
    return sorted(row["kind"] for row in tx.all("unfinished_deliveries"))


async def test_a_ticket_without_threads_is_recorded_and_queues_nothing(tmp_path: Path) -> None:
    """Its messages are kept for the figures, and nobody is told of them."""

    def work(tx: Transaction) -> tuple[list[str], int]:
        tx.run("add_store", name=STORE.name)
        tx.run("add_installation", key_prefix="abc123")
        number = record(tx, STORE, replace(snapshot("t1"), follow=False), NOON)
        return waiting(tx), len(tx.all("vendor_ids_of_ticket", ticket=number))

    assert await write(tmp_path / "db", work) == ([], 1)


@pytest.mark.parametrize("known", [0, 1, 4, 9])
@pytest.mark.parametrize("until", [1, 2, 3, None])
async def test_very_many_messages_are_recorded_in_several_transactions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: int, until: int | None
) -> None:
    """A few new ones in each, oldest first; if that ends in between, the ticket still counts as changed."""
    monkeypatch.setattr("bot.tickets.from_vendors.portions.MANY_MESSAGES", 3)
    texts = [f"m{number}" for number in range(10)]
    said = [Message(id=MessageId(text), author=Author.CUSTOMER, text=text, written_at=NOON) for text in texts]

    def work(tx: Transaction) -> tuple[list[int], bool]:
        begin(tx)
        begun = replace(snapshot("t1"), read_at=NOON + timedelta(hours=1), fingerprint="f2")
        if known:
            record(tx, STORE, replace(begun, messages=tuple(said[:known]), fingerprint="f1"), NOON)
        found = [len(tx.all("vendor_ids_of_ticket", ticket=1001))]
        portions = portions_to_record(tx, STORE.name, replace(begun, messages=tuple(said)))
        for portion in portions[:until]:
            record(tx, STORE, portion, NOON)
            found.append(len(tx.all("vendor_ids_of_ticket", ticket=1001)))
        row = require(tx.one("ticket", number=1001))
        assert (row["fingerprint"] == "f2") is (until is None or until >= len(portions))
        return [after - before for before, after in pairwise(found)], row["fingerprint"] == "f2"

    new, settled = await write(tmp_path / "db", work)
    assert max(new) <= 3
    assert not settled or sum(new) == len(said) - known


@pytest.mark.parametrize("followed", [True, False])
@pytest.mark.parametrize("seed", [*range(10), 240, 268, 302])  # in the last ones, a colleague writes as we do first
async def test_in_portions_the_same_is_recorded_as_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, *, followed: bool
) -> None:
    """Whoever wrote, whatever was known before, and whatever of it is ours. Only the card may be drawn once more."""
    random = Random(seed)
    said = [_anything(random, number) for number in range(random.randint(4, 30))]
    before = _as_read(said[: random.randint(0, len(said) // 2)])
    read = replace(
        snapshot("t1"), messages=_as_read(said), fingerprint="f2", read_at=NOON + timedelta(hours=1), follow=followed
    )

    def work(tx: Transaction) -> dict[str, list[tuple[object, ...]]]:
        tx.run("add_store", name=STORE.name)
        tx.run("add_installation", key_prefix="abc123")
        if before:
            record(tx, STORE, replace(read, messages=before, fingerprint="f1", read_at=NOON), NOON)
        if before and followed:
            tx.run("set_link_thread", id=1, thread="900", card="901")
            says(tx, "It is on its way")
            for row in tx.all("unfinished_deliveries"):
                tx.run("finish_delivery", id=row["id"], now=1)
        for portion in portions_to_record(tx, STORE.name, read):
            record(tx, STORE, portion, NOON + timedelta(hours=1))
        tables = ("stores", "tickets", "messages", "deliveries", "answers")
        tx._connection.execute("UPDATE tickets SET version = 1")
        return {table: [tuple(row) for row in tx._connection.execute(f"SELECT * FROM {table}")] for table in tables}

    at_once = await write(tmp_path / "at once", work)
    monkeypatch.setattr("bot.tickets.from_vendors.portions.MANY_MESSAGES", random.randint(1, 5))
    assert await write(tmp_path / "in portions", work) == at_once


def _anything(random: Random, number: int) -> Message:
    """A message of anybody: public or not, with and without a time, perhaps with the words of a reply of ours."""
    return Message(
        id=MessageId(f"m{number}"),
        author=random.choice(list(Author)),
        author_name=random.choice([None, "Jane", "Bob"]),
        text=random.choice(["It is on its way", "It is on its way!", "It is on its way", f"Words {number}"]),
        shared_id=MessageId(f"s{number % 3}") if random.random() < 0.5 else None,
        written_at=random.choice([None, NOON - timedelta(hours=1) + timedelta(minutes=number)]),
        is_public=random.random() < 0.8,
        malformed=random.random() < 0.1,
    )


def _as_read(messages: Sequence[Message]) -> tuple[Message, ...]:
    """A message that nobody shares its id with, or not yet, has it."""
    having = Counter(message.shared_id for message in messages)
    return tuple(
        replace(each, id=each.shared_id, shared_id=None) if each.shared_id and having[each.shared_id] == 1 else each
        for each in messages
    )


async def test_a_ticket_that_is_gone_is_reported_once(tmp_path: Path) -> None:
    """A line and the card; said again, or of a ticket that nobody knows, nothing follows."""

    def work(tx: Transaction) -> list[str]:
        begin(tx)
        for ticket in ("t1", "t1", "never seen"):
            record_gone(tx, STORE, TicketId(ticket), NOON)
        return waiting(tx)

    assert await write(tmp_path / "db", work) == ["card", "line"]


async def test_a_ticket_that_was_erased_stays_so_while_only_its_status_is_listed(tmp_path: Path) -> None:
    """Without its messages nobody knows whether its customer wrote: no word of it is recorded again."""

    def work(tx: Transaction) -> tuple[bool, str, list[str]]:
        begin(tx, status=CLOSED)
        erase(tx, TicketNumber(1001), NOON)
        record(tx, STORE, replace(snapshot("t1", status=CLOSED), messages=None), NOON + timedelta(hours=1))
        row = ticket_row(require(tx.one("ticket", number=1001)))
        return row.erased, row.subject, waiting(tx)

    assert await write(tmp_path / "db", work) == (True, "", [])


def dated(message: str, hours: float | None) -> Message:
    """Of the customer, so many hours after the ticket was erased; None: nobody knows when."""
    at = None if hours is None else NOON + timedelta(hours=hours)
    return Message(id=MessageId(message), author=Author.CUSTOMER, text=message, written_at=at)


OLD, NEW = dated("old", -1), dated("new", 1)
READ, ODD, ODD_TOO = (dated(name, None) for name in ("read", "odd", "odd too"))


@pytest.mark.parametrize("forgets", [True, False], ids=["forgotten", "closed long ago"])
@pytest.mark.parametrize(
    ("before", "shown", "updated", "recorded"),
    [
        ([], [ODD], None, None),
        ([], [ODD], -1, None),
        ([], [ODD], 1, ["odd"]),
        ([], [ODD, OLD], 1, None),
        ([], [OLD, ODD], 1, None),
        ([], [ODD, NEW], 1, ["new"]),
        ([], [OLD, ODD, NEW, ODD_TOO], 1, ["new", "odd too"]),
        ([READ], [READ], 1, None),
        ([READ], [ODD, READ], 1, None),
        ([READ], [READ, ODD], -1, ["odd"]),
        ([OLD], [OLD, ODD], None, ["odd"]),
        ([OLD], [ODD, OLD], None, None),
        ([OLD], [OLD, ODD, NEW], 1, ["new", "odd"]),
    ],
)
async def test_a_message_without_a_date_revives_only_what_it_came_after(
    tmp_path: Path,
    before: list[Message],
    shown: list[Message],
    updated: float | None,
    recorded: list[str] | None,
    *,
    forgets: bool,
) -> None:
    """What may have been written before the ticket was erased is not recorded then or later; None: it stays erased."""

    def work(tx: Transaction) -> list[list[str] | None]:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        first = replace(snapshot("t1", status=CLOSED), messages=tuple(before), follow=False)
        number = record(tx, STORE, first, NOON - timedelta(hours=2))
        if forgets:
            forget(tx, [number], NOON, in_chats=False)
        else:
            erase(tx, number, NOON)
        changed = None if updated is None else NOON + timedelta(hours=updated)
        later = replace(first, messages=tuple(shown), ticket=replace(first.ticket, updated_at=changed))
        found: list[list[str] | None] = []
        for hours in (2, 3):
            record(tx, STORE, replace(later, read_at=NOON + timedelta(hours=hours)), NOON + timedelta(hours=hours))
            row = ticket_row(require(tx.one("ticket", number=number)))
            ids = [each["id"] for each in tx.all("messages_with_vendor_id", ticket=number)]
            texts = [text for each in ids if (text := require(tx.one("message", id=each))["text"])]
            found.append(None if row.erased else sorted(texts))
        return found

    assert await write(tmp_path / "db", work) == [recorded, recorded]


async def test_a_malformed_message_is_shown_with_a_line_about_it(tmp_path: Path) -> None:
    """What could be read of it is posted, and the thread says to look at the vendor's, too."""

    def work(tx: Transaction) -> list[str]:
        begin(tx)
        shows(tx, replace(by_staff("half"), malformed=True))
        return waiting(tx)

    assert await write(tmp_path / "db", work) == ["card", "line", "post"]


async def test_what_we_wrote_is_recognised_by_its_text_and_its_kind(tmp_path: Path) -> None:
    """A reply that waits for proof is not a note with the same words; each is proof once, and posted nowhere again."""

    def work(tx: Transaction) -> list[tuple[str, str]]:
        begin(tx)
        for text in ("Same words", "// Same words"):
            says(tx, text)
        for row in tx.all("unfinished_deliveries"):
            if row["kind"] in ("reply", "note"):
                tx.run("begin_delivery", id=row["id"], now=0)
                tx.run("make_uncertain", id=row["id"], now=0, due=0, error="No answer.")
        before = waiting(tx)
        shows(tx, by_staff(signed("Ann", "Same words"), "n1", public=False), by_staff("Same words", "r1"))
        assert before.count("reply") == before.count("note") == 1
        return [(row["kind"], row["state"]) for row in tx.all("unfinished_deliveries") if row["kind"] != "mark"]

    assert await write(tmp_path / "db", work) == [("card", "waiting")]


async def test_our_reply_that_was_taken_for_a_colleagues_is_not_posted(tmp_path: Path) -> None:
    """The vendor changed our text, and a sweep saw it before the answer came with its id: its post is dropped."""

    def work(tx: Transaction) -> tuple[list[str], list[str], list[str | None]]:
        begin(tx)
        mine = says(tx, "Hello <b>you</b>")
        shows(tx, by_staff("Hello you"))
        before = waiting(tx)
        for _ in range(2):
            reply_arrived(tx, mine, MessageId("m2"), NOON)
        ids = [row["vendor_id"] for row in tx.all("vendor_ids_of_ticket", ticket=mine.ticket)]
        return before, waiting(tx), sorted(ids, key=str)

    before, after, ids = await write(tmp_path / "db", work)
    assert before.count("post") == 1
    assert after.count("post") == 0
    assert [each for each in ids if each == "m2"] == ["m2"]


async def test_whose_turn_it_is_follows_from_what_was_read_last(tmp_path: Path) -> None:
    """The answer to a reply that says it arrived may come after the customer's next message was read with it."""

    def work(tx: Transaction) -> str:
        begin(tx)
        mine = says(tx, "On its way.")
        tx.run("set_message_vendor_id", id=mine.id, vendor_id="m1")
        tx.run("set_ticket_awaiting", number=mine.ticket, awaiting="us", since=None, now=0)
        now = message_row(require(tx.one("message", id=mine.id)))
        reply_arrived(tx, now, MessageId("m1"), NOON)
        return str(require(tx.one("ticket", number=mine.ticket))["awaiting"])

    assert await write(tmp_path / "db", work) == "us"


async def test_what_is_not_there_is_neither_dropped_nor_retried(tmp_path: Path) -> None:
    """A delivery that was dropped already, or never existed, is none that can be acted on."""

    def work(tx: Transaction) -> tuple[list[int], list[bool]]:
        begin(tx)
        says(tx, "On its way.")
        (reply,) = [DeliveryId(row["id"]) for row in tx.all("unfinished_deliveries") if row["kind"] == "reply"]
        dropped = [len(drop(tx, each, NOON)) for each in (reply, reply, NOBODY)]
        return dropped, [retry(tx, each, NOON) for each in (reply, NOBODY)]

    assert await write(tmp_path / "db", work) == ([1, 0, 0], [False, False])


@pytest.mark.parametrize(("apart", "counted"), [(timedelta(), []), (timedelta(hours=1), [3_600_000])])
async def test_an_answer_without_times_is_counted_by_when_it_was_read(
    tmp_path: Path, apart: timedelta, counted: list[int]
) -> None:
    """Of what was read at once nobody knows how much lay between."""
    question = Message(id=MessageId("m1"), author=Author.CUSTOMER, text="Hello?", written_at=None)
    answer = Message(id=MessageId("m2"), author=Author.STAFF, text="Here.", written_at=None)

    def work(tx: Transaction) -> list[int]:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        shown = snapshot("t1")
        if apart:
            record(tx, STORE, replace(shown, messages=(question,)), NOON)
        later = replace(shown, messages=(question, answer), fingerprint="f2", read_at=NOON + apart)
        record(tx, STORE, later, NOON + apart)
        return [row[0] for row in tx._connection.execute("SELECT answered_at - since FROM answers")]

    assert await write(tmp_path / "db", work) == counted
