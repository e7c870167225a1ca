"""Erasing: no word of it stands in the file or its log, it does not come back, and the figures stay."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.db.connection import Database, Transaction
from bot.db.rows import TicketRow, delivery_row, require, to_ms
from bot.model import (
    Agent,
    AgentId,
    Author,
    ChannelId,
    ChatMessageId,
    ChatName,
    Customer,
    Deleted,
    Edited,
    Fact,
    Kind,
    Message,
    MessageId,
    Place,
    Purpose,
    Said,
    Status,
    ThreadId,
    TicketId,
    TicketNumber,
)
from bot.ops.retention import Retention
from bot.outbound.job import read_job
from bot.ports import VendorCapabilities
from bot.tickets import enqueue, erasure, forgotten, links
from bot.tickets.announcements import announce
from bot.tickets.day.taking import Asker
from bot.tickets.figures.stats import figures
from bot.tickets.forgotten import find_ticket
from bot.tickets.from_agents.edits import record_deleted, record_edited
from bot.tickets.from_agents.form_replies import record_written
from bot.tickets.from_agents.written_messages import record_said, route_link
from bot.tickets.from_vendors import incidents
from bot.tickets.from_vendors.snapshot import TicketSnapshot
from bot.tickets.from_vendors.sync import record
from bot.tickets.rules_from_settings import Rules
from bot.wording.masking import masked
from tests.support.clocks import StandingClock
from tests.support.database import NOON, STORE, snapshot

WORDS = (
    "Violet-Subject", "Violet-Name", "violet@example.com", "Violet-Fact", "Violet-Message", "Violet-Agent",
    "Violet-Reply", "Violet-File", "Violet-Line", "Violet-Error", "Violet-Edited", "violet-ticket", "violet-m1",
)  # fmt: skip
THREAD = Place(chat=ChatName("discord"), channel=ChannelId("1"), thread=ThreadId("900"))
RULES = Rules(
    take_on_reply=False,
    stores={STORE.name: STORE},
    capabilities={STORE.name: VendorCapabilities(verbs=frozenset())},
    chat_labels={ChatName("discord"): "Discord", ChatName("slack"): "Slack"},
    noting=frozenset(),
    attaching=frozenset(),
    note_prefixes=("//",),
    undo=timedelta(seconds=5),
)
LATER = NOON + timedelta(hours=1)


def violet(*more: Message, status: Status = Status.OPEN, closed: bool = False) -> TicketSnapshot:
    """A ticket whose every word can be found in a file."""
    base = snapshot("violet-ticket")
    first = Message(
        id=MessageId("violet-m1"),
        author=Author.CUSTOMER,
        author_name="Violet-Name",
        text="Violet-Message",
        written_at=NOON,
    )
    ticket = replace(
        base.ticket,
        subject="Violet-Subject",
        status=status,
        customer=Customer(name="Violet-Name", email="violet@example.com"),
        facts=(Fact("Order", "Violet-Fact"),),
        closed_at=NOON + timedelta(minutes=1) if closed else None,
    )
    return replace(base, ticket=ticket, messages=(first, *more))


def message(name: str, text: str, minutes: float, author: Author = Author.CUSTOMER) -> Message:
    return Message(id=MessageId(name), author=author, text=text, written_at=NOON + timedelta(minutes=minutes))


def said(name: str, text: str) -> Said:
    agent = Agent(id=AgentId("U1"), name="Violet-Agent", is_full_member=True)
    return Said(place=THREAD, message=ChatMessageId(name), agent=agent, text=text, said_at=NOON)


def fill(tx: Transaction, *, closed: bool = False) -> TicketNumber:
    """A ticket with its thread, a reply that waits, one that failed, and lines about it."""
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)
    number = record(tx, STORE, violet(status=Status.CLOSED if closed else Status.OPEN, closed=closed), NOON)
    (link,) = enqueue.links_of(tx, number)
    tx.run("set_link_thread", id=link.id, thread="900", card="901")
    for row in tx.all("unfinished_deliveries"):
        tx.run("finish_delivery", id=row["id"], now=0)
        where = {"thread": "900", "posted_at": 0, "progress": None}
        tx.run("set_posted", delivery=row["id"], part=0, chat_message=f"posted-{row['id']}", **where)
    record_said(tx, said("a1", "Violet-Reply"), can_reply=True)
    record_said(tx, said("a2", "Violet-Reply again"), can_reply=True)
    route_link(tx, link, RULES, NOON, NOON)
    replies = [row for row in tx.all("unfinished_deliveries") if row["kind"] == "reply"]
    tx.run("fail_delivery", id=replies[0]["id"], now=0, error="Violet-Error", in_doubt=0)
    enqueue.line(tx, link, "Violet-Line", NOON)
    return number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db"


@pytest.fixture
async def database(path: Path) -> Any:
    opened = await Database.open(path)
    yield opened
    await opened.aclose()


def in_the_files(path: Path) -> set[str]:
    """Which of the words stand in the database or its write-ahead log."""
    files = [path, path.with_name(path.name + "-wal")]
    content = b"".join(file.read_bytes() for file in files if file.exists())
    return {word for word in WORDS if word.encode() in content}


async def ticket(database: Database, number: TicketNumber) -> TicketRow:
    found = await database.read(find_ticket, STORE.name, TicketId("violet-ticket"))
    assert found is not None
    assert found.number == number
    return found


async def forget(database: Database, number: TicketNumber, *, in_chats: bool = False) -> erasure.Extent:
    return await database.write(erasure.forget, [number], LATER, in_chats=in_chats)


async def texts(database: Database, number: TicketNumber) -> list[str]:
    def look(tx: Transaction) -> list[str]:
        rows = [tx.one("message", id=row["id"]) for row in tx.all("messages_with_vendor_id", ticket=number)]
        return [row["text"] for row in rows if row is not None]

    return await database.read(look)


async def test_no_word_is_left_in_the_file_or_its_log(database: Database, path: Path) -> None:
    """Texts, names, addresses, facts, subjects, errors, payloads, and the vendor's ids are overwritten."""
    number = await database.write(fill)
    await database.empty_log()
    assert in_the_files(path) == set(WORDS) - {"Violet-File", "Violet-Edited"}
    await forget(database, number)
    assert await database.empty_log()
    assert in_the_files(path) == set()


async def test_a_backup_of_an_erased_ticket_holds_no_word_either(database: Database, tmp_path: Path) -> None:
    """What is overwritten in the file is in no copy of it that is made afterwards."""
    number = await database.write(fill)
    await forget(database, number)
    await database.backup(tmp_path / "copy")
    assert in_the_files(tmp_path / "copy") == set()


async def test_what_was_not_sent_is_named_and_never_sent(database: Database) -> None:
    """The reply that waits and the one that failed are given up; their marks go, and no other reply is touched."""
    number = await database.write(fill)
    erased = await forget(database, number)
    assert [(each.kind, each.state, each.author) for each in erased.unsent] == [
        (Kind.REPLY, "failed", "Violet-Agent"),
        (Kind.REPLY, "waiting", "Violet-Agent"),
    ]
    assert (erased.tickets, erased.messages, len(erased.threads)) == ((number,), 3, 1)
    left = [row["kind"] for row in await database.read(lambda tx: tx.all("unfinished_deliveries"))]
    assert left == ["mark", "mark"]


@pytest.mark.parametrize("whom", ["violet@example.com", " VIOLET@Example.com ", "#1001", "1001", "# 1001"])
async def test_a_customer_is_found_by_address_or_number(database: Database, whom: str) -> None:
    """However the address or number is written."""
    number = await database.write(fill)
    assert await database.read(erasure.find_tickets, whom) == [number]


@pytest.mark.parametrize("whom", ["", "jane", "#1002", "viol%", "#", "violet@example.co"])
async def test_whoever_is_unknown_is_not_found(database: Database, whom: str) -> None:
    """Nobody else's ticket is taken for theirs."""
    await database.write(fill)
    assert await database.read(erasure.find_tickets, whom) == []


async def test_the_figures_stay(database: Database) -> None:
    """They name no customer, so nothing has to go."""
    number = await database.write(fill, closed=True)
    before = await database.read(figures, STORE.name, 7, LATER)
    await forget(database, number)
    assert await database.read(figures, STORE.name, 7, LATER) == before
    assert before.closed == 1


@pytest.fixture(
    params=[
        violet(),
        violet(message("x0", "Violet-Message before", 50)),
        violet(message("x0", "Violet-Message by staff", 70, Author.STAFF)),
    ]
)
def nothing_new(request: pytest.FixtureRequest) -> TicketSnapshot:
    """What the vendor shows later: the same, a message of before that was never seen, a colleague's message."""
    shown: TicketSnapshot = request.param
    return shown


async def test_the_next_sweep_brings_nothing_back(database: Database, path: Path, nothing_new: TicketSnapshot) -> None:
    """The ticket is recognised by a keyed hash; its status is kept up, and nothing of it is recorded or posted."""
    number = await database.write(fill)
    await forget(database, number)
    closed = replace(nothing_new, ticket=replace(nothing_new.ticket, status=Status.CLOSED), read_at=LATER)
    assert await database.write(record, STORE, closed, LATER + timedelta(minutes=20)) == number
    await database.empty_log()
    assert in_the_files(path) == set()
    found = await ticket(database, number)
    assert (found.status, found.erased, found.forgotten) == (Status.CLOSED, True, True)
    kinds = {row["kind"] for row in await database.read(lambda tx: tx.all("unfinished_deliveries"))}
    assert "post" not in kinds


async def test_what_the_customer_writes_from_then_on_is_new(database: Database) -> None:
    """The ticket keeps its number, gets its names back, and shows the new message only."""
    number = await database.write(fill)
    await forget(database, number)
    new = violet(message("x0", "Violet-Message before", 50), message("x1", "New words", 61))
    for _ in range(2):
        assert await database.write(record, STORE, new, LATER + timedelta(minutes=2)) == number
    found = await ticket(database, number)
    assert (found.vendor_id, found.erased, found.forgotten) == ("violet-ticket", False, False)
    assert (found.subject, found.customer.email) == ("Violet-Subject", "violet@example.com")
    assert [text for text in await texts(database, number) if text] == ["New words"]
    posts = [row for row in await database.read(lambda tx: tx.all("unfinished_deliveries")) if row["kind"] == "post"]
    assert len(posts) == 1


async def test_the_vendors_clock_decides_by_its_own_time(database: Database) -> None:
    """A vendor whose clock is two hours behind wrote the new message, by that clock, before the ticket was erased."""
    number = await database.write(fill)
    await forget(database, number)
    behind = timedelta(hours=-2)
    new = violet(message("x1", "New words", 61 - 120))
    new = replace(new, read_at=LATER, vendor_time=LATER + behind)
    await database.write(record, STORE, new, LATER + timedelta(minutes=2))
    assert [text for text in await texts(database, number) if text] == ["New words"]


async def test_fingerprints_of_forgotten_tickets_are_found(database: Database) -> None:
    """So a sweep does not ask for them again and again; the vendor's ids stand in no row."""
    number = await database.write(fill)
    await forget(database, number)
    await database.write(record, STORE, replace(violet(), fingerprint="f2"), LATER + timedelta(minutes=20))
    asked = [TicketId("violet-ticket"), TicketId("other")]
    known = await database.read(forgotten.recorded_tickets, STORE.name, asked)
    assert known == {"violet-ticket": ("f2", True), "other": None}
    assert await database.read(lambda tx: tx.all("open_vendor_ids", store=STORE.name)) == []


async def test_our_own_reply_that_arrives_late_is_no_colleagues_message(database: Database) -> None:
    """It was being sent when the ticket was erased; the next sweep shows it under an id that nobody knows."""
    number = await database.write(fill)
    await forget(database, number)
    echoed = violet(message("x1", "Violet-Reply", 61, Author.STAFF), message("x2", "New words", 62))
    await database.write(record, STORE, violet(message("x1", "Violet-Reply", 61, Author.STAFF)), LATER)
    assert set(await texts(database, number)) == {""}
    await database.write(record, STORE, echoed, LATER + timedelta(minutes=3))
    assert "New words" in await texts(database, number)


async def test_an_edit_of_an_erased_message_brings_no_words_back(database: Database, path: Path) -> None:
    """What comes late from a chat is not stored again."""
    number = await database.write(fill)
    await forget(database, number)
    agent = Agent(id=AgentId("U1"), name="Violet-Agent", is_full_member=True)
    edited = Edited(place=THREAD, message=ChatMessageId("a1"), agent=agent, text="Violet-Edited")
    assert await database.write(record_edited, edited, [THREAD], RULES, LATER) is None
    record_again = await database.write(record_said, said("a1", "Violet-Edited"), can_reply=True)
    assert record_again is not None
    await database.empty_log()
    assert in_the_files(path) == set()


async def test_forgetting_twice_does_no_harm(database: Database) -> None:
    """The number is still known, and the chats can be erased afterwards; the hashes stay what they are."""
    number = await database.write(fill)
    await forget(database, number)
    before = (await ticket(database, number)).vendor_id
    again = await forget(database, number, in_chats=True)
    assert (again.messages, again.unsent) == (0, ())
    assert (await ticket(database, number)).vendor_id == before
    kinds = [row["kind"] for row in await database.read(lambda tx: tx.all("unfinished_deliveries"))]
    assert sorted(kinds) == ["card", "erase", "mark", "mark"]


# ---------------------------------------------------------------- retention


async def test_tickets_closed_long_ago_lose_their_words(database: Database, path: Path) -> None:
    """By RETENTION_DAYS; the ticket itself can still be found and opened again at its vendor."""
    number = await database.write(fill, closed=True)
    clock = StandingClock(NOON + timedelta(days=31))
    await Retention(database, clock, None).erase()
    assert (await ticket(database, number)).subject == "Violet-Subject"
    await Retention(database, clock, 31).erase()
    assert (await ticket(database, number)).subject == "Violet-Subject"
    await Retention(database, clock, 30).erase()
    found = await ticket(database, number)
    assert (found.subject, found.erased, found.forgotten, found.vendor_id) == ("", True, False, "violet-ticket")
    assert in_the_files(path) == {"violet-ticket", "violet-m1"}


async def test_a_clock_that_is_ahead_erases_nothing_early(database: Database) -> None:
    """Erased words do not come back: a ticket's time is over if somebody else says that it is so late, too."""
    number = await database.write(fill, closed=True)
    clock, day = StandingClock(NOON + timedelta(days=400)), timedelta(days=1)
    for others in ([], [None], [NOON + 2 * day, None], [NOON, NOON + 29 * day]):
        await Retention(database, clock, 30, lambda: others).erase()  # noqa: B023
        assert (await ticket(database, number)).subject == "Violet-Subject", others
    await Retention(database, clock, 30, lambda: [NOON, NOON + 31 * day]).erase()
    assert (await ticket(database, number)).subject == ""


async def test_what_was_erased_before_a_crash_leaves_the_log_at_the_next_run(database: Database, path: Path) -> None:
    """The program died between erasing and emptying the write-ahead log: nothing is due any more, and it is emptied."""
    await database.write(fill, closed=True)
    later = NOON + timedelta(days=31)
    assert await database.write(erasure.erase_closed_before, later - timedelta(days=30), later) == 1
    assert "Violet-Message" in in_the_files(path)
    await Retention(database, StandingClock(later), 30).erase()
    assert in_the_files(path) == {"violet-ticket", "violet-m1"}


async def test_a_log_that_somebody_reads_is_emptied_the_next_time(database: Database, path: Path) -> None:
    """A backup or a report may hold an older state for a moment."""
    await database.write(fill, closed=True)
    retention = Retention(database, StandingClock(NOON + timedelta(days=31)), 30)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM tickets").fetchall()
        await retention.erase()
        assert "Violet-Message" in in_the_files(path)
    await retention.erase()
    assert in_the_files(path) == {"violet-ticket", "violet-m1"}


async def test_what_is_written_in_an_erased_ticket_is_erased_in_its_time(database: Database, path: Path) -> None:
    """So many days after the last message, whether the same process erased before or not; a customer's begins anew."""
    number = await database.write(fill, closed=True)
    clock = StandingClock(NOON + timedelta(days=31))
    retention = Retention(database, clock, 30)
    await retention.erase()

    def write(tx: Transaction, name: str, days: int) -> None:
        (link,) = enqueue.links_of(tx, number)
        later = NOON + timedelta(days=days)
        record_said(tx, replace(said(name, "Violet-Edited"), said_at=later), can_reply=True)
        route_link(tx, link, RULES, later, later)

    for index, eraser in enumerate((retention, Retention(database, clock, 30), retention)):
        day = 40 * (index + 1)
        await database.write(write, f"late {index}", day)
        clock.time = NOON + timedelta(days=day + 29)
        await eraser.erase()
        assert "Violet-Edited" in in_the_files(path)
        clock.time = NOON + timedelta(days=day + 31)
        await eraser.erase()
        assert in_the_files(path) == {"violet-ticket", "violet-m1"}


async def test_what_was_just_written_in_a_ticket_closed_long_ago_is_not_erased(database: Database, path: Path) -> None:
    """It may be on its way: a reply, or what a customer of a vendor that opens no ticket again wrote. Later it is."""
    number = await database.write(fill, closed=True)
    day = NOON + timedelta(days=31)

    def write(tx: Transaction) -> None:
        (link,) = enqueue.links_of(tx, number)
        record_said(tx, replace(said("late", "Violet-Edited"), said_at=day), can_reply=True)
        route_link(tx, link, RULES, day, day)
        late = message("x1", "New words", 60 * 24 * 31)
        record(tx, STORE, replace(violet(late, status=Status.CLOSED, closed=True), read_at=day), day)

    await database.write(write)
    clock = StandingClock(day + timedelta(minutes=1))
    retention = Retention(database, clock, 30)
    await retention.erase()
    waiting = await database.read(lambda tx: tx.all("unfinished_deliveries"))
    assert {"reply", "post"} <= {row["kind"] for row in waiting if row["message"] is not None}
    assert "Violet-Edited" in in_the_files(path)
    assert "New words" in await texts(database, number)
    clock.time += timedelta(days=30)
    await retention.erase()
    assert in_the_files(path) == {"violet-ticket", "violet-m1"}
    assert not any(await texts(database, number))


async def test_what_was_just_written_in_one_thread_of_an_erased_ticket_is_kept(database: Database, path: Path) -> None:
    """Although in its other thread somebody wrote last so long ago that it is due."""
    number = await database.write(fill, closed=True)
    retention = Retention(database, clock := StandingClock(NOON + timedelta(days=31)), 30)
    await retention.erase()

    def write(tx: Transaction) -> None:
        other = replace(STORE.channels[0], chat=ChatName("slack"), channel=ChannelId("2"))
        links.open_links(tx, number, (other,), NOON)
        for link, days in zip(enqueue.links_of(tx, number), (35, 66), strict=True):
            tx.run("set_link_thread", id=link.id, thread="900", card="901")
            place, at = replace(link.place, thread=THREAD.thread), NOON + timedelta(days=days)
            record_said(tx, replace(said("late", "Violet-Edited"), place=place, said_at=at), can_reply=True)
            route_link(tx, enqueue.load_link(tx, link.id), RULES, at, at)

    await database.write(write)
    clock.time = NOON + timedelta(days=66, minutes=1)
    await retention.erase()
    assert "Violet-Edited" in in_the_files(path)
    clock.time = NOON + timedelta(days=97)
    await retention.erase()
    assert in_the_files(path) == {"violet-ticket", "violet-m1"}


async def test_what_was_written_by_a_form_in_an_erased_ticket_is_erased_in_its_time(
    database: Database, path: Path
) -> None:
    """It stands in no thread of people's; also where nobody ever wrote in a thread, and the ticket is not the first."""
    await database.write(fill)

    def write(tx: Transaction) -> None:
        for index in range(1, erasure.LOOKED_AT_ONCE + 2):
            number = tx.add("insert_ticket", store=STORE.name, vendor_id=f"t{index}", status="closed", created_at=0)
        link = tx.add("insert_link", ticket=number, chat="discord", channel="1")
        tx.run("erase_ticket", number=number, now=0)
        asker = Asker(ChatName("discord"), AgentId("U1"), "Violet-Agent")
        where = enqueue.load_link(tx, require(link))
        record_written(tx, where, asker, Purpose.NOTE, "Violet-Edited", NOON, form=None)

    await database.write(write)
    for days, kept in ((29, True), (31, False)):
        await Retention(database, StandingClock(NOON + timedelta(days=days)), 30).erase()
        assert ("Violet-Edited" in in_the_files(path)) is kept


async def test_an_open_ticket_keeps_its_words_however_old_it_is(database: Database) -> None:
    """Only what is closed has an end after which it can be erased."""
    number = await database.write(fill)
    await Retention(database, StandingClock(NOON + timedelta(days=900)), 1).erase()
    assert (await ticket(database, number)).subject == "Violet-Subject"


async def test_more_tickets_than_one_transaction_takes_are_all_erased(database: Database) -> None:
    """It goes on until none is left."""
    await database.write(fill, closed=True)

    def add(tx: Transaction) -> None:
        for index in range(50):
            record(tx, STORE, snapshot(f"t{index}", status=Status.CLOSED), NOON)

    await database.write(add)
    await Retention(database, StandingClock(NOON + timedelta(days=31)), 30).erase()
    rows = await database.read(lambda tx: tx.all("linked_tickets", store=None, status="all"))
    assert {row["erased"] for row in rows} == {1}
    assert len(rows) == 51


@pytest.mark.parametrize("reopened", [violet(), violet(message("x1", "New words", 60 * 24 * 40))])
async def test_a_ticket_that_is_opened_again_goes_on(database: Database, reopened: TicketSnapshot) -> None:
    """Its name and subject come back with the vendor's next answer; the words of before do not."""
    number = await database.write(fill, closed=True)
    clock = StandingClock(NOON + timedelta(days=31))
    await Retention(database, clock, 30).erase()
    later = NOON + timedelta(days=41)
    await database.write(record, STORE, replace(reopened, read_at=later), later)
    found = await ticket(database, number)
    assert (found.subject, found.status, found.erased) == ("Violet-Subject", Status.OPEN, False)
    assert [text for text in await texts(database, number) if text] == [m.text for m in (reopened.messages or ())[1:]]


# ---------------------------------------------------------------- deleted messages


async def deletes(database: Database, name: str) -> None:
    await database.write(record_deleted, Deleted(place=THREAD, message=ChatMessageId(name)), RULES, LATER)


async def row_of(database: Database, name: str) -> dict[str, Any]:
    def look(tx: Transaction) -> dict[str, Any]:
        row = tx.one("message_by_chat_id", link=1, chat_message=name)
        assert row is not None
        return dict(row)

    return await database.read(look)


async def test_a_recalled_message_keeps_no_text(database: Database) -> None:
    """A reply that waited is not sent, and nobody needs its words any more."""
    await database.write(fill)
    await deletes(database, "a2")
    row = await row_of(database, "a2")
    assert (row["text"], row["author_name"], row["edited_text"], row["erased"]) == ("", None, None, 1)


async def test_a_deleted_message_keeps_its_text_while_it_is_needed(database: Database) -> None:
    """Sent, and not recognised at the vendor yet: the text is how it is recognised, for a day at most."""
    await database.write(fill)

    def sent(tx: Transaction) -> None:
        (reply,) = [
            row for row in tx.all("unfinished_deliveries") if row["state"] == "waiting" and row["kind"] == "reply"
        ]
        tx.run("finish_delivery", id=reply["id"], now=0)

    await database.write(sent)
    await deletes(database, "a2")
    assert (await row_of(database, "a2"))["text"] == "Violet-Reply again"
    own = violet(message("x5", "Violet-Reply again", 2, Author.STAFF))
    await database.write(record, STORE, own, LATER)
    await Retention(database, StandingClock(LATER), None).erase()
    assert (await row_of(database, "a2"))["text"] == ""
    assert (await row_of(database, "a1"))["text"] == "Violet-Reply"


async def test_a_day_later_it_is_needed_no_more(database: Database) -> None:
    """Whatever became of it."""
    await database.write(fill)
    await deletes(database, "a1")
    await Retention(database, StandingClock(LATER + timedelta(days=1)), None).erase()
    assert (await row_of(database, "a1"))["text"] == ""


@pytest.mark.parametrize(
    ("stored", "whom"),
    [
        ("ÄNNE@Example.com", "änne@example.com"),
        ("иван@xn--e1afmkfd.xn--p1ai", "Иван@ПРИМЕР.РФ"),
        ("Jane <jane@example.com>", "jane@example.com"),
    ],
)
async def test_a_customer_is_found_however_the_address_is_written(database: Database, stored: str, whom: str) -> None:
    """In capital letters of any script, with an international domain, and with a name before it."""

    def work(tx: Transaction) -> TicketNumber:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        return record(
            tx, STORE, replace(violet(), ticket=replace(violet().ticket, customer=Customer(email=stored))), NOON
        )

    number = await database.write(work)
    assert await database.read(erasure.find_tickets, whom) == [number]


async def test_a_customer_whose_name_is_the_address_is_found(database: Database) -> None:
    """Where the vendor gives no address; else the address counts, and anybody may call themselves by another's."""

    def work(tx: Transaction) -> TicketNumber:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        for ticket, customer in (
            ("t1", Customer(name="Violet@example.com", email="mallory@example.com")),
            ("t2", Customer(name="Jane")),
            ("t3", Customer(name="Violet <Violet@example.com>")),
        ):
            read = snapshot(ticket)
            number = record(tx, STORE, replace(read, ticket=replace(read.ticket, customer=customer)), NOON)
        return number

    number = await database.write(work)
    assert await database.read(erasure.find_tickets, "violet@example.com") == [number]


@pytest.mark.parametrize("state", ["waits", "fails", "is dropped"])
async def test_a_line_for_a_channel_that_names_the_ticket(database: Database, path: Path, state: str) -> None:
    """It belongs to no ticket; while it is not posted, it has words. It is not posted, and they are erased."""

    def work(tx: Transaction) -> tuple[TicketNumber, int]:
        number = fill(tx)
        other = announce(tx, STORE.channels[0], "Another one cannot be read.", NOON)
        incidents.tickets_unreadable(tx, STORE, [(TicketId("t9"), "Violet-Subject, Violet-Name", "broken")], NOON)
        announce(tx, STORE.channels[0], "violet-ticket cannot be read.", NOON)
        for row in tx.all("unfinished_deliveries"):
            if row["ticket"] is None and row["id"] != other:
                if state == "fails":
                    tx.run("fail_delivery", id=row["id"], now=0, error="Violet-Error", in_doubt=0)
                if state == "is dropped":
                    tx.run("drop_delivery", id=row["id"], now=0)
        return number, other

    number, other = await database.write(work)
    await forget(database, number)
    await database.empty_log()
    assert in_the_files(path) == set()
    left = [row["id"] for row in await database.read(lambda tx: tx.all("unfinished_deliveries")) if not row["ticket"]]
    assert left == [other]


@pytest.mark.parametrize(("becomes", "days"), [("is dropped", 0), ("fails", 7)])
async def test_a_line_for_a_channel_that_is_never_posted(
    database: Database, path: Path, becomes: str, days: int
) -> None:
    """A ticket without an id has no row that could be erased: its subject leaves with the line, soon."""

    def work(tx: Transaction) -> None:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        incidents.tickets_unreadable(tx, STORE, [(TicketId("t9"), "without an id (Violet-Subject)", "broken")], NOON)
        incidents.tickets_unreadable(tx, STORE, [(TicketId("t8"), "without an id (Other)", "broken")], NOON)
        first = min(row["id"] for row in tx.all("unfinished_deliveries"))
        if becomes == "fails":
            tx.run("fail_delivery", id=first, now=to_ms(NOON), error="Violet-Error", in_doubt=0)
        else:
            tx.run("drop_delivery", id=first, now=to_ms(NOON))

    await database.write(work)
    if days:
        await Retention(database, StandingClock(NOON + timedelta(days=days) - timedelta(seconds=1)), None).erase()
        assert "Violet-Subject" in in_the_files(path)
        await Retention(database, StandingClock(NOON + timedelta(days=days)), None).erase()
    await database.empty_log()
    assert in_the_files(path) == set()
    left = await database.read(lambda tx: tx.all("unfinished_deliveries"))
    assert ["Other" in row["payload"] for row in left] == [True]


async def test_a_line_that_names_somebody_by_a_masked_address(database: Database) -> None:
    """So a ticket without an id is called whose subject is its customer's address."""

    def work(tx: Transaction) -> TicketNumber:
        number = fill(tx)
        email = require(tx.one("ticket", number=number))["customer_email"]
        incidents.tickets_unreadable(tx, STORE, [(TicketId("t9"), f"without an id ({masked(email)})", "broken")], NOON)
        return number

    await forget(database, await database.write(work))
    left = await database.read(lambda tx: tx.all("unfinished_deliveries"))
    assert [row for row in left if row["ticket"] is None] == []


async def test_a_forgotten_ticket_that_cannot_be_read_leaves_no_id(database: Database, path: Path) -> None:
    """Neither when it is told of, nor afterwards."""
    number = await database.write(fill)
    await forget(database, number)
    unreadable = [(TicketId("violet-ticket"), "violet-ticket", "Violet-Error")]
    await database.write(incidents.tickets_unreadable, STORE, unreadable, LATER)
    await database.empty_log()
    assert in_the_files(path) == set()


def given_up_in_doubt(tx: Transaction) -> TicketNumber:
    """A ticket with a post that failed, and may stand in the chat all the same."""
    number = fill(tx)
    for row in tx.all("unfinished_deliveries"):
        if row["kind"] == "line":
            tx.run("begin_delivery", id=row["id"], now=to_ms(NOON))
            tx.run("fail_delivery", id=row["id"], now=0, error="Violet-Error", in_doubt=1)
    return number


@pytest.mark.parametrize("earlier", [False, True])
async def test_a_post_in_doubt_is_searched_for(database: Database, path: Path, earlier: bool) -> None:
    """With the chats: only what is found can be erased. Also if the ticket was forgotten before without them."""
    number = await database.write(given_up_in_doubt)
    if earlier:
        assert (await forget(database, number)).doubtful == 1
    assert (await forget(database, number, in_chats=True)).doubtful == 1
    lines = [row for row in await database.read(lambda tx: tx.all("unfinished_deliveries")) if row["kind"] == "line"]
    assert [row["state"] for row in lines] == ["uncertain"]
    await database.empty_log()
    assert in_the_files(path) == set()


async def test_without_the_chats_a_post_in_doubt_is_named(database: Database) -> None:
    """Nobody looks for it."""
    number = await database.write(given_up_in_doubt)
    assert (await forget(database, number)).doubtful == 1
    assert "line" not in [row["kind"] for row in await database.read(lambda tx: tx.all("unfinished_deliveries"))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ÄNNE@Example.com", "änne@example.com"),
        ("Иван@ПРИМЕР.РФ", "иван@xn--e1afmkfd.xn--p1ai"),
        ("Jane <jane@example.com>", "JANE@example.com"),
    ],
)
async def test_a_customers_other_tickets_are_found_however_the_address_is_written(
    database: Database, one: str, other: str
) -> None:
    """The card names them by the comparison with which a customer is forgotten; after that nothing is left to find."""

    def work(tx: Transaction) -> tuple[list[TicketNumber], list[TicketNumber]]:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        first = _ticket_of(tx, "first", one)
        second = _ticket_of(tx, "second", other)
        _ticket_of(tx, "third", "somebody@else.example")
        (opening,) = [row for row in tx.all("unfinished_deliveries") if row["ticket"] == second]
        delivery = delivery_row(require(tx.one("delivery", id=opening["id"])))
        before = [number for number, _ in read_job(tx, delivery, "key").others]
        erasure.forget(tx, [first], LATER, in_chats=False)
        return before, [number for number, _ in read_job(tx, delivery, "key").others]

    assert await database.write(work) == ([TicketNumber(1001)], [])


async def test_what_the_address_wrote_in_others_tickets_is_erased_and_counted(database: Database, path: Path) -> None:
    """As far as the vendor says the address for the author's name; the next sweep does not bring it back."""

    def work(tx: Transaction) -> tuple[erasure.Extent, list[str]]:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        guest = Message(
            id=MessageId("guest"),
            author=Author.CUSTOMER,
            author_name="Violet-Name <VIOLET@example.com>",
            text="Violet-Message",
            written_at=NOON,
        )
        own, theirs = _ticket_of(tx, "own", "violet@example.com"), _ticket_of(tx, "theirs", "jane@example.com", guest)
        assert erasure.extent(tx, [own], "violet@example.com").elsewhere == 1
        assert erasure.extent(tx, [own], "#1001").elsewhere == 0
        erased = erasure.forget(tx, [own], LATER, whom="violet@example.com", in_chats=False)
        _ticket_of(tx, "theirs", "jane@example.com", guest)
        rows = tx.all("messages_with_vendor_id", ticket=theirs)
        return erased, [require(tx.one("message", id=row["id"]))["text"] for row in rows]

    erased, left = await database.write(work)
    assert erased.elsewhere == 1
    assert left == [""]
    await database.empty_log()
    assert in_the_files(path) == set()


def _ticket_of(tx: Transaction, vendor_id: str, email: str, *messages: Message) -> TicketNumber:
    base = snapshot(vendor_id)
    shown = replace(base, ticket=replace(base.ticket, customer=Customer(email=email)), messages=messages)
    return record(tx, STORE, shown, NOON)


async def test_no_word_is_left_in_the_indexes(database: Database, path: Path) -> None:
    """Of what is forgotten, of what an author deleted, and of what retention erases: after the next hour at most."""
    number = await database.write(fill)
    await database.empty_log()
    assert b"violet" in path.read_bytes()
    await forget(database, number)
    retention = Retention(database, StandingClock(LATER), None)
    await retention.erase()
    assert b"violet" not in path.read_bytes()
    assert not path.with_name(path.name + "-wal").read_bytes()
