"""
Modals: what Discord refuses about one that the bot opens, and what a person's client makes of one. Pure.

The limits are those of Discord's own description of its API (`ModalInteractionCallbackRequestData`), and five parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.sandbox.discord.message_limits import ACTION_ROW, TEXT_DISPLAY
from bot.sandbox.discord.refusals import FieldErrors, Json

TEXT_INPUT, LABEL, RADIO_GROUP = 4, 18, 21
_PARTS = 5
_LONGEST_TEXT = 4000


class NotFilledIn(Exception):
    """The client does not send the modal like this."""


def read_modal(data: Any) -> Json:
    """A modal as the bot wants it opened. Raises `DiscordRefusal` 50035 if anything about it is wrong."""
    errors = FieldErrors()
    body: Json = data if isinstance(data, dict) else {}
    errors.add_unless_between("data.title", body.get("title"), 1, 45)
    errors.add_unless_between("data.custom_id", body.get("custom_id"), 1, 100)
    parts = body.get("components") or []
    if not 1 <= len(parts) <= _PARTS:
        errors.add("data.components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {_PARTS} in length.")
    for number, part in enumerate(parts):
        _check_part(part, f"data.components.{number}", errors)
    names = [field["custom_id"] for field in fields_of(body)]
    if len(set(names)) < len(names):
        errors.add("data.components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    errors.raise_any()
    return body


def _check_part(part: Json, at: str, errors: FieldErrors) -> None:
    kind = part.get("type")
    if kind == LABEL:
        errors.add_unless_between(f"{at}.label", part.get("label"), 1, 45)
        if part.get("description") is not None:
            errors.add_unless_between(f"{at}.description", part["description"], 1, 100)
        _check_field(part.get("component") or {}, f"{at}.component", errors)
    elif kind == ACTION_ROW:
        inside = part.get("components") or []
        if len(inside) != 1:
            errors.add(f"{at}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 1 in length.")
        for number, field in enumerate(inside):
            errors.add_unless_between(f"{at}.components.{number}.label", field.get("label"), 1, 45)
            _check_field(field, f"{at}.components.{number}", errors)
    elif kind != TEXT_DISPLAY:
        errors.add(f"{at}.type", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1, 10, 18).')


def _check_field(field: Json, at: str, errors: FieldErrors) -> None:
    errors.add_unless_between(f"{at}.custom_id", field.get("custom_id"), 1, 100)
    kind = field.get("type")
    if kind == TEXT_INPUT:
        _check_text_input(field, at, errors)
    elif kind == RADIO_GROUP:
        options = field.get("options") or []
        if not 2 <= len(options) <= 10:
            errors.add(f"{at}.options", "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 10 in length.")
        for number, option in enumerate(options):
            errors.add_unless_between(f"{at}.options.{number}.label", option.get("label"), 1, 100)
            errors.add_unless_between(f"{at}.options.{number}.value", option.get("value"), 1, 100)
    else:
        errors.add(f"{at}.type", "UNION_TYPE_CHOICES", "The practice Discord knows no such field of a modal.")


def _check_text_input(field: Json, at: str, errors: FieldErrors) -> None:
    if field.get("style") not in (1, 2):
        errors.add(f"{at}.style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2}.")
    errors.add_if_longer(f"{at}.value", field.get("value"), _LONGEST_TEXT)
    errors.add_if_longer(f"{at}.placeholder", field.get("placeholder"), 100)
    for name, least in (("min_length", 0), ("max_length", 1)):
        given = field.get(name)
        if given is not None and not least <= given <= _LONGEST_TEXT:
            errors.add(f"{at}.{name}", "NUMBER_TYPE_MAX", f"int value should be {least} to {_LONGEST_TEXT}.")


def fields_of(modal: Json) -> Iterator[Json]:
    """What can be filled in, each with the label that people read."""
    for part in modal.get("components") or ():
        inside = [part["component"]] if part.get("component") else part.get("components") or ()
        for field in inside:
            yield {**field, "label": part.get("label") or field.get("label") or "", "hint": part.get("description")}


def filled_in(modal: Json, values: Mapping[str, str]) -> list[Json]:
    """
    The modal's parts as the client sends them, after these values were entered by custom id.

    Raises:
        NotFilledIn: A value is missing, too long, or not offered, or there is no such field.
    """
    unknown = set(values) - {field["custom_id"] for field in fields_of(modal)}
    if unknown:
        raise NotFilledIn(f"the form has no {', '.join(sorted(unknown))}")
    return [_filled_part(part, values) for part in modal["components"] if part["type"] != TEXT_DISPLAY]


def _filled_part(part: Json, values: Mapping[str, str]) -> Json:
    if "component" in part:
        return {"type": part["type"], "id": 1, "component": _filled_field(part["component"], values)}
    inside: Sequence[Json] = part["components"]
    return {"type": part["type"], "components": [_filled_field(field, values) for field in inside]}


def _filled_field(field: Json, values: Mapping[str, str]) -> Json:
    name, offered = field["custom_id"], [option["value"] for option in field.get("options") or ()]
    value = values.get(name, initial_value(field))
    if field.get("required", True) and not value:
        raise NotFilledIn(f"{name} is required")
    if offered and value and value not in offered:
        raise NotFilledIn(f"{name} does not offer {value!r}")
    if not (field.get("min_length") or 0) <= len(value) <= (field.get("max_length") or _LONGEST_TEXT):
        raise NotFilledIn(f"{name} is too long or too short")
    return {"type": field["type"], "id": 1, "custom_id": name, "value": value}


def initial_value(field: Json) -> str:
    """What stands in a field before anybody has touched it."""
    chosen = [option["value"] for option in field.get("options") or () if option.get("default")]
    return chosen[0] if chosen else str(field.get("value") or "")
