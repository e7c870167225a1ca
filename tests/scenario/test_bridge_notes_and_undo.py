"""What stays inside although everything is sent, and what is taken back before it leaves."""

from __future__ import annotations

import pytest

from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

LATE_EDIT = "The customer already has the first version of that message; an edit does not reach them."
LATE_DELETION = "The customer already has that message; deleting it here does not take it back."


def told_in_discord(stage: Stage, ticket: Ticket, text: str) -> int:
    """How often Ann reads this: in a direct message, or in the thread under her name."""
    ann = stage.world.ann
    words = [m.content for m in (*stage.world.discord.direct_messages(ann), *ticket.discord.messages())]
    return sum(text in said for said in words)


async def test_every_prefix_makes_a_note_in_both_chats(stage: Stage) -> None:
    """`//`, `note:` in any case and the lock keep it inside, marked 🔒; the other chat shows it without the prefix."""
    ticket = await stage.arrives("Notes")
    for text in ("// from Ann one", "//from Ann two", "note: from Ann three", "NOTE:from Ann four", "🔒 from Ann five"):
        noted = await ticket.ann_says(text)
        await ticket.marked(noted, "🔒")
        words = text[text.index("from") :]
        await until(lambda words=words: ticket.slack.count(f"\n{words}") == 1, "Slack shows it")  # type: ignore[misc]
    for text in ("note: from Bob one", "Note:from Bob two", "🔒 from Bob three"):
        noted_by_bob = await ticket.bob_says(text)
        await ticket.marked(noted_by_bob, "🔒")
        words = text[text.index("from") :]
        await until(lambda words=words: ticket.discord.count(words) == 1, "Discord shows it")  # type: ignore[misc]
    assert ticket.slack.count("internal note") == 5
    assert ticket.discord.count("🔒 Bob") == 3
    await ticket.ann_says("A note: this is an answer // with slashes 🔒")
    await ticket.has_sent("A note: this is an answer // with slashes 🔒")


@pytest.mark.scenario({"lightspeed": "text slack"})
async def test_a_note_is_never_a_public_message_at_the_vendor(stage: Stage) -> None:
    """Where the vendor keeps notes of its own, a note of an agent lands there, and only there."""
    ticket = await stage.arrives("Memo")
    await ticket.ann_says("// he is a reseller")
    await until(lambda: "he is a reseller" in str(ticket.now.fields.get("memo", "")), "the memo has it")
    await stage.at_rest()
    assert ticket.sent == []
    assert [message.text for message in ticket.now.messages] == ["Hello?"]
    assert ticket.discord.count("he is a reseller") == 0
    assert ticket.slack.count("he is a reseller") == 1


@pytest.mark.scenario({"nextcommerce": "text slack"})
async def test_a_note_whose_answer_was_lost_is_not_taken_for_a_colleagues(stage: Stage) -> None:
    """The vendor has it and nobody knows its id; what the next looks show is our own, and is shown no second time."""
    ticket = await stage.arrives("Unanswered note")
    stage.shop.vendor.http_server.fail("lose", method="POST", path="/comments/$")
    await ticket.marked(await ticket.ann_says("// he is a reseller"), "🔒")
    await until(lambda: any("reseller" in message.text for message in ticket.now.messages), "the vendor has it")
    await stage.at_rest()
    assert [message.public for message in ticket.now.messages if "reseller" in message.text] == [False]
    assert (ticket.slack.count("he is a reseller"), ticket.discord.count("he is a reseller")) == (1, 0)


@pytest.mark.scenario(NOTE_PREFIXES="!!,intern:", UNDO_SECONDS="0")
async def test_prefixes_can_be_chosen(stage: Stage) -> None:
    """The team's own prefixes count, the usual ones no longer do, and the card names one that can be typed."""
    ticket = await stage.arrives("Own prefixes")
    await ticket.marked(await ticket.ann_says("!! psst"), "🔒")
    await ticket.marked(await ticket.bob_says("Intern: psst"), "🔒")
    await ticket.ann_says("// this is sent")
    await ticket.has_sent("// this is sent")
    assert "Start with !! for a note" in ticket.slack.card.rendered


async def test_each_chats_card_names_a_prefix_that_can_be_typed_there(stage: Stage) -> None:
    """Slack takes a message that begins with `/` for a command, so its card names the next prefix."""
    ticket = await stage.arrives("The hint")
    assert "Start with // for a note" in ticket.discord.card().embeds[0]["footer"]["text"]
    assert "Start with note: for a note" in ticket.slack.card.rendered


@pytest.mark.scenario(UNDO_SECONDS="300")
async def test_deleted_in_time_it_never_leaves(stage: Stage) -> None:
    """A reply that is deleted within the undo time is not sent and not shown in the other chat."""
    ticket = await stage.arrives("Deleted")
    said, written = await ticket.ann_says("wrong window"), await ticket.bob_says("me too")
    await ticket.marked(said, "⏳")
    await ticket.marked(written, "⏳")
    await stage.world.discord.delete(stage.world.ann, said)
    await stage.world.slack.delete(written)
    last = await ticket.ann_says("right window")
    await stage.bridge.undo_time_passes("right window")
    await ticket.marked(last, "✅")
    await stage.at_rest()
    assert ticket.sent == ["right window"]
    assert ticket.slack.count("wrong window") == 0
    assert ticket.discord.count("me too") == 0


@pytest.mark.scenario(UNDO_SECONDS="300")
async def test_edited_in_time_it_leaves_as_it_is_then(stage: Stage) -> None:
    """A reply changed within the undo time is sent once, in its last version; a link's preview changes nothing."""
    ticket = await stage.arrives("Edited")
    said = await ticket.ann_says("Deer Jane")
    written = await ticket.bob_says("Deer Jane from Slack")
    await stage.world.discord.edit(stage.world.ann, said, "Dear Jane, see https://help.example")
    await stage.world.discord.preview_links(said)
    await stage.world.slack.edit(written, "Dear Jane from Slack")
    await stage.bridge.undo_time_passes("Dear Jane from Slack", "Dear Jane, see https://help.example")
    await until(lambda: len(ticket.sent) == 2, "both have left")
    await stage.at_rest()
    assert sorted(ticket.sent) == ["Dear Jane from Slack", "Dear Jane, see https://help.example"]
    assert ticket.slack.count("Dear Jane, see") == 1, "Slack shows the last version"
    assert ticket.discord.count("Dear Jane from Slack") == 1, "Discord too"
    assert ticket.slack.count("Deer") == ticket.discord.count("Deer") == 0


@pytest.mark.scenario({"lightspeed": "text slack"}, UNDO_SECONDS="300")
async def test_edited_into_a_note_in_time_it_stays_inside(stage: Stage) -> None:
    """A reply that gets a note's prefix within the undo time becomes a note like any other: marked, and shown."""
    ticket = await stage.arrives("Second thoughts")
    said = await ticket.ann_says("he is a fool")
    written = await ticket.bob_says("he is one")
    await stage.world.discord.edit(stage.world.ann, said, "// he is a fool")
    await stage.world.slack.edit(written, "note: he is one")
    await ticket.marked(said, "🔒")
    await ticket.marked(written, "🔒")
    await until(lambda: ticket.slack.count("\nhe is a fool") == 1, "Slack shows the note")
    await until(lambda: ticket.discord.count("he is one") == 1, "Discord shows the note")
    await stage.bridge.undo_time_passes()
    await until(lambda: str(ticket.now.fields.get("memo", "")).count("he is") == 2, "the memo has both")
    await stage.at_rest()
    assert ticket.sent == []


async def test_too_late_is_said_to_the_author_alone(stage: Stage) -> None:
    """What has reached the customer stays there: who edits or deletes it afterwards is told so, once, privately."""
    discord, slack, bob = stage.world.discord, stage.world.slack, stage.world.bob
    ticket = await stage.arrives("Too late")
    said, written = await ticket.ann_says("sent by Ann"), await ticket.bob_says("sent by Bob")
    await ticket.marked(said, "✅")
    await ticket.marked(written, "✅")
    await discord.preview_links(said)
    await discord.edit(stage.world.ann, said, "never said")
    await until(lambda: told_in_discord(stage, ticket, LATE_EDIT) == 1, "Ann is told")
    await slack.edit(written, "never said")
    await until(lambda: LATE_EDIT in slack.ephemerals(bob)[-1].rendered, "Bob is told")
    await discord.delete(stage.world.ann, said)
    await until(lambda: told_in_discord(stage, ticket, LATE_DELETION) == 1, "Ann is told again")
    await slack.delete(written)
    await until(lambda: LATE_DELETION in slack.ephemerals(bob)[-1].rendered, "Bob is told again")
    await stage.at_rest()
    assert sorted(ticket.sent) == ["sent by Ann", "sent by Bob"]
    assert ticket.slack.count("sent by Ann") == 1
    assert len(slack.ephemerals(bob)) == 2


@pytest.mark.scenario(UNDO_SECONDS="300")
async def test_order_is_kept_while_replies_wait(stage: Stage) -> None:
    """Replies written within the undo time leave in the order in which they were written, from whichever chat."""
    ticket = await stage.arrives("In order")
    for number in range(4):
        await (ticket.ann_says if number % 2 else ticket.bob_says)(f"reply {number}")
        await stage.world.slack.settled()
        await until(lambda number=number: ticket.discord.messages(), "it is known")  # type: ignore[misc]
    texts = [f"reply {number}" for number in range(4)]
    await stage.bridge.undo_time_passes(*texts)
    await ticket.has_sent(*texts)


async def test_previews_of_links_are_no_edits(stage: Stage) -> None:
    """Neither before nor after a real edit does what the chats add to a message count as one."""
    discord, slack, bob = stage.world.discord, stage.world.slack, stage.world.bob
    ticket = await stage.arrives("Previews")
    said, written = await ticket.ann_says("see https://help.example"), await ticket.bob_says("see https://faq.example")
    await ticket.marked(said, "✅")
    await ticket.marked(written, "✅")
    preview = {"from_url": "https://faq.example", "title": "Help"}
    for _ in range(2):
        await discord.preview_links(said)
        await slack.unfurl(written, preview)
    await discord.edit(stage.world.ann, said, "see https://help.example/1")
    await slack.edit(written, "see https://faq.example/1")
    for _ in range(2):
        await discord.preview_links(said)
        await slack.unfurl(written, preview)
    await until(lambda: told_in_discord(stage, ticket, LATE_EDIT) == 1, "Ann is told")
    await until(lambda: len(slack.ephemerals(bob)) == 1, "Bob is told")
    last = await ticket.ann_says("last"), await ticket.bob_says("last from Slack")
    for message in last:
        await ticket.marked(message, "✅")
    await stage.at_rest()
    assert told_in_discord(stage, ticket, LATE_EDIT) == 1
    assert len(slack.ephemerals(bob)) == 1


@pytest.mark.scenario({"lightspeed": "text slack"}, REPLY_MODE="explicit", UNDO_SECONDS="0.5")
async def test_talk_becomes_a_note(stage: Stage) -> None:
    """Where nothing is sent by itself, a message edited into a note is marked, shown and kept like any other."""
    discord, slack = stage.world.discord, stage.world.slack
    ticket = await stage.arrives("Talk")
    said, written = await ticket.ann_says("he is a reseller"), await ticket.bob_says("he pays late")
    other = await ticket.ann_says("let us see")
    await slack.settled()
    await discord.edit(stage.world.ann, said, "// he is a reseller")
    await slack.edit(written, "note: he pays late")
    await discord.edit(stage.world.ann, other, "let us wait")
    await ticket.marked(said, "🔒")
    await ticket.marked(written, "🔒")
    await until(lambda: ticket.slack.count("\nhe is a reseller") == 1, "Slack shows the note")
    await until(lambda: ticket.discord.count("he pays late") == 1, "Discord shows the note")
    await until(lambda: str(ticket.now.fields.get("memo", "")).count("he ") == 2, "the memo has both")
    await stage.at_rest()
    assert ticket.sent == []
    await ticket.marked(other, "")


@pytest.mark.scenario({"nextcommerce": "text slack"})
async def test_a_change_of_a_note_is_reported_where_it_is_shown(stage: Stage) -> None:
    """In the other chat's thread, once per change; where the vendor keeps the first version its author is told."""
    discord, slack, ann, bob = stage.world.discord, stage.world.slack, stage.world.ann, stage.world.bob
    ticket = await stage.arrives("Changing notes")
    said, written = await ticket.ann_says("// he is a fool"), await ticket.bob_says("note: he is rude")
    await until(lambda: sum(not m.public for m in ticket.now.messages) == 2, "the vendor has both")
    await until(lambda: ticket.slack.count("he is a fool") == 1, "Slack shows Ann's")
    await until(lambda: ticket.discord.count("he is rude") == 1, "Discord shows Bob's")
    await stage.bridge.drained()
    await discord.edit(ann, said, "// he is a reseller")
    await slack.edit(written, "note: he is in a hurry")
    changed = "changed the note “he is a fool”. It now says:\nhe is a reseller"
    await until(lambda: ticket.slack.count(changed) == 1, "Slack is told")
    await until(lambda: ticket.discord.count("he is in a hurry") == 1, "Discord is told")
    kept = "Next Commerce still has the first version of that note"
    await until(lambda: told_in_discord(stage, ticket, kept) == 1, "Ann is told")
    await until(lambda: kept in slack.ephemerals(bob)[-1].rendered, "Bob is told")
    await discord.edit(ann, said, "he is a reseller")
    await until(lambda: told_in_discord(stage, ticket, "That is still a note") == 1, "Ann is told that it stays")
    await discord.delete(ann, said)
    await slack.delete(written)
    await until(lambda: ticket.slack.count("“he is a reseller” by Ann was deleted") == 1, "Slack is told again")
    await until(lambda: ticket.discord.count("“he is in a hurry” by Bob was deleted") == 1, "Discord too")
    await until(lambda: "Next Commerce still has that note" in slack.ephemerals(bob)[-1].rendered, "Bob is told again")
    await stage.at_rest()
    assert ticket.sent == []
    assert [m.text for m in ticket.now.messages if not m.public] == ["Ann: he is a fool", "Bob: he is rude"]
    assert ticket.slack.count("he is a reseller") == 2
    assert ticket.discord.count("he is a fool") == 0


@pytest.mark.scenario({"nextcommerce": "text slack"})
async def test_a_vendor_that_could_edit_notes_but_not_replies_is_no_exception(stage: Stage) -> None:
    """At Next Commerce, too, a reply that was sent stays as it was, and its author is told so."""
    ticket = await stage.arrives("Comments")
    said = await ticket.ann_says("first version")
    await ticket.marked(said, "✅")
    await stage.world.discord.edit(stage.world.ann, said, "second version")
    await until(lambda: told_in_discord(stage, ticket, LATE_EDIT) == 1, "Ann is told")
    await stage.at_rest()
    assert ticket.sent == ["first version"]
