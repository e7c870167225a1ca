"""Deliveries that meet what seldom happens: each is made once or given up in words, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.db.connection import Transaction
from bot.errors import DatabaseError, Gone, Rejected, RemoteError, Unavailable, Uncertain
from bot.model import (
    Attachment,
    Author,
    Card,
    ChannelId,
    ChatMessageId,
    Conversation,
    Cursor,
    DeliveryKey,
    File,
    Mark,
    Message,
    MessageId,
    Opened,
    Said,
    State,
    Status,
    TicketId,
    TicketNumber,
    Verb,
)
from bot.outbound.chat_couriers import PostCourier
from bot.outbound.dispatcher import Begun
from bot.outbound.retry import Schedule
from bot.text import signed
from bot.tickets import erasure
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, default_vendor, running
from tests.support.memory.chat import MemoryChat
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


@dataclass
class Rich(MemoryVendor):
    """
    A vendor that takes files and keeps notes, which a read shows.

    Attributes:
        before_answering: What happens after the next act was carried out, and before anybody is told.
        before_reading: What happens when a ticket is read next.
    """

    files: list[str] = field(default_factory=list)
    before_answering: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    before_reading: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def ticket(self, ticket: TicketId) -> Conversation:
        if self.before_reading:
            await self.before_reading.pop(0)()
        return await super().ticket(ticket)

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        said = await super().reply(ticket, text)
        await self._happens()
        return said

    async def reply_with(self, ticket: TicketId, text: str, files: list[File]) -> MessageId | None:
        said = await self.reply(ticket, text)
        self.files += [file.name for file in files]
        return said

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        await self._before("note")
        notes = self.said[ticket]
        note = Message(
            id=MessageId(f"n{len(notes)}"),
            author=Author.STAFF,
            text=signed(agent, text),
            is_public=False,
            written_at=now(),
        )
        notes.append(note)
        await self._happens()
        await self._after("note")
        return note.id

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        await self._before("noted")
        return signed(agent, text) in self.texts(ticket)

    async def _happens(self) -> None:
        if self.before_answering:
            await self.before_answering.pop(0)()


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one ticket at a rich vendor."""
    async with running(tmp_path / "db", vendor=Rich(now=now)) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        yield bridge


def rich(bridge: Bridge) -> Rich:
    assert isinstance(bridge.vendor, Rich)
    return bridge.vendor


def later(bridge: Bridge, chat: MemoryChat) -> list[str]:
    """What was posted in the chat's thread behind the customer's first message."""
    return chat.texts(bridge.thread(chat))[1:]


async def has_mark(bridge: Bridge, message: str, mark: Mark) -> None:
    await until(lambda: bridge.discord.marks.get(ChatMessageId(message)) is mark, f"{message} is marked {mark}")


# ---------------------------------------------------------------- files


def attached(name: str, size: int) -> Attachment:
    return Attachment(name=name, url=f"https://files.example/{name}", source=f"https://files.example/{name}", size=size)


async def test_a_file_that_is_too_large_is_left_out_and_the_others_are_sent(bridge: Bridge) -> None:
    """The thread says which one."""
    largest = rich(bridge).capabilities.file_bytes
    files = (attached("small.png", largest), attached("large.mov", largest + 1))
    await bridge.says(bridge.discord, "m1", "See here.", attachments=files)
    await has_mark(bridge, "m1", Mark.DELIVERED)
    assert rich(bridge).files == ["small.png"]
    await bridge.at_rest()
    assert [text for text in later(bridge, bridge.discord) if "without large.mov" in text] != []


async def test_a_file_that_is_gone_from_the_chat(bridge: Bridge) -> None:
    """The reply fails as a whole, and the thread says what to do."""
    bridge.discord.fail["download"] = [Gone("It was deleted.")]
    await bridge.says(bridge.discord, "m1", "See here.", attachments=(attached("a.png", 1),))
    await has_mark(bridge, "m1", Mark.FAILED)
    await bridge.at_rest(State.FAILED)
    (failed,) = later(bridge, bridge.discord)
    assert "The file a.png is no longer in the chat. Please attach it to a new message." in failed
    assert bridge.vendor.texts("t1") == []


async def test_a_file_of_a_chat_that_is_gone_from_the_settings(tmp_path: Path) -> None:
    """Its reply is not sent without it: it fails, and the ticket's other thread says so."""
    vendor, slack = Rich(now=now), MemoryChat(name=SLACK)
    async with running(tmp_path / "db", vendor=vendor, slack=slack, undo=60) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "See here.", attachments=(attached("a.png", 1),))
    async with running(tmp_path / "db", vendor=vendor, slack=slack, without=DISCORD) as bridge:
        thread = bridge.thread(slack)
        await until(lambda: any("The file a.png cannot be fetched" in text for text in slack.texts(thread)), seconds=90)
        assert (vendor.texts("t1"), vendor.files) == ([], [])


async def test_a_file_that_does_not_come_now_is_no_reason_to_look_for_the_reply(bridge: Bridge) -> None:
    """Whatever became of the download, nothing was sent: it is tried again, and sent once."""
    bridge.discord.fail["download"] = [Uncertain("The answer was lost.")]
    await bridge.says(bridge.discord, "m1", "See here.", attachments=(attached("a.png", 1),))
    await has_mark(bridge, "m1", Mark.DELIVERED)
    await bridge.at_rest()
    assert (bridge.vendor.texts("t1"), rich(bridge).files) == (["See here."], ["a.png"])


async def test_a_file_of_unknown_size_that_is_too_large_for_the_vendor(bridge: Bridge) -> None:
    """The reply fails, and the thread says why; nothing is left of the file on the disk."""
    rich(bridge).capabilities = replace(rich(bridge).capabilities, file_bytes=5)
    file = Attachment(name="a.png", url="https://files.example/a.png", source="https://files.example/a.png")
    await bridge.says(bridge.discord, "m1", "See here.", attachments=(file,))
    await has_mark(bridge, "m1", Mark.FAILED)
    await bridge.at_rest(State.FAILED)
    (failed,) = later(bridge, bridge.discord)
    assert "The file a.png is too large for this store's vendor." in failed
    assert bridge.vendor.texts("t1") == []


# ---------------------------------------------------------------- what a sweep sees before the answer comes


@pytest.mark.parametrize("text", ["On its way.", "// careful with this one"])
async def test_what_a_sweep_has_shown_needs_no_further_search(bridge: Bridge, text: str) -> None:
    """A reply or a note is seen in a sweep, then its answer is lost: it is known to be there, and sent once."""

    async def is_swept_and_lost() -> None:
        await bridge.sweeps(2)
        raise Uncertain("The answer was lost.")

    rich(bridge).before_answering = [is_swept_and_lost]
    await bridge.says(bridge.discord, "m1", text)
    await until(lambda: not rich(bridge).before_answering)
    await bridge.at_rest()
    assert len(bridge.vendor.texts("t1")) == 1
    assert bridge.vendor.calls.count("noted") == 0
    assert bridge.discord.marks[ChatMessageId("m1")] in (Mark.DELIVERED, Mark.NOTE)


# ---------------------------------------------------------------- notes


async def test_a_note_that_the_vendor_refuses(bridge: Bridge) -> None:
    """The team still sees it, its thread says so with a button, and Retry saves it."""
    bridge.vendor.fail["note"] = [Rejected("Too long.")]
    await bridge.says(bridge.discord, "m1", "// careful")
    await until(lambda: later(bridge, bridge.discord))
    (failed,) = later(bridge, bridge.discord)
    assert failed == "❌ Your note was not saved at the vendor. Too long. The team still sees it here."
    (button,) = bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons
    await bridge.asks(bridge.discord, Verb.RETRY, delivery=button.delivery)
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == [signed("Ann", "careful")]
    assert later(bridge, bridge.slack) == ["careful"]


async def test_a_note_for_a_vendor_that_keeps_none_any_more(tmp_path: Path) -> None:
    """It waited while the vendor was away; the next process has another account: the thread says why it fails."""
    vendor = Rich(now=now)
    vendor.fail["note"] = [Unavailable("Memory is away.")] * 10_000
    discord = MemoryChat(name=DISCORD)
    async with running(tmp_path / "db", vendor=vendor, discord=discord) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(discord, "m1", "// careful")
        await until(lambda: len(vendor.fail["note"]) < 10_000)
    plain = default_vendor()
    plain.tickets, plain.said = vendor.tickets, vendor.said
    async with running(tmp_path / "db", vendor=plain, discord=discord) as bridge:
        await until(lambda: "The vendor has no place for notes." in " ".join(later(bridge, discord)))


# ---------------------------------------------------------------- threads


@dataclass
class Doubtful(MemoryChat):
    """A chat that is read after the answer to an opening was lost; something happens meanwhile."""

    meanwhile: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        if cursors and self.meanwhile:
            await self.meanwhile.pop(0)()
        async for said in super().missed(cursors):
            yield said


async def test_a_thread_that_is_deleted_while_it_is_read_for_the_first_time(tmp_path: Path) -> None:
    """It is followed by another one, which has everything once."""
    discord = Doubtful(name=DISCORD)
    discord.lose.add("open_thread")

    async with running(tmp_path / "db", discord=discord) as bridge:

        async def deleted() -> None:
            assert discord.intake is not None
            place = bridge.place(discord)
            discord.gone.add(str(place.thread))
            await discord.intake.place_deleted(place)

        discord.meanwhile = [deleted]
        bridge.vendor.customer_writes("t1", "Hello?")
        await until(lambda: len(discord.threads()) == 2)
        await bridge.at_rest()
        assert len(discord.threads()) == 2
        assert discord.texts(discord.threads()[1]).count("Hello?") == 1


@pytest.mark.parametrize(
    "error",
    [Gone("It was deleted."), Uncertain("The answer was lost."), Unavailable("Discord is away.")],
    ids=lambda error: type(error).__name__,
)
async def test_a_thread_that_cannot_be_read_for_the_first_time(tmp_path: Path, error: RemoteError) -> None:
    """It is read later, or used as it is if it cannot be read any more: nothing keeps people from writing there."""
    discord = Doubtful(name=DISCORD)
    discord.lose.add("open_thread")

    async def fails() -> None:
        raise error

    discord.meanwhile = [fails]
    async with running(tmp_path / "db", discord=discord) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        assert len(discord.threads()) == 1


async def test_a_ticket_that_changes_while_its_thread_is_opened(tmp_path: Path) -> None:
    """The card that was posted is outdated already: it is rendered again, and shows the ticket as it is."""

    @dataclass
    class Slow(MemoryChat):
        before_opening: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

        async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
            if self.before_opening:
                await self.before_opening.pop()()
            return await super().open_thread(channel, card, key)

    discord = Slow(name=DISCORD)
    async with running(tmp_path / "db", discord=discord) as bridge:

        async def is_closed() -> None:
            bridge.vendor.set("t1", Status.CLOSED)
            await bridge.sweeps(3)

        discord.before_opening = [is_closed]
        bridge.vendor.customer_writes("t1", "Hello?")
        await until(lambda: discord.threads() and discord.cards[bridge.thread(discord)][-1].status is Status.CLOSED)
        await bridge.at_rest()
        assert discord.cards[bridge.thread(discord)][0].status is Status.OPEN


async def test_a_card_that_must_change_while_its_thread_is_replaced(bridge: Bridge) -> None:
    """The old thread is gone and the new one not open yet: its opening posts the card as it is then."""
    discord, place = bridge.discord, bridge.place(bridge.discord)
    discord.fail["render_card"] = [Unavailable("Discord is away.")] * 2
    discord.fail["open_thread"] = [Unavailable("Discord is away.")] * 6
    bridge.vendor.set("t1", Status.CLOSED)
    await until(lambda: len(discord.fail["render_card"]) < 2)
    discord.gone.add(str(place.thread))
    assert discord.intake is not None
    await discord.intake.place_deleted(place)
    await until(lambda: len(discord.threads()) == 2)
    await bridge.at_rest()
    assert discord.cards[bridge.thread(discord, 1)][-1].status is Status.CLOSED


async def test_a_ticket_that_never_got_its_thread_is_forgotten(tmp_path: Path) -> None:
    """There is nothing to erase in that chat, and everything in the other."""
    discord = MemoryChat(name=DISCORD)
    discord.fail["open_thread"] = [Gone("The channel was deleted.")]
    async with running(tmp_path / "db", discord=discord) as bridge:
        bridge.vendor.customer_writes("t1", "My key is 1234")
        bridge.vendor.customer_writes("t1", "And 5678")
        await until(lambda: bridge.slack.threads() and "And 5678" in bridge.slack.texts(bridge.thread(bridge.slack)))
        await forget(bridge)
        await bridge.at_rest()
        assert discord.threads() == []
        assert set(bridge.slack.texts(bridge.thread(bridge.slack))) == {"This message was erased."}


async def forget(bridge: Bridge) -> None:
    def work(tx: Transaction) -> None:
        erasure.forget(tx, [TicketNumber(1001)], bridge.app._clock.now(), in_chats=True)

    await bridge.database.write(work)
    bridge.app.outbox.wake()


# ---------------------------------------------------------------- the outbox itself


async def test_what_is_dropped_while_it_is_looked_for_fails_in_silence(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ticket is erased in the midst of the search: nobody is told of a failure of what is not there any more."""
    monkeypatch.setattr("bot.outbound.vendor_couriers._SEARCHED_FOR", timedelta())  # so the search is the last one

    async def erased() -> None:
        await forget(bridge)
        raise Gone("It is not there.")

    bridge.vendor.fail["reply"] = [Uncertain("The answer was lost.")]
    rich(bridge).before_reading = [erased]
    await bridge.says(bridge.discord, "m1", "On its way.")
    await until(lambda: not rich(bridge).before_reading, "it is looked for")
    await bridge.at_rest()
    assert not [text for text in bridge.discord.texts(bridge.thread(bridge.discord)) if "❌" in text]


async def test_without_the_database_nothing_goes_on(tmp_path: Path) -> None:
    """What cannot be written down ends the bridge, so that it is seen; after the next start all is delivered once."""
    vendor, discord = default_vendor(), MemoryChat(name=DISCORD)

    async def is_full(*_args: object) -> None:
        raise DatabaseError("The disk is full.")

    async def story() -> None:
        async with running(tmp_path / "db", vendor=vendor, discord=discord) as bridge:
            await bridge.ticket_arrives()
            await bridge.at_rest()
            bridge.app.outbox._write_success = is_full  # type: ignore[assignment, method-assign]
            await bridge.says(discord, "m1", "On its way.")
            await until(lambda: vendor.texts("t1"))

    with pytest.raises(ExceptionGroup) as ended:
        await story()
    assert ended.value.subgroup(DatabaseError) is not None
    async with running(tmp_path / "db", vendor=vendor, discord=discord) as bridge:
        await bridge.at_rest()
        assert vendor.texts("t1") == ["On its way."]


async def test_what_was_begun_while_the_outbox_ends_is_sent_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hears of the commit when it has ended already: then nothing is sent, and later once."""
    vendor, discord = default_vendor(), MemoryChat(name=DISCORD)
    begun: list[Begun] = []
    async with running(tmp_path / "db", vendor=vendor, discord=discord) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        dispatcher = bridge.app.outbox._dispatcher
        tell = dispatcher.committed
        monkeypatch.setattr(dispatcher, "committed", begun.append)
        await bridge.says(discord, "m1", "On its way.")
        await until(lambda: begun)
    for each in begun:
        tell(each)
    await asyncio.sleep(0)
    assert vendor.texts("t1") == []
    async with running(tmp_path / "db", vendor=vendor, discord=discord) as bridge:
        await bridge.at_rest()
        assert vendor.texts("t1") == ["On its way."]


@pytest.mark.parametrize("method", ["join", "give_up"])
async def test_a_defect_before_or_after_an_attempt_ends_only_that(tmp_path: Path, method: str) -> None:
    """A row that nobody has thought of: its delivery fails, all others are made, and shopbell goes on."""
    async with running(tmp_path / "db", poll_seconds=0.5) as bridge:
        await bridge.ticket_arrives()
        await bridge.drained()
        bridge.slack.fail["post"] = [Rejected("No.")] if method == "give_up" else []
        with patch.object(PostCourier, method, side_effect=KeyError("odd")):
            bridge.vendor.customer_writes("t1", "odd")
            bridge.app.nudge(MAIN)
            await until(partial(_has_failed, bridge, "post"))
        bridge.vendor.customer_writes("t1", "even")
        bridge.app.nudge(MAIN)
        for chat in (bridge.discord, bridge.slack):
            await until(lambda chat=chat: "even" in chat.texts(bridge.thread(chat)))  # type: ignore[misc]
        await bridge.at_rest(State.FAILED)


async def _has_failed(bridge: Bridge, kind: str) -> bool:
    rows = await bridge.rows("unfinished_deliveries")
    return any((row["kind"], row["state"]) == (kind, State.FAILED) for row in rows)


async def test_a_close_that_is_never_answered_is_given_up_in_words(tmp_path: Path) -> None:
    """It is asked for less and less often: each second, it would use up what the store allows for everything else."""
    async with running(tmp_path / "db", schedule=Schedule()) as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["set_status"] = [Uncertain("No answer came.")] * 1000
        await bridge.asks(bridge.discord, Verb.CLOSE)
        await asyncio.sleep(12 * 3600)
        assert bridge.vendor.calls.count("set_status") == len(Schedule().retries) + 1
        (line,) = [text for text in later(bridge, bridge.discord) if "No answer came." in text]
        assert line.startswith("❌")


async def test_a_card_that_is_never_answered_is_right_soon_after_the_chat_works(tmp_path: Path) -> None:
    """Meanwhile it takes few requests; another success there shows that the outage is over."""
    async with running(tmp_path / "db", schedule=Schedule()) as bridge:
        await bridge.ticket_arrives()
        await bridge.drained()
        errors: list[RemoteError] = [Uncertain("No answer came.") for _ in range(1000)]
        bridge.discord.fail["render_card"] = errors
        await bridge.asks(bridge.discord, Verb.TAKE)
        await asyncio.sleep(9 * 3600)
        assert 1000 - len(errors) <= len(Schedule().retries) + 2
        errors.clear()
        bridge.vendor.customer_writes("t1", "More")
        await asyncio.sleep(180)
        assert "Ann" in str(bridge.discord.cards[bridge.thread(bridge.discord)][-1])
