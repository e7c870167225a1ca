"""People without any right in a channel: whatever they do there, the agents' messages and buttons work as before."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from bot.model import ChatName
from bot.sandbox.loopback_server import Exchange
from bot.sandbox.slack import SlackMessage, User
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

SLACK = ChatName("slack")


def calls(stage: Stage, method: str) -> int:
    return sum(method in exchange.path for exchange in stage.world.slack.http_server.seen)


def has_events(stage: Stage, amount: int) -> bool:
    """Whether the bot was sent so many events since it was connected."""
    return stage.world.slack.sockets.delivered >= amount


def was_asked(stage: Stage, method: str, amount: int) -> bool:
    """Whether the bot has called this method so many times."""
    return calls(stage, method) >= amount


def guest_of(stage: Stage) -> User:
    guest = stage.world.slack.add_user("gus", guest=True)
    stage.world.slack.invite(stage.shop.slack, guest)
    return guest


async def mentions(stage: Stage, ticket: Ticket, guest: User, ids: list[str]) -> SlackMessage:
    """A message in a ticket's thread that mentions these people, as a program of the guest's writes it."""
    message = await stage.world.slack.say(guest, ticket.shop.slack, "all of you", thread_ts=ticket.slack.card.ts)
    state = stage.world.slack.workspace.state
    changed = replace(message, text=" ".join(f"<@{user}>" for user in ids), blocks=(), edited_at=state.new_ts())
    stage.world.slack.workspace.events.changed(message, state.put(changed))
    return changed


@pytest.mark.scenario({"sellgate": "slack"})
async def test_a_message_that_mentions_hundreds_keeps_nobody_waiting(stage: Stage) -> None:
    """Also people who do not exist; it costs a part of Slack's limit, and the connection counts as complete."""
    guest = guest_of(stage)
    ticket = await stage.arrives("Mentions")
    await stage.bridge.drained()
    people = [stage.world.slack.add_user(f"person{number}").id for number in range(120)]
    before, epoch = calls(stage, "users.info"), stage.bridge.app._catchups[SLACK].sync_epoch
    await mentions(stage, ticket, guest, [*(f"U0NOBODY{number:03d}" for number in range(10)), *people])
    await ticket.bob_says("An answer")
    await ticket.has_sent("An answer")
    assert calls(stage, "users.info") - before < 40
    assert stage.bridge.app._catchups[SLACK].sync_epoch == epoch


@pytest.mark.scenario({"sellgate": "slack", "lightspeed": "slack"})
async def test_people_who_delete_their_own_messages_use_up_no_limit(stage: Stage) -> None:
    """A ticket's thread begins with a card of the bot's: what people wrote in the channel is no such thread."""
    slack, guest = stage.world.slack, guest_of(stage)
    ticket = await stage.arrives("Elsewhere", vendor="lightspeed")
    await stage.bridge.drained()
    before, delivered = calls(stage, "conversations.replies"), slack.sockets.delivered
    for number in range(60):
        await slack.delete(await slack.say(guest, stage.shop.slack, f"Never mind {number}"))
    await until(lambda: slack.sockets.delivered >= delivered + 120, "the bot has all these events")
    await slack.press(stage.world.bob, ticket.slack.card, "Close")
    await until(lambda: ticket.now.closed, "the button works")
    assert calls(stage, "conversations.replies") - before < 5


@pytest.mark.scenario({"sellgate": "text", "lightspeed": "text"})
async def test_people_who_wrote_and_left_keep_nobody_waiting(stage: Stage) -> None:
    """A crowd writes in threads while the bot is away, and leaves the server: what agents wrote there is read soon."""
    discord = stage.world.discord
    tickets = [await stage.arrives(f"Raided {number}") for number in range(7)]
    await stage.bridge.drained()
    await stage.bridge.stop()
    for number in range(21):
        member = discord.add_member(f"raider{number}")
        for _ in range(5):
            await discord.say(member, tickets[number % 7].discord.thread.id, "Raid!")
        discord.leave_guild(member)
    await tickets[0].ann_says("An answer")
    before = len(discord.http_server.seen)
    await stage.bridge.start()
    await tickets[0].has_sent("An answer")
    members = [e for e in discord.http_server.seen[before:] if e.method == "GET" and "/members/" in e.path]
    assert len(members) < 5 * 21


@pytest.mark.scenario({"sellgate": "slack"})
async def test_people_who_press_buttons_use_up_no_limit(stage: Stage) -> None:
    """Whether a thread is locked, and who is in its channel, is asked for agents only."""
    slack, guest = stage.world.slack, guest_of(stage)
    tickets = [await stage.arrives(f"Pressed {number}") for number in range(5)]
    await stage.bridge.drained()
    await slack.press(guest, tickets[0].slack.card, "Close", answers=1)
    before = calls(stage, "conversations.")
    for ticket in tickets:
        await slack.press(guest, ticket.slack.card, "Close", answers=1)
    assert calls(stage, "conversations.") == before
    await slack.press(stage.world.bob, tickets[0].slack.card, "Close")
    await until(lambda: tickets[0].now.closed, "the button works for an agent")


@pytest.mark.scenario({"sellgate": "text"})
async def test_people_who_delete_in_an_archived_thread_keep_no_event_waiting(stage: Stage) -> None:
    """In which channel such a thread is, Discord is asked once, however many messages are deleted there."""
    discord = stage.world.discord
    member = discord.add_member("mallory")
    thread = await discord.start_thread(member, discord.add_text_channel("lobby").id, "Old")
    messages = [await discord.say(member, thread.id, f"Words {number}") for number in range(20)]
    await discord.set_thread(member, thread.id, archived=True)
    ticket = await stage.arrives("Beside it")
    before = len(discord.http_server.seen)
    for message in messages:
        await discord.delete(member, message)
    await ticket.ann_says("An answer")
    await ticket.has_sent("An answer")
    asked = [exchange for exchange in discord.http_server.seen[before:] if exchange.path.endswith(f"/{thread.id}")]
    assert len(asked) <= 1


@pytest.mark.scenario({"sellgate": "slack"})
async def test_people_who_come_and_go_and_write_use_up_no_limit(stage: Stage) -> None:
    """Who is in the channel is asked anew whenever that changes, but not because of what others than agents write."""
    slack, guest = stage.world.slack, guest_of(stage)
    ticket = await stage.arrives("Restless")
    await stage.bridge.drained()
    restless = slack.add_user("rita", guest=True)
    before, delivered = calls(stage, "conversations.members"), slack.sockets.delivered
    for number in range(20):
        slack.invite(stage.shop.slack, restless)
        slack.remove_from(stage.shop.slack, restless)
        await slack.say(guest, stage.shop.slack, f"Noise {number}", thread_ts=ticket.slack.card.ts)
        await until(partial(has_events, stage, delivered + 3 * (number + 1)), "the bot has these events")
    await ticket.bob_says("An answer")
    await ticket.has_sent("An answer")
    assert calls(stage, "conversations.members") - before <= 3


@pytest.mark.scenario({"sellgate": "slack"})
async def test_people_who_type_commands_open_nothing(stage: Stage) -> None:
    """Neither a picker nor a form is opened, and nobody whom they name is looked up; what they wrote comes back."""
    slack, guest = stage.world.slack, guest_of(stage)
    ticket = await stage.arrives("Typed")
    await stage.bridge.drained()
    channel, before = stage.shop.slack, calls(stage, "views.open")
    typed = (("/close", ""), ("/close", "it is late"), ("/snooze", "2h"), ("/assign", ""), ("/snippet", ""))
    for command, text in (*typed, ("/reply", "Dear Jane"), ("/note", "some words")):
        answer = await slack.command(guest, channel, command, text)
        assert answer.view is None
        assert "Only the team's agents" in answer.text
    assert calls(stage, "views.open") == before
    people = [slack.add_user(f"named{number}") for number in range(5)]
    before = calls(stage, "users.info")
    for person in people:
        await slack.command(guest, channel, "/assign", f"{ticket.number} <@{person.id}>")
    assert calls(stage, "users.info") == before
    assert (await slack.command(stage.world.bob, channel, "/close")).view is not None


@pytest.mark.scenario({"sellgate": "slack"})
async def test_an_agent_is_answered_whatever_others_have_pressed(stage: Stage) -> None:
    """Slack allows a hundred private messages a minute, and nothing else can answer what agents type in a thread."""
    slack, guest = stage.world.slack, guest_of(stage)
    ticket = await stage.arrives("Pressed often")
    await stage.bridge.drained()
    for _ in range(105):
        await slack.press(guest, ticket.slack.card, "Close", answers=1)
    before = len(slack.ephemerals(stage.world.bob))
    await ticket.bob_says("!why")
    await until(lambda: len(slack.ephemerals(stage.world.bob)) > before, "the agent is answered")
    assert calls(stage, "chat.postEphemeral") == 1


@pytest.mark.scenario({"sellgate": "slack"})
async def test_a_button_is_answered_though_the_limit_is_used_up(stage: Stage) -> None:
    """By whomever: what was pressed can be answered where that was."""
    slack, bob = stage.world.slack, stage.world.bob
    ticket = await stage.arrives("Pressed often")
    await stage.bridge.drained()
    for _ in range(105):
        await slack.press(bob, ticket.slack.card, "Snooze")
    limiter = slack.workspace.rate_limiter
    await until(lambda: limiter.wait_for_method("chat.postEphemeral", 100), "the limit is used up")
    pressed = await slack.press(bob, ticket.slack.card, "Snooze", answers=1)
    assert pressed.text


@pytest.mark.scenario({"sellgate": "slack"})
async def test_files_that_are_gone_again_keep_nobody_waiting(stage: Stage) -> None:
    """In a channel shared with another company: their files in many threads, deleted while the bot is away."""
    slack, guest = stage.world.slack, guest_of(stage)
    tickets = [await stage.arrives(f"With a file {number}") for number in range(6)]
    await stage.bridge.drained()
    await stage.bridge.stop()
    for ticket in tickets:
        files = [("a.txt", b"a"), ("b.txt", b"b")]
        message = await slack.say(
            guest, stage.shop.slack, "Look", thread_ts=ticket.slack.card.ts, files=files, files_must_be_asked=True
        )
        for file in message.files:
            del slack.workspace.state.files[file.id]
    await tickets[5].bob_says("An answer")
    before = calls(stage, "files.info")
    await stage.bridge.start()
    await tickets[5].has_sent("An answer")
    assert calls(stage, "files.info") - before <= 2 * 12


@pytest.mark.scenario({"sellgate": "slack"})
async def test_a_file_that_is_gone_as_it_comes_leaves_the_connection_complete(stage: Stage) -> None:
    """In a channel shared with another company: what was missed is not read for each file that somebody takes back."""
    slack, guest = stage.world.slack, guest_of(stage)
    ticket = await stage.arrives("With a file")
    await stage.bridge.drained()
    before, epoch = calls(stage, "files.info"), stage.bridge.app._catchups[SLACK].sync_epoch
    slack.workspace.state.files.clear()
    for number in range(5):
        file = (f"{number}.txt", b"a")
        sent = slack.say(
            guest, stage.shop.slack, "Look", thread_ts=ticket.slack.card.ts, files=[file], files_must_be_asked=True
        )
        for each in (await sent).files:
            del slack.workspace.state.files[each.id]
        await until(partial(was_asked, stage, "files.info", before + number + 1), "the bot has asked for the file")
    await ticket.bob_says("An answer")
    await ticket.has_sent("An answer")
    assert stage.bridge.app._catchups[SLACK].sync_epoch == epoch
    assert calls(stage, "files.info") - before == 5


@pytest.mark.scenario({"sellgate": "text"})
async def test_a_thread_that_somebody_makes_on_a_card_first_is_the_tickets(stage: Stage) -> None:
    """A card has one thread at most: whoever is quicker than the bot has not named the ticket."""
    discord = stage.world.discord
    stranger = discord.add_member("mallory")

    def make(exchange: Exchange) -> None:
        if exchange.method == "POST" and exchange.path.endswith(f"/{stage.shop.discord.id}/messages"):
            card = discord.message(stage.shop.discord.id, exchange.answer["id"])
            discord.guild.open_thread(stranger, stage.shop.discord, "Cheap pills", 4320, card)

    discord.http_server.observers.append(make)
    ticket = await stage.arrives("Key not working")
    await stage.bridge.drained()
    (thread,) = discord.threads(stage.shop.discord.id)
    assert (thread.owner_id, thread.name.partition(" ")[0]) == (stranger.id, f"#{ticket.number}")
    await ticket.ann_says("An answer")
    await ticket.has_sent("An answer")
