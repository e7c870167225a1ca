"""
Blocks and modals: what Slack refuses about them, and the ids that it fills in. Pure.

The limits are those of the reference pages under docs.slack.dev/reference/block-kit/ and …/surfaces/modals. The
limit on all texts of a message together is not documented; app developers measured it (slackapi/bolt-js issue 2509).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.sandbox.slack.elements import LONGEST_ID, element, image, text_object
from bot.sandbox.slack.refusals import Faults, SlackRefusal, fault, items, length, shape
from bot.sandbox.slack.values import Json, elements_of

_MOST_BLOCKS = 50
_MOST_IN_VIEW = 100
_LONGEST_IN_ALL = 13_200
_LONGEST_SECTION = 3000
_MOST_FIELDS = 10
_LONGEST_FIELD = 2000
_LONGEST_HEADER = 150
_MOST_ACTIONS = 25
_MOST_CONTEXT = 10
_LONGEST_LABEL = 2000
_LONGEST_MARKDOWN = 12_000
_MOST_ROWS = 100
_MOST_CELLS = 20
_LONGEST_TABLE = 10_000
_LONGEST_VIEW_TITLE = 24
_LONGEST_PRIVATE = 3000
_SELECTS = ("static_select", "external_select", "users_select")
_BLOCK_ACTIONS = ("button", *_SELECTS, "overflow", "checkboxes", "radio_buttons")
_INPUTS = ("plain_text_input", *_SELECTS, "checkboxes", "radio_buttons")
_RICH = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")


def prepare_blocks(blocks: Any, new_id: Callable[[str], str]) -> tuple[Json, ...]:
    """The blocks of a message with every id filled in. Raises `SlackRefusal` as the Web API refuses them."""
    faults = list(faults_in_blocks(blocks, "/blocks", _MOST_BLOCKS))
    if faults:
        plain = [each.removeprefix("[ERROR] ") for each in faults]
        raise SlackRefusal("invalid_blocks", errors=plain, response_metadata={"messages": faults})
    if sum(map(len, texts_in(blocks))) > _LONGEST_IN_ALL:
        raise SlackRefusal("msg_blocks_too_long")
    return _with_ids(blocks, new_id)


def prepare_view(view: Any, new_id: Callable[[str], str], kind: str = "modal") -> Json:
    """A modal or a Home tab with every id filled in. Raises `SlackRefusal` as the Web API refuses it."""
    faults = list(faults_in_view(view, kind))
    if faults:
        raise SlackRefusal("invalid_arguments", response_metadata={"messages": faults})
    return {**view, "blocks": list(_with_ids(view["blocks"], new_id))}


def _with_ids(blocks: Sequence[Json], new_id: Callable[[str], str]) -> tuple[Json, ...]:
    filled = tuple(copy.deepcopy(list(blocks)))
    for block in filled:
        block.setdefault("block_id", new_id("b"))
    for _, part in elements_of(filled):
        part.setdefault("action_id", new_id("a"))
    return filled


def texts_in(part: Any) -> Iterator[str]:
    """Every text in the blocks."""
    if isinstance(part, list):
        for each in part:
            yield from texts_in(each)
    elif isinstance(part, Mapping):
        for name, each in part.items():
            if name == "text" and isinstance(each, str):
                yield each
            else:
                yield from texts_in(each)


def faults_in_view(view: Any, kind: str = "modal") -> Faults:
    """What is wrong with a modal, or with a Home tab, which has neither a title nor buttons of its own."""
    everywhere = ("private_metadata", "callback_id", "external_id")
    only_modals = ("submit", "close", "clear_on_close", "notify_on_close", "submit_disabled")
    is_home = kind == "home"
    needs = ("type", "blocks") if is_home else ("type", "title", "blocks")
    yield from shape(view, "/view", needs=needs, may=everywhere if is_home else (*everywhere, *only_modals))
    if not isinstance(view, Mapping):
        return
    if view.get("type") != kind:
        yield fault("must be a valid enum value", "/view/type")
    for name in ("title", "submit", "close"):
        if view.get(name) is not None:
            yield from text_object(view[name], f"/view/{name}", _LONGEST_VIEW_TITLE, plain=True)
    for name, longest in (("private_metadata", _LONGEST_PRIVATE), ("callback_id", LONGEST_ID), ("external_id", 255)):
        if len(view.get(name) or "") > longest:
            yield fault(f"must be less than {longest + 1} characters", f"/view/{name}")
    if view.get("blocks") is not None:
        yield from faults_in_blocks(view["blocks"], "/view/blocks", _MOST_IN_VIEW, modal=True)
        inputs = [each for each in view["blocks"] if isinstance(each, Mapping) and each.get("type") == "input"]
        if inputs and view.get("submit") is None and not is_home:
            yield fault("missing required field: submit", "/view")


def faults_in_blocks(blocks: Any, at: str, most: int, *, modal: bool = False) -> Faults:
    """What is wrong with a list of blocks: with each block, and with all together."""
    yield from items(blocks, at, most, fewest=0)
    if not isinstance(blocks, list):
        return
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        here = f"{at}/{number}"
        kind = block.get("type") if isinstance(block, Mapping) else None
        if not isinstance(block, Mapping):
            yield fault("must provide an object", here)
        elif not isinstance(kind, str) or kind not in _CHECKS or (modal and kind in ("markdown", "table")):
            yield fault(f"unsupported type: {kind}", f"{here}/type")
        else:
            yield from _CHECKS[kind](block, here)
            yield from _block_id(block.get("block_id"), here, seen)
    yield from _one_table(blocks, at)


def _block_id(block_id: Any, at: str, seen: set[str]) -> Faults:
    if block_id is None:
        return
    yield from length(block_id, f"{at}/block_id", LONGEST_ID)
    if block_id in seen:
        yield fault(f"`block_id` {block_id} already exists", f"{at}/block_id")
    seen.add(block_id)


# ---------------------------------------------------------------- each kind of block


def _section(block: Mapping[str, Any], at: str) -> Faults:
    yield from shape(block, at, needs=(), may=("block_id", "text", "fields", "accessory", "expand"))
    if block.get("text") is None and not block.get("fields"):
        yield fault("missing required field: text", at)
    if block.get("text") is not None:
        yield from text_object(block["text"], f"{at}/text", _LONGEST_SECTION)
    if block.get("fields") is not None:
        yield from items(block["fields"], f"{at}/fields", _MOST_FIELDS)
        for number, field in enumerate(block["fields"]):
            yield from text_object(field, f"{at}/fields/{number}", _LONGEST_FIELD)
    if block.get("accessory") is not None:
        yield from element(block["accessory"], f"{at}/accessory", (*_BLOCK_ACTIONS, "image"))


def _header(block: Mapping[str, Any], at: str) -> Faults:
    yield from shape(block, at, needs=("text",), may=("block_id",))
    if block.get("text") is not None:
        yield from text_object(block["text"], f"{at}/text", _LONGEST_HEADER, plain=True)


def _divider(block: Mapping[str, Any], at: str) -> Faults:
    yield from shape(block, at, needs=(), may=("block_id",))


def _actions(block: Mapping[str, Any], at: str) -> Faults:
    yield from shape(block, at, needs=("elements",), may=("block_id",))
    elements = block.get("elements")
    yield from items(elements, f"{at}/elements", _MOST_ACTIONS)
    seen: set[str] = set()
    for number, part in enumerate(elements if isinstance(elements, list) else ()):
        here = f"{at}/elements/{number}"
        yield from element(part, here, _BLOCK_ACTIONS)
        action_id = part.get("action_id") if isinstance(part, Mapping) else None
        if action_id is not None and action_id in seen:
            yield fault(f"`action_id` {action_id} already exists", f"{here}/action_id")
        seen.add(str(action_id))


def _context(block: Mapping[str, Any], at: str) -> Faults:
    yield from shape(block, at, needs=("elements",), may=("block_id",))
    elements = block.get("elements")
    yield from items(elements, f"{at}/elements", _MOST_CONTEXT)
    for number, part in enumerate(elements if isinstance(elements, list) else ()):
        here = f"{at}/elements/{number}"
        if isinstance(part, Mapping) and part.get("type") == "image":
            yield from image(part, here)
        else:
            yield from text_object(part, here, _LONGEST_FIELD)


def _input(block: Mapping[str, Any], at: str) -> Faults:
    may = ("block_id", "hint", "optional", "dispatch_action")
    yield from shape(block, at, needs=("label", "element"), may=may)
    for name in ("label", "hint"):
        if block.get(name) is not None:
            yield from text_object(block[name], f"{at}/{name}", _LONGEST_LABEL, plain=True)
    if block.get("element") is not None:
        yield from element(block["element"], f"{at}/element", _INPUTS)


def _markdown(block: Mapping[str, Any], at: str) -> Faults:
    yield from shape(block, at, needs=("text",), may=("block_id",))
    if block.get("text") is not None:
        yield from length(block["text"], f"{at}/text", _LONGEST_MARKDOWN)


def _rich_text(block: Mapping[str, Any], at: str) -> Faults:
    yield from shape(block, at, needs=("elements",), may=("block_id",))
    elements = block.get("elements")
    yield from items(elements, f"{at}/elements", _LONGEST_IN_ALL, fewest=0)
    for number, part in enumerate(elements if isinstance(elements, list) else ()):
        here = f"{at}/elements/{number}"
        yield from shape(part, here, needs=("elements",), may=("style", "indent", "offset", "border", "language"))
        if isinstance(part, Mapping) and part.get("type") not in _RICH:
            yield fault(f"unsupported type: {part.get('type')}", f"{here}/type")
        elif isinstance(part, Mapping) and part["type"] != "rich_text_list":
            yield from _spans(part.get("elements"), f"{here}/elements")


_SPANS: Mapping[str, str] = {
    "text": "text",
    "link": "url",
    "emoji": "name",
    "user": "user_id",
    "channel": "channel_id",
    "usergroup": "usergroup_id",
    "broadcast": "range",
}


def _spans(spans: Any, at: str) -> Faults:
    yield from items(spans, at, _LONGEST_IN_ALL, fewest=0)
    for number, span in enumerate(spans if isinstance(spans, list) else ()):
        here = f"{at}/{number}"
        kind = span.get("type") if isinstance(span, Mapping) else None
        needed = _SPANS.get(str(kind))
        if kind == "date" and isinstance(span.get("timestamp"), int) and span.get("format"):
            continue
        if needed is None:
            yield fault(f"unsupported type: {kind}", f"{here}/type")
        elif not isinstance(span.get(needed), str):
            yield fault(f"missing required field: {needed}", here)
        elif not span[needed]:
            yield fault("must be more than 0 characters", f"{here}/{needed}")


def _table(block: Mapping[str, Any], at: str) -> Faults:
    """A table holds 100 rows of 20 cells, and 10,000 characters."""
    yield from shape(block, at, needs=("rows",), may=("column_settings",))
    rows = block.get("rows")
    yield from items(rows, f"{at}/rows", _MOST_ROWS)
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        yield from items(row, f"{at}/rows/{number}", _MOST_CELLS)
        for place, cell in enumerate(row if isinstance(row, list) else ()):
            yield from _cell(cell, f"{at}/rows/{number}/{place}")
    yield from items(block.get("column_settings", [{}]), f"{at}/column_settings", _MOST_CELLS)
    if sum(map(len, texts_in(rows))) > _LONGEST_TABLE:
        yield fault(f"must be less than {_LONGEST_TABLE + 1} characters in all", f"{at}/rows")


def _cell(cell: Any, at: str) -> Faults:
    kind = cell.get("type") if isinstance(cell, Mapping) else None
    if kind == "rich_text":
        yield from _rich_text(cell, at)
    elif kind == "raw_text":
        yield from shape(cell, at, needs=("text",))
        yield from length(cell.get("text"), f"{at}/text", _LONGEST_TABLE)
    else:
        yield fault(f"unsupported type: {kind}", f"{at}/type")


def _one_table(blocks: Sequence[Any], at: str) -> Faults:
    kinds = [block.get("type") if isinstance(block, Mapping) else None for block in blocks]
    for number in [number for number, kind in enumerate(kinds) if kind == "table"][1:]:
        yield fault("only one table is allowed", f"{at}/{number}")


_CHECKS: Mapping[str, Callable[[Mapping[str, Any], str], Faults]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "image": image,
    "actions": _actions,
    "context": _context,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "table": _table,
}
