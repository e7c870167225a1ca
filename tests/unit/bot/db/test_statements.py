"""The document of statements: each has a name and a purpose, and each is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

import bot
from bot.db.statements import STATEMENTS

_CALLS = ("run", "add", "one", "all")
_SOURCES = sorted(Path(bot.__file__).parent.rglob("*.py"))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of a method of `Transaction`, or of something that has a method of that name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CALLS:
            yield node


def _strings(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _named_at_calls(tree: ast.AST) -> set[str]:
    """Statements that a call names itself."""
    firsts = (call.args[0] for call in _calls(tree) if call.args)
    return {first.value for first in firsts if isinstance(first, ast.Constant) and isinstance(first.value, str)}


def _named_elsewhere(tree: ast.AST) -> set[str]:
    """Statements that are named in a tuple or as an argument, and run by that name."""
    groups = [node.elts for node in ast.walk(tree) if isinstance(node, ast.Tuple)]
    groups += [node.args for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return set().union(*(_strings(each) for group in groups for each in group if isinstance(each, ast.Constant)))


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_has_a_purpose(name: str) -> None:
    """The line under a statement's name says in a sentence what the statement is for."""
    purpose = re.match(r"(?:-- .+\n)+", STATEMENTS[name])
    assert purpose is not None, f"{name}: write its purpose below its name, as `-- ...`"
    assert purpose[0].rstrip().endswith("."), f"{name}: its purpose is a sentence"


def test_no_line_of_sql_is_too_long() -> None:
    """SQL keeps to the length that the rest of the code keeps to."""
    files = [resources.files("bot.db").joinpath("statements.sql"), *resources.files("bot.db.migrations").iterdir()]
    documents = {file.name: file.read_text("utf-8") for file in files if file.name.endswith(".sql")}
    long = [(name, line) for name, text in documents.items() for line in text.splitlines() if len(line) > 120]
    assert long == []


def test_every_statement_is_used() -> None:
    """A statement that nothing runs has to go."""
    trees = [ast.parse(source.read_text("utf-8")) for source in _SOURCES]
    used = set().union(*(_named_at_calls(tree) | _named_elsewhere(tree) for tree in trees))
    assert set(STATEMENTS) - used == set()


def test_every_call_names_a_statement_that_is_there() -> None:
    """A name that was misspelt would be found only when its call is reached."""
    for source in _SOURCES:
        tree = ast.parse(source.read_text("utf-8"))
        transactions = [call for call in _calls(tree) if ast.unparse(call.func).startswith("tx.")]
        named = {call.args[0].value for call in transactions if isinstance(call.args[0], ast.Constant)}
        assert named - set(STATEMENTS) == set(), source


def test_what_stands_before_a_page_is_counted_among_what_the_pages_show() -> None:
    """`queue` and `queue_before` choose by the same conditions, or a page would begin at the wrong ticket."""
    shown, counted = (
        " ".join(found.group().split())
        for name in ("queue", "queue_before")
        for found in [re.search(r"WHERE t\.store IN.*?:places\)\)\s*\)", STATEMENTS[name], re.DOTALL)]
        if found is not None
    )
    assert shown == counted
