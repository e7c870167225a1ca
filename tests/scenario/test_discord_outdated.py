"""What another version of shopbell has made in Discord is answered, and says what to do next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from adapters.chats import shared_wording
from adapters.chats.discord import wording
from adapters.chats.discord.buttons import custom_id
from bot.model import Ask, Button, TicketNumber, Verb
from bot.sandbox.discord.interactions import COMMAND, COMPLETION, COMPONENT, MODAL, InteractionResponse
from bot.sandbox.discord.values import DiscordMessage, Member
from tests.support.stage.discord import Stage, stage

TYPED = "Your new key is on its way."
STRING, BUTTON, SELECT, TEXT_INPUT, LABEL = 3, 2, 3, 4, 18
ODD = ("shopbell:gone:t1042", "shopbell:close:x1042", "shopbell2:close:t1042", "shopbell", "another", "x" * 100)


@dataclass(frozen=True)
class Sender:
    """Somebody whose program sends what is on no message of ours."""

    here: Stage
    member: Member
    card: DiscordMessage

    async def sends(self, kind: int, data: dict[str, Any], *, shown: bool = True) -> InteractionResponse:
        """`shown`: whether the message, as Discord sends it along, has the button."""
        button = {"type": BUTTON, "style": 2, "label": "Old", "id": 2, "custom_id": data.get("custom_id")}
        rows = [{"type": 1, "id": 1, "components": [button]}] if shown else []
        place = self.here.server.guild.state.place(int(self.here.text))
        source = replace(self.card, components=rows) if kind == COMPONENT else None
        sent = self.here.server._interactions.open(kind, self.member, place, data, source=source)
        await sent.until(lambda: sent.answered is not None, 30.0)
        await sent.until(lambda: not sent.waits, 30.0)
        return InteractionResponse(sent)

    @property
    def asks(self) -> list[Ask]:
        return self.here.intake.asks


@pytest.fixture
async def ana() -> AsyncIterator[Sender]:
    async with stage() as here:
        opened = await here.open(here.text)
        yield Sender(here, here.server.add_member("Ana"), here.server.message(here.text, opened.card))


async def test_odd_buttons(ana: Sender) -> None:
    """Whoever presses one reads what to do, alone; also where another part has a button's id. Nothing is asked."""
    odd = [{"custom_id": each, "component_type": BUTTON} for each in ODD]
    odd.append({"custom_id": "shopbell:close:t1042", "component_type": SELECT, "values": ["1"]})
    for data in odd:
        answered = await ana.sends(COMPONENT, data)
        assert (answered.content, answered.ephemeral) == (shared_wording.BUTTON_OUTDATED, True), data
    assert ana.asks == []


async def test_buttons_of_this_version(ana: Sender) -> None:
    """All of them are asked for, also where the message has the button no more: what counts is its id."""
    for verb in Verb:
        pressed = custom_id(Button(verb=verb, label="", ticket=TicketNumber(1042)))
        data = {"custom_id": pressed, "component_type": BUTTON}
        assert (await ana.sends(COMPONENT, data, shown=False)).content == "Done.", verb
    assert [(ask.verb, ask.ticket) for ask in ana.asks] == [(verb, "1042") for verb in Verb]


async def test_an_odd_form(ana: Sender) -> None:
    """What was typed is shown with the sentence, whatever its fields are called."""
    field = {"type": TEXT_INPUT, "id": 2, "custom_id": "older_name", "value": TYPED}
    for custom in ODD:
        for part in ({"type": LABEL, "id": 1, "component": field}, {"type": 1, "components": [field]}):
            answered = await ana.sends(MODAL, {"custom_id": custom, "components": [part]})
            assert (answered.content, answered.ephemeral) == (wording.FORM_OUTDATED, True), custom
            await answered.interaction.until(lambda: bool(answered.followups), 30.0)  # noqa: B023
            assert [each.content for each in answered.followups] == [TYPED]
    assert ana.asks == []


async def test_odd_commands(ana: Sender) -> None:
    """A command, a menu or an option that there is not any more; what completes is empty."""
    gone = {"id": "1", "name": "gone", "type": 1, "options": []}
    menu = {"id": "1", "name": "Gone", "type": 3, "target_id": "1", "resolved": {"messages": {}}}
    lacking = {"id": "1", "name": "assign", "type": 1, "options": []}
    for data in (gone, menu, lacking):
        answered = await ana.sends(COMMAND, data)
        assert (answered.content, answered.ephemeral) == (wording.COMMAND_OUTDATED, True), data
    typed = [{"name": "ticket", "type": STRING, "value": "10", "focused": True}]
    assert (await ana.sends(COMPLETION, gone | {"options": typed})).interaction.choices == []
    assert ana.asks == []
