"""What the Discord adapter says and shows, through the real discord.py on the practice Discord."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest

from bot.errors import Forbidden, Gone, RateLimited, Unavailable, Uncertain
from bot.model import Agent, AgentId, Answer, ChatMessageId, DeliveryKey, Form, Further, Kind, Post, Status, Voice
from bot.sandbox.discord.rate_limits import DiscordLimits
from tests.support.stage.discord import KEY, build, card, place, post, stage
from tests.support.twice import is_gone
from tests.support.waiting import until

OTHER = DeliveryKey("a1b2c3-2-0")


def now() -> datetime:
    return datetime.now(UTC)


class TestOpening:
    async def test_in_a_text_channel_the_thread_hangs_on_the_card(self) -> None:
        """The card is a message of the channel; the thread under it bears the ticket's title and lasts a week."""
        async with stage() as s:
            opened = await s.open(s.text, title="#1042 · Jane · " + "long " * 40)
            (message,) = [m for m in s.server.messages(s.text) if m.author_id == s.server.bot.id and m.embeds]
            thread = s.server.thread(opened.thread)
            assert str(message.thread_id) == opened.thread
            assert thread.name.startswith("#1042 · Jane · long")
            assert len(thread.name) <= 100
            assert thread.auto_archive_minutes == 10080
            assert not message.pinged

    async def test_in_a_forum_the_post_shows_the_status_by_a_tag(self) -> None:
        """Tags that are there are used, whatever their case."""
        async with stage(tags=["open", "CLOSED", "vip"]) as s:
            opened = await s.open(s.forum)
            assert s.server.tag_names(s.server.thread(opened.thread)) == ["open"]
            assert s.shown(opened, s.forum)["fields"][-1]["value"] == "ord\\_1"

    async def test_missing_tags_are_made_where_the_bot_may(self) -> None:
        """With Manage Channels the forum gets our tags beside its own; without it posts go untagged."""
        async with stage(tags=["vip"]) as s:
            untagged = await s.open(s.forum)
            assert s.server.tag_names(s.server.thread(untagged.thread)) == []
            s.server.allow(s.forum, "manage_channels")
            forum: Any = s.client.get_channel(int(s.forum))
            await until(lambda: forum.permissions_for(forum.guild.me).manage_channels)
            tagged = await s.chat.open_thread(s.forum, card(), OTHER)
            assert s.server.tag_names(s.server.thread(tagged.thread)) == ["Open"]
            (channel,) = [c for c in s.server.channels if str(c.id) == s.forum]
            assert [tag.name for tag in channel.tags] == ["vip", "Open", "Closed", "Waiting for us"]

    async def test_a_forum_that_wants_a_tag_gets_one(self) -> None:
        """Where the forum has none of ours, any tag will do; where it has none at all, the agent reads what to do."""
        async with stage(tags=["vip"], require_tag=True) as s:
            opened = await s.open(s.forum)
            assert s.server.tag_names(s.server.thread(opened.thread)) == ["vip"]
        async with stage(require_tag=True) as s:
            with pytest.raises(Forbidden, match="Open, Closed and Waiting for us"):
                await s.open(s.forum)

    @pytest.mark.parametrize("status", [500, 502, 504])
    async def test_a_forum_post_is_never_asked_for_twice(self, status: int) -> None:
        """discord.py would repeat it five times; here the first such answer leaves it uncertain."""
        async with stage() as s:
            s.server.http_server.fail("refuse", method="POST", path="/threads$", status=status, times=5)
            with pytest.raises(Uncertain):
                await s.open(s.forum)
            assert len(s.requests("POST", "/threads")) == 1
            assert await s.chat.find_thread(s.forum, card(), KEY, None) is None

    async def test_a_forum_post_whose_answer_was_lost_is_found(self) -> None:
        """Its key is in its first message, also when somebody has archived the post meanwhile."""
        async with stage() as s:
            before_it = (await s.chat.open_thread(s.forum, card(), OTHER)).card
            s.server.http_server.fail("lose", method="POST", path="/threads$")
            with pytest.raises(Uncertain):
                await s.open(s.forum)
            found = await s.chat.find_thread(s.forum, card(), KEY, before_it)
            thread = s.server.threads(s.forum)[-1]
            assert found is not None
            assert found.thread == str(thread.id)
            s.server.guild.archive(thread, archived=True)
            for after in (before_it, None):
                assert await s.chat.find_thread(s.forum, card(), KEY, after) == found
                assert await s.chat.find_thread(s.forum, card(), DeliveryKey("x-1"), after) is None
            later = ChatMessageId(str(discord.utils.time_snowflake(now() + timedelta(hours=1))))
            assert await s.chat.find_thread(s.forum, card(), KEY, later) is None

    async def test_a_card_without_its_thread_is_finished(self) -> None:
        """Where the thread was not made, or its making is unknown, looking for it makes it; nothing is there twice."""
        for kind in ("drop", "lose"):
            async with stage() as s:
                s.server.http_server.fail(kind, method="POST", path="/threads$")
                with pytest.raises(Uncertain):
                    await s.open(s.text)
                found = await s.chat.find_thread(s.text, card(), KEY, None)
                (thread,) = s.server.threads(s.text)
                assert found is not None
                assert {found.thread, found.card} == {str(thread.id)}

    async def test_a_card_is_not_posted_twice(self) -> None:
        """The key is also the message's nonce: opening again within minutes gives the thread that is there."""
        async with stage() as s:
            first = await s.open(s.text)
            assert await s.open(s.text) == first
            assert len(s.server.threads(s.text)) == 1

    async def test_what_is_missing_is_named(self) -> None:
        """A channel that is gone, hidden, or without a permission: each says so in words."""
        async with stage() as s:
            s.server.deny(s.text, "create_public_threads")
            with pytest.raises(Forbidden, match="Create Public Threads"):
                await s.open(s.text)
            assert s.server.messages(s.text) == []
            s.server.deny(s.forum, "view_channel")
            with pytest.raises(Forbidden, match="View Channel"):
                await s.open(s.forum)
            await is_gone(lambda: s.open(type(s.text)("123")))

    async def test_a_card_whose_thread_is_not_allowed_yet_stays_and_gets_it_later(self) -> None:
        """A new process cannot know the limit. It deletes no card and posts no second one."""
        async with stage() as s:
            s.server.http_server.fail("refuse", path="/threads$", status=429, headers={"Retry-After": "2"})
            with pytest.raises(Uncertain) as caught:
                await s.open(s.text)
            assert caught.value.retry_after == pytest.approx(2, abs=0.9)
            assert 1 < s.chat.limit(Kind.OPEN, place(s.text)).seconds <= 2.01
            (message,) = s.server.messages(s.text)
            with pytest.raises(RateLimited):
                await s.chat.find_thread(s.text, card(), KEY, None)
            await until(lambda: s.chat.limit(Kind.OPEN, place(s.text)).seconds == 0)
            found = await s.chat.find_thread(s.text, card(), KEY, None)
            assert found is not None
            assert {found.card, found.thread} == {str(message.id)}
            assert s.requests("DELETE") == []
            assert len([m for m in s.server.messages(s.text) if m.embeds]) == 1

    async def test_openings_are_made_as_fast_as_both_limits_allow_and_none_in_vain(self) -> None:
        """Whoever asks for the limit first is never refused: no 429, no card without its thread."""
        async with stage(speed=60.0) as s:
            for number in range(60):
                await until(lambda: s.chat.limit(Kind.OPEN, place(s.text)).seconds == 0)
                await s.chat.open_thread(s.text, card(), DeliveryKey(f"a1b2c3-{number}-0"))
            assert len(s.server.threads(s.text)) == 60
            assert not [e for e in s.server.http_server.seen if e.status == 429]
            assert s.requests("DELETE") == []

    async def test_too_many_open_threads_are_waited_out(self) -> None:
        """At Discord's cap a thread is put off for minutes, not tried again and again, and no card is left behind."""
        async with stage(limits=DiscordLimits(active_threads=0)) as s:
            for channel in (s.forum, s.text):
                with pytest.raises(Forbidden, match="open threads") as caught:
                    await s.open(channel)
                assert (caught.value.retry_after or 0) >= 300
            assert s.server.messages(s.text) == []


class TestPosting:
    async def test_a_long_message_is_said_in_full_and_pings_nobody(self) -> None:
        """Fifty thousand characters with every ping there is arrive in parts and notify nobody."""
        async with stage(speed=None) as s:
            opened = await s.open(s.text)
            said = post("@everyone <@1> [x](https://e.example) " * 1300)
            where = place(s.text, opened)
            for part in range(s.chat.parts(said)):
                await s.chat.post(where, said, part, DeliveryKey(f"a1b2c3-3-{part}"))
            messages = [m for m in s.server.messages(opened.thread) if m.embeds]
            assert len(messages) == s.chat.parts(said) > 12
            assert not any(message.pinged for message in messages)

    async def test_a_message_whose_answer_was_lost_is_found_and_not_repeated(self) -> None:
        """It is found by its key, which Discord keeps where nobody sees it, for discord has forgotten the nonce."""
        async with stage() as s:
            where = place(s.text, opened := await s.open(s.text))
            s.server.http_server.fail("lose", method="POST", path="/messages$")
            for voice in (Voice.CUSTOMER, Voice.BELL):
                key = DeliveryKey(f"a1b2c3-4-{voice}")
                if voice is Voice.CUSTOMER:
                    with pytest.raises(Uncertain):
                        await s.chat.post(where, post("hello", voice), 0, key)
                else:
                    await s.chat.post(where, post("hello", voice), 0, key)
                found = await s.chat.find_post(where, key, opened.card)
                assert found == await s.chat.post(where, post("hello", voice), 0, key)
            assert await s.chat.find_post(where, OTHER, opened.card) is None
            assert len([m for m in s.server.messages(str(where.thread)) if m.embeds]) == 2

    async def test_what_is_said_together_is_one_message_and_found_by_its_key(self) -> None:
        """Erased, none of it is left."""
        async with stage() as s:
            opened = await s.open(s.text)
            where = place(s.text, opened)
            further = tuple(Further(text=text, at=None) for text in "bc")
            message = await s.chat.post(
                where, Post(voice=Voice.CUSTOMER, name="Jane", text="a", further=further), 0, OTHER
            )
            assert [embed["description"] for embed in s.server.message(opened.thread, message).embeds] == [
                "a",
                "b",
                "c",
            ]
            assert await s.chat.find_post(where, OTHER, opened.card) == message
            await s.chat.erase(where, message, "Erased.")
            assert len(s.server.message(opened.thread, message).embeds) == 1

    @pytest.mark.parametrize("was", [Form.FULL, Form.PLAIN])
    @pytest.mark.parametrize("form", [Form.FULL, Form.PLAIN, Form.DEFUSED])
    async def test_a_post_can_be_changed(self, was: Form, form: Form) -> None:
        """From any form into any other, twice without harm, in an archived thread too; it keeps its key."""
        async with stage() as s:
            opened = await s.open(s.text)
            where = place(s.text, opened)
            announced = Post(voice=Voice.BELL, name="", text="Ann is about to send: *x*", form=was)
            message = await s.chat.post(where, announced, 0, OTHER)
            s.server.guild.archive(s.server.thread(opened.thread), archived=True)
            final = Post(voice=Voice.STAFF, name="Ann", text="*x* @everyone", form=form)
            for _ in range(2):
                await s.chat.edit_post(where, message, final, 0, OTHER)
            shown = s.server.message(opened.thread, message)
            assert "about to send" not in f"{shown.content} {shown.embeds}"
            assert "*x*" in f"{shown.content} {shown.embeds}".replace("\\", "")
            assert bool(shown.embeds) == (form is Form.FULL)
            assert not shown.pinged
            assert await s.chat.find_post(where, OTHER, None) == message
            assert s.chat.time_of(message) == discord.utils.snowflake_time(int(message))
            await is_gone(lambda: s.chat.edit_post(where, ChatMessageId("1"), final, 0, OTHER))

    async def test_a_message_that_was_refused_was_certainly_not_said(self) -> None:
        """No connection at all and a gone thread are certain; so the one is tried again, the other is not."""
        async with stage() as s:
            where = place(s.text, await s.open(s.text))
            await s.server.delete_place(s.server.bot, str(where.thread))
            await is_gone(lambda: s.chat.post(where, post("hello"), 0, KEY), is_told=True)
            with pytest.raises(Gone):
                await s.chat.find_post(where, KEY, None)
            await s.server.stop()
            late = build(s.server, [s.text])
            with pytest.raises(Unavailable):
                await late.post(where, post("hello"), 0, KEY)
            await late.aclose()

    async def test_a_long_wait_is_reported_and_not_sat_out(self) -> None:
        """Whoever queues messages decides what to do meanwhile; what the limit leaves is used up before that."""
        async with stage(speed=0.05) as s:
            where = place(s.text, await s.open(s.text))
            for number in range(5):
                await s.chat.post(where, post("hello"), 0, DeliveryKey(f"a1b2c3-5-{number}"))
            with pytest.raises(RateLimited) as caught:
                await s.chat.post(where, post("hello"), 0, DeliveryKey("a1b2c3-5-5"))
            assert (caught.value.retry_after or 0) > 10

    async def test_a_short_wait_is_sat_out(self) -> None:
        """A burst is said in full, in order, and Discord need not refuse much of it."""
        async with stage(speed=5.0) as s:
            where = place(s.text, await s.open(s.text))
            for number in range(12):
                await s.chat.post(where, post(f"{number}"), 0, DeliveryKey(f"a1b2c3-6-{number}"))
            said = [m.embeds[0]["description"] for m in s.server.messages(str(where.thread)) if m.embeds]
            assert said == [f"{number}" for number in range(12)]
            assert not [e for e in s.server.http_server.seen if e.status == 429]

    async def test_an_answer_that_makes_no_sense_is_no_answer(self) -> None:
        """Something between us and Discord may answer 200 with a page of its own."""
        async with stage() as s:
            where = place(s.text, await s.open(s.text))
            s.server.http_server.fail("garbage", method="POST", path="/messages$")
            with pytest.raises(Uncertain):
                await s.chat.post(where, post("hello"), 0, KEY)

    async def test_a_ban_by_cloudflare_is_waited_out(self) -> None:
        """What is not Discord's own answer has its time in the header alone."""
        async with stage() as s:
            where = place(s.text, await s.open(s.text))
            s.server.http_server.fail("refuse", path="/messages$", status=429, headers={"Retry-After": "120"})
            with pytest.raises(RateLimited) as caught:
                await s.chat.post(where, post("hello"), 0, KEY)
            assert caught.value.retry_after == pytest.approx(120.0, abs=1.0)

    async def test_what_is_refused_again_and_again_ends_its_turn(self) -> None:
        """All pauses between the refusals together are no longer than a turn may wait."""
        async with stage() as s:
            where = place(s.text, await s.open(s.text))
            answer = json.dumps({"message": "Slow down", "retry_after": 0, "global": False})
            s.server.http_server.fail("refuse", path="/messages$", status=429, body=answer, times=10_000)
            before = len(s.server.http_server.seen)
            with pytest.raises(RateLimited):
                await s.chat.post(where, post("hello"), 0, KEY)
            assert len(s.server.http_server.seen) - before < 30

    async def test_a_search_goes_through_all_that_was_said_since(self) -> None:
        """Also when a hundred messages and more came after it."""
        async with stage(speed=None) as s:
            where = place(s.text, opened := await s.open(s.text))
            jane = s.server.add_member("Jane")
            for number in range(120):
                await s.server.say(jane, str(where.thread), f"{number}")
            said = await s.chat.post(where, post("here"), 0, OTHER)
            for number in range(120):
                await s.server.say(jane, str(where.thread), f"{number}")
            for after in (opened.card, None):
                assert await s.chat.find_post(where, OTHER, after) == said
                assert await s.chat.find_post(where, DeliveryKey("x-1"), after) is None

    async def test_the_bell_can_ring_in_a_channel_and_in_a_forum(self) -> None:
        """A forum holds no messages, so there it is a post; both are found again."""
        async with stage() as s:
            for channel in (s.text, s.forum):
                said = await s.chat.post(place(channel), post("The store refuses us.", Voice.BELL), 0, OTHER)
                assert await s.chat.find_post(place(channel), OTHER, None) == said
                assert await s.chat.find_post(place(channel), KEY, None) is None
            assert [thread.name for thread in s.server.threads(s.forum)] == ["The store refuses us."]

    async def test_a_private_word_pings_nobody_else(self) -> None:
        """What only one agent should read goes to them, or as near to that as Discord allows."""
        async with stage() as s:
            where = place(s.text, await s.open(s.text))
            ana = s.server.add_member("Ana")
            await s.chat.tell(
                where,
                Agent(id=AgentId(str(ana.id)), name="Ana", is_full_member=True),
                Answer(text="This was not *sent*."),
            )
            told = [m for m in s.server.messages(str(where.thread)) if "not \\*sent\\*" in m.content]
            assert len(told) == 1
            assert not any(message.pinged for message in told)


async def test_it_works_without_the_gateway() -> None:
    """Replies that are in flight when the bot stops listening can still be said; nothing needs to be connected."""
    async with stage(connected=False, tags=["Open", "Closed"]) as s:
        for channel in (s.text, s.forum):
            opened = await s.open(channel)
            await s.chat.post(place(channel, opened), post("hello"), 0, OTHER)
            await s.chat.render_card(place(channel, opened), opened, card(Status.CLOSED))
            assert s.server.thread(opened.thread).archived
        assert s.server.gateway.identified == 0
        second = build(s.server, [s.text])
        assert not second.health().connected
        await second.aclose()
