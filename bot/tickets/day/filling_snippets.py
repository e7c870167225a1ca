"""
Filling in saved answers: `{{requester.first_name}}`, `{{order.number|your order}}`. Pure.

Only the names below mean anything, and a text is gone through once. So what a value contains is never filled in again,
whatever a customer is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from bot.db.rows import TicketRow
from bot.model import FactKey, Store
from bot.text import one_line
from bot.text.names import name_of

VARIABLES: Final = (
    "requester.first_name",
    "requester.name",
    "ticket.number",
    "ticket.subject",
    "order.number",
    "order.tracking_link",
    "agent.name",
    "store.name",
)
"""Every variable, by the names that merchants know."""
_VARIABLE = re.compile(r"\{\{(?P<name>[^{}|]*)(?:\|(?P<fallback>[^{}]*))?\}\}")
_LONGEST_VALUE = 200
_QUOTED = 40


@dataclass(frozen=True, slots=True)
class Filled:
    """
    A text with its variables filled in.

    Attributes:
        empty: The variables that have no value here and no fallback. They still stand in the text, as written.
    """

    text: str
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """
    What stands in braces and is no variable.

    Attributes:
        nearest: The variable that is most like it; empty: none is.
    """

    written: str
    nearest: str = ""


def unknown(text: str) -> tuple[Unknown, ...]:
    """What of a text's `{{…}}` is no variable, each once, in the order of the text; also `{{` that is never closed."""
    found = dict.fromkeys(_unknown(text))
    return tuple(Unknown(written, _nearest(written)) for written in found)


def _unknown(text: str) -> Iterator[str]:
    at = 0
    for variable in _VARIABLE.finditer(text):
        yield from _unclosed(text[at : variable.start()])
        if _name(variable) not in VARIABLES:
            yield one_line(variable[0], _QUOTED)
        at = variable.end()
    yield from _unclosed(text[at:])


def _unclosed(text: str) -> Iterator[str]:
    begins = text.find("{{")
    if begins >= 0:
        yield one_line(text[begins : begins + 2 * _QUOTED], _QUOTED)


def _nearest(written: str) -> str:
    near = get_close_matches(written.strip("{} ").partition("|")[0].strip().lower(), VARIABLES, 1)
    return near[0] if near else ""


def _name(variable: re.Match[str]) -> str:
    return variable["name"].strip().lower()


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """Fill in the values by the variables' names; one that is missing counts as empty."""
    empty: dict[str, None] = {}

    def value(variable: re.Match[str]) -> str:
        name, fallback = _name(variable), variable["fallback"]
        found = values.get(name, "")
        if found:
            return found
        if fallback is not None:
            return fallback.strip()
        empty[name] = None
        return variable[0]

    return Filled(_VARIABLE.sub(value, text), tuple(empty))


def named(text: str) -> frozenset[str]:
    """The names of everything that looks like a variable in a text."""
    return frozenset(_name(variable) for variable in _VARIABLE.finditer(text))


def values_of(ticket: TicketRow, store: Store, agent: str) -> dict[str, str]:
    """What the variables are for this ticket; empty: the vendor does not say it. `agent`: the name of who writes."""
    name = name_of(ticket.customer.name)
    name = "" if "@" in name else name
    facts = {fact.key: fact.value for fact in ticket.facts if fact.key is not None}
    values = {
        "requester.first_name": _first_name(name),
        "requester.name": name,
        "ticket.number": str(ticket.number),
        "ticket.subject": name_of(ticket.subject),
        "order.number": facts.get(FactKey.ORDER_NUMBER, ""),
        "order.tracking_link": facts.get(FactKey.TRACKING_LINK, ""),
        "agent.name": agent,
        "store.name": store.name.replace("_", " ").title(),
    }
    return {variable: one_line(value, _LONGEST_VALUE) for variable, value in values.items()}


def _first_name(name: str) -> str:
    """`Jane` of `Jane Doe`, and of `Doe, Jane`."""
    last, comma, first = name.partition(",")
    words = (first if comma and " " not in last.strip() and first.strip() else last).split()
    return words[0] if words else ""
