"""MASK_EMAILS: what the chats show of an address, and who can read the whole of it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.errors import Rejected
from bot.model import (
    Agent,
    AgentId,
    ChatMessageId,
    Customer,
    Fact,
    Pointed,
    State,
    Status,
    Ticket,
    TicketId,
    Verb,
)
from bot.ports import Intake
from bot.tickets.lookup import finding
from bot.wording.masking import masked
from tests.support.memory.bridge import MAIN, Bridge, running
from tests.support.waiting import until

EMAIL = "violet@example.com"


async def arrives(bridge: Bridge) -> None:
    """A customer whose address stands everywhere."""
    bridge.vendor.tickets[TicketId("t1")] = Ticket(
        id=TicketId("t1"),
        subject=f"Lost: {EMAIL}",
        status=Status.OPEN,
        customer=Customer(name=EMAIL, email=EMAIL),
        facts=(Fact("Account", EMAIL),),
    )
    bridge.vendor.customer_writes("t1", f"Write to {EMAIL}")
    bridge.app.nudge(MAIN)
    await until(lambda: all(chat.threads() for chat in (bridge.discord, bridge.slack)))
    await bridge.drained()


def intake(bridge: Bridge) -> Intake:
    assert bridge.discord.intake is not None
    return bridge.discord.intake


async def test_cards_names_and_lists_show_a_masked_address(tmp_path: Path) -> None:
    """Whatever field it stands in. A message's own text is what somebody wrote, and stays."""
    async with running(tmp_path / "db", masks_emails=True) as bridge:
        await arrives(bridge)
        for chat in (bridge.discord, bridge.slack):
            card = chat.cards[bridge.thread(chat)][-1]
            assert card.customer.email == "v…@example.com"
            assert EMAIL not in repr(card) + repr(chat.names)
            assert chat.texts(bridge.thread(chat)) == [f"Write to {EMAIL}"]
            assert [button.label for button in card.buttons] == ["Take", "Snooze", "Close", "Show address"]
        said = bridge.said(bridge.discord, "m1", "x")
        choices = await intake(bridge).choices(Verb.CLOSE, "", said.place, said.agent)
        assert choices
        assert EMAIL not in repr(choices)
        for typed in (EMAIL, EMAIL.partition("@")[0]):
            assert await intake(bridge).choices(Verb.CLOSE, typed, said.place, said.agent) == []


async def test_whoever_may_act_reads_the_whole_and_that_is_logged(tmp_path: Path) -> None:
    """By a private answer; the log says who asked for which ticket's, and not the address."""
    async with running(tmp_path / "db", masks_emails=True) as bridge:
        await arrives(bridge)
        with capture_logs() as logs:
            answer = await bridge.asks(bridge.discord, Verb.REVEAL, ticket="1001")
            refused = await bridge.asks(bridge.discord, Verb.REVEAL, ticket="1001", may=False)
        assert answer.text == f"The customer of #1001: {EMAIL}"
        assert EMAIL not in refused.text
        shown = [each for each in logs if each["event"] == "address shown"]
        assert [(each["ticket"], each["agent"], each["chat"]) for each in shown] == [(1001, "u1", "discord")]
        assert EMAIL not in repr(logs)


async def test_without_it_addresses_show_and_there_is_no_button(tmp_path: Path) -> None:
    """`MASK_EMAILS` is off unless somebody sets it: nothing has to be asked for."""
    async with running(tmp_path / "db") as bridge:
        await arrives(bridge)
        card = bridge.discord.cards[bridge.thread(bridge.discord)][-1]
        assert card.customer.email == EMAIL
        assert [button.label for button in card.buttons] == ["Take", "Snooze", "Close"]


ANN = Agent(id=AgentId("u9"), name="ann@team.example", is_full_member=True)


async def test_who_has_a_ticket_is_masked_wherever_that_is_shown(tmp_path: Path) -> None:
    """Some people are called by their address: in cards, lists, answers, figures and threads."""
    async with running(tmp_path / "db", masks_emails=True) as bridge:
        await arrives(bridge)
        answers = [
            await bridge.asks(bridge.discord, Verb.TAKE, ticket="1001", agent=ANN),
            await bridge.asks(bridge.discord, Verb.TICKETS, words="all"),
            await bridge.asks(bridge.discord, Verb.TAKE, ticket="1001"),
            await bridge.asks(bridge.discord, Verb.TAKE_OVER, ticket="1001"),
            await bridge.asks(bridge.discord, Verb.ASSIGN, ticket="1001", assignee=replace(ANN, is_full_member=False)),
        ]
        await bridge.says(bridge.discord, "m1", "On its way", agent=ANN)
        await bridge.drained()
        answers.append(await bridge.asks(bridge.discord, Verb.STATS))
        shown = [(chat.cards, chat.shown, chat.names) for chat in (bridge.discord, bridge.slack)]
        assert "ann@team" not in repr(answers) + repr(shown)
        assert "a…@team.example" in repr(answers[1])
        assert "a…@team.example" in answers[2].text
        assert "a…@team.example" in answers[4].text
        assert "a…@team.example" in repr(shown)


@pytest.mark.parametrize("whole", [True, False])
async def test_what_a_vendor_says_is_masked_in_why(tmp_path: Path, whole: bool) -> None:
    """An error that quotes an address, of a message and of a change of status."""
    async with running(tmp_path / "db", masks_emails=True) as bridge:
        await arrives(bridge)
        refused = Rejected(f"Memory: no such customer as {EMAIL}.")
        bridge.vendor.fail["reply"], bridge.vendor.fail["set_status"] = [refused], [refused]
        await bridge.says(bridge.discord, "m1", f"Is it {EMAIL}?")
        await bridge.asks(bridge.discord, Verb.CLOSE, ticket="1001")
        await bridge.at_rest(State.FAILED)
        pointed = None if whole else Pointed(message=ChatMessageId("m1"), by_person=True)
        answer = await bridge.asks(bridge.discord, Verb.WHY, ticket="1001" if whole else None, pointed=pointed)
        assert "Memory: no such customer as v…@example.com." in answer.text
        assert EMAIL not in answer.text


async def test_long_texts_are_read_beside_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To mask the addresses in many long texts takes a while, in which everybody else goes on."""
    threads: set[str] = set()

    def noting(text: str) -> str:
        threads.add(threading.current_thread().name)
        return masked(text)

    monkeypatch.setattr(finding, "masked", noting)
    async with running(tmp_path / "db", masks_emails=True) as bridge:
        bridge.vendor.customer_writes("t1", "parasol " + f"{EMAIL} " * 4_000)
        bridge.app.nudge(MAIN)
        await until(lambda: all(chat.threads() for chat in (bridge.discord, bridge.slack)))
        said = bridge.said(bridge.discord, "m1", "x")
        found = await bridge.asks(bridge.discord, Verb.FIND, words="parasol")
        choices = await intake(bridge).choices(Verb.CLOSE, "parasol", said.place, said.agent)
        nothing = await bridge.asks(bridge.discord, Verb.FIND, words="violet")
        database = await bridge.database.read(lambda _: threading.current_thread().name)
    assert found.listing is not None
    assert EMAIL not in repr(found)
    assert [each.number for each in choices] == [1001]
    assert nothing.listing is None
    assert threads
    assert not threads & {database, threading.main_thread().name}
