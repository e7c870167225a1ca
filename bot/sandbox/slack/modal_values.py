"""What a person enters in a modal, as Slack sends it to the app. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.sandbox.slack.values import Json, View, elements_of

REQUIRED = "Please complete this required field."


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a select, as people see it."""

    label: str
    value: str
    group: str = ""


def options_in(answer: Mapping[str, object]) -> tuple[Json, ...]:
    """The options of a select, or of an app's suggestions, with those of all groups in one list."""
    groups = answer.get("option_groups")
    if isinstance(groups, Sequence):
        return tuple(option for group in groups for option in group["options"])
    options = answer.get("options")
    return tuple(options) if isinstance(options, Sequence) else ()


def read_options(answer: Mapping[str, object]) -> tuple[Option, ...]:
    """The same options as people see them."""
    groups = answer.get("option_groups")
    if isinstance(groups, Sequence):
        return tuple(
            Option(option["text"]["text"], option["value"], group["label"]["text"])
            for group in groups
            for option in group["options"]
        )
    return tuple(Option(option["text"]["text"], option["value"]) for option in options_in(answer))


def pick(options: Iterable[Json], wanted: str) -> Json:
    """The option with this value or label. Raises `ValueError` if there is none."""
    for option in options:
        if wanted in (option["value"], option["text"]["text"]):
            return option
    raise ValueError(f"the form does not offer {wanted!r}")


Offered = Callable[[str], Sequence[Json]]
"""What an external select has offered so far, by its action id."""


def fill_in(view: View, values: Mapping[str, object], offered: Offered) -> Mapping[str, Mapping[str, Json]]:
    """The state of a view after these values, by action id, were entered. Raises `ValueError` for an unknown id."""
    places = elements_of(view.blocks)
    unknown = set(values) - {element["action_id"] for _, element in places}
    if unknown:
        raise ValueError(f"the form has no {', '.join(sorted(unknown))}")
    state: dict[str, dict[str, Json]] = {}
    for block, element in places:
        if element["type"] in ("button", "overflow"):
            continue
        block_id, action_id = block["block_id"], element["action_id"]
        kept = view.state.get(block_id, {}).get(action_id)
        if action_id in values:
            kept = entered_value(element, values[action_id], offered)
        state.setdefault(block_id, {})[action_id] = kept or _untouched(element)
    return state


def entered_value(element: Json, value: object, offered: Offered) -> Json:
    """One element's state after a value was entered: text, or an option's value or label, or several of them."""
    kind = element["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": str(value)}
    if kind == "checkboxes":
        wanted = [value] if isinstance(value, str) else list(value) if isinstance(value, Sequence) else []
        return {"type": kind, "selected_options": [pick(element["options"], str(each)) for each in wanted]}
    if kind == "users_select":
        return {"type": kind, "selected_user": str(value)}
    initial = [element["initial_option"]] if element.get("initial_option") else []
    options = [*offered(element["action_id"]), *initial] if kind == "external_select" else options_in(element)
    return {"type": kind, "selected_option": pick(options, str(value))}


def _untouched(element: Json) -> Json:
    kind = element["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": element.get("initial_value")}
    if kind == "checkboxes":
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    if kind == "users_select":
        return {"type": kind, "selected_user": element.get("initial_user")}
    return {"type": kind, "selected_option": element.get("initial_option")}


def missing(view: View, state: Mapping[str, Mapping[str, Json]]) -> dict[str, str]:
    """What Slack's client shows under inputs that are empty and required, or too long, by block id."""
    long = {
        block["block_id"]: f"Must be {element['max_length']} characters or fewer."
        for block, element in elements_of(view.blocks)
        if block["type"] == "input"
        and len(state[block["block_id"]][element["action_id"]].get("value") or "") > element.get("max_length", 3_000)
    }
    return long | {
        block["block_id"]: REQUIRED
        for block, element in elements_of(view.blocks)
        if block["type"] == "input"
        and not block.get("optional")
        and not any(
            state[block["block_id"]][element["action_id"]].get(name)
            for name in ("value", "selected_option", "selected_options", "selected_user")
        )
    }
