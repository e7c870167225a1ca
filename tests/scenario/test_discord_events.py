"""What people do on Discord and what the adapter brings of it, through the real discord.py on the practice Discord."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest

from bot.errors import Gone
from bot.model import (
    Deleted,
    DeliveryKey,
    Edited,
    Place,
    Status,
)
from tests.support.stage.discord import card, place, post, stage
from tests.support.twice import is_gone
from tests.support.waiting import until


class TestMessages:
    async def test_a_threads_messages_come_in_as_people_read_them(self) -> None:
        """Names for mentions, files with their addresses, stickers by name; in the order in which they were written."""
        async with stage() as s:
            where = place(s.text, await s.open(s.text))
            ana = s.server.add_member("Ana")
            thread = str(where.thread)
            await s.server.say(ana, thread, f"<@{ana.id}> see <#{s.text}> and [this](https://a.example/x) \\*")
            await s.server.say(ana, thread, "", attachments=[("log.txt", b"12345")])
            await s.server.say(ana, thread, "", sticker="Wave")
            for number in range(20):
                await s.server.say(ana, thread, f"{number}")
            first, file, sticker, *rest = await s.told(23)
            assert first.text == "@Ana see #support and this (https://a.example/x) *"
            assert (first.place, first.agent.name, first.agent.is_full_member) == (where, "Ana", True)
            assert first.agent.id == str(ana.id)
            (attachment,) = file.attachments
            assert (attachment.name, attachment.size, attachment.lasting) == ("log.txt", 5, False)
            assert attachment.url is not None
            assert (sticker.text, sticker.unsupported) == ("", ("the sticker “Wave”",))
            assert [said.text for said in rest] == [str(number) for number in range(20)]

    async def test_an_attachment_can_be_had_while_its_address_lives(self) -> None:
        """The file's content for a vendor; an address that Discord has signed and let die is gone."""
        async with stage() as s:
            opened = await s.open(s.text)
            await s.server.say(s.server.add_member("Ana"), opened.thread, "", attachments=[("log.txt", b"12345")])
            ((attachment,),) = [said.attachments for said in await s.told(1)]
            content = BytesIO()
            await s.chat.download(attachment, content)
            assert content.getvalue() == b"12345"
            await is_gone(lambda: s.chat.download(replace(attachment, url=f"{attachment.url}0"), BytesIO()))
            with pytest.raises(Gone):
                await s.chat.download(replace(attachment, url=None), BytesIO())

    async def test_only_people_in_threads_of_served_channels_are_received(self) -> None:
        """Not the bot itself, not Discord's own lines, not the channel, not other channels' threads."""
        async with stage() as s:
            opened = await s.open(s.text)
            await s.chat.post(place(s.text, opened), post("from us"), 0, DeliveryKey("k-1"))
            ana = s.server.add_member("Ana")
            await s.server.say(ana, s.text, "in the channel")
            elsewhere = s.server.add_text_channel("elsewhere")
            other = await s.server.start_thread(ana, elsewhere.id, "other")
            await s.server.say(ana, other.id, "in another thread")
            await s.server.say(ana, opened.thread, "here")
            assert [said.text for said in await s.told(1)] == ["here"]
            assert s.intake.texts == ["here"]

    async def test_a_message_in_an_archived_thread_is_received(self) -> None:
        """discord.py does not know archived threads; the message itself brings the thread back."""
        async with stage() as s:
            opened = await s.open(s.forum)
            await s.chat.render_card(place(s.forum, opened), opened, card(Status.CLOSED))
            await s.restart()
            await s.server.say(s.server.add_member("Ana"), opened.thread, "one more thing")
            (said,) = await s.told(1)
            assert said.place == place(s.forum, opened)

    async def test_everybody_comes_with_their_roles(self) -> None:
        """What the roles mean is decided elsewhere; everybody's message is received."""
        async with stage() as s:
            support = s.server.add_role("Support")
            ana, bob = s.server.add_member("Ana", support), s.server.add_member("Bob")
            opened = await s.open(s.text)
            for member in (ana, bob):
                await s.server.say(member, opened.thread, "hello")
                await s.server.command(member, opened.thread, "close")
            held = [str(support.id) in said.agent.groups for said in await s.told(2)]
            assert held == [str(support.id) in ask.agent.groups for ask in s.intake.asks] == [True, False]
            assert all(ask.agent.is_full_member and ask.agent.is_active for ask in s.intake.asks)

    async def test_a_changed_text_comes_in_and_a_links_preview_does_not(self) -> None:
        """Both are updates to Discord; only one is a person's."""
        async with stage() as s:
            opened = await s.open(s.text)
            ana = s.server.add_member("Ana")
            said = await s.server.say(ana, opened.thread, "https://example.com/")
            await s.server.preview_links(said)
            await s.server.edit(ana, said, "something else")
            await until(lambda: s.intake.of(Edited))
            (edited,) = s.intake.of(Edited)
            assert (edited.text, edited.message, edited.place) == (
                "something else",
                str(said.id),
                place(s.text, opened),
            )
            assert edited.agent.id == str(ana.id)

    async def test_a_deleted_message_is_reported(self) -> None:
        """Also one of an archived thread, and of the channel, where cards stand; elsewhere is nobody's business."""
        async with stage() as s:
            opened = await s.open(s.text)
            ana = s.server.add_member("Ana")
            beside = await s.server.say(ana, s.text, "in the channel")
            elsewhere = await s.server.say(ana, s.server.add_text_channel("lounge").id, "elsewhere")
            said = [await s.server.say(ana, opened.thread, text) for text in ("one", "two")]
            await s.server.delete(ana, elsewhere)
            await s.server.delete(ana, beside)
            await s.server.delete(ana, said[0])
            s.server.guild.archive(s.server.thread(opened.thread), archived=True)
            s.server.guild.send_thread_event(s.server.thread(opened.thread))
            await s.server.delete(ana, said[1])
            await until(lambda: len(s.intake.of(Deleted)) == 3)
            gone = s.intake.of(Deleted)
            assert [each.message for each in gone] == [str(message.id) for message in (beside, *said)]
            assert [each.place.thread for each in gone] == [None, opened.thread, opened.thread]
            assert {each.place.channel for each in gone} == {s.text}

    async def test_messages_that_were_deleted_at_once_are_reported_one_by_one(self) -> None:
        """Moderators delete many at a time, which is one event of another kind."""
        async with stage() as s:
            where = place(s.text, await s.open(s.text))
            ana = s.server.add_member("Ana")
            said = [await s.server.say(ana, str(where.thread), f"{number}") for number in range(3)]
            await s.server.purge(s.server.owner, said)
            await until(lambda: len(s.intake.of(Deleted)) == 3)
            assert [each.message for each in s.intake.of(Deleted)] == [str(message.id) for message in said]
            assert {each.place for each in s.intake.of(Deleted)} == {where}

    async def test_a_deleted_thread_or_channel_is_reported(self) -> None:
        """What is deleted elsewhere is nobody's business."""
        async with stage() as s:
            threads = [place(channel, await s.open(channel)) for channel in (s.text, s.forum)]
            await s.server.delete_place(s.server.bot, str(threads[0].thread))
            s.server.allow(s.forum, "manage_channels")
            elsewhere = s.server.add_text_channel("elsewhere")
            s.server.allow(elsewhere.id, "manage_channels")
            await s.server.delete_place(s.server.bot, elsewhere.id)
            await s.server.delete_place(s.server.bot, s.forum)
            await until(lambda: len(s.intake.of(Place)) == 3)
            assert set(s.intake.of(Place)) == {*threads, place(s.forum)}
