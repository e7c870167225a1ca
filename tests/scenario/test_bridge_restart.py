"""The bot stops, or dies, and comes back: what happened meanwhile is found, and nothing happens twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.discord import NoAnswer
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import PATIENCE, until


async def everybody_writes(ticket: Ticket, word: str) -> None:
    await ticket.ann_says(f"Ann {word}")
    await ticket.bob_says(f"Bob {word}")
    ticket.customer_says(f"Jane {word}")


async def everybody_was_heard(ticket: Ticket, *words: str) -> None:
    """Each once at the vendor and once in the chat it was not written in."""
    expected = sorted(f"{who} {word}" for who in ("Ann", "Bob") for word in words)
    await until(lambda: sorted(ticket.sent) == expected, "the vendor has all")
    for word in words:
        await ticket.shown(f"Jane {word}")
        await until(lambda word=word: ticket.slack.count(f"Ann {word}") == 1, f"Slack has Ann's {word}")  # type: ignore[misc]
        await until(lambda word=word: ticket.discord.count(f"Bob {word}") == 1, f"Discord has Bob's {word}")  # type: ignore[misc]


@pytest.mark.scenario({"sellgate": "forum slack"})
async def test_what_was_written_while_it_was_stopped_is_found(stage: Stage) -> None:
    """Customers' and agents' messages of that time arrive once, in order; two are too few for a line in the channel."""
    ticket = await stage.arrives("Stopped")
    await everybody_writes(ticket, "before")
    await everybody_was_heard(ticket, "before")
    await stage.bridge.drained()
    await stage.bridge.stop()
    await everybody_writes(ticket, "meanwhile")
    later = await stage.writes("New meanwhile")
    await stage.bridge.start()
    await everybody_was_heard(ticket, "before", "meanwhile")
    await later.shown("Hello?")
    await stage.bridge.restart()
    await stage.at_rest()
    await everybody_was_heard(ticket, "before", "meanwhile")
    assert stage.announced(stage.shop, "Found") == (0, 0)
    assert len(ticket.discord.threads) == len(later.discord.threads) == 1
    assert len(ticket.slack.cards) == len(later.slack.cards) == 1


@pytest.mark.scenario(UNDO_SECONDS="300")
async def test_a_reply_that_waited_leaves_after_the_restart(stage: Stage) -> None:
    """What waits for its undo time when the bot stops is sent by the next process, once."""
    ticket = await stage.arrives("Waiting")
    kept = await ticket.ann_says("kept")
    await ticket.marked(kept, "⏳")
    await stage.bridge.restart()
    await stage.bridge.undo_time_passes("kept")
    await ticket.has_sent("kept")
    await ticket.marked(kept, "✅")
    await stage.at_rest()
    assert ticket.sent == ["kept"]
    assert ticket.slack.count("kept") == 1


@pytest.mark.scenario(
    {"sellgate": "forum slack", "lightspeed": "text slack"}, started=False, STORES__BOUTIQUE__POLL_SECONDS="0.5"
)
@pytest.mark.usefixtures("forked_bots")
async def test_killed_with_everything_in_the_air(stage: Stage) -> None:
    """SIGKILL while messages, replies and threads are under way: the next process finishes each exactly once."""
    bot = stage.process()
    try:
        await bot.start()
        await bot.ready()
        one = await stage.arrives("Before the kill", vendor="lightspeed")
        number = one.number
        two = await stage.writes("During the kill", vendor="sellgate")
        await everybody_writes(one, "before")
        await until(lambda: two.discord.threads, "the thread is there")
        await bot.kill()
        stage.world.discord.patience = 0.2
        with pytest.raises(NoAnswer):
            await stage.world.discord.press(stage.world.ann, one.discord.card(), "Close")
        outcome = await stage.world.slack.press(stage.world.bob, one.slack.card, "Close")
        assert outcome.error
        await everybody_writes(one, "meanwhile")
        await bot.start()
        await everybody_was_heard(one, "before", "meanwhile")
        await two.shown("Hello?")
        stage.world.discord.patience = PATIENCE
        answered = await stage.world.discord.press(stage.world.ann, one.discord.card(), "Close")
        assert answered.content == f"#{number} is closed."
        await stage.at_rest()
        await everybody_was_heard(one, "before", "meanwhile")
        assert [len(each.discord.threads) for each in (one, two)] == [1, 1]
        assert [len(each.slack.cards) for each in (one, two)] == [1, 1]
    finally:
        await bot.kill()


@pytest.mark.scenario({"sellgate": "forum slack"})
async def test_a_forum_post_whose_answer_was_lost_is_not_doubled(stage: Stage) -> None:
    """Discord made the post and the connection broke; it is found again, by the same process or by the next."""
    discord = stage.world.discord
    discord.http_server.fail("lose", method="POST", path="/threads$")
    ticket = await stage.arrives("Lost answer")
    discord.http_server.fail("lose", method="POST", path="/threads$")
    other = await stage.writes("Lost and restarted")
    await until(lambda: other.discord.threads, "it was made")
    await stage.bridge.restart()
    await other.shown("Hello?")
    await stage.at_rest()
    assert len(ticket.discord.threads) == len(other.discord.threads) == 1
    assert len(discord.threads(stage.world.tickets.id)) == 2


async def past(stage: Stage) -> dict[str, Ticket]:
    """What a store holds at first contact: something new, something old, something closed."""
    store = stage.shop.store
    store.now = lambda: datetime.now(UTC) - timedelta(days=20)
    tickets = {"old": await stage.writes("An old one"), "closed": await stage.writes("A closed one")}
    store.close(tickets["closed"].id)
    # Not from the very last second before the start: stores tell their time in whole seconds.
    store.now = lambda: datetime.now(UTC) - timedelta(minutes=1)
    tickets["new"] = await stage.writes("A new one")
    store.now = lambda: datetime.now(UTC)
    return tickets


@pytest.mark.parametrize(
    ("backfill", "shown"),
    [
        ("none", set()),
        ("7d", {"new"}),
        ("30d", {"new", "old"}),
        ("open", {"new", "old"}),
        ("all", {"new", "old", "closed"}),
    ],
)
@pytest.mark.scenario({"sellgate": "forum slack"}, started=False)
async def test_how_much_of_the_past_gets_threads(stage: Stage, backfill: str, shown: set[str]) -> None:
    """BACKFILL decides which tickets of before have threads; what happens later shows up whatever it was."""
    stage.bridge.settings["STORES__KEYS__BACKFILL"] = backfill
    tickets = await past(stage)
    await stage.bridge.start()
    for name in shown:
        await tickets[name].shown("Hello?")
    await stage.at_rest()
    assert {name for name, ticket in tickets.items() if ticket.discord.threads} == shown
    assert {name for name, ticket in tickets.items() if ticket.slack.cards} == shown
    if "closed" in shown:
        assert tickets["closed"].discord.thread.archived
    tickets["old"].customer_says("it is still broken")
    await tickets["old"].shown("it is still broken")
    await stage.arrives("Brand new", "brand new words")


async def test_ticket_numbers_are_never_used_again(stage: Stage) -> None:
    """Not after a ticket has vanished, not after its thread was deleted, not after a restart."""
    numbers = []
    for about in ("First", "Second", "Third"):
        ticket = await stage.arrives(f"{about} of them")
        numbers.append(int(ticket.number))
        await stage.bridge.drained()
        ticket.shop.store.vanish(ticket.id)
        stage.nudge()
        await until(lambda ticket=ticket: ticket.discord.count("no longer has this ticket") == 1, "it is gone")  # type: ignore[misc]
        await stage.bridge.restart()
    assert numbers == sorted(set(numbers))


async def test_a_closed_ticket_that_is_written_to_while_it_was_away_is_found(stage: Stage) -> None:
    """An agent's words in an archived thread, and a customer's in a closed ticket, are not missed either."""
    ticket = await stage.arrives("Closed and away")
    await ticket.bob_says("!close")
    await until(lambda: ticket.now.closed and ticket.discord.thread.archived, "archived")
    await stage.bridge.drained()
    await stage.bridge.stop()
    await ticket.ann_says("one more thing")
    await stage.bridge.start()
    await ticket.has_sent("one more thing")
    await until(lambda: ticket.discord.thread.archived, "archived again")
    await stage.at_rest()
    assert ticket.sent == ["one more thing"]
    assert ticket.slack.count("one more thing") == 1
