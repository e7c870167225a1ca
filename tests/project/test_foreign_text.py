"""
Whatever foreign text is put in, reading it takes a time in proportion to its length.

Every regular expression of the program is listed here: those over foreign text with the function that uses them, the
others with who wrote the text that they read. One that is not listed fails a test.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.chats.discord import buttons, markup
from adapters.chats.slack import blocks, commands, reading
from adapters.chats.slack import buttons as slack_buttons
from adapters.chats.slack import markup as slack_markup
from adapters.vendors.client import html, parsing
from bot import text
from bot.tickets import own_messages
from bot.wording import masking

PROJECT = Path(__file__).resolve().parents[2]
PRACTICE = "bot/sandbox"
"""The practice world reads only what the person types who runs it, and what the bot sends."""
LENGTH = 1_000_000
SECONDS = 3.0
"""For a million of the worst characters; a quadratic pattern takes hours."""

Reader = Callable[[str], Any]

FOREIGN: dict[str, Reader] = {
    "adapters/chats/discord/buttons.py:TEMPLATE": buttons.TEMPLATE.fullmatch,
    "adapters/chats/discord/buttons.py:_components": lambda given: buttons.action_rows((), ("Open", given)),
    "adapters/chats/discord/markup.py:_ACTIVE": markup.escape,
    "adapters/chats/discord/markup.py:_TYPED": lambda given: markup.neutral(given, markup.Names()),
    "adapters/chats/discord/markup.py:named_link": lambda given: (
        markup.named_link(given, "https://x.example"),
        markup.named_link("name", given),
    ),
    "adapters/chats/slack/blocks.py:_ADDRESS": blocks.verbatim,
    "adapters/chats/slack/buttons.py:ACTIONS": slack_buttons.ACTIONS.fullmatch,
    "adapters/chats/slack/commands.py:_DAYS": commands.stats_arguments,
    "adapters/chats/slack/commands.py:_SLASH": commands._SLASH.fullmatch,
    "adapters/chats/slack/commands.py:_TYPED": commands.typed_command,
    "adapters/chats/slack/commands.py:register": re.compile("|".join(commands._SHORTCUTS)).fullmatch,
    "adapters/chats/slack/events.py:app": re.compile(".*").fullmatch,
    "adapters/chats/slack/markup.py:_BRACKETED": lambda given: slack_markup.neutral(given, {}),
    "adapters/chats/slack/markup.py:_MENTION": slack_markup.mentioned,
    "adapters/chats/slack/reading.py:_CODE_POINTS": reading._CODE_POINTS.fullmatch,
    "adapters/chats/slack/reading.py:_TS": reading._TS.fullmatch,
    "adapters/vendors/client/html.py:_ADDRESS": html._ADDRESS.fullmatch,
    "adapters/vendors/client/html.py:_HIDDEN": html._HIDDEN.search,
    "adapters/vendors/client/html.py:_LINK": html.text_to_html,
    "adapters/vendors/client/html.py:_STRUCTURE": html.looks_like_html,
    "adapters/vendors/client/html.py:_TAG": html._without_tags,
    "adapters/vendors/client/parsing.py:money": lambda given: parsing.money(given, "EUR"),
    "bot/inbound/chats/subjects.py:_named": lambda given: re.fullmatch(r"#?\s*([0-9]{1,12})", given.strip()),
    "bot/text.py:_INVISIBLE": text.visible,
    "bot/text.py:_LINE_ENDS": text.clean,
    "bot/text.py:_SURROGATES_IN_JSON": text.json_without_lone_surrogates,
    "bot/tickets/own_messages.py:_TAG": lambda given: own_messages.are_alike(given, f"{given}x"),
    "bot/wording/masking.py:_ADDRESS": masking.masked,
}
"""By module and the name of the constant, or of the function in which the expression stands."""

OTHER: dict[str, Reader] = {
    "text.comparable": text.comparable,
    "text.one_line": lambda given: text.one_line(given, 100),
    "text.split": lambda given: text.split(given, 4000, markup.width),
    "html.plain_text": html.plain_text,
    "html.html_to_text": lambda given: html.html_to_text(f"<p>{given}"),
    "blocks.pieces": blocks.pieces,
}
"""Not one expression, but loops over foreign text."""

OURS = {
    "bot/db/statements.py:_HEADING": "a file of ours",
    "bot/tickets/erasure.py:find_tickets": "an argument that the operator typed",
}
"""Expressions that read no foreign text, and what they read instead."""

OPERATORS = ("bot/settings/", "bot/cli.py")
"""Modules whose expressions read only what the operator of this installation wrote."""


def _expressions() -> Iterator[str]:
    """Every use of `re` in the program: the module and the name of the constant or function that it stands in."""
    for folder in ("bot", "adapters"):
        for file in sorted((PROJECT / folder).rglob("*.py")):
            module = file.relative_to(PROJECT).as_posix()
            if module.startswith((PRACTICE, *OPERATORS)):
                continue
            for statement in ast.parse(file.read_text("utf-8")).body:
                yield from _uses(module, statement, "")


def _uses(module: str, node: ast.AST, name: str) -> Iterator[str]:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and not name:
        name = node.targets[0].id
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        name = node.name
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "re":
        yield f"{module}:{name}"
    for child in ast.iter_child_nodes(node):
        yield from _uses(module, child, name)


def test_every_regular_expression_is_listed() -> None:
    """A new one is added to `FOREIGN`, and so tried, or to `OURS`, with what it reads."""
    assert set(_expressions()) == {*FOREIGN, *OURS}


def test_regular_expressions_are_seen_wherever_they_stand() -> None:
    """In constants, functions, methods and nested calls; `re` has no other name anywhere."""
    source = "A = re.compile('a')\nclass B:\n    def c(self):\n        return [re.sub('a', '', x) for x in y]\n"
    found = [name for statement in ast.parse(source).body for name in _uses("m", statement, "")]
    assert found == ["m:A", "m:c"]
    sources = [file.read_text("utf-8") for folder in ("bot", "adapters") for file in (PROJECT / folder).rglob("*.py")]
    assert not [
        1 for source in sources if re.search(r"^(from re import|import re as|import regex)", source, re.MULTILINE)
    ]


_SIGNS = (
    *"`<>[]()\\*_#@:&;!.,-+|~\"'/{}%$=?^0aA \n\t\r\u00e9\u0301\u200d\U0001f44d\u2028\0",
    "``", "```", "`a", "``a ", "```\n", "</", "</a", "</a:", "<a ", "<a:b:", "<@1", "<@U1", "<@U1|", "<#1", "<t:1",
    "<t:-1:", "<id:", "<p ", "<p", "<http://", "<http://a", "http://", "http://a.", "https://a/)", "http://!", "[a",
    "[a]", "[a](", "[a](http://x", '[a](http://x "', "[a](http://x  ", "[\\a", "\\a", "\n#", "\n1.", "\n 1",
    "@everyone", ":lock:", ":a", "&#1", "&lt", "<!--", "<![", "<?", "display ", "display:", "mso-hide\t",
    "visibility :", "1f512-", "!close ", "#1", "\\ud800", "\\\\ud83d", "\\udc00", "shopbell:close:t1", "http://a(",
    "a)", "1.", "mailto:",
)  # fmt: skip
_BEFORE = ("", "[", "`", "<", "http://a", "[a](http://x", "!close", "/close", "display")


def _hostile() -> Iterator[tuple[str, str]]:
    for piece in _SIGNS:
        for before in _BEFORE:
            yield before, piece


def _too_slow(read: Reader, before: str, piece: str) -> str:
    """Where the time of reading grows faster than the text; found with short texts, so that nobody waits for hours."""
    for length in (1_000, 10_000):
        given = before + piece * (length // len(piece))
        begun = time.process_time()
        read(given)
        taken = time.process_time() - begun
        if taken > 0.1 + SECONDS * length / LENGTH:
            return f"{length} characters of {before!r} + {piece!r}: {taken:.2f} s"
    return ""


@pytest.mark.parametrize("name", [*FOREIGN, *OTHER])
def test_reading_foreign_text_takes_time_in_proportion(name: str) -> None:
    """Beginnings of all that is looked for, again and again, and never finished."""
    read = FOREIGN.get(name) or OTHER[name]
    slow = [found for before, piece in _hostile() if (found := _too_slow(read, before, piece))]
    assert not slow


@pytest.mark.parametrize("name", [*FOREIGN, *OTHER])
def test_a_million_characters_are_read_within_seconds(name: str) -> None:
    """The pieces that took longest, in full length."""
    read = FOREIGN.get(name) or OTHER[name]
    times = []
    for piece in _SIGNS:
        begun = time.process_time()
        read(piece * (20_000 // len(piece)))
        times.append((time.process_time() - begun, piece))
    for _, piece in sorted(times)[-2:]:
        begun = time.process_time()
        read(piece * (LENGTH // len(piece)))
        assert time.process_time() - begun < SECONDS, piece
