"""What a platform sends and nobody can read is logged, counted and passed over; the connection goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from adapters.chats.discord import missed_messages as discord_missed
from adapters.chats.slack import missed_messages as slack_missed
from bot.ops.metrics import metrics_text
from bot.sandbox.discord.gateway import GUILD_MESSAGES, GatewayEvent
from tests.support.rest import SWEEPS
from tests.support.stage.stage import Stage
from tests.support.waiting import until


def message(stage: Stage, thread: int, **changes: Any) -> dict[str, Any]:
    """A MESSAGE_CREATE as Discord sends it, with something wrong."""
    discord = stage.world.discord
    plain: dict[str, Any] = {
        "id": str(discord.guild.state.new_id()),
        "channel_id": str(thread),
        "guild_id": str(discord.guild.state.guild_id),
        "type": 0,
        "author": {"id": "1", "username": "ann", "discriminator": "0", "avatar": None},
        "content": "Malformed",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
    }
    changed = {**plain, **changes}
    return {name: value for name, value in changed.items() if value is not ...}


def counted(metrics: bytes, chat: str) -> float:
    """How many events of a chat could not be read."""
    name = f'shopbell_chat_malformed_total{{chat="{chat}"'
    line = next(line for line in metrics.decode().splitlines() if line.startswith(name))
    return float(line.split(" ")[1])


@pytest.mark.scenario({"sellgate": "text"})
async def test_discord_events_that_cannot_be_read(stage: Stage) -> None:
    """A missing key, another type, an unknown enum: the same session brings the next message at once."""
    discord = stage.world.discord
    ticket = await stage.arrives("Malformed events")
    await stage.bridge.drained()
    identified, thread = discord.gateway.identified, ticket.discord.thread.id
    wrong = [
        ("MESSAGE_CREATE", message(stage, thread, author=...)),
        ("MESSAGE_CREATE", message(stage, thread, id="not a number")),
        ("MESSAGE_CREATE", message(stage, thread, mentions=7)),
        ("MESSAGE_CREATE", message(stage, thread, timestamp={})),
        ("MESSAGE_UPDATE", {"id": None}),
        ("MESSAGE_DELETE", {"channel_id": []}),
        ("THREAD_CREATE", {"type": 99}),
        ("THREAD_DELETE", {"id": "1"}),
        ("CHANNEL_UPDATE", {"id": "1", "type": 12345}),
        ("GUILD_ROLE_UPDATE", {}),
        ("GUILD_CREATE", {"id": str(discord.guild.state.guild_id), "channels": 5}),
        ("INTERACTION_CREATE", {"id": "1"}),
    ]
    for name, data in wrong:
        discord.gateway.send(GatewayEvent(name=name, data=data, intent=GUILD_MESSAGES))
    discord.gateway.send(GatewayEvent(name="MESSAGE_CREATE", data=message(stage, thread, type=4711)))
    await ticket.ann_says("Heard at once")
    await ticket.has_sent("Heard at once")
    assert discord.gateway.identified == identified
    assert discord.gateway.resumed == 0
    assert counted(await metrics_text(stage.bridge.app.health), "discord") >= 8


@pytest.mark.scenario({"sellgate": "slack"})
async def test_slack_events_that_cannot_be_read(stage: Stage) -> None:
    """They are acknowledged, because Slack would only send them again, and the socket stays."""
    slack = stage.world.slack
    ticket = await stage.arrives("Malformed events")
    await stage.bridge.drained()
    connections, channel = list(slack.sockets.connections), ticket.shop.slack.id
    plain = {"type": "message", "channel": channel, "user": stage.world.bob.id, "thread_ts": ticket.slack.card.ts}
    events: list[Any] = [
        {**plain, "ts": "tomorrow", "text": "x"},
        {**plain, "ts": "1700000000.000001", "subtype": ["a", "list"]},
        {**plain, "ts": "1700000000.000001", "subtype": "message_changed", "message": 7},
        {**plain, "ts": {"a": 1}, "subtype": "message_deleted", "previous_message": "x"},
        {**plain, "ts": "1700000000.000002", "files": 3, "attachments": "x", "blocks": {"type": []}},
    ]
    envelopes: list[Any] = [{"type": "event_callback", "event": event} for event in events]
    envelopes += [{}, [], "x", {"type": "event_callback"}, {"type": "event_callback", "event": 5}]
    outcomes = [await slack.sockets.send("events_api", payload) for payload in envelopes]
    assert {ack.outcome for ack in outcomes} == {"acknowledged"}
    await slack.sockets.connections[0].socket.send_str("no json")
    await slack.sockets.connections[0].socket.send_str("[1]")
    await ticket.bob_says("Heard at once")
    await ticket.has_sent("Heard at once")
    assert slack.sockets.connections == connections
    assert counted(await metrics_text(stage.bridge.app.health), "slack") >= 6


@pytest.mark.scenario({"sellgate": "text"})
async def test_a_message_in_a_thread_that_cannot_be_read(stage: Stage) -> None:
    """While catching up it is passed over, and what stands around it reaches the customer."""
    discord = stage.world.discord
    ticket = await stage.arrives("Malformed history")
    await stage.bridge.drained()
    await stage.bridge.stop()
    said = await ticket.ann_says("Around it")
    thread = ticket.discord.thread.id
    good = discord.http_server
    author = {"id": str(stage.world.ann.id), "username": "ann", "discriminator": "0", "avatar": None}
    page = [
        message(stage, thread, author=...),
        message(stage, thread, id=str(said.id), content="Around it", author=author),
        {"id": None},
        "x",
    ]
    good.fail("refuse", method="GET", path=f"/{thread}/messages$", status=200, body=json.dumps(page))
    await stage.bridge.start()
    await ticket.has_sent("Around it")


@pytest.mark.scenario({"nextcommerce": "text"})
async def test_a_comment_without_an_id(stage: Stage) -> None:
    """Its ticket appears with it, says so, and no other ticket of the store is lost."""
    shop = stage.shop
    fault = shop.vendor.http_server.fail("refuse", method="GET", path="/tickets/$", times=100_000)
    with_null = await stage.writes("With a null", "What became of me?")
    await stage.writes("Another", "I am well")
    listed: list[Any] = [{"id": None, "subject": "Nobody"}, None]
    for ticket in shop.store.tickets():
        comment = {
            "id": None if ticket.id == with_null.id else 77,
            "body": ticket.messages[0].text,
            "from_email": "jane@example.com",
        }
        listed.append({"id": int(ticket.id), "subject": ticket.subject, "status": "open", "comments": [comment]})
    fault.status, fault.body = 200, json.dumps({"next": None, "results": listed})
    await with_null.shown("What became of me?")
    await until(lambda: with_null.discord.count("does not understand") == 1, "the incident is told")
    await until(lambda: len(stage.world.discord.threads(shop.discord.id)) == 2, "the other is there")
    await stage.sweeps(SWEEPS)
    assert with_null.discord.count("What became of me?") == 1
    assert with_null.discord.count("does not understand") == 1


@pytest.mark.scenario({"sellgate": "text slack"}, COLLISION_GUARD="false")
async def test_a_missed_message_that_nobody_can_read_hides_no_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted; what was written before and after it in its thread reaches the customer."""
    ticket = await stage.arrives("Unreadable")
    await stage.bridge.stop()
    for part in ("one", "unreadable", "two"):
        await ticket.ann_says(f"{part} in Discord")
        await ticket.bob_says(f"{part} in Slack")
    for chat in (discord_missed, slack_missed):
        monkeypatch.setattr(chat, "said", partial(_said_but, chat.said))
    await stage.bridge.start()
    await until(lambda: len(ticket.sent) == 4, "all others are sent")
    assert sorted(ticket.sent) == ["one in Discord", "one in Slack", "two in Discord", "two in Slack"]


def _said_but(said: Callable[..., Any], message: Any, *rest: Any) -> Any:
    """As a defect in reading a text would."""
    if "unreadable" in (message.content if hasattr(message, "content") else message.markup):
        raise IndexError("no such sign")
    return said(message, *rest)
