"""What is found by which words, in which order, and with which line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.db.connection import Transaction
from bot.db.migrate import migrate
from bot.model import ChannelId, ChatName, Place, Status, StoreName
from bot.tickets.lookup import finding
from bot.tickets.lookup.finding import PAGE, Scope, candidates, find, shown, with_texts
from bot.tickets.lookup.searched_words import LONGEST, query, words_of

DISCORD, SLACK = ChatName("discord"), ChatName("slack")
MAIN, OTHER = StoreName("main"), StoreName("other")
ANYWHERE = Scope()


class Shop:
    """A database with tickets in it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.tx = Transaction(connection)
        for store in (MAIN, OTHER):
            self.tx.run("add_store", name=store)

    def ticket(self, *texts: str, store: StoreName = MAIN, channel: str = "1", **columns: object) -> int:
        """A ticket with a thread in Discord, and a message of the customer for each text."""
        number = self.connection.execute(
            "INSERT INTO tickets (store, vendor_id, status, created_at, followed) "
            "SELECT ?, 'v-' || COUNT(*), 'open', 0, 1 FROM tickets RETURNING number",
            (store,),
        ).fetchone()[0]
        self.connection.execute("INSERT INTO links (ticket, chat, channel) VALUES (?, 'discord', ?)", (number, channel))
        self.change("tickets", "number", number, **columns)
        for text in texts:
            self.message(number, text)
        return int(number)

    def message(self, ticket: int, text: str, **columns: object) -> int:
        sql = (
            "INSERT INTO messages (ticket, purpose, author, text, written_at) "
            "VALUES (?, 'vendor', 'customer', ?, 0) RETURNING id"
        )
        message = self.connection.execute(sql, (ticket, text)).fetchone()[0]
        self.change("messages", "id", message, **columns)
        return int(message)

    def change(self, table: str, key: str, value: int, **columns: object) -> None:
        for column, given in columns.items():
            self.connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (given, value))

    def found(self, typed: str, scope: Scope = ANYWHERE) -> list[int]:
        words = words_of(typed)
        found = with_texts(self.tx, candidates(self.tx, words, scope), words, scope)
        return [each.ticket.number for each in shown(found, words, scope)]

    def lines(self, typed: str, scope: Scope = ANYWHERE) -> list[str]:
        return [each.line for each in find(self.tx, words_of(typed), scope).found]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection)
        yield Shop(connection)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    "spellings",
    [
        ("Straße", "STRASSE", "strasse", "STRAẞE"),
        ("Οδός", "ΟΔΟΣ", "οδοσ", "οδός"),
        ("Οδυσσέας", "ΟΔΥΣΣΕΑΣ", "οδυσσεας"),
        ("Алёна", "алена", "АЛЁНА"),
        ("Đặng", "dang", "đặng"),
        ("Łódź", "lodz", "ŁÓDŹ"),
        ("Yıldız", "yildiz", "YILDIZ"),
        ("İstanbul", "istanbul", "ISTANBUL"),
        ("Jørgensen", "jorgensen", "JØRGENSEN"),
        ("Việt", "viet", "Vie\u0323\u0302t"),
    ],
)
def test_capitals_and_accents_of_any_language_do_not_matter(shop: Shop, spellings: tuple[str, ...]) -> None:
    """Each spelling finds all of them, with the line where it is, and also where addresses are masked."""
    tickets = [shop.ticket(f"first line\nto {each} 5") for each in spellings]
    for typed in spellings:
        assert sorted(shop.found(typed)) == tickets
        assert sorted(shop.found(typed, Scope(masks_emails=True))) == tickets
        assert shop.lines(typed) == [f"to {each} 5" for each in reversed(spellings)]


@pytest.mark.parametrize("typed", ["½", "ﷺ", "x²", "Ⅻ", "㎏", "ŉ", "\u0345", "ｶﾞ", "ǰ", "ß" * 40, "ss" * 30, "oil" * 20])
def test_other_spellings_are_words_of_the_index(shop: Shop, typed: str) -> None:
    """What a word is folded to is looked for only where it is one word."""
    ticket = shop.ticket(f"to {typed} 5")
    assert shop.found(typed) == ([ticket] if words_of(typed).words else [])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", ()),
        ("   \n\t", ()),
        ("-* () \"' NEAR", ("NEAR",)),
        ('"', ()),
        ("%_\\^:{}+", ()),
        ("jane refund", ("jane", "refund")),
        ("Jane JANE jane", ("Jane",)),
        ("café cafe", ("café",)),
        ("cafe\u0301", ("café",)),
        ("#1042", ("1042",)),
        ("jane.doe@example.com", ("jane", "doe", "example", "com")),
        ("NEAR(a b, 2)", ("NEAR", "a", "b", "2")),
        ("a OR b NOT c AND d", ("a", "OR", "b", "NOT", "c", "AND", "d")),
        ("words : subject", ("words", "subject")),
        ("don't", ("don", "t")),
        ("返金 してください", ("返金", "してください")),
        ("😀 👩🏽‍🚀", ()),
        ("snake_case", ("snake", "case")),
        ("a\x00b", ("ab",)),
        ("\ud800x", ("x",)),
        ("e" + "\u0301" * 500 + "x", ("é" + "x",)),
    ],
)
def test_words_are_what_letters_and_digits_are_in(typed: str, words: tuple[str, ...]) -> None:
    """Signs part words, and mean nothing; a word that comes twice is one, whatever its capitals and accents."""
    assert words_of(typed).words == words


@pytest.mark.parametrize(
    ("typed", "words", "left_out"),
    [
        ("x" * 60, ("x" * 60,), False),
        ("x" * 61, ("x" * LONGEST,), True),
        ("ab " + "y" * 57, ("ab", "y" * 57), False),
        ("ab " + "y" * 58, ("ab",), True),
        ("abc " * 5000, ("abc",), True),
        (" ".join(f"w{each:03}" for each in range(40)), tuple(f"w{each:03}" for each in range(12)), True),
    ],
)
def test_what_a_button_cannot_carry_is_left_out(typed: str, words: tuple[str, ...], *, left_out: bool) -> None:
    """The next page is looked for by the words that stand in its button; so the first one is, too."""
    found = words_of(typed)
    assert (found.words, found.left_out) == (words, left_out)
    assert len(str(found)) <= LONGEST
    assert words_of(str(found)).words == found.words


@pytest.mark.parametrize(
    ("typed", "number"), [("1042", 1042), ("#1042", 1042), ("1042 key", 0), ("", 0), ("9" * 30, 0), ("٣", 0)]
)
def test_a_number_alone_is_a_tickets(typed: str, number: int) -> None:
    """With `#` or without; with anything beside it, it is a word like any other."""
    assert words_of(typed).number == number


def test_every_word_is_quoted() -> None:
    """So nothing in it is a sign of FTS5's own; a common word is looked for as it is."""
    assert query(words_of("NEAR me")) == '"NEAR"* AND "me"*'
    assert query(words_of("return key"), {"return": ["return", "returns"]}) == '("return" OR "returns") AND "key"*'
    assert query(words_of("or"), {"or": ["or"]}) == '("or" OR "ør"*)'


# ---------------------------------------------------------------- found


@pytest.mark.parametrize(
    "typed",
    [
        "1001", "#1001", "v-0", "parcel", "PARC", "pärcel", "lost parcel", "parcel lost", "jane", "doe jane",
        "jane@spoon.example", "spoon", "ord_x77", "x77", "refund", "when refund", "jane refund", "refund parcel x77",
        "reply", "noted", "said",
    ],
)  # fmt: skip
def test_a_ticket_is_found_by(shop: Shop, typed: str) -> None:
    """Its numbers, its subject, its customer, its facts and its texts, also by some of each; beginnings are enough."""
    number = shop.ticket(
        "When do I get my\nrefund?",
        subject="Lost Parcel",
        customer_name="Jane Doe",
        customer_email="jane@spoon.example",
        facts='[["Order", "ord_x77"]]',
    )
    for purpose, text in (("reply", "A reply"), ("note", "It is noted"), ("talk", "Somebody said so")):
        shop.message(number, text, purpose=purpose)
    shop.ticket("Nothing of that", subject="Another one", customer_name="Bob")
    assert shop.found(typed) == [number]


@pytest.mark.parametrize("typed", ["arcel", "fund", "parcel bob", "order", "null", "1002", "x", "'", "", "!!", "*"])
def test_a_ticket_is_not_found_by(shop: Shop, typed: str) -> None:
    """The middle of a word, words of which it lacks one, the label of a fact, signs alone."""
    shop.ticket("When do I get my refund?", subject="Lost parcel", facts='[["Order", "77"], ["Empty", null]]')
    assert shop.found(typed) == []


@pytest.mark.parametrize(
    ("columns", "typed"),
    [({"deleted_at": 5}, "secret"), ({"edited_text": "secret"}, "secret"), ({"erased": 1}, "secret")],
)
def test_what_was_taken_back_is_not_found(shop: Shop, columns: dict[str, object], typed: str) -> None:
    """A deleted message, an erased one, what an edit came too late for; by the rest the ticket is found."""
    number = shop.ticket("Hello")
    shop.message(number, "A word" if "edited_text" in columns else "A secret hello", **columns)
    assert shop.found(typed) == []
    assert shop.found("hello") == [number]


def test_an_erased_ticket_is_not_found(shop: Shop) -> None:
    """Neither by its words nor by its number; once its customer writes again, by what is new."""
    number = shop.ticket("A secret", subject="Parcel")
    shop.tx.run("erase_ticket", number=number, now=1)
    shop.tx.run("erase_messages", ticket=number)
    for typed in ("secret", "parcel", str(number), "v-0"):
        assert shop.found(typed) == []
    shop.tx.run("revive_ticket", number=number, vendor_id="v-0")
    shop.message(number, "Once more")
    assert shop.found("once") == shop.found(str(number)) == [number]
    assert shop.found("secret") == []


def test_the_best_come_first(shop: Shop) -> None:
    """The ticket with that number, then those that have it on their cards, then in their texts; the latest first."""
    shop.ticket(subject="Hello")
    texts = [shop.ticket("About 1001"), shop.ticket("About 10017")]
    cards = [shop.ticket(subject="Order 1001"), shop.ticket(customer_name="1001 Inc.")]
    assert shop.found("1001") == [1001, *reversed(cards), *reversed(texts)]


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        (Scope(), [1004, 1003, 1002, 1001]),
        (Scope(store="main"), [1003, 1002, 1001]),
        (Scope(store="nowhere"), []),
        (Scope(status=Status.CLOSED), [1003]),
        (Scope(chat=DISCORD, channels={}), []),
        (Scope(chat=SLACK, channels={MAIN: (Place(chat=SLACK, channel=ChannelId("1")),)}), []),
        (Scope(chat=DISCORD, channels={MAIN: (Place(chat=DISCORD, channel=ChannelId("1")),)}), [1003, 1001]),
        (Scope(chat=DISCORD, channels={MAIN: (Place(chat=DISCORD, channel=ChannelId("2")),)}), [1002]),
        (Scope(chat=DISCORD, channels={OTHER: (Place(chat=DISCORD, channel=ChannelId("1")),)}), [1004]),
    ],
)
def test_only_what_may_be_found(shop: Shop, scope: Scope, wanted: list[int]) -> None:
    """By channel, store and status; neither words nor the whole number help."""
    shop.ticket("key")
    shop.ticket("key", channel="2")
    shop.ticket("key", status="closed")
    shop.ticket("key", store=OTHER)
    shop.ticket("other", store=OTHER, channel="2")
    assert shop.found("key", scope) == wanted
    assert [number for number in (1001, 1002, 1003, 1004) if shop.found(str(number), scope)] == sorted(wanted)


@pytest.mark.parametrize(("columns", "wanted"), [({"followed": 0}, []), ({"gone_at": 0}, [1001])])
def test_without_threads_only_the_operator_finds_it(shop: Shop, columns: dict[str, Any], wanted: list[int]) -> None:
    """One that its vendor does not have any more is found as long as its threads are there."""
    shop.ticket("key", **columns)
    scope = Scope(chat=DISCORD, channels={MAIN: (Place(chat=DISCORD, channel=ChannelId("1")),)})
    assert shop.found("key", scope) == wanted
    assert shop.found("key") == [1001]


def test_pages_have_ten_and_say_whether_there_are_more(shop: Shop) -> None:
    """The latest ticket first, none twice, none left out."""
    numbers = [shop.ticket(subject="Key") for _ in range(2 * PAGE + 3)]
    pages = [find(shop.tx, words_of("key"), ANYWHERE, page) for page in range(4)]
    assert [each.ticket.number for page in pages for each in page.found] == numbers[::-1]
    assert [(len(page.found), page.more) for page in pages] == [(10, True), (10, True), (3, False), (0, False)]


@pytest.mark.parametrize(
    ("word", "forms"),
    [("order", 50), ("ORDE", 50), ("order", 1), ("заказ", 50), ("commandé", 50), ("naïve straße", 50)],
)
def test_a_beginning_finds_its_words_by_any_way(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, word: str, forms: int
) -> None:
    """As the words that begin so, or where these are too many or of another alphabet by the beginning itself."""
    monkeypatch.setattr(finding, "_MOST_FORMS", forms)
    words = ("order", "Orders", "ORDERED", "заказ", "заказы", "Commandé", "commandee", "naïve straße", "border")
    numbers = {each: shop.ticket(each) for each in words}
    wanted = [number for each, number in numbers.items() if each.casefold().startswith(word.casefold())]
    if word == "commandé":
        wanted.append(numbers["commandee"])  # accents do not matter
    assert shop.found(word) == wanted[::-1]


def test_all_words_must_be_there_whatever_is_put_in_their_place(shop: Shop) -> None:
    """Five words, of which the forms of four are looked up; signs of the query's own language mean nothing."""
    both = shop.ticket("refund orders parcels keys payments")
    shop.ticket("refund orders parcels keys")
    assert shop.found("refun order parcel keys payment") == [both]
    assert shop.found('refund") OR ("border') == []
    assert shop.found("refund AND payments") == []


def test_a_common_word_is_looked_for_as_it_is(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a large database longer words are left out then; together with a rare word it still finds what has both."""
    monkeypatch.setattr(finding, "_COMMON", 3)
    orders = [shop.ticket("order") for _ in range(4)]
    longer = shop.ticket("orders parcel")
    both = shop.ticket("order parcel")
    assert shop.found("order") == [both, *reversed(orders)]
    assert shop.found("order parcel") == [both]
    assert shop.found("parcel") == [both, longer]
    assert shop.found("orde")[0] == both
    assert longer in shop.found("ord")


def test_what_another_age_of_unicode_sees_as_two_words_is_not_found(shop: Shop) -> None:
    """A letter that SQLite does not know parts a word there; that is no error."""
    shop.ticket("a\u19b1b")
    assert shop.found("a\u19b1b") == []


def test_another_failure_of_the_database_is_one(shop: Shop) -> None:
    """Only what FTS5 says about words is no failure."""
    shop.connection.execute("DROP TABLE ticket_words")
    with pytest.raises(sqlite3.OperationalError):
        shop.found("a")


# ---------------------------------------------------------------- the line


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("parcel", ""),
        ("1001", ""),
        ("jane parcel", ""),
        ("refund", "a refund, or"),
        ("refund replacement", "a refund and a replacement"),
        ("refund jane", "a refund, or"),
        ("REPLACEMENT", "a refund and a replacement"),
        ("x77", "Order: ord_x77"),
        ("spoon", "jane@spoon.example"),
        ("v-0", ""),
        ("naive", "Naïve of me"),
    ],
)
def test_the_line_shows_where_the_words_are(shop: Shop, typed: str, line: str) -> None:
    """The latest line that has the most of them; none is needed if they are in the title."""
    shop.ticket(
        "a refund and a replacement\nThank you",
        "Hello,\na refund, or\nsomething",
        "Naïve of me",
        subject="Parcel",
        customer_name="Jane",
        customer_email="jane@spoon.example",
        facts='[["Order", "ord_x77"]]',
    )
    assert shop.lines(typed) == [line]


def test_a_long_line_is_cut_around_the_words(shop: Shop) -> None:
    """What was looked for can be seen, with what stands before and after it."""
    shop.ticket("first words " * 30 + "then the refund " + "last words " * 30)
    (line,) = shop.lines("refund")
    assert line.startswith("…")
    assert line.endswith("…")
    assert 0 < line.index("refund") <= 45
    assert len(line) <= 120


def test_a_line_without_spaces_is_cut_too(shop: Shop) -> None:
    """A single word of thousands of characters does not fill the screen."""
    shop.ticket("x" * 5000 + "(refund)" + "y" * 5000)
    (line,) = shop.lines("refund")
    assert line.startswith("…refund)")
    assert len(line) <= 120


def test_a_note_is_known_as_one(shop: Shop) -> None:
    """The list says so, because the customer does not know it."""
    number = shop.ticket("Hello")
    shop.message(number, "Give her a refund", purpose="note")
    (found,) = find(shop.tx, words_of("refund"), ANYWHERE).found
    assert (found.line, found.is_note) == ("Give her a refund", True)


# ---------------------------------------------------------------- masked


def test_nothing_is_found_by_what_is_masked(shop: Shop) -> None:
    """Wherever the address stands; by what is shown of it, and by all else, it is; and lines show it masked."""
    number = shop.ticket(
        "Write to violet@spoon.example about the parcel",
        subject="From violet@spoon.example",
        customer_name="violet@spoon.example",
        customer_email="violet@spoon.example",
        facts='[["Account", "violet@spoon.example"]]',
    )
    scope = Scope(masks_emails=True)
    for typed in ("violet", "viole", "violet@spoon.example", "violet parcel"):
        assert shop.found(typed) == [number]
        assert shop.found(typed, scope) == []
    for typed in ("parcel", "spoon", "example", "v", str(number), "account"):
        assert shop.found(typed, scope) == ([number] if typed != "account" else [])
    assert shop.lines("parcel", scope) == ["Write to v…@spoon.example about the parcel"]


def test_a_name_that_is_no_address_is_found_all_the_same(shop: Shop) -> None:
    """Also where another customer's masked address has the same word; pages are filled with what may be found."""
    for _ in range(PAGE + 2):
        shop.ticket("Hello", customer_email="violet@spoon.example")
    wanted = [shop.ticket("A violet umbrella") for _ in range(3)]
    for _ in range(PAGE + 2):
        shop.ticket("Hello", customer_email="violet@spoon.example")
    page = find(shop.tx, words_of("violet"), Scope(masks_emails=True))
    assert [each.ticket.number for each in page.found] == wanted[::-1]
    assert not page.more


def test_the_file_keeps_to_its_size(tmp_path: Path) -> None:
    """The indexes hold no text: what they add is a part of what the texts take."""
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as connection:
        migrate(connection)
        shop = Shop(connection)
        connection.execute("BEGIN")
        for each in range(300):
            shop.ticket(" ".join(f"word{(each * 7 + at) % 997}" for at in range(200)))
        connection.execute("COMMIT")
        pages = connection.execute("SELECT SUM(pgsize) FROM dbstat WHERE name = 'messages'").fetchone()[0]
        index = connection.execute("SELECT SUM(pgsize) FROM dbstat WHERE name LIKE '%_words%'").fetchone()[0]
    assert index < pages


def test_the_line_is_looked_for_in_so_many_letters(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the latest texts first; a ticket whose words stand only in what is beyond them is found without a line."""
    monkeypatch.setattr(finding, "_LETTERS", 12)
    shop.ticket("the key works", "no other key")
    assert shop.lines("works") == [""]
    assert shop.lines("other") == ["no other key"]
