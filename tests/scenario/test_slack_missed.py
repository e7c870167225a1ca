"""What the Slack adapter reads of what people wrote while nobody listened."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

from adapters.chats.slack import missed_messages
from adapters.chats.slack.reading import PersonMessage
from adapters.chats.slack.requests import Requests
from bot.errors import Rejected, Unavailable
from bot.model import (
    ChannelId,
    ChatMessageId,
    Cursor,
    Place,
)
from bot.sandbox.slack.rate_limits import SlackLimits
from tests.support.stage.slack import CARD, POST, key, scene
from tests.support.twice import once_sure


async def test_what_was_missed_is_read_from_the_threads_that_have_it() -> None:
    """Oldest first, people's messages only, after each cursor; untouched threads cost nothing."""
    limits = SlackLimits(page=2, post_burst=50)
    async with scene(start=False, limits=limits) as stage:
        threads = [(await stage.open(f"c{number}"))[1] for number in range(3)]
        quiet = threads[2]
        await stage.renew()
        for place in threads:
            await stage.slack.say(stage.anna, stage.channel, "known", thread_ts=place.thread)
        seen = {place: stage.slack.thread(stage.channel, str(place.thread))[-1].ts for place in threads}
        for number in range(3):
            await stage.slack.say(stage.bob, stage.channel, f"new {number}", thread_ts=threads[0].thread)
        await stage.chat.post(threads[0], POST, 0, key("ours"))
        await stage.slack.say(stage.anna, stage.channel, "!close", thread_ts=threads[0].thread)
        await stage.slack.say(
            stage.anna, stage.channel, "file", thread_ts=threads[1].thread, broadcast=True, files=[("a.txt", b"x")]
        )
        cursors = [Cursor(place=place, after=ChatMessageId(seen[place])) for place in threads]
        before = stage.calls("conversations.replies")
        found = [said async for said in stage.chat.missed(cursors)]
        texts = {
            place: [said.text for said in found if said.place == place] for place in (threads[0], threads[1], quiet)
        }
        assert texts == {threads[0]: ["new 0", "new 1", "new 2", "!close"], threads[1]: ["file"], quiet: []}
        assert {said.agent.name for said in found if said.place == threads[0]} == {"Bob", "Anna"}
        fetched = {
            exchange.query.get("ts")
            for exchange in stage.slack.http_server.seen
            if exchange.path.endswith("conversations.replies")
        }
        assert fetched == {threads[0].thread, threads[1].thread}
        assert stage.calls("conversations.replies") - before >= 2
        whole = [said.text async for said in stage.chat.missed([Cursor(place=quiet, after=None)])]
        assert whole == ["known"]


async def test_many_pages_are_not_read_for_one_thread() -> None:
    """Where a channel is full of other talk, the few threads are asked for themselves."""
    async with scene(start=False, limits=SlackLimits(page=3)) as stage:
        opened, place = await stage.open()
        await stage.slack.say(stage.anna, stage.channel, "old but unread", thread_ts=opened.thread)
        for number in range(60):
            await stage.slack.say(stage.bob, stage.channel, f"chatter {number}")
        found = [said.text async for said in stage.chat.missed([Cursor(place=place, after=None)])]
        assert found == ["old but unread"]
        assert stage.calls("conversations.history") == 3


async def test_a_closed_channel_holds_up_no_other() -> None:
    """What cannot be read has nothing to read; what is only away for now is reported, after the rest."""
    async with scene(start=False) as stage:
        opened, place = await stage.open()
        await stage.slack.say(stage.anna, stage.channel, "here", thread_ts=opened.thread)
        gone = Place(chat=place.chat, channel=ChannelId("C9"), thread=place.thread)
        cursors = [Cursor(place=gone, after=None), Cursor(place=place, after=None)]

        async def missed() -> list[str]:
            return [said.text async for said in stage.chat.missed(cursors)]

        assert await once_sure(missed) == ["here"]
        other = stage.slack.add_channel("other", [stage.anna])
        card = await stage.chat.open_thread(ChannelId(other.id), CARD, key("other"))
        elsewhere = Place(chat=place.chat, channel=ChannelId(other.id), thread=card.thread)
        stage.slack.http_server.fail("refuse", path="conversations.history", status=503)
        reading = stage.chat.missed([Cursor(place=elsewhere, after=None), *cursors])
        assert (await anext(reading)).text == "here"
        with pytest.raises(Unavailable):
            await anext(reading)


async def test_a_thread_that_slack_refuses_hides_no_other() -> None:
    """The channel counts as one that cannot be read, after its other threads."""
    read = missed_messages.written_after
    async with scene(start=False) as stage:
        threads = [(await stage.open(f"c{number}"))[1] for number in range(3)]
        for place in threads:
            await stage.slack.say(stage.anna, stage.channel, f"in {threads.index(place)}", thread_ts=place.thread)

        async def refusing(requests: Requests, place: Place, *rest: Any) -> list[PersonMessage]:
            if place == threads[1]:
                raise Rejected("Slack refused this.")
            return await read(requests, place, *rest)

        cursors = [Cursor(place=place, after=None) for place in threads]
        with patch.object(missed_messages, "written_after", refusing):
            found = [said.text async for said in stage.chat.missed(cursors)]
        assert sorted(found) == ["in 0", "in 2"]
