"""Programs, and people of another company, speak for no agent in Slack: as new messages, as edits, and with words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.state import BOT_USER
from tests.support.stage.stage import Stage

_OTHER_TEAM = {"team": "T0OTHER", "user_team": "T0OTHER", "source_team": "T0OTHER"}


@pytest.mark.scenario({"sellgate": "slack"}, started=False)
async def test_no_program_and_no_stranger_speaks_for_an_agent(stage: Stage) -> None:
    """Whatever name or id they carry, what they write and edit goes nowhere; an agent's next message does."""
    slack = stage.world.slack
    stranger = slack.add_user("stranger", stranger=True)
    slack.invite(stage.shop.slack, stranger)
    await stage.bridge.start()
    ticket = await stage.arrives("Programs")
    note = await ticket.bob_says("note: like this")
    await ticket.marked(note, "🔒")
    state, events = slack.workspace.state, slack.workspace.events
    programs: dict[str, dict[str, Any]] = {
        "a bot": {"bot_id": "B0OTHER", "subtype": "bot_message", "user": None},
        "a bot with an agent's id": {"bot_id": "B0OTHER"},
        "a workflow": {"bot_id": "B0FLOW", "app_id": "A0FLOW", "subtype": "bot_message", "username": "Bob"},
        "a bot user": {"user": BOT_USER},
        "slackbot": {"user": "USLACKBOT"},
        "somebody of another company": {"user": stranger.id, **_OTHER_TEAM},
        "a reminder": {"subtype": "reminder_add"},
        "a topic": {"subtype": "channel_topic"},
        "nobody": {"user": ""},
        "an unknown account": {"user": "U0NOBODY"},
    }
    channel = state.channels[note.channel]
    for name, fields in programs.items():
        for text in (f"from {name}", "!close", f"<@{BOT_USER}> close", "!reopen"):
            new = events._message_json(note) | {"ts": state.new_ts(), "text": text, "blocks": [], **fields}
            events._message_event(channel, new | events._where(channel, new["ts"]))
            edited = {"user": note.user, "ts": state.new_ts()}
            old = events._message_json(note)
            # An edit that names another author than the message has.
            if name not in ("a bot with an agent's id", "a reminder", "a topic"):
                events._changed(channel, old, old | {"text": text, "blocks": [], "edited": edited, **fields})
    said = await ticket.bob_says("the last one")
    await ticket.marked(said, "✅")
    await stage.at_rest()
    assert (ticket.sent, ticket.now.closed) == (["the last one"], False)
