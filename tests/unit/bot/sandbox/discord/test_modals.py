"""The practice Discord refuses the modals that the real one refuses, and fills in as its client does."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.discord.modals import NotFilledIn, fields_of, filled_in, read_modal
from bot.sandbox.discord.refusals import DiscordRefusal

TEXT: dict[str, Any] = {"type": 4, "custom_id": "text", "style": 2, "value": "Hi", "max_length": 5}
RADIO: dict[str, Any] = {
    "type": 21,
    "custom_id": "then",
    "options": [{"label": "A", "value": "a"}, {"label": "B", "value": "b", "default": True}],
}
GOOD: dict[str, Any] = {
    "title": "Title",
    "custom_id": "x",
    "components": [
        {"type": 10, "content": "Words"},
        {"type": 18, "label": "Text", "component": TEXT},
        {"type": 18, "label": "Then", "description": "d", "component": RADIO},
        {"type": 1, "components": [{"type": 4, "custom_id": "old", "style": 1, "label": "Old", "required": False}]},
    ],
}


def label(**component: Any) -> dict[str, Any]:
    return {"type": 18, "label": "L", "component": component}


def test_a_good_one() -> None:
    """Labels, rows of the old kind, and words between them."""
    assert read_modal(GOOD) == GOOD
    assert [field["label"] for field in fields_of(GOOD)] == ["Text", "Then", "Old"]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "x" * 46},
        {"title": ""},
        {"custom_id": "x" * 101},
        {"custom_id": None},
        {"components": []},
        {"components": [label(**TEXT | {"custom_id": str(n)}) for n in range(6)]},
        {"components": [label(**TEXT), label(**TEXT)]},
        {"components": [label(**TEXT) | {"label": "x" * 46}]},
        {"components": [label(**TEXT) | {"description": "x" * 101}]},
        {"components": [{"type": 1, "components": [TEXT | {"label": "a"}, TEXT | {"label": "b"}]}]},
        {"components": [{"type": 1, "components": [TEXT]}]},
        {"components": [{"type": 2, "custom_id": "x"}]},
        {"components": [label(**TEXT | {"style": 3})]},
        {"components": [label(**TEXT | {"value": "x" * 4001})]},
        {"components": [label(**TEXT | {"placeholder": "x" * 101})]},
        {"components": [label(**TEXT | {"max_length": 4001})]},
        {"components": [label(**TEXT | {"max_length": 0})]},
        {"components": [label(**TEXT | {"custom_id": ""})]},
        {"components": [label(**RADIO | {"options": RADIO["options"][:1]})]},
        {"components": [label(**RADIO | {"options": [{"label": "x" * 101, "value": "v"}] * 2})]},
        {"components": [label(type=99, custom_id="x")]},
    ],
)
def test_what_is_refused(changes: dict[str, Any]) -> None:
    """50035, as for every field that is wrong."""
    with pytest.raises(DiscordRefusal) as refused:
        read_modal(GOOD | changes)
    assert refused.value.code == 50035


def test_what_nobody_has_touched_is_sent_as_it_stands() -> None:
    """A text's value, and the option that is chosen at first."""
    words, then, old = filled_in(GOOD, {})
    assert (words["component"]["value"], then["component"]["value"]) == ("Hi", "b")
    assert old["components"][0]["value"] == ""


@pytest.mark.parametrize("values", [{"text": ""}, {"text": "x" * 6}, {"then": "c"}, {"other": "x"}])
def test_what_the_client_does_not_send(values: dict[str, str]) -> None:
    """Nothing in a required field, too much, or what is not offered."""
    with pytest.raises(NotFilledIn):
        filled_in(GOOD, values)
