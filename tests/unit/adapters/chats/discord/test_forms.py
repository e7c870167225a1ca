"""Forms as Discord's modals: within Discord's limits, and what comes back from one."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.chats.discord.forms import Submitted, modal, submitted
from bot.model import Button, ChoiceField, Modal, TextField, TicketNumber, Verb
from bot.sandbox.discord.modals import filled_in, read_modal

LONGEST = Modal(
    verb=Verb.SEND_FORM,
    title="#" + "1" * 60,
    fields=(
        TextField(name="text", label="T" * 45, hint="h" * 100, value="😀" * 1_500, has_lines=True),
        TextField(name="name", label="Name", longest=32, is_required=False),
        ChoiceField(name="then", label="And then", options=(("send", "Send"), ("close", "Send and close"))),
    ),
    submit="Send",
    ticket=TicketNumber(10**18 - 1),
    words="w" * 60,
)


def test_the_longest_form_is_one_that_discord_opens() -> None:
    """Titles, labels, hints, values and ids stay within the limits."""
    body = read_modal(modal(LONGEST).to_dict())
    assert len(body["title"]) <= 45
    assert len(body["custom_id"]) <= 100


def test_what_was_entered_comes_back() -> None:
    """By the fields' names, with what the form asks."""
    body = modal(LONGEST).to_dict()
    parts = filled_in(body, {"text": "Hi", "then": "close"})
    found = submitted({"custom_id": body["custom_id"], "components": parts})
    asked = Button(verb=Verb.SEND_FORM, label="", ticket=TicketNumber(10**18 - 1), words="w" * 60)
    assert found == Submitted(asked, {"text": "Hi", "name": "", "then": "close"})


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"custom_id": "somebody:else"},
        {"custom_id": None},
        {"custom_id": "shopbell:sendform:t1042:w"},
        {"custom_id": "shopbell:nothing:t1042"},
    ],
)
def test_what_is_not_ours(data: dict[str, Any]) -> None:
    """Nothing is done with it."""
    assert submitted(data) is None


@pytest.mark.parametrize(
    "components",
    [None, [], [None, 7, "x"], [{"component": {"custom_id": 7, "value": ["x"]}}], [{"components": [{"value": "x"}]}]],
)
def test_parts_of_another_shape(components: Any) -> None:
    """They count as not entered."""
    found = submitted({"custom_id": "shopbell:sendform:t1042:wx", "components": components})
    assert found is not None
    assert found.entered == {}
