"""The steps of the tour that show a team's day: what waits, what was promised, and until when it can wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from bot.sandbox.slack import View
from bot.sandbox.ticket_threads import DiscordTicketThread, SlackTicketThread, discord_text
from bot.sandbox.tour_view import StepFailed, Tour, once_at, shown_as
from bot.sandbox.world import PracticeWorld
from bot.text import shorten

PROMISING = "sellgate"
"""The vendor of the store that promises its first answer within an hour."""
_MINUTE = timedelta(minutes=1)
_DAY = "wait for us; the oldest is"
_SOON, _LATE = "Please answer me soon", "Is anybody there?"


def promises(world: PracticeWorld) -> dict[str, str]:
    """The settings of the store that promises something."""
    store = f"STORES__{world.shops[PROMISING].name.upper()}"
    return {f"{store}__FIRST_ANSWER": "1h", f"{store}__REMIND": f"slack-user:{world.bob.id}"}


def digest_at(moment: datetime) -> dict[str, str]:
    """The setting with which the day is told from this minute on."""
    return {"DIGEST_AT": f"{moment:%H:%M}"}


async def customers_have_waited(tour: Tour) -> None:
    """Two that wrote before shopbell could see it, as after a night."""
    store, now = tour.shop(PROMISING).store, datetime.now(UTC)
    for subject, minutes in ((_SOON, 50), (_LATE, 65)):
        store.customer_writes(subject, "I am waiting.", name="Tom", email="tom@example.com", at=now - minutes * _MINUTE)
        discord, slack = _threads(tour, subject)
        await tour.wait_for(f"“{subject}” has its threads", lambda d=discord, s=slack: _are_there(d, s))  # type: ignore[misc]


async def the_day_is_told(tour: Tour) -> None:
    """What was promised is remembered while nobody looks; the channel reads the day in a line."""
    for subject, told in ((_SOON, "needs its first answer by"), (_LATE, "This ticket is late")):
        discord, slack = _threads(tour, subject)
        await tour.wait_for(f"Discord's thread: “{told} …”", lambda d=discord, t=told: d.count(t) == 1)  # type: ignore[misc]
        await tour.wait_for("Slack's thread says it, too", lambda s=slack, t=told: s.count(t) == 1)  # type: ignore[misc]
    bob = tour.world.bob.id
    await tour.wait_for(
        "and pings Bob, whom the store's REMIND names",
        lambda: any(bob in pinged for pinged in tour.world.slack.pings),
    )
    triage, support = tour.world.triage, tour.world.support.id

    def lines() -> tuple[list[str], list[str]]:
        in_slack = [each.rendered for each in tour.world.slack.messages(triage)]
        in_discord = [discord_text(each) for each in tour.world.discord.messages(support)]
        return [line for line in in_slack if _DAY in line], [line for line in in_discord if _DAY in line]

    await tour.wait_for("Each channel reads the day in a line, once", lambda: list(map(len, lines())) == [1, 1])
    tour.say(f"  {lines()[0][0].partition(' The oldest:')[0]}")


def _threads(tour: Tour, subject: str) -> tuple[DiscordTicketThread, SlackTicketThread]:
    shop = tour.shop(PROMISING)
    return DiscordTicketThread(tour.world.discord, shop, subject), SlackTicketThread(tour.world.slack, shop, subject)


def _are_there(discord: DiscordTicketThread, slack: SlackTicketThread) -> bool:
    return len(discord.threads) == len(slack.cards) == 1


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
    tour.world.slack.open_home(bob)
    await tour.wait_for("so does his Home tab", lambda: f"#{number} " in _home(tour))
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
    await tour.wait_for("the customer has it once, with the names filled in", partial(once_at, tour, store, sent))
    await tour.wait_for("Slack shows it under Ann's name", partial(shown_as, tour, store, sent, "Ann"))


async def the_day_ends(tour: Tour) -> None:
    """A saved answer closes its ticket as soon as it was sent; another is closed with a reason."""
    await tour.bot.ready()
    ann, bob, shop = tour.world.ann, tour.world.bob, tour.shop("sellgate")
    discord, slack = tour.discord("sellgate"), tour.slack("sellgate")
    number = slack.card.rendered.split("#", 1)[1].split(" ", 1)[0]
    # Whoever has a ticket is not asked whether they have read what the customer wrote a moment ago.
    await tour.world.discord.command(ann, discord.thread.id, "release")
    taken = await tour.world.slack.command(bob, shop.slack, "/take", number)
    tour.check(f"Bob reads “{shorten(taken.text, 70)}”", holds=f"You have #{number} now." in taken.text)
    form = await tour.world.slack.command(bob, shop.slack, "/snippet", f"parcel #{number}")
    if not isinstance(form.view, View):
        raise StepFailed("/snippet does not answer with a form")
    answered = await tour.world.slack.submit(bob, form.view, {"then": "Send and close"}, answers=1)
    told = "" if answered.view is None else answered.view.rendered
    tour.check(f"Bob reads “{shorten(told, 200)}”", holds="is on its way to the customer" in told)
    sent = "Hello there, your parcel left today. Bob"
    await tour.wait_for("the customer has it once", partial(once_at, tour, "sellgate", sent))
    await tour.wait_for("then the vendor has it closed", lambda: shop.store.ticket(tour.tickets["sellgate"]).closed)
    await tour.wait_for("Discord's thread says who did it", lambda: discord.count("Closed by Bob from Slack") == 2)
    store, reason = "nextcommerce", "the parcel has come"
    thread = tour.discord(store).thread.id
    helped = await tour.world.discord.command(ann, thread, "help")
    tour.check("/help says that she can close the ticket here", holds="/close" in helped.content)
    await tour.world.discord.command(ann, thread, "close", reason=reason)
    await tour.wait_for("Slack says that it is closed, and why", lambda: tour.slack(store).count(reason) == 1)


def _home(tour: Tour) -> str:
    """What Bob's Home tab says; empty: there is none yet."""
    view = tour.world.slack.home(tour.world.bob)
    return "" if view is None else view.rendered


def _row_of(number: str, table: str) -> str:
    """The line of a list that begins with a ticket; empty: there is none."""
    return next((line for line in table.splitlines() if line.startswith(f"#{number} ")), "")
