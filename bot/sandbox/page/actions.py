"""The actions of the page: the fields that somebody entered, and the sentence they read if it is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
"""A JSON object on its way to or from the page."""


class ActionRefused(Exception):
    """
    An action was refused, as a client or a platform would refuse it.

    Args:
        user_message: Whole sentences for the person at the page.
    """

    def __init__(self, user_message: str) -> None:
        super().__init__(user_message)
        self.user_message = user_message


@dataclass(frozen=True, slots=True)
class ActionFields:
    """
    The fields of one action, as JSON from the page.

    Every method raises `ActionRefused` if a field has the wrong type.
    """

    fields: Mapping[str, Any]

    def text(self, name: str, *, wanted: str = "") -> str:
        """
        A text that is required.

        Args:
            wanted: What the person reads if it is missing or blank.
        """
        value = self.optional(name)
        if value is None:
            raise ActionRefused(wanted or f"The field {name} is missing.")
        return value

    def optional(self, name: str) -> str | None:
        """A text that may be missing; blank counts as missing."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, str):
            raise ActionRefused(f"The field {name} has to be a text.")
        return value if value and value.strip() else None

    def flag(self, name: str) -> bool:
        """True or false; false if it is missing."""
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            raise ActionRefused(f"The field {name} has to be true or false.")
        return value

    def values(self, name: str) -> dict[str, str]:
        """Texts by name; empty if the field is missing."""
        found = self.fields.get(name, {})
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise ActionRefused(f"The field {name} has to be an object of texts.")
        return dict(found)


Action = Callable[[ActionFields], Awaitable[Json]]
"""Does what a person asked for, and returns what the page needs. Raises `ActionRefused`."""


def sentence(text: str) -> str:
    """A message of a practice client as a whole sentence."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
