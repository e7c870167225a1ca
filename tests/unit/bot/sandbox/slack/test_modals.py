"""Modals of the practice Slack, opened and answered by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.practice.slack import Make, connected_app, time_is_up

MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "close",
    "title": {"type": "plain_text", "text": "Close"},
    "submit": {"type": "plain_text", "text": "Close"},
    "blocks": [
        {
            "type": "input",
            "block_id": "which",
            "label": {"type": "plain_text", "text": "Ticket"},
            "element": {"type": "external_select", "action_id": "ticket", "min_query_length": 2},
        },
        {
            "type": "input",
            "block_id": "why",
            "optional": True,
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "reason", "initial_value": "none"},
        },
    ],
}
OPTION = {"text": {"type": "plain_text", "text": "#1042 · Jane"}, "value": "1042"}


async def test_a_trigger_opens_one_modal_within_three_seconds(clock: Any, make: Make) -> None:
    """Used, late and made up are three refusals; a bad modal does not use a trigger up."""
    async with connected_app(make) as (slack, web, socket, jane, channel):

        async def open_it(payload: Any) -> None:
            trigger = payload["trigger_id"]
            bad = MODAL | {"title": {"type": "plain_text", "text": "x" * 25}}
            assert await web.error("views.open", trigger_id=trigger, view=bad) == "invalid_arguments"
            opened = await web("views.open", trigger_id=trigger, view=MODAL)
            assert opened["view"]["callback_id"] == "close"
            assert await web.error("views.open", trigger_id=trigger, view=MODAL) == "exchanged_trigger_id"

        outcome, _ = await asyncio.gather(slack.command(jane, channel, "/close"), socket.serve(open_it))
        assert outcome.view == slack.view(jane)
        assert outcome.view.rendered == "Close\nTicket: […]\nReason: […]"
        assert await web.error("views.open", trigger_id="1.2.x", view=MODAL) == "invalid_trigger_id"

        async def too_late(payload: Any) -> None:
            clock.advance(3.1)
            assert await web.error("views.open", trigger_id=payload["trigger_id"], view=MODAL) == "expired_trigger_id"

        await asyncio.gather(slack.command(jane, channel, "/close", answers=0), socket.serve(too_late))


async def opened(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> Any:
    """A modal that a command has opened."""

    async def open_it(payload: Any) -> None:
        await web("views.open", trigger_id=payload["trigger_id"], view=MODAL)

    outcome, _ = await asyncio.gather(slack.command(jane, channel, "/close"), socket.serve(open_it))
    return outcome.view


async def test_an_external_select_asks_the_app(make: Make) -> None:
    """Once enough was typed; what is suggested can be entered, by value or label, and nothing else."""
    async with connected_app(make) as (slack, web, socket, jane, channel):
        view = await opened(slack, web, socket, jane, channel)
        assert await slack.suggest(jane, view, "ticket", "1") == ()

        async def suggest(payload: Any) -> Any:
            assert (payload["type"], payload["value"], payload["block_id"]) == ("block_suggestion", "10", "which")
            return {"options": [OPTION]}

        offered, _ = await asyncio.gather(slack.suggest(jane, view, "ticket", "10"), socket.serve(suggest))
        assert [(option.label, option.value) for option in offered] == [("#1042 · Jane", "1042")]
        with pytest.raises(ValueError, match="does not offer"):
            await slack.submit(jane, view, {"ticket": "1043"})
        with pytest.raises(ValueError, match="has no shoe"):
            await slack.submit(jane, view, {"shoe": "x"})
        empty = await slack.submit(jane, view, {})
        assert empty.errors == {"which": "Please complete this required field."}
        outcome, envelope = await asyncio.gather(
            slack.submit(jane, view, {"ticket": "#1042 · Jane", "reason": "done"}), socket.serve()
        )
        assert (outcome.view, outcome.errors) == (None, {})
        assert envelope["payload"]["view"]["state"]["values"] == {
            "which": {"ticket": {"type": "external_select", "selected_option": OPTION}},
            "why": {"reason": {"type": "plain_text_input", "value": "done"}},
        }


async def test_suggestions_beyond_the_limits_show_nothing(make: Make) -> None:
    """A hundred options are the most; more, late or malformed ones leave the select empty."""
    async with connected_app(make) as (slack, web, socket, jane, channel):
        view = await opened(slack, web, socket, jane, channel)

        async def too_many(payload: Any) -> Any:
            return {"options": [OPTION] * 101}

        offered, _ = await asyncio.gather(slack.suggest(jane, view, "ticket", "10"), socket.serve(too_many))
        assert offered == ()
        offered, _ = await asyncio.gather(slack.suggest(jane, view, "ticket", "10"), time_is_up(slack))
        assert offered == ()


@pytest.mark.parametrize(
    ("answer", "title", "errors", "error"),
    [
        ({"response_action": "errors", "errors": {"which": "Gone."}}, "Close", {"which": "Gone."}, ""),
        ({"response_action": "errors", "errors": {"nowhere": "x"}}, "Close", {}, "We had some trouble connecting."),
        (
            {"response_action": "update", "view": {**MODAL, "title": {"type": "plain_text", "text": "Next"}}},
            "Next",
            {},
            "",
        ),
        (
            {"response_action": "push", "view": {**MODAL, "title": {"type": "plain_text", "text": "Over"}}},
            "Over",
            {},
            "",
        ),
        ({"response_action": "update", "view": {"type": "modal"}}, "Close", {}, "We had some trouble connecting."),
        ({"response_action": "clear"}, None, {}, ""),
        (None, None, {}, ""),
    ],
)
async def test_the_answer_to_a_submission_decides_what_is_seen(
    answer: Any, title: str | None, errors: dict[str, str], error: str, make: Make
) -> None:
    """Errors stay, updates and pushes show, an empty answer closes; a wrong answer is Slack's own error."""
    async with connected_app(make) as (slack, web, socket, jane, channel):
        view = await opened(slack, web, socket, jane, channel)

        async def suggest(payload: Any) -> Any:
            return {"options": [OPTION]}

        await asyncio.gather(slack.suggest(jane, view, "ticket", "10"), socket.serve(suggest))

        async def decide(payload: Any) -> Any:
            return answer

        outcome, _ = await asyncio.gather(slack.submit(jane, view, {"ticket": "1042"}), socket.serve(decide))
        assert outcome.error.startswith(error)
        assert (error == "") == (outcome.error == "")
        assert outcome.errors == errors
        assert (outcome.view and outcome.view.title) == title


async def test_a_submission_nobody_acknowledges_leaves_the_modal(make: Make) -> None:
    """The person reads that something went wrong and what they entered is still there."""
    async with connected_app(make) as (slack, web, socket, jane, channel):
        view = await opened(slack, web, socket, jane, channel)

        async def suggest(payload: Any) -> Any:
            return {"options": [OPTION]}

        await asyncio.gather(slack.suggest(jane, view, "ticket", "10"), socket.serve(suggest))
        outcome, _ = await asyncio.gather(slack.submit(jane, view, {"ticket": "1042"}), time_is_up(slack))
        assert outcome.error == "We had some trouble connecting. Try again?"
        assert outcome.view is not None
        assert outcome.view.state["which"]["ticket"]["selected_option"] == OPTION


async def test_a_view_is_updated_by_its_id_and_hash(make: Make) -> None:
    """An outdated hash is a conflict, a closed view is not found, and three views are the most in a stack."""
    async with connected_app(make) as (slack, web, socket, jane, channel):
        view = await opened(slack, web, socket, jane, channel)
        changed = await web("views.update", view_id=view.id, hash=view.hash, view=MODAL)
        assert changed["view"]["hash"] != view.hash
        assert await web.error("views.update", view_id=view.id, hash=view.hash, view=MODAL) == "hash_conflict"
        trigger_ids = slack.workspace.trigger_ids
        for expected in ("ok", "ok", "push_limit_reached"):
            assert await web.error("views.push", trigger_id=trigger_ids.create(jane.id), view=MODAL) == expected
        for _ in range(3):
            shown = slack.view(jane)
            assert shown is not None
            await slack.close(jane, shown)
        assert slack.view(jane) is None
        assert await web.error("views.update", view_id=view.id, view=MODAL) == "not_found"
