"""The list from which a command's ticket is picked."""

from __future__ import annotations

import pytest
from slack_sdk.models.blocks import Block

from adapters.chats.slack import picker
from adapters.chats.slack.markup import width
from bot.model import (
    Answer,
    ChannelId,
    Choice,
    TicketNumber,
    Verb,
)
from bot.sandbox.slack.elements import options as found
from tests.support.block_kit import accepted


def test_the_picker_keeps_what_it_is_for() -> None:
    """Verb and channel travel in the modal, through every form of it."""
    purpose = picker.Purpose(Verb.REOPEN, ChannelId("C1"))
    for view in (
        picker.picker_view(purpose),
        picker.waiting_view(purpose),
        picker.result_view(purpose, Answer(text="Done")),
    ):
        accepted([block for block in view["blocks"] if block["type"] != "input"])
        assert picker.purpose_of(view) == purpose
        assert len(view["title"]["text"]) <= 24
    assert Block.parse(picker.picker_view(purpose)["blocks"][0]) is not None


@pytest.mark.parametrize("assignee", [None, "U7"])
def test_assigning_asks_for_a_person_too(assignee: str | None) -> None:
    """Who was named with the command is filled in; who is picked counts."""
    view = picker.picker_view(picker.Purpose(Verb.ASSIGN, ChannelId("C1"), assignee))
    _, asked = view["blocks"]
    assert asked["element"].get("initial_user") == assignee
    state = {asked["block_id"]: {asked["element"]["action_id"]: {"type": "users_select", "selected_user": "U8"}}}
    assert picker.picked_assignee({"state": {"values": state}}) == "U8"
    assert picker.picked_assignee({"state": {"values": {}}}) is None


def test_the_pickers_choices_fit_slacks_lists() -> None:
    """At most a hundred lines of 75 characters; the number is what comes back."""
    options = picker.options([Choice(TicketNumber(number), "#1 · " + "x" * 200) for number in range(150)])
    assert len(options) == 100
    assert all(len(option["text"]["text"]) <= 75 for option in options)
    assert options[3]["value"] == "3"


@pytest.mark.parametrize("sign", ["😀", "👨‍👩‍👧‍👦", "𝕁", "e\u0301", "x"])
def test_no_customers_name_makes_slack_refuse_the_list(sign: str) -> None:
    """Slack counts an emoji as two or more; one option that is too long would leave nobody any. Each is still told."""
    options = picker.options([Choice(TicketNumber(1), f"#1001 · {sign * 80} · Key"), Choice(TicketNumber(2), "#2")])
    assert list(found(options, "/options")) == []
    assert width(options[0]["text"]["text"]) <= 75
    assert options[0]["text"]["text"].startswith(f"#1001 · {sign * 3}")
    words = picker.picker_view(picker.Purpose(Verb.CLOSE, ChannelId("C1"), words=sign * 600))["blocks"][-1]["element"]
    assert width(words["initial_value"]) <= words["max_length"]


@pytest.mark.parametrize("verb", [Verb.SNOOZE, Verb.CLOSE])
@pytest.mark.parametrize("words", ["", "mon 9:00", "x" * 5_000])
def test_a_time_and_a_reason_are_asked_for_too(verb: Verb, words: str) -> None:
    """What was typed with the command stands there already; none need be typed."""
    view = picker.picker_view(picker.Purpose(verb, ChannelId("C1"), words=words))
    accepted(view["blocks"])
    asked = view["blocks"][1]
    assert asked["optional"]
    assert len(asked["element"].get("initial_value", "")) <= asked["element"]["max_length"]
    assert asked["element"].get("initial_value", "")[:20] == words[:20]
    for value, typed in (("2h", "2h"), (None, "")):
        state = {asked["block_id"]: {asked["element"]["action_id"]: {"type": "plain_text_input", "value": value}}}
        assert picker.typed_words({"state": {"values": state}}) == typed
    assert picker.typed_words({"state": {"values": {}}}) == ""


def test_what_has_no_room_is_counted() -> None:
    """Slack takes a hundred lines; the last one says that there are more."""
    shown = picker.options([Choice(TicketNumber(number), f"#{number} · Jane") for number in range(100)])
    assert shown[-1]["value"] == "99"
    shown = picker.options([Choice(TicketNumber(number), f"#{number} · Jane") for number in range(101)])
    assert (len(shown), shown[-1]["value"]) == (100, "…")
    assert shown[-1]["text"]["text"] == "… and at least 2 more: type more to find them"
    assert list(found(shown, "")) == []


def test_a_reason_is_kept_as_it_was_typed() -> None:
    """As long as a form's field is, with its lines: whoever forgot the number does not write it again."""
    reason = "Sent a new key.\nAsked for a review. " + "x" * 900
    view = picker.picker_view(picker.Purpose(Verb.CLOSE, ChannelId("C1"), words=reason))
    element = view["blocks"][-1]["element"]
    assert (element["initial_value"], element["multiline"]) == (reason, True)
