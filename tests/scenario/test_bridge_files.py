"""Files: what agents add to a reply goes along where the vendor takes it, and is reported where it does not."""

from __future__ import annotations

import json

import pytest

from bot.model import State
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until


def files_at_vendor(ticket: Ticket) -> list[tuple[str, bytes]]:
    """The files of every message by staff, in order."""
    return [(file.name, file.content) for m in ticket.now.messages if m.writer == "staff" for file in m.files]


@pytest.mark.scenario({"nextcommerce": "text slack"})
async def test_files_go_along_from_both_chats(stage: Stage) -> None:
    """Next Commerce gets a file from Discord with its text, and one from Slack that came alone, each once."""
    ticket = await stage.arrives("The manual", vendor="nextcommerce")
    ann = await ticket.ann_says("Here it is.", attachments=[("manual.pdf", b"from Discord")])
    await ticket.marked(ann, "✅")
    bob = await ticket.bob_says(files=[("cover.png", b"from Slack")])
    await ticket.marked(bob, "✅")
    await stage.at_rest()
    assert files_at_vendor(ticket) == [("manual.pdf", b"from Discord"), ("cover.png", b"from Slack")]
    assert [m.text for m in ticket.now.messages if m.writer == "staff"] == ["Here it is.", ""]


@pytest.mark.scenario({"sellapp": "text slack"})
async def test_a_file_that_cannot_go_along_is_reported(stage: Stage) -> None:
    """SellApp takes text only: the text goes, and the thread says which file did not."""
    ticket = await stage.arrives("The manual", vendor="sellapp")
    await ticket.ann_says("Here it is.", attachments=[("manual.pdf", b"from Discord")])
    await ticket.has_sent("Here it is.")
    await until(lambda: ticket.discord.count("but without manual.pdf:") == 1, "the thread tells of it")


@pytest.mark.scenario({"nextcommerce": "slack"})
async def test_a_file_of_a_shared_channel_goes_along_under_its_name(stage: Stage) -> None:
    """The event has only its id: Slack is asked for the rest."""
    ticket = await stage.arrives("The label", vendor="nextcommerce")
    bob = await ticket.bob_says("Here.", files=[("label.pdf", b"from Slack")], files_must_be_asked=True)
    await ticket.marked(bob, "✅")
    assert files_at_vendor(ticket) == [("label.pdf", b"from Slack")]


@pytest.mark.scenario({"nextcommerce": "text slack"})
async def test_file_names_of_every_kind_reach_the_customer(stage: Stage) -> None:
    """Letters beyond ASCII, spaces, and signs that mean something in an address."""
    ticket = await stage.arrives("The label", vendor="nextcommerce")
    for name in ("label März 50%.pdf", "請求書 #1?.pdf"):
        bob = await ticket.bob_says("Here.", files=[(name, b"from Slack")])
        await ticket.marked(bob, "✅")
    at_vendor = [file.name for message in ticket.now.messages for file in message.files]
    assert at_vendor == ["label März 50%.pdf", "請求書 #1?.pdf"]
    await stage.at_rest()


@pytest.mark.scenario({"nextcommerce": "text slack"}, UNDO_SECONDS="300")
async def test_a_file_that_is_taken_out_in_time_is_not_sent(stage: Stage) -> None:
    """Ann added the wrong one, and removes it from her message: her words and the other file leave."""
    ticket = await stage.arrives("The invoice", vendor="nextcommerce")
    files = [("of-somebody-else.pdf", b"private"), ("of-jane.pdf", b"hers")]
    ann = await ticket.ann_says("Your invoice.", attachments=files)
    await ticket.marked(ann, "⏳")
    await stage.world.discord.edit(stage.world.ann, ann, "Your invoice.", removes=["of-somebody-else.pdf"])

    async def is_recorded() -> bool:
        rows = await stage.bridge.rows("message_by_chat_id", link=1, chat_message=str(ann.id))
        return len(json.loads(str(rows[0]["attachments"]))) == 1

    await until(is_recorded, "it is recorded")
    await stage.bridge.undo_time_passes("Your invoice.")
    await ticket.marked(ann, "✅")
    assert files_at_vendor(ticket) == [("of-jane.pdf", b"hers")]
    await stage.world.discord.edit(stage.world.ann, ann, "Your invoice.", removes=["of-jane.pdf"])
    late = "The customer already has the first version of that message"
    await until(lambda: ticket.discord.count(late) == 1, "it is told that this was too late")


@pytest.mark.scenario({"nextcommerce": "slack"}, UNDO_SECONDS="300")
async def test_a_file_that_is_taken_out_in_slack_is_not_sent(stage: Stage) -> None:
    """It stays in Bob's workspace, where it could still be loaded; what stays in the message leaves."""
    ticket = await stage.arrives("The invoice", vendor="nextcommerce")
    files = [("of-somebody-else.pdf", b"private"), ("of-jane.pdf", b"hers")]
    bob = await ticket.bob_says("Your invoice.", files=files, files_must_be_asked=True)
    await ticket.marked(bob, "⏳")
    await stage.world.slack.edit(bob, "Your invoice.", removes=["of-somebody-else.pdf"])

    async def is_recorded() -> bool:
        rows = await stage.bridge.rows("message_by_chat_id", link=1, chat_message=bob.ts)
        return len(json.loads(str(rows[0]["attachments"]))) == 1

    await until(is_recorded, "it is recorded")
    await stage.bridge.undo_time_passes("Your invoice.")
    await ticket.marked(bob, "✅")
    assert files_at_vendor(ticket) == [("of-jane.pdf", b"hers")]


@pytest.mark.parametrize("is_carried_out", [True, False])
@pytest.mark.scenario({"nextcommerce": "text slack"})
async def test_a_file_without_words_whose_answer_is_lost(stage: Stage, *, is_carried_out: bool) -> None:
    """A colleague's file of the same moment is not taken for it: if it is not there, its author is asked."""
    ticket = await stage.arrives("The label", vendor="nextcommerce")
    store, vendor = ticket.shop.store, ticket.shop.vendor
    vendor.http_server.fail("lose" if is_carried_out else "drop", method="POST", path="comments/")
    vendor.http_server.fail("refuse", method="GET", path=f"/tickets/{ticket.id}", times=2)
    ann = await ticket.ann_says(attachments=[("label.pdf", b"Ann's")])
    await until(lambda: any(each.path.endswith("comments/") for each in vendor.http_server.seen), "it is tried")
    store.staff_replies(ticket.id, "", files={"manual.pdf": b"Sam's"})
    await ticket.marked(ann, "✅" if is_carried_out else "❌")
    await stage.at_rest(State.FAILED)
    sent = [("label.pdf", b"Ann's")] if is_carried_out else []
    assert sorted(files_at_vendor(ticket)) == [*sent, ("manual.pdf", b"Sam's")]
    assert ticket.discord.count("📎") == 1
