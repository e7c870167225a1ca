"""A 404 is no proof: a thread is gone only when its platform says so for the thread itself, and says it twice."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bot.sandbox.discord.gateway import GUILDS
from bot.sandbox.loopback_server import Exchange
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

LEFT = "the ticket continues"
PROXY = "<html>404 Not Found</html>"
UNKNOWN_CHANNEL = json.dumps({"message": "Unknown Channel", "code": 10003})
SLACK_GONE = json.dumps({"ok": False, "error": "thread_not_found"})


async def goes_on_as_before(ticket: Ticket, *sent: str) -> None:
    """Replies reach the customer, in the threads that were there before, which nobody was told to leave."""
    await ticket.has_sent(*sent)
    ticket.customer_says("Still here?")
    await ticket.shown("Still here?")
    await ticket.stage.bridge.drained()
    assert len(ticket.discord.threads) == 1
    assert len(ticket.slack.cards) == 1
    assert ticket.discord.count(LEFT) == ticket.slack.count(LEFT) == 0


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_404_of_a_proxy_while_catching_up(stage: Stage) -> None:
    """One without a code, on the list of threads, the channel or a thread's messages, costs no thread and no reply."""
    discord = stage.world.discord
    tickets = [await stage.arrives("The first"), await stage.arrives("The second", "Good day")]
    await stage.bridge.drained()
    paths = ("/threads/active$", f"/channels/{stage.shop.discord.id}$", "/threads/archived", "/messages$")
    for number, path in enumerate(paths):
        await stage.bridge.stop()
        for ticket in tickets:
            await ticket.ann_says(f"Reply {number}")
        discord.http_server.fail("refuse", method="GET", path=path, status=404, body=PROXY)
        await stage.bridge.start()
        discord.http_server.faults.clear()
    for ticket in tickets:
        await ticket.has_sent(*(f"Reply {number}" for number in range(len(paths))))
        await goes_on_as_before(ticket, *ticket.sent)


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_thread_that_is_deleted_while_the_others_are_read(stage: Stage) -> None:
    """Only that one is replaced; what was written in the others reaches their customers."""
    discord = stage.world.discord
    lost, living = await stage.arrives("Lost"), await stage.arrives("Living", "Good day")
    await stage.bridge.drained()
    await stage.bridge.stop()
    before = lost.discord.thread
    for ticket in (lost, living):
        await ticket.ann_says("While you were away")

    def remove(exchange: Exchange) -> None:
        if exchange.path.endswith("/threads/active") and before in lost.discord.threads:
            discord.guild.remove_place(before)

    discord.http_server.observers.append(remove)
    await stage.bridge.start()
    await goes_on_as_before(living, "While you were away")
    await until(lambda: lost.discord.thread.id != before.id, "another thread")
    text = "The old thread of this ticket was deleted. The ticket continues here."
    await until(lambda: lost.discord.count(text) == 1, "it says so")


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_platform_that_is_wrong_for_a_moment(stage: Stage) -> None:
    """Even with the platform's own code, once is not enough: while posting, on a card, and while catching up."""
    discord, slack = stage.world.discord.http_server, stage.world.slack.http_server
    ticket = await stage.arrives("Wrong for a moment")
    await stage.bridge.drained()
    thread = ticket.discord.thread
    discord.fail("refuse", path=f"/channels/{thread.id}", status=404, body=UNKNOWN_CHANNEL, times=2)
    slack.fail("refuse", method="POST", path="chat.postMessage", status=200, body=SLACK_GONE)
    slack.fail("refuse", path="conversations.replies", status=200, body=SLACK_GONE)
    ticket.customer_says("Can you see this?")
    await ticket.shown("Can you see this?")
    await stage.bridge.stop()
    await ticket.ann_says("Yes")
    await ticket.bob_says("We can")
    discord.fail("refuse", path=f"/channels/{thread.id}", status=404, body=UNKNOWN_CHANNEL)
    slack.fail("refuse", path="conversations.replies", status=200, body=SLACK_GONE)
    await stage.bridge.start()
    await until(lambda: sorted(ticket.sent) == ["We can", "Yes"], "both replies are sent")
    await goes_on_as_before(ticket, *ticket.sent)
    assert ticket.discord.thread == thread


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_list_of_another_shape_is_no_empty_list(stage: Stage) -> None:
    """Where Slack's history or Discord's lists have no list in them, no thread is missing; they are asked again."""
    ticket = await stage.arrives("Another shape")
    await stage.bridge.drained()
    await stage.bridge.stop()
    await ticket.ann_says("From Ann")
    await ticket.bob_says("From Bob")
    stage.world.slack.http_server.fail(
        "refuse", path="conversations.history", status=200, body='{"ok": true, "page": 1}', times=2
    )
    for path in ("/threads/active$", "/threads/archived"):
        stage.world.discord.http_server.fail("refuse", path=path, status=200, body='{"page": 1}')
    await stage.bridge.start()
    await until(lambda: sorted(ticket.sent) == ["From Ann", "From Bob"], "both replies are sent")
    await goes_on_as_before(ticket, *ticket.sent)


@pytest.mark.scenario({"sellgate": "slack"})
async def test_a_slack_thread_that_only_counts_its_replies(stage: Stage) -> None:
    """A first message without `latest_reply` and with another number of replies than before: the thread is read."""
    slack = stage.world.slack
    ticket = await stage.arrives("Counts only")
    await stage.bridge.drained()
    await stage.bridge.stop()
    await ticket.bob_says("Not overlooked")
    answer = {"ok": True, "messages": [{"type": "message", "ts": ticket.slack.card.ts, "reply_count": 2}]}
    slack.http_server.fail("refuse", path="conversations.history", status=200, body=json.dumps(answer))
    await stage.bridge.start()
    await ticket.has_sent("Not overlooked")


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_an_event_about_a_deletion_that_did_not_happen(stage: Stage) -> None:
    """Discord and Slack show it all the same, so it has no consequence: no new thread, no new card, no lost reply."""
    discord, slack = stage.world.discord, stage.world.slack
    tickets = [await stage.arrives(f"Still at {vendor}", vendor=vendor) for vendor in ("sellgate", "sellapp")]
    await stage.bridge.drained()
    cards = [(ticket.discord.card().id, ticket.slack.card.ts) for ticket in tickets]
    for ticket in tickets:
        for event, data in false_events(ticket):
            discord.guild.send(event, data, GUILDS, None)
        discord.guild.send_message_event("MESSAGE_DELETE", ticket.discord.card())
        slack.workspace.events.deleted(ticket.slack.card)
    for ticket in tickets:
        for asked in (ticket.discord.thread.id, ticket.shop.discord.id):
            await until(lambda asked=asked: was_asked(stage, f"/channels/{asked}$"), "the thing itself is asked for")  # type: ignore[misc]
        await ticket.ann_says("From Ann")
        await ticket.bob_says("From Bob")
        await until(lambda ticket=ticket: sorted(ticket.sent) == ["From Ann", "From Bob"], "both are sent")  # type: ignore[misc]
        await goes_on_as_before(ticket, *ticket.sent)
    await stage.at_rest()
    assert [(ticket.discord.card().id, ticket.slack.card.ts) for ticket in tickets] == cards
    assert [len(t.discord.threads) + len(t.slack.cards) for t in tickets] == [2, 2]
    for ticket in tickets:
        assert ticket.discord.count("deleted") == ticket.slack.count("deleted") == 0


def false_events(ticket: Ticket) -> list[tuple[str, dict[str, Any]]]:
    """What the gateway would say if the ticket's thread, its channel or our place in the server were deleted."""
    guild, thread = ticket.stage.world.discord.guild, ticket.discord.thread
    server = {"guild_id": str(guild.state.guild_id)}
    return [
        (
            "THREAD_DELETE",
            {"id": str(thread.id), "parent_id": str(thread.parent_id), "type": int(thread.type), **server},
        ),
        ("CHANNEL_DELETE", guild.serializer.channel(ticket.shop.discord)),
        ("GUILD_DELETE", {"id": server["guild_id"]}),
    ]


def was_asked(stage: Stage, path: str) -> bool:
    seen = stage.world.discord.http_server.seen
    return any(e.method == "GET" and re.search(path, e.path) for e in seen)
