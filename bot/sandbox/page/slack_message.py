"""Practice Slack messages and modals as the page shows them; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from mimetypes import guess_type
from typing import Any

from bot.sandbox.page.actions import Json
from bot.sandbox.page.formatted_text import file, line, plain, span
from bot.sandbox.slack import SlackMessage, View
from bot.sandbox.slack.emoji import to_signs
from bot.sandbox.slack.rendering import Names, read_text_object

_STYLES = ("bold", "italic", "strike", "underline", "code")
HOME = "home"
"""The place of the Home tab, among the channels."""
_RICH = {"rich_text_quote": "quote", "rich_text_preformatted": "code"}


def message_blocks(message: SlackMessage, names: Names) -> list[Json]:
    """The content of a message, from top to bottom: its blocks, or its text if it has none."""
    files = [file(f.name, f.content, guess_type(f.name)[0] or "", f.alternative) for f in message.files]
    if not message.blocks or message.attachments:
        return [{"kind": "text", "lines": plain(message.rendered)}, *files]
    return [*blocks(message.blocks, names), *files]


@dataclass(frozen=True, slots=True)
class Form:
    """
    What a view's fields know.

    Attributes:
        state: What was entered so far.
        people: Id and name of those among whom one can choose.
    """

    state: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    people: Sequence[tuple[str, str]] = ()


_NO_FORM = Form()


def blocks(given: Iterable[Json], names: Names, form: Form = _NO_FORM) -> list[Json]:
    """Block Kit as blocks of the page."""
    shown: list[Json] = []
    for block in given:
        shown += _block(block, names, form)
    return shown


def modal(view: View, names: Names, people: Sequence[tuple[str, str]] = ()) -> Json:
    """
    A modal as the page shows it.

    Args:
        people: Id and name of those among whom one can choose.
    """
    body = view.body
    return {
        "id": view.id,
        "title": view.title,
        "submit": _label(body.get("submit"), names),
        "close": _label(body.get("close"), names) or "Close",
        "blocks": blocks(view.blocks, names, Form(view.state, people)),
    }


def home(view: View, names: Names) -> Json:
    """A Home tab, as the page shows it: as a message."""
    return {
        "id": view.id,
        "place": HOME,
        "author": "shopbell",
        "bot": True,
        "mine": False,
        "system": "",
        "private": False,
        "thinking": False,
        "edited": False,
        "at": float(view.hash.partition(".")[0]),
        "blocks": blocks(view.blocks, names),
        "reactions": [],
        "thread": None,
    }


def _block(block: Json, names: Names, form: Form) -> list[Json]:
    match block["type"]:
        case "divider":
            shown: list[Json] = [{"kind": "divider"}]
        case "actions":
            shown = _actions(block["elements"], names)
        case "input":
            shown = [_input(block, names, form)]
        case "section":
            shown = _section(block, names)
        case "table":
            shown = [{"kind": "table", "rows": [[_cell(cell, names) for cell in row] for row in block["rows"]]}]
        case _:
            shown = _text(_lines(block, names))
    return shown


def _lines(block: Json, names: Names) -> list[Json]:
    match block["type"]:
        case "header":
            lines = plain(read_text_object(block["text"], names), "heading")
        case "context":
            lines = [line("small", span(" · ".join(_element(element, names) for element in block["elements"])))]
        case "image":
            lines = plain(f"({block['alt_text']})", "small")
        case "rich_text":
            lines = _rich(block["elements"], names)
        case _:
            lines = plain(block["text"])
    return lines


def _cell(cell: Json, names: Names) -> list[Json]:
    return _rich(cell["elements"], names) if cell["type"] == "rich_text" else plain(str(cell["text"]))


def _text(lines: list[Json]) -> list[Json]:
    return [{"kind": "text", "lines": lines}] if lines else []


def _section(block: Json, names: Names) -> list[Json]:
    parts = [block["text"]] if block.get("text") else []
    lines = [each for part in (*parts, *block.get("fields", ())) for each in plain(read_text_object(part, names))]
    accessory = block.get("accessory")
    return _text(lines) + (_actions([accessory], names) if accessory else [])


def _element(element: Json, names: Names) -> str:
    return f"({element['alt_text']})" if element["type"] == "image" else read_text_object(element, names)


def _actions(elements: Sequence[Json], names: Names) -> list[Json]:
    buttons = [_button(element, names) for element in elements if element["type"] == "button"]
    shown: list[Json] = [{"kind": "buttons", "buttons": buttons}] if buttons else []
    if len(buttons) < len(elements):
        shown += _text(plain("(something that this page cannot show)", "small"))
    return shown


def _button(element: Json, names: Names) -> Json:
    url = element.get("url")
    return {
        "id": element["action_id"],
        "label": read_text_object(element["text"], names),
        "style": "link" if url else element.get("style", "plain"),
        "disabled": False,
        "url": url,
    }


def _input(block: Json, names: Names, form: Form) -> Json:
    element = block["element"]
    kept = form.state.get(block["block_id"], {}).get(element["action_id"]) or {}
    chosen = kept.get("selected_option") or element.get("initial_option")
    person = kept.get("selected_user") or element.get("initial_user")
    given = [*element.get("options", ()), *(o for g in element.get("option_groups", ()) for o in g["options"])]
    options = [_option(option, names) for option in given]
    if element["type"] == "users_select":
        options = [{"label": name, "value": ident} for ident, name in form.people]
    return {
        "kind": "input",
        "id": element["action_id"],
        "block": block["block_id"],
        "type": element["type"],
        "label": read_text_object(block["label"], names),
        "hint": _label(block.get("hint"), names),
        "placeholder": _label(element.get("placeholder"), names),
        "optional": bool(block.get("optional")),
        "multiline": bool(element.get("multiline")),
        "options": options,
        "value": chosen["value"] if chosen else person or kept.get("value") or element.get("initial_value") or "",
        "least": element.get("min_query_length", 3),
    }


def _option(option: Json, names: Names) -> Json:
    return {"label": read_text_object(option["text"], names), "value": option["value"]}


def _label(text: Json | None, names: Names) -> str:
    return "" if text is None else read_text_object(text, names)


def _rich(elements: Sequence[Json], names: Names) -> list[Json]:
    lines: list[Json] = []
    for element in elements:
        if element["type"] == "rich_text_list":
            lines += [line("bullet", *_spans(item["elements"], names)) for item in element["elements"]]
        else:
            lines.append(line(_RICH.get(element["type"], "plain"), *_spans(element["elements"], names)))
    return lines


def _spans(elements: Sequence[Json], names: Names) -> list[Json]:
    return [_span(element, names) for element in elements]


def _span(element: Json, names: Names) -> Json:
    given = element.get("style") or {}
    style: dict[str, Any] = {name: True for name in _STYLES if given.get(name)}
    match element["type"]:
        case "text":
            shown = span(str(element["text"]), **style)
        case "link":
            address = str(element["url"])
            safe = {"link": address} if address.startswith(("https://", "http://")) else {}
            shown = span(str(element.get("text") or address), **style, **safe)
        case "emoji":
            shown = span(to_signs(f":{element['name']}:"), **style)
        case "date":
            shown = span(str(element.get("fallback") or element["timestamp"]), **style)
        case _:
            shown = span(_mentioned(element, names), **style, mention=True)
    return shown


def _mentioned(element: Json, names: Names) -> str:
    match element["type"]:
        case "user":
            name = f"@{names.user(element['user_id'])}"
        case "channel":
            name = f"#{names.channel(element['channel_id'])}"
        case "usergroup":
            name = f"@{names.group(element['usergroup_id'])}"
        case _:
            name = f"@{element['range']}"
    return name
