"""What Slack carries beside the text becomes text, a file, or is named; no id of Slack's is shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chats.slack import beside_text
from adapters.chats.slack.reading import PersonMessage, read_event, words_of

Json = dict[str, Any]

LAMP = {"type": "rich_text_section", "elements": [{"type": "text", "text": "Lamp"}]}
CELL = {"type": "rich_text", "elements": [LAMP]}
TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "Item"}, {"type": "raw_text", "text": "Price"}],
                                   [CELL, {"type": "raw_text", "text": "29.90"}]]}  # fmt: skip
LINK_BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Track"}, "url": "https://shop.example/t"}
RICH = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "Hi"}]}]}


def read(**change: Any) -> PersonMessage:
    plain = {"type": "message", "channel": "C1", "user": "U1", "text": "Hi", "ts": "2.000200", "thread_ts": "1.000100"}
    found = read_event(plain | change, {"C1"})
    assert isinstance(found, PersonMessage)
    return found


def inline(element: Json) -> list[Json]:
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}]


@pytest.mark.parametrize(
    "where",
    [
        {"attachments": [{"fallback": "[no preview available]", "blocks": [TABLE]}]},
        {"blocks": [RICH, TABLE]},
        {"blocks": [RICH], "attachments": [{"fallback": "x", "blocks": [TABLE]}]},
    ],
)
def test_a_table_is_sent_as_lines(where: Json) -> None:
    """Wherever Slack puts it; nothing is said to be missing."""
    found = read(**where)
    assert words_of(found) == "Hi\nItem | Price\nLamp | 29.90"
    assert found.unsupported == ()


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"type": "section", "text": {"type": "mrkdwn", "text": "*See* <@U0123456789>"}}, "See @somebody"),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "A"}, {"type": "plain_text", "text": "B"}]}, "A\nB"),
        ({"type": "header", "text": {"type": "plain_text", "text": "Title"}}, "Title"),
        ({"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]}, "small"),
        ({"type": "markdown", "text": "words"}, "words"),
        ({"type": "table", "rows": [[{"type": "raw_number", "value": 3, "text": "3"}, {"type": "raw_text"}]]}, "3 |"),
    ],
)
def test_blocks_are_what_people_see(block: Json, said: str) -> None:
    """A program that posts for a person gives a text for notifications, which may say something else."""
    found = read(text="New message", blocks=[block])
    assert (words_of(found), found.unsupported) == (said, ())


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"files": [{"id": "F1", "mode": "tombstone"}]}, "a deleted file"),
        ({"files": [{"id": "F1", "mode": "hidden_by_limit"}]}, "a file that Slack does not show to shopbell"),
        ({"files": [{"id": "F1", "mode": "quip", "title": "Plan"}]}, "the canvas “Plan”"),
        ({"files": [{"id": "F1", "mode": "list", "filetype": "list", "name": "To do"}]}, "the list “To do”"),
        ({"files": [{"id": "F1", "mode": "space", "name": "\u3164"}]}, "the post"),
        ({"files": [{"id": "F1", "mode": "external", "is_external": True, "name": "a.doc"}]},
         "the file “a.doc”, which is not stored in Slack"),
        ({"files": [{"id": "F1", "mode": "file_access", "file_access": "access_denied"}]},
         "a file that Slack does not show to shopbell"),
        ({"attachments": [{"is_share": True, "is_msg_unfurl": True, "text": "x"}]}, "a shared message"),
        ({"attachments": [{"fallback": "x"}]}, "something that shopbell cannot read"),
        ({"attachments": [{"blocks": [{"type": "poll_of_2027"}]}]}, "something that shopbell cannot read"),
        ({"blocks": [RICH, {"type": "call", "call_id": "R1"}]}, "a call"),
        ({"blocks": [RICH, {"type": "image", "image_url": "https://x.example/a.png"}]}, "a picture"),
        ({"blocks": [RICH, {"type": "actions", "elements": []}]}, "buttons"),
        ({"blocks": [RICH, {"type": "section", "accessory": LINK_BUTTON}]}, "buttons"),
        ({"blocks": [RICH, {"type": "section", "accessory": {"type": "image", "image_url": "x"}}]}, "a picture"),
        ({"blocks": [RICH, {"type": "actions", "elements": [LINK_BUTTON]}]}, "buttons"),
        ({"blocks": [RICH, {"type": "poll_of_2027"}]}, "something that shopbell cannot read"),
        ({"blocks": inline({"type": "team", "team_id": "T0123456789"})}, "something that shopbell cannot read"),
        ({"blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_poll"}]}]},
         "something that shopbell cannot read"),
        ({"room": {"id": "R1"}}, "a call"),
        ({"text": ""}, "something that shopbell cannot read"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_named(parts: Json, said: str) -> None:
    """And is no file that would fail by itself."""
    found = read(**parts)
    assert found.unsupported == (said,)
    assert found.attachments == ()


@pytest.mark.parametrize(
    "attachment",
    [
        {"from_url": "https://shop.example", "title": "Shop", "service_name": "Shop"},
        {"original_url": "https://shop.example", "image_url": "https://shop.example/a.png"},
        {"is_msg_unfurl": True, "text": "An older message", "channel_id": "C1"},
        {"is_app_unfurl": True, "app_unfurl_url": "https://shop.example", "blocks": [RICH]},
    ],
)
def test_a_preview_is_not_the_authors(attachment: Json) -> None:
    """Slack shows it of an address in the text; it is neither sent nor missed."""
    found = read(attachments=[attachment])
    assert (words_of(found), found.unsupported) == ("Hi", ())


def test_voice_and_video_are_files() -> None:
    """Clips that were recorded in Slack."""
    clip = {"id": "F1", "name": "audio_message.m4a", "mode": "hosted", "subtype": "slack_audio", "url_private": "x"}
    assert [each.name for each in read(files=[clip]).attachments] == ["audio_message.m4a"]


def test_a_file_of_a_shared_channel_is_asked_for() -> None:
    """The event has its id only; what Slack says then is a file as any other, and a refusal is named."""
    message = {"files": [{"id": "F1", "mode": "file_access", "file_access": "check_file_info"}]}
    whole = {"id": "F1", "name": "label.pdf", "mode": "hosted", "url_private": "https://files.slack.com/x", "size": 3}
    assert beside_text.files_to_ask(message) == ["F1"]
    known = beside_text.with_files(message, {"F1": whole})
    assert [each.name for each in beside_text.attachments_of(known)] == ["label.pdf"]
    assert beside_text.not_sent(known) == ()
    hidden = beside_text.with_files(message, {"F1": None})
    assert beside_text.not_sent(hidden) == ("a file that Slack does not show to shopbell",)


IDS = ("U0123456789", "W0123456789", "C0123456789", "S07SUPPORT1", "T0123456789", "B0123456789", "F0123456789")
_id = st.sampled_from(IDS)
_markup = st.one_of(
    st.builds("<@{}>".format, _id),
    st.builds("<@{0}|{0}>".format, _id),
    st.builds("<#{}>".format, _id),
    st.builds("<#{0}|{0}>".format, _id),
    st.builds("<#{}|>".format, _id),
    st.builds("<!subteam^{}>".format, _id),
    st.builds("<!subteam^{0}|@{0}>".format, _id),
    st.builds("<!here^{}>".format, _id),
    st.builds("<!new_thing^{0}|{0}>".format, _id),
    st.builds("<slack://user?team={0}&id={0}>".format, _id),
    st.sampled_from(["<!date^1700000000^{date}|then>", "<!here>", ":tada:", "*b*", "> q", "`c`", "x", "\n", " "]),
)
_unknown = st.builds(lambda name, id_: {"type": f"new_{name}", f"{name}_id": id_}, st.sampled_from("abc"), _id)
_element = st.one_of(
    st.builds(lambda id_: {"type": "user", "user_id": id_}, _id),
    st.builds(lambda id_: {"type": "usergroup", "usergroup_id": id_}, _id),
    st.builds(lambda id_: {"type": "channel", "channel_id": id_}, _id),
    st.builds(lambda id_: {"type": "broadcast", "range": id_}, _id),
    st.just({"type": "text", "text": "word"}),
    st.just({"type": "emoji", "name": "tada"}),
    _unknown,
)
_section = st.builds(
    lambda kind, elements: {"type": kind, "elements": elements},
    st.sampled_from(["rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_new"]),
    st.lists(_element, max_size=3),
)
_block = st.one_of(
    st.builds(lambda elements: {"type": "rich_text", "elements": elements}, st.lists(_section, max_size=3)),
    st.builds(lambda cells: {"type": "table", "rows": [[{"type": "rich_text", "elements": cells}]]},
              st.lists(_section, max_size=2)),
    st.sampled_from([{"type": "call"}, {"type": "section", "text": {"type": "mrkdwn", "text": "word"}}]),
    _unknown,
)  # fmt: skip
_file = st.builds(
    lambda mode, id_: {"id": id_, "mode": mode, "url_private": "x", "name": ""},
    st.sampled_from(["hosted", "tombstone", "quip", "list", "external", "hidden_by_limit", "new_mode"]),
    _id,
)


@settings(max_examples=300)
@given(
    st.lists(_markup, max_size=4).map("".join),
    st.lists(_block, max_size=3),
    st.lists(_file, max_size=2),
    st.lists(st.one_of(st.just({"is_share": True}), st.builds(lambda b: {"blocks": [b]}, _block)), max_size=2),
)
def test_nothing_disappears_and_no_id_gets_out(
    text: str, blocks: list[Json], files: list[Json], attachments: list[Json]
) -> None:
    """Whatever a message is made of: it has words, a file or a line that says what is missing; and no id of Slack's."""
    found = read(text=text, blocks=blocks, files=files, attachments=attachments)
    shown = words_of(found)
    outside = "\n".join([shown, *found.unsupported, *(each.name for each in found.attachments)])
    assert not re.search("|".join(IDS), outside)
    assert shown.strip() or found.attachments or found.unsupported
    new = re.findall("new_[abc]", str([*blocks, *attachments]))
    assert not new or "something that shopbell cannot read" in found.unsupported
    kept = [file for file in files if file["mode"] in ("hosted", "new_mode")]
    assert len(found.attachments) == len(kept)
