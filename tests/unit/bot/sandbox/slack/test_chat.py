"""Saying, changing and taking back on the practice Slack: what `chat.*` does and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack import PracticeSlack
from tests.support.practice.slack import web_of

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Body"}}


async def test_a_post_can_be_read_again(slack: PracticeSlack) -> None:
    """What was posted stands in the channel, with a `ts` that grows from one to the next."""
    channel = slack.add_channel("support")

    async with web_of(slack) as web:
        first = await web("chat.postMessage", channel=channel.id, text="a & b &amp; c")
        second = await web("chat.postMessage", channel="#support", text="x", blocks=[SECTION])
        assert first["ts"] < second["ts"]
        assert first["message"]["text"] == "a &amp; b &amp; c"
        assert first["message"]["bot_id"]
        page = await web("conversations.history", channel=channel.id)
        assert [message["ts"] for message in page["messages"]] == [second["ts"], first["ts"]]
        assert page["messages"][0]["blocks"][0]["block_id"]
        assert [message.rendered for message in slack.messages(channel)] == ["a & b & c", "Body"]


async def test_where_the_bot_may_not_write(slack: PracticeSlack) -> None:
    """Channels that are unseen, foreign or archived refuse in three different words."""
    jane = slack.add_user("jane")
    foreign = slack.add_channel("foreign", bot=False)
    secret = slack.add_channel("secret", private=True, bot=False)
    old = slack.add_channel("old", [jane])
    slack.archive(old)

    async with web_of(slack) as web:
        for channel, error in (
            ("C0NONE", "channel_not_found"),
            ("", "channel_not_found"),
            (secret.id, "channel_not_found"),
            (foreign.id, "not_in_channel"),
            (old.id, "is_archived"),
        ):
            assert await web.error("chat.postMessage", channel=channel, text="x") == error
            assert await web.error("chat.postEphemeral", channel=channel, user=jane.id, text="x") == error
            assert await web.error("chat.update", channel=channel, ts="1.000000", text="x") == error
        assert await web.error("conversations.history", channel=foreign.id) == "not_in_channel"
        assert await web.error("conversations.replies", channel=secret.id, ts="1.000000") == "channel_not_found"
        assert (await web("conversations.info", channel=foreign.id))["channel"]["is_member"] is False
        assert await web.error("conversations.info", channel=secret.id) == "channel_not_found"


async def test_posting_without_joining_needs_a_scope(make: Any) -> None:
    """With `chat:write.public` the bot may write where it is not, and gets no answer."""
    slack = make(app={"scopes": frozenset({"chat:write", "chat:write.public"})})
    channel = slack.add_channel("foreign", bot=False)

    async with web_of(slack) as web:
        assert await web.error("chat.postMessage", channel=channel.id, text="x") == "ok"


async def test_a_message_says_something(slack: PracticeSlack) -> None:
    """Neither text nor blocks nor attachments is refused; too long a text is cut without a word."""
    channel = slack.add_channel("support")

    async with web_of(slack) as web:
        assert await web.error("chat.postMessage", channel=channel.id) == "no_text"
        assert await web.error("chat.postMessage", channel=channel.id, text=" ", blocks=[]) == "no_text"
        long = await web("chat.postMessage", channel=channel.id, text="x" * 40_001)
        assert len(long["message"]["text"]) == 40_000
        assert await web.error("chat.update", channel=channel.id, ts=long["ts"], text="x" * 4_001) == "msg_too_long"
        assert await web.error("chat.update", channel=channel.id, ts=long["ts"], text="x" * 4_000) == "ok"


async def test_bad_blocks_are_refused_with_the_place(slack: PracticeSlack) -> None:
    """`invalid_blocks` says what and where; nothing is posted."""
    channel = slack.add_channel("support")

    async with web_of(slack) as web:
        long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
        answer = await web("chat.postMessage", channel=channel.id, text="x", blocks=[long])
        assert answer["error"] == "invalid_blocks"
        assert answer["response_metadata"]["messages"] == [
            "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
        ]
        assert slack.messages(channel) == ()


async def test_replies_make_a_thread(slack: PracticeSlack) -> None:
    """A parent counts its replies; a reply stands in the channel only where it was sent there too."""
    channel = slack.add_channel("support")

    async with web_of(slack) as web:
        parent = (await web("chat.postMessage", channel=channel.id, text="parent"))["ts"]
        first = (await web("chat.postMessage", channel=channel.id, text="one", thread_ts=parent))["ts"]
        second = await web("chat.postMessage", channel=channel.id, text="2", thread_ts=parent, reply_broadcast=True)
        assert second["message"]["subtype"] == "thread_broadcast"
        top, head = (await web("conversations.history", channel=channel.id))["messages"]
        assert (top["ts"], head["ts"]) == (second["ts"], parent)
        assert (head["thread_ts"], head["reply_count"], head["latest_reply"]) == (parent, 2, second["ts"])
        replies = (await web("conversations.replies", channel=channel.id, ts=parent))["messages"]
        assert [message["ts"] for message in replies] == [parent, first, second["ts"]]
        assert [message.ts for message in slack.thread(channel, parent)] == [parent, first, second["ts"]]
        misplaced = (await web("chat.postMessage", channel=channel.id, text="x", thread_ts=first))["ts"]
        assert misplaced not in [message.ts for message in slack.thread(channel, parent)]


async def test_nonsense_is_no_thread(slack: PracticeSlack) -> None:
    """A `thread_ts` that is none, and one of no message, are refused."""
    channel = slack.add_channel("support")

    async with web_of(slack) as web:
        post = {"channel": channel.id, "text": "x"}
        assert await web.error("chat.postMessage", **post, thread_ts="1700000000.1") == "invalid_thread_ts"
        assert await web.error("chat.postMessage", **post, thread_ts="yesterday") == "invalid_thread_ts"
        assert await web.error("chat.postMessage", **post, thread_ts="1700000000.000001") == "thread_not_found"
        assert await web.error("conversations.replies", channel=channel.id, ts="1.000000") == "thread_not_found"


async def test_a_reply_to_nothing_may_also_land_in_the_channel(make: Any) -> None:
    """Slack has been seen to post such a reply at the top level; the rules can say so."""
    slack = make(unknown_thread="top level")
    channel = slack.add_channel("support")

    async with web_of(slack) as web:
        await web("chat.postMessage", channel=channel.id, text="x", thread_ts="1700000000.000001")
        assert [message.thread_ts for message in slack.messages(channel)] == [None]


async def test_metadata_is_kept_and_returned_only_when_asked_for(slack: PracticeSlack) -> None:
    """`include_all_metadata` brings it back; nothing de-duplicates by it."""
    channel = slack.add_channel("support")
    metadata = {"event_type": "delivery", "event_payload": {"key": "k1"}}

    async with web_of(slack) as web:
        for _ in range(2):
            await web("chat.postMessage", channel=channel.id, text="x", metadata=metadata)
        bare = await web("conversations.history", channel=channel.id)
        assert all("metadata" not in message for message in bare["messages"])
        full = await web("conversations.history", channel=channel.id, include_all_metadata=True)
        assert [message["metadata"] for message in full["messages"]] == [metadata, metadata]
        malformed: tuple[Any, ...] = ({"event_type": "x"}, {"event_payload": {}}, "x")
        for wrong in malformed:
            answer = await web.error("chat.postMessage", channel=channel.id, text="x", metadata=wrong)
            assert answer == "invalid_metadata_format"


async def test_only_its_own_messages_can_the_bot_change_or_delete(slack: PracticeSlack) -> None:
    """Somebody else's message, one that is gone and an ephemeral one are refused."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack) as web:
        said = await slack.say(jane, channel, "hello")
        assert await web.error("chat.update", channel=channel.id, ts=said.ts, text="x") == "cant_update_message"
        assert await web.error("chat.delete", channel=channel.id, ts=said.ts) == "cant_delete_message"
        shown = await web("chat.postEphemeral", channel=channel.id, user=jane.id, text="psst")
        told = await web.error("chat.update", channel=channel.id, ts=shown["message_ts"], text="x")
        assert told == "message_not_found"
        own = (await web("chat.postMessage", channel=channel.id, text="mine"))["ts"]
        assert await web.error("chat.delete", channel=channel.id, ts=own) == "ok"
        assert await web.error("chat.delete", channel=channel.id, ts=own) == "message_not_found"
        assert [message.text for message in slack.messages(channel)] == ["hello"]


async def test_an_update_changes_what_it_names(slack: PracticeSlack) -> None:
    """Text alone takes the blocks' place and shows as edited; blocks alone leave the text and show no mark."""
    channel = slack.add_channel("support")

    async with web_of(slack) as web:
        ts = (await web("chat.postMessage", channel=channel.id, text="old", blocks=[SECTION]))["ts"]
        other = {"type": "section", "text": {"type": "plain_text", "text": "Other"}}
        answer = await web("chat.update", channel=channel.id, ts=ts, blocks=[other])
        assert (answer["text"], "edited" in answer["message"]) == ("old", False)
        assert slack.messages(channel)[0].rendered == "Other"
        answer = await web("chat.update", channel=channel.id, ts=ts, text="new")
        assert (answer["text"], "edited" in answer["message"]) == ("new", True)
        assert "blocks" not in answer["message"]
        assert await web.error("chat.update", channel=channel.id, ts=ts) == "no_text"


async def test_a_deleted_parent_leaves_a_tombstone(slack: PracticeSlack) -> None:
    """Its replies stay; it can be read in its thread and not be changed."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack) as web:
        parent = (await web("chat.postMessage", channel=channel.id, text="parent"))["ts"]
        await slack.say(jane, channel, "reply", thread_ts=parent)
        await slack.delete(slack.messages(channel)[0])
        stone, reply = (await web("conversations.replies", channel=channel.id, ts=parent))["messages"]
        assert (stone["subtype"], reply["text"]) == ("tombstone", "reply")
        assert await web.error("chat.update", channel=channel.id, ts=parent, text="x") == "message_not_found"


async def test_an_ephemeral_message_is_for_one_member(slack: PracticeSlack) -> None:
    """Only they are shown it, and it is nowhere in the history."""
    jane, tom, ann = (slack.add_user(name) for name in ("jane", "tom", "ann"))
    channel = slack.add_channel("support", [jane, tom])

    async with web_of(slack) as web:
        assert await web.error("chat.postEphemeral", channel=channel.id, user=jane.id, text="psst") == "ok"
        refused = await web.error("chat.postEphemeral", channel=channel.id, user=ann.id, text="psst")
        assert refused == "user_not_in_channel"
        assert [message.text for message in slack.ephemerals(jane)] == ["psst"]
        assert slack.ephemerals(tom) == slack.messages(channel) == ()


async def test_a_name_of_its_own_is_ignored_without_the_scope(make: Any) -> None:
    """With `chat:write.customize` the message has a name and no user; without, Slack says nothing and shows none."""
    common = frozenset({"chat:write"})
    for scopes, expected in ((common, None), (common | {"chat:write.customize"}, "Jane (customer)")):
        slack = make(app={"scopes": scopes})
        channel = slack.add_channel("support")

        async with web_of(slack) as web:
            answer = await web("chat.postMessage", channel=channel.id, text="x", username="Jane (customer)")
            assert answer["message"].get("username") == expected
            assert ("user" in answer["message"]) == (expected is None)


async def test_whom_the_bot_pings_is_remembered(slack: PracticeSlack) -> None:
    """Posts, edits and ephemeral messages count when they say something new; a reaction does not."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack) as web:
        ts = (await web("chat.postMessage", channel=channel.id, text="<!channel> &lt;!here&gt;"))["ts"]
        await web("reactions.add", channel=channel.id, timestamp=ts, name="eyes")
        await web("chat.update", channel=channel.id, ts=ts, text=f"<@{jane.id}>")
        await web("chat.postEphemeral", channel=channel.id, user=jane.id, text="<!here>")
        await slack.say(jane, channel, "@channel it was me")
        assert slack.pings == (("@channel",), (jane.id,), ("@here",))
        assert slack.messages(channel)[0].pinged == (jane.id,)


async def test_people_cannot_do_what_their_client_would_not_let_them(slack: PracticeSlack) -> None:
    """Writing where one is not, in an archived channel, nothing at all, or a text that begins with a slash."""
    jane, tom = slack.add_user("jane"), slack.add_user("tom")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack):
        said = await slack.say(jane, channel, "hello")
        for user, text, thread in (
            (tom, "x", None),
            (jane, "// note", None),
            (jane, " ", None),
            (jane, "x", "1.000000"),
        ):
            with pytest.raises(ValueError, match=r"Slack's composer|is not in|no such thread"):
                await slack.say(user, channel, text, thread_ts=thread)
        slack.archive(channel)
        with pytest.raises(ValueError, match="archived"):
            await slack.say(jane, channel, "x")
        assert slack.messages(channel) == (said,)
        await slack.delete(said)
        with pytest.raises(ValueError, match="gone"):
            await slack.edit(said, "x")


async def test_a_locked_thread_takes_nothing(slack: PracticeSlack) -> None:
    """Neither people nor the bot can reply or react until it is unlocked; the first message can still be changed."""
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])

    async with web_of(slack) as web:
        first = (await web("chat.postMessage", channel=channel.id, text="first"))["ts"]
        said = await slack.say(jane, channel, "second", thread_ts=first)
        where = {"channel": channel.id, "thread_ts": first, "text": "x"}
        slack.lock(slack.messages(channel)[0])
        assert await web.error("chat.postMessage", **where) == "restricted_action_thread_locked"
        assert await web.error("chat.postEphemeral", **where, user=jane.id) == "restricted_action_thread_locked"
        for method in ("reactions.add", "reactions.remove"):
            assert await web.error(method, channel=channel.id, timestamp=said.ts, name="x") == "thread_locked"
        with pytest.raises(ValueError, match="locked"):
            await slack.say(jane, channel, "third", thread_ts=first)
        page = await web("conversations.replies", channel=channel.id, ts=first)
        assert page["messages"][0]["is_locked"] is True
        await web("chat.update", channel=channel.id, ts=first, text="changed")
        slack.lock(slack.messages(channel)[0], locked=False)
        await web("chat.postMessage", **where)
        await web("reactions.add", channel=channel.id, timestamp=said.ts, name="x")
