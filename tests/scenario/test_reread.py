"""One message read again in its thread, by both adapters through the real SDKs: as it is, changed, or gone."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import Forbidden, Gone, RateLimited, Rejected, Unavailable
from bot.model import ChannelId, ChatMessageId, Place, ThreadId
from bot.ports import Chat
from tests.support.stage import discord as discord_stage
from tests.support.stage.slack import scene
from tests.support.twice import is_gone, once_sure


async def reads(chat: Chat, where: Place, message: ChatMessageId) -> str | None:
    """What one message reads like now; None: it is gone."""
    found = await chat.reread(where, message)
    return None if found is None else found.text


async def test_discord_says_what_a_message_reads_like_now() -> None:
    """Neutral text as when it was received, for one request; None once it is deleted."""
    async with discord_stage.stage() as s:
        opened = await s.open(s.text)
        where, thread = discord_stage.place(s.text, opened), opened.thread
        ana = s.server.add_member("Ana")
        message = await s.server.say(ana, thread, f"<@{ana.id}> see <#{s.text}>")
        [heard] = await s.told(1)
        assert await reads(s.chat, where, heard.message) == heard.text == "@Ana see #support"
        await s.disconnect()
        await s.server.edit(ana, message, "**changed** meanwhile")
        before = len(s.server.http_server.seen)
        assert await reads(s.chat, where, heard.message) == "changed meanwhile"
        assert len(s.server.http_server.seen) == before + 1
        await s.server.delete(ana, message)
        assert await once_sure(lambda: reads(s.chat, where, heard.message)) is None


async def test_discord_does_not_take_a_thread_that_is_gone_for_a_deleted_message() -> None:
    """A deleted thread says nothing about what its author wanted; neither does one that may not be read."""
    async with discord_stage.stage() as s:
        opened = await s.open(s.text)
        where, thread = discord_stage.place(s.text, opened), opened.thread
        ana = s.server.add_member("Ana")
        message = ChatMessageId(str((await s.server.say(ana, thread, "hello")).id))
        s.server.deny(s.text, "view_channel")
        with pytest.raises((Forbidden, Rejected)):
            await s.chat.reread(where, message)
        s.server.allow(s.text, "view_channel")
        assert await reads(s.chat, where, message) == "hello"
        await s.server.delete_place(s.server.owner, thread)
        await is_gone(lambda: s.chat.reread(where, message), is_told=True)


async def test_discord_does_not_take_a_text_that_it_keeps_from_us_for_an_empty_one() -> None:
    """Without the Message Content Intent an answer has no text; that is no edit."""
    async with discord_stage.stage() as s:
        opened = await s.open(s.text)
        where, thread = discord_stage.place(s.text, opened), opened.thread
        message = await s.server.say(s.server.add_member("Ana"), thread, "hello")
        await s.told(1)
        s.server.message(thread, message.id).content = ""
        with pytest.raises(Rejected):
            await s.chat.reread(where, ChatMessageId(str(message.id)))


async def test_slack_says_what_a_message_reads_like_now() -> None:
    """Neutral text, for one request; None once it is deleted, or is a command."""
    async with scene() as stage:
        _, where = await stage.open()
        thread = str(where.thread)
        for text in ("before", "it is <so> & 🔒", "after"):
            message = await stage.slack.say(stage.bob, stage.channel, text, thread_ts=thread)
        message = stage.slack.thread(stage.channel, thread)[2]
        heard = ChatMessageId(message.ts)
        assert await reads(stage.chat, where, heard) == "it is <so> & 🔒"
        await stage.stop()
        await stage.slack.edit(message, "changed meanwhile")
        before = len(stage.slack.http_server.seen)
        assert await reads(stage.chat, where, heard) == "changed meanwhile"
        assert len(stage.slack.http_server.seen) == before + 1
        await stage.slack.edit(message, "changed back")
        await stage.slack.delete(message)
        assert await once_sure(lambda: reads(stage.chat, where, heard)) is None


async def test_slack_does_not_take_a_thread_that_is_gone_for_a_deleted_message() -> None:
    """Neither a thread that is gone, nor a channel that the bot was removed from, nor a slow Slack says a deletion."""
    async with scene() as stage:
        _, where = await stage.open()
        message = await stage.slack.say(stage.bob, stage.channel, "hello", thread_ts=str(where.thread))
        heard = ChatMessageId(message.ts)
        stage.slack.http_server.fail("refuse", path="conversations.replies", status=429, headers={"Retry-After": "1"})
        with pytest.raises(RateLimited):
            await stage.chat.reread(where, heard)
        nowhere = replace(where, thread=ThreadId("1700000000.000100"))
        await asyncio.sleep(1.1)
        await is_gone(lambda: stage.chat.reread(nowhere, heard))
        elsewhere = replace(where, channel=ChannelId("C0NOTHERE0"))
        with pytest.raises((Gone, Forbidden, Rejected, Unavailable)):
            await stage.chat.reread(elsewhere, heard)
