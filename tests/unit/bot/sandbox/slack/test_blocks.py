"""What the practice Slack refuses about blocks and modals; each limit is met exactly and then passed by one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from bot.sandbox.slack import SlackRefusal
from bot.sandbox.slack.blocks import faults_in_blocks, faults_in_view, prepare_blocks, prepare_view
from bot.sandbox.slack.elements import suggestions

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(**parts: Any) -> Json:
    return {"type": "section", **parts}


def button(**parts: Any) -> Json:
    return {"type": "button", "text": plain("Close"), "action_id": "close", **parts}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(number: int, text: str = "x", value: str | None = None) -> Json:
    return {"text": plain(text), "value": str(number) if value is None else value}


def select(count: int, **parts: Any) -> Json:
    return {"type": "static_select", "options": [option(number) for number in range(count)], **parts}


def modal(**parts: Any) -> Json:
    return {"type": "modal", "title": plain("Close"), "blocks": [section(text=plain("x"))], **parts}


def faults(*blocks: Any) -> list[str]:
    return list(faults_in_blocks(list(blocks), "/blocks", 50))


def numbered() -> Callable[[str], str]:
    count = itertools.count(1)
    return lambda letter: f"{letter}{next(count)}"


LIMITS: list[tuple[str, Callable[[int], Json], int]] = [
    ("section text", lambda n: section(text=mrkdwn("x" * n)), 3000),
    ("field text", lambda n: section(fields=[plain("x" * n)]), 2000),
    ("fields", lambda n: section(fields=[plain("x")] * n), 10),
    ("header", lambda n: {"type": "header", "text": plain("x" * n)}, 150),
    ("actions", lambda n: actions(*(button(action_id=str(number)) for number in range(n))), 25),
    ("button text", lambda n: actions(button(text=plain("x" * n))), 75),
    ("button value", lambda n: actions(button(value="x" * n)), 2000),
    ("action id", lambda n: actions(button(action_id="x" * n)), 255),
    ("block id", lambda n: section(text=plain("x"), block_id="x" * n), 255),
    ("context", lambda n: {"type": "context", "elements": [mrkdwn("x")] * n}, 10),
    ("select", lambda n: actions(select(n)), 100),
    ("option text", lambda n: actions(select(1, options=[option(1, "x" * n)])), 75),
    ("option value", lambda n: actions(select(1, options=[option(1, value="x" * n)])), 150),
    ("placeholder", lambda n: actions(select(1, placeholder=plain("x" * n))), 150),
    ("markdown", lambda n: {"type": "markdown", "text": "x" * n}, 12_000),
]


@pytest.mark.parametrize(("build", "most"), [limit[1:] for limit in LIMITS], ids=[limit[0] for limit in LIMITS])
def test_a_limit_may_be_met_and_not_passed(build: Callable[[int], Json], most: int) -> None:
    """As much as Slack documents is taken, one more is refused with a pointer to the place."""
    assert faults(build(most)) == []
    (complaint,) = faults(build(most + 1))
    assert complaint.startswith(("[ERROR] must be less than", "[ERROR] no more than"))
    assert "[json-pointer:/blocks/0/" in complaint


def test_a_message_takes_fifty_blocks_and_a_modal_a_hundred() -> None:
    """The number of blocks is limited by where they stand."""
    block = section(text=plain("x"))
    assert faults(*[block] * 50) == []
    assert faults(*[block] * 51) == ["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"]
    assert list(faults_in_view(modal(blocks=[block] * 100))) == []
    assert len(list(faults_in_view(modal(blocks=[block] * 101)))) == 1


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({"type": "carousel_of_wonders"}, "unsupported type: carousel_of_wonders"),
        ({"text": plain("x")}, "unsupported type: None"),
        ("text", "must provide an object"),
        (section(), "missing required field: text"),
        (section(text="x"), "must provide an object"),
        (section(text={"type": "html", "text": "x"}), "must be a valid enum value"),
        (section(text=plain("")), "must be more than 0 characters"),
        (section(fields=[mrkdwn(" ")]), "must be more than 0 characters"),
        (section(text=plain("x"), page_size=5), "invalid additional property: page_size"),
        (section(text={**plain("x"), "verbatim": True}), "invalid additional property: verbatim"),
        ({"type": "header", "text": mrkdwn("x")}, "must be a valid enum value"),
        (actions(), "no fewer than 1 items required"),
        (actions(button(text=mrkdwn("x"))), "must be a valid enum value"),
        (actions(button(style="loud")), "must be a valid enum value"),
        (actions(button(), button()), "`action_id` close already exists"),
        (actions({"type": "plain_text_input"}), "unsupported type: plain_text_input"),
        (actions(select(0)), "no fewer than 1 items required"),
        ({"type": "context", "elements": [button()]}, "must be a valid enum value"),
        ({"type": "input", "label": plain("x")}, "missing required field: element"),
        ({"type": "rich_text", "elements": [{"type": "x", "elements": []}]}, "unsupported type: x"),
        ({"type": "image", "alt_text": "x"}, "missing required field: image_url"),
    ],
)
def test_a_malformed_block_is_refused(block: Any, complaint: str) -> None:
    """What no reference page describes is refused, in Slack's words."""
    assert any(complaint in fault for fault in faults(block))


def test_a_rich_text_span_needs_its_own_field() -> None:
    """Spans are checked one by one."""
    spans = [{"type": "text", "text": ""}, {"type": "user"}, {"type": "moon"}, {"type": "text", "text": "fine"}]
    found = faults({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": spans}]})
    assert [fault.partition(" [")[0] for fault in found] == [
        "[ERROR] must be more than 0 characters",
        "[ERROR] missing required field: user_id",
        "[ERROR] unsupported type: moon",
    ]


def test_block_ids_are_unique_within_a_message() -> None:
    """Two blocks cannot have one id."""
    found = faults(section(text=plain("x"), block_id="a"), section(text=plain("y"), block_id="a"))
    assert found == ["[ERROR] `block_id` a already exists [json-pointer:/blocks/1/block_id]"]


def test_the_text_of_all_blocks_has_a_limit_of_its_own() -> None:
    """Blocks that are each short enough can be too long together."""
    five = [section(text=plain("x" * 2640))] * 5
    assert len(prepare_blocks(five, numbered())) == 5
    with pytest.raises(SlackRefusal) as refusal:
        prepare_blocks([*five, section(text=plain("x"))], numbered())
    assert refusal.value.error == "msg_blocks_too_long"


def test_missing_ids_are_filled_in_and_given_ones_kept() -> None:
    """Every block and every interactive element has an id afterwards; what the app sent is not touched."""
    sent = [{"type": "actions", "elements": [{"type": "button", "text": plain("x")}, button()]}]
    (block,) = prepare_blocks(sent, numbered())
    assert block["block_id"] == "b1"
    assert [each["action_id"] for each in block["elements"]] == ["a2", "close"]
    assert "block_id" not in sent[0]


@pytest.mark.parametrize(
    ("view", "complaint"),
    [
        (modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(title=mrkdwn("x")), "must be a valid enum value"),
        (modal(private_metadata="x" * 3001), "must be less than 3001 characters"),
        (modal(callback_id="x" * 256), "must be less than 256 characters"),
        (modal(type="popup"), "must be a valid enum value"),
        (modal(colour="red"), "invalid additional property: colour"),
        ({"type": "modal", "blocks": []}, "missing required field: title"),
        (modal(blocks=[{"type": "markdown", "text": "x"}]), "unsupported type: markdown"),
        (
            modal(blocks=[{"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}}]),
            "missing required field: submit",
        ),
        ("modal", "must provide an object"),
    ],
)
def test_a_malformed_modal_is_refused(view: Any, complaint: str) -> None:
    """A modal is refused as invalid arguments, with what is wrong where."""
    with pytest.raises(SlackRefusal) as refusal:
        prepare_view(view, numbered())
    assert refusal.value.error == "invalid_arguments"
    messages = refusal.value.fields["response_metadata"]
    assert isinstance(messages, dict)
    assert any(complaint in message for message in messages["messages"])


def test_suggestions_may_be_none_and_at_most_a_hundred() -> None:
    """What an app suggests is held to the limits of options."""
    assert list(suggestions({"options": []})) == []
    assert list(suggestions({"options": [option(number) for number in range(100)]})) == []
    assert list(suggestions({"options": [option(number) for number in range(101)]})) != []
    assert list(suggestions({"options": [option(1, "x" * 76)]})) != []
    assert list(suggestions({"option_groups": [{"label": plain("Open"), "options": [option(1)]}]})) == []
    assert list(suggestions({})) != []
    assert list(suggestions(None)) != []
