"""Socket Mode of the practice Slack: who gets what, what is sent again, and what is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack import PracticeSlack
from tests.support.practice.slack import connect, time_is_up, web_of
from tests.support.waiting import PATIENCE, until


def scene(slack: PracticeSlack) -> tuple[Any, Any]:
    jane = slack.add_user("jane")
    return jane, slack.add_channel("support", [jane])


async def test_a_connection_is_greeted_and_its_link_is_good_once(slack: PracticeSlack) -> None:
    """`hello` comes first; the same link a second time is refused, and so is one that was made long ago."""
    async with web_of(slack) as web:
        headers = {"Authorization": f"Bearer {slack.app_token}"}

        async def link() -> str:
            answer = (await web.http.post(slack.api_url + "apps.connections.open", headers=headers)).json()
            return str(answer["url"])

        async with aiohttp.ClientSession() as session:
            url = await link()
            async with session.ws_connect(url) as socket:
                assert (await socket.receive_json())["type"] == "hello"
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await session.ws_connect(url)
            old = await link()
            slack.workspace.clock.advance(31)  # type: ignore[attr-defined]
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(old)


async def test_an_event_is_delivered_until_it_is_acknowledged(slack: PracticeSlack, clock: Any) -> None:
    """The same event comes again with the number of the retry, after Slack's own delays."""
    jane, channel = scene(slack)

    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        await slack.say(jane, channel, "hello")
        envelopes = [await socket.next()]
        for _ in range(3):
            await time_is_up(slack)
            envelopes.append(await socket.next())
        await socket.ack(envelopes[-1])
        assert await slack.settled()
        assert len({envelope["payload"]["event_id"] for envelope in envelopes}) == 1
        assert len({envelope["envelope_id"] for envelope in envelopes}) == 4
        assert [envelope["retry_attempt"] for envelope in envelopes] == [0, 1, 2, 3]
        assert [envelope["retry_reason"] for envelope in envelopes] == ["", "timeout", "timeout", "timeout"]
        assert clock.slept == [0, 60, 300]
        assert (slack.sockets.lost, slack.sockets.delivered) == ([], 1)


async def test_an_event_nobody_acknowledges_is_lost(slack: PracticeSlack) -> None:
    """Without a connection beyond the last retry, an event never comes."""
    jane, channel = scene(slack)

    async with web_of(slack):
        await slack.say(jane, channel, "hello")
        assert await slack.settled()
        (lost,) = slack.sockets.lost
        assert lost["event"]["text"] == "hello"


async def test_an_acknowledgement_can_get_lost(make: Any) -> None:
    """Then the app is reported once more of what it has done already."""
    slack = make()
    jane, channel = scene(slack)

    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        slack.sockets.ignore_acks = 1
        await slack.say(jane, channel, "hello")
        first = await socket.next()
        await socket.ack(first)
        await until(lambda: slack.sockets.ignore_acks == 0)
        await time_is_up(slack)
        again = await socket.next()
        await socket.ack(again)
        assert await slack.settled()
        assert first["payload"] == again["payload"]


async def test_each_event_goes_to_one_connection(slack: PracticeSlack) -> None:
    """Two connections share what comes; nothing is sent to both."""
    jane, channel = scene(slack)

    async with web_of(slack) as web, connect(web) as one, connect(web) as other:
        await one.next()
        await other.next()
        for number in range(4):
            await slack.say(jane, channel, f"m{number}")
        got = []
        for socket in (one, other, one, other):
            envelope = await socket.next()
            await socket.ack(envelope)
            got.append(envelope["payload"]["event"]["text"])
        assert await slack.settled()
        assert sorted(got) == ["m0", "m1", "m2", "m3"]
        assert slack.sockets.delivered == 4


async def test_one_connection_too_many_is_turned_away(make: Any) -> None:
    """The connection after the last one allowed reads why and is closed."""
    slack = make(connections=1)

    async with web_of(slack) as web, connect(web) as first, connect(web) as second:
        assert (await first.next())["type"] == "hello"
        assert (await second.next())["reason"] == "too_many_websockets"
        assert (await second.web_socket.receive()).type == aiohttp.WSMsgType.CLOSE
        assert len(slack.sockets.connections) == 1


async def test_a_refresh_ends_a_connection_and_a_warning_does_not(slack: PracticeSlack) -> None:
    """After `refresh_requested` nothing more is sent there, but what is under way can still be acknowledged."""
    jane, channel = scene(slack)

    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        await slack.sockets.refresh("warning")
        assert (await socket.next())["reason"] == "warning"
        await slack.say(jane, channel, "hello")
        envelope = await socket.next()
        await slack.sockets.refresh("refresh_requested")
        assert await socket.next() == {
            "type": "disconnect",
            "reason": "refresh_requested",
            "debug_info": {"host": "applink-practice"},
        }
        await socket.ack(envelope)
        assert await slack.settled()
        assert (slack.sockets.delivered, slack.sockets.connections) == (1, [])


async def test_a_cut_connection_ends_without_a_word(slack: PracticeSlack) -> None:
    """The app's end sees the line go dead."""
    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        slack.sockets.cut()
        closed = (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE)
        assert (await socket.web_socket.receive(timeout=PATIENCE)).type in closed
        assert slack.sockets.connections == []


async def test_connections_left_behind_take_their_share(slack: PracticeSlack) -> None:
    """They count, acknowledge nothing, and what only they were sent is lost after the last try."""
    jane, channel = scene(slack)

    async with web_of(slack) as web:
        slack.sockets._limits = replace(slack.workspace.limits, retry_delays=())
        slack.sockets.abandoned = 2
        async with connect(web) as socket:
            assert (await socket.next())["num_connections"] == 3
            for number in range(3):
                await slack.say(jane, channel, f"hello {number}")
            await socket.ack(await socket.next())
            await time_is_up(slack, 2)
            assert await slack.settled()
            assert (slack.sockets.delivered, len(slack.sockets.lost)) == (1, 2)
            slack.sockets.abandoned = slack.workspace.limits.connections
            async with connect(web) as another:
                assert (await another.next())["reason"] == "too_many_websockets"


async def test_a_channel_can_be_withheld(slack: PracticeSlack) -> None:
    """Nothing of what is written there is sent, and nothing of it is lost either: it was never sent."""
    jane, channel = scene(slack)

    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        slack.workspace.events.withheld.add(channel.id)
        await slack.say(jane, channel, "unheard")
        slack.workspace.events.withheld.clear()
        await slack.say(jane, channel, "heard")
        envelope = await socket.next()
        assert envelope["payload"]["event"]["text"] == "heard"
        await socket.ack(envelope)
        assert slack.sockets.lost == []


async def test_a_silent_connection_stays_open_and_says_nothing(slack: PracticeSlack) -> None:
    """It answers no ping and takes its share of the events with it until they are sent again elsewhere."""
    jane, channel = scene(slack)

    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        slack.sockets.deafen()
        await slack.say(jane, channel, "hello")
        with pytest.raises(TimeoutError):
            await socket.next(within=0.1)
        async with connect(web) as fresh:
            assert (await fresh.next())["type"] == "hello"
            for _ in range(2):  # it is the deaf one's turn once more
                await time_is_up(slack)
            await fresh.ack(await fresh.next())
            assert await slack.settled()
            assert not socket.web_socket.closed


async def test_what_the_app_did_not_subscribe_to_does_not_come(make: Any) -> None:
    """Neither an event without its subscription or scope, nor one from a channel the bot is not in."""
    slack = make(app={"events": frozenset({"message.channels"}), "scopes": frozenset({"channels:history"})})
    jane, channel = scene(slack)
    private = slack.add_channel("secret", [jane], private=True)
    foreign = slack.add_channel("foreign", [jane], bot=False)

    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        await slack.say(jane, private, "unheard")
        await slack.say(jane, foreign, "unheard")
        said = await slack.say(jane, channel, "@shopbell heard")
        await slack.react(jane, said, "eyes")
        slack.invite(channel, slack.add_user("tom"))
        envelope = await socket.next()
        await socket.ack(envelope)
        assert await slack.settled()
        assert envelope["payload"]["event"]["text"].endswith("heard")
        assert slack.sockets.delivered == 1


async def test_one_message_can_come_many_times(slack: PracticeSlack) -> None:
    """Under new event ids, and once more as a mention of the bot; always with one `ts`."""
    jane, channel = scene(slack)

    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        said = await slack.say(jane, channel, "@shopbell hello", deliveries=2)
        payloads = []
        for _ in range(3):
            envelope = await socket.next()
            await socket.ack(envelope)
            payloads.append(envelope["payload"])
        assert sorted(payload["event"]["type"] for payload in payloads) == ["app_mention", "message", "message"]
        assert len({payload["event_id"] for payload in payloads}) == 3
        assert {payload["event"]["ts"] for payload in payloads} == {said.ts}
        await slack.repeat(said)
        repeated = await socket.next()
        assert repeated["payload"]["event"]["ts"] == said.ts


async def test_changes_are_events_too(slack: PracticeSlack) -> None:
    """Edits, previews, counters and deletions name what was before; a deleted parent becomes a tombstone."""
    jane, channel = scene(slack)

    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()

        async def event() -> dict[str, Any]:
            envelope = await socket.next()
            await socket.ack(envelope)
            found: dict[str, Any] = envelope["payload"]["event"]
            return found

        said = await slack.say(jane, channel, "helo")
        assert "subtype" not in await event()
        said = await slack.edit(said, "hello")
        edited = await event()
        assert edited["subtype"] == "message_changed"
        assert (edited["previous_message"]["text"], edited["message"]["text"]) == ("helo", "hello")
        assert "edited" in edited["message"]
        said = await slack.unfurl(said, {"title": "A page"})
        unfurled = await event()
        assert unfurled["message"]["text"] == unfurled["previous_message"]["text"]
        reply = await slack.say(jane, channel, "reply", thread_ts=said.ts, broadcast=True)
        events = [await event(), await event()]
        counted = next(each for each in events if each["subtype"] == "message_changed")
        assert ("reply_count" in counted["previous_message"], counted["message"]["reply_count"]) == (False, 1)
        broadcast = next(each for each in events if each["subtype"] == "thread_broadcast")
        assert (broadcast["root"]["ts"], broadcast["parent_user_id"]) == (said.ts, jane.id)
        await slack.delete(said)
        assert (await event())["message"]["subtype"] == "tombstone"
        await slack.delete(reply)
        events = [await event(), await event()]
        recounted = next(each for each in events if each["subtype"] == "message_changed")
        assert (recounted["previous_message"]["reply_count"], "reply_count" in recounted["message"]) == (1, False)
        deleted = next(each for each in events if each["subtype"] == "message_deleted")
        assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", reply.ts)
        assert deleted["previous_message"]["text"] == "reply"
        await slack.another_bot_says(channel, "beep")
        assert (await event())["bot_id"] == "B0OTHER"
        assert await slack.settled()
        assert slack.sockets.delivered == 9


async def test_coming_into_a_channel_is_an_event_once_the_server_runs(slack: PracticeSlack) -> None:
    """Before the start a scene can be set without anybody being told; afterwards the app is told who joins."""
    jane, channel = scene(slack)
    tom = slack.add_user("tom")
    slack.invite(slack.add_channel("elsewhere"), jane)

    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        slack.invite(channel, tom)
        envelope = await socket.next()
        await socket.ack(envelope)
        event = envelope["payload"]["event"]
        assert (event["type"], event["user"], event["channel"]) == ("member_joined_channel", tom.id, channel.id)
        slack.remove_from(channel, slack.bot_user)
        await slack.say(tom, channel, "nobody hears this")
        assert await slack.settled()
        assert slack.sockets.delivered == 1
