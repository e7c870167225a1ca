"""What agents take back or change while the bot is down or a connection is lost: it counts as if it had come in."""

from __future__ import annotations

from dataclasses import dataclass
from unittest.mock import patch

import pytest

from bot.inbound.chats import reread
from bot.sandbox.discord import DiscordMessage
from bot.sandbox.slack import SlackMessage
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until


@dataclass(frozen=True)
class Replies:
    """Three replies of Ann's and three of Bob's that wait for their undo time."""

    stage: Stage
    ticket: Ticket
    discord: tuple[DiscordMessage, ...]
    slack: tuple[SlackMessage, ...]

    async def are_changed(self) -> None:
        """Each takes the first one back, changes the second, and keeps the third."""
        discord, slack, ann = self.stage.world.discord, self.stage.world.slack, self.stage.world.ann
        await discord.delete(ann, self.discord[0])
        await discord.edit(ann, self.discord[1], "Ann first")
        await slack.delete(self.slack[0])
        await slack.edit(self.slack[1], "Bob first")

    async def leave_as_changed(self) -> None:
        """Wait until what is left of them has gone to the customer and is shown in the other chat, once."""
        ticket = self.ticket
        await until(lambda: len(ticket.sent) >= 4, "four have left")
        await self.stage.at_rest()
        assert sorted(ticket.sent) == ["Ann first", "Ann kept", "Bob first", "Bob kept"]
        assert ticket.slack.count("Ann first") == ticket.discord.count("Bob first") == 1
        assert ticket.slack.count("wrong") == ticket.discord.count("wrong") == 0
        assert ticket.slack.count("frist") == ticket.discord.count("frist") == 0

    def requests(self) -> int:
        """
        How often one of these messages was asked for by itself.

        One that was deleted counts once: that its mark has nothing to stand on is found out by asking, too.
        """
        ids = tuple(f"/messages/{message.id}" for message in self.discord)
        stamps = {message.ts for message in self.slack}
        world = self.stage.world
        in_discord = [e for e in world.discord.http_server.seen if e.method == "GET" and e.path.endswith(ids)]
        in_slack = [e for e in world.slack.http_server.seen if e.query.get("latest") in stamps]
        asked = [*(e.path for e in in_discord), *(str(e.query["latest"]) for e in in_slack)]
        deleted = {f"/messages/{self.discord[0].id}", *(message.ts for message in self.slack[:1])}
        gone = {each for each in asked if each.endswith(tuple(deleted))}
        return len([each for each in asked if each not in gone]) + len(gone)


async def six_replies(stage: Stage, ticket: Ticket) -> Replies:
    """Written, and known to the bot."""
    discord, slack = [], []
    for word in ("wrong", "frist", "kept"):
        discord.append(await ticket.ann_says(f"Ann {word}"))
        slack.append(await ticket.bob_says(f"Bob {word}"))
        await ticket.marked(discord[-1], "⏳")
        await ticket.marked(slack[-1], "⏳")
    return Replies(stage, ticket, tuple(discord), tuple(slack))


async def put_off(stage: Stage) -> None:
    """Wait until the first reply was to leave, did not, and that was no attempt."""

    async def first() -> tuple[int, int]:
        rows = [row for row in await stage.bridge.rows("unfinished_deliveries") if row["kind"] == "reply"]
        return rows[0]["due_at"], rows[0]["attempts"]

    due = (await first())[0]

    async def is_put_off() -> bool:
        return (await first())[0] != due

    await until(is_put_off)
    assert (await first())[1] == 0


def slack_takes_no_connection(stage: Stage, times: int) -> None:
    stage.world.slack.http_server.fail("refuse", path="apps.connections.open", status=503, times=times)
    stage.world.slack.sockets.cut()


@pytest.mark.scenario({"sellgate": "forum slack"}, UNDO_SECONDS="300")
async def test_changed_while_it_was_down(stage: Stage) -> None:
    """Deleted while the bot was down a reply is recalled, edited it leaves as edited; each costs one request."""
    ticket = await stage.arrives("Down meanwhile")
    replies = await six_replies(stage, ticket)
    await stage.bridge.stop()
    await replies.are_changed()
    await stage.bridge.start()
    await stage.bridge.undo_time_passes()
    await replies.leave_as_changed()
    assert replies.requests() == 6


@pytest.mark.scenario({"sellgate": "text slack"}, UNDO_SECONDS="300")
async def test_changed_while_the_connections_were_lost(stage: Stage) -> None:
    """While neither chat can be reached nothing leaves; in a new session what waited is read again."""
    discord = stage.world.discord
    ticket = await stage.arrives("Lost meanwhile")
    replies = await six_replies(stage, ticket)
    await discord.leave()
    await discord.gateway.cut(resumable=False)
    slack_takes_no_connection(stage, times=4)
    chats = stage.bridge.app._intake._chats.values()
    await until(lambda: not any(chat.health().connected for chat in chats), "both are known to be lost")
    await replies.are_changed()
    await stage.bridge.undo_time_passes()
    await put_off(stage)
    assert ticket.sent == []
    discord.come_back()
    await replies.leave_as_changed()


@pytest.mark.scenario({"sellgate": "text"}, UNDO_SECONDS="300")
async def test_a_session_that_is_resumed_brings_everything(stage: Stage) -> None:
    """A connection to Discord that breaks and goes on has missed nothing: no message is asked for."""
    discord, ann = stage.world.discord, stage.world.ann
    ticket = await stage.arrives("Resumed")
    wrong, frist = await ticket.ann_says("wrong"), await ticket.ann_says("frist")
    await ticket.marked(wrong, "⏳")
    await ticket.marked(frist, "⏳")
    await discord.leave()
    await discord.delete(ann, wrong)
    await discord.edit(ann, frist, "first")
    discord.come_back()
    await stage.bridge.undo_time_passes("first")
    await ticket.has_sent("first")
    await stage.at_rest()
    assert Replies(stage, ticket, (frist,), ()).requests() == 0


@pytest.mark.scenario({"sellgate": "slack"}, UNDO_SECONDS="0.5")
async def test_slack_renews_its_connections_all_the_time(stage: Stage) -> None:
    """Replies that wait over a renewal leave once, in order, and not noticeably later."""
    ticket = await stage.arrives("Renewed")
    texts = [f"reply {number}" for number in range(6)]
    for text in texts:
        await ticket.bob_says(text)
        await stage.world.slack.sockets.refresh("refresh_requested")
        await until(lambda: stage.world.slack.sockets.connections, "it is back")
    await ticket.has_sent(*texts)
    await stage.at_rest()
    assert ticket.sent == texts


@pytest.mark.scenario({"sellgate": "text slack"}, UNDO_SECONDS="300")
async def test_a_chat_that_stays_away_keeps_no_customer_waiting(stage: Stage) -> None:
    """After some minutes without Discord what was written there leaves as it was written; Slack's never waited."""
    with patch.object(reread, "_LONGEST_WAIT", 60.0):  # six seconds on this stage
        ticket, other = await stage.arrives("Stays away"), await stage.arrives("Elsewhere")
        said = await ticket.ann_says("from Discord")
        await ticket.marked(said, "⏳")
        await stage.world.discord.leave()
        await other.bob_says("from Slack")
        await stage.bridge.undo_time_passes("from Discord", "from Slack")
        await other.has_sent("from Slack")
        await put_off(stage)
        assert ticket.sent == []
        await ticket.has_sent("from Discord")
        stage.world.discord.come_back()
        await ticket.marked(said, "✅")


@pytest.mark.scenario({"sellgate": "text slack"}, UNDO_SECONDS="300")
async def test_a_thread_that_was_deleted_meanwhile_recalls_nothing(stage: Stage) -> None:
    """Neither deleting a thread while the bot is down nor what stood in it takes back what was written there."""
    discord, ann = stage.world.discord, stage.world.ann
    ticket = await stage.arrives("Thread gone")
    said, wrong = await ticket.ann_says("still meant"), await ticket.ann_says("deleted with it")
    await ticket.marked(said, "⏳")
    await ticket.marked(wrong, "⏳")
    await stage.bridge.stop()
    await discord.delete(ann, wrong)
    await discord.delete_place(discord.owner, ticket.discord.thread.id)
    await stage.bridge.start()
    await stage.bridge.undo_time_passes()
    await ticket.has_sent("still meant", "deleted with it")
    await stage.at_rest()
    assert ticket.sent == ["still meant", "deleted with it"]


@pytest.mark.scenario({"sellgate": "text slack"}, UNDO_SECONDS="300")
async def test_many_messages_deleted_at_once(stage: Stage) -> None:
    """What a moderator sweeps away in Discord counts as deleted: recalled in time, else each author is told."""
    discord = stage.world.discord
    ticket = await stage.arrives("Swept away")
    sent = await ticket.ann_says("sent already")
    await stage.bridge.undo_time_passes("sent already")
    await ticket.marked(sent, "✅")
    waiting = [await ticket.ann_says(f"waiting {number}") for number in range(3)]
    for message in waiting:
        await ticket.marked(message, "⏳")
    await discord.purge(discord.owner, [sent, *waiting])
    last = await ticket.ann_says("last")
    await stage.bridge.undo_time_passes("last")
    await ticket.marked(last, "✅")
    await stage.at_rest()
    assert ticket.sent == ["sent already", "last"]
    words = [m.content for m in (*discord.direct_messages(stage.world.ann), *ticket.discord.messages())]
    assert sum("deleting it here does not take it back" in word for word in words) == 1
