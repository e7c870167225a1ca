"""Forgetting a customer in real threads: what the practice Discord and the practice Slack show afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.clock import SystemClock
from bot.db.connection import Database
from bot.sandbox.discord import DiscordMessage
from bot.sandbox.slack import SlackMessage
from bot.tickets import erasure
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

WORDS = ("Violet", "1234-5678", "violet@example.com")
ERASED = "This message was erased."


@dataclass(frozen=True)
class Threads:
    """A ticket's threads, which cannot be found by its subject any more once that is erased."""

    stage: Stage
    ticket: Ticket
    number: str
    discord: int
    slack: str

    @classmethod
    def of(cls, ticket: Ticket) -> Threads:
        return cls(ticket.stage, ticket, ticket.number, ticket.discord.thread.id, ticket.slack.card.ts)

    @property
    def name(self) -> str:
        channel = self.ticket.shop.discord.id
        return next(t.name for t in self.stage.world.discord.threads(channel) if t.id == self.discord)

    def in_discord(self) -> list[DiscordMessage]:
        """What the bot shows, the card included."""
        discord = self.stage.world.discord
        places = (self.ticket.shop.discord.id, self.discord)
        found = [m for place in places for m in discord.messages(place) if m.author_id == discord.bot.id]
        return [m for m in found if self.discord in (m.channel_id, m.id)]

    def in_slack(self) -> list[SlackMessage]:
        slack = self.stage.world.slack
        return [m for m in slack.thread(self.ticket.shop.slack, self.slack) if m.user == slack.bot_user]

    def shown(self) -> str:
        """Everything that is stored of our messages and of the thread's name."""
        discord = [f"{m.content} {m.embeds} {m.components}" for m in self.in_discord()]
        slack = [f"{m.text} {m.blocks} {m.attachments} {m.username}" for m in self.in_slack()]
        return "\n".join([self.name, *discord, *slack])

    async def forgotten(self) -> None:
        """Forget the ticket as `shopbell forget --chats` does, beside the running bridge, and wait for the chats."""
        database = await Database.open_to_change(self.stage.bridge.database)
        try:
            tickets = await database.read(erasure.find_tickets, f"#{self.number}")
            assert len(tickets) == 1
            await database.write(erasure.forget, tickets, SystemClock().now(), in_chats=True)
        finally:
            await database.aclose()
        self.stage.bridge.app.outbox.wake()
        await until(lambda: not any(word in self.shown() for word in WORDS), "no word is left")
        await self.stage.bridge.drained()


async def violet(stage: Stage, vendor: str, *, closed: bool = False) -> Threads:
    """A ticket with messages of everybody in both threads."""
    ticket = await stage.arrives(
        "Violet-Key", "My key is 1234-5678", vendor=vendor, name="Violet", email="violet@example.com"
    )
    await ticket.ann_says("Dear Violet, here is a new one")
    await until(lambda: ticket.slack.count("Dear Violet") == 1, "Slack has the answer")
    await ticket.bob_says("note: Violet again")
    await until(lambda: ticket.discord.count("Violet again") == 1, "Discord has the note")
    if closed:
        await ticket.ann_says("!close")
        await until(lambda: ticket.discord.thread.archived, "archived")
    await stage.bridge.drained()
    return Threads.of(ticket)


@pytest.mark.scenario({"sellgate": "text slack", "lightspeed": "forum slack"})
@pytest.mark.parametrize("vendor", ["sellgate", "lightspeed"])
async def test_nothing_of_the_customer_is_left_in_the_threads(stage: Stage, vendor: str) -> None:
    """Posts, cards and names in a text channel, a forum and Slack; and later sweeps bring nothing back."""
    threads = await violet(stage, vendor)
    await threads.forgotten()
    await stage.sweeps(5, threads.ticket.shop)
    await stage.bridge.drained()
    assert not any(word in threads.shown() for word in WORDS)
    assert threads.name == f"#{threads.number} · erased"
    assert threads.shown().count(ERASED) >= 3  # the answer, the note, and how the answer was sent


@pytest.mark.scenario({"sellgate": "text slack", "lightspeed": "forum slack"})
@pytest.mark.parametrize("vendor", ["sellgate", "lightspeed"])
async def test_a_closed_tickets_thread_is_erased_and_archived_again(stage: Stage, vendor: str) -> None:
    """Discord lets nothing be edited in an archived thread, so it is opened for that."""
    threads = await violet(stage, vendor)
    stage_thread = threads.ticket.discord.thread
    threads.ticket.shop.store.close(threads.ticket.id)
    stage.nudge(threads.ticket.shop)
    await until(lambda: stage_thread.archived, "archived")
    await stage.bridge.drained()
    await threads.forgotten()
    assert threads.name == f"#{threads.number} · erased"
    assert stage_thread.archived


@pytest.mark.scenario
async def test_the_customer_writes_again_in_the_same_threads(stage: Stage) -> None:
    """What is new shows and can be answered; what was forgotten stays forgotten."""
    threads = await violet(stage, "sellgate")
    await threads.forgotten()
    threads.ticket.customer_says("I am back")
    await until(lambda: "I am back" in threads.shown(), "the new words show")
    said = await stage.world.discord.say(stage.world.ann, threads.discord, "Welcome back")
    await until(lambda: threads.ticket.sent[-1:] == ["Welcome back"], "the vendor has the answer")
    await stage.bridge.drained()
    assert said.id
    assert "1234-5678" not in threads.shown()
    assert "Dear Violet" not in threads.shown()
