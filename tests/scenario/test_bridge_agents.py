"""What agents write in a ticket's thread, in whatever form, and what of it reaches the customer."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest

from adapters.vendors.sellgate.capabilities import CAPABILITIES
from adapters.vendors.sellgate.vendor import Sellgate
from bot.model import ChatName, Door, State
from bot.sandbox.discord.gateway import GUILD_MESSAGES, GatewayEvent
from bot.sandbox.discord.values import Member
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until


async def told(ticket: Ticket, line: str) -> None:
    """Wait until both threads together say this exactly once: it is said where it was written."""
    await until(lambda: ticket.discord.count(line) + ticket.slack.count(line) == 1, f"“{line}” is told")


async def event_in_discord(ticket: Ticket, member: Member, **fields: object) -> None:
    """Something in the thread that the practice people cannot do, as the gateway tells of it."""
    guild = ticket.stage.world.discord.guild
    like = await ticket.stage.world.discord.say(member, ticket.discord.thread.id, "// like this")
    data = guild.serializer.message_event(like, readable=True)
    shape = {**data, "id": str(guild.state.new_id()), "content": "", **fields}
    guild.gateway.send(GatewayEvent(name="MESSAGE_CREATE", data=shape, intent=GUILD_MESSAGES, place_id=like.channel_id))


async def test_what_is_no_text_is_named_and_stays(stage: Stage) -> None:
    """A sticker, a poll, a forwarded message and a file without words go nowhere; each is marked and reported."""
    ticket = await stage.arrives("Not a text")
    sticker = await ticket.ann_says(sticker="Wumpus waves")
    await told(ticket, "did not reach the customer. Sellgate does not accept the sticker “Wumpus waves”.")
    await ticket.ann_says(poll="Shall we refund?")
    await told(ticket, "did not reach the customer. Sellgate does not accept a poll.")
    await ticket.ann_says(attachments=[("key.png", b"picture")])
    await told(ticket, "did not reach the customer. Sellgate does not accept key.png.")
    files = await ticket.bob_says(files=[("a.txt", b"a"), ("b.txt", b"b")])
    await told(ticket, "did not reach the customer. Sellgate does not accept a.txt and b.txt.")
    snapshot = {"message": {"content": "from elsewhere", "embeds": [], "attachments": [], "type": 0, "flags": 0}}
    snapshot["message"] |= {"timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "components": []}
    snapshot["message"] |= {"mentions": [], "mention_roles": []}
    passed_on = {"type": 1, "channel_id": "1", "message_id": "2"}
    await event_in_discord(ticket, stage.world.ann, message_reference=passed_on, message_snapshots=[snapshot])
    await told(ticket, "did not reach the customer. Sellgate does not accept a forwarded message.")
    await ticket.marked(sticker, "❌")
    await ticket.marked(files, "❌")
    await stage.at_rest(State.FAILED)
    replies = [row for row in await stage.bridge.rows("unfinished_deliveries") if row["kind"] == "reply"]
    assert [row["state"] for row in replies] == ["failed"] * 5
    assert ticket.sent == []


async def test_a_text_with_a_file_is_sent_and_the_file_is_named(stage: Stage) -> None:
    """Words go to the customer; the file beside them, which the vendor cannot take, is said not to have been sent."""
    ticket = await stage.arrives("With a file")
    from_ann = await ticket.ann_says("See here", attachments=[("key.png", b"picture")])
    await told(ticket, "Your text is on its way to the customer, but without key.png: Sellgate does not accept that.")
    from_bob = await ticket.bob_says("And here", files=[("log.txt", b"log")])
    await told(ticket, "Your text is on its way to the customer, but without log.txt: Sellgate does not accept that.")
    await ticket.has_sent("See here", "And here")
    await ticket.marked(from_ann, "✅")
    await ticket.marked(from_bob, "✅")


async def test_ids_and_markup_reach_the_customer_as_words(stage: Stage) -> None:
    """Mentions, custom emoji, channels, times and masked links in a reply are readable for somebody outside."""
    world = stage.world
    ticket = await stage.arrives("Words only")
    role = world.discord.add_role("Second line")
    ids = f"Ask <@{world.ann.id}> of <@&{role.id}> in <#{world.support.id}> <:party:123> at <t:1700000000:t>"
    await ticket.ann_says(f"{ids}: [the page](https://help.example/a) or <https://help.example/b>\n```py\ncode\n```")
    await ticket.has_sent(
        "Ask @Ann of @Second line in #support :party: at 22:13 UTC: the page (https://help.example/a)"
        " or https://help.example/b\ncode"
    )
    await ticket.bob_says("Ask @Bob in #sellgate-tickets, a < b & c, https://help.example/c 🔑")
    await until(lambda: len(ticket.sent) == 2, "Bob's reply")
    assert ticket.sent[1] == "Ask @Bob in #sellgate-tickets, a < b & c, https://help.example/c 🔑"


@pytest.mark.scenario(started=False)
async def test_a_reply_over_the_vendors_limit_is_not_cut_but_refused(stage: Stage) -> None:
    """It is kept and marked, its author is told by how much; made shorter it is sent by itself, from both chats."""
    with patch.object(Sellgate, "capabilities", replace(CAPABILITIES, reply_length=1000)):
        await stage.bridge.start()
    ticket = await stage.arrives("Long")
    from_ann = await ticket.ann_says("x" * 1234)
    await told(ticket, "This reply is 234 characters too long for Sellgate. Please send it in parts.")
    from_bob = await ticket.bob_says("y" * 1001)
    await told(ticket, "This reply is 1 character too long for Sellgate. Please send it in parts.")
    await ticket.marked(from_ann, "❌")
    await ticket.marked(from_bob, "❌")
    await stage.world.slack.edit(from_bob, "y" * 1000)
    await ticket.has_sent("y" * 1000)
    await stage.world.discord.edit(stage.world.ann, from_ann, "x" * 999)
    await ticket.has_sent("y" * 1000, "x" * 999)
    await ticket.marked(from_ann, "✅")
    await ticket.marked(from_bob, "✅")


async def test_a_long_reply_arrives_whole(stage: Stage) -> None:
    """What an agent can type in one message reaches the customer as one message, and the other chat in full."""
    ticket = await stage.arrives("Long and good")
    text = " ".join(f"word{number}" for number in range(1000))
    await ticket.bob_says(text)
    await ticket.has_sent(text)
    await stage.at_rest()
    assert ticket.sent == [text]
    assert ticket.discord.count("word999") == 1, "Discord has its end"


async def test_a_guest_of_the_workspace_is_told_privately(stage: Stage) -> None:
    """Where no agents are named, a guest in the channel cannot write to customers, and only the guest reads that."""
    slack = stage.world.slack
    ticket = await stage.arrives("A guest")
    guest = slack.add_user("gus", guest=True)
    slack.invite(ticket.shop.slack, guest)
    said = await slack.say(guest, ticket.shop.slack, "I know this one!", thread_ts=ticket.slack.card.ts)
    await until(lambda: "only the team's agents" in slack.ephemerals(guest)[-1].rendered, "the guest is told")
    outcome = await slack.press(guest, ticket.slack.card, "Close", answers=1)
    assert "Only the team's agents can do that" in outcome.text
    await stage.at_rest()
    assert ticket.sent == []
    assert not ticket.now.closed
    assert ticket.slack.reactions(said) == set()
    assert slack.ephemerals(stage.world.bob) == ()


@pytest.mark.scenario(started=False)
async def test_only_the_roles_and_people_that_were_named_are_agents(stage: Stage) -> None:
    """Who lacks the role in Discord, or is not named in Slack, is told privately, once; nothing of theirs is sent."""
    discord, slack, bob = stage.world.discord, stage.world.slack, stage.world.bob
    role = discord.add_role("Support")
    carl, dora = discord.add_member("Carl", role), discord.add_member("Dora", direct=True)
    cleo = slack.add_user("cleo")
    stage.bridge.settings |= {"DISCORD_AGENT_ROLES": str(role.id), "SLACK_AGENTS": cleo.id}
    stage.bridge.settings["AGENTS__CARL"] = f"discord:{carl.id},slack:{cleo.id}"
    await stage.bridge.start()
    ticket = await stage.arrives("By name")
    slack.invite(ticket.shop.slack, cleo)
    await discord.say(dora, ticket.discord.thread.id, "from Dora")
    await until(lambda: "only the team's agents" in discord.direct_messages(dora)[-1].content, "Dora is told")

    def words() -> list[str]:
        return [message.content for message in ticket.discord.messages()]

    await ticket.ann_says("from Ann, who takes no direct messages")
    await until(lambda: any("agents" in said and str(stage.world.ann.id) in said for said in words()), "Ann is told")
    await ticket.bob_says("from Bob")
    await until(lambda: "only the team's agents" in slack.ephemerals(bob)[-1].rendered, "Bob is told")
    answered = await discord.command(dora, ticket.discord.thread.id, "close")
    assert answered.ephemeral
    assert "Only the team's agents can do that" in answered.content
    assert await discord.complete(dora, ticket.discord.thread.id, "close", "ticket", "") == []
    await ticket.bob_says("!close")
    refused = stage.bridge.app.health.refused  # counted by chat and door
    await until(lambda: refused.get((ChatName("slack"), Door.WORD)) == 1, "Bob is refused")
    await discord.say(carl, ticket.discord.thread.id, "from Carl")
    await slack.say(cleo, ticket.shop.slack, "from Cleo", thread_ts=ticket.slack.card.ts)
    await until(lambda: sorted(ticket.sent) == ["from Carl", "from Cleo"], "both agents")
    await stage.at_rest()
    assert not ticket.now.closed
    assert len(slack.ephemerals(bob)) == 1
    assert not any(m.pinged.users for m in ticket.discord.messages())


async def test_bots_and_the_platforms_own_lines_are_not_replies(stage: Stage) -> None:
    """Other bots' messages, renamed threads, pins and joins are nobody's answer to a customer."""
    discord, slack = stage.world.discord, stage.world.slack
    ticket = await stage.arrives("Not people")
    other = discord.add_member("Music bot")
    other.bot = True
    await discord.say(other, ticket.discord.thread.id, "Now playing")
    await discord.set_thread(discord.owner, ticket.discord.thread.id, name="Not people, renamed")
    await event_in_discord(ticket, stage.world.ann, type=6, message_reference={"channel_id": "1", "message_id": "2"})
    await slack.another_bot_says(ticket.shop.slack, "Deploy done", thread_ts=ticket.slack.card.ts)
    joined = {"type": "message", "subtype": "channel_join", "user": stage.world.bob.id, "text": "<@U1> has joined"}
    where = {"channel": ticket.shop.slack.id, "ts": "1900000000.000001", "thread_ts": ticket.slack.card.ts}
    slack.sockets.send_event({"type": "event_callback", "event_id": "Ev1", "event": {**joined, **where}})
    last = await ticket.bob_says("from a person")
    await ticket.has_sent("from a person")
    await ticket.marked(last, "✅")
    await stage.at_rest()
    assert ticket.sent == ["from a person"]
    assert ticket.discord.count("Deploy done") == 0
    assert ticket.slack.count("Now playing") == 0


async def test_what_is_written_elsewhere_is_nobodys_answer(stage: Stage) -> None:
    """Talk in the channel itself, in somebody's own thread, or in a channel that is not served reaches no customer."""
    world = stage.world
    ticket = await stage.arrives("Elsewhere")
    await world.discord.say(world.ann, world.support.id, "in the channel")
    own = await world.discord.start_thread(world.ann, world.support.id, "Lunch")
    await world.discord.say(world.ann, own.id, "in my own thread")
    other = world.discord.add_text_channel("random")
    await world.discord.say(world.ann, other.id, "in another channel")
    top = await world.slack.say(world.bob, ticket.shop.slack, "at the top")
    await world.slack.say(world.bob, ticket.shop.slack, "below that", thread_ts=top.ts)
    await world.slack.say(world.bob, world.triage, "in a channel that is not served")
    await ticket.ann_says("to the customer")
    await ticket.has_sent("to the customer")
    await ticket.bob_says("to the customer, and to the channel", broadcast=True)
    await ticket.has_sent("to the customer", "to the customer, and to the channel")
    await stage.at_rest()
    assert len(ticket.sent) == 2
