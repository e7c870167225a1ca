"""What becomes of messages that are edited or deleted, seen from the core."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import Rejected, Unavailable
from bot.model import Attachment, ChannelId, ChatMessageId, Mark, MessageId, Place, Store, TicketId, Verb
from bot.ports import VendorCapabilities
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

_EXPLICIT = Store(
    name=MAIN,
    label="Main · Memory",
    vendor_label="Memory",
    channels=tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK)),
    poll_seconds=0.05,
    sends_all=False,
)


@dataclass
class Noting(MemoryVendor):
    """A vendor that keeps notes."""

    notes: list[str] = field(default_factory=list)

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        await self._before("note")
        self.notes.append(text)
        await self._after("note")
        return None

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        return text in self.notes


def brief() -> MemoryVendor:
    """A vendor that takes replies of at most ten characters."""
    return MemoryVendor(now=now, capabilities=VendorCapabilities(verbs=frozenset({Verb.CLOSE}), reply_length=10))


def said_in(bridge: Bridge, chat: MemoryChat) -> list[str]:
    """What stands in the chat's first thread behind the customer's first message."""
    return chat.texts(bridge.thread(chat))[1:]


def marked(chat: MemoryChat, message: str) -> Mark | None:
    return chat.marks.get(ChatMessageId(message))


# ---------------------------------------------------------------- replies


async def test_an_edit_that_makes_a_reply_too_long_is_not_sent(tmp_path: Path) -> None:
    """In the words with which a reply that was written so is refused; made short again it is sent after all, once."""
    async with running(tmp_path / "db", vendor=brief(), undo=0.3) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "short")
        await bridge.says(bridge.discord, "m2", "second")
        for _ in range(3):
            await bridge.edits(bridge.discord, "m1", "much too long")
        await until(lambda: bridge.vendor.texts("t1") == ["second"])
        await until(lambda: marked(bridge.discord, "m1") is Mark.FAILED)
        await until(lambda: said_in(bridge, bridge.discord))
        [refused] = said_in(bridge, bridge.discord)
        assert refused.startswith("❌ Your message did not reach the customer. This reply is")
        await bridge.edits(bridge.discord, "m1", "still much too long")
        await until(lambda: len(said_in(bridge, bridge.discord)) == 2)
        for _ in range(3):
            await bridge.edits(bridge.discord, "m1", "short now")
        await until(lambda: marked(bridge.discord, "m1") is Mark.DELIVERED)
        await bridge.drained()
        assert bridge.vendor.texts("t1") == ["second", "short now"]


async def test_an_edit_that_leaves_nothing_is_said(tmp_path: Path) -> None:
    """A reply that is edited until nothing is left of it has failed, and the thread says so."""
    async with running(tmp_path / "db", undo=0.3) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "oops", unsupported=("a sticker",))
        await bridge.edits(bridge.discord, "m1", " \n ")
        await until(lambda: marked(bridge.discord, "m1") is Mark.FAILED)
        await until(lambda: len(said_in(bridge, bridge.discord)) == 2)
        assert bridge.vendor.texts("t1") == []
        assert said_in(bridge, bridge.discord)[-1] == (
            "❌ Your message did not reach the customer. Memory does not accept a sticker. Your message is kept here."
        )


async def test_what_was_left_out_is_said_once(tmp_path: Path) -> None:
    """Editing the text beside a file that is not sent does not say again that it is not."""
    async with running(tmp_path / "db", undo=0.3) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "see", unsupported=("a sticker",))
        await bridge.edits(bridge.discord, "m1", "see here")
        await bridge.drained()
        assert bridge.vendor.texts("t1") == ["see here"]
        assert len(said_in(bridge, bridge.discord)) == 1


async def test_a_reply_that_failed_is_sent_as_it_was_corrected(tmp_path: Path) -> None:
    """Edited after it failed, it waits for Retry, and its author is told so; deleted, it is given up."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["reply"] = [Rejected("Memory did not like it.")] * 2
        for message in ("m1", "m2"):
            await bridge.says(bridge.discord, message, "bad word")
        await until(lambda: [marked(bridge.discord, message) for message in ("m1", "m2")] == [Mark.FAILED] * 2)
        await bridge.edits(bridge.discord, "m1", "good word")
        await until(lambda: bridge.discord.told)
        assert bridge.discord.told[0][1].startswith("That message has not reached the customer. “Retry” sends")
        await bridge.deletes(bridge.discord, "m2")
        [failed] = [row for row in await bridge.rows("unfinished_deliveries") if row["state"] == "failed"]
        await bridge.asks(bridge.discord, Verb.RETRY, delivery=failed["id"])
        await until(lambda: marked(bridge.discord, "m1") is Mark.DELIVERED)
        await bridge.drained()
        assert bridge.vendor.texts("t1") == ["good word"]
        assert len(bridge.discord.told) == 1


async def test_what_may_have_left_is_reported_as_that(tmp_path: Path) -> None:
    """While nobody knows whether a reply arrived, its author does not read that it did, and once for each change."""
    vendor = MemoryVendor(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        vendor.lose.add("reply")
        vendor.fail["ticket"] = [Unavailable("Down.")] * 1000
        await bridge.says(bridge.discord, "m1", "first")
        await until(lambda: vendor.texts("t1") == ["first"])
        for _ in range(3):
            await bridge.edits(bridge.discord, "m1", "second")
        for _ in range(3):
            await bridge.deletes(bridge.discord, "m1")
        await until(lambda: len(bridge.discord.told) == 2)
        vendor.fail["ticket"].clear()
        await bridge.drained()
        assert [text.split(";")[0] for _, text in bridge.discord.told] == [
            "The customer may already have the first version of that message",
            "The customer may already have that message",
        ]
        assert vendor.texts("t1") == ["first"]


async def test_what_is_changed_again_and_again_is_reported_once_each(tmp_path: Path) -> None:
    """A chat that brings an edit or a deletion eleven times makes one private word of it."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.slack, "m1", "sent")
        await until(lambda: marked(bridge.slack, "m1") is Mark.DELIVERED)
        for text in ("one", "two"):
            for _ in range(11):
                await bridge.edits(bridge.slack, "m1", text)
        for _ in range(11):
            await bridge.deletes(bridge.slack, "m1")
        await bridge.edits(bridge.slack, "m1", "late")
        await until(lambda: len(bridge.slack.told) == 3)
        await bridge.drained()
        assert len(bridge.slack.told) == 3
        assert bridge.vendor.texts("t1") == ["sent"]


async def test_an_edit_that_comes_after_the_deletion_sends_nothing(tmp_path: Path) -> None:
    """Chats bring events in any order: what was deleted is not sent by an edit of before, nor by coming again."""
    async with running(tmp_path / "db", vendor=brief(), undo=0.2) as bridge:
        await bridge.ticket_arrives()
        said = await bridge.says(bridge.slack, "m1", "much too long")
        await bridge.deletes(bridge.slack, "m1")
        await bridge.edits(bridge.slack, "m1", "short")
        assert bridge.slack.intake is not None
        await bridge.slack.intake.said(said)
        await bridge.says(bridge.slack, "m2", "last")
        await until(lambda: bridge.vendor.texts("t1"))
        await bridge.drained()
        assert bridge.vendor.texts("t1") == ["last"]


# ---------------------------------------------------------------- where nothing is sent by itself


async def test_talk_becomes_a_note_and_nothing_else(tmp_path: Path) -> None:
    """With SENDS=explicit, talk edited into a note is one everywhere; other edits of talk send nothing."""
    vendor = Noting(now=now)
    async with running(tmp_path / "db", vendor=vendor, store=_EXPLICIT, undo=0.2) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "he is a reseller")
        await bridge.says(bridge.discord, "m2", "is he")
        await bridge.edits(bridge.discord, "m2", "is he?")
        for _ in range(3):
            await bridge.edits(bridge.discord, "m1", "note: he is a reseller")
        await until(lambda: marked(bridge.discord, "m1") is Mark.NOTE)
        await bridge.drained()
        assert said_in(bridge, bridge.slack) == ["he is a reseller"]
        assert vendor.notes == ["he is a reseller"]
        assert vendor.texts("t1") == []
        assert said_in(bridge, bridge.discord) == []


_MISTYPED = [
    ("!closee", "“closee” is no command of shopbell, so nothing was done. Did you mean !close?"),
    ("!note a reseller", "“note a reseller” is no command of shopbell, so nothing was done. Did you mean /note?"),
    ("@shopbell hm", "“hm” is no command of shopbell, so nothing was done. Write !help to see what there is."),
]


@pytest.mark.parametrize(("typed", "told"), _MISTYPED)
async def test_whoever_mistypes_a_command_is_told_where_nothing_is_sent(tmp_path: Path, typed: str, told: str) -> None:
    """Once, whether it was written or came about by an edit; the team's talk is answered by nobody, also behind `!`."""
    async with running(tmp_path / "db", store=_EXPLICIT) as bridge:
        await bridge.ticket_arrives()
        for number, talk in enumerate(["!wow", "he is a reseller", "/shrug", "!nice work"]):
            await bridge.says(bridge.discord, f"talk{number}", talk)
        await bridge.says(bridge.discord, "m1", typed)
        await until(lambda: [text for _, text in bridge.discord.told] == [told])
        await bridge.says(bridge.slack, "m2", "hm")
        for _ in range(2):
            await bridge.edits(bridge.slack, "m2", typed)
        await until(lambda: bridge.slack.told)
        await bridge.drained()
        assert [text for _, text in bridge.discord.told + bridge.slack.told] == [told, told]
        assert bridge.vendor.texts("t1") == []


async def test_a_command_with_a_file_is_no_unknown_one(tmp_path: Path) -> None:
    """Where nothing is sent, its author is told what to do, and not that there is no such command."""
    file = Attachment(name="key.txt", url="https://files.example/key.txt", size=3)
    async with running(tmp_path / "db", store=_EXPLICIT) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "!close", attachments=(file,))
        await until(lambda: bridge.discord.told)
        assert [text for _, text in bridge.discord.told] == [
            "A command that comes with more, such as a file, is not done. Write the command alone."
        ]


async def test_what_was_sent_by_hand_stays_a_reply_when_it_is_edited(tmp_path: Path) -> None:
    """An edit before it could leave changes what is sent; what is sent by hand is what the message holds then."""
    async with running(tmp_path / "db", store=_EXPLICIT) as bridge:
        await bridge.ticket_arrives()
        said = await bridge.says(bridge.slack, "m1", "heard so")
        bridge.vendor.fail["reply"] = [Unavailable("Down.")] * 3
        changed = bridge.said(bridge.slack, "m1", "changed unheard", said_at=said.said_at)
        await bridge.asks(bridge.slack, Verb.SEND, message=changed)
        await until(lambda: len(bridge.vendor.fail["reply"]) < 3)
        await bridge.edits(bridge.slack, "m1", "changed again")
        await until(lambda: marked(bridge.slack, "m1") is Mark.DELIVERED)
        assert bridge.vendor.texts("t1") == ["changed again"]


async def test_what_was_talk_is_not_sent_by_an_edit_when_the_mode_has_changed(tmp_path: Path) -> None:
    """What was written when nothing left by itself stays inside, whatever REPLY_MODE says now."""
    vendor, discord, slack = MemoryVendor(now=now), MemoryChat(name=DISCORD), MemoryChat(name=SLACK)
    chats = {"discord": discord, "slack": slack}
    async with running(tmp_path / "db", vendor=vendor, store=_EXPLICIT, **chats) as bridge:  # type: ignore[arg-type]
        await bridge.ticket_arrives()
        await bridge.says(discord, "m1", "among us")
    async with running(tmp_path / "db", vendor=vendor, **chats) as bridge:  # type: ignore[arg-type]
        await until(lambda: discord.missed_calls == 2)
        await bridge.edits(discord, "m1", "among us only")
        await bridge.says(discord, "m2", "hello")
        await until(lambda: marked(discord, "m2") is Mark.DELIVERED)
        assert vendor.texts("t1") == ["hello"]


# ---------------------------------------------------------------- notes


@pytest.mark.parametrize("times", [1, 5])
async def test_an_edit_of_a_note_is_reported_where_it_is_shown(tmp_path: Path, times: int) -> None:
    """Once per edit, in the other thread; the vendor's notes keep what they have, and its author is told so."""
    vendor = Noting(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "// he is a fool")
        await until(lambda: vendor.notes and len(said_in(bridge, bridge.slack)) == 1)
        await bridge.drained()
        for text in ("// he is a reseller", "// he is"):
            for _ in range(times):
                await bridge.edits(bridge.discord, "m1", text)
        for _ in range(times):
            await bridge.deletes(bridge.discord, "m1")
        await bridge.drained()
        assert said_in(bridge, bridge.slack) == [
            "he is a fool",
            "✏️ Ann changed the note “he is a fool”. It now says:\nhe is a reseller",
            "✏️ Ann changed the note “he is a reseller”. It now says:\nhe is",
            "🗑️ The note “he is” by Ann was deleted.",
        ]
        await until(lambda: len(bridge.discord.told) == 3)
        assert [text for _, text in bridge.discord.told] == [
            "Memory still has the first version of that note; shopbell cannot edit it there.",
            "Memory still has the first version of that note; shopbell cannot edit it there.",
            "Memory still has that note; shopbell cannot delete it there.",
        ]
        assert vendor.notes == ["he is a fool"]
        assert said_in(bridge, bridge.discord) == []


async def test_a_note_that_is_edited_in_time_reaches_the_vendor_as_edited(tmp_path: Path) -> None:
    """The vendor's notes get it after its undo time, as it is then; nobody has to be told of anything there."""
    vendor = Noting(now=now)
    async with running(tmp_path / "db", vendor=vendor, undo=0.4) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "// frist")
        await until(lambda: said_in(bridge, bridge.slack) == ["frist"])
        await bridge.edits(bridge.discord, "m1", "// first")
        await bridge.drained()
        assert vendor.notes == ["first"]
        assert said_in(bridge, bridge.slack)[1:] == ["✏️ Ann changed the note “frist”. It now says:\nfirst"]
        assert bridge.discord.told == []


async def test_a_note_that_nobody_has_seen_is_shown_as_it_is_then(tmp_path: Path) -> None:
    """As long as the other chat does not take it, nothing is reported: edited it shows so, deleted not at all."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.slack.fail["post"] = [Unavailable("Down.")] * 3
        await bridge.says(bridge.discord, "m1", "// frist")
        await bridge.says(bridge.discord, "m2", "// wrong")
        await bridge.edits(bridge.discord, "m1", "// first")
        await bridge.deletes(bridge.discord, "m2")
        await bridge.drained()
        assert said_in(bridge, bridge.slack) == ["first"]


async def test_a_note_stays_a_note(tmp_path: Path) -> None:
    """Taking the prefix away sends nothing: its author is told so, and the other thread what it says now."""
    async with running(tmp_path / "db", undo=0.2) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "// among us")
        await until(lambda: said_in(bridge, bridge.slack) == ["among us"])
        for text in ("among us", "dear Jane"):
            for _ in range(3):
                await bridge.edits(bridge.discord, "m1", text)
        await bridge.drained()
        await until(lambda: len(bridge.discord.told) == 2)
        assert all(text.startswith("That is still a note") for _, text in bridge.discord.told)
        assert said_in(bridge, bridge.slack)[1:] == ["✏️ Ann changed the note “among us”. It now says:\ndear Jane"]
        assert bridge.vendor.texts("t1") == []
        assert marked(bridge.discord, "m1") is Mark.NOTE
        sent = bridge.said(bridge.discord, "m1", "dear Jane")
        await bridge.asks(bridge.discord, Verb.SEND, message=sent)
        await until(lambda: bridge.vendor.texts("t1") == ["dear Jane"])


async def test_a_note_in_doubt_keeps_the_text_by_which_it_is_found(tmp_path: Path) -> None:
    """A note whose answer was lost is edited before it is looked for: it is found, and not written again."""
    vendor = Noting(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        vendor.lose.add("note")
        await bridge.says(bridge.discord, "m1", "// once")
        await until(lambda: vendor.notes == ["once"])
        await bridge.edits(bridge.discord, "m1", "// twice")
        await bridge.drained()
        assert vendor.notes == ["once"]
        assert said_in(bridge, bridge.slack)[-1] == "✏️ Ann changed the note “once”. It now says:\ntwice"
