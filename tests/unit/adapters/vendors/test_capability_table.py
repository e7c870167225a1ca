"""The table of what vendors can do, and the plug-ins it is about."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from tomllib import loads

import pytest

from adapters.vendors.capability_table import BEGIN, END, VENDORS, table, written_into
from bot.model import Verb
from bot.ports import VendorKind

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("name", ["README.md", "adapters/README.md"])
def test_the_readme_has_the_present_table(name: str) -> None:
    """The table in both READMEs is what the code says today."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert written_into(text) == text, f"run: python -m adapters.vendors.capability_table {name}"


def test_a_text_without_markers_is_refused() -> None:
    """A table is never lost in silence because its place is."""
    for text in ("", BEGIN, END, f"{END} {BEGIN}"):
        with pytest.raises(ValueError, match="markers"):
            written_into(text)


def test_every_row_has_every_column() -> None:
    """The table is a table."""
    lines = table().splitlines()
    assert len(lines) == len(VENDORS) + 2
    assert len({line.count(" | ") for line in lines}) == 1


def test_every_entry_point_is_a_vendor_of_that_name() -> None:
    """What `pyproject.toml` registers is there, is called so, and is in the table."""
    project = loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    registered = project["entry-points"]["shopbell.vendors"]
    for name, target in registered.items():
        module, _colon, attribute = target.partition(":")
        kind = getattr(import_module(module), attribute)
        assert isinstance(kind, VendorKind)
        assert kind.name == name
    assert set(registered) == {kind.name for kind, _made in VENDORS}


@pytest.mark.parametrize(("kind", "made"), VENDORS, ids=[kind.name for kind, _made in VENDORS])
def test_a_missing_verb_says_what_to_do_instead(kind: VendorKind, made: type) -> None:
    """Of closing and reopening, a vendor has each or has a sentence for the agent."""
    capabilities = made.capabilities  # type: ignore[attr-defined]  # every vendor's class has them
    for verb in (Verb.CLOSE, Verb.REOPEN):
        assert (verb in capabilities.verbs) != (verb in capabilities.instead)
    assert all(sentence.endswith(".") for sentence in capabilities.instead.values())
