from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.discord import Pinged
from tests.support.practice.discord import practice_discord

NOBODY: dict[str, list[str]] = {"parse": []}


@pytest.mark.parametrize(
    ("text", "mentions", "expected"),
    [
        ("@everyone", None, {"everyone"}),
        ("@here", None, {"here"}),
        ("@everyone @here", NOBODY, set()),
        ("<@{jane}>", None, {"jane"}),
        ("<@!{jane}>", NOBODY, set()),
        ("<@{jane}>", {"parse": [], "users": ["{jane}"]}, {"jane"}),
        ("<@{jane}>", {"parse": ["roles"]}, set()),
        ("<@&{role}>", None, {"role"}),
        ("<@&{role}>", NOBODY, set()),
        ("`@everyone` ```<@{jane}>```", None, set()),
        ("<@1> everyone", None, set()),
    ],
)
async def test_who_hears_of_a_message(text: str, mentions: Any, expected: set[str]) -> None:
    """A text pings whom it names unless `allowed_mentions` says otherwise; code and unknown people ping nobody."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        ids = {"jane": discord.add_member("Jane").id, "role": discord.add_role("agents").id}
        allowed = mentions if mentions is None else mentions | {"users": [str(ids["jane"])] * ("users" in mentions)}
        await bot.post(channel.id, content=text.format(**ids), allowed_mentions=allowed)
        pinged = discord.messages(channel.id)[0].pinged
        heard = {name for name, number in ids.items() if number in pinged.users | pinged.roles}
        heard |= {word for word in ("everyone", "here") if getattr(pinged, word)}
        assert heard == expected
        assert bool(pinged) == bool(expected)


async def test_embeds_ping_nobody() -> None:
    """What stands in an embed is shown as a mention and notifies no one."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        await bot.post(channel.id, embeds=[{"description": "@everyone"}])
        assert not discord.messages(channel.id)[0].pinged


async def test_an_edit_can_ping_and_is_held_to_account() -> None:
    """An edit without `allowed_mentions` falls back to all of them; what it pinged stays on the message."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        posted = (await bot.post(channel.id, content="@everyone", allowed_mentions=NOBODY)).body["id"]
        message = discord.message(channel.id, posted)
        await bot.edit(channel.id, posted, content="@everyone!", allowed_mentions=NOBODY)
        assert not message.pinged
        await bot.edit(channel.id, posted, content="@everyone?")
        await bot.edit(channel.id, posted, content="nothing")
        assert message.pinged == Pinged(everyone=True)


async def test_who_may_not_mention_everyone_does_not() -> None:
    """Without the permission `@everyone` and roles are only words; a person can still be named."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane = discord.add_member("Jane")
        discord.deny(channel.id, "mention_everyone")
        await bot.post(channel.id, content=f"@everyone <@{jane.id}>")
        assert discord.messages(channel.id)[0].pinged == Pinged(users=frozenset({jane.id}))


async def test_a_reply_pings_its_author_unless_told_not_to() -> None:
    """Replying notifies whoever is replied to; `replied_user: false`, or any other list, does not."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        jane = discord.add_member("Jane")
        said = await discord.say(jane, channel.id, "hello")
        reference = {"message_id": str(said.id)}
        await bot.post(channel.id, content="loud", message_reference=reference)
        await bot.post(channel.id, content="quiet", message_reference=reference, allowed_mentions=NOBODY)
        loud, quiet = discord.messages(channel.id)[1:]
        assert loud.pinged.users == {jane.id}
        assert not quiet.pinged
        read = (await bot.ask("GET", f"/channels/{channel.id}/messages/{quiet.id}")).body
        assert read["referenced_message"]["content"] == "hello"
