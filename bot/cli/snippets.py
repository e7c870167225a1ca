"""`shopbell snippets`: saved answers, listed, and as one Markdown file each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.options import AsJson
from bot.cli.shell import fail, field, read_database, remark, show, show_json, typed, write_database
from bot.cli.snippet_files import FilesAtFault, read_files, write_files
from bot.db.connection import Transaction
from bot.settings import load_general
from bot.text import ended
from bot.tickets.day.snippets import Snippet, all_snippets, normal_name, save
from bot.wording.masking import masked

commands = typer.Typer(no_args_is_help=True, help="Saved answers, which agents send with /snippet.")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder with one Markdown file for each snippet.")]
_NAME_WIDTH = 32


@commands.command("list")
def list_snippets(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Show only this snippet, as a whole.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the snippets: names, texts, and who changed them last."""
    masks = load_general().mask_emails
    found = [_shown(each) if masks else each for each in read_database(all_snippets)]
    if name is not None:
        found = [each for each in found if each.name == normal_name(name)]
        if not found:
            fail(f"{ended(f'There is no snippet {typed(name)}')} `shopbell snippets list` shows all.", 1)
    if as_json:
        show_json([_as_json(each) for each in found])
    elif name is not None:
        show(found[0].text)
    elif not found:
        remark("There are no snippets. `shopbell snippets import DIR` takes some in; `/snippets` in a chat makes one.")
    for each in found if name is None and not as_json else ():
        by = each.changed_by or "the operator"
        changed = f"{each.changed_at:%Y-%m-%d %H:%M} UTC by {field(by)}"
        show(f"{each.name:<{_NAME_WIDTH}}  {changed}  {field(each.text.splitlines()[0])}")


@commands.command("import")
def import_snippets(folder: Folder) -> None:
    """Take in every Markdown file of a folder, or none: a snippet of the same name is replaced, others stay."""
    try:
        texts = read_files(folder)
    except FilesAtFault as error:
        fail("\n".join([*error.faults, "Nothing was imported."]), error.code)
    new, changed, same = write_database(_import, texts)
    show(f"Imported: {new} new, {changed} changed, {same} as they were.")


@commands.command("export")
def export_snippets(
    folder: Folder,
    force: Annotated[bool, typer.Option("--force", help="Replace files of the same names that differ.")] = False,
) -> None:
    """Write every snippet into a folder, all or none; a file that is there and differs is never replaced unasked."""
    found = read_database(all_snippets)
    try:
        write_files(folder, {each.name: each.text for each in found}, replace=force)
    except FilesAtFault as error:
        fail("\n".join([*error.faults, "Nothing was exported."]), error.code)
    show(f"Exported: {len(found)}.")
    if not found:
        remark("There are no snippets. `/snippets` in a chat makes one.")


def _import(tx: Transaction, now: datetime, texts: dict[str, str]) -> tuple[int, int, int]:
    """Returns how many are new, changed and the same."""
    before = {each.name: each.text for each in all_snippets(tx)}
    differing = {name: text for name, text in texts.items() if before.get(name) != text}
    for name, text in differing.items():
        save(tx, name, text, None, now)
    new = len(differing.keys() - before.keys())
    return new, len(differing) - new, len(texts) - len(differing)


def _shown(snippet: Snippet) -> Snippet:
    """Somebody may be called by an address. The text is what the team sends to customers, and stays."""
    return replace(snippet, changed_by=masked(snippet.changed_by))


def _as_json(snippet: Snippet) -> dict[str, Any]:
    return {
        "name": snippet.name,
        "text": snippet.text,
        "changed_by": snippet.changed_by or None,
        "changed_at": snippet.changed_at.isoformat(timespec="seconds"),
    }
