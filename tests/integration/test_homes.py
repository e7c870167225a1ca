"""Agents' pages in a chat: what is shown last, and who is looked after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest
from structlog.testing import capture_logs

from bot.errors import AuthFailed, Forbidden, Rejected, RemoteError, Unavailable
from bot.model import Agent, AgentId, Answer, ChannelId, Home
from tests.support.memory.bridge import SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

ANN = AgentId("u1")


@dataclass
class PagesChat(MemoryChat):
    """
    A chat with pages; Ann and her colleagues are full members, and nobody else.

    Attributes:
        pages: All that were shown, in the order in which the chat took them.
        open: Until it is set, the chat does not take the pages that it was asked for meanwhile.
        begun: How many pages it was asked to show.
        error: What it answers instead of showing one; None: nothing.
    """

    pages: list[tuple[AgentId, Home]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    error: RemoteError | None = None

    async def person(self, agent: AgentId) -> Agent:
        return Agent(id=agent, name=agent, is_full_member=agent == ANN or agent.startswith("colleague"))

    async def show_home(self, agent: AgentId, home: Home) -> None:
        self.begun += 1
        if self.error is not None:
            raise self.error
        opening = self.open
        await opening.wait()
        self.pages.append((agent, home))

    def of_ann(self) -> Home:
        return [home for agent, home in self.pages if agent == ANN][-1]


@pytest.fixture
async def chat() -> PagesChat:
    """It takes pages at once."""
    chat = PagesChat(name=SLACK)
    chat.open.set()
    return chat


@pytest.fixture
async def bridge(tmp_path: Path, chat: PagesChat) -> AsyncIterator[Bridge]:
    """A bridge with one ticket."""
    async with running(tmp_path / "db", slack=chat) as bridge:
        await bridge.ticket_arrives()
        yield bridge


async def opens(chat: PagesChat, agent: AgentId = ANN, answer: Answer | None = None) -> None:
    """Somebody opens their page, or gets an answer there."""
    assert chat.intake is not None
    await chat.intake.home_opened(SLACK, await chat.person(agent), answer)


async def test_what_came_of_a_press_is_not_covered_by_an_older_page(bridge: Bridge, chat: PagesChat) -> None:
    """A page is on its way because something changed, and takes its time; the answer is shown after it, and stays."""
    await opens(chat)
    chat.open = slow = asyncio.Event()
    bridge.vendor.customer_writes("t2", "Another", name="Joe")
    await until(lambda: chat.begun == 2, "a page is on its way")
    chat.open = asyncio.Event()
    chat.open.set()
    press = asyncio.create_task(opens(chat, answer=Answer(text="You have it now.")))
    await asyncio.sleep(1)
    slow.set()
    await press
    await asyncio.sleep(60)
    answer = chat.of_ann().answer
    assert answer is not None
    assert answer.text == "You have it now."


async def test_who_sees_no_ticket_crowds_out_no_agent(bridge: Bridge, chat: PagesChat) -> None:
    """However many others open their page after an agent did, the agent's page stays true."""
    await opens(chat)
    for number in range(60):
        await asyncio.sleep(1)
        await opens(chat, AgentId(f"stranger{number}"))
    assert len(chat.pages) == 61
    bridge.vendor.customer_writes("t2", "Another", name="Joe")
    await until(lambda: "2 wait for us" in chat.of_ann().counts, "Ann's page shows both tickets")
    assert len(chat.pages) == 62, "those of others show the same as before"


async def test_what_came_of_a_press_goes_with_the_right(bridge: Bridge, chat: PagesChat) -> None:
    """It may name a ticket and who has it, which somebody may not see who has left the channel."""
    await opens(chat, answer=Answer(text="Joe has #1001."))
    chat.shut_out.add((ANN, ChannelId("1")))
    await asyncio.sleep(10)
    assert (chat.of_ann().sections, chat.of_ann().answer) == ((), None)


async def test_a_page_that_is_not_looked_over_any_more_is_emptied(bridge: Bridge, chat: PagesChat) -> None:
    """After 50 colleagues have opened theirs, an older one shows nothing that is not true, or not hers to see."""
    await opens(chat)
    await asyncio.sleep(1)
    for number in range(50):
        await opens(chat, AgentId(f"colleague{number}"))
    await asyncio.sleep(10)
    assert "Open the Home tab again" in chat.of_ann().counts
    assert chat.of_ann().sections == ()
    assert len(chat.pages) == 52, "the others show the same as before"


async def test_a_page_that_cannot_be_shown_is_logged_once(bridge: Bridge, chat: PagesChat) -> None:
    """It is tried again every few seconds; only another reason is news, and the same one after a success."""
    await opens(chat)
    with capture_logs() as logs:
        for error in (
            AuthFailed("The token is refused."),
            Unavailable("It is down."),
            None,
            Unavailable("It is down."),
        ):
            chat.error = error
            bridge.vendor.customer_writes(f"t{len(logs)} {error}", "Another", name="Joe")
            await asyncio.sleep(60)
    reasons = [log["reason"] for log in logs if log["event"] == "page not brought up to date"]
    assert reasons == ["The token is refused.", "It is down.", "It is down."]


@pytest.mark.parametrize("error", [Forbidden("The app has no pages."), Rejected("There is no such person.")])
async def test_a_page_that_will_never_be_shown_is_given_up(bridge: Bridge, chat: PagesChat, error: RemoteError) -> None:
    """It is not tried again at each change, until its agent opens it again."""
    await opens(chat)
    chat.error = error
    with capture_logs() as logs:
        bridge.vendor.customer_writes("t2", "Another", name="Joe")
        await asyncio.sleep(60)
        begun, chat.error = chat.begun, None
        bridge.vendor.customer_writes("t3", "One more", name="Jim")
        await asyncio.sleep(60)
    assert [log["reason"] for log in logs if log["event"] == "page given up"] == [error.user_message]
    assert chat.begun == begun
    await opens(chat)
    assert "3 wait for us" in chat.of_ann().counts


async def test_a_page_that_nobody_looks_at_is_emptied(bridge: Bridge, chat: PagesChat) -> None:
    """After an hour, once; nothing else takes a customer off it. Opened again, it shows the tickets again."""
    await opens(chat)
    await asyncio.sleep(3590)
    assert len(chat.pages) == 1
    await asyncio.sleep(20)
    assert (len(chat.pages), chat.of_ann().sections) == (2, ())
    assert "Open the Home tab again" in chat.of_ann().counts
    bridge.vendor.customer_writes("t2", "Another", name="Joe")
    await asyncio.sleep(60)
    assert len(chat.pages) == 2
    await opens(chat)
    assert "2 wait for us" in chat.of_ann().counts


async def test_a_page_that_was_opened_before_the_bridge_stood_still_is_emptied(tmp_path: Path, chat: PagesChat) -> None:
    """At the next start, as soon as the chat takes it; one that it does not take for a day is given up."""
    begun = {}
    for hours in (2, 25):
        async with running(tmp_path / f"db{hours}", slack=chat) as first:
            await first.ticket_arrives()
            await opens(chat)
        await asyncio.sleep(hours * 3600)
        chat.error = Unavailable("It is down.")
        before = chat.begun
        async with running(tmp_path / f"db{hours}", slack=chat, poll_seconds=60):
            await asyncio.sleep(60)
            begun[hours] = chat.begun - before
            chat.error = None
            await asyncio.sleep(60)
        assert (chat.of_ann().sections == ()) is (hours == 2)
    assert begun[2] > 1
    assert begun[25] == 1


async def test_a_page_that_brings_out_a_defect_keeps_no_other_from_being_true(bridge: Bridge, chat: PagesChat) -> None:
    """It was opened last, so it is looked over first."""
    await opens(chat)
    await asyncio.sleep(1)
    await opens(chat, AgentId("colleague"))
    person = chat.person

    async def odd(agent: AgentId) -> Agent:
        if agent != ANN:
            raise KeyError(agent)
        return await person(agent)

    with patch.object(chat, "person", odd):
        bridge.vendor.customer_writes("t2", "Another", name="Joe")
        await until(lambda: "2 wait for us" in chat.of_ann().counts, "Ann's page shows both tickets")
