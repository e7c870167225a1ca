"""The picture of `/stats`: in Discord in the answer, in Slack among one's own messages; through the real SDKs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.drawing.process import Drawing
from bot.sandbox.discord.values import DiscordAttachment
from bot.sandbox.loopback_server import HttpFault
from bot.sandbox.slack.values import SlackMessage
from bot.tickets.figures import work_done
from tests.support.stage.bot import PICTURE
from tests.support.stage.stage import Stage
from tests.support.waiting import until

SEATS = pytest.mark.scenario({"sellgate": "text slack"})


def own_messages(stage: Stage) -> tuple[SlackMessage, ...]:
    """Bob's own messages with the app."""
    slack = stage.world.slack
    return slack.messages(slack.workspace.state.direct(stage.world.bob.id))


async def shown_below(stage: Stage) -> list[DiscordAttachment]:
    """The pictures in the last answer that Ann sees in Discord, once there is one."""
    discord, ann, channel = stage.world.discord, stage.world.ann, stage.world.support.id

    def files() -> list[DiscordAttachment]:
        return discord.messages(channel, seen_by=ann)[-1].attachments

    await until(lambda: files() != [], "the picture is there")
    return files()


@SEATS
async def test_a_picture_is_drawn_for_both_chats(stage: Stage, tmp_path: Path) -> None:
    """By matplotlib in its process: seen by the asker alone, with words for who does not see it, and nowhere else."""
    stage.bridge.draw = Drawing(tmp_path, seconds=120)
    await stage.bridge.restart()
    ticket = await stage.arrives("Counted")
    answered = await stage.world.discord.command(stage.world.ann, stage.world.support.id, "stats", seconds=120)
    assert answered.ephemeral
    (shown,) = await shown_below(stage)
    assert (shown.upload.name, shown.upload.data[:4]) == ("figures.png", b"\x89PNG")
    assert shown.upload.description.startswith("Charts of keys · 7 days: 1 new ticket and 0 closed")
    outcome = await stage.world.slack.command(stage.world.bob, ticket.shop.slack, "/stats", within=120)
    assert "The picture comes into your own messages with shopbell." in outcome.text
    await until(lambda: len(own_messages(stage)) == 1, "the picture is there")
    (message,) = own_messages(stage)
    assert [(file.name, file.content[:4]) for file in message.files] == [("figures.png", b"\x89PNG")]
    assert message.files[0].alternative == message.rendered
    assert message.rendered.startswith("Charts of keys · 7 days")
    everywhere = [
        message
        for channel in stage.world.slack.workspace.state.channels
        for message in stage.world.slack.workspace.state.messages(channel)
        if message.files
    ]
    assert everywhere == [message]


@SEATS
async def test_a_typed_word_has_its_picture_too(stage: Stage) -> None:
    """`!stats` in a thread is answered privately, and the picture goes along."""
    ticket = await stage.arrives("Counted")
    await ticket.bob_says("!stats")
    await until(lambda: len(own_messages(stage)) == 1, "the picture is there")
    assert own_messages(stage)[0].files[0].content == PICTURE
    cid = stage.world.discord.add_member("cid", direct=True)
    await stage.world.discord.say(cid, ticket.discord.thread.id, "!stats")
    await until(lambda: len(stage.world.discord.direct_messages(cid)) == 1, "it is answered")
    (private,) = stage.world.discord.direct_messages(cid)
    assert [each.upload.data for each in private.attachments] == [PICTURE]
    assert "open 1" in private.content


@SEATS
@pytest.mark.parametrize("picture", [None, b"\x89PNG" * 3_000_000])
async def test_without_a_picture_the_answer_is_the_same(stage: Stage, picture: bytes | None) -> None:
    """If none was drawn, and if Discord does not take it."""

    async def draw(_: object) -> bytes | None:
        return picture

    stage.bridge.draw = draw
    await stage.bridge.restart()
    await stage.arrives("Counted")
    answered = await stage.world.discord.command(stage.world.ann, stage.world.support.id, "stats")
    assert "open 1 · closed 0 · waiting for us 1" in answered.content
    assert answered.message is not None
    assert answered.message.attachments == []
    if picture is None:
        outcome = await stage.world.slack.command(stage.world.bob, stage.shop.slack, "/stats", answers=2)
        assert "The picture could not be drawn now." in outcome.text


@SEATS
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/conversations.open", "files:write"),
        ("/api/files.getUploadURLExternal", "files:write"),
        ("/upload/", ""),
        ("/api/files.completeUploadExternal", ""),
    ],
)
async def test_slack_says_why_there_is_no_picture(stage: Stage, path: str, said: str) -> None:
    """The figures are there all the same; and the next time the picture is, too."""
    ticket = await stage.arrives("Counted")
    body = '{"ok": false, "error": "missing_scope", "needed": "files:write"}'
    stage.world.slack.http_server.faults.append(
        HttpFault(
            kind="refuse",
            path=path,
            times=1,
            status=200 if said else 502,
            body=body if said else "Bad",
        )
    )
    outcome = await stage.world.slack.command(stage.world.bob, ticket.shop.slack, "/stats", answers=2)
    assert "open 1 · closed 0" in outcome.text
    assert "The picture could not be shown." in outcome.text
    assert said in outcome.text
    assert not any(message.files for message in own_messages(stage))
    await stage.world.slack.command(stage.world.bob, ticket.shop.slack, "/stats")
    await until(lambda: any(message.files for message in own_messages(stage)), "the next one is shown")


@SEATS
async def test_what_takes_long_is_counted_elsewhere(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own, and the answer is the same; where that fails, it says what to do."""
    ticket = await stage.arrives("Counted")
    slack, bob = stage.world.slack, stage.world.bob
    at_once = await slack.command(bob, ticket.shop.slack, "/stats")
    monkeypatch.setattr(work_done, "_FEW", 0)
    elsewhere = await slack.command(bob, ticket.shop.slack, "/stats", within=120)
    assert elsewhere.text.partition("\n")[2] == at_once.text.partition("\n")[2]
    assert "new" in elsewhere.text
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    failed = await slack.command(bob, ticket.shop.slack, "/stats", within=120)
    assert failed.text.startswith("The figures could not be counted now.")
