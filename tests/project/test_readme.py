"""The README's tables are complete and say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main
from pydantic.fields import FieldInfo

from bot.cli.commands import commands
from bot.settings import Backfill, Settings, StoreSettings
from bot.wiring import vendor_kinds
from tests.support.shell import PROJECT

README = (PROJECT / "README.md").read_text("utf-8")


def rows(name: str) -> list[list[str]]:
    """The cells of the table between `<!-- name -->` and `<!-- end of name -->`, without its head."""
    (table,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", README, re.DOTALL)
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def written(field: FieldInfo) -> str | None:
    """A default as one writes it into the environment; None: there is none to write."""
    default = field.default
    if isinstance(default, Backfill):
        return f"{default.days}d"
    if isinstance(default, tuple):
        return ",".join(default) or None
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):
        return f"{default:g}"
    return None if default is None or field.is_required() else str(default)


@pytest.mark.parametrize(("table", "model"), [("general settings", Settings), ("store settings", StoreSettings)])
def test_every_setting_is_in_its_table_with_its_default(table: str, model: type[Settings | StoreSettings]) -> None:
    """Each setting has one row; where it has a default that can be written down, the row shows that."""
    fields = {name.upper(): field for name, field in model.model_fields.items() if name != "vendor_settings"}
    found = {codes(name)[0]: default for name, _, default in rows(table)}
    assert set(found) == set(fields)
    for name, field in fields.items():
        default = written(field)
        if default is not None:
            assert codes(found[name]) == [default], name
        assert (found[name] == "needed") == field.is_required(), name


def test_every_vendor_is_in_the_table_and_no_other() -> None:
    """The vendors that can be named are those that are installed, with the settings they need before the semicolon."""
    found = {codes(name)[0]: own for _, name, _, own in rows("credentials")}
    kinds = {name: load() for name, load in vendor_kinds().items()}
    assert set(found) == set(kinds)
    for name, kind in kinds.items():
        needed, _, others = found[name].partition(";")
        fields = kind.settings.model_fields
        assert set(codes(needed)) == {field.upper() for field, info in fields.items() if info.is_required()}, name
        assert set(codes(others)) == {field.upper() for field, info in fields.items() if not info.is_required()}, name


def test_every_setting_of_every_vendor_is_explained() -> None:
    """Each has a row, and a default that can be written down is the right one."""
    found = {(codes(vendor)[0], codes(name)[0]): default for vendor, name, _, default in rows("vendor settings")}
    fields = {
        (vendor, name.upper()): field
        for vendor, load in vendor_kinds().items()
        for name, field in load().settings.model_fields.items()
    }
    assert set(found) == set(fields)
    for key, field in fields.items():
        assert (found[key] == "needed") == field.is_required(), key
        default = written(field)
        if default is not None:
            assert codes(found[key]) == [default], key


def test_every_command_is_in_the_table() -> None:
    """What `shopbell --help` lists is what the README lists."""
    named = {codes(name)[0].split()[1] for name, _ in rows("commands")}
    program = typer.main.get_command(commands)
    assert named == set(getattr(program, "commands"))  # noqa: B009 - only a group has them


def test_every_make_target_is_in_the_table() -> None:
    """And the other way round."""
    named = {codes(name)[0] for name, _ in rows("targets")}
    targets = re.findall(r"^([a-z]+):.*## ", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert named == {f"make {target}" for target in targets}


def headings(text: str) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    found = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_link_leads_somewhere() -> None:
    """Headings that are linked to exist, and so do files."""
    for target in re.findall(r"\]\(([^)]+)\)", README):
        path, _, anchor = target.partition("#")
        file: Path = PROJECT / (path or "README.md")
        assert file.exists(), target
        assert not anchor or anchor in headings(file.read_text("utf-8")), target


def test_every_metric_is_named() -> None:
    """The metrics stand there under the names that they have."""
    health = (PROJECT / "bot" / "ops" / "metrics.py").read_text("utf-8")
    named = set(re.findall(r"`(shopbell_\w+)\{", README))
    assert named == set(re.findall(r'"(shopbell_\w+)"', health))
