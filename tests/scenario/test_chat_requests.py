"""How many requests an act takes in both chats, to the last one, with its marks, cards and tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.support.stage.requests import counted_requests
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

_CARD = {"discord GET /channels/…": 1, "discord PATCH /channels/…/messages/…": 1, "slack chat.update": 1}


async def ready(stage: Stage) -> Ticket:
    """A ticket that Ann has, and whose people and cards were asked for before."""
    ticket = await stage.arrives("Broken key")
    await ticket.is_taken()
    for say in (ticket.ann_says, ticket.bob_says):
        await ticket.marked(await say("For a start."), "✅")
    return ticket


@pytest.mark.takes(8)
@pytest.mark.scenario({"sellgate": "forum slack"}, UNDO_SECONDS="0")
async def test_what_leaves_at_once(stage: Stage) -> None:
    """A customer's message, a reply from each chat that reaches the vendor at once, and a close."""
    ticket = await ready(stage)

    async def customer() -> None:
        ticket.customer_says("Here is more.")
        await ticket.shown("Here is more.")

    async def close() -> None:
        await stage.world.discord.command(stage.world.ann, ticket.discord.thread.id, "close")
        await until(lambda: ticket.now.closed, "it is closed at the store")

    posted = {"discord POST /channels/…/messages": 1, "slack chat.postMessage": 1}
    assert await counted_requests(stage, customer) == {**posted, **_CARD, "discord PATCH /channels/…": 1}

    async def replies(say: Callable[[str], Awaitable[object]], text: str) -> None:
        await ticket.marked(await say(text), "✅")  # type: ignore[arg-type]

    assert await counted_requests(stage, lambda: replies(ticket.ann_says, "From Discord.")) == {
        "discord PUT /channels/…/messages/…/reactions/✅/@me": 1,
        "slack chat.postMessage": 1,
        **_CARD,
        "discord PATCH /channels/…": 1,
    }
    # The ticket waits for the customer already: its tags and its card in Discord, which is read, stay as they are.
    assert await counted_requests(stage, lambda: replies(ticket.bob_says, "From Slack.")) == {
        "slack reactions.add": 1,
        "discord POST /channels/…/messages": 1,
        "discord GET /channels/…": 1,
        "discord GET /channels/…/messages/…": 1,
        "slack chat.update": 1,
    }
    assert await counted_requests(stage, close) == {
        "discord POST /interactions/…/…/callback": 1,
        "discord PATCH /webhooks/…/…/messages/@original": 1,
        **posted,
        **_CARD,
        "discord PATCH /channels/…": 1,
    }
