"""The steps of the tour: what people do, and what must be seen afterwards."""

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
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while not _holds(condition):
            if asyncio.get_running_loop().time() > deadline:
                raise StepFailed(f"not seen within {_PATIENCE:.0f} s: {what}")
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


async def customers_write(tour: Tour) -> None:
    for number, (name, shop) in enumerate(tour.world.shops.items(), start=1):
        tour.subjects[name] = f"Key {number} does not work"
        text = f"Hello {name}, my key *does not* work. @everyone <!channel> please help!"
        tour.tickets[name] = shop.store.customer_writes(tour.subjects[name], text, name="Jane", email=tour.world.jane)
    for name in tour.world.shops:
        await tour.wait_for(
            f"{name}: a thread in Discord, “{tour.subjects[name]}”",
            lambda name=name: len(tour.discord(name).threads) == 1 and tour.discord(name).count("@everyone") == 1,  # type: ignore[misc]
        )
        await tour.wait_for(
            f"{name}: a thread in Slack",
            lambda name=name: len(tour.slack(name).cards) == 1 and tour.slack(name).count("please help!") == 1,  # type: ignore[misc]
        )
    pinged = any(any(field_values(m.pinged)) for m in tour.discord("sellgate").messages())
    tour.check("the customer's @everyone and <!channel> pinged nobody", holds=not pinged and not tour.world.slack.pings)


def field_values(pinged: object) -> list[object]:
    """The values of all fields of a dataclass with slots."""
    return [getattr(pinged, name) for name in getattr(type(pinged), "__slots__", ())]


async def agent_answers(tour: Tour) -> None:
    said = {}
    for vendor in tour.world.shops:
        thread = tour.discord(vendor).thread
        said[vendor] = await tour.world.discord.say(tour.world.ann, thread.id, f"Sorry! Try KEY-{thread.id}.")
    for vendor, message in said.items():
        await tour.wait_for(f"{vendor} has the reply, once", partial(_once_at, tour, vendor, message.content))
        await tour.wait_for("Ann's message carries ✅", partial(_is_marked, tour, vendor, message))
        await tour.wait_for("Slack shows it under Ann's name", partial(_shown_as, tour, vendor, message.content, "Ann"))


def _once_at(tour: Tour, vendor: str, text: str) -> bool:
    return tour.at_vendor(vendor, text) == 1


def _is_marked(tour: Tour, vendor: str, message: DiscordMessage) -> bool:
    return tour.discord(vendor).reactions(message) == {"✅"}


def _shown_as(tour: Tour, vendor: str, text: str, name: str) -> bool:
    slack = tour.slack(vendor)
    return slack.count(text) == 1 and slack.count(name) >= 1


async def customer_writes_again(tour: Tour) -> None:
    tour.shop("sellgate").store.customer_replies(tour.tickets["sellgate"], "That one works, thanks!")
    await tour.wait_for_both("sellgate", "That one works, thanks!")


async def colleague_notes(tour: Tour) -> None:
    slack = tour.slack("sellgate")
    message = await tour.world.slack.say(
        tour.world.bob, tour.shop("sellgate").slack, "note: the old key was revoked", thread_ts=slack.card.ts
    )
    await tour.wait_for("Bob's note carries 🔒", lambda: slack.reactions(message) == {"lock"})
    await tour.wait_for("Discord shows it", lambda: tour.discord("sellgate").count("the old key was revoked") == 1)
    tour.check("the customer does not get it", holds=tour.at_vendor("sellgate", "the old key was revoked") == 0)


async def dashboard_answers(tour: Tour) -> None:
    tour.shop("lightspeed").store.staff_replies(tour.tickets["lightspeed"], "We are looking into it.")
    await tour.wait_for_both("lightspeed", "We are looking into it.")


async def bot_dies(tour: Tour) -> None:
    await tour.bot.kill()
    tour.say("the bot is killed")
    thread = tour.discord("lightspeed").thread
    slack = tour.slack("lightspeed")
    await tour.world.discord.say(tour.world.ann, thread.id, "Here is a new key: KEY-5678.")
    channel = tour.shop("lightspeed").slack
    await tour.world.slack.say(tour.world.bob, channel, "And a voucher: THANKS.", thread_ts=slack.card.ts)
    tour.shop("lightspeed").store.customer_replies(tour.tickets["lightspeed"], "Any news?")
    tour.say("meanwhile Ann, Bob and the customer write")
    await tour.bot.start()
    tour.say("the bot is started again")
    key, voucher = "Here is a new key: KEY-5678.", "And a voucher: THANKS."
    await tour.wait_for(f"the vendor has “{key}”, once", lambda: tour.at_vendor("lightspeed", key) == 1)
    await tour.wait_for("Bob is asked, because Ann was faster", lambda: slack.count("Send yours, too?") == 1)
    tour.check("the customer has not got Bob's yet", holds=tour.at_vendor("lightspeed", voucher) == 0)
    (asked,) = [message for message in slack.messages() if "Send yours, too?" in message.rendered]
    await tour.bot.ready()
    await tour.world.slack.press(tour.world.bob, asked, "Send", answers=1)
    await tour.wait_for(f"the vendor has “{voucher}”, once", lambda: tour.at_vendor("lightspeed", voucher) == 1)
    await tour.wait_for_both("lightspeed", "Any news?")


async def closed_from_slack(tour: Tour) -> None:
    await tour.bot.ready()
    slack, discord = tour.slack("sellgate"), tour.discord("sellgate")
    await tour.world.slack.press(tour.world.bob, slack.card, "Close", answers=1)
    store = tour.shop("sellgate").store
    await tour.wait_for("the vendor has it closed", lambda: store.ticket(tour.tickets["sellgate"]).closed)
    await tour.wait_for("the Slack card says closed", lambda: "Closed" in slack.card.rendered)
    await tour.wait_for("Discord's thread says who did it", lambda: discord.count("Closed by Bob from Slack") == 1)
    await tour.wait_for("and is archived", lambda: discord.thread.archived)


async def reopened_from_discord(tour: Tour) -> None:
    await tour.bot.ready()
    discord = tour.discord("sellgate")
    ann, channel = tour.world.ann, tour.shop("sellgate").discord.id
    choices = await tour.world.discord.complete(ann, channel, "reopen", "ticket", "")
    tour.check("/reopen offers the closed ticket", holds=any(discord.subject in choice["name"] for choice in choices))
    answered = await tour.world.discord.command(ann, channel, "reopen", ticket=str(choices[0]["value"]))
    tour.check(f"Only Ann reads “{answered.content}”", holds=answered.ephemeral)
    store = tour.shop("sellgate").store
    await tour.wait_for("the vendor has it open", lambda: not store.ticket(tour.tickets["sellgate"]).closed)
    await tour.wait_for("Discord's thread is open again", lambda: not discord.thread.archived)
    await tour.wait_for(
        "Slack says who did it", lambda: tour.slack("sellgate").count("Reopened by Ann from Discord") == 1
    )


async def closed_by_text(tour: Tour) -> None:
    await tour.bot.ready()
    slack, discord = tour.slack("lightspeed"), tour.discord("lightspeed")
    channel = tour.shop("lightspeed").slack
    await tour.world.slack.say(tour.world.bob, channel, "!close", thread_ts=slack.card.ts)
    store = tour.shop("lightspeed").store
    await tour.wait_for("the vendor has it closed", lambda: store.ticket(tour.tickets["lightspeed"]).closed)
    tour.check("the customer does not get “!close”", holds=tour.at_vendor("lightspeed", "!close") == 0)
    await tour.wait_for(
        "Discord's forum post is tagged Closed",
        lambda: tour.world.discord.tag_names(discord.thread) == ["Closed"] and discord.thread.archived,
    )


async def closed_for_good(tour: Tour) -> None:
    await tour.bot.ready()
    slack = tour.slack("sellsn")
    await tour.world.slack.press(tour.world.bob, slack.card, "Close", answers=1)
    store = tour.shop("sellsn").store
    await tour.wait_for("the vendor has it closed", lambda: store.ticket(tour.tickets["sellsn"]).closed)
    await tour.wait_for("the Slack card says closed", lambda: "Closed" in slack.card.rendered)
    await tour.wait_for(
        "and offers no button to reopen", lambda: all(button.label != "Reopen" for button in slack.card.buttons)
    )
    number = slack.card.rendered.split("#", 1)[1].split(" ", 1)[0]
    outcome = await tour.world.slack.command(tour.world.bob, tour.world.triage, "/reopen", number)
    tour.check(f"Only Bob reads “{outcome.text}”", holds="cannot reopen" in outcome.text)


async def the_day_is_planned(tour: Tour) -> None:
    """What waits, who has it, until when it can wait, and what became of it; on a ticket that is open all the time."""
    await tour.bot.ready()
    store, ann, bob = "nextcommerce", tour.world.ann, tour.world.bob
    discord, slack = tour.discord(store), tour.slack(store)
    thread, triage = discord.thread.id, tour.world.triage
    number = slack.card.rendered.split("#", 1)[1].split(" ", 1)[0]
    await tour.world.discord.command(ann, thread, "release")
    await tour.world.discord.command(ann, thread, "take")
    await tour.wait_for("Slack's card says that Ann has the ticket", lambda: "Taken by Ann" in slack.card.rendered)
    snoozed = await tour.world.discord.command(ann, thread, "snooze", until="2h")
    tour.check(f"Only Ann reads “{shorten(snoozed.content, 70)}”", holds=f"#{number} is snoozed" in snoozed.content)
    await tour.wait_for("and Slack's card says so", lambda: "Snoozed until" in slack.card.rendered)
    tour.shop(store).store.customer_replies(tour.tickets[store], "Any news about my parcel?")
    await tour.wait_for_both(store, "Any news about my parcel?")
    await tour.wait_for("the customer's word ends it", lambda: "Waiting for us since" in slack.card.rendered)
    listed = await tour.world.slack.command(bob, triage, "/tickets")
    tour.check("/tickets shows Bob that it waits, and who has it", holds=_row_of(number, listed.text).endswith("Ann"))
    found = await tour.world.slack.command(bob, triage, "/find", "parcel")
    tour.check("/find finds it by a word of the customer", holds=f"#{number} " in found.text)
    told = await tour.world.discord.command(ann, thread, "why")
    tour.check("/why says what became of its messages", holds=f"#{number}" in told.content)


async def saved_answer_is_sent(tour: Tour) -> None:
    """A snippet is written in one chat, filled in there, and sent to the customer once; the other chat shows it."""
    await tour.bot.ready()
    store, ann = "nextcommerce", tour.world.ann
    thread = tour.discord(store).thread.id
    listed = await tour.world.discord.command(ann, thread, "snippets")
    if listed.message is None:
        raise StepFailed("/snippets does not answer with a list")
    opened = await tour.world.discord.press(ann, listed.message, "New snippet")
    text = "Hello {{requester.first_name|there}}, your parcel left today. {{agent.name}}"
    saved = await tour.world.discord.submit_modal(opened, {"name": "parcel", "text": text})
    tour.check(f"Only Ann reads “{saved.content}”", holds="parcel is saved" in saved.content)
    form = await tour.world.discord.command(ann, thread, "snippet", name="parcel")
    await tour.world.discord.submit_modal(form, {})
    sent = "Hello Jane, your parcel left today. Ann"
    await tour.wait_for("the customer has it once, with the names filled in", partial(_once_at, tour, store, sent))
    await tour.wait_for("Slack shows it under Ann's name", partial(_shown_as, tour, store, sent, "Ann"))


def _row_of(number: str, table: str) -> str:
    """The line of a list that begins with a ticket; empty: there is none."""
    return next((line for line in table.splitlines() if line.startswith(f"#{number} ")), "")


async def stats_are_shown(tour: Tour) -> None:
    await tour.bot.ready()
    discord, ann, support = tour.world.discord, tour.world.ann, tour.world.support.id
    answered = await discord.command(ann, support, "stats")
    tour.check("/stats answers only Ann", holds=answered.ephemeral and "all stores" in answered.content)

    def pictures() -> list[str]:
        return [each.upload.name for each in discord.messages(support, seen_by=ann)[-1].attachments]

    await tour.wait_for("a picture of the figures is below", lambda: pictures() == ["figures.png"])
    for line in answered.content.splitlines()[:8]:
        tour.say(f"  {line.removeprefix('```')}".rstrip())
    outcome = await tour.world.slack.command(tour.world.bob, tour.world.triage, "/stats")
    tour.check("/stats answers only Bob", holds="all stores" in outcome.text)
    direct = tour.world.slack.workspace.state.direct(tour.world.bob.id)
    await tour.wait_for(
        "the picture is in Bob's own messages",
        lambda: [len(each.files) for each in tour.world.slack.messages(direct)] == [1],
    )


async def everything_once(tour: Tour) -> None:
    for name, shop in tour.world.shops.items():
        discord, slack = tour.discord(name), tour.slack(name)
        for message in shop.store.ticket(tour.tickets[name]).messages:
            begins = message.text[:12]
            if message.writer == "customer":
                once = [discord.count(begins), slack.count(begins)]
                tour.check(f"{shop.name}: “{shorten(message.text, 30)}” is once in each chat", holds=once == [1, 1])
            else:
                there = tour.at_vendor(name, message.text)
                tour.check(f"{shop.name}: “{shorten(message.text, 30)}” reached the customer once", holds=there == 1)
    await _outbox_is_empty(tour)
    code, _ = await tour.bot.command("check")
    tour.check("`shopbell check` finds nothing wrong", holds=code == 0)


async def _outbox_is_empty(tour: Tour) -> None:
    """Wait until nothing is left to send; reactions and cards may take a moment."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    output = ""
    while asyncio.get_running_loop().time() < deadline:
        code, output = await tour.bot.command("outbox", "--json")
        if code == 0 and output.strip() == "[]":
            tour.say("✓ `shopbell outbox` is empty")
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
    ("Ann and Bob plan their day.", the_day_is_planned),
    ("Ann sends a saved answer.", saved_answer_is_sent),
    ("Ann and Bob ask for the figures.", stats_are_shown),
    ("Nothing was lost, and nothing said twice.", everything_once),
)
