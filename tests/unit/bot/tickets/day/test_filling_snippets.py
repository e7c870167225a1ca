"""Filling in: what every variable is, empty, unknown or hostile; and that nothing is ever filled in twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Customer, Fact, FactKey
from bot.tickets.day.filling_snippets import VARIABLES, Filled, Unknown, fill, named, unknown, values_of
from tests.support.rows import STORE, ticket

VALUES = {variable: f"<{variable}>" for variable in VARIABLES}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {{requester.first_name}}!", "Hi <requester.first_name>!"),
        ("{{ Agent.NAME }}{{agent.name}}", "<agent.name><agent.name>"),
        ("{{agent.name|me}}", "<agent.name>"),
        ("{{agent.name |\n me }}", "<agent.name>"),
        ("{ {agent.name} } {agent.name} }}", "{ {agent.name} } {agent.name} }}"),
        ("{{{agent.name}}}", "{<agent.name>}"),
        ("nothing", "nothing"),
        ("", ""),
    ],
)
def test_what_is_filled_in(text: str, filled: str) -> None:
    """Names count in capital and small letters, with space around them."""
    assert unknown(text) == ()
    assert fill(text, VALUES) == Filled(filled)


@pytest.mark.parametrize(
    ("text", "filled", "empty"),
    [
        ("Hi {{requester.first_name|there}}", "Hi there", ()),
        ("Hi{{requester.first_name| }}!", "Hi!", ()),
        ("Hi {{requester.first_name | dear customer }}", "Hi dear customer", ()),
        ("Hi {{requester.first_name}}", "Hi {{requester.first_name}}", ("requester.first_name",)),
        (
            "{{ order.number}} {{order.tracking_link}} {{order.number}}",
            "{{ order.number}} {{order.tracking_link}} {{order.number}}",
            ("order.number", "order.tracking_link"),
        ),
    ],
)
def test_a_variable_without_a_value(text: str, filled: str, empty: tuple[str, ...]) -> None:
    """Its fallback stands there; without one it stays, and is named once."""
    assert fill(text, {}) == Filled(filled, empty)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{requester.firstname}}", [Unknown("{{requester.firstname}}", "requester.first_name")]),
        ("{{customer}} {{customer}}", [Unknown("{{customer}}")]),
        ("{{}}", [Unknown("{{}}")]),
        ("{{|there}}", [Unknown("{{|there}}")]),
        ("{{7*7}}", [Unknown("{{7*7}}")]),
        ("{{agent.name}", [Unknown("{{agent.name}", "agent.name")]),
        ("{{agent.name", [Unknown("{{agent.name", "agent.name")]),
        ("{{agent.name|{{store.name}}}}", [Unknown("{{agent.name|", "agent.name")]),
        ("{{agent.__class__}}", [Unknown("{{agent.__class__}}")]),
        ("{{a\nb}}", [Unknown("{{a b}}")]),
    ],
)
def test_what_is_no_variable(text: str, found: list[Unknown]) -> None:
    """It is named, with the variable that is most like it; also what is never closed."""
    assert [
        Unknown(each.written, each.nearest if wanted.nearest else "")
        for each, wanted in zip(unknown(text), found, strict=True)
    ] == found


@given(st.dictionaries(st.sampled_from(VARIABLES), st.text(alphabet="{}|. agentme", max_size=30)))
def test_a_value_is_never_filled_in(values: dict[str, str]) -> None:
    """Whatever it contains, it stands in the text as it is, between what stood around it."""
    text = "".join(f"[{{{{{variable}|-}}}}]" for variable in VARIABLES)
    assert fill(text, values).text == "".join(f"[{values.get(variable) or '-'}]" for variable in VARIABLES)


@given(st.text(alphabet="{}|. \nagent.name", max_size=200))
def test_what_is_good_is_filled_in_whole(text: str) -> None:
    """If nothing in a text is unknown, no variable is left in it that has a value; and the rest is as it was."""
    filled = fill(text, VALUES)
    if not unknown(text):
        assert filled.empty == ()
        assert not named(filled.text)


@pytest.mark.parametrize(
    ("name", "whole", "first"),
    [
        ("Jane Doe", "Jane Doe", "Jane"),
        ("  Jane\n Doe ", "Jane Doe", "Jane"),
        ("Doe, Jane Ann", "Doe, Jane Ann", "Jane"),
        ("Jane Doe, PhD", "Jane Doe, PhD", "Jane"),
        ("Doe,", "Doe,", "Doe"),
        ("Jane", "Jane", "Jane"),
        ("{{agent.name}} Doe", "{{agent.name}} Doe", "{{agent.name}}"),
        ("jane@example.com", "", ""),
        ("\u200b", "", ""),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_what_the_customer_is_called(name: str | None, whole: str, first: str) -> None:
    """An address is no name, and what shows nothing is none."""
    values = values_of(replace(ticket(), customer=Customer(name=name, email="jane@example.com")), STORE, "Ann")
    assert (values["requester.name"], values["requester.first_name"]) == (whole, first)


def test_the_other_variables() -> None:
    """An order's number is what its vendor calls so, not what has such a label."""
    facts = (Fact("Order", "no"), Fact("Auftrag", "4711", FactKey.ORDER_NUMBER))
    values = values_of(replace(ticket(), subject="My\nkey", facts=facts), STORE, "Ann Example")
    assert values == {
        "requester.first_name": "Jane",
        "requester.name": "Jane",
        "ticket.number": "1001",
        "ticket.subject": "My key",
        "order.number": "4711",
        "order.tracking_link": "",
        "agent.name": "Ann Example",
        "store.name": "Main",
    }
    assert list(values) == list(VARIABLES)


def test_a_value_is_one_line_of_at_most_200_characters() -> None:
    """A subject can be as long as a vendor likes."""
    values = values_of(replace(ticket(), subject="x" * 5000), STORE, "Ann")
    assert values["ticket.subject"] == "x" * 199 + "…"
