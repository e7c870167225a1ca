"""Commands, buttons, shortcuts and modals of the practice Slack, answered by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bot.sandbox.slack import PracticeSlack

Tell = Callable[..., None]
Connect = Callable[..., Any]
Answer = Callable[[dict[str, Any]], Coroutine[Any, Any, Any]]

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
BUTTONS = {
    "type": "actions",
    "elements": [{"type": "button", "action_id": "go", "value": "7", "text": {"type": "plain_text", "text": "Close"}}],
}


async def answering(socket: Any, answer: Answer) -> Any:
    """Take one envelope, do what the app does with it, acknowledge it with what that returns."""
    envelope = await socket.next()
    await socket.ack(envelope, await answer(envelope["payload"]))
    return envelope


async def both(act: Coroutine[Any, Any, Any], app: Coroutine[Any, Any, Any]) -> tuple[Any, Any]:
    """What a person sees, and what the app was sent."""
    outcome, envelope = await asyncio.gather(act, app)
    return outcome, envelope


async def silently(payload: dict[str, Any]) -> None:
    """Acknowledge without an answer."""


@pytest.fixture
def played(make: Any, tell: Tell, connect: Connect) -> Callable[[Any], None]:
    """Play a scene: a person in a channel, and an app that is connected and waits."""

    def play(scene: Any) -> None:
        slack = make(app={"shortcuts": ("send",)})
        jane = slack.add_user("jane")
        channel = slack.add_channel("support", [jane])

        async def story(web: Any) -> None:
            async with connect(web) as socket:
                await socket.next()
                await scene(slack, web, socket, jane, channel)

        tell(slack, story)

    return play


def test_a_command_answers_only_its_user(played: Any) -> None:
    """What comes with the acknowledgement is shown to them; the payload knows no thread."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        async def two_open(payload: Any) -> Any:
            return {"text": "2 open"}

        outcome, envelope = await both(slack.command(jane, channel, "/stats", "7"), answering(socket, two_open))
        assert (outcome.error, outcome.text) == ("", "2 open")
        assert outcome.ephemerals == slack.ephemerals(jane)
        payload = envelope["payload"]
        assert envelope["type"] == "slash_commands"
        assert (payload["command"], payload["text"], payload["channel_id"]) == ("/stats", "7", channel.id)
        assert "thread_ts" not in payload

    played(scene)


def test_a_command_that_is_not_taken_fails_visibly(slack: PracticeSlack, tell: Tell, connect: Connect) -> None:
    """In a thread, unknown, unheard and unanswered: four different sentences, and no second delivery."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async def story(web: Any) -> None:
        said = await slack.say(jane, channel, "x")
        outcome = await slack.command(jane, channel, "/close", thread_ts=said.ts)
        assert outcome.error == "/close is not supported in threads. Sorry!"
        assert (await slack.command(jane, channel, "/shut")).error == "/shut is not a valid command."
        outcome = await slack.command(jane, channel, "/close")
        assert outcome.error == '/close failed with the error "dispatch_failed"'
        await slack.settled()
        async with connect(web) as socket:
            await socket.next()
            outcome = await slack.command(jane, channel, "/close")
            assert outcome.error == '/close failed with the error "operation_timeout"'
            assert (await socket.next())["type"] == "slash_commands"
            with pytest.raises(TimeoutError):
                await socket.next(within=0.3)

    tell(slack, story)


def test_a_bad_answer_to_a_command_is_an_error(played: Any) -> None:
    """Blocks in an acknowledgement are held to the same limits as everywhere."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        async def nonsense(payload: Any) -> Any:
            return {"text": "x", "blocks": [{"type": "nonsense"}]}

        outcome, _ = await both(slack.command(jane, channel, "/stats"), answering(socket, nonsense))
        assert outcome.error == '/stats failed with the error "invalid_blocks"'

    played(scene)


def test_a_response_url_is_good_for_five_answers_and_half_an_hour(played: Any, clock: Any) -> None:
    """Its answers are ephemeral unless they say otherwise; after that it is dead."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        outcome, envelope = await both(slack.command(jane, channel, "/stats", answers=0), answering(socket, silently))
        assert outcome.text == ""
        url = envelope["payload"]["response_url"]
        in_public = {"text": "loud", "response_type": "in_channel"}
        for body in (in_public, *({"text": f"n{number}"} for number in range(4))):
            assert (await web.http.post(url, json=body)).text == "ok"
        await answering(socket, silently)
        refused = await web.http.post(url, json={"text": "x"})
        assert (refused.status_code, refused.json()["error"]) == (404, "used_url")
        assert [message.text for message in slack.messages(channel)] == ["loud"]
        assert [message.text for message in slack.ephemerals(jane)] == ["n0", "n1", "n2", "n3"]
        _, envelope = await both(slack.command(jane, channel, "/stats", answers=0), answering(socket, silently))
        clock.pass_by(1801)
        late = await web.http.post(envelope["payload"]["response_url"], json={"text": "x"})
        assert late.json()["error"] == "expired_url"

    played(scene)


def test_a_trigger_opens_one_modal_within_three_seconds(played: Any, clock: Any) -> None:
    """Used, late and made up are three refusals; a bad modal does not use a trigger up."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        async def open_it(payload: Any) -> None:
            trigger = payload["trigger_id"]
            bad = MODAL | {"title": {"type": "plain_text", "text": "x" * 25}}
            assert await web.error("views.open", trigger_id=trigger, view=bad) == "invalid_arguments"
            opened = await web("views.open", trigger_id=trigger, view=MODAL)
            assert opened["view"]["callback_id"] == "close"
            assert await web.error("views.open", trigger_id=trigger, view=MODAL) == "exchanged_trigger_id"

        outcome, _ = await both(slack.command(jane, channel, "/close"), answering(socket, open_it))
        assert outcome.view == slack.view(jane)
        assert outcome.view.rendered == "Close\nTicket: […]\nReason: […]"
        assert await web.error("views.open", trigger_id="1.2.x", view=MODAL) == "invalid_trigger_id"

        async def too_late(payload: Any) -> None:
            clock.pass_by(3.1)
            assert await web.error("views.open", trigger_id=payload["trigger_id"], view=MODAL) == "expired_trigger_id"

        await both(slack.command(jane, channel, "/close", answers=0), answering(socket, too_late))

    played(scene)


async def opened(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> Any:
    """A modal that a command has opened."""

    async def open_it(payload: Any) -> None:
        await web("views.open", trigger_id=payload["trigger_id"], view=MODAL)

    outcome, _ = await both(slack.command(jane, channel, "/close"), answering(socket, open_it))
    return outcome.view


def test_an_external_select_asks_the_app(played: Any) -> None:
    """Once enough was typed; what is suggested can be entered, by value or label, and nothing else."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        view = await opened(slack, web, socket, jane, channel)
        assert await slack.suggest(jane, view, "ticket", "1") == ()

        async def suggest(payload: Any) -> Any:
            assert (payload["type"], payload["value"], payload["block_id"]) == ("block_suggestion", "10", "which")
            return {"options": [OPTION]}

        offered, _ = await both(slack.suggest(jane, view, "ticket", "10"), answering(socket, suggest))
        assert [(option.label, option.value) for option in offered] == [("#1042 · Jane", "1042")]
        with pytest.raises(ValueError, match="does not offer"):
            await slack.submit(jane, view, {"ticket": "1043"})
        with pytest.raises(ValueError, match="has no shoe"):
            await slack.submit(jane, view, {"shoe": "x"})
        empty = await slack.submit(jane, view, {})
        assert empty.errors == {"which": "Please complete this required field."}
        outcome, envelope = await both(
            slack.submit(jane, view, {"ticket": "#1042 · Jane", "reason": "done"}), answering(socket, silently)
        )
        assert (outcome.view, outcome.errors) == (None, {})
        assert envelope["payload"]["view"]["state"]["values"] == {
            "which": {"ticket": {"type": "external_select", "selected_option": OPTION}},
            "why": {"reason": {"type": "plain_text_input", "value": "done"}},
        }

    played(scene)


def test_suggestions_beyond_the_limits_show_nothing(played: Any) -> None:
    """A hundred options are the most; more, late or malformed ones leave the select empty."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        view = await opened(slack, web, socket, jane, channel)

        async def too_many(payload: Any) -> Any:
            return {"options": [OPTION] * 101}

        offered, _ = await both(slack.suggest(jane, view, "ticket", "10"), answering(socket, too_many))
        assert offered == ()
        assert await slack.suggest(jane, view, "ticket", "10") == ()

    played(scene)


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
def test_the_answer_to_a_submission_decides_what_is_seen(
    played: Any, answer: Any, title: str | None, errors: dict[str, str], error: str
) -> None:
    """Errors stay, updates and pushes show, an empty answer closes; a wrong answer is Slack's own error."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        view = await opened(slack, web, socket, jane, channel)

        async def suggest(payload: Any) -> Any:
            return {"options": [OPTION]}

        await both(slack.suggest(jane, view, "ticket", "10"), answering(socket, suggest))

        async def decide(payload: Any) -> Any:
            return answer

        outcome, _ = await both(slack.submit(jane, view, {"ticket": "1042"}), answering(socket, decide))
        assert outcome.error.startswith(error)
        assert (error == "") == (outcome.error == "")
        assert outcome.errors == errors
        assert (outcome.view and outcome.view.title) == title

    played(scene)


def test_a_submission_nobody_acknowledges_leaves_the_modal(played: Any) -> None:
    """The person reads that something went wrong and what they entered is still there."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        view = await opened(slack, web, socket, jane, channel)

        async def suggest(payload: Any) -> Any:
            return {"options": [OPTION]}

        await both(slack.suggest(jane, view, "ticket", "10"), answering(socket, suggest))
        outcome = await slack.submit(jane, view, {"ticket": "1042"})
        assert outcome.error == "We had some trouble connecting. Try again?"
        assert outcome.view.state["which"]["ticket"]["selected_option"] == OPTION

    played(scene)


def test_a_view_is_updated_by_its_id_and_hash(played: Any) -> None:
    """An outdated hash is a conflict, a closed view is not found, and three views are the most in a stack."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        view = await opened(slack, web, socket, jane, channel)
        changed = await web("views.update", view_id=view.id, hash=view.hash, view=MODAL)
        assert changed["view"]["hash"] != view.hash
        assert await web.error("views.update", view_id=view.id, hash=view.hash, view=MODAL) == "hash_conflict"
        passes = slack.workspace.passes
        for expected in ("ok", "ok", "push_limit_reached"):
            assert await web.error("views.push", trigger_id=passes.trigger(jane.id), view=MODAL) == expected
        await slack.close(jane, slack.view(jane))
        await slack.close(jane, slack.view(jane))
        await slack.close(jane, slack.view(jane))
        assert slack.view(jane) is None
        assert await web.error("views.update", view_id=view.id, view=MODAL) == "not_found"

    played(scene)


def test_a_button_tells_where_it_stands(played: Any) -> None:
    """The payload has the message, its thread and the button's value; a missing button cannot be pressed."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        said = await slack.say(jane, channel, "x")
        await socket.ack(await socket.next())
        await web("chat.postMessage", channel=channel.id, text="card", blocks=[BUTTONS], thread_ts=said.ts)
        card = slack.thread(channel, said.ts)[-1]
        for _ in range(2):
            await socket.ack(await socket.next())
        assert [(button.label, button.value) for button in card.buttons] == [("Close", "7")]
        _, envelope = await both(slack.press(jane, card, "Close"), answering(socket, silently))
        payload = envelope["payload"]
        assert (payload["type"], payload["actions"][0]["value"]) == ("block_actions", "7")
        assert payload["container"]["thread_ts"] == said.ts
        assert payload["message"]["ts"] == card.ts
        with pytest.raises(ValueError, match="no button 'Reopen'"):
            await slack.press(jane, card, "Reopen")
        url = payload["response_url"]
        await web.http.post(url, json={"text": "done", "replace_original": True})
        assert (slack.message(card).text, slack.message(card).buttons) == ("done", ())
        await web.http.post(url, json={"delete_original": True})
        assert slack.message(card) is None

    played(scene)


def test_a_button_on_an_ephemeral_message_is_its_readers_alone(played: Any) -> None:
    """Only through its response url can such a message be changed, and only its reader can press it."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        tom = slack.add_user("tom")
        await web("chat.postEphemeral", channel=channel.id, user=jane.id, text="sure?", blocks=[BUTTONS])
        (asked,) = slack.ephemerals(jane)
        with pytest.raises(ValueError, match="gone from this person's screen"):
            await slack.press(tom, asked, "Close")
        _, envelope = await both(slack.press(jane, asked, "go"), answering(socket, silently))
        assert envelope["payload"]["container"]["is_ephemeral"] is True
        url = envelope["payload"]["response_url"]
        await web.http.post(url, json={"text": "done", "replace_original": True})
        assert [message.rendered for message in slack.ephemerals(jane)] == ["done"]
        await web.http.post(url, json={"delete_original": True})
        assert slack.ephemerals(jane) == ()

    played(scene)


def test_a_select_on_a_message_tells_at_once(played: Any) -> None:
    """Choosing outside an input block is an action of its own."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        select = {"type": "actions", "elements": [{"type": "static_select", "action_id": "pick", "options": [OPTION]}]}
        await web("chat.postMessage", channel=channel.id, text="card", blocks=[select])
        await socket.ack(await socket.next())
        (card,) = slack.messages(channel)
        _, envelope = await both(slack.choose(jane, card, "pick", "1042"), answering(socket, silently))
        assert envelope["payload"]["actions"][0]["selected_option"] == OPTION

    played(scene)


def test_a_shortcut_works_in_threads(played: Any) -> None:
    """Its payload names the message and the thread; one the app does not have is not in the menu."""

    async def scene(slack: Any, web: Any, socket: Any, jane: Any, channel: Any) -> None:
        parent = await slack.say(jane, channel, "parent")
        reply = await slack.say(jane, channel, "reply", thread_ts=parent.ts)
        for _ in range(3):
            await socket.ack(await socket.next())
        _, envelope = await both(slack.shortcut(jane, reply, "send"), answering(socket, silently))
        payload = envelope["payload"]
        assert (payload["type"], payload["callback_id"]) == ("message_action", "send")
        assert (payload["message_ts"], payload["message"]["thread_ts"]) == (reply.ts, parent.ts)
        with pytest.raises(ValueError, match="no message shortcut"):
            await slack.shortcut(jane, reply, "burn")

    played(scene)


def test_an_interaction_nobody_takes_is_an_error_once(slack: PracticeSlack, tell: Tell) -> None:
    """A press without a connection fails at once and is not sent again."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async def story(web: Any) -> None:
        await web("chat.postMessage", channel=channel.id, text="card", blocks=[BUTTONS])
        (card,) = slack.messages(channel)
        assert (await slack.press(jane, card, "Close")).error == "We had some trouble connecting. Try again?"

    tell(slack, story)
