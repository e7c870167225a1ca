"""Cards and marks of the Discord adapter, on the practice Discord."""

from __future__ import annotations

from functools import partial

import discord
import pytest

from bot.errors import Unavailable
from bot.model import ChatMessageId, DeliveryKey, Mark, Opened, Status
from bot.sandbox.discord import Thread
from bot.sandbox.loopback_server import Exchange
from tests.support.stage.discord import Stage, card, place, stage
from tests.support.twice import is_gone, once_sure
from tests.support.waiting import until


def known_tags(s: Stage) -> list[str]:
    """The forum's tags as discord.py knows them."""
    forum = s.client.get_channel(int(s.forum))
    assert isinstance(forum, discord.ForumChannel)
    return [tag.name for tag in forum.available_tags]


class TestCards:
    async def test_closing_and_reopening_show_everywhere(self) -> None:
        """Card, tag and archived state follow the ticket, in both kinds of channel, and the name stays."""
        async with stage(tags=["Open", "Closed", "vip"]) as s:
            for channel in (s.text, s.forum):
                opened = await s.open(channel)
                thread = s.server.thread(opened.thread)
                vip = next((t.id for c in s.server.channels for t in c.tags if t.name == "vip"), 0)
                if channel == s.forum:
                    thread.tags.append(vip)
                for status in (Status.CLOSED, Status.OPEN, Status.CLOSED):
                    changed = card(status, title="another title")
                    await s.chat.render_card(place(channel, opened), opened, changed)
                    assert thread.archived == (status is Status.CLOSED)
                    assert not thread.locked
                    assert thread.name == "#1042 · Jane · Key not working"
                    assert "another title" in s.shown(opened, channel)["description"]
                    if channel == s.forum:
                        assert set(s.server.tag_names(thread)) == {status.value.capitalize(), "vip"}

    @pytest.mark.parametrize("gateway_tells", [True, False])
    async def test_a_tag_that_was_deleted_takes_no_thread_away(self, gateway_tells: bool) -> None:
        """Also in the moment before the gateway tells of it, and where the post still has it."""
        async with stage(tags=["Open", "Closed", "vip"]) as s:
            opened = await s.open(s.forum)
            thread = s.server.thread(opened.thread)
            forum = next(each for each in s.server.channels if str(each.id) == s.forum)
            forum.tags = [tag for tag in forum.tags if tag.name == "vip"]
            if gateway_tells:
                s.server.guild.send_channel_event("CHANNEL_UPDATE", forum)
                await until(lambda: len(known_tags(s)) == 1, "it is told")
            assert await s.chat.render_card(place(s.forum, opened), opened, card(Status.CLOSED, title="changed"))
            assert (thread.archived, s.server.tag_names(thread)) == (True, [])
            assert "changed" in s.shown(opened, s.forum)["description"]
            again = await s.chat.open_thread(s.forum, card(), DeliveryKey("k-2"))
            assert s.server.tag_names(s.server.thread(again.thread)) == []

    async def test_rendering_twice_changes_nothing_twice(self) -> None:
        """What is shown already is neither edited, nor opened and archived again."""
        async with stage(tags=["Open", "Closed"]) as s:
            for channel in (s.text, s.forum):
                opened = await s.open(channel)
                await s.chat.render_card(place(channel, opened), opened, card(Status.CLOSED))
                before = len(s.requests("PATCH"))
                await s.chat.render_card(place(channel, opened), opened, card(Status.CLOSED))
                assert len(s.requests("PATCH")) == before

    async def test_an_archived_card_is_changed_and_stays_archived(self) -> None:
        """A forum's card lies in the archived post itself, a text channel's does not; both can change."""
        async with stage(tags=["Open", "Closed"]) as s:
            for channel in (s.text, s.forum):
                opened = await s.open(channel)
                await s.chat.render_card(place(channel, opened), opened, card(Status.CLOSED))
                changed = card(Status.CLOSED, status_text="Closed · solved")
                await s.chat.render_card(place(channel, opened), opened, changed)
                assert s.server.thread(opened.thread).archived
                assert "solved" in str(s.shown(opened, channel))

    async def test_a_thread_that_is_archived_meanwhile_is_opened_next_time(self) -> None:
        """A thread that was read as open may be archived before it is changed: that is no refusal for good."""
        async with stage(tags=["Open", "Closed"]) as s:
            for channel in (s.text, s.forum):
                opened = await s.open(channel)
                thread = s.server.thread(opened.thread)

                def archive(seen: Exchange, thread: Thread = thread) -> None:
                    if seen.method == "GET" and seen.path.endswith(f"/channels/{thread.id}"):
                        s.server.guild.archive(thread, archived=True)

                s.server.http_server.observers.append(archive)
                with pytest.raises(Unavailable, match="archived just now"):
                    await s.chat.render_card(place(channel, opened), opened, card(Status.CLOSED))
                s.server.http_server.observers.remove(archive)
                await s.chat.render_card(place(channel, opened), opened, card(Status.OPEN, title="another title"))
                assert not thread.archived
                assert "another title" in s.shown(opened, channel)["description"]

    async def test_a_card_that_people_deleted_is_followed_by_one_in_the_thread(self) -> None:
        """It is said that the card is gone, all else is done; another one is found, changed and archived like it."""
        async with stage(tags=["Open", "Closed"]) as s:
            for channel in (s.text, s.forum):
                opened = await s.open(channel)
                where = place(channel, opened)
                s.server.guild.remove(s.server.message(channel if channel == s.text else opened.thread, opened.card))
                assert not await once_sure(partial(s.chat.render_card, where, opened, card(Status.CLOSED)))
                assert s.server.thread(opened.thread).archived
                key = DeliveryKey(f"a1b2c3-{opened.card[-6:]}-1")
                again = await s.chat.post_card(where, card(), key)
                assert await s.chat.find_post(where, key, opened.card) == again
                headed = Opened(thread=opened.thread, card=again)
                for status in (Status.CLOSED, Status.OPEN, Status.CLOSED):
                    assert await s.chat.render_card(where, headed, card(status, status_text=f"now {status}"))
                    assert f"now {status}" in str(s.server.message(opened.thread, again).embeds)
                    assert s.server.thread(opened.thread).archived == (status is Status.CLOSED)
                await s.chat.render_card(where, headed, card(Status.CLOSED, status_text="solved"))
                assert s.server.thread(opened.thread).archived
                assert "solved" in str(s.server.message(opened.thread, again).embeds)

    async def test_a_card_that_people_deleted_does_not_stop_the_rest(self) -> None:
        """The thread goes on without it; a thread that is gone is said to be gone."""
        async with stage() as s:
            opened = await s.open(s.text)
            s.server.guild.remove(s.server.message(s.text, opened.card))
            await once_sure(lambda: s.chat.render_card(place(s.text, opened), opened, card(Status.CLOSED)))
            assert s.server.thread(opened.thread).archived
            await s.server.delete_place(s.server.bot, opened.thread)
            await is_gone(lambda: s.chat.render_card(place(s.text, opened), opened, card()), is_told=True)


class TestMarks:
    async def test_a_mark_takes_the_place_of_the_last_one(self) -> None:
        """⏳ becomes ✅ becomes nothing, also where it is asked for twice."""
        async with stage() as s:
            where = place(s.text, await s.open(s.text))
            said = await s.server.say(s.server.add_member("Ana"), str(where.thread), "hello")
            message = ChatMessageId(str(said.id))
            await s.chat.mark(where, message, Mark.WAITING, None)
            assert list(said.reactions) == ["⏳"]
            for _ in range(2):
                await s.chat.mark(where, message, Mark.DELIVERED, Mark.WAITING)
                assert [emoji for emoji, who in said.reactions.items() if who] == ["✅"]
            await s.chat.mark(where, message, None, Mark.DELIVERED)
            assert not any(said.reactions.values())

    async def test_an_archived_threads_message_gets_its_mark(self) -> None:
        """The thread is opened for it and archived again."""
        async with stage() as s:
            where = place(s.text, await s.open(s.text))
            said = await s.server.say(s.server.add_member("Ana"), str(where.thread), "hello")
            s.server.guild.archive(s.server.thread(str(where.thread)), archived=True)
            await s.chat.mark(where, ChatMessageId(str(said.id)), Mark.DELIVERED, None)
            assert list(said.reactions) == ["✅"]
            assert s.server.thread(str(where.thread)).archived

    async def test_a_deleted_message_needs_no_mark(self) -> None:
        """There is nothing to be done and nothing to be said; without the thread there is."""
        async with stage() as s:
            where = place(s.text, await s.open(s.text))
            said = await s.server.say(s.server.add_member("Ana"), str(where.thread), "hello")
            s.server.guild.remove(said)
            await once_sure(lambda: s.chat.mark(where, ChatMessageId(str(said.id)), Mark.FAILED, Mark.WAITING))
            await s.server.delete_place(s.server.bot, str(where.thread))
            await is_gone(lambda: s.chat.mark(where, ChatMessageId(str(said.id)), Mark.FAILED, None), is_told=True)
