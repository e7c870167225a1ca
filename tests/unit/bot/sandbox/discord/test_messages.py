from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.discord import DiscordLimits
from bot.sandbox.discord.refusals import DiscordRefusal
from tests.support.clocks import ManualClock
from tests.support.practice.discord import listening, practice_discord


def button(**rest: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Close", "custom_id": "close"} | rest


def row(*children: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(children)}


@pytest.mark.parametrize(
    ("body", "field", "word"),
    [
        ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"title": "x"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"description": "x" * 4097}]}, "embeds.0.description", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
        ({"embeds": [{"footer": {"text": "x" * 2049}}]}, "embeds.0.footer.text", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"author": {"name": "x" * 257}}]}, "embeds.0.author.name", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"fields": [{"name": "a", "value": "b"}] * 26}]}, "embeds.0.fields", "BASE_TYPE_MAX_LENGTH"),
        (
            {"embeds": [{"fields": [{"name": "x" * 257, "value": "b"}]}]},
            "embeds.0.fields.0.name",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"embeds": [{"fields": [{"name": "a", "value": "x" * 1025}]}]},
            "embeds.0.fields.0.value",
            "BASE_TYPE_MAX_LENGTH",
        ),
        ({"embeds": [{"fields": [{"name": "a", "value": " "}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_REQUIRED"),
        ({"embeds": [{}]}, "embeds.0.description", "BASE_TYPE_REQUIRED"),
        ({"embeds": [{"title": "x", "url": "javascript:1"}]}, "embeds.0.url", "URL_TYPE_INVALID_URL"),
        ({"content": "x", "nonce": "n" * 26}, "nonce", "NONCE_TYPE_TOO_LONG"),
        (
            {"content": "x", "components": [row(button(custom_id="c" * 101))]},
            "components.0.components.0.custom_id",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            {"content": "x", "components": [row(button(), button())]},
            "components.0.components.1.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        (
            {"content": "x", "components": [row(button(custom_id=str(n))) for n in range(6)]},
            "components",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"content": "x", "components": [row(*(button(custom_id=str(n)) for n in range(6)))]},
            "components.0.components",
            "BASE_TYPE_BAD_LENGTH",
        ),
        ({"content": "x", "components": [row()]}, "components.0.components", "BASE_TYPE_BAD_LENGTH"),
        ({"content": "x", "components": [button()]}, "components.0.type", "UNION_TYPE_CHOICES"),
        (
            {"content": "x", "components": [row(button(label="l" * 81))]},
            "components.0.components.0.label",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"content": "x", "components": [row(button(style=5))]},
            "components.0.components.0.url",
            "BASE_TYPE_REQUIRED",
        ),
        (
            {"content": "x", "flags": 1 << 15, "components": [{"type": 10, "content": "y"}]},
            "content",
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            "allowed_mentions",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        ({"content": "x", "message_reference": {"message_id": "1"}}, "message_reference", "REPLIES_UNKNOWN_MESSAGE"),
        ({"content": "x", "flags": 64}, "flags", "MESSAGE_FLAGS_INVALID"),
    ],
)
async def test_a_message_over_a_limit_is_refused_with_the_field_named(
    body: dict[str, Any], field: str, word: str
) -> None:
    """Invalid Form Body, 50035, names the one field that is wrong, and nothing is posted."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        answer = await bot.post(channel.id, **body)
        assert (answer.status, answer.code) == (400, 50035)
        assert answer.faults() == {field: word}
        assert discord.messages(channel.id) == []


async def test_a_message_at_every_limit_is_taken() -> None:
    """2000 characters, 6000 in embeds, five rows of five buttons: the limits themselves are allowed."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        rows = [row(*(button(custom_id=f"{r}{b}", label="l" * 80) for b in range(5))) for r in range(5)]
        embeds = [{"title": "t" * 256, "description": "d" * 4096}, {"description": "d" * (6000 - 256 - 4096)}]
        answer = await bot.post(channel.id, content="x" * 2000, embeds=embeds, components=rows, nonce="n" * 25)
        assert answer.status == 200
        message = discord.messages(channel.id)[0]
        assert len(message.content) == 2000
        assert len(message.components) == 5


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": " \n "}, {"embeds": []}])
async def test_an_empty_message_is_refused(body: dict[str, Any]) -> None:
    """What shows nothing is refused with 50006; white space is nothing."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        assert (await bot.post(channel.id, **body)).code == 50006


async def test_an_enforced_nonce_says_a_thing_once_for_some_minutes() -> None:
    """The same nonce returns the same message and posts nothing; minutes later it posts again."""
    clock = ManualClock()

    async with practice_discord(clock=clock) as (discord, bot):
        channel = discord.add_text_channel("tickets")
        first = await bot.post(channel.id, content="hello", nonce="key", enforce_nonce=True)
        again = await bot.post(channel.id, content="hello", nonce="key", enforce_nonce=True)
        assert first.body["nonce"] == again.body["nonce"] == "key"
        assert again.body["id"] == first.body["id"]
        unenforced = await bot.post(channel.id, content="hello", nonce="key")
        assert unenforced.body["id"] != first.body["id"]
        clock.advance(DiscordLimits().nonce_seconds + 1)
        later = await bot.post(channel.id, content="hello", nonce="key", enforce_nonce=True)
        assert later.body["id"] != first.body["id"]
        assert len(discord.messages(channel.id)) == 3


async def test_a_nonce_is_not_kept_with_the_message() -> None:
    """A message that is read later carries no nonce: history cannot be searched by it."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        await bot.post(channel.id, content="hello", nonce="key", enforce_nonce=True)
        read = await bot.ask("GET", f"/channels/{channel.id}/messages")
        assert "nonce" not in read.body[0]


async def test_pages_come_newest_first_and_after_takes_the_next_ones() -> None:
    """`after` gives the messages right after that one, `before` those right before it, both newest first."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        ids = [(await bot.post(channel.id, content=str(n))).body["id"] for n in range(6)]

        async def page(**query: Any) -> list[str]:
            answer = await bot.ask("GET", f"/channels/{channel.id}/messages", **query)
            return [message["id"] for message in answer.body]

        assert await page() == ids[::-1]
        assert await page(limit=2) == [ids[5], ids[4]]
        assert await page(after=ids[1], limit=2) == [ids[3], ids[2]]
        assert await page(before=ids[3], limit=2) == [ids[2], ids[1]]
        assert await page(after=0, limit=1) == [ids[0]]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"after": "x"}, {"after": 1, "before": 2}])
async def test_a_page_that_makes_no_sense_is_refused(query: dict[str, Any]) -> None:
    """A limit outside 1 to 100, an id that is none, and two places at once are refused with 50035."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        assert (await bot.ask("GET", f"/channels/{channel.id}/messages", **query)).code == 50035


async def test_an_edit_replaces_what_it_names_and_leaves_the_rest() -> None:
    """Content changes, the embed stays; null takes the embed away; nothing left at all is refused."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        posted = (await bot.post(channel.id, content="one", embeds=[{"title": " t "}])).body["id"]
        message = discord.message(channel.id, posted)
        assert (await bot.edit(channel.id, posted, content="two")).body["edited_timestamp"] is not None
        assert (message.content, message.embeds) == ("two", [{"type": "rich", "title": "t"}])
        assert (await bot.edit(channel.id, posted, embeds=None)).body["embeds"] == []
        assert (await bot.edit(channel.id, posted, content=None)).code == 50006
        assert message.content == "two"


async def test_only_ones_own_messages_can_be_edited() -> None:
    """Editing a person's message is refused with 50005, deleting it without the permission with 50013."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        said = await discord.say(discord.add_member("Jane"), channel.id, "hello")
        assert (await bot.edit(channel.id, said.id, content="x")).code == 50005
        assert (await bot.ask("DELETE", f"/channels/{channel.id}/messages/{said.id}")).code == 50013
        discord.allow(channel.id, "manage_messages")
        assert (await bot.ask("DELETE", f"/channels/{channel.id}/messages/{said.id}")).status == 204
        assert discord.messages(channel.id) == []


async def test_many_messages_are_deleted_at_once() -> None:
    """By who may, at least two, at most a hundred, none older than two weeks; one event tells of all of them."""
    clock = ManualClock()

    async with practice_discord(clock=clock) as (discord, bot):
        channel, jane = discord.add_text_channel("tickets"), discord.add_member("Jane")
        old = await discord.say(jane, channel.id, "old")
        clock.advance(15 * 86_400)
        said = [await discord.say(jane, channel.id, f"{n}") for n in range(3)]
        for who, what, code in (
            (jane, said, 50013),
            (discord.owner, said[:1], 50016),
            (discord.owner, [said[0]] * 101, 50016),
            (discord.owner, [old, *said], 50034),
        ):
            with pytest.raises(DiscordRefusal) as refused:
                await discord.purge(who, what)
            assert refused.value.code == code
        async with listening(bot) as ears:
            await ears.event("GUILD_CREATE")
            await discord.purge(discord.owner, said)
            told = await ears.event("MESSAGE_DELETE_BULK")
        assert told["ids"] == [str(message.id) for message in said]
        assert told["channel_id"] == str(channel.id)
        assert discord.messages(channel.id) == [old]


async def test_old_messages_take_few_edits() -> None:
    """Older than an hour, a message is refused with 30046 once its edits are used up, until the hour is over."""
    clock = ManualClock()

    async with practice_discord(clock=clock, limits=DiscordLimits(old_edits=2)) as (discord, bot):
        channel = discord.add_text_channel("tickets")
        posted = (await bot.post(channel.id, content="0")).body["id"]
        for n in range(4):
            assert (await bot.edit(channel.id, posted, content=f"young {n}")).status == 200
        clock.advance(3601)
        for n in range(2):
            assert (await bot.edit(channel.id, posted, content=f"old {n}")).status == 200
        refused = await bot.edit(channel.id, posted, content="too often")
        assert (refused.status, refused.code) == (429, 30046)
        clock.advance(refused.body["retry_after"] + 1)
        assert (await bot.edit(channel.id, posted, content="again")).status == 200


async def test_reactions_come_and_go() -> None:
    """A reaction is seen once however often it is made; one that is not there, or is no emoji, is 10014."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        said = await discord.say(discord.add_member("Jane"), channel.id, "hello")
        path = f"/channels/{channel.id}/messages/{said.id}/reactions"
        for _ in range(2):
            assert (await bot.ask("PUT", f"{path}/✅/@me")).status == 204
        assert said.reactions == {"✅": [discord.bot.id]}
        read = (await bot.ask("GET", f"/channels/{channel.id}/messages/{said.id}")).body["reactions"][0]
        assert (read["emoji"]["name"], read["count"], read["me"]) == ("✅", 1, True)
        assert (await bot.ask("PUT", f"{path}/tick/@me")).code == 10014
        assert (await bot.ask("DELETE", f"{path}/✅/@me")).status == 204
        assert said.reactions == {}
        assert (await bot.ask("DELETE", f"{path}/✅/@me")).code == 10014


async def test_a_file_goes_in_and_comes_out_until_its_address_expires() -> None:
    """An upload is served by a signed address that works for a day; a forged or old one does not."""
    clock = ManualClock()

    async with practice_discord(clock=clock) as (discord, bot):
        channel = discord.add_text_channel("tickets")
        body = b"\r\n--odd\r\n\x00\xff"
        posted = await bot.upload(channel.id, "a b.bin", body, attachments=[{"id": 0, "filename": "a b.bin"}])
        attachment = posted.body["attachments"][0]
        assert (attachment["filename"], attachment["size"]) == ("a b.bin", len(body))
        async with bot.session.get(attachment["url"]) as response:
            assert await response.read() == body
        async with bot.session.get(attachment["url"].replace("hm=", "hm=0")) as response:
            assert response.status == 404
        clock.advance(86_401)
        async with bot.session.get(attachment["url"]) as response:
            assert response.status == 404


async def test_a_file_of_more_than_ten_mebibytes_is_refused() -> None:
    """40005 with 413, and nothing is posted."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        answer = await bot.upload(channel.id, "big", b"x" * (10 * 1024 * 1024 + 1))
        assert (answer.status, answer.code) == (413, 40005)
        assert discord.messages(channel.id) == []


async def test_a_body_that_is_no_json_is_refused() -> None:
    """50109 and not a crash."""
    async with practice_discord() as (discord, bot):
        channel = discord.add_text_channel("tickets")
        headers = {"Authorization": f"Bot {discord.token}", "Content-Type": "application/json"}
        url = f"{discord.api_url}/channels/{channel.id}/messages"
        async with bot.session.post(url, data=b"{", headers=headers) as response:
            assert (response.status, (await response.json())["code"]) == (400, 50109)
