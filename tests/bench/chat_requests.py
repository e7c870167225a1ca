"""
Row 6: how many requests the chats get for a customer's message, a reply and a close, with everything that shows them.

The ticket has a thread in a forum of Discord and one in Slack. A reply waits for its undo time, as it does unless that
is switched off: its mark and its announcement in the other chat come first, and then what became of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

from tests.bench.figures import Figure, Reading, Readings
from tests.bench.setting import Setting
from tests.support.stage.requests import counted_requests
from tests.support.stage.stage import Stage, Ticket, set_stage
from tests.support.waiting import until

STORES = {"sellgate": "forum slack"}
ACTS = ("a customer's message", "a reply in Discord", "a reply in Slack", "a close")
FIGURES = tuple(Figure(name=f"chat requests of {act}", label=act, unit="") for act in ACTS)


async def measure(_setting: Setting) -> Readings:
    async with set_stage(STORES, UNDO_SECONDS="300") as stage:
        found = await chat_requests(stage)
    return {figure.name: Reading(found[act].total()) for figure, act in zip(FIGURES, ACTS, strict=True)}


async def chat_requests(stage: Stage) -> dict[str, Counter[str]]:
    """The requests of each act, by chat, method and path. What is kept in memory has been asked for before."""
    ticket = await stage.arrives("Broken key")
    await ticket.is_taken()
    await _reply_in_discord(stage, ticket, "For a start, in Discord.")
    await _reply_in_slack(stage, ticket, "For a start, in Slack.")

    async def customer() -> None:
        ticket.customer_says("Here is more.")
        await ticket.shown("Here is more.")

    async def close() -> None:
        await stage.world.discord.command(stage.world.ann, ticket.discord.thread.id, "close")
        await until(lambda: ticket.now.closed, "it is closed at the store")

    acts: dict[str, Callable[[], Awaitable[None]]] = {
        ACTS[0]: customer,
        ACTS[1]: lambda: _reply_in_discord(stage, ticket, "From Discord."),
        ACTS[2]: lambda: _reply_in_slack(stage, ticket, "From Slack."),
        ACTS[3]: close,
    }
    return {name: await counted_requests(stage, act) for name, act in acts.items()}


async def _reply_in_discord(stage: Stage, ticket: Ticket, text: str) -> None:
    said = await ticket.ann_says(text)
    await ticket.marked(said, "⏳")
    await until(lambda: ticket.slack.count(text) == 1, "Slack shows that it is about to be sent")
    await stage.bridge.undo_time_passes(text)
    await ticket.marked(said, "✅")


async def _reply_in_slack(stage: Stage, ticket: Ticket, text: str) -> None:
    said = await ticket.bob_says(text)
    await ticket.marked(said, "⏳")
    await until(lambda: ticket.discord.count(text) == 1, "Discord shows that it is about to be sent")
    await stage.bridge.undo_time_passes(text)
    await ticket.marked(said, "✅")
