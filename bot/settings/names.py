"""
Names of variables that are no settings, found where they can only be meant for us.

A misspelt setting would be left out silently, and the default that applies instead may open a door. In `.env`, every
name must be known. The environment also holds other programs' variables; there a name counts as meant for us if it
begins like ours, or if it is a letter or two from one of ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic_settings import DotEnvSettingsSource

from bot.errors import Fault
from bot.settings.model import ENCODING, Settings

OF_A_STORE = "STORES__<NAME>__<SETTING>"
OF_AN_AGENT = "AGENTS__<NAME>"
_SECTION = "STORES"
PEOPLE = "AGENTS"
_BEGINNINGS = (f"{_SECTION}__", "STORE__", f"{PEOPLE}__", "DISCORD_", "SLACK_")
_MOST_LETTERS = 2
_SPELLING = "Remove it or check its spelling"


def unknown_names(env_file: Path | None) -> list[Fault]:
    """
    The names in `env_file` and in the environment that are no settings, except those inside a store's section.

    Raises:
        UnicodeDecodeError: The file is no text.
    """
    # As everywhere, an empty variable is one that is not set; this leaves it out.
    written = DotEnvSettingsSource(Settings, env_file=env_file, env_file_encoding=ENCODING).env_vars
    in_file = {name.upper() for name in written}
    around = {name.upper() for name, value in os.environ.items() if value} - in_file
    return [*_unknown(in_file, everything=True), *_unknown(around, everything=False)]


def unknown_in_store(variable: str, known: Iterable[str]) -> str:
    """What is wrong with a variable of a store that is none of the `known` ones, in words for the operator."""
    return f"is not a setting of this vendor; the nearest is {nearest(variable, known)}. {_SPELLING}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that differs in the fewest letters."""
    return min(sorted(known), key=lambda each: letters_between(name, each))


def letters_between(one: str, other: str) -> int:
    """How many letters must be added, left out, replaced or exchanged with their neighbour to make one the other."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, start=1):
        above, row = rows[-1], [i]
        for j, there in enumerate(other, start=1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != there))
            if i > 1 and j > 1 and (letter, one[i - 2]) == (other[j - 2], there):
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


def _unknown(names: Iterable[str], *, everything: bool) -> Iterator[Fault]:
    known = [name.upper() for name in Settings.model_fields]
    for name in sorted(names):
        if name in known or name in (_SECTION, PEOPLE) or name.startswith((f"{_SECTION}__", f"{PEOPLE}__")):
            continue
        if everything or _is_meant_for_us(name, known):
            yield Fault(name, f"is not a setting; the nearest is {_nearest_of_all(name, known)}. {_SPELLING}")


def _is_meant_for_us(name: str, known: Iterable[str]) -> bool:
    if name.startswith(_BEGINNINGS) or _almost_in(_SECTION, name) or _almost_in(PEOPLE, name):
        return True
    # Names of other lengths need no comparing, and most of an environment's are of others.
    alike = (each for each in known if abs(len(name) - len(each)) <= _MOST_LETTERS)
    return any(letters_between(name, each) <= _MOST_LETTERS for each in alike)


def _almost_in(section: str, name: str) -> bool:
    """Whether a name is nearly one of this section."""
    written, inside, _ = name.partition("__")
    return bool(inside) and letters_between(written, section) <= _MOST_LETTERS


def _nearest_of_all(name: str, known: Iterable[str]) -> str:
    for section in (_SECTION, PEOPLE):
        if _almost_in(section, name):
            return f"{section}__{name.partition('__')[2]}"
    return OF_A_STORE if name.startswith(f"{_SECTION}_") else nearest(name, known)
