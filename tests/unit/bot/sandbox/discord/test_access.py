from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.discord import DiscordRefusal
from bot.sandbox.discord.permissions import held
from tests.support.clocks import ManualClock
from tests.support.practice.discord import practice_discord


async def test_only_a_good_token_gets_in() -> None:
    """Another token is 401 with code 0, on every route; one that is added later is good."""
    async with practice_discord() as (discord, bot):
        refused = await bot.ask("GET", "/users/@me", token="other")
        assert (refused.status, refused.body) == (401, {"message": "401: Unauthorized", "code": 0})
        discord.settings.tokens.add("other")
        assert (await bot.ask("GET", "/users/@me", token="other")).status == 200
        discord.settings.tokens.clear()
        assert (await bot.ask("GET", "/users/@me", token="other")).status == 401


async def test_who_and_where_it_is() -> None:
    """The bot, its application, the gateway's address, the guild, its channels, roles and members."""
    async with practice_discord() as (discord, bot):
        channel, forum = discord.add_text_channel("tickets"), discord.add_forum("posts", ["open"])
        role = discord.add_role("agents", "manage_threads")
        jane = discord.add_member("Jane", role)
        guild = f"/guilds/{discord.guild.state.guild_id}"
        for path in ("/gateway", "/gateway/bot"):
            assert (await bot.ask("GET", path)).body["url"] == discord.gateway_url
        for path in ("/applications/@me", "/oauth2/applications/@me"):
            assert (await bot.ask("GET", path)).body["id"] == str(discord.bot.id)
        assert (await bot.ask("GET", "/users/@me")).body["bot"] is True
        assert (await bot.ask("GET", guild)).body["name"] == "Practice shop"
        listed = (await bot.ask("GET", f"{guild}/channels")).body
        assert [(c["id"], c["type"]) for c in listed] == [(str(channel.id), 0), (str(forum.id), 15)]
        assert [tag["name"] for tag in listed[1]["available_tags"]] == ["open"]
        assert role.name in [r["name"] for r in (await bot.ask("GET", f"{guild}/roles")).body]
        assert (await bot.ask("GET", f"{guild}/members/{jane.id}")).body["roles"] == [str(role.id)]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/channels/1", 10003),
        ("/channels/1/messages", 10003),
        ("/guilds/1", 10004),
        ("/channels/{channel}/messages/1", 10008),
        ("/guilds/{guild}/members/1", 10007),
        ("/channels/abc", 50035),
    ],
)
async def test_what_is_not_there_is_unknown(path: str, code: int) -> None:
    """Each kind of thing has its own code for being unknown; what is no id at all is Invalid Form Body."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        places = {"channel": channel.id, "guild": discord.guild.state.guild_id}
        assert (await bot.ask("GET", path.format(**places))).code == code


@pytest.mark.parametrize(
    ("missing", "body", "code"),
    [
        ("view_channel", {"content": "x"}, 50001),
        ("send_messages", {"content": "x"}, 50013),
        ("embed_links", {"embeds": [{"title": "x"}]}, 50013),
    ],
)
async def test_a_message_needs_its_permissions(missing: str, body: dict[str, Any], code: int) -> None:
    """Not seeing the channel is Missing Access, anything else Missing Permissions; given back, it goes."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        discord.deny(channel.id, missing)
        refused = await bot.post(channel.id, **body)
        assert (refused.status, refused.code) == (403, code)
        discord.allow(channel.id, missing)
        assert (await bot.post(channel.id, **body)).status == 200


async def test_other_acts_need_their_permissions_too() -> None:
    """Threads, reactions, files, reading back, and writing in threads, each by a permission of its own."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        posted = (await bot.post(channel.id, content="card")).body["id"]
        path = f"/channels/{channel.id}/messages/{posted}"
        discord.deny(channel.id, "create_public_threads", "add_reactions", "attach_files", "read_message_history")
        assert (await bot.ask("POST", path + "/threads", {"name": "x"})).code == 50013
        assert (await bot.ask("PUT", path + "/reactions/✅/@me")).code == 50013
        assert (await bot.ask("GET", path)).code == 50013
        assert (await bot.ask("GET", f"/channels/{channel.id}/messages")).body == []
        assert (await bot.upload(channel.id, "a.txt", b"a")).code == 50013
        discord.allow(channel.id, "create_public_threads", "read_message_history")
        assert (await bot.ask("POST", path + "/threads", {"name": "x"})).status == 201
        discord.deny(channel.id, "send_messages")
        assert (await bot.post(int(posted), content="threads have a permission of their own")).status == 200
        discord.deny(channel.id, "send_messages_in_threads")
        assert (await bot.post(int(posted), content="x")).code == 50013
        assert (await bot.ask("DELETE", f"/channels/{channel.id}")).code == 50013


async def test_permissions_hold_for_people_too() -> None:
    """Whoever may not write in a channel cannot say anything there; a role can give it back."""
    async with practice_discord() as (discord, _bot):
        channel = discord.add_text_channel("tickets")
        jane = discord.add_member("Jane")
        discord.deny(channel.id, "send_messages", whom=jane)
        with pytest.raises(DiscordRefusal, match="50013"):
            await discord.say(jane, channel.id, "hello")
        with pytest.raises(DiscordRefusal, match="50035"):
            await discord.say(discord.add_member("Jo"), channel.id, "x" * 2001)
        assert discord.messages(channel.id) == []


async def test_who_is_timed_out_can_only_read() -> None:
    """Except for owners and administrators; it shows in the member, and it ends."""
    clock = ManualClock()
    async with practice_discord(clock=clock) as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane, admin = (
            discord.add_member("Jane"),
            discord.add_member("Adam", discord.add_role("admins", "administrator")),
        )
        for person in (jane, admin):
            discord.time_out(person, 60)
        with pytest.raises(DiscordRefusal):
            await discord.say(jane, channel.id, "let me")
        await discord.say(admin, channel.id, "never mind")
        shown = (await bot.ask("GET", f"/guilds/{discord.guild.state.guild_id}/members/{jane.id}")).body
        assert shown["communication_disabled_until"]
        clock.advance(61)
        await discord.say(jane, channel.id, "thank you")


async def test_who_has_left_is_no_member_and_their_words_stay() -> None:
    """Whoever cannot see a channel has no permission there at all, whatever their roles say."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane, role = discord.add_member("Jane"), discord.add_role("agents")
        said = await discord.say(jane, channel.id, "goodbye")
        discord.set_roles(jane, role)
        discord.deny(channel.id, "view_channel", whom=discord.everyone)
        assert held(discord.guild.state, jane, channel) == 0
        discord.allow(channel.id, "view_channel", whom=role)
        assert held(discord.guild.state, jane, channel)
        discord.leave_guild(jane)
        with pytest.raises(DiscordRefusal):
            await discord.edit(jane, said, "hello again")
        path = f"/guilds/{discord.guild.state.guild_id}/members/{jane.id}"
        assert (await bot.ask("GET", path)).code == 10007
        assert discord.author(discord.message(channel.id, said.id)).name == "Jane"


async def test_without_the_message_content_intent_people_are_silent() -> None:
    """What people write is empty, files and all; what the bot wrote, and what mentions it, is not."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane = discord.add_member("Jane")
        await bot.post(channel.id, content="own")
        await discord.say(jane, channel.id, "secret", attachments=[("a.txt", b"a")])
        await discord.say(jane, channel.id, f"<@{discord.bot.id}> hello")
        discord.settings.message_content = False
        read = (await bot.ask("GET", f"/channels/{channel.id}/messages")).body
        assert [message["content"] for message in read] == [f"<@{discord.bot.id}> hello", "", "own"]
        assert read[1]["attachments"] == []
        assert (await bot.ask("GET", "/applications/@me")).body["flags"] == 0
        discord.settings.message_content = True
        assert (await bot.ask("GET", "/applications/@me")).body["flags"] == 1 << 19
        assert (await bot.ask("GET", f"/channels/{channel.id}/messages")).body[1]["content"] == "secret"


async def test_away_is_away_and_comes_back_as_it_was() -> None:
    """While Discord is away every request is 503 with no JSON; afterwards everything is still there."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        await bot.post(channel.id, content="before")
        await discord.leave()
        headers = {"Authorization": f"Bot {discord.token}"}
        async with bot.session.get(discord.api_url + "/users/@me", headers=headers) as response:
            assert response.status == 503
        discord.come_back()
        assert (await bot.ask("GET", f"/channels/{channel.id}/messages")).body[0]["content"] == "before"
