"""Reading leniently: values, objects, facts, and the order of messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.vendors.client import parsing
from adapters.vendors.client.parsing import (
    Count,
    Flag,
    Identifier,
    Text,
    Time,
    Wire,
    facts,
    fingerprint_from,
    identifier_in,
    money,
    named,
    oldest_first,
    read_messages,
    read_one,
    read_tickets,
    unwrapped,
)
from bot.errors import Unavailable
from bot.model import Author, Fact, Message, MessageId

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Part(Wire):
    id: Text = None


class Thing(Wire):
    id: Identifier
    text: Text = None
    flag: Flag = None
    count: Count = None
    time: Time = None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries({"id": st.just("1"), "text": anything, "flag": anything, "count": anything, "time": anything})
)
def test_only_the_id_can_spoil_an_object(value: Any) -> None:
    """Whatever stands in any other field, the object is read."""
    thing = read_one(Thing, value, vendor="Acme")
    assert thing.id == "1"
    assert thing.time is None or thing.time.utcoffset() == timedelta(0)


@pytest.mark.parametrize("value", [None, False, [], "x", {}, {"id": None}, {"id": False}, {"id": ""}, {"id": {}}])
def test_an_object_without_an_id_is_nonsense(value: Any) -> None:
    """An object that cannot be named cannot be kept."""
    with pytest.raises(Unavailable):
        read_one(Thing, value, vendor="Acme")


@pytest.mark.parametrize("value", [None, {}, "[]", 0, {"data": []}])
def test_no_list_is_not_an_empty_list(value: Any) -> None:
    """An answer that holds no list says nothing about how many there are."""
    with pytest.raises(Unavailable):
        read_tickets(Thing, value, vendor="Acme")
    with pytest.raises(Unavailable):
        read_messages(Part, value, vendor="Acme")


def test_a_page_of_more_tickets_than_any_store_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """To read them would hold up everything else for minutes."""
    monkeypatch.setattr(parsing, "MOST_OF_PAGE", 3)
    assert len(read_tickets(Thing, [{"id": 1}] * 3, vendor="Acme")[0]) == 3
    with pytest.raises(Unavailable):
        read_tickets(Thing, [{"id": 1}] * 4, vendor="Acme")


@pytest.mark.parametrize("value", [None, False, 7, "x", [], {}, {"id": None}, {"id": "", "subject": "Help\n me"}])
def test_one_bad_part_does_not_spoil_a_list(value: Any) -> None:
    """The others are read; what can be read of a ticket without an id tells people which it is."""
    things, nameless = read_tickets(Thing, [{"id": 1}, value, {"id": 2}], vendor="Acme")
    assert [thing.id for thing in things] == ["1", "2"]
    known = "Help me" if isinstance(value, dict) and "subject" in value else value if value in (7, "x") else ""
    assert [one.about for one in nameless] == [str(known) or "nothing that can be read"]
    assert len(read_messages(Part, [{"id": 1}, value], vendor="Acme")) == 2


@pytest.mark.parametrize("value", [[1, 2], ["x"], [{"hello": "world"}], [None, []]])
def test_a_list_of_other_things_is_not_believed(value: Any) -> None:
    """Where nothing in it looks like a ticket, the answer as a whole makes no sense."""
    with pytest.raises(Unavailable):
        read_tickets(Thing, value, vendor="Acme")


def test_sellsns_text_for_what_was_there_before_is_no_ticket() -> None:
    """An object that was already in the answer comes as a text, and is not reported."""
    assert read_tickets(Thing, [{"id": 1}, "[Circular Reference]"], vendor="Acme")[1] == ()


def test_lone_surrogates_are_no_text() -> None:
    """They cannot be stored or sent, so they go where they come in; control characters are kept only in an id."""
    thing = {"id": "a\ud800\x1b", "text": "b\udfff\x1b\r\nc"}
    assert read_one(Thing, thing, vendor="Acme") == Thing(id="a\x1b", text="b\r\nc")


def test_a_message_without_an_id_has_one_of_its_own() -> None:
    """The same each time it is read, and another one for another message."""
    assert named("7", "x") == MessageId("7")
    assert named(None, "x", NOON) == named("", "x", NOON) != named(None, "y", NOON)


def test_false_stands_for_nothing() -> None:
    """Lightspeed's `false` is None to everything but a flag."""
    thing = read_one(Thing, {"id": 7, "text": False, "flag": False, "count": False, "time": False}, vendor="Acme")
    assert (thing.id, thing.text, thing.flag, thing.count, thing.time) == ("7", None, False, None, None)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01T19:00:00.000000+07:00", NOON),
        ("2026-03-01 12:00:00", NOON),
        (" 2026-03-01T12:00:00.000Z ", NOON),
        (1_772_366_400, NOON),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("1970-01-01T00:00:00Z", None),
        (" 2026-03-01 12:00:00 UTC", NOON),
        ("Sun, 01 Mar 2026 14:00:00 +0200", NOON),
        ("Sun, 01 Mar 99999999999999999999 14:00:00 GMT", None),
        ("1772366400", NOON),
        ("1772366400.5", NOON + timedelta(seconds=0.5)),
        (1_772_366_400_000, NOON),
        ("20260301", NOON - timedelta(hours=12)),
        (f"2026-03-01 12:00:00{' ' * 1_000_000}UTC", None),
        (10**290, None),
        (-1_772_366_400, None),
        ("yesterday", None),
        (0, None),
        (1e300, None),
        (True, None),
    ],
)
def test_times(written: Any, meant: datetime | None) -> None:
    """Times come with an offset, without one, as in mails, or as numbers; nonsense and absurd ones are none."""
    assert read_one(Thing, {"id": 1, "time": written}, vendor="Acme").time == meant


def test_unwrapping() -> None:
    """Answers come wrapped or bare."""
    assert unwrapped({"data": {"id": 1}}, "data") == {"id": 1}
    assert unwrapped({"id": 1}, "data") == {"id": 1}
    assert unwrapped([1], "data") == [1]
    assert unwrapped({"data": None, "id": 1}, "data") == {"data": None, "id": 1}


def test_ids_in_answers_to_writes() -> None:
    """The id of whatever was answered, or none; never an error."""
    assert identifier_in({"id": 12}) == "12"
    nameless: list[Any] = [None, [], "x", {}, {"id": False}, {"id": ""}, {"id": [1]}]
    for value in nameless:
        assert identifier_in(value) is None


def test_facts_have_something_to_say() -> None:
    """A fact without a value is none, and one fact is one line."""
    assert facts(("Order", "ord_1"), ("Product", None), ("Note", " \n ")) == (Fact("Order", "ord_1"),)
    assert facts(
        ("Memo", "a\nb"),
    ) == (Fact("Memo", "a b"),)


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("29.9", "USD", "29.90 USD"),
        ("29.99", None, "29.99"),
        ("1000", "JPY", "1000 JPY"),
        ("0.0005", "BTC", "0.0005 BTC"),
        (None, "USD", None),
    ],
)
def test_money(amount: str | None, currency: str | None, shown: str | None) -> None:
    """An amount is shown as the vendor wrote it, with the nought that JSON drops."""
    assert money(amount, currency) == shown


def test_fingerprints_tell_none_from_nothing() -> None:
    """A field that is missing differs from one that is empty."""
    assert fingerprint_from((None, 1)) != fingerprint_from(("", 1))


def message(number: int, at: datetime | None) -> Message:
    return Message(id=MessageId(str(number)), author=Author.CUSTOMER, text="", written_at=at)


def test_messages_are_put_in_order() -> None:
    """Newest first is turned round, also within the same second; those without a time stay beside their neighbours."""
    later = NOON + timedelta(seconds=1)
    rising = [message(1, NOON), message(2, NOON), message(3, None), message(4, later)]
    assert [m.id for m in oldest_first(rising)] == ["1", "2", "3", "4"]
    assert [m.id for m in oldest_first([message(3, later), message(2, NOON), message(1, NOON)])] == ["1", "2", "3"]
    assert oldest_first([]) == ()


def test_messages_that_share_an_id_are_told_apart() -> None:
    """Where tickets are merged whose messages are counted, each is shown, always under the same id; an echo is one."""

    def message(identifier: str, text: str) -> Message:
        return Message(id=MessageId(identifier), author=Author.CUSTOMER, text=text, written_at=NOON)

    merged = [message("1", "Hello"), message("2", "More"), message("1", "Another ticket's")]
    first, second, third = (each.id for each in oldest_first(merged))
    assert (len({first, second, third}), second) == (3, "2")
    assert {each.id for each in oldest_first([*merged[::-1], message("3", "New")])} == {first, second, third, "3"}
    assert [each.id for each in oldest_first([message("1", "Hello")] * 2)] == ["1", "1"]
