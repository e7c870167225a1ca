"""Who may call what on the practice Slack, how often, and in which form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.sandbox.slack import PracticeSlack, SlackApp
from tests.support.practice.slack import connect, web_of


async def test_a_token_is_needed_and_must_be_the_right_one(slack: PracticeSlack) -> None:
    """No token, a wrong one, one of the wrong kind and a revoked one are four different errors."""
    async with web_of(slack) as web:

        async def with_token(method: str, token: str | None) -> str:
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            answer = (await web.http.post(slack.api_url + method, headers=headers)).json()
            return str(answer.get("error", "ok"))

        assert await with_token("auth.test", None) == "not_authed"
        assert await with_token("auth.test", "xoxb-other") == "invalid_auth"
        assert await with_token("auth.test", slack.app_token) == "not_allowed_token_type"
        assert await with_token("apps.connections.open", slack.bot_token) == "not_allowed_token_type"
        assert await with_token("apps.connections.open", slack.app_token) == "ok"
        assert await with_token("auth.test", slack.bot_token) == "ok"
        slack.workspace.token_error = "token_revoked"
        assert await with_token("auth.test", slack.bot_token) == "token_revoked"


async def test_auth_test_says_who_one_is_and_what_one_may(slack: PracticeSlack) -> None:
    """The scopes stand in a header of every answer."""
    async with web_of(slack) as web:
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        response = await web.http.get(slack.api_url + "auth.test", headers=headers)
        assert response.json()["user_id"] == slack.bot_user
        assert set(response.headers["x-oauth-scopes"].split(",")) == SlackApp().scopes


async def test_an_unknown_method_is_named(slack: PracticeSlack) -> None:
    """What does not exist is distinguished from what is not allowed."""
    async with web_of(slack) as web:
        assert await web("chat.shout") == {"ok": False, "error": "unknown_method", "req_method": "chat.shout"}


@pytest.mark.parametrize(
    ("method", "scope"),
    [
        ("chat.postMessage", "chat:write"),
        ("chat.update", "chat:write"),
        ("conversations.info", "channels:read"),
        ("conversations.list", "channels:read"),
        ("conversations.members", "channels:read"),
        ("conversations.history", "channels:history"),
        ("conversations.replies", "channels:history"),
        ("conversations.join", "channels:join"),
        ("conversations.open", "im:write"),
        ("users.info", "users:read"),
        ("bots.info", "users:read"),
        ("usergroups.list", "usergroups:read"),
        ("usergroups.users.list", "usergroups:read"),
        ("reactions.add", "reactions:write"),
        ("reactions.remove", "reactions:write"),
        ("reactions.get", "reactions:read"),
        ("files.info", "files:read"),
        ("files.getUploadURLExternal", "files:write"),
        ("files.completeUploadExternal", "files:write"),
    ],
)
async def test_a_method_without_its_scope_says_which(make: Any, method: str, scope: str) -> None:
    """`missing_scope` names what is needed and what there is."""
    slack = make(app={"scopes": frozenset({"commands"})})
    channel = slack.add_channel("support")

    async with web_of(slack) as web:
        answer = await web(method, channel=channel.id, ts="1.000000", text="x")
        assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", scope, "commands")


async def test_a_private_channel_needs_scopes_of_its_own(make: Any) -> None:
    """The scopes of public channels open no private one."""
    slack = make(app={"scopes": frozenset({"channels:read", "channels:history"})})
    private = slack.add_channel("secret", private=True)

    async with web_of(slack) as web:
        assert (await web("conversations.info", channel=private.id))["needed"] == "groups:read"
        assert (await web("conversations.history", channel=private.id))["needed"] == "groups:history"
        assert (await web("conversations.list", types="public_channel,private_channel"))["needed"] == "groups:read"


async def test_what_the_app_hears_of_people_who_come_and_go(make: Any) -> None:
    """Who leaves a channel or a group, and whose account changes, in the form that Slack documents."""
    events = frozenset({"member_left_channel", "subteam_members_changed", "user_change"})
    slack = make(app={"events": events})
    jane = slack.add_user("jane")
    channel, group = slack.add_channel("support", [jane]), slack.add_group("agents", [jane])
    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        slack.remove_from(channel, jane)
        left = (await socket.serve())["payload"]["event"]
        assert (left["type"], left["user"], left["channel"]) == ("member_left_channel", jane.id, channel.id)
        slack.change_group(group, [])
        changed = (await socket.serve())["payload"]["event"]
        assert (changed["type"], changed["subteam_id"]) == ("subteam_members_changed", group.id)
        slack.change_user(jane, guest=True)
        user = (await socket.serve())["payload"]["event"]["user"]
        assert (user["id"], user["is_restricted"], user["deleted"]) == (jane.id, True, False)
        slack.change_user(jane, deleted=True)
        assert (await socket.serve())["payload"]["event"]["user"]["deleted"]


async def test_who_is_not_here_sees_and_does_nothing(make: Any) -> None:
    """In a private channel only its members press a button; an account that is deactivated cannot sign in."""
    slack = make(app={"shortcuts": ("send",)})
    jane, bob, eve = slack.add_user("jane"), slack.add_user("bob"), slack.add_user("eve", stranger=True)
    channel = slack.add_channel("private", [jane, bob, eve], private=True)
    async with web_of(slack) as web:
        said = await slack.say(jane, channel, "hello")
        slack.remove_from(channel, bob)
        with pytest.raises(ValueError, match="private"):
            await slack.shortcut(bob, said, "send")
        slack.change_user(jane, deleted=True)
        with pytest.raises(ValueError, match="deactivated"):
            await slack.say(jane, channel, "still here")
        shown = (await web("users.info", user=eve.id))["user"]
        assert shown["is_stranger"]


async def test_an_app_token_without_its_scope_opens_no_connection(make: Any) -> None:
    """Socket Mode needs `connections:write`."""
    slack = make(app={"app_scopes": frozenset()})

    async with web_of(slack) as web:
        headers = {"Authorization": f"Bearer {slack.app_token}"}
        answer = (await web.http.post(slack.api_url + "apps.connections.open", headers=headers)).json()
        assert (answer["error"], answer["needed"]) == ("missing_scope", "connections:write")


async def test_forms_and_json_say_the_same(slack: PracticeSlack) -> None:
    """A form carries structures as JSON text and may carry the token; a JSON body may not."""
    channel = slack.add_channel("support")
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": "Body"}}]

    async with web_of(slack) as web:
        url = slack.api_url + "chat.postMessage"
        form = {"token": slack.bot_token, "channel": channel.id, "text": "x", "blocks": json.dumps(blocks)}
        assert (await web.http.post(url, data=form)).json()["ok"]
        assert (await web("chat.postMessage", channel=channel.id, text="x", blocks=blocks))["ok"]
        assert [message.rendered for message in slack.messages(channel)] == ["Body", "Body"]
        body = {"token": slack.bot_token, "channel": channel.id, "text": "x"}
        assert (await web.http.post(url, json=body)).json()["error"] == "not_authed"
        broken = {"token": slack.bot_token, "channel": channel.id, "text": "x", "blocks": "[{"}
        assert (await web.http.post(url, data=broken)).json()["error"] == "invalid_blocks_format"


async def test_a_body_that_is_no_object_is_refused(slack: PracticeSlack) -> None:
    """Broken JSON and JSON of another kind are two errors."""
    async with web_of(slack) as web:
        headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": "application/json"}
        url = slack.api_url + "auth.test"
        assert (await web.http.post(url, content="{", headers=headers)).json()["error"] == "invalid_json"
        assert (await web.http.post(url, content="[]", headers=headers)).json()["error"] == "json_not_object"


async def test_posts_in_one_channel_come_one_a_second_after_a_short_burst(slack: PracticeSlack, clock: Any) -> None:
    """The sixth at once is told to wait; another channel is not held up, and a second later there is room."""
    busy, quiet = slack.add_channel("busy"), slack.add_channel("quiet")

    async with web_of(slack) as web:
        for _ in range(5):
            assert await web.error("chat.postMessage", channel=busy.id, text="x") == "ok"
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        body = {"channel": busy.id, "text": "x"}
        refused = await web.http.post(slack.api_url + "chat.postMessage", json=body, headers=headers)
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "1"
        assert refused.json() == {"ok": False, "error": "ratelimited"}
        assert await web.error("chat.postMessage", channel=quiet.id, text="x") == "ok"
        clock.advance(1)
        assert await web.error("chat.postMessage", channel=busy.id, text="x") == "ok"
        assert await web.error("chat.postMessage", channel=busy.id, text="x") == "ratelimited"
        assert len(slack.messages(busy)) == 6


async def test_a_method_has_so_many_calls_a_minute(make: Any, clock: Any) -> None:
    """Each method counts for itself, by its tier, and the wait is until the oldest call is a minute old."""
    slack = make(per_minute=(1, 2, 3, 4))

    async with web_of(slack) as web:
        for number in range(2):
            assert await web.error("usergroups.list") == "ok"
            clock.advance(10 * number)
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        refused = await web.http.get(slack.api_url + "usergroups.list", headers=headers)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "50")
        assert await web.error("conversations.list") == "ok"
        clock.advance(50)
        assert await web.error("usergroups.list") == "ok"


def test_an_app_is_what_its_manifest_declares() -> None:
    """Scopes, events, commands and message shortcuts come from the manifest."""
    app = SlackApp.from_manifest(
        {
            "display_information": {"name": "bell"},
            "features": {
                "slash_commands": [{"command": "/close"}],
                "shortcuts": [{"type": "message", "callback_id": "act"}, {"type": "global", "callback_id": "new"}],
            },
            "oauth_config": {"scopes": {"bot": ["chat:write"]}},
            "settings": {"event_subscriptions": {"bot_events": ["message.channels"]}},
        }
    )
    assert app == SlackApp(
        name="bell",
        scopes=frozenset({"chat:write"}),
        events=frozenset({"message.channels"}),
        commands=("/close",),
        shortcuts=("act",),
        has_messages=False,
    )
