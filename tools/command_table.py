"""
The table of every command, menu and button in both chats, made from the code.

`python -m tools.command_table README.md` writes it between its markers; a test holds it to the code.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from discord import app_commands

from adapters.chats.discord.asking import Asking
from adapters.chats.discord.slash_commands import offered
from adapters.chats.slack import manifest, wording
from bot.tickets.command_words import WORDS
from bot.tickets.day.snoozing import CHOICES

BEGIN = "<!-- commands: begin, made by `python -m tools.command_table README.md` -->"
END = "<!-- commands: end -->"
_ROOT = Path(__file__).resolve().parents[1]


def table() -> str:
    """A row for each command, one for each entry of the messages' menus, and two for the buttons."""
    discord = {command.name: command for command in offered(cast("Asking", None))}
    slack = {name.removeprefix("/"): (says, hint) for name, says, hint in (*manifest.COMMANDS, manifest.ANY)}
    rows = [("command", "Discord", "Slack", "as a message in a thread", "what it does"), ("---",) * 5]
    for name in dict.fromkeys([*slack, *(each for each, it in discord.items() if _is_slash(it))]):
        says, hint = slack.get(name, ("", ""))
        rows.append((f"`/{name}`", _options(discord.get(name)), _code(hint), _word(name), says))
    in_slack = {name for _, name, _ in manifest.SHORTCUTS}
    for name in dict.fromkeys([*(each for each, it in discord.items() if not _is_slash(it)), *sorted(in_slack)]):
        says = next((says for _, shortcut, says in manifest.SHORTCUTS if shortcut == name), "")
        rows.append((f"menu: {name}", _yes(name in discord), _yes(name in in_slack), "", says))
    labels = sorted({*_labels(), *(label for label, _ in CHOICES)})
    rows.append(("buttons", "yes", "yes", "", ", ".join(f"`{label}`" for label in labels)))
    rows.append(("in the Home tab", "–", f"`{wording.OPEN}`", "", "Open the ticket's thread"))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def written_into(text: str) -> str:
    """A text with the present table between its markers. Raises `ValueError` if it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"there are no markers {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _is_slash(command: Any) -> bool:
    return isinstance(command, app_commands.Command)


def _options(command: Any) -> str:
    if not _is_slash(command):
        return "–"
    return ", ".join(f"`{each.name}`" for each in command.parameters) or "yes"


def _word(name: str) -> str:
    words = [word for word, verb in WORDS.items() if verb.value == name]
    return _code(f"!{words[0]}") if words else ""


def _code(words: str) -> str:
    return f"`{words}`".replace("|", "\\|") if words else "yes"


def _yes(offers: bool) -> str:
    return "yes" if offers else "–"


def _labels() -> set[str]:
    """The labels of all buttons that the core makes."""
    files = [file for file in (_ROOT / "bot").rglob("*.py") if "sandbox" not in file.parts]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))))
    return {label for node in nodes for label in (*_of_call(node), *_of_pair(node)) if label}


def _of_call(node: ast.AST) -> Iterator[str]:
    """The label in `Button(verb=..., label="Send")`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Button":
        for each in node.keywords:
            if each.arg == "label" and isinstance(each.value, ast.Constant):
                yield str(each.value.value)


def _of_pair(node: ast.AST) -> Iterator[str]:
    """The label in `(Verb.CLOSE, "Close")`."""
    if isinstance(node, ast.Tuple) and len(node.elts) == 2:
        verb, label = node.elts
        if isinstance(verb, ast.Attribute) and ast.unparse(verb.value) == "Verb" and isinstance(label, ast.Constant):
            yield str(label.value)


def main() -> None:
    """Write the table into the files that are named."""
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(written_into(file.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
