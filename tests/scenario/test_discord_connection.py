"""How the Discord adapter connects, reconnects and catches up, on the practice Discord."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.errors import AuthFailed, RemoteError
from bot.model import (
    ChatMessageId,
    Cursor,
    DeliveryKey,
    Opened,
    Said,
    ThreadId,
)
from tests.support.stage.discord import build, card, place, post, stage
from tests.support.waiting import PATIENCE, until


class TestConnection:
    async def test_blind_comes_before_everything_and_sighted_after(self) -> None:
        """Nothing of a new session is brought before the core knows that something may be missing."""
        async with stage() as s:
            assert s.intake.events[:2] == ["gap_possible", "connected"]
            health = s.chat.health()
            assert (health.connected, health.problem) == (True, "")
            assert health.last_sign_at is not None
            assert health.last_event_at is None

    async def test_a_resumption_has_missed_nothing(self) -> None:
        """Discord replays what was said meanwhile, so nothing need be read again."""
        async with stage() as s:
            opened = await s.open(s.text)
            ana = s.server.add_member("Ana")
            await s.server.gateway.cut(resumable=True)
            await s.server.say(ana, opened.thread, "meanwhile")
            await s.told(1)
            await s.server.gateway.ask_to_reconnect()
            await s.server.say(ana, opened.thread, "again")
            await s.told(2)
            assert s.intake.events.count("gap_possible") == 1
            assert s.server.gateway.resumed == 2

    @pytest.mark.parametrize("abrupt", [True, False])
    async def test_a_new_session_is_blind_until_it_has_read(self, abrupt: bool) -> None:
        """A session that Discord has forgotten begins anew, and what was said meanwhile is read from the threads."""
        async with stage() as s:
            opened = await s.open(s.text)
            ana = s.server.add_member("Ana")
            seen = await s.server.say(ana, opened.thread, "before")
            await s.told(1)
            await s.server.gateway.cut(resumable=False, abrupt=abrupt)
            await s.server.say(ana, opened.thread, "meanwhile")
            await until(lambda: s.intake.events.count("connected") == 2)
            assert s.intake.events.count("gap_possible") == 2
            cursor = Cursor(place=place(s.text, opened), after=ChatMessageId(str(seen.id)))
            assert [said.text async for said in s.chat.missed([cursor])] == ["meanwhile"]

    async def test_an_outage_is_waited_out(self) -> None:
        """Discord may be away for a while, from the first moment on; health says so and then is well again."""
        async with stage(connected=False) as s:
            s.server.http_server.fail("refuse", path="/users/@me$", status=503, times=2)
            s.server.http_server.fail("refuse", path="/gateway/bot$", status=503, times=2)
            s.server.settings.away = True
            connecting = asyncio.create_task(s.connect())
            await until(lambda: "cannot be reached" in s.chat.health().problem or "lost" in s.chat.health().problem)
            assert not s.chat.health().connected
            s.server.settings.away = False
            await connecting
            assert s.chat.health().connected

    async def test_a_refused_token_says_what_to_do(self) -> None:
        """There is no use in trying again: a person has to fix it."""
        async with stage(connected=False) as s:
            chat = build(s.server, [s.text], token="wrong.token.here")
            with pytest.raises(AuthFailed, match="Reset Token"):
                await chat.run(s.intake)
            assert "Reset Token" in chat.health().problem
            with pytest.raises(AuthFailed):
                await chat.post(place(s.text), post("hello"), 0, DeliveryKey("k-1"))
            await chat.aclose()

    async def test_a_missing_intent_says_what_to_do_and_can_be_fixed(self) -> None:
        """Without the message content intent the bot would read nothing; once it is on, running again is enough."""
        async with stage(connected=False) as s:
            s.server.settings.message_content = False
            with pytest.raises(AuthFailed, match="Message Content Intent"):
                await s.chat.run(s.intake)
            s.server.settings.message_content = True
            await s.connect()
            assert s.chat.health().connected

    async def test_text_that_discord_keeps_back_is_never_an_empty_reply(self) -> None:
        """It is reported as something that could not be read, and health says why, until text comes in again."""
        async with stage() as s:
            opened = await s.open(s.text)
            ana = s.server.add_member("Ana")
            said = await s.server.say(ana, opened.thread, "hidden", attachments=[("x.txt", b"1")])
            await s.told(1)
            said.content, said.attachments = "", []
            s.server.guild.send_message_event("MESSAGE_CREATE", said)
            hidden = (await s.told(2))[1]
            assert (hidden.text, hidden.unsupported) == ("", ("text that Discord did not show to shopbell",))
            assert not s.chat.health().connected
            assert "Message Content Intent" in s.chat.health().problem
            await s.server.say(ana, opened.thread, "shown")
            await s.told(3)
            assert s.chat.health().connected

    async def test_what_the_core_fails_with_ends_the_run(self) -> None:
        """An event that could not be written down must not be passed over: running again reads it anew."""
        async with stage() as s:
            opened = await s.open(s.text)

            async def broken(said: Said) -> bool:
                raise OSError("the disk is full")

            s.intake.said = broken  # type: ignore[method-assign]
            await s.server.say(s.server.add_member("Ana"), opened.thread, "hello")
            assert s.running is not None
            with pytest.raises(OSError, match="disk"):
                await asyncio.wait_for(s.running, PATIENCE)

    async def test_a_thread_that_could_not_be_looked_up_is_read_later(self) -> None:
        """Where a message belongs may have to be asked; if that fails the core is blind and reads it from there."""
        async with stage() as s:
            opened = await s.open(s.text)
            ana = s.server.add_member("Ana")
            said = await s.server.say(ana, opened.thread, "hello")
            await s.told(1)
            thread = s.server.thread(opened.thread)
            s.server.guild.archive(thread, archived=True)
            s.server.guild.send_thread_event(thread)
            s.server.http_server.fail("refuse", method="GET", path=f"/channels/{thread.id}$", status=503)
            await s.server.delete(ana, said)
            await until(lambda: s.intake.events.count("connected") == 2)
            assert s.intake.events.count("gap_possible") == 2

    async def test_what_has_arrived_is_handed_over_before_the_end(self) -> None:
        """Stopping loses nothing that Discord has sent already."""
        async with stage() as s:
            opened = await s.open(s.text)
            ana = s.server.add_member("Ana")
            arrived: list[str] = []
            release = asyncio.Event()
            take, record = s.client.listener, s.intake.said
            assert take is not None

            def taken(event: str, what: tuple[Any, ...]) -> None:
                take(event, what)
                if event == "message":
                    arrived.append(what[0].content)

            async def held(said: Said) -> bool:
                await release.wait()
                return await record(said)

            s.client.listener = taken
            s.intake.said = held  # type: ignore[method-assign]
            for number in range(5):
                await s.server.say(ana, opened.thread, f"{number}")
            await until(lambda: "4" in arrived)
            stopping = asyncio.create_task(s.disconnect())
            await until(lambda: s.client.listener is None)
            release.set()
            await stopping
            assert s.intake.texts == ["0", "1", "2", "3", "4"]


class TestMissed:
    async def test_threads_with_nothing_new_are_not_read(self) -> None:
        """One request tells which active threads have something new."""
        async with stage(speed=None) as s:
            ana = s.server.add_member("Ana")
            cursors: list[Cursor] = []
            for number in range(5):
                opened = await s.chat.open_thread(s.text, card(), DeliveryKey(f"k-{number}"))
                seen = await s.server.say(ana, opened.thread, "seen")
                cursors.append(Cursor(place=place(s.text, opened), after=ChatMessageId(str(seen.id))))
            await s.disconnect()
            await s.server.say(ana, str(cursors[3].place.thread), "new")
            s.server.http_server.seen.clear()
            assert [said.text async for said in s.chat.missed(cursors)] == ["new"]
            assert len(s.requests("GET", "/messages")) == 1
            assert len(s.requests("GET", "/threads/active")) == 1
            assert s.requests("GET", "/threads/archived/public") == []

    async def test_everything_unseen_is_read_from_the_beginning_where_nothing_is_known(self) -> None:
        """More than one page, oldest first, people only, with their roles and their name on this server."""
        async with stage(connected=False, speed=None) as s:
            support = s.server.add_role("Support")
            ana, bob = s.server.add_member("Ana", support), s.server.add_member("Bob")
            s.chat = build(s.server, [s.forum])
            opened = await s.open(s.forum)
            await s.chat.post(place(s.forum, opened), post("from us"), 0, DeliveryKey("k-1"))
            for number in range(130):
                await s.server.say(ana if number % 2 else bob, opened.thread, f"{number}")
            found = [said async for said in s.chat.missed([Cursor(place=place(s.forum, opened), after=None)])]
            assert [said.text for said in found] == [f"{number}" for number in range(130)]
            held = {(said.agent.name, str(support.id) in said.agent.groups) for said in found}
            assert held == {("Ana", True), ("Bob", False)}
            assert len(s.requests("GET", f"/members/{ana.id}")) == 1

    async def test_archived_threads_are_read_too_and_gone_ones_passed_over(self) -> None:
        """Somebody may have written and archived the thread again while nobody listened."""
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

    async def test_archived_threads_are_listed_only_as_far_as_needed(self) -> None:
        """A page of a hundred at a time, back to the last message that is known, and no further."""
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
            s.server.http_server.seen.clear()
            newest = await s.server.say(ana, s.text, "a later moment")
            known = Cursor(place=where, after=ChatMessageId(str(newest.id)))
            assert [said.text async for said in s.chat.missed([known])] == []
            assert len(s.requests("GET", "/threads/archived/public")) == 1

    async def test_a_failure_is_reported(self) -> None:
        """The core must know that not everything was read."""
        async with stage() as s:
            opened = await s.open(s.text)
            s.server.http_server.fail("refuse", path="/threads/active$", status=503)
            with pytest.raises(RemoteError):
                _ = [said async for said in s.chat.missed([Cursor(place=place(s.text, opened), after=None)])]
