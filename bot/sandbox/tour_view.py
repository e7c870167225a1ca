"""What the steps of the tour have to remember, wait for and look at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.discord import DiscordMessage
from bot.sandbox.ticket_threads import DiscordTicketThread, SlackTicketThread
from bot.sandbox.world import PracticeWorld, Shop

PATIENCE = 60.0
"""Seconds; so long a step waits for one thing at most."""


class StepFailed(Exception):
    """A step of the tour did not have its expected result."""


@dataclass
class Tour:
    """
    One run of the tour: the world, the bot, and what the steps have to remember.

    Attributes:
        subjects, tickets: By store: the subject of its ticket, and the ticket's id at the vendor.
    """

    world: PracticeWorld
    bot: BotProcess
    say: Callable[[str], None]
    subjects: dict[str, str] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)

    def discord(self, store: str) -> DiscordTicketThread:
        return DiscordTicketThread(self.world.discord, self.world.shops[store], self.subjects[store])

    def slack(self, store: str) -> SlackTicketThread:
        return SlackTicketThread(self.world.slack, self.world.shops[store], self.subjects[store])

    def shop(self, store: str) -> Shop:
        return self.world.shops[store]

    def at_vendor(self, store: str, text: str) -> int:
        """How many messages of the vendor's ticket have this text."""
        ticket = self.shop(store).store.ticket(self.tickets[store])
        return sum(message.text == text for message in ticket.messages)

    async def wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds, and say so. Raises `StepFailed` if it takes too long."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not _holds(condition):
            if asyncio.get_running_loop().time() > deadline:
                raise StepFailed(f"not seen within {PATIENCE:.0f} s: {what}")
            await asyncio.sleep(0.02)
        self.say(f"✓ {what}")

    def check(self, what: str, *, holds: bool) -> None:
        """Say that it holds. Raises `StepFailed` if it does not."""
        if not holds:
            raise StepFailed(what)
        self.say(f"✓ {what}")

    async def wait_for_both(self, store: str, text: str) -> None:
        """Wait until the ticket's thread in each chat has one message of the bot with this text."""
        await self.wait_for(f"Discord shows it once ({store})", lambda: self.discord(store).count(text) == 1)
        await self.wait_for(f"Slack shows it once ({store})", lambda: self.slack(store).count(text) == 1)


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except LookupError:
        return False  # it does not exist yet


def once_at(tour: Tour, vendor: str, text: str) -> bool:
    return tour.at_vendor(vendor, text) == 1


def is_marked(tour: Tour, vendor: str, message: DiscordMessage) -> bool:
    return tour.discord(vendor).reactions(message) == {"✅"}


def shown_as(tour: Tour, vendor: str, text: str, name: str) -> bool:
    slack = tour.slack(vendor)
    return slack.count(text) == 1 and slack.count(name) >= 1
