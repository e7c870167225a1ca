"""What the Slack adapter receives, through the real slack-bolt, and how its connection is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.chats.slack import manifest
from bot.errors import AuthFailed
from bot.model import (
    Agent,
    AgentId,
    ChatMessageId,
    Deleted,
    Edited,
    Said,
)
from bot.sandbox.slack.rate_limits import SlackLimits
from bot.sandbox.slack.values import SlackApp
from tests.support.stage.slack import CLOSED, POST, Recording, key, scene
from tests.support.waiting import until

# ---------------------------------------------------------------- hearing


async def test_what_people_write_in_threads_comes_in_as_neutral_text() -> None:
    """With who wrote it, when, and in which thread; what is not for the core does not come in."""
    async with scene() as stage:
        opened, place = await stage.open()
        await stage.chat.post(place, POST, 0, key("a"))
        typed = "@Bob see #support & https://x.example <b> mail jane@x.example, @channel"
        message = await stage.slack.say(stage.anna, stage.channel, typed, thread_ts=opened.thread)
        await stage.slack.say(stage.anna, stage.channel, "in the channel")
        await stage.slack.another_bot_says(stage.channel, "beep", thread_ts=opened.thread)
        other = stage.slack.add_channel("other", [stage.anna])
        elsewhere = await stage.slack.say(stage.anna, other, "elsewhere")
        await stage.slack.say(stage.anna, other, "in a thread", thread_ts=elsewhere.ts)
        assert await stage.slack.settled()
        assert stage.intake.seen == [
            Said(
                place=place,
                message=ChatMessageId(message.ts),
                agent=Agent(id=AgentId(stage.anna.id), name="Anna", is_full_member=True),
                text=typed,
                said_at=datetime.fromtimestamp(int(message.ts[:10]), UTC).replace(microsecond=int(message.ts[11:])),
            )
        ]
        assert stage.slack.sockets.lost == []


async def test_a_note_begins_with_the_lock_that_was_typed() -> None:
    """Slack's text has a short code for it; a note must not go to the customer for that."""
    async with scene() as stage:
        opened, _ = await stage.open()
        await stage.slack.say(stage.anna, stage.channel, "🔒 between us", thread_ts=opened.thread)
        assert await stage.slack.settled()
        assert stage.intake.said_texts == ["🔒 between us"]


async def test_broadcasts_files_and_repeats_come_in() -> None:
    """A reply that also went to the channel, files with their names, and each delivery of one message alike."""
    async with scene() as stage:
        opened, _ = await stage.open()
        await stage.slack.say(stage.anna, stage.channel, "to all", thread_ts=opened.thread, broadcast=True)
        await stage.slack.say(stage.anna, stage.channel, "", thread_ts=opened.thread, files=[("a.txt", b"four")])
        twice = await stage.slack.say(stage.anna, stage.channel, "twice", thread_ts=opened.thread, deliveries=2)
        assert await stage.slack.settled()
        said = [each for each in stage.intake.seen if isinstance(each, Said)]
        assert sorted(each.text for each in said) == ["", "to all", "twice", "twice"]
        assert {each.message for each in said if each.text == "twice"} == {twice.ts}
        file = next(each for each in said if each.attachments).attachments[0]
        assert (file.name, file.size, file.lasting) == ("a.txt", 4, False)


async def test_edits_and_deletions_come_in_and_link_previews_do_not() -> None:
    """The changed text of a person's message, and that a message is gone."""
    async with scene() as stage:
        opened, place = await stage.open()
        message = await stage.slack.say(stage.anna, stage.channel, "one", thread_ts=opened.thread)
        await stage.slack.unfurl(message, {"title": "preview"})
        await stage.slack.edit(message, "two & three")
        await stage.chat.render_card(place, opened, CLOSED)
        assert await stage.slack.settled()
        await stage.slack.delete(message)
        assert await stage.slack.settled()
        agent = Agent(id=AgentId(stage.anna.id), name="Anna", is_full_member=True)
        stamp = ChatMessageId(message.ts)
        edited, deleted = stage.intake.seen[1:]
        assert isinstance(edited, Edited)
        assert edited.edited_at is not None
        assert replace(edited, edited_at=None) == Edited(place=place, message=stamp, agent=agent, text="two & three")
        assert deleted == Deleted(place=place, message=stamp)


async def test_what_could_not_be_written_down_comes_again() -> None:
    """A failed write leaves the event unacknowledged, and Slack delivers it once more."""
    async with scene(limits=SlackLimits(ack_seconds=2.0, retry_delays=(0.0, 0.1, 0.1))) as stage:
        opened, _ = await stage.open()
        stage.intake.failures = 2
        await stage.slack.say(stage.anna, stage.channel, "important", thread_ts=opened.thread)
        assert await stage.slack.settled()
        assert stage.intake.said_texts == ["important"]
        assert stage.slack.sockets.lost == []


async def test_a_name_that_cannot_be_asked_for_is_no_reason_to_lose_a_message() -> None:
    """While Slack does not say who somebody is, the event is not acknowledged."""
    async with scene(limits=SlackLimits(ack_seconds=2.0, retry_delays=(0.0, 0.1, 0.1))) as stage:
        opened, _ = await stage.open()
        stage.slack.http_server.fail("refuse", path="users.info", status=503)
        await stage.slack.say(stage.anna, stage.channel, "hi", thread_ts=opened.thread)
        assert await stage.slack.settled()
        assert stage.intake.said_texts == ["hi"]


async def test_everybody_comes_with_what_slack_says_of_them() -> None:
    """Guests are no full members; of the user groups, those that the settings name are given."""
    async with scene(start=False, limits=SlackLimits(retry_delays=())) as stage:
        guest = stage.slack.add_user("gus", guest=True)
        stage.slack.invite(stage.channel, guest)
        group, other = stage.slack.add_group("support", [stage.bob]), stage.slack.add_group("other", [stage.anna])
        await stage.renew(agents=[frozenset({group.id, guest.id})])
        await stage.start()
        parent = await stage.slack.say(stage.anna, stage.channel, "start")
        for user in (stage.anna, stage.bob, guest):
            await stage.slack.say(user, stage.channel, "hi", thread_ts=parent.ts)
        assert await stage.slack.settled()
        agents = [each.agent for each in stage.intake.seen if isinstance(each, Said)]
        assert {agent.name for agent in agents if agent.is_full_member} == {"Anna", "Bob"}
        assert {agent.name: agent.groups for agent in agents} == {
            "Anna": frozenset(),
            "Bob": frozenset({group.id}),
            "Gus": frozenset(),
        }
        assert other.id not in {one for agent in agents for one in agent.groups}


# ---------------------------------------------------------------- the connection


async def test_every_new_connection_is_blind_before_it_is_sighted() -> None:
    """After a cut and after a renewal alike; and what was written meanwhile is found by `missed`."""
    async with scene() as stage:
        opened, _ = await stage.open()
        assert stage.intake.story == ["gap_possible", "connected"]
        assert stage.chat.health().connected
        assert stage.chat.health().problem == ""
        stage.slack.sockets.cut()
        await until(lambda: stage.intake.story == ["gap_possible", "connected"] * 2)
        await stage.slack.sockets.refresh("refresh_requested")
        await until(lambda: stage.intake.story == ["gap_possible", "connected"] * 3)
        await stage.slack.sockets.refresh("warning")
        await until(lambda: stage.intake.story == ["gap_possible", "connected"] * 4)
        await stage.slack.say(stage.anna, stage.channel, "still there?", thread_ts=opened.thread)
        assert await stage.slack.settled()
        assert stage.intake.said_texts == ["still there?"]
        assert stage.intake.story[-1] == "said"


async def test_a_silent_connection_is_found_out() -> None:
    """When pings get no answer the connection is given up, and a new one made."""
    async with scene(heartbeat=0.3) as stage:
        first = stage.chat.health().last_sign_at
        assert first is not None
        await until(lambda: (stage.chat.health().last_sign_at or first) > first + timedelta(seconds=0.2))
        assert stage.chat.health().last_event_at is None
        stage.slack.sockets.deafen()
        await until(lambda: stage.intake.story == ["gap_possible", "connected"] * 2)


async def test_slack_being_away_is_waited_out() -> None:
    """At the start and later: the trouble is reported, and the connection comes back by itself."""
    async with scene(start=False) as stage:
        stage.slack.http_server.fail("refuse", path="auth.test", status=503)
        stage.slack.http_server.fail("drop", path="apps.connections.open")
        stage.running = asyncio.create_task(stage.chat.run(stage.intake))
        await until(lambda: "did not answer" in stage.chat.health().problem)
        assert not stage.chat.health().connected
        await until(lambda: stage.intake.story == ["gap_possible", "connected"])
        assert stage.chat.health().connected


async def test_a_refused_token_ends_the_run() -> None:
    """At the start, by either token, for a missing scope, and when it is revoked later."""
    lacking = replace(SlackApp.from_manifest(manifest.app()), scopes=frozenset({"chat:write", "commands"}))
    async with scene(app=lacking, start=False) as stage:
        with pytest.raises(AuthFailed, match=r"reactions:write.*reinstall"):
            await stage.start()
    async with scene(start=False, bot_token="xoxb-wrong") as stage:
        with pytest.raises(AuthFailed, match="SLACK_BOT_TOKEN"):
            await stage.start()
    async with scene(start=False, app_token="xapp-wrong") as stage:
        with pytest.raises(AuthFailed, match="SLACK_APP_TOKEN"):
            await stage.start()
        assert "SLACK_APP_TOKEN" in stage.chat.health().problem
    async with scene() as stage:
        stage.slack.workspace.token_error = "token_revoked"
        stage.slack.sockets.cut()
        assert stage.running is not None
        with pytest.raises(AuthFailed, match="token_revoked"):
            await stage.running


async def test_what_is_in_hand_is_finished_when_it_stops() -> None:
    """An event that has begun is written down and acknowledged before the connection closes."""

    class Slow(Recording):
        began: bool = False

        async def said(self, said: Said) -> bool:
            self.began = True
            await asyncio.sleep(0.3)
            return await super().said(said)

    async with scene(start=False) as stage:
        slow = Slow()
        stage.intake = slow
        await stage.start()
        opened, _ = await stage.open()
        await stage.slack.say(stage.anna, stage.channel, "last words", thread_ts=opened.thread)
        await until(lambda: slow.began)
        await stage.stop()
        assert slow.said_texts == ["last words"]
        assert await stage.slack.settled()
        assert stage.slack.sockets.lost == []
