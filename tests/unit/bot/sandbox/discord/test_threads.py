from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.discord import DiscordLimits, DiscordRefusal, MessageType, NotOffered, PracticeDiscord, Thread
from tests.support.clocks import ManualClock
from tests.support.practice.discord import Bot, practice_discord


async def opened(discord: PracticeDiscord, bot: Bot, name: str = "ticket") -> Thread:
    """A thread under a message of the bot's in a text channel of its own."""
    channel = discord.add_text_channel("tickets")
    posted = (await bot.post(channel.id, content="card")).body["id"]
    made = await bot.ask("POST", f"/channels/{channel.id}/messages/{posted}/threads", {"name": name})
    assert made.status == 201
    return discord.thread(made.body["id"])


async def test_a_thread_has_its_messages_id_and_there_is_but_one() -> None:
    """The thread's id is the message's; a second one is refused with 160004; the message knows its thread."""
    async with practice_discord() as (discord, bot):
        thread = await opened(discord, bot)
        path = f"/channels/{thread.parent_id}/messages/{thread.id}"
        again = await bot.ask("POST", path + "/threads", {"name": "again"})
        assert (again.status, again.code) == (400, 160004)
        assert (await bot.ask("GET", path)).body["thread"]["id"] == str(thread.id)
        assert [message.type for message in discord.messages(thread.id)] == [MessageType.THREAD_STARTER]
        assert [message.type for message in discord.messages(thread.parent_id)] == [MessageType.DEFAULT]


async def test_discord_says_in_the_channel_that_an_older_message_has_a_thread() -> None:
    """A thread under a message that is not the newest, or under none, makes a system message in the channel."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        older = (await bot.post(channel.id, content="older")).body["id"]
        await bot.post(channel.id, content="newer")
        await bot.ask("POST", f"/channels/{channel.id}/messages/{older}/threads", {"name": "late"})
        await bot.ask("POST", f"/channels/{channel.id}/threads", {"name": "bare", "type": 11})
        told = [message for message in discord.messages(channel.id) if message.type is MessageType.THREAD_CREATED]
        assert [message.content for message in told] == ["late", "bare"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({}, "name"),
        ({"name": "x", "auto_archive_duration": 61}, "auto_archive_duration"),
    ],
)
async def test_a_thread_with_a_wrong_name_or_duration_is_refused(body: dict[str, Any], field: str) -> None:
    """Names have 1 to 100 characters after trimming; Discord knows four durations."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        posted = (await bot.post(channel.id, content="card")).body["id"]
        answer = await bot.ask("POST", f"/channels/{channel.id}/messages/{posted}/threads", body)
        assert (answer.code, list(answer.faults())) == (50035, [field])
        assert discord.threads(channel.id) == []


async def test_an_archived_thread_refuses_all_but_messages_and_deletions() -> None:
    """Edits, reactions and changes are 50083; a message opens it; so does `archived: false`."""
    async with practice_discord() as (discord, bot):
        thread = await opened(discord, bot)
        own = (await bot.post(thread.id, content="one")).body["id"]
        spare = (await bot.post(thread.id, content="two")).body["id"]
        assert (await bot.change(thread.id, archived=True)).body["thread_metadata"]["archived"]
        assert (await bot.edit(thread.id, own, content="x")).code == 50083
        assert (await bot.ask("PUT", f"/channels/{thread.id}/messages/{own}/reactions/✅/@me")).code == 50083
        assert (await bot.change(thread.id, name="other")).code == 50083
        assert (await bot.ask("DELETE", f"/channels/{thread.id}/messages/{spare}")).status == 204
        assert thread.archived
        assert (await bot.post(thread.id, content="three")).status == 200
        assert not thread.archived
        await bot.change(thread.id, archived=True)
        assert (await bot.change(thread.id, archived=False, auto_archive_duration=60)).status == 200
        assert (thread.archived, thread.auto_archive_minutes) == (False, 60)


async def test_a_locked_thread_is_for_those_who_manage_threads() -> None:
    """Without the permission a message is 160005 and a change 50013; locked and archived, it is shut for all."""
    async with practice_discord() as (discord, bot):
        thread = await opened(discord, bot)
        own = (await bot.post(thread.id, content="one")).body["id"]
        assert (await bot.change(thread.id, locked=True)).status == 200
        assert (await bot.post(thread.id, content="two")).status == 200
        discord.deny(thread.parent_id, "manage_threads")
        assert (await bot.post(thread.id, content="three")).code == 160005
        assert (await bot.edit(thread.id, own, content="x")).code == 160005
        assert (await bot.change(thread.id, archived=True)).code == 50013
        discord.allow(thread.parent_id, "manage_threads")
        await bot.change(thread.id, archived=True)
        assert (await bot.post(thread.id, content="four")).code == 50083
        jane = discord.add_member("Jane")
        with pytest.raises(DiscordRefusal, match="locked"):
            await discord.say(jane, thread.id, "and I?")


async def test_locking_needs_the_permission_even_for_the_owner() -> None:
    """The bot may archive its own thread without it, and not lock it, nor touch somebody else's."""
    async with practice_discord() as (discord, bot):
        thread = await opened(discord, bot)
        discord.deny(thread.parent_id, "manage_threads")
        assert (await bot.change(thread.id, locked=True)).code == 50013
        assert (await bot.change(thread.id, archived=True)).status == 200
        assert (await bot.change(thread.id, archived=False)).status == 200
        foreign = await discord.start_thread(discord.add_member("Jane"), thread.parent_id, "hers")
        assert (await bot.change(foreign.id, archived=True)).code == 50013


async def test_a_full_guild_takes_no_more_active_threads() -> None:
    """At the cap, making one, opening one and writing in an archived one are 160006; archiving one makes room."""
    async with practice_discord(limits=DiscordLimits(active_threads=1)) as (discord, bot):
        first = await opened(discord, bot, "first")
        await bot.change(first.id, archived=True)
        second = await opened(discord, bot, "second")
        third = (await bot.post(second.parent_id, content="card")).body["id"]
        path = f"/channels/{second.parent_id}/messages/{third}/threads"
        assert (await bot.ask("POST", path, {"name": "third"})).code == 160006
        assert (await bot.change(first.id, archived=False)).code == 160006
        assert (await bot.post(first.id, content="x")).code == 160006
        await bot.change(second.id, archived=True)
        assert (await bot.ask("POST", path, {"name": "third"})).status == 201


async def test_a_thread_is_renamed_twice_in_ten_minutes_and_no_more() -> None:
    """The third renaming is 429 until ten minutes have passed, and nothing of that request happens."""
    clock = ManualClock()

    async with practice_discord(clock=clock, speed=1.0) as (discord, bot):
        thread = await opened(discord, bot)
        for name in ("one", "two"):
            assert (await bot.change(thread.id, name=name)).status == 200
        refused = await bot.change(thread.id, name="three", archived=True)
        assert refused.status == 429
        assert 590 < refused.body["retry_after"] <= 600
        assert (thread.name, thread.archived) == ("two", False)
        assert (await bot.change(thread.id, archived=True)).status == 200
        clock.advance(601)
        assert (await bot.change(thread.id, name="three", archived=False)).status == 200
        renamings = [message for message in discord.messages(thread.id) if message.type is MessageType.RENAMED]
        assert [message.content for message in renamings] == ["one", "two", "three"]


async def test_archived_threads_are_listed_by_when_they_were_archived() -> None:
    """Newest archived first, `before` a time, at least two a page; the active ones are in the guild's list alone."""
    clock = ManualClock()

    async with practice_discord(clock=clock) as (discord, bot):
        channel = discord.add_text_channel("tickets")
        threads = []
        for n in range(4):
            made = await bot.ask("POST", f"/channels/{channel.id}/threads", {"name": str(n), "type": 11})
            threads.append(made.body["id"])
        for thread in threads[:3]:
            clock.advance(60)
            await bot.change(thread, archived=True)
        path = f"/channels/{channel.id}/threads/archived/public"
        page = (await bot.ask("GET", path, limit=2)).body
        assert [thread["id"] for thread in page["threads"]] == [threads[2], threads[1]]
        assert page["has_more"]
        before = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
        rest = (await bot.ask("GET", path, limit=2, before=before)).body
        assert [thread["id"] for thread in rest["threads"]] == [threads[0]]
        assert not rest["has_more"]
        assert (await bot.ask("GET", path, limit=1)).code == 50035
        active = (await bot.ask("GET", f"/guilds/{discord.guild.state.guild_id}/threads/active")).body
        assert [thread["id"] for thread in active["threads"]] == [threads[3]]


async def test_a_post_in_a_forum_begins_with_a_message_of_its_own_id() -> None:
    """The post, its first message and its tags are made by one request; messages straight into a forum are refused."""
    async with practice_discord() as (discord, bot):
        forum = discord.add_forum("tickets", ["open", "closed"])
        tags = [str(tag.id) for tag in forum.tags]
        body = {"name": "post", "applied_tags": tags[:1], "message": {"content": "first", "nonce": "key"}}
        made = await bot.ask("POST", f"/channels/{forum.id}/threads", body)
        assert (made.status, made.body["id"]) == (201, made.body["message"]["id"])
        again = await bot.ask("POST", f"/channels/{forum.id}/threads", body)
        assert again.body["id"] != made.body["id"], "a forum post has no nonce"
        assert discord.tag_names(discord.thread(made.body["id"])) == ["open"]
        assert (await bot.change(made.body["id"], applied_tags=tags[1:])).body["applied_tags"] == tags[1:]
        refused = await bot.post(forum.id, content="no")
        assert (refused.status, refused.code) == (400, 50008)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"applied_tags": []}, 40067),
        ({"applied_tags": ["1"]}, 10087),
        ({"applied_tags": ["1"] * 6}, 50035),
        ({"message": {}}, 50006),
        ({"message": {"content": "x" * 2001}}, 50035),
        ({"name": "x" * 101}, 50035),
    ],
)
async def test_a_post_that_a_forum_refuses(change: dict[str, Any], code: int) -> None:
    """A required tag, an unknown one, more than five, nothing to see, too much of it: no post comes about."""
    async with practice_discord() as (discord, bot):
        forum = discord.add_forum("tickets", ["open"], require_tag=True)
        body = {"name": "post", "applied_tags": [str(forum.tags[0].id)], "message": {"content": "x"}}
        assert (await bot.ask("POST", f"/channels/{forum.id}/threads", body | change)).code == code
        assert discord.threads(forum.id) == []


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([{"name": "x" * 21}], 50035),
        ([{"name": ""}], 50035),
        ([{"name": str(n)} for n in range(21)], 50035),
        ([{"name": "same"}, {"name": "same"}], 40061),
    ],
)
async def test_a_forum_has_twenty_tags_of_twenty_characters(tags: list[dict[str, str]], code: int) -> None:
    """More, longer, empty or equal ones are refused, and the tags stay as they were."""
    async with practice_discord() as (discord, bot):
        forum = discord.add_forum("tickets", ["open"])
        assert (await bot.change(forum.id, available_tags=tags)).code == 50013
        discord.allow(forum.id, "manage_channels")
        assert (await bot.change(forum.id, available_tags=tags)).code == code
        assert [tag.name for tag in forum.tags] == ["open"]
        kept = {"id": str(forum.tags[0].id), "name": "open"}
        assert (await bot.change(forum.id, available_tags=[kept, {"name": "closed"}])).status == 200
        assert [tag.name for tag in forum.tags] == ["open", "closed"]


async def test_a_deleted_thread_is_unknown() -> None:
    """After a person deletes it, every request for it is 10003."""
    async with practice_discord() as (discord, bot):
        thread = await opened(discord, bot)
        moderator = discord.add_member("Mo", discord.add_role("moderators", "manage_threads"))
        await discord.delete_place(moderator, thread.id)
        assert (await bot.ask("GET", f"/channels/{thread.id}")).code == 10003
        assert (await bot.post(thread.id, content="x")).code == 10003
        assert (await bot.ask("GET", f"/channels/{thread.parent_id}/messages/1")).code == 10008


async def test_commands_are_not_offered_in_an_archived_thread() -> None:
    """The client takes no slash command there, registered or not."""
    async with practice_discord() as (discord, bot):
        thread = await opened(discord, bot)
        command = {"name": "close", "description": "Close", "type": 1}
        path = f"/applications/{discord.guild.state.application_id}/commands"
        assert (await bot.ask("PUT", path, [command])).status == 200
        await bot.change(thread.id, archived=True)
        with pytest.raises(NotOffered, match="archived"):
            await discord.command(discord.add_member("Jane"), thread.id, "close")
