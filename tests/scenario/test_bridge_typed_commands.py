"""Messages that are commands, or look like one: they reach no customer unasked, and do the same in both chats."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import pytest

from adapters.chats.discord import wording
from bot.model import State
from bot.sandbox.ticket_threads import discord_text
from tests.support.stage.clock import clock_of, later
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

HELD = "looks like a command to shopbell"

pytestmark = pytest.mark.scenario({"sellgate": "text triage"})


async def says(stage: Stage, ticket: Ticket, chat: str, text: str) -> None:
    """Ann writes it in Discord, or Bob in Slack."""
    await (ticket.ann_says(text) if chat == "discord" else ticket.bob_says(text))


def read_by_author(stage: Stage, ticket: Ticket, chat: str, text: str) -> int:
    """How often Ann or Bob were told this. Ann accepts no direct messages, so she is told in the thread, by name."""
    if chat == "discord":
        named = [
            message.content for message in ticket.discord.messages() if f"<@{stage.world.ann.id}>" in message.content
        ]
        return sum(text in content for content in named)
    return sum(text in each.rendered for each in stage.world.slack.ephemerals(stage.world.bob))


async def is_held(ticket: Ticket, chat: str) -> None:
    thread = ticket.discord if chat == "discord" else ticket.slack
    await until(lambda: thread.count(HELD) == 1, "it is held")


@pytest.mark.parametrize("chat", ["discord", "slack"])
async def test_a_command_as_a_message_is_done_in_both_chats(stage: Stage, chat: str) -> None:
    """Close and reopen, for this ticket or by number for another; the author alone is answered, the customer never."""
    here, there = await stage.arrives("Ticket here"), await stage.arrives("Ticket there")
    await says(stage, here, chat, "!close")
    await until(lambda: here.now.closed, "it is closed")
    await until(lambda: read_by_author(stage, here, chat, f"#{here.number} is closed.") == 1, "the author knows")
    await says(stage, here, chat, "! REOPEN.")
    await until(lambda: not here.now.closed, "it is open again")
    await says(stage, here, chat, f"!close #{there.number}")
    await until(lambda: there.now.closed, "the other one is closed")
    # A thread hears neither of another ticket nor figures: whoever takes no direct messages is told that twice.
    alone = "The answer is for you alone"
    about_the_other = alone if chat == "discord" else f"#{there.number} is closed."
    await until(lambda: read_by_author(stage, here, chat, about_the_other) == 1, "the author knows of the other one")
    await says(stage, here, chat, "!stats")
    figures, amount = (alone, 2) if chat == "discord" else ("Figures as of", 1)
    await until(lambda: read_by_author(stage, here, chat, figures) == amount, "the figures are shown")
    await stage.at_rest()
    assert read_by_author(stage, here, chat, figures) == amount
    assert not here.now.closed
    assert here.sent == there.sent == []


@pytest.mark.parametrize("typed", ["/close", "<@{bot}> close", "<@{bot}>, close!", "\u200b!close", "**!close**"])
async def test_other_ways_to_type_it(stage: Stage, typed: str) -> None:
    """As text behind a slash, to the bot by name, with signs that nobody sees, formatted."""
    ticket = await stage.arrives("By other ways")
    await ticket.ann_says(typed.format(bot=stage.world.discord.bot.id))
    await until(lambda: ticket.now.closed, "it is closed")
    await stage.at_rest()
    assert ticket.sent == []


@pytest.mark.parametrize("chat", ["discord", "slack"])
@pytest.mark.parametrize(("typed", "near"), [("!closee", "!close"), ("!reopn", "!reopen"), ("!xyzzy", "")])
async def test_a_word_that_is_no_command_waits(stage: Stage, chat: str, typed: str, near: str) -> None:
    """Its author alone is told what was perhaps meant, and chooses in the thread; Send sends it as it is."""
    ticket = await stage.arrives("No command")
    await says(stage, ticket, chat, typed)
    await is_held(ticket, chat)
    told = f"Did you mean {near}?" if near else "is no command of shopbell"
    await until(lambda: read_by_author(stage, ticket, chat, told) == 1, "its author is told")
    assert ticket.sent == []
    if chat == "discord":
        (held,) = [message for message in ticket.discord.messages() if HELD in str(message)]
        await stage.world.discord.press(stage.world.ann, held, "Send")
    else:
        (in_slack,) = [message for message in ticket.slack.messages() if HELD in str(message)]
        await stage.world.slack.press(stage.world.bob, in_slack, "Send")
    await ticket.has_sent(typed)


@pytest.mark.parametrize("chat", ["discord", "slack"])
async def test_an_edit_makes_a_command_of_it(stage: Stage, chat: str) -> None:
    """A mistyped one that is put right is done and not sent; a command that becomes a message is a new message."""
    ticket = await stage.arrives("Edited into a command")
    edit: Callable[[str], Awaitable[object]]
    if chat == "discord":
        edit = partial(stage.world.discord.edit, stage.world.ann, await ticket.ann_says("!clsoe"))
    else:
        edit = partial(stage.world.slack.edit, await ticket.bob_says("!clsoe"))
    await is_held(ticket, chat)
    await edit("!close")
    await until(lambda: ticket.now.closed, "it is closed")
    await edit("Thank you, that was all.")
    await ticket.has_sent("Thank you, that was all.")
    assert ticket.sent == ["Thank you, that was all."]


async def test_a_command_with_a_file_waits(stage: Stage) -> None:
    """Nobody means a command with a file; neither is done or sent unasked."""
    ticket = await stage.arrives("With a file")
    await ticket.ann_says("!close", attachments=[("key.txt", b"K-1")])
    await until(lambda: ticket.discord.count("it came with more, such as a file") == 1, "it is held")
    await until(lambda: read_by_author(stage, ticket, "discord", "Write the command alone") == 1, "its author is told")
    await stage.at_rest(State.HELD)
    assert ticket.sent == []
    assert not ticket.now.closed


@pytest.mark.parametrize("chat", ["discord", "slack"])
async def test_a_command_that_was_missed_is_done_once(stage: Stage, chat: str) -> None:
    """After the words before it, and its author is answered then."""
    ticket = await stage.arrives("Missed command")
    await stage.bridge.drained()
    await stage.bridge.stop()
    await says(stage, ticket, chat, "Bye!")
    await says(stage, ticket, chat, "!close")
    await stage.bridge.start()
    await until(lambda: ticket.now.closed, "it is closed")
    await stage.bridge.restart()
    await stage.at_rest()
    assert ticket.sent == ["Bye!"]
    assert read_by_author(stage, ticket, chat, f"#{ticket.number} is closed.") == 1


@pytest.mark.parametrize("chat", ["discord", "slack"])
async def test_a_command_that_is_read_hours_later_is_not_done(stage: Stage, chat: str) -> None:
    """Nobody knows whether it is still meant: its author is told to write it again."""
    ticket = await stage.arrives("Old command")
    await stage.bridge.drained()
    clock = clock_of(stage)
    await stage.bridge.stop()
    await says(stage, ticket, chat, "!close")
    with later(clock, timedelta(hours=2)):
        await stage.bridge.start()
        await until(lambda: read_by_author(stage, ticket, chat, "Write it again") == 1, "its author is told")
        await stage.at_rest()
        assert not ticket.now.closed
        assert ticket.sent == []
        await stage.bridge.stop()


@pytest.mark.parametrize(
    "typed", ["！close", "!close \u200b", "@shopbell", "!ＣＬＯＳＥ", "/CLOSE", "~~!close~~", "!сlose"]
)
@pytest.mark.scenario({"sellgate": "text slack"})
async def test_words_in_other_letters_reach_no_customer(stage: Stage, typed: str) -> None:
    """Full width, unseen signs, struck through, a Cyrillic letter: done or held, never sent unasked."""
    ticket = await stage.arrives("Other letters")
    await ticket.ann_says(typed)
    held = "looks like a command"
    await until(lambda: ticket.now.closed or ticket.discord.count(held) == 1 or "@" in typed, "done or held")
    await stage.bridge.undo_time_passes()
    assert typed == "@shopbell" or ticket.sent == []


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_command_whose_vendor_refuses_is_answered(stage: Stage, status: int) -> None:
    """A refusal without a code, and a failure: it is tried or told, and never sent to the customer."""
    ticket = await stage.arrives("Refused command")
    fault = stage.shop.vendor.http_server.fail("refuse", method="PATCH", status=status, body="no", times=2)
    await ticket.bob_says("!close")
    await until(lambda: fault.times == 0 or ticket.slack.count("could not be closed") == 1, "it is tried")
    assert ticket.sent == []


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_people_without_the_right_close_nothing_by_word(stage: Stage) -> None:
    """A guest in Slack, and in Discord a member in time-out and one who may only read."""
    ticket = await stage.arrives("By word")
    slack, discord = stage.world.slack, stage.world.discord
    guest = slack.add_user("Gus", guest=True)
    slack.invite(ticket.shop.slack, guest)
    await slack.say(guest, ticket.shop.slack, "!close", thread_ts=ticket.slack.card.ts)
    await until(lambda: any("Only the team's agents" in each.rendered for each in slack.ephemerals(guest)), "told")
    await slack.say(guest, ticket.shop.slack, "!closee", thread_ts=ticket.slack.card.ts)
    await ticket.bob_says("I am here")
    await ticket.has_sent("I am here")
    await stage.at_rest()
    assert not ticket.now.closed
    assert ticket.sent == ["I am here"]
    assert ticket.slack.count("looks like a command") == 0
    assert discord.direct_messages(stage.world.ann) == []


async def test_why_stands_in_no_thread(stage: Stage) -> None:
    """Ann accepts no direct messages: of no ticket, also not of this one, is it repeated there what people wrote."""
    other = await stage.arrives("Elsewhere and secret")
    ticket = await stage.arrives("Here", "Only asked once")
    for amount, asked in enumerate((f"!why {other.number}", "!why"), start=1):
        await ticket.ann_says(asked)
        await until(lambda amount=amount: ticket.discord.count("for you alone") == amount, "Ann reads how to ask")  # type: ignore[misc]
    assert [ticket.discord.count(words) for words in ("secret", "Only asked once")] == [0, 1]


@pytest.mark.parametrize("chat", ["discord", "slack"])
@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("!assign @bob", "/assign"),
        ("!find jane@example.com", "/find"),
        ("!note she is a reseller, so be careful with refunds", "/note"),
        ("!reply Dear Jane, thank you", "/reply"),
        ("!close it when she has answered", "!close"),
    ],
)
async def test_whatever_begins_with_a_commands_name_waits(stage: Stage, chat: str, typed: str, near: str) -> None:
    """However many words follow: a note for the team must not reach the customer because of its sign."""
    ticket = await stage.arrives("By name")
    await says(stage, ticket, chat, typed)
    await is_held(ticket, chat)
    await until(lambda: read_by_author(stage, ticket, chat, f"Did you mean {near}?") == 1, "its author is told")
    await stage.at_rest(State.HELD)
    assert ticket.sent == []


async def test_a_list_that_a_message_asks_for(stage: Stage) -> None:
    """In Discord it comes as a direct message, with its links; where none is accepted, the thread says what to do."""
    ticket = await stage.arrives("Listed")
    discord, ann = stage.world.discord, stage.world.ann
    await ticket.ann_says("!tickets")
    await until(lambda: read_by_author(stage, ticket, "discord", "for you alone") == 1, "Ann accepts no messages")
    ann.direct = True
    await ticket.ann_says("!tickets")
    await until(lambda: "1 ticket waits for us." in discord.direct_messages(ann)[-1].content, "Ann has the list")
    assert f"/{ticket.discord.thread.id})" in str(discord.direct_messages(ann)[-1].embeds)


@pytest.mark.scenario({"sellgate": "text", "lightspeed": "forum"})
async def test_what_is_said_of_other_tickets_is_for_the_asker_alone(stage: Stage) -> None:
    """`!tickets` brings its list by direct message; who accepts none is told nothing of other tickets in the thread."""
    here = await stage.arrives("Here", vendor="sellgate")
    other = await stage.arrives("Hidden from some", vendor="lightspeed")
    discord, thread = stage.world.discord, here.discord.thread.id
    await other.is_taken()
    cid, dan = discord.add_member("cid", direct=True), discord.add_member("dan")
    await discord.say(cid, thread, "!tickets")
    await until(lambda: len(discord.direct_messages(cid)) == 1, "it is answered")
    (private,) = discord.direct_messages(cid)
    assert all(ticket.discord.thread.name in discord_text(private) for ticket in (here, other))
    number = other.number
    for asked in ("!tickets", "!why", f"!take {number}", f"!release {number}", f"!snooze {number} 2h"):
        before = len(discord.messages(thread))
        await discord.say(dan, thread, asked)
        await until(lambda before=before: len(discord.messages(thread)) == before + 2, "it is answered")  # type: ignore[misc]
        told = discord.messages(thread)[-1].content
        assert told == f"<@{dan.id}> {wording.NO_DIRECT_MESSAGES}"
    await discord.say(dan, thread, "!take")
    await until(lambda: here.discord.count(f"You have #{here.number} now.") == 1, "of this ticket it is said")
