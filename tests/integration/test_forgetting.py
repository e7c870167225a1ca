"""Forgetting beside a running bridge, and before one starts: what it does then, and what it does not do any more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.db.connection import Database
from bot.db.erased_words import overwrite_erased_words
from bot.errors import Gone, Rejected, Unavailable
from bot.model import ChatMessageId, DeliveryKey, Place, Post, Status, TicketId, Verb
from bot.tickets import erasure
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, default_vendor, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

ERASED = "This message was erased."
KEY = "My key is 1234, write to me@example.com"
"""With an address, so that it is posted, and does not stand on the card alone."""


async def forget(
    path: Path, address: str = "jane@example.com", *, whom: str = "", in_chats: bool = True
) -> erasure.Extent:
    """As `shopbell forget` does it: by a connection of its own, in one short write."""
    database = await Database.open_to_change(path)
    try:
        tickets = await database.read(erasure.find_tickets, address)
        return await database.write(erasure.forget, tickets, SystemClock().now(), whom=whom, in_chats=in_chats)
    finally:
        await database.aclose()


async def erased(bridge: Bridge) -> None:
    """Wait until both threads hold nothing but erased posts."""
    bridge.app.outbox.wake()
    await until(lambda: all(_is_erased(bridge, chat) for chat in (bridge.discord, bridge.slack)), "all erased")
    await bridge.drained()


def _is_erased(bridge: Bridge, chat: MemoryChat) -> bool:
    thread = bridge.thread(chat)
    return set(chat.texts(thread)) == {ERASED} and chat.cards[thread][-1].title == "#1001 · erased"


def listed(bridge: Bridge) -> int:
    return bridge.vendor.calls.count("changes")


async def sweeps(bridge: Bridge, amount: int = 5) -> None:
    wanted = listed(bridge) + amount
    while listed(bridge) < wanted:
        bridge.app.nudge(MAIN)
        await asyncio.sleep(0.01)


async def test_a_running_bridge_erases_its_posts_and_cards(tmp_path: Path) -> None:
    """In both chats, the threads' names included; and ten sweeps later nothing has come back."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives("t1", KEY)
        await bridge.says(bridge.discord, "m1", "Ann answers")
        await until(lambda: "Ann answers" in bridge.slack.texts(bridge.thread(bridge.slack)))
        await bridge.drained()
        await forget(tmp_path / "db")
        await erased(bridge)
        await sweeps(bridge, 10)
        await bridge.drained()
        for chat in (bridge.discord, bridge.slack):
            thread = bridge.thread(chat)
            card = chat.cards[thread][-1]
            assert set(chat.texts(thread)) == {ERASED}
            assert chat.names[thread] == card.title == "#1001 · erased"
            assert (card.customer.name, card.customer.email, card.opening, card.facts) == (None, None, "", ())
            assert (card.buttons, card.url) == ((), None)
        (ticket,) = await bridge.rows("linked_tickets", store=None, status="all")
        assert ticket["vendor_id"] != "t1"


async def test_what_is_forgotten_is_not_found(tmp_path: Path) -> None:
    """Neither by its words nor by its number; and no word of it stands in the file or its log, or in an index."""
    path = tmp_path / "db"
    async with running(path) as bridge:
        await bridge.ticket_arrives("t1", KEY, "Violet")
        await bridge.says(bridge.discord, "m1", "Qzxplatypus")
        await bridge.drained()
        await bridge.database.empty_log()
        assert (await bridge.asks(bridge.slack, Verb.FIND, words="qzxplatypus")).listing is not None
        assert b"qzxplatypus" in path.read_bytes().lower()
        await forget(path, "#1001")
        for words in ("qzxplatypus", "violet", "1001", "t1"):
            assert (await bridge.asks(bridge.slack, Verb.FIND, words=words)).listing is None
        assert await overwrite_erased_words(bridge.database)
        await bridge.at_rest()
        await bridge.database.empty_log()
        assert b"qzx" not in path.read_bytes().lower()


async def test_what_the_customer_wrote_in_others_tickets_is_erased_there(tmp_path: Path) -> None:
    """In both chats, in part after part; the other customer's own words, the card and the thread's name stay."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives("t1", "My own words", "Jane")
        for text in ("Guest first", "long " * 3000, "Guest last"):
            bridge.vendor.customer_writes("t1", text)
            said = bridge.vendor.said[TicketId("t1")]
            said[-1] = replace(said[-1], author_name="Violet <violet@example.com>")
        bridge.vendor.customer_writes("t1", "And my own again")
        bridge.app.nudge(MAIN)
        chats = (bridge.discord, bridge.slack)
        await until(lambda: all("And my own again" in chat.texts(bridge.thread(chat)) for chat in chats))
        await bridge.drained()
        names = [chat.names[bridge.thread(chat)] for chat in chats]
        before = [len(chat.texts(bridge.thread(chat))) for chat in chats]
        for _ in range(2):
            await forget(tmp_path / "db", "violet@example.com", whom="violet@example.com")
        bridge.app.outbox.wake()
        await bridge.drained()
        await sweeps(bridge)
        await bridge.drained()
        for chat, posts in zip(chats, before, strict=True):
            texts = chat.texts(bridge.thread(chat))
            assert len(texts) == posts
            assert [text for text in texts if text != ERASED] == ["My own words", "And my own again"]
        assert [chat.names[bridge.thread(chat)] for chat in chats] == names
        assert bridge.discord.cards[bridge.thread(bridge.discord)][-1].opening == "The customer wrote:\nMy own words"


async def test_the_first_message_of_anothers_ticket_is_erased_on_its_card_too(tmp_path: Path) -> None:
    """The next one that has words is posted below, so the card does not show it once more."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.customer_writes("t1", "Guest first")
        said = bridge.vendor.said[TicketId("t1")]
        said[-1] = replace(said[-1], author_name="\u200bviolet＠example.com")
        await bridge.ticket_arrives("t1", "My own words", "Jane")
        await bridge.drained()
        await forget(tmp_path / "db", "violet@example.com", whom="violet@example.com")
        bridge.app.outbox.wake()
        await bridge.drained()
        thread = bridge.thread(bridge.discord)
        assert "Guest first" not in bridge.discord.texts(thread)
        assert "My own words" in bridge.discord.texts(thread)
        assert bridge.discord.cards[thread][-1].opening == ""


async def test_everything_goes_where_some_of_it_still_waits_to_be_erased(tmp_path: Path) -> None:
    """Two commands before the bridge runs: the second one, for the whole ticket, is not lost, nor is the first."""
    discord, slack, vendor = MemoryChat(name=DISCORD), MemoryChat(name=SLACK), default_vendor()
    async with running(tmp_path / "db", discord=discord, slack=slack, vendor=vendor) as bridge:
        await bridge.ticket_arrives("t1", "My own words", "Jane")
        vendor.customer_writes("t1", "Guest")
        said = vendor.said[TicketId("t1")]
        said[-1] = replace(said[-1], author_name="violet@example.com")
        bridge.app.nudge(MAIN)
        await until(lambda: "Guest" in discord.texts(discord.threads()[0]))
        await bridge.drained()
    await forget(tmp_path / "db", "violet@example.com", whom="violet@example.com")
    await forget(tmp_path / "db")
    async with running(tmp_path / "db", discord=discord, slack=slack, vendor=vendor) as bridge:
        await erased(bridge)


async def test_the_next_start_erases_what_was_forgotten_meanwhile(tmp_path: Path) -> None:
    """Without a running bridge the command only writes the file; the chats follow."""
    discord, slack, vendor = MemoryChat(name=DISCORD), MemoryChat(name=SLACK), default_vendor()
    async with running(tmp_path / "db", discord=discord, slack=slack, vendor=vendor) as bridge:
        await bridge.ticket_arrives("t1", KEY)
        await bridge.drained()
    await forget(tmp_path / "db")
    assert set(discord.texts(discord.threads()[0])) == {KEY}
    async with running(tmp_path / "db", discord=discord, slack=slack, vendor=vendor) as bridge:
        await erased(bridge)


async def test_without_chats_nothing_is_changed_there(tmp_path: Path) -> None:
    """The cards stay as they are, though the words are erased here."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives("t1", KEY)
        await bridge.drained()
        cards = [len(chat.cards[bridge.thread(chat)]) for chat in (bridge.discord, bridge.slack)]
        await forget(tmp_path / "db", in_chats=False)
        await sweeps(bridge)
        await bridge.drained()
        assert [len(chat.cards[bridge.thread(chat)]) for chat in (bridge.discord, bridge.slack)] == cards
        assert bridge.discord.texts(bridge.thread(bridge.discord)) == [KEY]


async def test_what_the_customer_writes_afterwards_shows_in_the_same_thread(tmp_path: Path) -> None:
    """And can be answered there again."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives("t1", KEY)
        await bridge.drained()
        await forget(tmp_path / "db")
        await erased(bridge)
        bridge.vendor.customer_writes("t1", "It is me again")
        bridge.app.nudge(MAIN)
        thread = bridge.thread(bridge.discord)
        await until(lambda: bridge.discord.texts(thread) == [ERASED, "It is me again"], "the new words show")
        await bridge.asks(bridge.discord, Verb.TAKE)
        await bridge.says(bridge.discord, "m1", "Hello again")
        await until(lambda: bridge.vendor.texts("t1") == ["Hello again"])
        assert len(bridge.discord.threads()) == 1


async def test_until_then_nothing_can_be_sent_from_there(tmp_path: Path) -> None:
    """Whoever tries reads why; the vendor is never asked with an id that it does not know."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives("t1", KEY)
        await bridge.drained()
        await forget(tmp_path / "db")
        await erased(bridge)
        bridge.vendor.calls.clear()
        await bridge.says(bridge.discord, "m1", "Hello?")
        thread = bridge.thread(bridge.discord)
        await until(lambda: "This ticket was erased here" in bridge.discord.texts(thread)[-1], "refused in the thread")
        assert "was erased here" in (await bridge.asks(bridge.discord, Verb.CLOSE)).text
        assert not {"reply", "set_status"} & set(bridge.vendor.calls)


async def test_a_reply_that_waits_is_never_sent(tmp_path: Path) -> None:
    """It is given up, and its mark is taken away."""
    async with running(tmp_path / "db", undo=30) as bridge:
        await bridge.ticket_arrives("t1", KEY)
        said = await bridge.says(bridge.discord, "m1", "Never sent")
        await until(lambda: bridge.discord.reactions[said.message] != set(), "it waits")
        named = await forget(tmp_path / "db")
        assert [each.author for each in named.unsent] == ["Ann"]
        await erased(bridge)
        assert bridge.discord.reactions[said.message] == set()
        assert bridge.vendor.texts("t1") == []


@pytest.mark.takes(4)
async def test_a_status_that_changes_at_the_vendor_is_still_counted(tmp_path: Path) -> None:
    """The figures stay right: a full sweep shows that the forgotten ticket is closed."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives("t1", KEY)
        await bridge.drained()
        await forget(tmp_path / "db", in_chats=False)
        bridge.vendor.customer_writes("t2", "Another one")
        bridge.vendor.set("t1", Status.CLOSED)
    async with running(tmp_path / "db", vendor=bridge.vendor) as bridge:
        await bridge.database.write(lambda tx: tx.run("set_store_swept", name=MAIN, now=0, full=1))
        await sweeps(bridge)

        async def is_closed() -> bool:
            (row,) = await bridge.rows("ticket", number=1001)
            return row["status"] == "closed" and row["erased"] == 1

        for _ in range(200):
            if await is_closed():
                break
            await sweeps(bridge, 1)
        assert await is_closed()


@pytest.mark.parametrize("error", [Gone("It was deleted."), Unavailable("Not now.")])
async def test_a_post_that_is_gone_or_a_chat_that_fails_delays_only_itself(tmp_path: Path, error: Exception) -> None:
    """What people deleted needs no erasing, and what failed is tried again."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives("t1", KEY)
        bridge.vendor.customer_writes("t1", "And 5678")
        bridge.app.nudge(MAIN)
        thread = bridge.thread(bridge.discord)
        await until(lambda: len(bridge.discord.texts(thread)) == 2)
        await bridge.drained()
        bridge.discord.fail["erase"] = [error]  # type: ignore[list-item]
        await forget(tmp_path / "db")
        bridge.app.outbox.wake()
        await until(lambda: bridge.discord.names[thread] == "#1001 · erased", "renamed at last")
        await bridge.drained()
        skipped = [KEY] if isinstance(error, Gone) else []
        assert [text for text in bridge.discord.texts(thread) if text != ERASED] == skipped


async def test_a_post_that_fails_while_it_is_forgotten_names_nobody(tmp_path: Path) -> None:
    """The line about a message that could not be shown is written after the erasing, and is without the name."""

    @dataclass
    class Slow(MemoryChat):
        """Refuses one post for good, after the customer was forgotten meanwhile."""

        async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
            if "Refused" in post.text:
                await forget(tmp_path / "db", in_chats=False)
                raise Rejected("It refuses these words.")
            return await super().post(place, post, part, key)

    async with running(tmp_path / "db", discord=Slow(name=DISCORD)) as bridge:
        await bridge.ticket_arrives("t1", KEY)
        bridge.vendor.customer_writes("t1", "Refused words")
        bridge.app.nudge(MAIN)
        missing = "could not be shown here"
        await until(lambda: any(missing in text for text in bridge.discord.texts(bridge.thread(bridge.discord))))
        assert not any("Jane" in text for text in bridge.discord.texts(bridge.thread(bridge.discord)))
