"""A reading that is recorded late undoes nothing: every order of a reply, a reading and one more event, to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest

from bot.db.connection import Row, Transaction
from bot.db.rows import TicketRow, message_row, require, ticket_row, to_ms
from bot.model import (
    Author,
    Awaiting,
    ChatMessageId,
    Customer,
    Fact,
    Message,
    MessageId,
    Place,
    Said,
    Status,
    ThreadId,
    Ticket,
    TicketId,
    TicketNumber,
)
from bot.tickets import enqueue
from bot.tickets.day.queue import Awaited, awaited
from bot.tickets.figures.answers import answers_in
from bot.tickets.from_agents.written_messages import record_said, route_link
from bot.tickets.from_vendors.outdated import LONGEST_READ_LAG, Recent, is_status_outdated, turn, undoes
from bot.tickets.from_vendors.snapshot import TicketSnapshot, says_all
from bot.tickets.from_vendors.sync import record, record_gone
from bot.tickets.replies.outcomes import reply_arrived
from bot.tickets.rules_from_settings import Rules
from tests.support.database import NOON, STORE, snapshot, write
from tests.support.one_message import ANN, RULES, THREAD
from tests.support.rows import ticket

STEP = timedelta(seconds=3)
REPLY = ("the reply leaves", "it is accepted", "it is recorded")
READING = ("a reading begins", "it is answered", "the reading is recorded")
CUSTOMER, COLLEAGUE, CLOSE, SNOOZE = "the customer writes", "a colleague writes", "we close", "we snooze"
GONE = "the vendor says twice that it is gone"
ONE_CHAT: Rules = replace(RULES, stores={STORE.name: STORE}, undo=timedelta())


@dataclass(frozen=True, kw_only=True)
class Way:
    """
    How a vendor behaves.

    Attributes:
        names: Whether it says under which id it has a reply.
        alters: Whether it keeps a reply in words that nobody recognises.
        lags: Whether a reading does not show a reply that has just been accepted.
        says: Whether it says itself whose turn it is: in its `list`, or when a ticket is read `alone`.
        ahead: How far its clock is ahead of ours; None: that is unknown.
    """

    names: bool = True
    alters: bool = False
    lags: bool = False
    says: str = ""
    ahead: timedelta | None = timedelta()


WAYS = {
    "a plain one": Way(),
    "one that names no reply": Way(names=False),
    "one that alters replies": Way(alters=True),
    "one that alters replies and names none": Way(alters=True, names=False),
    "one whose reads lag": Way(lags=True),
    "one whose reads lag, and whose clock is a day behind": Way(lags=True, ahead=-timedelta(days=1)),
    "one whose reads lag, by an unknown clock": Way(lags=True, ahead=None),
    "one whose list says whose turn it is": Way(says="list"),
    "one that says whose turn it is": Way(says="alone", names=False),
}


def orders(other: str) -> Iterator[tuple[str, ...]]:
    """All orders of a reply's steps and a reading's, with one more event anywhere among them."""
    for places in combinations(range(6), 3):
        reply, reading = iter(REPLY), iter(READING)
        steps = [next(reply) if place in places else next(reading) for place in range(6)]
        for at in range(7):
            yield (*steps[:at], other, *steps[at:])


@dataclass
class Play:
    """One ticket at a vendor and here, while these things happen every three seconds."""

    tx: Transaction
    way: Way
    id: TicketId
    said: list[Message] = field(default_factory=list)
    status: Status = Status.OPEN
    now: datetime = NOON
    reply: MessageId | None = None
    listed: tuple[datetime, str, Awaiting | None] | None = None
    read: TicketSnapshot | None = None

    def begin(self) -> None:
        self._writes(Author.CUSTOMER, "A question")
        self._list()
        self._read()
        self.number = record(self.tx, STORE, require(self.read), self.now)
        (link,) = enqueue.links_of(self.tx, self.number)
        for row in self.tx.all("unfinished_deliveries"):
            self.tx.run("finish_delivery", id=row["id"], now=0)
        self.place: Place = replace(THREAD, thread=ThreadId(f"th-{self.id}"))
        self.tx.run("set_link_thread", id=link.id, thread=self.place.thread, card=f"c-{self.id}")
        words = Said(place=self.place, message=ChatMessageId("a1"), agent=ANN, text="An answer", said_at=self.now)
        route_link(self.tx, require(record_said(self.tx, words, can_reply=True)).link, ONE_CHAT, self.now, self.now)
        (self.delivery,) = [row["id"] for row in self.tx.all("unfinished_deliveries") if row["kind"] == "reply"]

    def happens(self, step: str) -> None:
        self.now += STEP
        happening: dict[str, Callable[[], object]] = {
            REPLY[0]: lambda: self.tx.run("begin_delivery", id=self.delivery, now=to_ms(self.now)),
            REPLY[1]: self._accepts,
            REPLY[2]: self._arrives,
            READING[0]: self._list,
            READING[1]: lambda: self._read(lags=self.way.lags),
            READING[2]: lambda: record(self.tx, STORE, require(self.read), self.now),
            CUSTOMER: lambda: self._writes(Author.CUSTOMER, "One more"),
            COLLEAGUE: lambda: self._writes(Author.STAFF, "From the dashboard"),
            CLOSE: self._closes,
            SNOOZE: self._snoozes,
            GONE: lambda: record_gone(self.tx, STORE, self.id, self.now),
        }
        happening[step]()

    def _accepts(self) -> None:
        self.reply = self._writes(Author.STAFF, "Altered!" if self.way.alters else "An answer")

    def _arrives(self) -> None:
        row = require(self.tx.one("delivery", id=self.delivery))
        self.tx.run("finish_delivery", id=self.delivery, now=to_ms(self.now))
        message = message_row(require(self.tx.one("message", id=row["message"])))
        reply_arrived(self.tx, message, self.reply if self.way.names else None, self.now)

    def _closes(self) -> None:
        self.status = Status.CLOSED
        self.tx.run("set_ticket_status", number=self.number, now=to_ms(self.now), status="closed", closed_here_only=0)

    def _snoozes(self) -> None:
        until = to_ms(self.now + timedelta(days=1))
        self.tx.run("set_ticket_snoozed", number=self.number, until=until, by="discord:U1", asked_at=None)

    def sweeps_on(self) -> None:
        """Later sweeps, which read the ticket only if it counts as changed."""
        for _ in range(2):
            self.now += LONGEST_READ_LAG
            self._list()
            if self.counts_as_changed:
                self._read()
                record(self.tx, STORE, require(self.read), self.now)

    @property
    def counts_as_changed(self) -> bool:
        return self.row.fingerprint != f"{self.status} {len(self.said)}"

    @property
    def row(self) -> TicketRow:
        return ticket_row(require(self.tx.one("ticket", number=self.number)))

    @property
    def truth(self) -> Awaited | None:
        """Whose turn it is at the vendor."""
        return awaited(None, self.said)

    @property
    def known_turn(self) -> Awaited | None:
        """Whose turn it is by all that we have been told: what was read, and that our reply is there."""
        read = {message.id for message in require(self.read).messages or ()}
        return awaited(None, [message for message in self.said if message.id in read or message.id == self.reply])

    @property
    def turn(self) -> Awaited | None:
        row = self.row
        return Awaited(Awaiting(require(row.awaiting)), row.waiting_since)

    @property
    def counted(self) -> list[int]:
        """Since when those waited who were answered, by the figures."""
        return [row["since"] for row in self._answers()]

    @property
    def answered_by(self) -> list[str | None]:
        """Who answered them; None: a colleague in the dashboard."""
        return [row["agent"] for row in self._answers()]

    def _answers(self) -> list[Row]:
        found = self.tx._connection.execute("SELECT * FROM answers WHERE ticket = ? ORDER BY since", (self.number,))
        return list(found)

    def _writes(self, author: Author, text: str) -> MessageId:
        message = MessageId(f"{self.id}-m{len(self.said)}")
        at = self.now + (self.way.ahead or timedelta())
        self.said.append(Message(id=message, author=author, text=text, written_at=at))
        return message

    def _list(self) -> None:
        turn = require(self.truth).awaiting if self.way.says else None
        self.listed = (self.now, f"{self.status} {len(self.said)}", turn)

    def _read(self, *, lags: bool = False) -> None:
        listed_at, fingerprint, says = require(self.listed)
        if self.way.says == "alone":
            says = require(self.truth).awaiting
        shown = tuple(message for message in self.said if not lags or message.id != self.reply)
        self.read = TicketSnapshot(
            ticket=Ticket(id=self.id, status=self.status, awaiting=says, created_at=NOON),
            messages=shown,
            fingerprint=fingerprint,
            read_at=listed_at if self.way.says == "alone" else self.now - STEP / 3,
            listed_at=listed_at if self.way.says == "list" else None,
            vendor_time=None,
            follow=True,
        )
        if self.way.ahead is not None:
            self.read = replace(self.read, vendor_time=self.read.read_at + self.way.ahead)


def played(tx: Transaction, way: Way, other: str) -> Iterator[tuple[str, Play]]:
    """Every order, each with a ticket of its own, up to its last step."""
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)
    for number, steps in enumerate(orders(other)):
        play = Play(tx, way, TicketId(f"t{number}"))
        play.begin()
        for step in steps:
            play.happens(step)
        yield " → ".join(steps), play


@pytest.mark.parametrize("other", [CUSTOMER, COLLEAGUE])
@pytest.mark.parametrize("way", WAYS)
async def test_whose_turn_it_is_follows_from_all_that_is_known(tmp_path: Path, way: str, other: str) -> None:
    """
    Late readings do not undo that a reply arrived, and what the customer wrote after it makes it our turn.

    Where nobody can know which came first, the ticket is read again; after that, everything is as at the vendor. In the
    figures each wait is counted once, by its own beginning, and no customer waits whom nobody kept waiting.
    """
    certain = WAYS[way] in (Way(), Way(names=False), Way(alters=True))

    def work(tx: Transaction) -> list[str]:
        wrong = []
        for steps, play in played(tx, WAYS[way], other):
            if play.turn != play.known_turn and (certain or not play.counts_as_changed):
                wrong.append(f"{steps}: {play.turn}, not {play.known_turn}")
            play.sweeps_on()
            if play.turn != play.truth:
                wrong.append(f"{steps}: {play.turn} in the end, not {play.truth}")
            waits = [to_ms(given.since) for given in answers_in(play.said, None)]
            if play.counted != waits:
                wrong.append(f"{steps}: {play.counted}, not {waits}")
        return wrong

    assert await write(tmp_path / "db", work) == []


async def test_an_answer_is_that_of_the_agent_who_wrote_it(tmp_path: Path) -> None:
    """Though the vendor altered it, and it was read as a colleague's before the vendor said its id."""

    def work(tx: Transaction) -> set[str | None]:
        plays = [play for _, play in played(tx, WAYS["one that alters replies"], CUSTOMER)]
        return {agent for play in plays for agent in play.answered_by}

    assert await write(tmp_path / "db", work) == {"discord:U1"}


@pytest.mark.parametrize("way", ["a plain one", "one whose reads lag"])
async def test_a_ticket_that_we_close_stays_closed(tmp_path: Path, way: str) -> None:
    """Since we closed it, and without having been opened in between."""

    def work(tx: Transaction) -> list[str]:
        wrong = []
        for steps, play in played(tx, WAYS[way], CLOSE):
            closed_at = play.row.closed_at
            play.sweeps_on()
            row = play.row
            if row.status is not Status.CLOSED or row.settled_at is not None or row.closed_at != closed_at:
                wrong.append(f"{steps}: {row.status}, {row.closed_at}")
        return wrong

    assert await write(tmp_path / "db", work) == []


@pytest.mark.parametrize("way", ["a plain one", "one whose reads lag"])
async def test_a_ticket_that_we_snooze_stays_so(tmp_path: Path, way: str) -> None:
    """The customer has written nothing since."""

    def work(tx: Transaction) -> list[str]:
        wrong = []
        for steps, play in played(tx, WAYS[way], SNOOZE):
            play.sweeps_on()
            if play.row.snoozed_until is None or play.row.first_response_at is None:
                wrong.append(steps)
        return wrong

    assert await write(tmp_path / "db", work) == []


@pytest.mark.parametrize("way", WAYS)
async def test_a_ticket_that_is_gone_stays_so_whatever_was_read_before(tmp_path: Path, way: str) -> None:
    """And if it comes back, the next reading shows it: nothing that was read before counts as the latest."""

    def work(tx: Transaction) -> list[str]:
        wrong = []
        for steps, play in played(tx, WAYS[way], GONE):
            happened = steps.split(" → ")
            if happened.index(GONE) < happened.index(READING[1]):
                continue  # it is there again
            row = play.row
            if not row.gone or row.status is not Status.CLOSED or not play.counts_as_changed:
                wrong.append(f"{steps}: {row.gone_at}, {row.status}, {row.fingerprint}")
            play.sweeps_on()
            if play.row.gone or play.row.status is not Status.OPEN:
                wrong.append(f"{steps}: {play.row.status} when it is there again")
        return wrong

    assert await write(tmp_path / "db", work) == []


@pytest.mark.parametrize(
    ("read_after", "wrote_after", "ahead", "stays"),
    [
        (-STEP, None, timedelta(), True),
        (timedelta(), None, timedelta(), False),
        (STEP, None, None, False),
        (-STEP, -STEP, timedelta(), True),
        (-STEP, STEP, timedelta(), False),
        (-STEP, STEP, 2 * STEP, True),
    ],
)
async def test_what_was_asked_before_a_ticket_was_gone_is_old(
    read_after: timedelta, wrote_after: timedelta | None, ahead: timedelta | None, stays: bool
) -> None:
    """Unless it shows what the customer certainly wrote afterwards, by the vendor's clock."""
    asked = NOON + read_after
    messages = () if wrote_after is None else (says("more", wrote_after.total_seconds()),)
    seen = replace(
        snapshot("t1"), messages=messages, read_at=asked, vendor_time=None if ahead is None else asked + ahead
    )
    assert is_status_outdated(ticket(status=Status.CLOSED, gone_at=NOON), seen) is stays


def says(name: str, after: float, author: Author = Author.CUSTOMER) -> Message:
    return Message(id=MessageId(name), author=author, text=name, written_at=NOON + timedelta(seconds=after))


def other_reading(name: str, after: float, author: Author = Author.CUSTOMER) -> Recent:
    return Recent(MessageId(name), author, is_ours=False, written_at=NOON + timedelta(seconds=after), known_at=NOON)


OURS = Recent(None, Author.STAFF, is_ours=True, written_at=None, known_at=NOON)
"""Known to be there at noon."""
ASKED = says("first", -60)


@pytest.mark.parametrize(
    ("shown", "recent", "awaiting", "since"),
    [
        ([ASKED], [], "us", -60),
        ([ASKED], [OURS], "customer", None),
        ([ASKED, says("before", -9)], [OURS], "customer", None),
        ([ASKED, says("in the same second", 1)], [OURS], "customer", None),
        ([ASKED, says("after", 3)], [OURS], "us", 3),
        ([ASKED, says("after", 3), says("more", 5)], [OURS], "us", 3),
        ([ASKED, says("after", 3), says("again us", 5, Author.STAFF)], [OURS], "customer", None),
        # Two of the vendor's own readings, of which the later one was recorded first.
        ([ASKED], [other_reading("a colleague", 1, Author.STAFF)], "customer", None),
        ([ASKED, says("answered", -50, Author.STAFF)], [other_reading("more", 1)], "us", 1),
        ([ASKED, says("answered", -50, Author.STAFF)], [other_reading("between", -55)], "customer", None),
        ([ASKED], [other_reading("a colleague", -9, Author.STAFF), other_reading("more", -5)], "us", -5),
        ([ASKED], [other_reading("more", 4), OURS], "us", 4),
        ([ASKED], [other_reading("more", 1), OURS], "customer", None),
    ],
)
def test_what_a_reading_lacks_stands_where_it_was_written(
    shown: list[Message], recent: list[Recent], awaiting: str, since: float | None
) -> None:
    """A reply of ours stands before what was certainly written after it, and what others showed at its own time."""
    seen = replace(snapshot("t1"), messages=tuple(shown), vendor_time=NOON, read_at=NOON)
    found = turn(seen, recent)
    at = None if since is None else NOON + timedelta(seconds=since)
    assert found.awaited == Awaited(Awaiting(awaiting), at)
    assert found.read_again is bool(recent)


@pytest.mark.parametrize("awaiting", Awaiting)
def test_what_the_vendor_says_counts_unless_something_is_newer(awaiting: Awaiting) -> None:
    """Than what it says: our reply, even if it is shown; or a message that was read with it."""
    seen = replace(snapshot("t1"), messages=(ASKED, says("ours", -1, Author.STAFF)), read_at=NOON, vendor_time=NOON)
    seen = replace(seen, ticket=replace(seen.ticket, awaiting=awaiting))
    assert require(turn(seen, []).awaited).awaiting is awaiting
    assert require(turn(seen, [replace(OURS, id=MessageId("ours"))]).awaited).awaiting is Awaiting.CUSTOMER
    later = replace(seen, messages=(*(seen.messages or ()), says("later", 3)))
    assert turn(later, []).awaited == Awaited(Awaiting.US, NOON + timedelta(seconds=3))


@pytest.mark.parametrize(
    ("known", "found", "changes"),
    [
        (None, Awaited(Awaiting.US, NOON), False),
        ("us", None, False),
        ("us", Awaited(Awaiting.CUSTOMER), True),
        ("customer", Awaited(Awaiting.US), True),
        ("us", Awaited(Awaiting.US, NOON), False),
        ("us", Awaited(Awaiting.US, NOON + timedelta(microseconds=3)), False),
        ("us", Awaited(Awaiting.US, NOON - STEP), True),
        ("us", Awaited(Awaiting.US), False),
        ("customer", Awaited(Awaiting.CUSTOMER), False),
    ],
)
def test_only_what_would_change_is_looked_into(known: str | None, found: Awaited | None, changes: bool) -> None:
    """So a reading that says what is known costs no look at what is newer."""
    assert undoes(ticket(awaiting=known, waiting_since=NOON if known == "us" else None), found) is changes


@pytest.mark.parametrize(
    ("read", "listed", "says_itself"),
    [
        ({}, {}, True),
        ({"status": Status.OPEN}, {"status": Status.OPEN}, True),
        ({}, {"status": Status.OPEN}, False),
        ({"status": Status.OPEN}, {"awaiting": Awaiting.US}, False),
        ({"awaiting": Awaiting.US}, {"awaiting": Awaiting.US}, True),
    ],
)
def test_what_only_a_list_says_is_as_old_as_the_list(
    read: dict[str, object], listed: dict[str, object], says_itself: bool
) -> None:
    """A status that we set between the list and the reading is not undone by the list."""
    alone, in_list = (Ticket(id=TicketId("t1"), **values) for values in (read, listed))  # type: ignore[arg-type]
    assert says_all(alone, in_list) is says_itself
    known = ticket(status=Status.OPEN, status_set_at=NOON)
    seen = replace(snapshot("t1"), read_at=NOON + LONGEST_READ_LAG, messages=())
    assert not is_status_outdated(known, seen)
    assert is_status_outdated(known, replace(seen, listed_at=NOON - STEP))


async def test_a_former_closing_is_not_taken_for_ours(tmp_path: Path) -> None:
    """A reading of the ticket as it was closed before, recorded after we opened it and closed it again."""

    def work(tx: Transaction) -> tuple[Status, datetime | None]:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        closed = replace(snapshot("t1", status=Status.CLOSED), read_at=NOON)
        closed = replace(closed, ticket=replace(closed.ticket, closed_at=NOON - timedelta(days=1)))
        number = record(tx, STORE, closed, NOON)
        for at, status in enumerate((Status.OPEN, Status.CLOSED), start=1):
            tx.run(
                "set_ticket_status", number=number, now=to_ms(NOON + at * STEP), status=status, closed_here_only=False
            )
        record(tx, STORE, replace(closed, read_at=NOON + STEP / 2), NOON + 3 * STEP)
        row = ticket_row(require(tx.one("ticket", number=number)))
        return row.status, row.closed_at

    assert await write(tmp_path / "db", work) == (Status.CLOSED, NOON + 2 * STEP)


async def test_two_readings_that_are_recorded_in_the_wrong_order(tmp_path: Path) -> None:
    """What the later one showed stays, and the ticket is read again. A reading that begins afterwards is believed."""

    def work(tx: Transaction) -> list[tuple[str, datetime | None, str | None]]:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        found = []

        def read(began: int, recorded: int, *messages: Message) -> None:
            at = NOON + timedelta(seconds=began)
            seen = replace(snapshot("t1"), messages=messages, read_at=at, vendor_time=at, fingerprint=f"f{began}")
            record(tx, STORE, seen, NOON + timedelta(seconds=recorded))
            row = ticket_row(require(tx.one("ticket", number=TicketNumber(1001))))
            found.append((str(row.awaiting), row.waiting_since, row.fingerprint))

        answered = (ASKED, says("answered", -30, Author.STAFF))
        read(0, 1, *answered)
        read(10, 11, *answered, says("more", 9))
        read(8, 12, *answered)
        read(20, 21, *answered)
        return found

    since = NOON + timedelta(seconds=9)
    assert await write(tmp_path / "db", work) == [
        ("customer", None, "f0"),
        ("us", since, "f10"),
        ("us", since, None),
        ("customer", None, "f20"),
    ]


def with_words(name: str, began: float, status: Status = Status.OPEN) -> TicketSnapshot:
    """A reading that began so many seconds after noon and says this in every field of the ticket."""
    at = NOON + timedelta(seconds=began)
    said = Ticket(
        id=TicketId("t1"),
        subject=f"Subject {name}",
        status=status,
        status_word=f"word {name}",
        customer=Customer(name=f"Jane {name}", email=f"{name}@example.com"),
        facts=(Fact("Order", name),),
        created_at=NOON,
    )
    return replace(snapshot("t1"), ticket=said, messages=(ASKED,), read_at=at, vendor_time=at, fingerprint=f"f{name}")


def words_of(row: TicketRow) -> tuple[object, ...]:
    return row.subject, row.status, row.status_word, row.customer, row.facts


@pytest.mark.parametrize("status", Status)
async def test_of_two_crossed_readings_the_newer_one_says_what_the_ticket_is(tmp_path: Path, status: Status) -> None:
    """Subject, status, customer and facts stay as the newer one has them, and the ticket is read again."""

    def work(tx: Transaction) -> None:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        newer, closed = with_words("new", 10, status), Status.CLOSED if status is Status.OPEN else Status.OPEN
        number = record(tx, STORE, newer, NOON + timedelta(seconds=11))
        cards_before = tx.all("unfinished_deliveries")
        record(tx, STORE, with_words("old", 8, closed), NOON + timedelta(seconds=12))
        row = ticket_row(require(tx.one("ticket", number=number)))
        said = newer.ticket
        assert words_of(row) == (said.subject, said.status, said.status_word, said.customer, said.facts)
        assert row.fingerprint is None
        assert [each["id"] for each in tx.all("unfinished_deliveries")] == [each["id"] for each in cards_before]
        again = with_words("again", 20, closed)
        record(tx, STORE, again, NOON + timedelta(seconds=21))
        row = ticket_row(require(tx.one("ticket", number=number)))
        assert (row.subject, row.status, row.fingerprint) == ("Subject again", closed, "fagain")

    await write(tmp_path / "db", work)


async def test_what_was_read_in_the_future_is_not_newer(tmp_path: Path) -> None:
    """This machine's clock was ahead and is put right: what is read then counts."""

    def work(tx: Transaction) -> None:
        tx.run("add_installation", key_prefix="abc123")
        tx.run("add_store", name=STORE.name)
        number = record(tx, STORE, with_words("ahead", 86_400), NOON + timedelta(days=1, seconds=1))
        record(tx, STORE, with_words("right", 60), NOON + timedelta(seconds=61))
        row = ticket_row(require(tx.one("ticket", number=number)))
        assert (row.subject, row.said_at) == ("Subject right", NOON + timedelta(seconds=60))

    await write(tmp_path / "db", work)
