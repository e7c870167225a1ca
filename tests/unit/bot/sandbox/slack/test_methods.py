"""Reading, reacting and files on the practice Slack: what the other methods do and refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.sandbox.slack import PracticeSlack
from tests.support.practice.slack import Make, web_of


async def test_history_comes_in_pages_between_two_moments(slack: PracticeSlack) -> None:
    """Newest first in a channel, oldest first in a thread whose parent heads every page; bounds are exclusive."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack) as web:
        said = [(await slack.say(jane, channel, f"m{number}")).ts for number in range(5)]
        page = await web("conversations.history", channel=channel.id, limit=2)
        assert [message["ts"] for message in page["messages"]] == said[:2:-1]
        cursor = page["response_metadata"]["next_cursor"]
        page = await web("conversations.history", channel=channel.id, limit=3, cursor=cursor)
        assert [message["ts"] for message in page["messages"]] == said[2::-1]
        assert page["has_more"] is False
        between = {"channel": channel.id, "oldest": said[1], "latest": said[3]}
        page = await web("conversations.history", **between)
        assert [message["ts"] for message in page["messages"]] == [said[2]]
        page = await web("conversations.history", **between, inclusive=True)
        assert [message["ts"] for message in page["messages"]] == said[3:0:-1]
        replies = [(await slack.say(jane, channel, "r", thread_ts=said[0])).ts for _ in range(3)]
        page = await web("conversations.replies", channel=channel.id, ts=said[0], oldest=replies[0], limit=1)
        assert [message["ts"] for message in page["messages"]] == [said[0], replies[1]]
        cursor = page["response_metadata"]["next_cursor"]
        page = await web("conversations.replies", channel=channel.id, ts=said[0], oldest=replies[0], cursor=cursor)
        assert [message["ts"] for message in page["messages"]] == [said[0], replies[2]]
        assert await web.error("conversations.history", channel=channel.id, cursor="!") == "invalid_cursor"
        assert await web.error("conversations.history", channel=channel.id, oldest="x") == "invalid_ts_oldest"
        assert await web.error("conversations.history", channel=channel.id, limit=-1) == "invalid_limit"


async def test_a_page_may_hold_less_than_was_asked_for(make: Any) -> None:
    """Distributed apps get 15 at most, whatever they ask for."""
    slack = make(page=15)
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack) as web:
        for number in range(16):
            await slack.say(jane, channel, f"m{number}")
        page = await web("conversations.history", channel=channel.id, limit=200)
        assert (len(page["messages"]), page["has_more"]) == (15, True)


async def test_people_and_groups_can_be_looked_up(slack: PracticeSlack) -> None:
    """Names, guests and groups are as the workspace has them; unknown ones are errors."""
    jane = slack.add_user("jane", real_name="Jane Doe", display_name="JD", guest=True)
    channel = slack.add_channel("support", [jane])
    group = slack.add_group("agents", [jane])

    async with web_of(slack) as web:
        user = (await web("users.info", user=jane.id))["user"]
        assert (user["profile"]["display_name"], user["real_name"], user["is_restricted"]) == ("JD", "Jane Doe", True)
        assert await web.error("users.info", user="U0NONE") == "user_not_found"
        assert (await web("usergroups.users.list", usergroup=group.id))["users"] == [jane.id]
        assert await web.error("usergroups.users.list", usergroup="S0NONE") == "no_such_subteam"
        assert (await web("usergroups.list"))["usergroups"][0]["handle"] == "agents"
        assert (await web("conversations.members", channel=channel.id))["members"] == sorted({jane.id, slack.bot_user})
        assert (await web("bots.info"))["bot"]["user_id"] == slack.bot_user


async def test_the_bot_can_join_public_channels_only(make: Any) -> None:
    """Joining makes it a member, twice is a warning, a private channel is not to be seen."""
    slack = make(app={"scopes": frozenset({"channels:join", "channels:read"})})
    public = slack.add_channel("public", bot=False)
    private = slack.add_channel("private", private=True, bot=False)

    async with web_of(slack) as web:
        assert (await web("conversations.join", channel=public.id))["channel"]["is_member"] is True
        assert (await web("conversations.join", channel=public.id))["warning"] == "already_in_channel"
        assert await web.error("conversations.join", channel=private.id) == "channel_not_found"


async def test_reactions_are_counted_once_each(slack: PracticeSlack) -> None:
    """Twice the same, a missing one and a name that is no emoji are refused."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack) as web:
        said = await slack.say(jane, channel, "hello")
        here = {"channel": channel.id, "timestamp": said.ts}
        assert await web.error("reactions.add", **here, name="white_check_mark") == "ok"
        assert await web.error("reactions.add", **here, name="white_check_mark") == "already_reacted"
        assert await web.error("reactions.add", **here, name="✅") == "invalid_name"
        assert (
            await web.error("reactions.add", channel=channel.id, timestamp="1.000000", name="x") == "message_not_found"
        )
        assert await web.error("reactions.add", name="x") == "no_item_specified"
        await slack.react(jane, said, "white_check_mark")
        found = (await web("reactions.get", **here))["message"]["reactions"]
        assert found == [{"name": "white_check_mark", "users": [slack.bot_user, jane.id], "count": 2}]
        assert await web.error("reactions.remove", **here, name="white_check_mark") == "ok"
        assert await web.error("reactions.remove", **here, name="white_check_mark") == "no_reaction"
        assert slack.messages(channel)[0].reactions == {"white_check_mark": (jane.id,)}


async def test_a_file_needs_the_bots_token(slack: PracticeSlack) -> None:
    """Without it Slack answers 200 with a page to sign in, which is not the file."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack) as web:
        said = await slack.say(jane, channel, "", files=[("log.txt", b"all of it")])
        shape = (await web("files.info", file=said.files[0].id))["file"]
        url = shape["url_private_download"]
        good = await web.http.get(url, headers={"Authorization": f"Bearer {slack.bot_token}"})
        assert (good.content, shape["size"], shape["mimetype"]) == (b"all of it", 9, "text/plain")
        login = await web.http.get(url)
        assert login.status_code == 200
        assert login.headers["Content-Type"].startswith("text/html")
        assert await web.error("files.info", file="F0NONE") == "file_not_found"


async def test_an_upload_has_three_steps(slack: PracticeSlack) -> None:
    """Announce, send exactly that much, complete; the answer names no message, which comes nevertheless."""
    channel = slack.add_channel("support")

    async with web_of(slack) as web:
        answer = await web("files.getUploadURLExternal", filename="a.txt", length=3)
        ready = [{"id": answer["file_id"], "title": "A"}]
        assert await web.error("files.completeUploadExternal", files=ready) == "file_not_found"
        assert (await web.http.post(answer["upload_url"], content=b"four")).status_code == 400
        assert (await web.http.post(answer["upload_url"], content=b"abc")).status_code == 200
        done = await web(
            "files.completeUploadExternal", files=ready, channel_id=channel.id, initial_comment="here & now"
        )
        assert "ts" not in done
        assert done["files"][0]["title"] == "A"
        (message,) = slack.messages(channel)
        assert (message.rendered, message.files[0].content) == ("here & now", b"abc")


async def test_a_direct_channel_is_opened_once(slack: PracticeSlack, make: Make) -> None:
    """With one person of the workspace; a file can be shared there, and nobody but the two can see it."""
    jane, gone = slack.add_user("jane"), slack.add_user("gone")
    slack.workspace.state.users[gone.id] = replace(gone, deleted=True)

    async with web_of(slack) as web:
        opened = await web("conversations.open", users=jane.id)
        again = await web("conversations.open", users=jane.id)
        assert opened["channel"]["id"].startswith("D")
        assert again == {**opened, "no_op": True, "already_open": True}
        assert await web.error("conversations.open") == "users_list_not_supplied"
        assert await web.error("conversations.open", users="U0NOBODY1") == "user_not_found"
        assert await web.error("conversations.open", users=gone.id) == "user_disabled"
        assert await web.error("conversations.open", users=slack.bot_user) == "cannot_dm_bot"
        assert await web.error("conversations.open", users=f"{jane.id},{gone.id}") == "missing_scope"
        announced = await web("files.getUploadURLExternal", filename="a.png", length=3, alt_txt="what it shows")
        await web.http.post(announced["upload_url"], content=b"abc")
        ready = [{"id": announced["file_id"]}]
        assert await web.error("files.completeUploadExternal", files=ready, channel_id=jane.id) == "invalid_arguments"
        assert (
            await web.error("files.completeUploadExternal", files=ready, channel_id="#support") == "invalid_arguments"
        )
        done = await web("files.completeUploadExternal", files=ready, channel_id=opened["channel"]["id"])
        assert done["files"][0]["alt_txt"] == "what it shows"
        assert await web.error("files.getUploadURLExternal", filename="a", length=1, alt_txt="x" * 1001) == (
            "invalid_arguments"
        )
    other = make(app={"has_messages": False})
    async with web_of(other) as web:
        ann = other.add_user("ann")
        assert await web.error("chat.postMessage", channel=ann.id, text="x") == "messages_tab_disabled"


async def test_a_permalink_leads_to_a_message(slack: PracticeSlack) -> None:
    """A reply's link names its thread."""
    channel = slack.add_channel("support")

    async with web_of(slack) as web:
        parent = (await web("chat.postMessage", channel=channel.id, text="p"))["ts"]
        reply = (await web("chat.postMessage", channel=channel.id, text="r", thread_ts=parent))["ts"]
        link = (await web("chat.getPermalink", channel=channel.id, message_ts=reply))["permalink"]
        assert link.endswith(f"/archives/{channel.id}/p{reply.replace('.', '')}?thread_ts={parent}&cid={channel.id}")
        refused = await web.error("chat.getPermalink", channel=channel.id, message_ts="1.000000")
        assert refused == "message_not_found"
