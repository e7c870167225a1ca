"""Reads `statements.sql`, where every statement of the program stands under its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

_HEADING = re.compile(r"^-- name: (?P<name>\w+)$", re.MULTILINE)


def _parse(document: str) -> Mapping[str, str]:
    pieces = _HEADING.split(document)
    names, bodies = pieces[1::2], pieces[2::2]
    if len(set(names)) != len(names):
        raise RuntimeError("two statements have the same name")
    return MappingProxyType({name: body.strip() for name, body in zip(names, bodies, strict=True)})


STATEMENTS = _parse(resources.files("bot.db").joinpath("statements.sql").read_text("utf-8"))
