"""The modal in which an agent picks a ticket when a command has no number, or says until when to snooze one; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.chats import shared_wording
from adapters.chats.slack import wording
from adapters.chats.slack.blocks import Block, Element, fitting, plain, rich, section, words
from adapters.chats.slack.messages import answer_blocks
from adapters.chats.slack.outdated import metadata, reading
from bot.model import LONGEST_ENTRY, Answer, ChannelId, Choice, TicketNumber, Verb
from bot.ports import MOST_CHOICES
from bot.text import one_line

CALLBACK = "shopbell:pick"
TICKET = "shopbell:ticket"
HOME = ChannelId("")
"""Where a picker was opened from the Home tab, which is in no channel."""
VERBS = frozenset(wording.PICKER_TITLE)
"""What a picker is opened for."""
_BLOCK = "ticket"
_ASSIGNEE = "assignee"
_WORDS = "words"
_WORDS_LENGTH = {Verb.SNOOZE: 60, Verb.CLOSE: LONGEST_ENTRY}
"""Which commands take words beside the number, and how many characters."""
_TITLE = 24
_OPTION = 75
_OPTIONS = 100
_MORE = "…"
"""What comes back if somebody chooses the line that says that there is more; nothing is called that."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """
    What a picker was opened for, and in which channel; it is kept in the modal itself.

    Attributes:
        assignee: For `ASSIGN`: the id of the person who was named with the command; None: nobody was.
        words: What was typed with the command, for `SNOOZE` the time, for `CLOSE` the reason; empty: nothing was.
        ticket: The number that is picked already; None: none is.
    """

    verb: Verb
    channel: ChannelId
    assignee: str | None = None
    words: str = ""
    ticket: TicketNumber | None = None


def picker_view(purpose: Purpose) -> dict[str, Any]:
    """The modal. Slack asks for the choices while somebody types, and once before."""
    asked: list[Block] = [_ticket_input(purpose.ticket)]
    if purpose.verb is Verb.ASSIGN:
        asked.append(_assignee_input(purpose.assignee))
    if purpose.verb in _WORDS_LENGTH:
        asked.append(_words_input(purpose.verb, purpose.words))
    submit = {"submit": plain(wording.PICKER_SUBMIT[purpose.verb])}
    return _modal(purpose, asked, close=wording.PICKER_CANCEL) | submit


def _ticket_input(picked_already: TicketNumber | None) -> Block:
    element: Element = {
        "type": "external_select",
        "action_id": TICKET,
        "placeholder": plain(wording.PICKER_PLACEHOLDER),
        "min_query_length": 0,
    }
    if picked_already is None:
        element["focus_on_load"] = True
    else:
        element["initial_option"] = {"text": plain(f"#{picked_already}"), "value": str(picked_already)}
    return {"type": "input", "block_id": _BLOCK, "label": plain(wording.PICKER_LABEL), "element": element}


def _assignee_input(named: str | None) -> Block:
    element: Element = {"type": "users_select", "action_id": _ASSIGNEE}
    if named is not None:
        element["initial_user"] = named
    return {"type": "input", "block_id": _ASSIGNEE, "label": plain(wording.ASSIGNEE_LABEL), "element": element}


def _words_input(verb: Verb, typed: str) -> Block:
    """It may stay empty: a ticket is closed without a reason, and for a snooze the answer offers some times."""
    longest = _WORDS_LENGTH[verb]
    has_lines = verb is Verb.CLOSE
    element: Element = {"type": "plain_text_input", "action_id": _WORDS, "max_length": longest, "multiline": has_lines}
    if verb in wording.WORDS_PLACEHOLDER:
        element["placeholder"] = plain(wording.WORDS_PLACEHOLDER[verb])
    if typed:
        element["initial_value"] = fitting(typed if has_lines else one_line(typed, longest), longest)
    label = plain(wording.WORDS_LABEL[verb])
    return {"type": "input", "block_id": _WORDS, "label": label, "element": element, "optional": True}


def waiting_view(purpose: Purpose) -> dict[str, Any]:
    """What the modal shows while the vendor is asked."""
    return _modal(purpose, [rich(section(words(wording.WAIT)))], close=wording.DONE)


def result_view(purpose: Purpose, answer: Answer) -> dict[str, Any]:
    """The modal with the answer."""
    return _modal(purpose, answer_blocks(answer), close=wording.DONE)


def _modal(purpose: Purpose, shown: list[Block], *, close: str) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain(one_line(wording.PICKER_TITLE[purpose.verb], _TITLE)),
        "close": plain(close),
        "private_metadata": json.dumps({"verb": purpose.verb.value, "channel": purpose.channel}),
        "blocks": shown,
    }


@reading
def purpose_of(view: Mapping[str, Any]) -> Purpose:
    """What one of our modals was opened for, from what Slack sends when somebody uses it. Raises `Outdated`."""
    kept = metadata(view)
    return Purpose(Verb(kept["verb"]), ChannelId(kept["channel"]))


@reading
def submitted(view: Mapping[str, Any]) -> Purpose:
    """What a submitted picker was opened for. Raises `Outdated`, also if no picker is opened for that."""
    purpose = purpose_of(view)
    if purpose.verb not in VERBS:
        raise ValueError("no picker is opened for that")
    return purpose


@reading
def picked(view: Mapping[str, Any]) -> str:
    """The number that was picked, from the submitted modal. Raises `Outdated`."""
    values = view["state"]["values"][_BLOCK][TICKET]
    return str(values["selected_option"]["value"])


@reading
def picked_assignee(view: Mapping[str, Any]) -> str | None:
    """Who shall have the ticket, from the submitted modal; None: it does not ask for that, or nobody was picked."""
    found = view["state"]["values"].get(_ASSIGNEE)
    user = None if found is None else found[_ASSIGNEE].get("selected_user")
    return None if user is None else str(user)


@reading
def typed_words(view: Mapping[str, Any]) -> str:
    """The words in the submitted modal; empty: it does not ask for any, or none were typed."""
    found = view["state"]["values"].get(_WORDS)
    return "" if found is None else str(found[_WORDS].get("value") or "")


def options(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """The choices as Slack lists them; a line holds 75 characters."""
    return options_of([(one_line(choice.title, _OPTION), str(choice.number)) for choice in choices])


def options_of(choices: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """What is shown and what comes back. Where not all have room, the last one says that there are more."""
    shown = list(choices[:_OPTIONS])
    if len(choices) > _OPTIONS:
        says = shared_wording.MANY_MORE if len(choices) >= MOST_CHOICES else shared_wording.MORE
        shown[-1] = (says.format(amount=len(choices) - _OPTIONS + 1), _MORE)
    return [{"text": plain(fitting(name, _OPTION)), "value": value} for name, value in shown]
