"""The people of the team in the settings: `AGENTS__ANN=discord:123,slack:U1,nextcommerce:17,name:Ann Example`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from bot.errors import Fault
from bot.model import Colleague, Person, PersonId
from bot.text.names import name_of

SECTION = "AGENTS__"
_CHATS = {"discord": re.compile(r"[0-9]{1,20}"), "slack": re.compile(r"[UW][0-9A-Z]+")}
"""The form of a person's id in each chat."""
_USER = re.compile(r"[0-9A-Za-z_-]{1,40}")
_NAME = "name"
_LONGEST_NAME = 80
_FORM = "must be a comma-separated list of discord:<user id>, slack:<user id>, <vendor>:<user id> and name:<name>"


def read_people(given: Mapping[str, str], vendors: Collection[str], found: list[Fault]) -> tuple[Colleague, ...]:
    """
    The people whom the settings name.

    Args:
        given: By the part of the variable's name after `AGENTS__`, in lower case.
        vendors: The vendors of the stores.
        found: Gets what is wrong with them.
    """
    people: list[Colleague] = []
    owners: dict[str, str] = {}
    for key in sorted(given):
        variable = f"{SECTION}{key.upper()}"
        ids: dict[str, str] = {}
        faults = list(_read_ids(variable, given[key], vendors, ids))
        for one, of in ids.items():
            if one != _NAME and owners.setdefault(f"{one}:{of}", variable) != variable:
                faults.append(Fault(variable, f"names the same person as {owners[f'{one}:{of}']}", f"{one}:{of}"))
        found += faults
        if not faults:
            people.append(_colleague(key, ids))
    return tuple(people)


def _read_ids(variable: str, value: str, vendors: Collection[str], ids: dict[str, str]) -> Iterator[Fault]:
    """Put what the value names into `ids`; yields what is wrong with it."""
    for part in filter(None, (part.strip() for part in value.split(","))):
        kind, colon, named = (piece.strip() for piece in part.partition(":"))
        kind = kind.lower()
        if kind in ids:
            yield Fault(variable, f"names {kind} twice", value)
        elif not colon or not _fits(kind, named):
            yield Fault(variable, _FORM, part)
        elif kind != _NAME and kind not in _CHATS and kind not in vendors:
            yield Fault(variable, f"names {kind}, which is no chat and no vendor of the stores", part)
        else:
            ids[kind] = named
    if not ids.keys() & _CHATS.keys():
        yield Fault(variable, "must name at least one discord:<user id> or slack:<user id>", value)


def _fits(kind: str, named: str) -> bool:
    if kind == _NAME:
        return 0 < len(named) <= _LONGEST_NAME
    return bool(_CHATS.get(kind, _USER).fullmatch(named))


def _colleague(key: str, ids: Mapping[str, str]) -> Colleague:
    name = name_of(ids.get(_NAME), key.replace("_", " ").title())
    return Colleague(
        person=Person(id=PersonId(f"agent:{key}"), name=name),
        chats={kind: one for kind, one in ids.items() if kind in _CHATS},
        vendors={kind: one for kind, one in ids.items() if kind not in _CHATS and kind != _NAME},
    )
