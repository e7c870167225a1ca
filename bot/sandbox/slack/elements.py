"""
The parts of blocks: text objects, options and interactive elements, and what Slack refuses about each.

The limits are those of the reference pages under docs.slack.dev/reference/block-kit/.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from bot.sandbox.slack.refusals import Faults, fault, items, length, shape

LONGEST_ID = 255
_LONGEST_BUTTON = 75
_LONGEST_VALUE = 2000
_LONGEST_URL = 3000
_LONGEST_OPTION = 75
_LONGEST_OPTION_VALUE = 150
_MOST_OPTIONS = 100
_MOST_GROUPS = 100
_MOST_CHECKBOXES = 10
_LONGEST_PLACEHOLDER = 150


def text_object(part: Any, at: str, longest: int, *, plain: bool = False) -> Faults:
    """A text object; `plain`: it must be `plain_text`."""
    if not isinstance(part, Mapping):
        yield fault("must provide an object", at)
        return
    kind = part.get("type")
    if kind not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        yield fault("must be a valid enum value" if isinstance(kind, str) else "missing required field: type", at)
        return
    yield from shape(part, at, needs=("text",), may=("emoji",) if kind == "plain_text" else ("verbatim",))
    if part.get("text") is not None:
        yield from length(part["text"], f"{at}/text", longest)


def option(part: Any, at: str, *, plain: bool = True) -> Faults:
    """One option; those of checkboxes and radio buttons may be `mrkdwn` too."""
    yield from shape(part, at, needs=("text", "value"), may=("description", "url"))
    if not isinstance(part, Mapping):
        return
    if part.get("text") is not None:
        yield from text_object(part["text"], f"{at}/text", _LONGEST_OPTION, plain=plain)
    if part.get("value") is not None:
        yield from length(part["value"], f"{at}/value", _LONGEST_OPTION_VALUE)
    if part.get("description") is not None:
        yield from text_object(part["description"], f"{at}/description", _LONGEST_OPTION, plain=plain)


def options(parts: Any, at: str, most: int = _MOST_OPTIONS, *, fewest: int = 1, plain: bool = True) -> Faults:
    """A list of options."""
    yield from items(parts, at, most, fewest=fewest)
    for number, part in enumerate(parts if isinstance(parts, list) else ()):
        yield from option(part, f"{at}/{number}", plain=plain)


def suggestions(answer: Any) -> Faults:
    """What an app answers to `block_suggestion`: options or groups of them, perhaps none."""
    if not isinstance(answer, Mapping):
        yield fault("must provide an object", "/")
    elif "option_groups" in answer:
        yield from _option_groups(answer["option_groups"], "/option_groups", fewest=0)
    else:
        yield from options(answer.get("options"), "/options", fewest=0)


def _option_groups(groups: Any, at: str, *, fewest: int = 1) -> Faults:
    yield from items(groups, at, _MOST_GROUPS, fewest=fewest)
    for number, group in enumerate(groups if isinstance(groups, list) else ()):
        yield from shape(group, f"{at}/{number}", needs=("label", "options"))
        if isinstance(group, Mapping):
            yield from text_object(group.get("label"), f"{at}/{number}/label", _LONGEST_OPTION, plain=True)
            yield from options(group.get("options"), f"{at}/{number}/options")


# ---------------------------------------------------------------- interactive elements


def _button(part: Mapping[str, Any], at: str) -> Faults:
    may = ("action_id", "url", "value", "style", "confirm", "accessibility_label")
    yield from shape(part, at, needs=("text",), may=may)
    if part.get("text") is not None:
        yield from text_object(part["text"], f"{at}/text", _LONGEST_BUTTON, plain=True)
    if part.get("value") is not None:
        yield from length(part["value"], f"{at}/value", _LONGEST_VALUE)
    if part.get("url") is not None:
        yield from length(part["url"], f"{at}/url", _LONGEST_URL)
    if part.get("style") not in (None, "primary", "danger"):
        yield from [fault("must be a valid enum value", f"{at}/style")]
    if part.get("confirm") is not None:
        yield from _confirm(part["confirm"], f"{at}/confirm")


def _confirm(part: Any, at: str) -> Faults:
    yield from shape(part, at, needs=("title", "text", "confirm", "deny"), may=("style",))
    if not isinstance(part, Mapping):
        return
    for name, longest in (("title", 100), ("confirm", 30), ("deny", 30)):
        if part.get(name) is not None:
            yield from text_object(part[name], f"{at}/{name}", longest, plain=True)
    if part.get("text") is not None:
        yield from text_object(part["text"], f"{at}/text", 300)


def _static_select(part: Mapping[str, Any], at: str) -> Faults:
    may = ("action_id", "placeholder", "options", "option_groups", "initial_option", "confirm", "focus_on_load")
    yield from shape(part, at, needs=(), may=may)
    if part.get("option_groups") is not None:
        yield from _option_groups(part["option_groups"], f"{at}/option_groups")
    else:
        yield from options(part.get("options"), f"{at}/options")
    yield from _placeholder(part, at)


def _external_select(part: Mapping[str, Any], at: str) -> Faults:
    may = ("action_id", "placeholder", "initial_option", "min_query_length", "confirm", "focus_on_load")
    yield from shape(part, at, needs=(), may=may)
    if part.get("initial_option") is not None:
        yield from option(part["initial_option"], f"{at}/initial_option")
    yield from _placeholder(part, at)


def _users_select(part: Mapping[str, Any], at: str) -> Faults:
    may = ("action_id", "placeholder", "initial_user", "confirm", "focus_on_load")
    yield from shape(part, at, needs=(), may=may)
    yield from _placeholder(part, at)


def _overflow(part: Mapping[str, Any], at: str) -> Faults:
    yield from shape(part, at, needs=("options",), may=("action_id", "confirm"))
    yield from options(part.get("options"), f"{at}/options", 5)


def _choices(part: Mapping[str, Any], at: str) -> Faults:
    may = ("action_id", "initial_options", "initial_option", "confirm", "focus_on_load")
    yield from shape(part, at, needs=("options",), may=may)
    yield from options(part.get("options"), f"{at}/options", _MOST_CHECKBOXES, plain=False)


def _plain_text_input(part: Mapping[str, Any], at: str) -> Faults:
    may = ("action_id", "placeholder", "initial_value", "multiline", "min_length", "max_length")
    yield from shape(part, at, needs=(), may=(*may, "dispatch_action_config", "focus_on_load"))
    longest = part.get("max_length")
    if longest is not None and not (isinstance(longest, int) and 1 <= longest <= 3000):
        yield fault("must be between 1 and 3000", f"{at}/max_length")
    yield from _placeholder(part, at)


def _placeholder(part: Mapping[str, Any], at: str) -> Faults:
    if part.get("placeholder") is not None:
        yield from text_object(part["placeholder"], f"{at}/placeholder", _LONGEST_PLACEHOLDER, plain=True)


def image(part: Mapping[str, Any], at: str) -> Faults:
    """An image, as an element or a block."""
    yield from shape(part, at, needs=("alt_text",), may=("image_url", "slack_file", "block_id", "title"))
    if part.get("image_url") is not None:
        yield from length(part["image_url"], f"{at}/image_url", 3000)
    elif part.get("slack_file") is None:
        yield fault("missing required field: image_url", at)
    if part.get("alt_text") is not None:
        yield from length(part["alt_text"], f"{at}/alt_text", 2000)


_CHECKS: Mapping[str, Callable[[Mapping[str, Any], str], Faults]] = {
    "button": _button,
    "static_select": _static_select,
    "external_select": _external_select,
    "users_select": _users_select,
    "overflow": _overflow,
    "checkboxes": _choices,
    "radio_buttons": _choices,
    "plain_text_input": _plain_text_input,
    "image": image,
}


def element(part: Any, at: str, kinds: Collection[str]) -> Faults:
    """One element; its type must be one of `kinds`."""
    if not isinstance(part, Mapping):
        yield fault("must provide an object", at)
    elif part.get("type") not in kinds:
        yield fault(f"unsupported type: {part.get('type')}", f"{at}/type")
    else:
        if part.get("action_id") is not None:
            yield from length(part["action_id"], f"{at}/action_id", LONGEST_ID)
        yield from _CHECKS[part["type"]](part, at)
