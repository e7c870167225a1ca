"""What Slack's message events mean to the core, and which of them mean nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.chats.slack.reading import (
    MessageChanged,
    MessageDeleted,
    PersonMessage,
    _read,
    order,
    read_event,
    time_of,
    ts_at,
)
from adapters.chats.slack.reading_mrkdwn import Names
from bot.text.plain import plain

PARENT, REPLY = "1700000000.000100", "1700000001.000200"
SERVED = frozenset({"C1"})


def event(**change: Any) -> dict[str, Any]:
    plain = {"type": "message", "channel": "C1", "user": "U1", "text": "hi", "ts": REPLY, "thread_ts": PARENT}
    return {name: value for name, value in (plain | change).items() if value is not None}


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast", "me_message"])
def test_a_persons_message_in_a_thread_is_received(subtype: str | None) -> None:
    """By whichever of the four ways it was written."""
    heard = read_event(event(subtype=subtype), SERVED)
    assert isinstance(heard, PersonMessage)
    assert (heard.user, heard.markup, heard.message, heard.place.thread) == ("U1", "hi", REPLY, PARENT)
    assert heard.said_at == datetime(2023, 11, 14, 22, 13, 21, 200, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "C2"},
        {"thread_ts": None},
        {"thread_ts": REPLY},
        {"bot_id": "B1"},
        {"bot_id": "B1", "subtype": "bot_message", "user": None},
        {"user": None},
        {"user": "USLACKBOT"},
        {"subtype": "channel_join"},
        {"subtype": "message_replied"},
        {"subtype": "tombstone"},
        {"hidden": True},
    ],
)
def test_what_is_not_a_persons_message_in_a_served_thread_is_not_received(change: dict[str, Any]) -> None:
    """Other channels, first messages, bots, ourselves, and what Slack says of itself."""
    assert read_event(event(**change), SERVED) is None


def changed(now: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    shown = {"type": "message", "subtype": "message_changed", "hidden": True, "channel": "C1", "message": now}
    return shown if before is None else shown | {"previous_message": before}


def test_a_changed_text_is_received() -> None:
    """The new text, under the message's own id."""
    heard = read_event(changed(event(text="new"), event(text="old")), SERVED)
    assert isinstance(heard, MessageChanged)
    assert (heard.now.message, heard.now.markup) == (REPLY, "new")
    assert isinstance(read_event(changed(event(text="new"), None), SERVED), MessageChanged)


def test_a_file_that_is_deleted_or_taken_out_is_received() -> None:
    """The words are the same; a file of which Slack says something else now is still the same file."""
    a, b = {"id": "F1", "name": "a"}, {"id": "F2", "name": "b"}
    for left in ([a, {"id": "F2", "mode": "tombstone"}], [a]):
        heard = read_event(changed(event(files=left), event(files=[a, b])), SERVED)
        assert isinstance(heard, MessageChanged)
        assert heard.has_other_files
    asked_for = {"id": "F2", "file_access": "check_file_info"}
    assert read_event(changed(event(files=[a, b]), event(files=[a | {"size": 1}, asked_for])), SERVED) is None


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (event(attachments=[{"title": "preview"}]), event()),
        (event(ts=PARENT, text="card", reply_count=2, bot_id="B1"), event(ts=PARENT, text="card", bot_id="B1")),
        (event(bot_id="B1", text="new"), event(bot_id="B1", text="old")),
    ],
)
def test_what_changes_no_persons_text_is_not_received(now: dict[str, Any], before: dict[str, Any]) -> None:
    """Link previews, a thread's count of replies, our own edits, tombstones."""
    assert read_event(changed(now, before), SERVED) is None


def test_a_deleted_message_is_received() -> None:
    """With its thread, which only the message as it was can tell."""
    gone = {"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": REPLY, "hidden": True}
    heard = read_event(gone | {"previous_message": event()}, SERVED)
    assert isinstance(heard, MessageDeleted)
    assert (heard.message, heard.place.thread) == (REPLY, PARENT)
    bare = read_event(gone, SERVED)
    assert isinstance(bare, MessageDeleted)
    assert (bare.message, bare.deletes_thread) == (REPLY, True)


def test_a_card_that_is_deleted_takes_its_thread_with_it() -> None:
    """Where replies hang under it, Slack leaves a tombstone and tells that as a change."""
    tombstone = event(ts=PARENT, subtype="tombstone", user="USLACKBOT", text="gone")
    before = event(ts=PARENT, bot_id="B1")
    changed = {"type": "message", "subtype": "message_changed", "channel": "C1", "message": tombstone}
    heard = read_event(changed | {"previous_message": before}, SERVED)
    assert isinstance(heard, MessageDeleted)
    assert heard.deletes_thread
    assert heard.place.thread == PARENT


def test_a_thread_that_a_person_began_is_no_tickets_thread() -> None:
    """Its end is not heard of, whether replies hang under it or not; a reply in it is."""
    begun = event(ts=PARENT)
    gone = {"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": PARENT}
    assert read_event(gone | {"previous_message": begun}, SERVED) is None
    tombstone = event(ts=PARENT, subtype="tombstone", user="USLACKBOT", text="gone")
    changed = {"type": "message", "subtype": "message_changed", "channel": "C1", "message": tombstone}
    assert read_event(changed | {"previous_message": begun}, SERVED) is None


def test_files_are_named_and_none_lasts() -> None:
    """Name, size and the page in Slack; what was deleted from the workspace is no file any more."""
    files = [
        {"name": "a.png", "size": 12, "permalink": "https://x.example/p", "url_private": "https://x.example/u"},
        {"title": "b", "url_private": "https://x.example/b"},
        {"mode": "tombstone"},
    ]
    heard = read_event(event(subtype="file_share", files=files, text=""), SERVED)
    assert isinstance(heard, PersonMessage)
    assert [(each.name, each.size, each.url, each.lasting) for each in heard.attachments] == [
        ("a.png", 12, "https://x.example/p", False),
        ("b", None, "https://x.example/b", False),
    ]


def test_emoji_are_known_by_what_was_typed() -> None:
    """Slack's blocks say which characters a short code stands for; a workspace's own emoji have none."""
    spans = [
        {"type": "emoji", "name": "lock", "unicode": "1f512"},
        {"type": "text", "text": "x"},
        {"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fc", "skin_tone": 3},
        {"type": "emoji", "name": "shop"},
        {"type": "emoji", "name": "odd", "unicode": "zz"},
    ]
    typed_blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": spans}]}]
    heard = read_event(event(blocks=typed_blocks), SERVED)
    assert isinstance(heard, PersonMessage)
    assert plain(_read(heard, Names())) == "🔒x👋🏼:shop::odd:"


@pytest.mark.parametrize("tone", [1, 0, -1, 7, 10**30, "x", "²", {}, [3], True])
def test_a_tone_that_there_is_not_changes_nothing(tone: object) -> None:
    """Blocks may say anything."""
    spans = [{"type": "emoji", "name": "wave", "skin_tone": tone}]
    typed_blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": spans}]}]
    heard = read_event(event(blocks=typed_blocks), SERVED)
    assert isinstance(heard, PersonMessage)
    assert plain(_read(heard, Names())) == "👋"


def test_a_message_that_was_passed_on_is_reported() -> None:
    """Its text is not part of the message, so nobody may think that it was sent."""
    heard = read_event(event(attachments=[{"is_share": True, "text": "secret"}]), SERVED)
    assert isinstance(heard, PersonMessage)
    assert heard.unsupported == ("a shared message",)


def test_stamps_keep_every_digit() -> None:
    """A `ts` is compared and converted without ever being a float."""
    assert order("1700000000.000009") < order("1700000000.000010") < order("1700000001.000000")
    assert ts_at(time_of("1700000000.123456")) == "1700000000.123456"
