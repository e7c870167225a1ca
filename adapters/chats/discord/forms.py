"""
The core's forms as Discord's modals, and what was entered in one; pure.

Everything that is needed when a modal is sent is in its own id, as with buttons. Its submit button cannot be named: so
a form that can do two things has a choice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from adapters.chats.discord.buttons import TEMPLATE, custom_id, pressed
from adapters.chats.discord.markup import cut_line
from bot.model import Button, ChoiceField, Modal, TextField

_TITLE_LENGTH = 45
_TEXT_INPUT = discord.ComponentType.text_input.value
_MOST_PARTS = 100
"""So many parts of what was sent are looked at; a modal has 40 at most."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A modal that was sent: what it asks, as a button without its label, and what was entered by the fields' names."""

    asked: Button
    entered: Mapping[str, str]


def modal(form: Modal) -> ui.Modal:
    """
    The modal.

    It is stopped, so discord.py does not keep it: a modal that is sent is known by its id alone.
    """
    asked = Button(verb=form.verb, label="", ticket=form.ticket, words=form.words)
    shown = ui.Modal(title=cut_line(form.title, _TITLE_LENGTH), custom_id=custom_id(asked), timeout=None)
    for field in form.fields:
        shown.add_item(_field(field))
    shown.stop()
    return shown


def _field(field: TextField | ChoiceField) -> ui.Label[Any]:
    if isinstance(field, TextField):
        component: ui.Item[Any] = ui.TextInput(
            custom_id=field.name,
            style=discord.TextStyle.paragraph if field.has_lines else discord.TextStyle.short,
            default=field.value or None,
            required=field.is_required,
            max_length=field.longest,
        )
        return ui.Label(text=field.label, description=field.hint or None, component=component)
    options = [
        discord.RadioGroupOption(label=label, value=value, default=place == 0)
        for place, (value, label) in enumerate(field.options)
    ]
    return ui.Label(text=field.label, component=ui.RadioGroup(custom_id=field.name, options=options))


def submitted(data: Mapping[str, Any]) -> Submitted | None:
    """What was sent, from the interaction's data; None: it is none of our modals."""
    found = TEMPLATE.fullmatch(str(data.get("custom_id", "")))
    if found is None:
        return None
    return Submitted(pressed(found), dict(_entered(data)))


def typed(data: Mapping[str, Any]) -> str:
    """What somebody typed into a modal whose fields are not known, from the interaction's data."""
    fields = [part for part in _parts(data) if part.get("type") == _TEXT_INPUT]
    return "\n".join(part["value"] for part in fields if isinstance(part.get("value"), str) and part["value"].strip())


def _entered(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part in _parts(data):
        name, value = part.get("custom_id"), part.get("value")
        if isinstance(name, str) and isinstance(value, str):
            yield name, value


def _parts(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Everything that was sent, from the modal's top on."""
    waiting, seen = deque([data]), 0
    while waiting and seen < _MOST_PARTS:
        part, seen = waiting.popleft(), seen + 1
        inside = [part.get("component"), *(part.get("components") or ())]
        waiting += [each for each in inside if isinstance(each, Mapping)]
        yield part
