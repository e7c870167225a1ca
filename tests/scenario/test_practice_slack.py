"""The practice Slack, driven by the real and unpatched slack-bolt and slack-sdk."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import PracticeSlack, SlackApp, SlackChannel, SlackLimits, User
from tests.support.waiting import until

CARD: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "#1042 · Jane"}},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "close", "value": "1042", "text": {"type": "plain_text", "text": "Close"}}
        ],
    },
]
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "close_picked",
    "title": {"type": "plain_text", "text": "Close a ticket"},
    "submit": {"type": "plain_text", "text": "Close"},
    "blocks": [
        {
            "type": "input",
            "block_id": "which",
            "label": {"type": "plain_text", "text": "Ticket"},
            "element": {"type": "external_select", "action_id": "ticket", "min_query_length": 0},
        }
    ],
}


class Scene:
    """A workspace with one agent in one channel, and a Bolt app that is yet to learn what to do."""

    def __init__(self, **rules: Any) -> None:
        self.slack = PracticeSlack(
            app=SlackApp(shortcuts=("send",)),
            limits=SlackLimits(**{"ack_seconds": 1.0, "retry_delays": (0.0, 0.05, 0.05), **rules}),
        )
        self.jane: User = self.slack.add_user("jane", display_name="Jane")
        self.channel: SlackChannel = self.slack.add_channel("support", [self.jane])
        self.events: list[dict[str, Any]] = []
        self.client: AsyncWebClient
        self.app: AsyncApp

    def prepare(self) -> None:
        self.client = AsyncWebClient(
            token=self.slack.bot_token,
            base_url=self.slack.api_url,
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
        )
        self.app = AsyncApp(client=self.client, process_before_response=True)

        @self.app.event("message")
        async def remember(event: dict[str, Any]) -> None:
            self.events.append(event)

    @contextlib.asynccontextmanager
    async def started(self) -> AsyncIterator[None]:
        """The server runs, and the app is made."""
        await self.slack.start()
        self.prepare()
        try:
            yield
        finally:
            await self.slack.stop()

    @contextlib.asynccontextmanager
    async def connected(self, ping_interval: float = 5.0) -> AsyncIterator[None]:
        handler = AsyncSocketModeHandler(self.app, self.slack.app_token, ping_interval=ping_interval)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await until(lambda: bool(self.slack.sockets.connections))
        try:
            yield
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]

    async def card(self) -> str:
        """Post the card; its `ts`."""
        answer = await self.client.chat_postMessage(channel=self.channel.id, text="#1042", blocks=CARD)
        return str(answer["ts"])


async def test_what_an_agent_writes_in_a_thread_reaches_bolt() -> None:
    """A reply arrives once, with its thread; an edit and a deletion follow as changes."""
    scene = Scene()

    async with scene.started(), scene.connected():
        ts = await scene.card()
        said = await scene.slack.say(scene.jane, scene.channel, "🔒 on <it> & done", thread_ts=ts)
        assert await scene.slack.settled()
        (event,) = scene.events
        assert (event["user"], event["thread_ts"], event["ts"]) == (scene.jane.id, ts, said.ts)
        assert event["text"] == ":lock: on &lt;it&gt; &amp; done"
        await scene.slack.edit(said, "done")
        await scene.slack.delete(said)
        assert await scene.slack.settled()
        assert {event.get("subtype") for event in scene.events[1:]} == {"message_changed", "message_deleted"}


async def test_a_listener_that_fails_is_asked_again() -> None:
    """With `process_before_response` a failing listener acknowledges nothing, and Slack sends the event again."""
    scene = Scene(ack_seconds=2.0)
    retries: list[str | None] = []

    async with scene.started():

        @scene.app.event("app_mention")
        async def stumble(request: Any) -> None:
            retries.append(request.headers.get("x-slack-retry-num", [None])[0])
            if len(retries) < 3:
                raise RuntimeError("the disk is full")

        async with scene.connected():
            await scene.slack.say(scene.jane, scene.channel, "@shopbell hello")
            assert await scene.slack.settled()
            assert retries == ["0", "1", "2"]
            assert scene.slack.sockets.lost == []


async def test_a_command_opens_a_picker_that_completes_and_complains() -> None:
    """From the command over suggestions and a refused submission to the answer only the asker sees."""
    scene = Scene()

    async with scene.started():

        @scene.app.command("/close")
        async def close(ack: Any, body: dict[str, Any]) -> None:
            await ack()
            await scene.client.views_open(trigger_id=body["trigger_id"], view=MODAL)

        @scene.app.options("ticket")
        async def complete(ack: Any, payload: dict[str, Any]) -> None:
            numbers = [number for number in ("1042", "1043") if payload["value"] in number]
            await ack(
                options=[{"text": {"type": "plain_text", "text": f"#{number}"}, "value": number} for number in numbers]
            )

        @scene.app.view("close_picked")
        async def picked(ack: Any, view: dict[str, Any]) -> None:
            number = view["state"]["values"]["which"]["ticket"]["selected_option"]["value"]
            if number == "1043":
                await ack(response_action="errors", errors={"which": "That ticket is closed."})
                return
            await ack()
            await scene.client.chat_postEphemeral(
                channel=scene.channel.id, user=scene.jane.id, text=f"#{number} is closed."
            )

        async with scene.connected():
            asked = await scene.slack.command(scene.jane, scene.channel, "/close")
            assert asked.view is not None
            offered = await scene.slack.suggest(scene.jane, asked.view, "ticket", "104")
            assert [option.label for option in offered] == ["#1042", "#1043"]
            refused = await scene.slack.submit(scene.jane, asked.view, {"ticket": "#1043"})
            assert refused.errors == {"which": "That ticket is closed."}
            done = await scene.slack.submit(scene.jane, asked.view, {"ticket": "#1042"}, answers=1)
            assert (done.view, done.text) == (None, "#1042 is closed.")


async def test_buttons_and_shortcuts_work_in_a_thread() -> None:
    """The card's button changes the card; the shortcut on a reply is answered to its user alone."""
    scene = Scene()

    async with scene.started():

        @scene.app.action("close")
        async def close(ack: Any, body: dict[str, Any], action: dict[str, Any]) -> None:
            await ack()
            await scene.client.chat_update(
                channel=body["channel"]["id"], ts=body["message"]["ts"], text="closed", blocks=CARD[:1]
            )
            assert action["value"] == "1042"

        @scene.app.shortcut("send")
        async def send(ack: Any, shortcut: dict[str, Any], respond: Any) -> None:
            await ack()
            await respond(f"Sent: {shortcut['message']['text']}")

        async with scene.connected():
            ts = await scene.card()
            (card,) = scene.slack.messages(scene.channel)
            await scene.slack.press(scene.jane, card, "Close")
            await until(lambda: scene.slack.messages(scene.channel)[0].buttons == ())
            assert scene.slack.messages(scene.channel)[0].rendered == "#1042 · Jane"
            said = await scene.slack.say(scene.jane, scene.channel, "to the customer", thread_ts=ts)
            outcome = await scene.slack.shortcut(scene.jane, said, "send", answers=1)
            assert outcome.text == "Sent: to the customer"


@pytest.mark.parametrize("how", ["refresh", "cut", "deafen"])
async def test_bolt_comes_back_after_a_connection_ends(how: str) -> None:
    """Asked to, torn off or gone silent: a new connection is made, and what is said then arrives."""
    scene = Scene(ack_seconds=2.0, retry_delays=(0.0, 1.0, 5.0))

    async with scene.started(), scene.connected(ping_interval=0.2):
        (first,) = scene.slack.sockets.connections
        if how == "refresh":
            await scene.slack.sockets.refresh("refresh_requested")
        elif how == "cut":
            scene.slack.sockets.cut()
        else:
            scene.slack.sockets.deafen()
        await until(lambda: any(each is not first for each in scene.slack.sockets.connections))
        await scene.slack.say(scene.jane, scene.channel, "are you there?")
        assert await scene.slack.settled(within=30)
        assert [event["text"] for event in scene.events] == ["are you there?"]


async def test_what_is_said_during_an_outage_is_lost_as_an_event_and_found_in_the_history() -> None:
    """After the last retry no event comes; the SDK pages through the thread and finds every message once."""
    scene = Scene()

    async with scene.started():
        ts = await scene.card()
        for number in range(5):
            await scene.slack.say(scene.jane, scene.channel, f"m{number}", thread_ts=ts)
        assert await scene.slack.settled()
        async with scene.connected():
            assert await scene.slack.settled()
            assert scene.events == []
            assert len(scene.slack.sockets.lost) >= 5
            found: list[str] = []
            async for page in await scene.client.conversations_replies(channel=scene.channel.id, ts=ts, limit=2):
                found += [message["text"] for message in page["messages"] if message["ts"] != ts]
            assert found == [f"m{number}" for number in range(5)]


async def test_a_lost_answer_makes_the_sdks_own_retry_say_it_twice() -> None:
    """The default retry handler repeats a post whose answer was lost; a client without it says it once."""
    scene = Scene()

    async with scene.started():
        scene.slack.http_server.fail("lose", path="chat.postMessage")
        default = AsyncWebClient(token=scene.slack.bot_token, base_url=scene.slack.api_url)
        await default.chat_postMessage(channel=scene.channel.id, text="twice")
        scene.slack.http_server.fail("lose", path="chat.postMessage")
        with pytest.raises(Exception, match=r"(?i)disconnected|reset|connection"):
            await scene.client.chat_postMessage(channel=scene.channel.id, text="once")
        assert [message.text for message in scene.slack.messages(scene.channel)] == ["twice", "twice", "once"]


async def test_the_sdk_waits_as_it_is_told_when_it_posts_too_fast() -> None:
    """A 429 with `Retry-After` is waited out, and nothing is lost or said twice."""
    scene = Scene(post_burst=2)

    async with scene.started():
        for number in range(3):
            await scene.client.chat_postMessage(channel=scene.channel.id, text=f"m{number}")
        assert [message.text for message in scene.slack.messages(scene.channel)] == ["m0", "m1", "m2"]
        assert [each.status for each in scene.slack.http_server.seen if each.path.endswith("postMessage")] == [
            200,
            200,
            429,
            200,
        ]


async def test_a_file_goes_up_in_the_sdks_three_steps() -> None:
    """`files_upload_v2` puts a file into a thread."""
    scene = Scene()

    async with scene.started():
        ts = await scene.card()
        await scene.client.files_upload_v2(
            channel=scene.channel.id, thread_ts=ts, content="all of it", filename="log.txt", initial_comment="here"
        )
        message = scene.slack.thread(scene.channel, ts)[-1]
        assert (message.text, message.files[0].content) == ("here", b"all of it")


async def test_the_sdk_raises_what_slack_refuses() -> None:
    """A wrong token and blocks beyond the limits come out as the SDK's own errors, by Slack's words."""
    scene = Scene()

    async with scene.started():
        stranger = AsyncWebClient(token="xoxb-stranger", base_url=scene.slack.api_url)
        with pytest.raises(SlackApiError, match="invalid_auth"):
            await stranger.auth_test()
        with pytest.raises(SlackApiError, match="invalid_blocks"):
            await scene.client.chat_postMessage(channel=scene.channel.id, text="x", blocks=[{"type": "divider"}] * 51)
