"""The story that the tour plays: what people do, and what must be seen afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.discord import DiscordMessage
from bot.sandbox.ticket_threads import DiscordTicketThread, SlackTicketThread
from bot.sandbox.world import PracticeWorld, Shop
from bot.text import shorten

_PATIENCE = 40.0


class StepFailed(Exception):
    """Something that must be seen was not, or something was seen that must not be."""


@dataclass
class Tour:
    """
    Where the story plays, and what it remembers.

    Attributes:
        subjects, tickets: By store: what its ticket is about, and the ticket's id at the vendor.
    """

    world: PracticeWorld
    bot: BotProcess
    tell: Callable[[str], None]
    subjects: dict[str, str] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)

    def discord(self, store: str) -> DiscordTicketThread:
        return DiscordTicketThread(self.world.discord, self.world.shops[store], self.subjects[store])

    def slack(self, store: str) -> SlackTicketThread:
        return SlackTicketThread(self.world.slack, self.world.shops[store], self.subjects[store])

    def shop(self, store: str) -> Shop:
        return self.world.shops[store]

    def at_vendor(self, store: str, text: str) -> int:
        """How often the vendor's ticket holds a message that says this."""
        ticket = self.shop(store).store.ticket(self.tickets[store])
        return sum(message.text == text for message in ticket.messages)

    async def seen(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait until it is so, and tell it. Raises `StepFailed`."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while not _holds(condition):
            if asyncio.get_running_loop().time() > deadline:
                raise StepFailed(f"not seen within {_PATIENCE:.0f} s: {what}")
            await asyncio.sleep(0.02)
        self.tell(f"✓ {what}")

    def must(self, what: str, *, be: bool) -> None:
        """Raises `StepFailed` where it is not so."""
        if not be:
            raise StepFailed(what)
        self.tell(f"✓ {what}")

    async def in_both(self, store: str, text: str) -> None:
        """The bot says this once in the ticket's thread in each chat."""
        await self.seen(f"Discord shows it once ({store})", lambda: self.discord(store).count(text) == 1)
        await self.seen(f"Slack shows it once ({store})", lambda: self.slack(store).count(text) == 1)


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except LookupError:
        return False  # what is looked at is not there yet


async def customers_write(scene: Tour) -> None:
    for number, (name, shop) in enumerate(scene.world.shops.items(), start=1):
        scene.subjects[name] = f"Key {number} does not work"
        text = f"Hello {name}, my key *does not* work. @everyone <!channel> please help!"
        scene.tickets[name] = shop.store.customer_writes(
            scene.subjects[name], text, name="Jane", email=scene.world.jane
        )
    for name in scene.world.shops:
        await scene.seen(
            f"{name}: a thread in Discord, “{scene.subjects[name]}”",
            lambda name=name: len(scene.discord(name).threads) == 1 and scene.discord(name).count("@everyone") == 1,  # type: ignore[misc]
        )
        await scene.seen(
            f"{name}: a thread in Slack",
            lambda name=name: len(scene.slack(name).cards) == 1 and scene.slack(name).count("please help!") == 1,  # type: ignore[misc]
        )
    pinged = any(any(vars_of(m.pinged)) for m in scene.discord("sellgate").messages())
    scene.must("the customer's @everyone and <!channel> pinged nobody", be=not pinged and not scene.world.slack.pings)


def vars_of(pinged: object) -> list[object]:
    """The values of a practice server's record of whom a message pinged."""
    return [getattr(pinged, name) for name in getattr(type(pinged), "__slots__", ())]


async def agent_answers(scene: Tour) -> None:
    said = {}
    for vendor in scene.world.shops:
        thread = scene.discord(vendor).thread
        said[vendor] = await scene.world.discord.say(scene.world.ann, thread.id, f"Sorry! Try KEY-{thread.id}.")
    for vendor, message in said.items():
        await scene.seen(f"{vendor} has the reply, once", partial(_once_at, scene, vendor, message.content))
        await scene.seen("Ann's message carries ✅", partial(_is_marked, scene, vendor, message))
        await scene.seen("Slack shows it under Ann's name", partial(_shown_as, scene, vendor, message.content, "Ann"))


def _once_at(scene: Tour, vendor: str, text: str) -> bool:
    return scene.at_vendor(vendor, text) == 1


def _is_marked(scene: Tour, vendor: str, message: DiscordMessage) -> bool:
    return scene.discord(vendor).marks(message) == {"✅"}


def _shown_as(scene: Tour, vendor: str, text: str, name: str) -> bool:
    slack = scene.slack(vendor)
    return slack.count(text) == 1 and slack.count(name) >= 1


async def customer_writes_again(scene: Tour) -> None:
    scene.shop("sellgate").store.customer_replies(scene.tickets["sellgate"], "That one works, thanks!")
    await scene.in_both("sellgate", "That one works, thanks!")


async def colleague_notes(scene: Tour) -> None:
    slack = scene.slack("sellgate")
    message = await scene.world.slack.say(
        scene.world.bob, scene.shop("sellgate").slack, "note: the old key was revoked", thread_ts=slack.card.ts
    )
    await scene.seen("Bob's note carries 🔒", lambda: slack.marks(message) == {"lock"})
    await scene.seen("Discord shows it", lambda: scene.discord("sellgate").count("the old key was revoked") == 1)
    scene.must("the customer does not get it", be=scene.at_vendor("sellgate", "the old key was revoked") == 0)


async def dashboard_answers(scene: Tour) -> None:
    scene.shop("lightspeed").store.staff_replies(scene.tickets["lightspeed"], "We are looking into it.")
    await scene.in_both("lightspeed", "We are looking into it.")


async def bot_dies(scene: Tour) -> None:
    await scene.bot.kill()
    scene.tell("the bot is killed")
    thread = scene.discord("lightspeed").thread
    slack = scene.slack("lightspeed")
    await scene.world.discord.say(scene.world.ann, thread.id, "Here is a new key: KEY-5678.")
    channel = scene.shop("lightspeed").slack
    await scene.world.slack.say(scene.world.bob, channel, "And a voucher: THANKS.", thread_ts=slack.card.ts)
    scene.shop("lightspeed").store.customer_replies(scene.tickets["lightspeed"], "Any news?")
    scene.tell("meanwhile Ann, Bob and the customer write")
    await scene.bot.start()
    scene.tell("the bot is started again")
    for text in ("Here is a new key: KEY-5678.", "And a voucher: THANKS."):
        await scene.seen(f"the vendor has “{text}”, once", lambda text=text: scene.at_vendor("lightspeed", text) == 1)  # type: ignore[misc]
    await scene.in_both("lightspeed", "Any news?")


async def closed_from_slack(scene: Tour) -> None:
    await scene.bot.ready()
    slack, discord = scene.slack("sellgate"), scene.discord("sellgate")
    await scene.world.slack.press(scene.world.bob, slack.card, "Close")
    store = scene.shop("sellgate").store
    await scene.seen("the vendor has it closed", lambda: store.ticket(scene.tickets["sellgate"]).closed)
    await scene.seen("the Slack card says closed", lambda: "Closed" in slack.card.rendered)
    await scene.seen("Discord's thread says who did it", lambda: discord.count("Closed by Bob from Slack") == 1)
    await scene.seen("and is archived", lambda: discord.thread.archived)


async def reopened_from_discord(scene: Tour) -> None:
    await scene.bot.ready()
    discord = scene.discord("sellgate")
    ann, channel = scene.world.ann, scene.shop("sellgate").discord.id
    choices = await scene.world.discord.complete(ann, channel, "reopen", "ticket", "")
    scene.must("/reopen offers the closed ticket", be=any(discord.subject in choice["name"] for choice in choices))
    answered = await scene.world.discord.command(ann, channel, "reopen", ticket=str(choices[0]["value"]))
    scene.must(f"Ann alone reads “{answered.content}”", be=answered.ephemeral)
    store = scene.shop("sellgate").store
    await scene.seen("the vendor has it open", lambda: not store.ticket(scene.tickets["sellgate"]).closed)
    await scene.seen("Discord's thread is open again", lambda: not discord.thread.archived)
    await scene.seen(
        "Slack says who did it", lambda: scene.slack("sellgate").count("Reopened by Ann from Discord") == 1
    )


async def closed_by_text(scene: Tour) -> None:
    await scene.bot.ready()
    slack, discord = scene.slack("lightspeed"), scene.discord("lightspeed")
    channel = scene.shop("lightspeed").slack
    await scene.world.slack.say(scene.world.bob, channel, "!close", thread_ts=slack.card.ts)
    store = scene.shop("lightspeed").store
    await scene.seen("the vendor has it closed", lambda: store.ticket(scene.tickets["lightspeed"]).closed)
    scene.must("the customer does not get “!close”", be=scene.at_vendor("lightspeed", "!close") == 0)
    await scene.seen(
        "Discord's forum post is tagged Closed",
        lambda: scene.world.discord.tag_names(discord.thread) == ["Closed"] and discord.thread.archived,
    )


async def closed_for_good(scene: Tour) -> None:
    await scene.bot.ready()
    slack = scene.slack("sellsn")
    await scene.world.slack.press(scene.world.bob, slack.card, "Close")
    store = scene.shop("sellsn").store
    await scene.seen("the vendor has it closed", lambda: store.ticket(scene.tickets["sellsn"]).closed)
    await scene.seen("the Slack card says closed", lambda: "Closed" in slack.card.rendered)
    await scene.seen("and offers no button to reopen", lambda: not slack.card.buttons)
    number = slack.card.rendered.split("#", 1)[1].split(" ", 1)[0]
    outcome = await scene.world.slack.command(scene.world.bob, scene.world.triage, "/reopen", number)
    scene.must(f"Bob alone reads “{outcome.text}”", be="cannot reopen" in outcome.text)


async def stats_are_shown(scene: Tour) -> None:
    await scene.bot.ready()
    answered = await scene.world.discord.command(scene.world.ann, scene.world.support.id, "stats")
    scene.must("/stats answers Ann alone", be=answered.ephemeral and "waiting for us" in answered.content)
    for line in answered.content.splitlines()[:8]:
        scene.tell(f"  {line.removeprefix('```')}".rstrip())
    outcome = await scene.world.slack.command(scene.world.bob, scene.world.triage, "/stats")
    scene.must("/stats answers Bob alone", be="waiting for us" in outcome.text)


async def everything_once(scene: Tour) -> None:
    for name, shop in scene.world.shops.items():
        discord, slack = scene.discord(name), scene.slack(name)
        for message in shop.store.ticket(scene.tickets[name]).messages:
            begins = message.text[:12]
            if message.writer == "customer":
                once = [discord.count(begins), slack.count(begins)]
                scene.must(f"{shop.name}: “{shorten(message.text, 30)}” stands once in each chat", be=once == [1, 1])
            else:
                there = scene.at_vendor(name, message.text)
                scene.must(f"{shop.name}: “{shorten(message.text, 30)}” reached the customer once", be=there == 1)
    await _outbox_is_empty(scene)
    code, _ = await scene.bot.command("check")
    scene.must("`shopbell check` finds nothing wrong", be=code == 0)


async def _outbox_is_empty(scene: Tour) -> None:
    """Marks and cards may still be on their way; nothing stays behind."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    output = ""
    while asyncio.get_running_loop().time() < deadline:
        code, output = await scene.bot.command("outbox", "--json")
        if code == 0 and output.strip() == "[]":
            scene.tell("✓ `shopbell outbox` is empty")
            return
    raise StepFailed(f"`shopbell outbox` is not empty: {output[-600:]}")


STEPS: tuple[tuple[str, Callable[[Tour], Awaitable[None]]], ...] = (
    ("Jane writes to every store.", customers_write),
    ("Ann answers from Discord.", agent_answers),
    ("Jane writes again.", customer_writes_again),
    ("Bob leaves a note for the team in Slack.", colleague_notes),
    ("A colleague answers in the vendor's own dashboard.", dashboard_answers),
    ("The bot dies while everybody goes on writing.", bot_dies),
    ("Bob closes the ticket from Slack.", closed_from_slack),
    ("Ann reopens it from Discord.", reopened_from_discord),
    ("Bob types !close in a thread.", closed_by_text),
    ("Bob closes a ticket that its vendor cannot reopen.", closed_for_good),
    ("Ann and Bob ask for the figures.", stats_are_shown),
    ("Nothing was lost, and nothing said twice.", everything_once),
)
