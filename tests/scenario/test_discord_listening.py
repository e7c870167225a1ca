"""What people do on Discord and what the adapter brings of it, through the real discord.py on the practice Discord."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import AuthFailed, Gone, RemoteError
from bot.model import (
    Answer,
    Button,
    ChatMessageId,
    Cursor,
    Deleted,
    DeliveryId,
    DeliveryKey,
    Edited,
    Opened,
    Place,
    Said,
    Status,
    ThreadId,
    Verb,
    Voice,
)
from tests.scenario.discord_stage import Stage, build, card, place, post, stage, until


async def told(s: Stage, count: int) -> list[Said]:
    """What was said, once it is so much."""
    await until(lambda: len(s.intake.of(Said)) >= count)
    return s.intake.of(Said)


class TestMessages:
    def test_a_threads_messages_come_in_as_people_read_them(self) -> None:
        """Names for mentions, files with their addresses, stickers by name; in the order in which they were written."""

        async def scene() -> None:
            async with stage() as s:
                where = place(s.text, await s.open(s.text))
                ana = s.server.add_member("Ana")
                thread = str(where.thread)
                await s.server.say(ana, thread, f"<@{ana.id}> see <#{s.text}> and [this](https://a.example/x) \\*")
                await s.server.say(ana, thread, "", attachments=[("log.txt", b"12345")])
                await s.server.say(ana, thread, "", sticker="Wave")
                for number in range(20):
                    await s.server.say(ana, thread, f"{number}")
                first, file, sticker, *rest = await told(s, 23)
                assert first.text == "@Ana see #support and this (https://a.example/x) *"
                assert (first.place, first.agent.name, first.agent.may) == (where, "Ana", True)
                assert first.agent.id == str(ana.id)
                (attachment,) = file.attachments
                assert (attachment.name, attachment.size, attachment.lasting) == ("log.txt", 5, False)
                assert attachment.url is not None
                assert (sticker.text, sticker.other) == ("", ("the sticker “Wave”",))
                assert [said.text for said in rest] == [str(number) for number in range(20)]

        asyncio.run(scene())

    def test_an_attachment_can_be_had_while_its_address_lives(self) -> None:
        """The file's content for a vendor; an address that Discord has signed and let die is gone."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                await s.server.say(s.server.add_member("Ana"), opened.thread, "", attachments=[("log.txt", b"12345")])
                ((attachment,),) = [said.attachments for said in await told(s, 1)]
                assert await s.chat.download(attachment) == b"12345"
                for url in (f"{attachment.url}0", None):
                    with pytest.raises(Gone):
                        await s.chat.download(replace(attachment, url=url))

        asyncio.run(scene())

    def test_only_people_in_threads_of_served_channels_are_heard(self) -> None:
        """Not the bot itself, not Discord's own lines, not the channel, not other channels' threads."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                await s.chat.post(place(s.text, opened), post("from us"), 0, DeliveryKey("k-1"))
                ana = s.server.add_member("Ana")
                await s.server.say(ana, s.text, "in the channel")
                elsewhere = s.server.add_text_channel("elsewhere")
                other = await s.server.start_thread(ana, elsewhere.id, "other")
                await s.server.say(ana, other.id, "in another thread")
                await s.server.say(ana, opened.thread, "here")
                assert [said.text for said in await told(s, 1)] == ["here"]
                assert s.intake.texts == ["here"]

        asyncio.run(scene())

    def test_a_message_in_an_archived_thread_is_heard(self) -> None:
        """discord.py does not know archived threads; the message itself brings the thread back."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.forum)
                await s.chat.render_card(place(s.forum, opened), opened, card(Status.CLOSED))
                await s.restart()
                await s.server.say(s.server.add_member("Ana"), opened.thread, "one more thing")
                (said,) = await told(s, 1)
                assert said.place == place(s.forum, opened)

        asyncio.run(scene())

    def test_roles_decide_who_may(self) -> None:
        """With roles configured, one of them makes an agent; everybody is heard all the same."""

        async def scene() -> None:
            async with stage(connected=False) as s:
                support = s.server.add_role("Support")
                ana, bob = s.server.add_member("Ana", support), s.server.add_member("Bob")
                await s.chat.aclose()
                s.chat = build(s.server, [s.text], [str(support.id)])
                await s.connect()
                opened = await s.open(s.text)
                for member in (ana, bob):
                    await s.server.say(member, opened.thread, "hello")
                    await s.server.command(member, opened.thread, "close")
                assert [said.agent.may for said in await told(s, 2)] == [True, False]
                assert [ask.agent.may for ask in s.intake.asks] == [True, False]

        asyncio.run(scene())

    def test_a_changed_text_comes_in_and_a_links_preview_does_not(self) -> None:
        """Both are updates to Discord; only one is a person's."""

        async def scene() -> None:
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

        asyncio.run(scene())

    def test_a_deleted_message_is_told(self) -> None:
        """Also one of an archived thread; deleting elsewhere is nobody's business."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                ana = s.server.add_member("Ana")
                elsewhere = await s.server.say(ana, s.text, "in the channel")
                said = [await s.server.say(ana, opened.thread, text) for text in ("one", "two")]
                await s.server.delete(ana, elsewhere)
                await s.server.delete(ana, said[0])
                s.server.guild.archive(s.server.thread(opened.thread), archived=True)
                s.server.guild.tell_thread(s.server.thread(opened.thread))
                await s.server.delete(ana, said[1])
                await until(lambda: len(s.intake.of(Deleted)) == 2)
                assert [gone.message for gone in s.intake.of(Deleted)] == [str(message.id) for message in said]
                assert {gone.place for gone in s.intake.of(Deleted)} == {place(s.text, opened)}

        asyncio.run(scene())

    def test_a_deleted_thread_or_channel_is_told(self) -> None:
        """What is deleted elsewhere is nobody's business."""

        async def scene() -> None:
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

        asyncio.run(scene())


class TestConnection:
    def test_blind_comes_before_everything_and_sighted_after(self) -> None:
        """Nothing of a new session is brought before the core knows that something may be missing."""

        async def scene() -> None:
            async with stage() as s:
                assert s.intake.events[:2] == ["blind", "sighted"]
                health = s.chat.health()
                assert (health.connected, health.trouble) == (True, "")
                assert health.last_event_at is not None

        asyncio.run(scene())

    def test_a_resumption_has_missed_nothing(self) -> None:
        """Discord replays what was said meanwhile, so nothing need be read again."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                ana = s.server.add_member("Ana")
                await s.server.gateway.cut(resumable=True)
                await s.server.say(ana, opened.thread, "meanwhile")
                await told(s, 1)
                await s.server.gateway.ask_to_reconnect()
                await s.server.say(ana, opened.thread, "again")
                await told(s, 2)
                assert s.intake.events.count("blind") == 1
                assert s.server.gateway.resumed == 2

        asyncio.run(scene())

    @pytest.mark.parametrize("abrupt", [True, False])
    def test_a_new_session_is_blind_until_it_has_read(self, abrupt: bool) -> None:
        """A session that Discord has forgotten begins anew, and what was said meanwhile is read from the threads."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                ana = s.server.add_member("Ana")
                seen = await s.server.say(ana, opened.thread, "before")
                await told(s, 1)
                await s.server.gateway.cut(resumable=False, abrupt=abrupt)
                await s.server.say(ana, opened.thread, "meanwhile")
                await until(lambda: s.intake.events.count("sighted") == 2)
                assert s.intake.events.count("blind") == 2
                cursor = Cursor(place=place(s.text, opened), after=ChatMessageId(str(seen.id)))
                assert [said.text async for said in s.chat.missed([cursor])] == ["meanwhile"]

        asyncio.run(scene())

    def test_an_outage_is_waited_out(self) -> None:
        """Discord may be away for a while, from the first moment on; health says so and then is well again."""

        async def scene() -> None:
            async with stage(connected=False) as s:
                s.server.wire.fail("refuse", path="/users/@me$", status=503, times=2)
                s.server.wire.fail("refuse", path="/gateway/bot$", status=503, times=2)
                s.server.rules.away = True
                connecting = asyncio.create_task(s.connect())
                await until(lambda: "cannot be reached" in s.chat.health().trouble or "lost" in s.chat.health().trouble)
                assert not s.chat.health().connected
                s.server.rules.away = False
                await connecting
                assert s.chat.health().connected

        asyncio.run(scene())

    def test_a_refused_token_says_what_to_do(self) -> None:
        """There is no use in trying again: a person has to mend it."""

        async def scene() -> None:
            async with stage(connected=False) as s:
                chat = build(s.server, [s.text], token="wrong.token.here")
                with pytest.raises(AuthFailed, match="Reset Token"):
                    await chat.run(s.intake)
                assert "Reset Token" in chat.health().trouble
                with pytest.raises(AuthFailed):
                    await chat.post(place(s.text), post("hello"), 0, DeliveryKey("k-1"))
                await chat.aclose()

        asyncio.run(scene())

    def test_a_missing_intent_says_what_to_do_and_can_be_mended(self) -> None:
        """Without the message content intent the bot would read nothing; once it is on, running again is enough."""

        async def scene() -> None:
            async with stage(connected=False) as s:
                s.server.rules.message_content = False
                with pytest.raises(AuthFailed, match="Message Content Intent"):
                    await s.chat.run(s.intake)
                s.server.rules.message_content = True
                await s.connect()
                assert s.chat.health().connected

        asyncio.run(scene())

    def test_text_that_discord_keeps_back_is_never_an_empty_reply(self) -> None:
        """It is told as something that could not be read, and health says why, until text comes in again."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                ana = s.server.add_member("Ana")
                said = await s.server.say(ana, opened.thread, "hidden", attachments=[("x.txt", b"1")])
                await told(s, 1)
                said.content, said.attachments = "", []
                s.server.guild.tell_message("MESSAGE_CREATE", said)
                hidden = (await told(s, 2))[1]
                assert (hidden.text, hidden.other) == ("", ("text that Discord did not show to shopbell",))
                assert not s.chat.health().connected
                assert "Message Content Intent" in s.chat.health().trouble
                await s.server.say(ana, opened.thread, "shown")
                await told(s, 3)
                assert s.chat.health().connected

        asyncio.run(scene())

    def test_what_the_core_fails_with_ends_the_run(self) -> None:
        """An event that could not be written down must not be passed over: running again reads it anew."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)

                async def broken(said: Said) -> None:
                    raise OSError("the disk is full")

                s.intake.said = broken  # type: ignore[method-assign]
                await s.server.say(s.server.add_member("Ana"), opened.thread, "hello")
                assert s.running is not None
                with pytest.raises(OSError, match="disk"):
                    await asyncio.wait_for(s.running, 10)

        asyncio.run(scene())

    def test_a_thread_that_could_not_be_looked_up_is_read_later(self) -> None:
        """Where a message belongs may have to be asked; if that fails the core is blind and reads it from there."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                ana = s.server.add_member("Ana")
                said = await s.server.say(ana, opened.thread, "hello")
                await told(s, 1)
                thread = s.server.thread(opened.thread)
                s.server.guild.archive(thread, archived=True)
                s.server.guild.tell_thread(thread)
                s.server.wire.fail("refuse", method="GET", path=f"/channels/{thread.id}$", status=503)
                await s.server.delete(ana, said)
                await until(lambda: s.intake.events.count("sighted") == 2)
                assert s.intake.events.count("blind") == 2

        asyncio.run(scene())

    def test_what_has_arrived_is_handed_over_before_the_end(self) -> None:
        """Stopping loses nothing that Discord has told already."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                ana = s.server.add_member("Ana")
                held = asyncio.Event()
                record = s.intake.said

                async def slow(said: Said) -> None:
                    held.set()
                    await asyncio.sleep(0.05)
                    await record(said)

                s.intake.said = slow  # type: ignore[method-assign]
                for number in range(5):
                    await s.server.say(ana, opened.thread, f"{number}")
                await held.wait()
                await asyncio.sleep(0.1)  # so that the rest has come over the wire, too
                await s.disconnect()
                assert s.intake.texts == ["0", "1", "2", "3", "4"]

        asyncio.run(scene())


class TestMissed:
    def test_threads_with_nothing_new_are_not_read(self) -> None:
        """One request tells which active threads have something new."""

        async def scene() -> None:
            async with stage(speed=None) as s:
                ana = s.server.add_member("Ana")
                cursors: list[Cursor] = []
                for number in range(5):
                    opened = await s.chat.open_thread(s.text, card(), DeliveryKey(f"k-{number}"))
                    seen = await s.server.say(ana, opened.thread, "seen")
                    cursors.append(Cursor(place=place(s.text, opened), after=ChatMessageId(str(seen.id))))
                await s.disconnect()
                await s.server.say(ana, str(cursors[3].place.thread), "new")
                s.server.wire.seen.clear()
                assert [said.text async for said in s.chat.missed(cursors)] == ["new"]
                assert len(s.requests("GET", "/messages")) == 1
                assert len(s.requests("GET", "/threads/active")) == 1
                assert s.requests("GET", "/threads/archived/public") == []

        asyncio.run(scene())

    def test_everything_unseen_is_read_from_the_beginning_where_nothing_is_known(self) -> None:
        """More than one page, oldest first, people only, with their roles and their name on this server."""

        async def scene() -> None:
            async with stage(connected=False, speed=None) as s:
                support = s.server.add_role("Support")
                ana, bob = s.server.add_member("Ana", support), s.server.add_member("Bob")
                s.chat = build(s.server, [s.forum], [str(support.id)])
                opened = await s.open(s.forum)
                await s.chat.post(place(s.forum, opened), post("from us"), 0, DeliveryKey("k-1"))
                for number in range(130):
                    await s.server.say(ana if number % 2 else bob, opened.thread, f"{number}")
                found = [said async for said in s.chat.missed([Cursor(place=place(s.forum, opened), after=None)])]
                assert [said.text for said in found] == [f"{number}" for number in range(130)]
                assert {(said.agent.name, said.agent.may) for said in found} == {("Ana", True), ("Bob", False)}
                assert len(s.requests("GET", f"/members/{ana.id}")) == 1

        asyncio.run(scene())

    def test_archived_threads_are_read_too_and_gone_ones_passed_over(self) -> None:
        """Somebody may have written and archived the thread again while nobody listened."""

        async def scene() -> None:
            async with stage(speed=None) as s:
                ana = s.server.add_member("Ana")
                cursors: list[Cursor] = []
                for channel in (s.text, s.forum, s.text):
                    opened = await s.chat.open_thread(channel, card(), DeliveryKey(f"k-{len(cursors)}"))
                    seen = await s.server.say(ana, opened.thread, "seen")
                    cursors.append(Cursor(place=place(channel, opened), after=ChatMessageId(str(seen.id))))
                await s.disconnect()
                for cursor in cursors[:2]:
                    await s.server.say(ana, str(cursor.place.thread), f"in {cursor.place.channel}")
                    s.server.guild.archive(s.server.thread(str(cursor.place.thread)), archived=True)
                await s.server.delete_place(s.server.bot, str(cursors[2].place.thread))
                found = {said.text async for said in s.chat.missed(cursors)}
                assert found == {f"in {s.text}", f"in {s.forum}"}

        asyncio.run(scene())

    def test_archived_threads_are_listed_only_as_far_as_needed(self) -> None:
        """A page of a hundred at a time, back to the last message that is known, and no further."""

        async def scene() -> None:
            async with stage(connected=False, speed=None) as s:
                ana = s.server.add_member("Ana")
                s.server.allow(s.text, "manage_threads", whom=ana)
                first, *others = [await s.server.start_thread(ana, s.text, f"{n}") for n in range(230)]
                seen = await s.server.say(ana, first.id, "seen")
                await s.server.say(ana, first.id, "new")
                for thread in (first, *others):
                    await s.server.set_thread(ana, thread.id, archived=True)
                where = place(s.text, Opened(thread=ThreadId(str(first.id)), card=ChatMessageId(str(first.id))))
                cursor = Cursor(place=where, after=ChatMessageId(str(seen.id)))
                assert [said.text async for said in s.chat.missed([cursor])] == ["new"]
                assert len(s.requests("GET", "/threads/archived/public")) == 3
                s.server.wire.seen.clear()
                newest = await s.server.say(ana, s.text, "a later moment")
                known = Cursor(place=where, after=ChatMessageId(str(newest.id)))
                assert [said.text async for said in s.chat.missed([known])] == []
                assert len(s.requests("GET", "/threads/archived/public")) == 1

        asyncio.run(scene())

    def test_a_failure_is_told(self) -> None:
        """The core must know that not everything was read."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                s.server.wire.fail("refuse", path="/threads/active$", status=503)
                with pytest.raises(RemoteError):
                    _ = [said async for said in s.chat.missed([Cursor(place=place(s.text, opened), after=None)])]

        asyncio.run(scene())


class TestAsking:
    def test_commands_are_asked_and_answered_to_the_asker_alone(self) -> None:
        """Acknowledged at once, in a ticket's thread and outside it; the answer carries its table."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                ana = s.server.add_member("Ana")
                s.intake.answer = Answer(text="Figures *now*", table="open  1\nclosed  2")
                closed = await s.server.command(ana, opened.thread, "close")
                reopened = await s.server.command(ana, s.text, "reopen", ticket="#1042")
                stats = await s.server.command(ana, s.text, "stats", store="main", days=30)
                for answered in (closed, reopened, stats):
                    assert answered.ephemeral
                    assert answered.deferred
                    assert answered.content == "Figures \\*now\\*\n```\nopen  1\nclosed  2\n```"
                first, second, third = s.intake.asks
                assert (first.verb, first.ticket, first.place) == (Verb.CLOSE, None, place(s.text, opened))
                assert (second.verb, second.ticket, second.place) == (Verb.REOPEN, "#1042", place(s.text))
                assert (third.verb, third.store, third.days) == (Verb.STATS, "main", 30)
                assert first.agent.name == "Ana"

        asyncio.run(scene())

    def test_tickets_and_stores_complete_as_one_types(self) -> None:
        """A choice shows the ticket's title and stands for its number."""

        async def scene() -> None:
            async with stage() as s:
                ana = s.server.add_member("Ana")
                (choice,) = await s.server.complete(ana, s.text, "close", "ticket", "10")
                assert choice["value"] == "1042"
                assert choice["name"].startswith("#1042 · Jane")
                assert len(choice["name"]) <= 100
                assert s.intake.picks == [(Verb.CLOSE, "10", place(s.text))]
                assert [c["value"] for c in await s.server.complete(ana, s.text, "stats", "store", "SEC")] == ["second"]

        asyncio.run(scene())

    def test_buttons_work_after_a_restart(self) -> None:
        """All that a press needs is in the button: the ticket's, the delivery's number."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                retry = Button(verb=Verb.RETRY, label="Retry", delivery=DeliveryId(77))
                failed = post("It was not delivered.", Voice.BELL, buttons=(retry,))
                said = await s.chat.post(place(s.text, opened), failed, 0, DeliveryKey("k-1"))
                await s.restart()
                ana = s.server.add_member("Ana")
                await s.server.press(ana, s.server.message(s.text, opened.card), "Close")
                answered = await s.server.press(ana, s.server.message(opened.thread, said), "Retry")
                assert answered.ephemeral
                close, again = s.intake.asks
                assert (close.verb, close.ticket, close.place) == (Verb.CLOSE, "1042", place(s.text))
                assert (again.verb, again.delivery, again.place) == (Verb.RETRY, 77, place(s.text, opened))

        asyncio.run(scene())

    def test_a_message_can_be_sent_by_its_menu(self) -> None:
        """What it holds now goes along; the bot's own messages cannot be sent to anybody."""

        async def scene() -> None:
            async with stage() as s:
                opened = await s.open(s.text)
                ana, bob = s.server.add_member("Ana"), s.server.add_member("Bob")
                said = await s.server.say(bob, opened.thread, "try *this*")
                await s.server.context_menu(ana, said, "Send to customer")
                (ask,) = s.intake.asks
                assert (ask.verb, ask.agent.name) == (Verb.SEND, "Ana")
                assert ask.message is not None
                assert (ask.message.text, ask.message.message, ask.message.agent.name) == (
                    "try *this*",
                    str(said.id),
                    "Bob",
                )
                ours = await s.chat.post(place(s.text, opened), post("from us"), 0, DeliveryKey("k-1"))
                refused = await s.server.context_menu(ana, s.server.message(opened.thread, ours), "Send to customer")
                assert "person" in refused.content
                assert refused.ephemeral
                assert len(s.intake.asks) == 1

        asyncio.run(scene())

    def test_a_defect_leaves_nobody_waiting(self) -> None:
        """The asker reads that it went wrong instead of watching dots."""

        async def scene() -> None:
            async with stage() as s:
                s.intake.failure = RuntimeError("a defect")
                answered = await s.server.command(s.server.add_member("Ana"), s.text, "close")
                assert "went wrong" in answered.content

        asyncio.run(scene())

    def test_commands_are_published_only_when_they_changed(self) -> None:
        """A restart asks what is there and leaves it; a server that offers something else is put right."""

        async def scene() -> None:
            async with stage() as s:
                assert len(s.requests("PUT", "/commands")) == 1
                await s.restart()
                await until(lambda: len(s.requests("GET", "/commands")) == 2)
                assert len(s.requests("PUT", "/commands")) == 1

        asyncio.run(scene())


class TestDoctor:
    def test_all_is_well(self) -> None:
        """The token, the intent, both channels and the commands are looked at, without being connected."""

        async def scene() -> None:
            async with stage(connected=False, tags=["Open", "Closed"]) as s:
                findings = await s.chat.check([s.text, s.forum])
                assert [finding.ok for finding in findings] == [True] * 5
                assert not any(finding.remedy for finding in findings)

        asyncio.run(scene())

    def test_every_failure_has_one_remedy(self) -> None:
        """Each missing permission, a hidden or unknown channel, the intent: a line of its own with its step."""

        async def scene() -> None:
            async with stage(connected=False) as s:
                s.server.rules.message_content = False
                s.server.deny(s.text, "embed_links", "add_reactions")
                s.server.deny(s.forum, "view_channel")
                findings = await s.chat.check([s.text, s.forum, type(s.text)("123"), type(s.text)("general")])
                bad = [finding for finding in findings if not finding.ok]
                remedies = " ".join(finding.remedy for finding in bad)
                assert len(bad) == 6
                assert all(finding.remedy for finding in bad)
                for named in ("Message Content Intent", "Embed Links", "Add Reactions", "View Channel", "Copy ID"):
                    assert named in remedies

        asyncio.run(scene())

    def test_a_refused_token_is_a_finding(self) -> None:
        """The doctor never raises."""

        async def scene() -> None:
            async with stage(connected=False) as s:
                for broken in (build(s.server, [s.text], token="wrong.token.here"), s.chat):
                    if broken is s.chat:
                        await s.server.stop()
                    (finding,) = await broken.check([s.text])
                    assert not finding.ok
                    assert finding.remedy
                    await broken.aclose()

        asyncio.run(scene())
