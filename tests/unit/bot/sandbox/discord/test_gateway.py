from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.sandbox.discord import MessageType, PracticeDiscord
from tests.support.clocks import ManualClock
from tests.support.practice.discord import (
    ALL,
    GUILDS,
    MESSAGE_CONTENT,
    Bot,
    Ears,
    listening,
    practice_discord,
)
from tests.support.waiting import until


async def test_a_session_begins_with_ready_and_the_guild() -> None:
    """READY names the bot and its own resume address; the guild brings its channels and its active threads only."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane = discord.add_member("Jane")
        active = await discord.start_thread(jane, channel.id, "active")
        archived = await discord.start_thread(jane, channel.id, "archived")
        await discord.set_thread(jane, archived.id, archived=True)
        async with listening(bot) as ears:
            ready = await ears.event("READY")
            assert ready["resume_gateway_url"] == discord.gateway_url
            assert ready["user"]["id"] == str(discord.bot.id)
            guild = await ears.event("GUILD_CREATE")
            assert [c["id"] for c in guild["channels"]] == [str(channel.id)]
            assert [t["id"] for t in guild["threads"]] == [str(active.id)]
            await ears.send(1, None)
            assert (await ears.next())["op"] == 11


@pytest.mark.parametrize(
    ("token", "intents", "code"),
    [("other", ALL, 4004), (None, ALL | 2, 4014), (None, ALL | 1 << 8, 4014)],
)
async def test_who_may_not_is_shut_out(token: str | None, intents: int, code: int) -> None:
    """A wrong token is 4004, a privileged intent that is not switched on 4014."""
    async with practice_discord() as (discord, bot):
        async with listening(bot, token=token, intents=intents) as ears:
            assert await ears.next() == {"closed": code}
        assert discord.gateway.identified == 0


async def test_message_content_must_be_switched_on_to_be_asked_for() -> None:
    """Asked for and not switched on: 4014. Not asked for: events with nothing in them."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane = discord.add_member("Jane")
        async with listening(bot, intents=ALL & ~MESSAGE_CONTENT) as ears:
            await ears.event("GUILD_CREATE")
            await discord.say(jane, channel.id, "secret")
            assert (await ears.event("MESSAGE_CREATE"))["content"] == ""
        discord.settings.message_content = False
        async with listening(bot) as ears:
            assert await ears.next() == {"closed": 4014}


async def test_intents_choose_what_is_received() -> None:
    """With guilds alone a thread is announced, and no message."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane = discord.add_member("Jane")
        async with listening(bot, intents=GUILDS) as ears:
            await ears.event("GUILD_CREATE")
            said = await discord.say(jane, channel.id, "hello")
            await discord.react(jane, said, "✅")
            await discord.start_thread(jane, channel.id, "thread")
            await ears.event("THREAD_CREATE")
            assert "MESSAGE_CREATE" not in ears.names()
            assert "MESSAGE_REACTION_ADD" not in ears.names()


async def test_everything_that_happens_is_reported() -> None:
    """Messages, edits, deletions, reactions, threads and channels, each by its event, in order."""
    async with practice_discord() as (discord, bot):
        moderator = discord.add_member("Mo", discord.add_role("mods", "manage_threads", "manage_channels"))
        async with listening(bot) as ears:
            await ears.event("GUILD_CREATE")
            channel = discord.add_text_channel("tickets")
            said = await discord.say(moderator, channel.id, "hello", attachments=[("a.txt", b"abc")])
            await discord.edit(moderator, said, "hello again")
            await discord.react(moderator, said, "✅")
            posted = (await bot.post(channel.id, content="card", nonce="key")).body["id"]
            await bot.ask("POST", f"/channels/{channel.id}/messages/{posted}/threads", {"name": "thread"})
            await discord.set_thread(moderator, posted, archived=True)
            await discord.delete(moderator, said)
            await discord.delete_place(moderator, posted)
            await discord.delete_place(moderator, channel.id)
            await ears.event("CHANNEL_DELETE")
            assert ears.names()[2:] == [
                "CHANNEL_CREATE",
                "MESSAGE_CREATE",
                "MESSAGE_UPDATE",
                "MESSAGE_REACTION_ADD",
                "MESSAGE_CREATE",
                "THREAD_CREATE",
                "MESSAGE_UPDATE",
                "MESSAGE_CREATE",
                "THREAD_UPDATE",
                "MESSAGE_DELETE",
                "THREAD_DELETE",
                "CHANNEL_DELETE",
            ]
            created = [p["d"] for p in ears.heard if p["t"] == "MESSAGE_CREATE"]
            assert [message["type"] for message in created] == [
                MessageType.DEFAULT,
                MessageType.DEFAULT,
                MessageType.THREAD_STARTER,
            ]
            assert created[0]["attachments"][0]["filename"] == "a.txt"
            assert created[1]["nonce"] == "key"
            assert [p["s"] for p in ears.heard[1:]] == list(range(1, len(ears.heard)))


async def test_what_the_bot_cannot_see_is_not_reported() -> None:
    """Messages in a channel that is hidden from the bot make no event."""
    async with practice_discord() as (discord, bot):
        hidden, open_one = discord.add_text_channel("hidden"), discord.add_text_channel("open")
        jane = discord.add_member("Jane")
        discord.deny(hidden.id, "view_channel")
        async with listening(bot) as ears:
            await ears.event("GUILD_CREATE")
            await discord.say(jane, hidden.id, "one")
            await discord.say(jane, open_one.id, "two")
            assert (await ears.event("MESSAGE_CREATE"))["content"] == "two"


async def test_a_cut_session_is_resumed_with_what_was_missed() -> None:
    """RESUME with the last sequence number brings exactly what came after it, then RESUMED."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane = discord.add_member("Jane")
        async with listening(bot) as ears:
            session = (await ears.event("READY"))["session_id"]
            await discord.say(jane, channel.id, "heard")
            await ears.event("MESSAGE_CREATE")
            await discord.gateway.cut()
            assert await ears.next() == {"closed": 4000}
        for text in ("one", "two"):
            await discord.say(jane, channel.id, text)
        async with listening(bot, resume=(session, ears.seq)) as again:
            missed = [(await again.event("MESSAGE_CREATE"))["content"] for _ in range(2)]
            assert missed == ["one", "two"]
            await again.event("RESUMED")
        assert (discord.gateway.identified, discord.gateway.resumed) == (1, 1)


async def test_a_session_that_is_gone_cannot_be_resumed() -> None:
    """An unknown, an invalidated and an expired session are answered INVALID_SESSION, not to be tried again."""
    clock = ManualClock()

    async def refused(bot: Bot, session: str, seq: int) -> None:
        async with listening(bot, resume=(session, seq)) as ears:
            answer = await ears.next()
            assert (answer["op"], answer["d"]) == (9, False)

    async def begun(discord: PracticeDiscord, ears: Ears) -> str:
        return str((await ears.event("READY"))["session_id"])

    async with practice_discord(clock=clock) as (discord, bot):
        await refused(bot, "nonsense", 1)
        async with listening(bot) as ears:
            session = await begun(discord, ears)
            await refused(bot, session, 99)
            await discord.gateway.cut(resumable=False)
        await refused(bot, session, 1)
        async with listening(bot) as ears:
            session = await begun(discord, ears)
        await until(lambda: discord.gateway.connected == 0)
        clock.advance(discord.settings.session_seconds + 1)
        await refused(bot, session, 1)
        assert discord.gateway.resumed == 0


async def test_a_silent_connection_stays_open() -> None:
    """Nothing comes out of it, no event and no heartbeat's answer; a resumption brings what it kept back."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane = discord.add_member("Jane")
        async with listening(bot) as ears:
            session = (await ears.event("READY"))["session_id"]
            await ears.event("GUILD_CREATE")
            discord.gateway.deafen()
            await discord.say(jane, channel.id, "unheard")
            await ears.send(1, None)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ears.socket.receive(), 0.1)
            async with listening(bot, resume=(session, ears.seq)) as again:
                assert (await again.event("MESSAGE_CREATE"))["content"] == "unheard"


async def test_a_place_can_be_withheld() -> None:
    """No session is told of it, nor does a new one learn it; the list of threads says what its last message is."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane = discord.add_member("Jane")
        thread = await discord.start_thread(jane, channel.id, "Quiet")
        discord.gateway.withheld.add(thread.id)
        for _ in range(2):
            async with listening(bot) as ears:
                await ears.event("GUILD_CREATE")
                unheard = await discord.say(jane, thread.id, "unheard")
                await discord.say(jane, channel.id, "heard")
                assert (await ears.event("MESSAGE_CREATE"))["content"] == "heard"

        async def last() -> list[str]:
            active = await bot.ask("GET", f"/guilds/{discord.guild.state.guild_id}/threads/active")
            return [each["last_message_id"] for each in active.body["threads"]]

        assert await last() == [str(unheard.id)]
        await discord.delete(jane, unheard)
        assert await last() == [str(unheard.id)]


async def test_nonsense_is_closed_with_its_code() -> None:
    """No JSON is 4002, talking before saying who one is 4003, a second IDENTIFY 4005, an unknown opcode 4001."""
    async with practice_discord() as (discord, bot):
        async with bot.session.ws_connect(discord.gateway_url) as socket:
            ears = Ears(socket)
            await ears.next()
            await socket.send_str("{")
            assert await ears.next() == {"closed": 4002}
        async with bot.session.ws_connect(discord.gateway_url) as socket:
            ears = Ears(socket)
            await ears.next()
            await ears.send(3, {})
            assert await ears.next() == {"closed": 4003}
        for op, code in ((2, 4005), (77, 4001)):
            async with listening(bot) as ears:
                await ears.event("GUILD_CREATE")
                await ears.send(op, {"token": discord.token, "intents": 0})
                assert await ears.next() == {"closed": code}


async def test_more_than_two_messages_a_second_for_a_minute_is_too_much() -> None:
    """The 121st payload in a minute closes the connection with 4008."""
    clock = ManualClock()

    async with practice_discord(clock=clock) as (_discord, bot), listening(bot) as ears:
        await ears.event("GUILD_CREATE")
        for _ in range(119):
            await ears.send(1, None)
            assert (await ears.next())["op"] == 11
        await ears.send(1, None)
        assert await ears.next() == {"closed": 4008}


async def test_nobody_is_let_in_while_it_is_away() -> None:
    """The handshake is refused with 503, and connections that were open are gone."""
    async with practice_discord() as (discord, bot):
        async with listening(bot) as ears:
            await ears.event("GUILD_CREATE")
            await discord.leave()
            assert "closed" in await ears.next()
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await bot.session.ws_connect(discord.gateway_url)
