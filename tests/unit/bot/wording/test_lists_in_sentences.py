"""Sentences that name many things name some of them, and say how many they leave out."""

from __future__ import annotations

import pytest

from bot.wording import answers, form_answers


@pytest.mark.parametrize("amount", [1, 20, 21, 500])
def test_stores_that_have_no_room_are_counted(amount: int) -> None:
    """The sentence fits into one message, however many stores there are and however long their names are."""
    stores = [f"store_{number}_{'x' * 100}" for number in range(amount)]
    for sentence in (answers.no_such_store("mian", stores), answers.no_such_list("mian", ["mine"], stores)):
        named = sentence.rpartition("The stores are: ")[2].removesuffix(".").split(", ")
        assert len(sentence) < 1_600
        assert len(named) == min(amount, 20)
        assert (named[-1] == f"{amount - 19} more") == (amount > 20)


@pytest.mark.parametrize(("amount", "last"), [(2, "and {{v1}} are"), (5, "and {{v4}} are"), (8, "and 4 more are")])
def test_unknown_variables_that_have_no_room_are_counted(amount: int, last: str) -> None:
    """Else somebody mends five of them, and is refused again."""
    unknown = [(f"{{{{v{number}}}}}", "") for number in range(amount)]
    assert f" {last} no variables. Use one of these: " in form_answers.unknown_variables(unknown, ["agent.name"])
