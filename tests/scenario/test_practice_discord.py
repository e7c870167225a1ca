"""The real discord.py against the practice Discord, every exchange held against Discord's own description."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from unittest.mock import patch

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands

from bot.sandbox.discord import Member, PracticeDiscord
from tests.support.openapi.discord import check_exchange
from tests.support.waiting import until


class CloseButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"close:(?P<number>\d+)"):
    """A button that is known by its custom id alone, so that it outlives the process that made it."""

    def __init__(self, number: int) -> None:
        super().__init__(discord.ui.Button(label="Close", custom_id=f"close:{number}"))
        self.number = number

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["number"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send(f"#{self.number} closed", ephemeral=True)


class Reason(discord.ui.Modal, title="Why?"):
    """One line to fill in."""

    words: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Reason", custom_id="reason")

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"because {self.words.value}", ephemeral=True)


class Bot(discord.Client):
    """A small bot that remembers what it receives and has a command of each kind."""

    def __init__(self, *, message_content: bool = True) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = True
        intents.message_content = message_content
        super().__init__(
            intents=intents,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.05,
        )
        self.heard: list[discord.Message] = []
        self.changed: list[discord.RawMessageUpdateEvent] = []
        self.gone: list[discord.RawMessageDeleteEvent] = []
        self.threads_gone: list[discord.RawThreadDeleteEvent] = []
        self.readies = 0
        self.tree: app_commands.CommandTree[Any] = app_commands.CommandTree(self)
        self.add_dynamic_items(CloseButton)
        self._add_commands()

    def _add_commands(self) -> None:
        @self.tree.command(name="close", description="Close a ticket")
        async def close(interaction: discord.Interaction[Any], ticket: str | None = None) -> None:
            await interaction.response.defer(ephemeral=True)
            place = interaction.channel
            where = place.name if isinstance(place, discord.Thread) else "a channel"
            await interaction.followup.send(f"{ticket} closed in {where}")

        @close.autocomplete("ticket")
        async def tickets(_: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"#{n}", value=n) for n in ("1041", "1042") if typed in n]

        @self.tree.command(name="why", description="Ask why")
        async def why(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_modal(Reason())

        @self.tree.context_menu(name="Send to customer")
        async def send(interaction: discord.Interaction[Any], message: discord.Message) -> None:
            await interaction.response.send_message(f"sent {message.content}", ephemeral=True)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Leave out the five seconds that discord.py waits before it begins a second session."""

    async def on_ready(self) -> None:
        self.readies += 1

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        self.changed.append(event)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        self.gone.append(event)

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        self.threads_gone.append(event)

    def texts(self) -> list[str]:
        """What people wrote, as it was received."""
        return [message.content for message in self.heard if not message.author.bot]


@asynccontextmanager
async def ready_bot(
    *, message_content: bool = True, speed: float | None = 50.0
) -> AsyncIterator[tuple[PracticeDiscord, Bot, Member]]:
    """A server, a bot that is connected and ready, and somebody to talk to it."""
    server = PracticeDiscord(speed=speed)
    server.http_server.observers.append(check_exchange)
    await server.start()
    bot = Bot(message_content=message_content)
    with (
        patch.object(discord.http.Route, "BASE", server.api_url),
        patch.object(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url)),
    ):
        try:
            async with bot:
                await bot.login(server.token)
                connection = asyncio.create_task(bot.connect())
                await until(lambda: bot.readies == 1)
                yield server, bot, server.add_member("Jane")
                await bot.close()
                await connection
        finally:
            await server.stop()
    assert server.http_server.observer_errors == []


async def text_channel(server: PracticeDiscord, bot: Bot) -> discord.TextChannel:
    """A new text channel as the bot knows it from the gateway."""
    made = server.add_text_channel("tickets")
    await until(lambda: bot.get_channel(made.id) is not None)
    channel = bot.get_channel(made.id)
    assert isinstance(channel, discord.TextChannel)
    return channel


async def forum_channel(server: PracticeDiscord, bot: Bot) -> discord.ForumChannel:
    made = server.add_forum("tickets", ["open", "closed"])
    await until(lambda: bot.get_channel(made.id) is not None)
    forum = bot.get_channel(made.id)
    assert isinstance(forum, discord.ForumChannel)
    return forum


def card(number: int) -> dict[str, Any]:
    view = discord.ui.View(timeout=None)
    view.add_item(CloseButton(number))
    return {"embed": discord.Embed(title=f"#{number}", description="@everyone"), "view": view}


async def test_a_thread_under_a_card_and_what_is_said_in_it() -> None:
    """The card becomes a thread of its own id; people's words, files, stickers, edits and deletions come in."""
    async with ready_bot() as (server, bot, jane):
        channel = await text_channel(server, bot)
        posted = await channel.send(**card(1042))
        thread = await posted.create_thread(name="#1042")
        assert thread.id == posted.id
        said = await server.say(jane, thread.id, "hello @everyone", attachments=[("a.txt", b"abc")], sticker="wave")
        await until(lambda: bot.texts() == ["hello @everyone"])
        message = bot.heard[-1]
        assert message.channel == thread
        assert await message.attachments[0].read() == b"abc"
        assert [sticker.name for sticker in message.stickers] == ["wave"]
        await message.add_reaction("✅")
        assert said.reactions == {"✅": [server.bot.id]}
        await server.preview_links(said)
        await server.edit(jane, said, "hello again")
        await server.delete(jane, said)
        await until(lambda: bool(bot.gone))
        assert [event.data["content"] for event in bot.changed][-2:] == ["hello @everyone", "hello again"]
        assert bot.gone[0].message_id == said.id
        asked = await server.say(jane, thread.id, "", poll="Lunch?")
        replied = await server.say(jane, thread.id, "yes", reply_to=asked)
        await until(lambda: bot.heard[-1].id == replied.id)
        assert bot.heard[-1].type is discord.MessageType.reply
        assert bot.heard[-2].poll is not None
        assert not any(m.pinged for m in server.messages(channel.id) if m.author_id == server.bot.id)


async def test_a_forum_post_with_its_tags_through_archive_and_back() -> None:
    """A post with card and tag; archived it is found by fetching and in the archive; a message opens it again."""
    async with ready_bot() as (server, bot, jane):
        forum = await forum_channel(server, bot)
        open_tag, closed_tag = forum.available_tags
        thread, message = await forum.create_thread(name="#1042", applied_tags=[open_tag], **card(1042))
        assert thread.id == message.id
        await thread.edit(archived=True, applied_tags=[closed_tag])
        assert server.tag_names(server.thread(thread.id)) == ["closed"]
        await until(lambda: forum.get_thread(thread.id) is None)
        assert [archived.id async for archived in forum.archived_threads()] == [thread.id]
        fetched = await bot.fetch_channel(thread.id)
        assert isinstance(fetched, discord.Thread)
        assert fetched.archived
        with pytest.raises(discord.HTTPException) as refused:
            await message.edit(content="x")
        assert refused.value.code == 50083
        await server.say(jane, thread.id, "still broken")
        await until(lambda: bot.texts() == ["still broken"])
        assert [active.id for active in await forum.guild.active_threads()] == [thread.id]


async def test_commands_completions_menus_and_modals() -> None:
    """Each way of asking reaches discord.py's own machinery, and its answer comes back to the asker alone."""
    async with ready_bot() as (server, bot, jane):
        channel = await text_channel(server, bot)
        await bot.tree.sync()
        assert server.command_names() == ["close", "why", "Send to customer"]
        posted = await channel.send(**card(1042))
        thread = await posted.create_thread(name="#1042")
        answered = await server.command(jane, thread.id, "close", ticket="1042")
        assert (answered.content, answered.deferred, answered.ephemeral) == ("1042 closed in #1042", True, True)
        choices = await server.complete(jane, channel.id, "close", "ticket", "1042")
        assert choices == [{"name": "#1042", "value": "1042"}]
        said = await server.say(jane, thread.id, "hello")
        chosen = await server.context_menu(jane, said, "Send to customer")
        assert (chosen.content, chosen.ephemeral) == ("sent hello", True)
        asked = await server.command(jane, channel.id, "why")
        sent = await server.submit_modal(asked, {"reason": "it was solved"})
        assert sent.content == "because it was solved"
        assert [m.content for m in server.messages(thread.id) if m.author_id == server.bot.id] == [""]


async def test_a_button_works_for_a_bot_that_never_made_it() -> None:
    """The card was posted by hand; discord.py finds the button's meaning in its custom id."""
    async with ready_bot() as (server, bot, jane):
        channel = await text_channel(server, bot)
        button = {"type": 2, "style": 1, "label": "Close", "custom_id": "close:7"}
        body = {"content": "card", "components": [{"type": 1, "components": [button]}]}
        route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
        made = await bot.http.request(route, json=body)
        pressed = await server.press(jane, server.message(channel.id, made["id"]), "Close")
        assert (pressed.content, pressed.ephemeral) == ("#7 closed", True)


async def test_a_nonce_survives_a_lost_answer() -> None:
    """The answer to a message is lost after it was posted; sent again with the same nonce it is posted once."""
    async with ready_bot() as (server, bot, _jane):
        channel = await text_channel(server, bot)
        server.http_server.fail("lose", method="POST", path="/messages$")
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await channel.send("once", nonce="delivery-1")
        again = await channel.send("once", nonce="delivery-1")
        assert [message.id for message in server.messages(channel.id)] == [again.id]


async def test_a_cut_connection_is_resumed_and_a_lost_session_begun_anew() -> None:
    """After a cut nothing is missed; after an invalidated session there is a second READY and history to read."""
    async with ready_bot() as (server, bot, jane):
        channel = await text_channel(server, bot)
        said = []
        for abrupt in (False, True):
            await server.gateway.cut(abrupt=abrupt)
            said.append((await server.say(jane, channel.id, f"abrupt {abrupt}")).content)
            await until(lambda: bot.texts() == said)
        assert server.gateway.resumed == 2
        await server.gateway.ask_to_reconnect()
        await until(lambda: server.gateway.resumed == 3)
        assert bot.readies == 1
        last = bot.heard[-1]
        await server.gateway.cut(resumable=False)
        missed = await server.say(jane, channel.id, "missed")
        await until(lambda: bot.readies == 2)
        assert bot.texts() == said
        history = [message.id async for message in channel.history(after=last, oldest_first=True, limit=None)]
        assert history == [missed.id]


async def test_it_waits_out_rate_limits_by_itself() -> None:
    """Twelve messages to a channel that takes five in a tenth of a second all arrive, in order."""
    async with ready_bot() as (server, bot, _jane):
        channel = await text_channel(server, bot)
        for n in range(12):
            await channel.send(str(n))
        assert [message.content for message in server.messages(channel.id)] == [str(n) for n in range(12)]


async def test_refusals_arrive_as_discord_py_knows_them() -> None:
    """Codes and field errors are read by discord.py as from the real one."""
    async with ready_bot() as (server, bot, jane):
        channel = await text_channel(server, bot)
        with pytest.raises(discord.HTTPException, match="Must be 2000 or fewer in length") as too_long:
            await channel.send("x" * 2001)
        assert (too_long.value.status, too_long.value.code) == (400, 50035)
        server.deny(channel.id, "send_messages")
        with pytest.raises(discord.Forbidden) as forbidden:
            await channel.send("x")
        assert forbidden.value.code == 50013
        await until(lambda: not channel.permissions_for(channel.guild.me).send_messages)
        moderator = server.add_member("Mo", server.add_role("mods", "manage_threads", "manage_channels"))
        thread = await server.start_thread(jane, channel.id, "hers")
        await server.delete_place(moderator, thread.id)
        await until(lambda: bool(bot.threads_gone))
        with pytest.raises(discord.NotFound) as unknown:
            await bot.fetch_channel(thread.id)
        assert unknown.value.code == 10003


async def test_a_wrong_token_and_a_missing_intent_are_distinguished(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py raises LoginFailure for the one and PrivilegedIntentsRequired for the other."""
    server = PracticeDiscord()
    await server.start()
    monkeypatch.setattr(discord.http.Route, "BASE", server.api_url)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))
    async with Bot() as bot:
        with pytest.raises(discord.LoginFailure):
            await bot.login("wrong")
    server.settings.message_content = False
    async with Bot() as bot:
        await bot.login(server.token)
        assert not bot.application_flags.gateway_message_content_limited
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.connect()
    await server.stop()


async def test_without_the_intent_words_do_not_arrive() -> None:
    """A bot that did not ask for message content learns that something was said, and not what."""
    async with ready_bot(message_content=False) as (server, bot, jane):
        channel = await text_channel(server, bot)
        await server.say(jane, channel.id, "secret")
        await until(lambda: bool(bot.heard))
        assert bot.texts() == [""]
