"""
What is wrong with `.env` as a file: lines that cannot be read, names without a value, and names that stand there twice.

Whoever reads such a file leaves out what it cannot read, and takes the last of two values. A setting that is lost so
may be the one that says who may answer customers. No fault quotes a value: it may be a secret.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable, parse_variables

from bot.errors import Fault
from bot.settings.model import ENCODING

_NAME = re.compile(r"\s*(?:export\s+)?(\w+)")
_FORM = "write NAME=value, with quotes around the whole value or without any"

# What it says about such lines is said by the faults, once.
logging.getLogger("dotenv.main").setLevel(logging.ERROR)


def file_faults(env_file: Path | None) -> list[Fault]:
    """
    What is wrong with the file; nothing if there is none.

    Raises:
        UnicodeDecodeError: The file is no text.
    """
    if env_file is None or not env_file.expanduser().is_file():
        return []
    with env_file.expanduser().open(encoding=ENCODING) as stream:
        bindings = list(parse_stream(stream))
    faults = [fault for each in bindings if (fault := _fault(each)) is not None]
    return [*faults, *_repeated(bindings), *_unset(bindings)]


def _fault(binding: Binding) -> Fault | None:
    """What is wrong with one line by itself."""
    where = f"in line {binding.original.line} of the file"
    if binding.error:
        name = _NAME.match(binding.original.string)
        return Fault(name[1].upper() if name else ".env", f"cannot be read ({where}); {_FORM}")
    if binding.key is not None and binding.value is None:
        return Fault(binding.key.upper(), f"has no value ({where}); write {binding.key}=, or remove it")
    return None


def _repeated(bindings: list[Binding]) -> Iterator[Fault]:
    lines: dict[str, list[str]] = {}
    for binding in bindings:
        if binding.key is not None:
            lines.setdefault(binding.key.upper(), []).append(str(binding.original.line))
    for name, found in lines.items():
        if len(found) > 1:
            yield Fault(name, f"stands in lines {' and '.join(found)} of the file; keep one of them")


def _unset(bindings: list[Binding]) -> Iterator[Fault]:
    """Values that are made of other variables, where one of these is not set: it would count as empty."""
    known = {binding.key for binding in bindings if binding.value} | {name for name in os.environ if os.environ[name]}
    for binding in bindings:
        for atom in parse_variables(binding.value or ""):
            if isinstance(atom, Variable) and atom.default is None and atom.name not in known:
                needs = f"uses ${{{atom.name}}} (in line {binding.original.line} of the file), which is not set"
                yield Fault((binding.key or "").upper(), needs)
