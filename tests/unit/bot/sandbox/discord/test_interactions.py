from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.discord import InteractionResponse, NoAnswer, NotOffered, PracticeDiscord
from bot.sandbox.discord.values import DiscordChannel, Member
from tests.support.clocks import ManualClock
from tests.support.practice.discord import Answer, Bot, Ears, listening, practice_discord

CLOSE = {
    "name": "close",
    "description": "Close a ticket",
    "type": 1,
    "options": [
        {"name": "ticket", "description": "Which", "type": 3, "autocomplete": True},
        {"name": "days", "description": "How many", "type": 4, "min_value": 1, "max_value": 90},
    ],
}
SEND = {"name": "Send to customer", "type": 3}


class Desk:
    """A bot with commands, a channel and an agent."""

    def __init__(self, discord: PracticeDiscord, bot: Bot) -> None:
        self.discord = discord
        self.bot = bot
        self.channel: DiscordChannel = discord.add_text_channel("tickets")
        self.jane: Member = discord.add_member("Jane")
        self.application = discord.guild.state.application_id

    async def register(self, *commands: dict[str, Any]) -> Answer:
        return await self.bot.ask("PUT", f"/applications/{self.application}/commands", list(commands))

    def ask(self, **options: Any) -> asyncio.Task[InteractionResponse]:
        return asyncio.create_task(self.discord.command(self.jane, self.channel.id, "close", **options))

    async def answer(self, interaction: dict[str, Any], kind: int, data: Any = None, **query: Any) -> Answer:
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        path = f"/interactions/{interaction['id']}/{interaction['token']}/callback"
        return await self.bot.ask("POST", path, body, token="none is needed", **query)

    async def hook(self, method: str, interaction: dict[str, Any], path: str = "", body: Any = None) -> Answer:
        address = f"/webhooks/{self.application}/{interaction['token']}{path}"
        return await self.bot.ask(method, address, body, token="none is needed")


async def ready(ears: Ears) -> None:
    await ears.event("GUILD_CREATE")


async def test_a_command_says_who_asks_what_and_where() -> None:
    """The interaction carries the asker with permissions, the channel, the options, and needs no bot token."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(CLOSE)
        async with listening(bot) as ears:
            await ready(ears)
            asked = desk.ask(ticket="#1042", days=7)
            interaction = await ears.event("INTERACTION_CREATE")
            assert interaction["data"]["options"] == [
                {"name": "ticket", "type": 3, "value": "#1042"},
                {"name": "days", "type": 4, "value": 7},
            ]
            assert interaction["member"]["user"]["id"] == str(desk.jane.id)
            assert interaction["channel"]["id"] == str(desk.channel.id)
            told = await desk.answer(interaction, 4, {"content": "done", "flags": 64}, with_response="true")
            assert told.body["resource"]["message"]["content"] == "done"
            assert told.body["interaction"]["response_message_ephemeral"] is True
            answered = await asked
            assert (answered.content, answered.ephemeral, answered.deferred) == ("done", True, False)


async def test_what_is_only_for_the_asker_is_seen_by_nobody_else() -> None:
    """An ephemeral answer is in no history and in no event; the asker sees it."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(CLOSE)
        async with listening(bot) as ears:
            await ready(ears)
            asked = desk.ask()
            interaction = await ears.event("INTERACTION_CREATE")
            assert (await desk.answer(interaction, 4, {"content": "secret", "flags": 64})).status == 204
            await asked
            await bot.post(desk.channel.id, content="seen")
            assert (await ears.event("MESSAGE_CREATE"))["content"] == "seen"
            assert [m["content"] for m in (await bot.ask("GET", f"/channels/{desk.channel.id}/messages")).body] == [
                "seen"
            ]
            assert [m.content for m in discord.messages(desk.channel.id)] == ["seen"]
            assert [m.content for m in discord.messages(desk.channel.id, seen_by=desk.jane)] == ["secret", "seen"]


async def test_the_first_follow_up_takes_the_place_of_the_promise() -> None:
    """After a deferral the first follow-up fills the answer and is as private; the next one is a message of its own."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(CLOSE)
        async with listening(bot) as ears:
            await ready(ears)
            asked = desk.ask()
            interaction = await ears.event("INTERACTION_CREATE")
            await desk.answer(interaction, 5, {"flags": 64})
            original = (await desk.hook("GET", interaction, "/messages/@original")).body
            assert original["flags"] & 128
            first = await desk.hook("POST", interaction, body={"content": "one"})
            assert first.body["id"] == original["id"]
            answered = await asked
            assert (answered.content, answered.deferred, answered.ephemeral) == ("one", True, True)
            second = await desk.hook("POST", interaction, body={"content": "two"})
            assert [m.content for m in answered.followups] == ["two"]
            assert not answered.followups[0].only_for
            path = f"/messages/{second.body['id']}"
            assert (await desk.hook("PATCH", interaction, path, {"content": "2"})).body["content"] == "2"
            assert (await desk.hook("PATCH", interaction, "/messages/@original", {"content": "1"})).status == 200
            assert answered.content == "1"
            assert (await desk.hook("DELETE", interaction, path)).status == 204
            assert (await desk.hook("GET", interaction, path)).code == 10008


async def test_an_answer_comes_within_three_seconds_and_once() -> None:
    """Later it is 10062, twice it is 40060, and for what was never asked 10062."""
    clock = ManualClock()

    async with practice_discord(clock=clock) as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(CLOSE)
        async with listening(bot) as ears:
            await ready(ears)
            asked = desk.ask()
            interaction = await ears.event("INTERACTION_CREATE")
            assert (await desk.answer({"id": "1", "token": "x"}, 4, {"content": "x"})).code == 10062
            clock.advance(2.9)
            assert (await desk.answer(interaction, 4, {"content": "in time"})).status == 204
            assert (await desk.answer(interaction, 4, {"content": "again"})).code == 40060
            assert (await asked).content == "in time"
            discord.patience = 0.2
            late = desk.ask()
            interaction = await ears.event("INTERACTION_CREATE")
            clock.advance(3.1)
            assert (await desk.answer(interaction, 4, {"content": "late"})).code == 10062
            with pytest.raises(NoAnswer):
                await late


async def test_a_token_is_good_for_a_quarter_of_an_hour() -> None:
    """After fifteen minutes its webhook is 401 with 50027."""
    clock = ManualClock()

    async with practice_discord(clock=clock) as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(CLOSE)
        async with listening(bot) as ears:
            await ready(ears)
            asked = desk.ask()
            interaction = await ears.event("INTERACTION_CREATE")
            await desk.answer(interaction, 4, {"content": "x"})
            await asked
            clock.advance(899)
            assert (await desk.hook("POST", interaction, body={"content": "y"})).status == 200
            clock.advance(2)
            refused = await desk.hook("POST", interaction, body={"content": "z"})
            assert (refused.status, refused.code) == (401, 50027)


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        (4, {"content": "x" * 2001}, 50035),
        (4, {}, 50006),
        (6, None, 50035),
        (8, {"choices": []}, 50035),
        (9, {"title": "x" * 46, "custom_id": "x", "components": [{}]}, 50035),
    ],
)
async def test_a_wrong_answer_is_refused_and_may_be_corrected(kind: int, data: Any, code: int) -> None:
    """Too long, empty, or of a kind that does not fit a command: refused, and the right one still goes."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(CLOSE)
        async with listening(bot) as ears:
            await ready(ears)
            asked = desk.ask()
            interaction = await ears.event("INTERACTION_CREATE")
            assert (await desk.answer(interaction, kind, data)).code == code
            assert (await desk.answer(interaction, 4, {"content": "right"})).status == 204
            assert (await asked).content == "right"


@pytest.mark.parametrize(
    "choices",
    [
        [{"name": str(n), "value": str(n)} for n in range(26)],
        [{"name": "x" * 101, "value": "x"}],
        [{"name": "x", "value": "x" * 101}],
        [{"name": "", "value": "x"}],
    ],
)
async def test_choices_are_few_and_short(choices: list[dict[str, str]]) -> None:
    """At most 25, names and values of 1 to 100 characters; the client gets what is right."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(CLOSE)
        async with listening(bot) as ears:
            await ready(ears)
            asked = asyncio.create_task(discord.complete(desk.jane, desk.channel.id, "close", "ticket", "10"))
            interaction = await ears.event("INTERACTION_CREATE")
            assert interaction["data"]["options"] == [{"name": "ticket", "type": 3, "value": "10", "focused": True}]
            assert (await desk.answer(interaction, 8, {"choices": choices})).code == 50035
            assert (await desk.answer(interaction, 4, {"content": "x"})).code == 50035
            right = [{"name": "#10", "value": "10"}]
            assert (await desk.answer(interaction, 8, {"choices": right})).status == 204
            assert await asked == right


async def test_a_button_can_change_the_message_it_hangs_under() -> None:
    """An update changes the card, and buttons that are gone cannot be pressed."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        buttons = [{"type": 2, "style": 1, "label": label, "custom_id": label.lower()} for label in ("Close", "Reopen")]
        posted = await bot.post(desk.channel.id, content="card", components=[{"type": 1, "components": buttons}])
        card = discord.message(desk.channel.id, posted.body["id"])
        async with listening(bot) as ears:
            await ready(ears)
            pressed = asyncio.create_task(discord.press(desk.jane, card, "Close"))
            interaction = await ears.event("INTERACTION_CREATE")
            assert interaction["data"]["custom_id"] == "close"
            assert interaction["message"]["id"] == str(card.id)
            await desk.answer(interaction, 7, {"content": "closed", "components": []})
            await pressed
            assert (card.content, card.components) == ("closed", [])
            with pytest.raises(NotOffered):
                await discord.press(desk.jane, card, "Reopen")


async def test_a_button_may_be_answered_later_and_aside() -> None:
    """A deferred update leaves the card as it is; what follows is a message of its own, if so for the presser alone."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        button = {"type": 2, "style": 1, "label": "Close", "custom_id": "close"}
        posted = await bot.post(desk.channel.id, content="card", components=[{"type": 1, "components": [button]}])
        card = discord.message(desk.channel.id, posted.body["id"])
        async with listening(bot) as ears:
            await ready(ears)
            pressed = asyncio.create_task(discord.press(desk.jane, card, "close"))
            interaction = await ears.event("INTERACTION_CREATE")
            await desk.answer(interaction, 6)
            answered = await pressed
            assert (answered.deferred, answered.message) == (True, None)
            await desk.hook("POST", interaction, body={"content": "closed", "flags": 64})
            assert (await answered.wait_for_message()).only_for == desk.jane.id
            assert card.content == "card"
            original = await desk.hook("GET", interaction, "/messages/@original")
            assert original.body["id"] == str(card.id)


async def test_a_message_menu_brings_the_message() -> None:
    """The message that it was chosen on comes along, readable without the message content intent."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(SEND)
        discord.settings.message_content = False
        said = await discord.say(desk.jane, desk.channel.id, "to the customer")
        async with listening(bot, intents=1) as ears:
            await ready(ears)
            chosen = asyncio.create_task(discord.context_menu(desk.jane, said, "Send to customer"))
            data = (interaction := await ears.event("INTERACTION_CREATE"))["data"]
            assert data["resolved"]["messages"][data["target_id"]]["content"] == "to the customer"
            await desk.answer(interaction, 4, {"content": "sent", "flags": 64})
            assert (await chosen).content == "sent"


@pytest.mark.parametrize(
    ("name", "options"),
    [("open", {}), ("close", {"who": "x"}), ("close", {"days": 0}), ("close", {"days": "7"}), ("close", {"ticket": 7})],
)
async def test_the_client_offers_only_what_was_registered(name: str, options: dict[str, Any]) -> None:
    """No unknown command or option, and no value that its description does not take."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(CLOSE)
        with pytest.raises(NotOffered):
            await discord.command(desk.jane, desk.channel.id, name, **options)


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Close", "description": "x", "type": 1},
        {"name": "x" * 33, "description": "x", "type": 1},
        {"name": "close", "description": "", "type": 1},
        {"name": "close", "description": "x" * 101, "type": 1},
        {"name": "close", "description": "x", "type": 1, "options": [{"name": "A", "description": "x", "type": 3}]},
    ],
)
async def test_a_command_with_a_wrong_name_is_refused(command: dict[str, Any]) -> None:
    """Names are lower case and have 1 to 32 characters, descriptions 1 to 100; the old commands stay."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(CLOSE)
        assert (await desk.register(command)).code == 50035
        assert discord.command_names() == ["close"]


async def test_new_commands_are_counted_and_known_ones_are_not() -> None:
    """Registering the same again keeps its id and costs nothing; with none left a new one is 30034."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        discord.commands.creates_left = 1
        first = (await desk.register(CLOSE)).body[0]["id"]
        assert (await desk.register(CLOSE)).body[0]["id"] == first
        refused = await desk.register(CLOSE, SEND)
        assert (refused.status, refused.code) == (429, 30034)
        here = f"/applications/{desk.application}/guilds/{discord.guild.state.guild_id}/commands"
        assert (await bot.ask("GET", here)).body == []
        assert (await bot.ask("DELETE", f"/applications/{desk.application}/commands/{first}")).status == 204
        assert discord.command_names() == []


async def test_silence_is_reported_to_the_asker() -> None:
    """When nobody is connected, the client says that the application did not respond."""
    async with practice_discord() as (discord, bot):
        desk = Desk(discord, bot)
        await desk.register(CLOSE)
        discord.patience = 0.2
        with pytest.raises(NoAnswer):
            await discord.command(desk.jane, desk.channel.id, "close")
