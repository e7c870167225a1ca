"""The steps of the tour: what people do, and what must be seen afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.sandbox.tour_day import (
    customers_have_waited,
    digest_at,
    saved_answer_is_sent,
    the_day_ends,
    the_day_is_planned,
    the_day_is_told,
)
from bot.sandbox.tour_view import PATIENCE, StepFailed, Tour, is_marked, once_at, shown_as
from bot.text import shorten


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
        await tour.wait_for(f"{vendor} has the reply, once", partial(once_at, tour, vendor, message.content))
        await tour.wait_for("Ann's message carries ✅", partial(is_marked, tour, vendor, message))
        await tour.wait_for("Slack shows it under Ann's name", partial(shown_as, tour, vendor, message.content, "Ann"))


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
    tour.bot.settings |= digest_at(datetime.now(UTC) - timedelta(minutes=1))
    await tour.bot.start()
    tour.say("the bot is started again, with DIGEST_AT")
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
    deadline = asyncio.get_running_loop().time() + PATIENCE
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
    ("Tom has written twice, an hour ago, and nobody has answered.", customers_have_waited),
    ("The bot dies while everybody goes on writing.", bot_dies),
    ("What was promised, and the day in a line.", the_day_is_told),
    ("Bob closes the ticket from Slack.", closed_from_slack),
    ("Ann reopens it from Discord.", reopened_from_discord),
    ("Bob types !close in a thread.", closed_by_text),
    ("Bob closes a ticket that its vendor cannot reopen.", closed_for_good),
    ("Ann and Bob plan their day.", the_day_is_planned),
    ("Ann sends a saved answer.", saved_answer_is_sent),
    ("Bob answers and closes with it, and Ann gives a reason.", the_day_ends),
    ("Ann and Bob ask for the figures.", stats_are_shown),
    ("Nothing was lost, and nothing said twice.", everything_once),
)
