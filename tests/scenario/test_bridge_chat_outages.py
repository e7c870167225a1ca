"""A chat that fails: what was to be shown there is shown once when it is back, and what was written there is found."""

from __future__ import annotations

import pytest

from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until


async def once_everywhere(ticket: Ticket, *texts: str) -> None:
    """One thread in each chat, and each of these once in each of them."""
    for text in texts:
        await ticket.shown(text)
    await ticket.stage.at_rest()
    assert len(ticket.discord.threads) == len(ticket.slack.cards) == 1
    for text in texts:
        assert ticket.discord.count(text) == ticket.slack.count(text) == 1


@pytest.mark.scenario({"sellgate": "forum slack", "lightspeed": "text slack"})
async def test_discord_answers_with_errors(stage: Stage) -> None:
    """5xx, cut connections and lost answers on a forum's post, a card, its thread and a message: each is there once."""
    wire = stage.world.discord.http_server
    failures = [("refuse", {"status": 500}), ("refuse", {"status": 502}), ("drop", {}), ("lose", {}), ("garbage", {})]
    for index, (kind, more) in enumerate(failures):
        wire.fail(kind, method="POST", path="/threads$", **more)  # type: ignore[arg-type]
        in_forum = await stage.writes(f"Forum {index} of it", f"first {index}", vendor="sellgate")
        await once_everywhere(in_forum, f"first {index}")
        wire.fail(kind, method="POST", path="/messages$", **more)  # type: ignore[arg-type]
        wire.fail(kind, method="POST", path="/threads$", **more)  # type: ignore[arg-type]
        in_text = await stage.writes(f"Text {index} of it", f"words {index}", vendor="lightspeed")
        await once_everywhere(in_text, f"words {index}")
        wire.fail(kind, method="POST", path="/messages$", **more)  # type: ignore[arg-type]
        in_forum.customer_says(f"second {index}")
        await once_everywhere(in_forum, f"first {index}", f"second {index}")
    assert len(stage.world.discord.threads(stage.world.tickets.id)) == len(failures)


async def test_slack_answers_late_or_not_at_all(stage: Stage) -> None:
    """A card or a message that Slack took without our reading so is not posted again; one that it refused is."""
    wire = stage.world.slack.http_server
    failures = [("lose", {}), ("drop", {}), ("refuse", {"status": 503}), ("garbage", {})]
    for index, (kind, more) in enumerate(failures):
        wire.fail(kind, path="chat.postMessage", **more)  # type: ignore[arg-type]
        ticket = await stage.writes(f"Slack {index} of it", f"first {index}")
        await once_everywhere(ticket, f"first {index}")
        wire.fail(kind, path="chat.postMessage", **more)  # type: ignore[arg-type]
        ticket.customer_says(f"second {index}")
        await once_everywhere(ticket, f"first {index}", f"second {index}")


async def test_marks_and_cards_get_through_in_the_end(stage: Stage) -> None:
    """Errors while a card is edited, a thread archived or a mark put on leave the last state, not the first."""
    discord, slack = stage.world.discord.http_server, stage.world.slack.http_server
    ticket = await stage.arrives("Last state")
    discord.fail("refuse", method="PATCH", status=503, times=2)
    discord.fail("refuse", method="PUT", status=500, times=2)
    slack.fail("refuse", path="chat.update", status=503, times=2)
    slack.fail("lose", path="reactions", times=2)
    said, written = await ticket.ann_says("bye"), await ticket.bob_says("and bye")
    await ticket.bob_says("!close")
    await ticket.marked(said, "✅")
    await ticket.marked(written, "✅")
    await until(
        lambda: "Closed" in str(ticket.discord.card().embeds) and ticket.discord.thread.archived, "Discord's card"
    )
    await until(lambda: "✅ Closed" in ticket.slack.card.rendered, "Slack's card")
    await stage.bridge.drained()


@pytest.mark.scenario({"sellgate": "forum slack"})
async def test_discords_session_ends_while_agents_write(stage: Stage) -> None:
    """Resumed or not, asked to come back or cut: every message of that time reaches the customer once, in order."""
    gateway = stage.world.discord.gateway
    ticket = await stage.arrives("Cut gateway")
    texts = [f"message {number}" for number in range(9)]
    await ticket.ann_says(texts[0])
    await gateway.cut(resumable=False)
    await ticket.ann_says(texts[1])
    await until(lambda: gateway.connected == 1, "it is back")
    await ticket.ann_says(texts[2])
    await gateway.cut(resumable=True, abrupt=True)
    await ticket.ann_says(texts[3])
    await ticket.ann_says(texts[4])
    await until(lambda: len(ticket.sent) == 5, "the vendor has five")
    await gateway.ask_to_reconnect()
    await ticket.ann_says(texts[5])
    await until(lambda: len(ticket.sent) == 6, "the vendor has six")
    await stage.world.discord.leave()
    stage.world.discord.come_back()
    for text in texts[6:]:
        await ticket.ann_says(text)
    await ticket.has_sent(*texts)
    await stage.at_rest()
    assert ticket.slack.count("message") == len(texts)


async def test_slacks_socket_is_cut_while_agents_write(stage: Stage) -> None:
    """Cut, asked to refresh, or told twice: every message of that time reaches the customer once, in order."""
    slack = stage.world.slack
    ticket = await stage.arrives("Cut socket")
    await ticket.bob_says("one")
    slack.sockets.cut()
    await ticket.bob_says("two")
    await ticket.bob_says("three")
    await until(lambda: len(ticket.sent) == 3, "the vendor has three")
    await slack.sockets.refresh("refresh_requested")
    await ticket.bob_says("four")
    await ticket.bob_says("five", deliveries=3)
    repeated = await ticket.bob_says("six")
    await slack.repeat(repeated, times=2)
    await ticket.has_sent("one", "two", "three", "four", "five", "six")
    await stage.at_rest()
    assert ticket.sent == ["one", "two", "three", "four", "five", "six"]


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_one_chat_is_away_and_the_other_goes_on(stage: Stage) -> None:
    """While Discord is away, Slack works and says so in the end; afterwards each thread has everything, in order."""
    discord = stage.world.discord
    ticket = await stage.arrives("One is away")
    await stage.bridge.drained()
    await discord.leave()
    await ticket.bob_says("from Slack")
    ticket.customer_says("from the customer")
    await ticket.has_sent("from Slack")
    await until(lambda: ticket.slack.count("from the customer") == 1, "Slack has it")
    other = await stage.writes("Opened while away")
    await until(lambda: len(other.slack.cards) == 1, "Slack has that, too")
    discord.come_back()
    await once_everywhere(other, "Hello?")
    await until(lambda: ticket.discord.count("from") == 2, "Discord has both")
    said = await ticket.ann_says("I am back")
    await ticket.marked(said, "✅")
    await once_everywhere(other, "Hello?")
    assert ticket.discord.count("from") == 2
    assert ticket.slack.count("from the customer") == ticket.slack.count("I am back") == 1


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_missing_permission_is_reported_where_it_can_be_read(stage: Stage) -> None:
    """What the bot may not do in one chat is reported once in the other, with the step, and done when it may."""
    discord = stage.world.discord
    discord.deny(stage.world.support.id, "create_public_threads")
    ticket = await stage.writes("Not allowed")
    await until(lambda: stage.announced(stage.shop, "Create Public Threads")[1] == 1, "Slack reads it")
    another = await stage.writes("Neither is this")
    await until(lambda: len(another.slack.cards) == 1, "Slack has the other card")
    assert stage.announced(stage.shop, "Create Public Threads")[1] == 1
    discord.allow(stage.world.support.id, "create_public_threads")
    await once_everywhere(ticket, "Hello?")
    await once_everywhere(another, "Hello?")
