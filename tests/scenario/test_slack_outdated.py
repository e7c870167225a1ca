"""What another version of shopbell has made in Slack is acknowledged, and says what to do next."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.chats import shared_wording
from adapters.chats.slack import forms, picker, wording
from tests.support.stage.stage import Stage
from tests.support.waiting import until

TYPED = "Your new key is on its way."
METADATA = [
    "",
    "no JSON",
    "[]",
    "{}",
    json.dumps({"verb": "close"}),
    json.dumps({"verb": "close", "channel": None}),
    json.dumps({"verb": "gone", "channel": "C1"}),
]


def modal(stage: Stage, callback: str, metadata: str, **more: Any) -> dict[str, Any]:
    values = {"text": {"text": {"type": "plain_text_input", "value": TYPED}}}
    view = {"id": "V1", "type": "modal", "callback_id": callback, "private_metadata": metadata}
    return {
        "type": "view_submission",
        "team": {"id": "T0PRACTICE"},
        "user": {"id": stage.world.bob.id, "name": "bob"},
        "view": view | {"state": {"values": values}},
    } | more


@pytest.mark.scenario({"sellgate": "slack"})
async def test_an_odd_modal(stage: Stage) -> None:
    """It says what to do and shows what was typed; a list in it is empty."""
    sockets = stage.world.slack.workspace.sockets
    for callback in (picker.CALLBACK, forms.PICKER, forms.FORM, "shopbell:from_an_older_version"):
        for metadata in METADATA:
            ack = await sockets.send("interactive", modal(stage, callback, metadata))
            assert ack.outcome == "acknowledged", (callback, metadata)
            assert wording.FORM_OUTDATED in json.dumps(ack.payload), (callback, metadata)
            assert TYPED in json.dumps(ack.payload)
    for action in (picker.TICKET, forms.SNIPPET, "shopbell:older"):
        asked = modal(stage, "any", "no JSON", type="block_suggestion", action_id=action, value="", block_id="b")
        ack = await sockets.send("interactive", asked)
        assert ack.outcome == "acknowledged", action
        assert ack.payload == {"options": []}
    # What a picker is sent with may be missing, too, or be of a verb that has none.
    for verb in ("close", "stats"):
        kept = json.dumps({"verb": verb, "channel": "C1"})
        ack = await sockets.send("interactive", modal(stage, picker.CALLBACK, kept))
        assert wording.FORM_OUTDATED in json.dumps(ack.payload), verb


@pytest.mark.scenario({"sellgate": "slack"})
async def test_odd_buttons_entries_and_commands(stage: Stage) -> None:
    """Whoever presses one reads what to do; one that opens a page says nothing."""
    slack, bob = stage.world.slack, stage.world.bob
    ticket = await stage.arrives("First")
    where = ticket.slack.card

    def told() -> list[str]:
        return [message.rendered for message in slack.ephemerals(bob)]

    async def sends(kind: str, **more: Any) -> None:
        ack = await slack.workspace.sockets.send("interactive", slack._interaction(kind, bob, where) | more)
        assert ack.outcome == "acknowledged", more

    odd = [("shopbell:gone:0", "ticket:1"), ("shopbell:close:0", "odd"), ("shopbell:older", "x"), ("another", "x")]
    for number, (action_id, value) in enumerate(odd, 1):
        action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value}
        await sends("block_actions", actions=[action], trigger_id="1.2.x", state={"values": {}})
        await until(lambda: len(told()) == number)  # noqa: B023
        assert shared_wording.BUTTON_OUTDATED in told()[-1]
    link = {"type": "button", "action_id": "shopbell:open:9", "block_id": "b", "url": "https://example.com"}
    await sends("block_actions", actions=[link], trigger_id="1.2.x", state={"values": {}})
    await sends("message_action", callback_id="older", trigger_id="1.2.x")
    await until(lambda: len(told()) == len(odd) + 1)
    assert "shopbell manifest slack" in told()[-1]
    await stage.at_rest()
    assert len(told()) == len(odd) + 1
