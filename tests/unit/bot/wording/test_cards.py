"""What a card shows in words: its title, its status, and how to answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.db.rows import MessageRow, TicketRow
from bot.model import (
    Attachment,
    Author,
    Customer,
    MessageId,
    Purpose,
    Standing,
    Status,
    Store,
    StoreName,
    TicketNumber,
)
from bot.ports import VendorCapabilities
from bot.wording import cards
from tests.support import rows


def ticket(subject: str, customer: Customer) -> TicketRow:
    """An open ticket of this customer."""
    return rows.ticket(number=TicketNumber(1042), subject=subject, customer=customer)


@pytest.mark.parametrize(
    ("standing", "word", "shown"),
    [
        (Standing.FIRST_ANSWER, None, "💬 Open"),
        (Standing.NEXT_ANSWER, "Open", "💬 Open"),
        (Standing.SNOOZED, "Open", "💬 Open"),
        (Standing.CUSTOMER, "pending", "💬 Open (pending) · Waiting for the customer"),
        (Standing.CLOSED, "closed", "✅ Closed"),
        (Standing.CLOSED, "solved", "✅ Closed (solved)"),
    ],
)
def test_a_status_shows_the_vendors_word_where_it_says_more(standing: Standing, word: str | None, shown: str) -> None:
    """`open (open)` says nothing; whose turn it is matters only while a ticket is open."""
    status = Status.CLOSED if standing is Standing.CLOSED else Status.OPEN
    assert cards.status_text(standing, status, word, gone=False) == shown


def test_a_ticket_that_is_gone_says_so_whatever_it_was() -> None:
    """What the vendor no longer has is neither open nor closed to the reader."""
    texts = {cards.status_text(Standing.CLOSED, status, "word", gone=True) for status in Status}
    assert texts == {"🚫 No longer at the vendor"}


def test_a_title_without_a_subject_says_so() -> None:
    """A thread's name always has its three parts."""
    jane = Customer(name="Jane")
    assert cards.title(ticket("Key not working", jane)) == "#1042 · Jane · Key not working"
    assert cards.title(ticket("", jane)) == "#1042 · Jane · no subject"


def test_the_hint_says_what_a_message_in_the_thread_does() -> None:
    """Whether it reaches the customer by itself, and how to keep one in the team."""
    assert "Start with // for a note" in cards.hint(sends_all=True, note_prefixes=("//", "note:"))
    assert "note" not in cards.hint(sends_all=True, note_prefixes=())
    assert "stay with the team" in cards.hint(sends_all=False, note_prefixes=("//",))


def opening(text: str, *, by_customer: bool = True, is_posted: bool = False) -> cards.Opening:
    return cards.Opening(message=1, text=text, by_customer=by_customer, is_on_cards=not is_posted, is_posted=is_posted)


@pytest.mark.parametrize(
    ("first", "shown"),
    [
        (None, ""),
        (opening("\u200b"), ""),
        (opening("Hello\n…"), "The customer wrote:\nHello\n…"),
        (opening("Hello?", by_customer=False), "The first message:\nHello?"),
        (opening("Hello?", is_posted=True), ""),
        (opening("x" * 200, is_posted=True), ""),
        (
            opening("Hello\nagain " * 30, is_posted=True),
            "The first message begins:\n" + "Hello again " * 16 + "Hello a…",
        ),
        (opening("a" * 499 + "@b.example"), "The customer wrote:\na…@b.example"),
    ],
)
def test_a_card_says_what_it_shows_of_the_first_message(first: cards.Opening | None, shown: str) -> None:
    """Whole, its beginning on one line, or nothing; an address is masked before it is cut."""
    store = Store(name=StoreName("main"), label="Main", vendor_label="Memory", channels=())
    row = ticket("Key", Customer(name="Jane"))
    capable, waits = VendorCapabilities(verbs=frozenset()), Standing.FIRST_ANSWER
    made = cards.card(row, first, (), store, capable, (), standing=waits, masks_emails=True)
    assert made.opening == shown


@pytest.mark.parametrize(
    ("amount", "shown", "last"),
    [
        (3, 3, "f2.jpg"),
        (51, 51, "f50.jpg"),
        (52, 51, "2 more files, which Memory shows"),
        (10_000, 51, "9950 more files, which Memory shows"),
    ],
)
def test_of_very_many_files_the_others_are_counted(amount: int, shown: int, last: str) -> None:
    """A post takes the longer to write the more files there are: one message must not keep all others waiting."""
    files = tuple(Attachment(name=f"f{number}.jpg") for number in range(amount))
    post = cards.post(message(files), rows.ticket(), rows.STORE)
    assert (len(post.attachments), post.attachments[-1].name) == (shown, last)


def message(files: tuple[Attachment, ...]) -> MessageRow:
    return MessageRow(
        id=1,
        ticket=TicketNumber(1001),
        vendor_id=MessageId("m1"),
        link=None,
        thread=None,
        chat_message=None,
        agent=None,
        purpose=Purpose.VENDOR,
        author=Author.CUSTOMER,
        author_name="Jane",
        text="See the pictures.",
        formatted=None,
        attachments=files,
        unsupported=(),
        can_reply=False,
        is_public=True,
        written_at=rows.ticket().created_at,
        mark=None,
        routed=True,
        sync_epoch=None,
        edited_text=None,
        deleted=False,
        erased=False,
    )


@pytest.mark.parametrize(
    ("vendor_id", "address"),
    [
        ("tkt_1-a", "https://dash.example/t/tkt_1-a/edit"),
        ("../../admin?x=1#", "https://dash.example/t/..%2F..%2Fadmin%3Fx%3D1%23/edit"),
        ("a b\n@evil.example", "https://dash.example/t/a%20b%0A%40evil.example/edit"),
    ],
)
def test_an_id_is_one_part_of_the_dashboards_address(vendor_id: str, address: str) -> None:
    """Whatever a vendor calls a ticket, the link leads to the page of a ticket and nowhere else."""
    store = replace(rows.STORE, dashboard="https://dash.example/t/{id}/edit")
    assert cards.dashboard(rows.ticket(vendor_id=vendor_id), store) == address
