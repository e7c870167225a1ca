"""What a press on one of our buttons asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.chats.slack.buttons import ACTIONS, action_rows, pressed
from bot.model import (
    Button,
    DeliveryId,
    TicketNumber,
    Verb,
)
from tests.support.block_kit import accepted


def test_a_button_says_all_that_is_needed() -> None:
    """Verb and number stand in the button itself, and are read back from what Slack sends when it is pressed."""
    buttons = (
        Button(verb=Verb.CLOSE, label="Close", ticket=TicketNumber(7)),
        Button(verb=Verb.RETRY, label="Retry", delivery=DeliveryId(99)),
        Button(verb=Verb.RETRY, label="Retry", delivery=DeliveryId(100)),
        Button(verb=Verb.REOPEN, label="Reopen"),
        Button(verb=Verb.STATS, label="Next", page=2, words="mine: main"),
    )
    shown = accepted(action_rows(buttons))
    asked = [pressed(element) for element in shown[0]["elements"]]
    assert asked == [replace(button, label="") for button in buttons]
    assert all(ACTIONS.fullmatch(element["action_id"]) for element in shown[0]["elements"])


@pytest.mark.parametrize(
    "action",
    [
        {"action_id": "other:close:0", "value": "ticket:1"},
        {"action_id": "shopbell:dance:0", "value": "ticket:1"},
        {"action_id": "shopbell:close:0", "value": "ticket:one"},
        {"action_id": "shopbell:close:0", "value": f"ticket:{'9' * 30}"},
        {"action_id": "shopbell:retry:0", "value": f"delivery:{'9' * 5000}"},
        {"action_id": "shopbell:close:0", "value": "store:1"},
        {"action_id": "shopbell:stats:0", "value": "page:1:two\nlines"},
        {"action_id": "shopbell:stats:0", "value": f"page:1:{'x' * 61}"},
        {"action_id": "shopbell:close:0", "value": "ticket:١٢"},
        {},
    ],
)
def test_what_is_no_button_of_ours_is_none(action: dict[str, str]) -> None:
    """What comes in with a press is somebody's input: what does not fit is no button."""
    assert pressed(action) is None
