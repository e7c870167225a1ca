"""What a press on one of our buttons asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.chats.discord.buttons import TEMPLATE, action_rows, custom_id, pressed
from bot.model import (
    Button,
    DeliveryId,
    TicketNumber,
    Verb,
)

NUMBER = TicketNumber(1042)
CLOSE = Button(verb=Verb.CLOSE, label="Close", ticket=NUMBER)
RETRY = Button(verb=Verb.RETRY, label="Retry", delivery=DeliveryId(77))


class TestButtons:
    @pytest.mark.parametrize(
        ("button", "name"),
        [
            (CLOSE, "shopbell:close:t1042"),
            (RETRY, "shopbell:retry:d77"),
            (Button(verb=Verb.STATS, label="Stats"), "shopbell:stats"),
            (Button(verb=Verb.STATS, label="Next", page=2, words="mine: main"), "shopbell:stats:p2:wmine: main"),
        ],
    )
    def test_a_press_asks_for_what_the_button_said(self, button: Button, name: str) -> None:
        """A button's id holds all that a press needs."""
        assert custom_id(button) == name
        found = TEMPLATE.fullmatch(name)
        assert found is not None
        assert pressed(found) == replace(button, label="")

    @pytest.mark.parametrize(
        "name",
        [
            "shopbell:explode:t1",
            "shopbell:close:t",
            "shopbell:close:tx",
            "other:close:t1",
            "shopbell:stats:p12345",
            "shopbell:stats:p1:w",
            "shopbell:stats:p1:wtwo\nlines",
            "shopbell:stats:p1:w" + "x" * 61,
        ],
    )
    def test_an_id_that_is_not_ours_asks_for_nothing(self, name: str) -> None:
        """The id of a pressed button is people's input."""
        assert TEMPLATE.fullmatch(name) is None

    def test_a_row_holds_five(self) -> None:
        """Six buttons need two rows."""
        buttons = [replace(RETRY, delivery=DeliveryId(number)) for number in range(6)]
        assert [len(row["components"]) for row in action_rows(buttons)] == [5, 1]

    def test_a_dashboard_that_is_no_web_address_gets_no_button(self) -> None:
        """Discord would refuse the whole card for it."""
        assert action_rows([], ("Open", "javascript:alert(1)")) == []
        assert action_rows([], ("Open", "https://" + "x" * 600)) == []
