"""
The core's forms as Slack's modals, what was entered in one, and the modal that asks for a snippet and a ticket; pure.

Everything that is needed when a modal is sent is in its own metadata, as with buttons.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.chats.slack import wording
from adapters.chats.slack.blocks import Block, fitting, plain, rich, section, words
from adapters.chats.slack.markup import width
from adapters.chats.slack.messages import answer_blocks
from adapters.chats.slack.outdated import metadata, reading
from adapters.chats.slack.picker import TICKET, options_of
from adapters.chats.slack.reading import SLACK
from bot.model import Answer, ChannelId, ChoiceField, Modal, Place, SnippetChoice, TextField, ThreadId, Verb

FORM = "shopbell:form"
PICKER = "shopbell:snippet_picker"
SNIPPET = "shopbell:snippet"
_TICKET_BLOCK, _SNIPPET_BLOCK = "ticket", "snippet"
_TITLE = 24
_METADATA = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    What one of these modals asks for when it is sent.

    Attributes:
        place: Where the person was who opened it.
        ticket: The number, as typed; None: that of the thread, or still to be picked.
        words: The snippet's name, or what the core has given the form; empty: still to be picked.
    """

    verb: Verb
    place: Place
    ticket: str | None = None
    words: str = ""


def form_view(form: Modal, place: Place) -> dict[str, Any]:
    """The modal of a form, opened by somebody at `place`."""
    kept = Kept(verb=form.verb, place=place, ticket=None if form.ticket is None else str(form.ticket), words=form.words)
    shown = [_input(field) for field in form.fields]
    return _modal(FORM, form.title, kept, shown, close=wording.PICKER_CANCEL) | {
        "submit": plain(fitting(form.submit, _TITLE))
    }


def _input(field: TextField | ChoiceField) -> Block:
    block: Block = {"type": "input", "block_id": field.name, "label": plain(field.label)}
    if isinstance(field, ChoiceField):
        options = [{"text": plain(label), "value": value} for value, label in field.options]
        element = {"type": "radio_buttons", "options": options, "initial_option": options[0]}
        return block | {"element": element | {"action_id": field.name}}
    text = {"type": "plain_text_input", "action_id": field.name, "max_length": field.longest}
    text |= {"multiline": True} if field.has_lines else {}
    text |= {"initial_value": field.value} if field.value else {}
    block |= {"hint": plain(field.hint)} if field.hint else {}
    return block | {"element": text, "optional": not field.is_required}


def picker_view(kept: Kept) -> dict[str, Any]:
    """The modal that asks for what is still missing before the form: the ticket, the snippet, or both."""
    asked: list[Block] = []
    if kept.ticket is None and kept.place.thread is None:
        asked.append(_select(_TICKET_BLOCK, TICKET, wording.PICKER_LABEL, wording.PICKER_PLACEHOLDER))
    if kept.verb is Verb.SNIPPET and not kept.words:
        asked.append(_select(_SNIPPET_BLOCK, SNIPPET, wording.SNIPPET_LABEL, wording.SNIPPET_PLACEHOLDER))
    shown = _modal(PICKER, wording.FORM_TITLE[kept.verb], kept, asked, close=wording.PICKER_CANCEL)
    return shown | {"submit": plain(wording.NEXT)}


def _select(block: str, action: str, label: str, placeholder: str) -> Block:
    element = {
        "type": "external_select",
        "action_id": action,
        "placeholder": plain(placeholder),
        "min_query_length": 0,
    }
    return {"type": "input", "block_id": block, "label": plain(label), "element": element}


def waiting_view(view: Mapping[str, Any]) -> dict[str, Any]:
    """What a modal shows while its answer takes its time."""
    return _like(view, [rich(section(words(wording.WAIT)))])


def result_view(view: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """The modal with the answer."""
    return _like(view, answer_blocks(answer))


def _like(view: Mapping[str, Any], shown: list[Block]) -> dict[str, Any]:
    """A modal in the place of `view`, which cannot be sent again."""
    title = str(view["title"]["text"])
    return _modal(str(view["callback_id"]), title, kept_in(view), shown, close=wording.DONE)


def can_be_kept(kept: Kept) -> bool:
    """Whether a modal has room for it: Slack gives a modal's metadata 3,000 characters, and JSON needs its own."""
    return width(_metadata(kept)) <= _METADATA


def _metadata(kept: Kept) -> str:
    metadata = {
        "verb": kept.verb.value,
        "channel": kept.place.channel,
        "thread": kept.place.thread,
        "ticket": kept.ticket,
        "words": kept.words,
    }
    return json.dumps(metadata, ensure_ascii=False)


def _modal(callback: str, title: str, kept: Kept, shown: list[Block], *, close: str) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(fitting(title, _TITLE)),
        "close": plain(close),
        "private_metadata": _metadata(kept),
        "blocks": shown,
    }


@reading
def kept_in(view: Mapping[str, Any]) -> Kept:
    """What one of our modals was opened for, from what Slack sends when somebody uses it. Raises `Outdated`."""
    kept = metadata(view)
    thread, ticket = kept.get("thread"), kept.get("ticket")
    return Kept(
        verb=Verb(kept["verb"]),
        place=Place(chat=SLACK, channel=ChannelId(kept["channel"]), thread=ThreadId(str(thread)) if thread else None),
        ticket=str(ticket) if ticket else None,
        words=str(kept.get("words") or ""),
    )


@reading
def picked(view: Mapping[str, Any]) -> Kept:
    """What was picked, from the submitted picker, with what was known before. Raises `Outdated`."""
    kept, values = kept_in(view), view["state"]["values"]
    ticket, snippet = _option(values, _TICKET_BLOCK, TICKET), _option(values, _SNIPPET_BLOCK, SNIPPET)
    return Kept(verb=kept.verb, place=kept.place, ticket=ticket or kept.ticket, words=snippet or kept.words)


def _option(values: Mapping[str, Any], block: str, action: str) -> str:
    return str(((values.get(block) or {}).get(action) or {}).get("selected_option", {}).get("value") or "")


@reading
def entered(view: Mapping[str, Any]) -> dict[str, str]:
    """What was entered in a submitted form, by the fields' names. Raises `Outdated`."""
    found: dict[str, str] = {}
    for values in view["state"]["values"].values():
        for name, value in values.items():
            chosen = value.get("selected_option") or {}
            found[name] = str(value.get("value") or chosen.get("value") or "")
    return found


def snippet_options(choices: Sequence[SnippetChoice]) -> list[dict[str, Any]]:
    """The snippets as Slack lists them; a line holds 75 characters."""
    return options_of([(f"{each.name} · {each.beginning}", each.name) for each in choices])
