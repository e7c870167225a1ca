"""People of the team, who may be in both chats and at vendors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.ids import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """
    Somebody of the team, wherever they write.

    Attributes:
        id: Equal for the same person in both chats, if the settings say who that is.
        name: For people.
    """

    id: PersonId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """
    A person whom the settings name.

    Attributes:
        chats: Their ids by chat.
        vendors: Their ids as users of a vendor, by the vendor's name in the settings.
    """

    person: Person
    chats: Mapping[str, str]
    vendors: Mapping[str, str] = field(default_factory=dict)

    @property
    def variable(self) -> str:
        """The setting that names them."""
        return f"AGENTS__{self.person.id.partition(':')[2].upper()}"
