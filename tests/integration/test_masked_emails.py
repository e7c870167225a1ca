"""MASK_EMAILS: what the chats show of an address, and who can read the whole of it."""

from __future__ import annotations

from pathlib import Path

from structlog.testing import capture_logs

from bot.model import Customer, Fact, Status, Ticket, TicketId, Verb
from bot.ports import Intake
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
    async with running(tmp_path / "db") as bridge:
        await arrives(bridge)
        card = bridge.discord.cards[bridge.thread(bridge.discord)][-1]
        assert card.customer.email == EMAIL
        assert [button.label for button in card.buttons] == ["Take", "Snooze", "Close"]
