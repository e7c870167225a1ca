"""What Discord offers while somebody types: 25 lines, of which the last one says how much is left out."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from adapters.chats.discord import completions
from adapters.chats.discord.asking import Asking, Interaction
from bot.errors import Unavailable
from bot.model import Agent, AgentId, Choice, SnippetChoice, TicketNumber, TimeChoice, Verb

INTERACTION = cast("Interaction", SimpleNamespace(channel=None, channel_id=1))


@dataclass
class Offering:
    """A core that has so much to choose from."""

    amount: int
    fails: bool = False

    @property
    def intake(self) -> Any:
        return self

    def agent(self, _interaction: Interaction) -> Agent:
        return Agent(id=AgentId("1"), name="Ann")

    async def choices(self, *_: object) -> list[Choice]:
        self._refuse()
        return [Choice(TicketNumber(number), f"#{number} · {'x' * 200}") for number in range(self.amount)]

    async def stores(self, *_: object) -> list[str]:
        self._refuse()
        return [f"store{number}" for number in range(self.amount)]

    async def snippets(self, *_: object) -> list[SnippetChoice]:
        self._refuse()
        return [SnippetChoice(f"name{number}", "y" * 200) for number in range(self.amount)]

    async def times(self, _typed: str) -> list[TimeChoice]:
        return [TimeChoice("2h", "2h · soon")]

    def _refuse(self) -> None:
        if self.fails:
            raise Unavailable("It is down.")


async def offered(core: Offering, kind: str) -> completions.Choices:
    asking = cast("Asking", core)
    if kind == "tickets":
        return await completions.tickets(asking, Verb.CLOSE, INTERACTION, "")
    complete = completions.stores if kind == "stores" else completions.snippets
    return await complete(asking, INTERACTION, "")


@pytest.mark.parametrize("kind", ["tickets", "stores", "snippets"])
@pytest.mark.parametrize(
    ("amount", "last"),
    [
        (25, ""),
        (26, "… and 2 more: type more to find them"),
        (60, "… and 36 more: type more to find them"),
        (101, "… and at least 77 more: type more to find them"),
    ],
)
async def test_what_has_no_room_is_counted(kind: str, amount: int, last: str) -> None:
    """Never more than Discord takes, each of the length that it takes."""
    found = await offered(Offering(amount), kind)
    assert len(found) == 25
    assert all(1 <= len(each.name) <= 100 for each in found)
    assert (found[-1].name, found[-1].value) == (last, "…") if last else found[-1].value != "…"


@pytest.mark.parametrize("kind", ["tickets", "stores", "snippets"])
async def test_a_chat_that_cannot_say_who_may_offers_nothing(kind: str) -> None:
    """Nobody is shown a ticket or a store whose channel they may not see."""
    assert await offered(Offering(3, fails=True), kind) == []


async def test_times_are_the_same_for_everybody() -> None:
    """What a time means does not depend on who asks."""
    (found,) = await completions.times(cast("Asking", Offering(0)), INTERACTION, "")
    assert (found.name, found.value) == ("2h · soon", "2h")
