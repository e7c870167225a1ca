"""Forms that agents fill in, as values: each chat draws the same form in its own way, as a modal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.model.chats import Verb
from bot.model.ids import TicketNumber

LONGEST_ENTRY: Final = 3_000
"""So many UTF-16 units can be entered in a field in both chats: Slack takes no more, Discord 4,000."""

WRITTEN: Final = ("text", "note")
"""How the fields with lines are called: what was written there is shown again if it would be lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """
    A field to write in.

    Attributes:
        name: By which what was entered is found; at most 40 characters of `[a-z_]`.
        label: At most 45 characters.
        hint: What to know before one writes; at most 100 characters; empty: nothing.
        value: What stands in it at first.
        longest: How many UTF-16 units it takes; at most `LONGEST_ENTRY`.
        has_lines: Whether it is for a text of any number of lines; then its name is one of `WRITTEN`.
    """

    name: str
    label: str
    hint: str = ""
    value: str = ""
    longest: int = LONGEST_ENTRY
    has_lines: bool = False
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField:
    """
    A field in which one of at least two options is chosen; the first one is chosen at first.

    Attributes:
        name, label: As of a `TextField`.
        options: What is entered, and what people read; at most 45 characters each.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Modal:
    """
    A form. When it is sent, the chat asks the core for `verb` with what was entered, in `Ask.entered`.

    Nothing is kept of it, so it can be sent after a restart, twice, or by a program: it is checked like other input.

    Attributes:
        title: A chat may cut it after 24 characters.
        submit: The label of the button that sends it, where a chat lets us choose it; at most 24 characters.
        words: Comes back in `Ask.words`; at most 60 characters, on one line.
    """

    verb: Verb
    title: str
    fields: tuple[TextField | ChoiceField, ...]
    submit: str
    ticket: TicketNumber | None = None
    words: str = ""


def written_in(entered: Mapping[str, str], fault: str = "") -> str:
    """
    What somebody wrote in a form, by what was entered in its fields; empty: nothing. Pure.

    Args:
        fault: The field with which something is wrong, so that its entry is lost with the form; empty: none.
    """
    text = next((entered[name] for name in WRITTEN if entered.get(name, "").strip()), "")
    return "\n".join(dict.fromkeys(each for each in (entered.get(fault, ""), text) if each.strip()))
