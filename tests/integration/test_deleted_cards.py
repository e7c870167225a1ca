"""A card that somebody deleted is replaced once; and what a chat does not accept at all is said in its thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import Forbidden, Gone, Rejected, Unavailable
from bot.model import ChatMessageId, Deleted, Mark, Status
from tests.support.memory.bridge import Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

NEW_CARD = "The card of this ticket was deleted. The new card is below."
TITLE = "#1001 · Jane · Key not working"
CARD_REFUSED = "❌ This ticket's card could not be brought up to date. Too odd."
POST_REFUSED = "❌ A message of the customer (Jane) could not be shown here. Too odd. It can be read at Memory."


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one ticket."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        yield bridge


async def delete_card(bridge: Bridge, chat: MemoryChat) -> None:
    card = ChatMessageId(f"card-{bridge.thread(chat)}")
    chat.gone.add(card)
    assert chat.intake is not None
    await chat.intake.deleted(Deleted(place=bridge.place(chat), message=card))


def later(bridge: Bridge, chat: MemoryChat) -> list[str]:
    """What was posted in the chat's thread behind the customer's first message."""
    return chat.texts(bridge.thread(chat))[1:]


async def test_a_deleted_card_is_replaced_once(bridge: Bridge) -> None:
    """The thread says so, the new card stands below, and later changes are shown on the new one."""
    await delete_card(bridge, bridge.slack)
    await bridge.at_rest()
    assert later(bridge, bridge.slack) == [NEW_CARD, TITLE]
    assert later(bridge, bridge.discord) == []
    bridge.vendor.set("t1", Status.CLOSED)
    await bridge.at_rest()
    assert later(bridge, bridge.slack) == [NEW_CARD, TITLE, "Closed at Memory."]
    assert bridge.slack.cards[bridge.thread(bridge.slack)][-1].status is Status.CLOSED


async def test_a_deletion_that_comes_without_an_event_is_noticed_at_the_next_change(bridge: Bridge) -> None:
    """The next time the card must change it is not there, and a new one is posted."""
    bridge.slack.gone.add(f"card-{bridge.thread(bridge.slack)}")
    bridge.vendor.set("t1", Status.CLOSED)
    await bridge.at_rest()
    assert later(bridge, bridge.slack).count(NEW_CARD) == later(bridge, bridge.slack).count(TITLE) == 1


async def test_a_lost_answer_to_a_new_card_is_looked_for(bridge: Bridge) -> None:
    """Neither the line nor the card is posted twice."""
    bridge.slack.lose.add("post")
    await delete_card(bridge, bridge.slack)
    await until(lambda: later(bridge, bridge.slack) == [NEW_CARD, TITLE])
    await bridge.at_rest()
    assert later(bridge, bridge.slack) == [NEW_CARD, TITLE]


async def test_no_new_card_in_a_thread_that_was_replaced_meanwhile(bridge: Bridge) -> None:
    """While the new card waits, the thread itself is deleted: its successor has a card, and needs no second one."""
    discord, place = bridge.discord, bridge.place(bridge.discord)
    discord.fail["post"] = [Unavailable("Discord is away.")] * 4
    await delete_card(bridge, discord)
    await until(lambda: len(discord.fail["post"]) < 4)
    discord.gone.add(str(place.thread))
    assert discord.intake is not None
    await discord.intake.place_deleted(place)
    await bridge.at_rest()
    assert len(discord.threads()) == 2
    new = discord.texts(discord.threads()[1])
    assert NEW_CARD not in new
    assert TITLE not in new


async def test_a_card_that_a_chat_does_not_accept(bridge: Bridge) -> None:
    """Neither a changed card nor a new one: the thread says each time that something is missing."""
    bridge.discord.fail["render_card"] = [Rejected("Too odd.")]
    bridge.vendor.set("t1", Status.CLOSED)
    await until(lambda: CARD_REFUSED in later(bridge, bridge.discord))
    bridge.discord.fail["post"] = [Rejected("Too odd.")]
    await delete_card(bridge, bridge.discord)
    await until(lambda: later(bridge, bridge.discord).count(CARD_REFUSED) == 2)
    assert NEW_CARD not in later(bridge, bridge.discord)


async def test_a_post_that_a_chat_does_not_accept(bridge: Bridge) -> None:
    """The thread says that something is missing; what comes after it is shown."""
    bridge.discord.fail["post"] = [Rejected("Too odd.")]
    bridge.vendor.customer_writes("t1", "A\0B")
    await until(lambda: later(bridge, bridge.discord) == [POST_REFUSED])
    bridge.vendor.customer_writes("t1", "And?")
    await until(lambda: later(bridge, bridge.discord) == [POST_REFUSED, "And?"])


async def test_a_message_that_is_gone_needs_no_mark(bridge: Bridge) -> None:
    """Deleted before its mark was set: the reply arrives, nothing fails, and the next one is marked."""
    bridge.discord.fail["mark"] = [Gone("It was deleted.")]
    await bridge.says(bridge.discord, "m1", "On its way.")
    await until(lambda: bridge.vendor.texts("t1") == ["On its way."])
    await bridge.says(bridge.discord, "m2", "Here it is.")
    await until(lambda: bridge.discord.marks.get(ChatMessageId("m2")) is Mark.DELIVERED)
    await bridge.at_rest()


async def test_a_line_waits_for_the_right_to_post_it(bridge: Bridge) -> None:
    """A line in a thread has nowhere else to go: it is posted there once the bot may, once."""
    bridge.discord.fail["post"] = [Forbidden("The bot may not do this here.")] * 2
    bridge.vendor.set("t1", Status.CLOSED)
    await until(lambda: "Closed at Memory." in later(bridge, bridge.discord))
    await bridge.at_rest()
    assert later(bridge, bridge.discord).count("Closed at Memory.") == 1


async def test_a_line_whose_thread_is_deleted_before_its_answer_comes(bridge: Bridge) -> None:
    """Nobody knows whether it was posted, and the place to look is gone: the new thread has it once."""
    discord = bridge.discord
    discord.lose.add("post")
    discord.fail["find_post"] = [Gone("It was deleted.")]
    bridge.vendor.set("t1", Status.CLOSED)
    await until(lambda: len(discord.threads()) == 2)
    await bridge.at_rest()
    assert discord.texts(discord.threads()[1]).count("Closed at Memory.") == 1
