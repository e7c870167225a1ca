"""One store's flood of tickets, through the real SDKs: others are served meanwhile, and nothing is posted in vain."""

from __future__ import annotations

import pytest

from tests.support.stage.stage import Stage
from tests.support.waiting import until

TICKETS = 30


@pytest.mark.scenario({"sellgate": "forum slack", "sellapp": "text slack"}, LOG_LEVEL="WARNING")
async def test_a_flood_of_new_tickets_delays_no_other_store_and_posts_no_card_in_vain(stage: Stage) -> None:
    """While one store's threads wait for both platforms' limits, another's message is shown and answered."""
    quiet = await stage.arrives("Quiet", vendor="sellgate")
    busy = stage.world.shops["sellapp"]
    discord, slack = stage.world.discord, stage.world.slack
    for number in range(TICKETS):
        await stage.writes(f"Flood {number}", vendor="sellapp")
    await until(lambda: len(discord.threads(busy.discord.id)) >= 3, "the flood has begun")
    quiet.customer_says("Is anybody there?")
    await quiet.shown("Is anybody there?")
    reply = await quiet.ann_says("I am.")
    await quiet.has_sent("I am.")
    await quiet.marked(reply, "✅")
    assert len(discord.threads(busy.discord.id)) < TICKETS, "the flood was over before"
    await until(lambda: len(discord.threads(busy.discord.id)) == TICKETS)
    await stage.at_rest()
    cards = [m for m in discord.messages(busy.discord.id) if m.author_id == discord.bot.id and m.embeds]
    assert len(cards) == len(discord.threads(busy.discord.id)) == TICKETS
    assert len([m for m in slack.messages(busy.slack) if m.thread_ts in (None, m.ts)]) == TICKETS
    seen = [*discord.http_server.seen, *slack.http_server.seen]
    assert [e for e in seen if e.method == "DELETE" and "/reactions/" not in e.path] == []
    assert [e.path for e in seen if e.status == 429] == []
