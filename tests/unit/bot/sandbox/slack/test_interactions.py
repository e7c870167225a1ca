"""Commands, buttons, shortcuts and modals of the practice Slack, answered by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.slack import PracticeSlack
from tests.support.practice.slack import Make, connect, connected_app, time_is_up, web_of

OPTION = {"text": {"type": "plain_text", "text": "#1042 · Jane"}, "value": "1042"}
BUTTONS = {
    "type": "actions",
    "elements": [{"type": "button", "action_id": "go", "value": "7", "text": {"type": "plain_text", "text": "Close"}}],
}


async def test_a_command_answers_only_its_user(make: Make) -> None:
    """What comes with the acknowledgement is shown to them; the payload knows no thread."""
    async with connected_app(make) as (slack, _web, socket, jane, channel):

        async def two_open(payload: Any) -> Any:
            return {"text": "2 open"}

        outcome, envelope = await asyncio.gather(slack.command(jane, channel, "/stats", "7"), socket.serve(two_open))
        assert (outcome.error, outcome.text) == ("", "2 open")
        assert outcome.ephemerals == slack.ephemerals(jane)
        payload = envelope["payload"]
        assert envelope["type"] == "slash_commands"
        assert (payload["command"], payload["text"], payload["channel_id"]) == ("/stats", "7", channel.id)
        assert "thread_ts" not in payload


async def test_a_command_that_is_not_taken_fails_visibly(slack: PracticeSlack) -> None:
    """In a thread, unknown, unheard and unanswered: four different sentences, and no second delivery."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack) as web:
        said = await slack.say(jane, channel, "x")
        outcome = await slack.command(jane, channel, "/close", thread_ts=said.ts)
        assert outcome.error == "/close is not supported in threads. Sorry!"
        assert (await slack.command(jane, channel, "/shut")).error == "/shut is not a valid command."
        outcome = await slack.command(jane, channel, "/close")
        assert outcome.error == '/close failed with the error "dispatch_failed"'
        await slack.settled()
        async with connect(web) as socket:
            await socket.next()
            outcome, _ = await asyncio.gather(slack.command(jane, channel, "/close"), time_is_up(slack))
            assert outcome.error == '/close failed with the error "operation_timeout"'
            assert (await socket.next())["type"] == "slash_commands"
            with pytest.raises(TimeoutError):
                await socket.next(within=0.3)


async def test_a_bad_answer_to_a_command_is_an_error(make: Make) -> None:
    """Blocks in an acknowledgement are held to the same limits as everywhere."""
    async with connected_app(make) as (slack, _web, socket, jane, channel):

        async def nonsense(payload: Any) -> Any:
            return {"text": "x", "blocks": [{"type": "nonsense"}]}

        outcome, _ = await asyncio.gather(slack.command(jane, channel, "/stats"), socket.serve(nonsense))
        assert outcome.error == '/stats failed with the error "invalid_blocks"'


async def test_a_response_url_is_good_for_five_answers_and_half_an_hour(clock: Any, make: Make) -> None:
    """Its answers are ephemeral unless they say otherwise; after that it is dead."""
    async with connected_app(make) as (slack, web, socket, jane, channel):
        outcome, envelope = await asyncio.gather(slack.command(jane, channel, "/stats", answers=0), socket.serve())
        assert outcome.text == ""
        url = envelope["payload"]["response_url"]
        in_public = {"text": "loud", "response_type": "in_channel"}
        for body in (in_public, *({"text": f"n{number}"} for number in range(4))):
            assert (await web.http.post(url, json=body)).text == "ok"
        await socket.serve()
        refused = await web.http.post(url, json={"text": "x"})
        assert (refused.status_code, refused.json()["error"]) == (404, "used_url")
        assert [message.text for message in slack.messages(channel)] == ["loud"]
        assert [message.text for message in slack.ephemerals(jane)] == ["n0", "n1", "n2", "n3"]
        _, envelope = await asyncio.gather(slack.command(jane, channel, "/stats", answers=0), socket.serve())
        clock.advance(1801)
        late = await web.http.post(envelope["payload"]["response_url"], json={"text": "x"})
        assert late.json()["error"] == "expired_url"


async def test_a_button_says_where_it_is(make: Make) -> None:
    """The payload has the message, its thread and the button's value; a missing button cannot be pressed."""
    async with connected_app(make) as (slack, web, socket, jane, channel):
        said = await slack.say(jane, channel, "x")
        await socket.ack(await socket.next())
        await web("chat.postMessage", channel=channel.id, text="card", blocks=[BUTTONS], thread_ts=said.ts)
        card = slack.thread(channel, said.ts)[-1]
        for _ in range(2):
            await socket.ack(await socket.next())
        assert [(button.label, button.value) for button in card.buttons] == [("Close", "7")]
        _, envelope = await asyncio.gather(slack.press(jane, card, "Close"), socket.serve())
        payload = envelope["payload"]
        assert (payload["type"], payload["actions"][0]["value"]) == ("block_actions", "7")
        assert payload["container"]["thread_ts"] == said.ts
        assert payload["message"]["ts"] == card.ts
        with pytest.raises(ValueError, match="no button 'Reopen'"):
            await slack.press(jane, card, "Reopen")
        url = payload["response_url"]
        await web.http.post(url, json={"text": "done", "replace_original": True})
        changed = slack.message(card)
        assert changed is not None
        assert (changed.text, changed.buttons) == ("done", ())
        await web.http.post(url, json={"delete_original": True})
        assert slack.message(card) is None


async def test_a_button_on_an_ephemeral_message_is_its_readers_alone(make: Make) -> None:
    """Only through its response url can such a message be changed, and only its reader can press it."""
    async with connected_app(make) as (slack, web, socket, jane, channel):
        tom = slack.add_user("tom")
        await web("chat.postEphemeral", channel=channel.id, user=jane.id, text="sure?", blocks=[BUTTONS])
        (asked,) = slack.ephemerals(jane)
        with pytest.raises(ValueError, match="gone from this person's screen"):
            await slack.press(tom, asked, "Close")
        _, envelope = await asyncio.gather(slack.press(jane, asked, "go"), socket.serve())
        assert envelope["payload"]["container"]["is_ephemeral"] is True
        url = envelope["payload"]["response_url"]
        await web.http.post(url, json={"text": "done", "replace_original": True})
        assert [message.rendered for message in slack.ephemerals(jane)] == ["done"]
        await web.http.post(url, json={"delete_original": True})
        assert slack.ephemerals(jane) == ()


async def test_a_select_on_a_message_reports_at_once(make: Make) -> None:
    """Choosing outside an input block is an action of its own."""
    async with connected_app(make) as (slack, web, socket, jane, channel):
        select = {"type": "actions", "elements": [{"type": "static_select", "action_id": "pick", "options": [OPTION]}]}
        await web("chat.postMessage", channel=channel.id, text="card", blocks=[select])
        await socket.ack(await socket.next())
        (card,) = slack.messages(channel)
        _, envelope = await asyncio.gather(slack.choose(jane, card, "pick", "1042"), socket.serve())
        assert envelope["payload"]["actions"][0]["selected_option"] == OPTION


async def test_a_shortcut_works_in_threads(make: Make) -> None:
    """Its payload names the message and the thread; one the app does not have is not in the menu."""
    async with connected_app(make) as (slack, _web, socket, jane, channel):
        parent = await slack.say(jane, channel, "parent")
        reply = await slack.say(jane, channel, "reply", thread_ts=parent.ts)
        for _ in range(3):
            await socket.ack(await socket.next())
        _, envelope = await asyncio.gather(slack.shortcut(jane, reply, "send"), socket.serve())
        payload = envelope["payload"]
        assert (payload["type"], payload["callback_id"]) == ("message_action", "send")
        assert (payload["message_ts"], payload["message"]["thread_ts"]) == (reply.ts, parent.ts)
        with pytest.raises(ValueError, match="no message shortcut"):
            await slack.shortcut(jane, reply, "burn")


async def test_an_interaction_nobody_takes_is_an_error_once(slack: PracticeSlack) -> None:
    """A press without a connection fails at once and is not sent again."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack) as web:
        await web("chat.postMessage", channel=channel.id, text="card", blocks=[BUTTONS])
        (card,) = slack.messages(channel)
        assert (await slack.press(jane, card, "Close")).error == "We had some trouble connecting. Try again?"
