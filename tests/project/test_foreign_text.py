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
from datetime import UTC, datetime
from functools import cache, partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.chats.discord import brackets, buttons, markup, reading_markdown, writing_markdown
from adapters.chats.slack import (
    arguments,
    blocks,
    commands,
    emoji,
    failures,
    outdated_requests,
    reading,
    reading_mrkdwn,
    writing_blocks,
)
from adapters.chats.slack import buttons as slack_buttons
from adapters.chats.slack.arguments import typed
from adapters.vendors.client import html, html_counting, html_elements, html_writing, large_lists, parsing
from adapters.vendors.sellsn import vendor as sellsn
from bot import text
from bot.cli import export
from bot.model import Verb
from bot.text import addresses, audience, file_names
from bot.text.cutting import cut
from bot.text.normal_form import normal
from bot.text.plain import inert, plain
from bot.text.ticket_numbers import ticket_and_words
from bot.text.times import read_time
from bot.text.tree import Code, CodeBlock, Emoji, Link, Paragraph, Style, Words, verbatim
from bot.tickets.day import filling_snippets
from bot.tickets.day.list_edges import read_edge
from bot.tickets.from_vendors import own_messages
from bot.tickets.lookup.searched_words import around, best_line, words_of
from bot.wording import masking

PROJECT = Path(__file__).resolve().parents[2]
PRACTICE = "bot/sandbox"
"""The practice world reads only what the person types who runs it, and what the bot sends."""
LENGTH = 1_000_000
SECONDS = 60.0
"""Of the processor's time, for a million of the worst characters: most take one; a quadratic pattern takes hours."""

SHORT = 1_000
FACTOR = 4.0
"""What takes so many times as long as most is looked at closely, if it takes long at all."""
TRIES = 3
MOST_GROWTH = 8.0
"""From a text to one of four times its length: in proportion it is 4, with the square of the length 16."""

FORMATTED = 4_000
"""Characters; a text is cut before it is written, and none of more than 40,000 is formatted."""

Reader = Callable[[str], Any]

MARKDOWN = (
    "_CONTINUED", "_ESCAPE", "_ESCAPED", "_FENCE", "_FENCE_END", "_HEADING", "_ITEM", "_LINK",
    "_QUOTE_LINE", "_QUOTE_REST", "_SMALL", "_TOKEN",
)  # fmt: skip
MRKDWN = (
    "_BRACKETED", "_CODE_END", "_ENDS", "_FENCE_END", "_LINE_END", "_QUOTE", "_QUOTE_REST", "_TOKEN", "_ID"
)  # fmt: skip


def _read_markdown(given: str) -> Any:
    return reading_markdown.read(given, brackets.Names())


def _read_list(given: str) -> None:
    """As much as one search may see: in front of the list, between its tickets, in a field, and in a text of it."""
    for before in ("", '[{"a":1},', '[{"a":[', '[{"a":"'):
        reader = large_lists.ListReader()
        reader.feed((before + given)[: large_lists._PIECE].encode("utf-8", "replace"))


def _write_markdown(given: str) -> Any:
    given = given[:FORMATTED]
    pieces = (Words(given, Style(italic=True)), Code(given), Link(f"https://x.example/{given}", given))
    return writing_markdown.write(normal((Paragraph(pieces), CodeBlock(given, given))))


CSS = ("_HIDDEN", "_STYLED", "_NOT_BOLD", "_KEEPS_SPACE", "_LINE_OF_ITS_OWN", "_FONT_OF_PICTURES", "_GAP")


def _read_css(given: str) -> None:
    style = {"style": given}
    html_elements.is_hidden("p", style)
    html_elements.styles_of("b", style)
    html_elements.keeps_space("p", style)
    html_elements.is_line("b", style)
    html_elements.is_apart("b", style)
    html_elements.script_of("span", style)
    html_counting.counted_in(style)
    html_counting.Counting.of("ol", style | {"start": given}, 1).next({"value": given})


def _read_mrkdwn(given: str) -> Any:
    return reading_mrkdwn.read(given, reading_mrkdwn.Names())


def _write_blocks(given: str) -> Any:
    given = given[:FORMATTED]
    return writing_blocks.write(normal((Paragraph((Words(given), Emoji(given))), CodeBlock(given))))


def _find(given: str) -> Any:
    return words_of(given), best_line(given, {"x"}), around(given, {"x"})


def _read_time(given: str) -> object:
    return read_time(given, datetime(2026, 11, 27, tzinfo=UTC), ZoneInfo("Europe/Berlin"))


FOREIGN: dict[str, Reader] = {
    "adapters/chats/discord/brackets.py:_BRACKETED": _read_markdown,
    "adapters/chats/discord/buttons.py:TEMPLATE": buttons.TEMPLATE.fullmatch,
    "adapters/chats/discord/buttons.py:is_link": lambda given: buttons.action_rows((), ("Open", given)),
    "adapters/chats/markup_ends.py:__init__": _read_markdown,
    "adapters/chats/discord/markup.py:_ACTIVE": markup.escape,
    "adapters/chats/discord/markup.py:named_link": lambda given: (
        markup.named_link(given, "https://x.example"),
        markup.named_link("name", given),
    ),
    **{f"adapters/chats/discord/reading_markdown.py:{name}": _read_markdown for name in MARKDOWN},
    "adapters/chats/discord/code_spans.py:_TICKS": _read_markdown,
    "adapters/chats/discord/style_marks.py:_SPOILER_END": _read_markdown,
    "adapters/chats/discord/style_marks.py:_STRIKE_END": _read_markdown,
    "adapters/chats/discord/writing_markdown.py:_ADDRESS": _write_markdown,
    "adapters/chats/discord/writing_markdown.py:_LANGUAGE": _write_markdown,
    "adapters/chats/discord/writing_markdown.py:_code": _write_markdown,
    "adapters/chats/slack/buttons.py:ACTIONS": slack_buttons.ACTIONS.fullmatch,
    "adapters/chats/slack/buttons.py:_VALUE": slack_buttons._VALUE.fullmatch,
    "adapters/chats/slack/arguments.py:_DAYS": partial(typed, Verb.STATS),
    "adapters/chats/slack/arguments.py:_NUMBER": partial(typed, Verb.SNIPPET),
    "adapters/chats/slack/arguments.py:_PERSON": partial(typed, Verb.ASSIGN),
    "adapters/chats/slack/arguments.py:SLASH": arguments.SLASH.fullmatch,
    "adapters/chats/slack/outdated_requests.py:_ANY": outdated_requests._ANY.fullmatch,
    "adapters/chats/slack/commands.py:register": re.compile("|".join(commands._SHORTCUTS)).fullmatch,
    "adapters/chats/slack/events.py:app": re.compile(".*").fullmatch,
    "adapters/chats/slack/emoji.py:CODE": _read_mrkdwn,
    "adapters/chats/slack/failures.py:_CODE": failures._CODE.fullmatch,
    "adapters/chats/slack/failures.py:_SCOPES": failures._SCOPES.fullmatch,
    "adapters/chats/slack/emoji.py:_POINTS": emoji.from_points,
    **{f"adapters/chats/slack/reading_mrkdwn.py:{name}": _read_mrkdwn for name in MRKDWN},
    "adapters/chats/slack/writing_blocks.py:_EMOJI_NAME": _write_blocks,
    "adapters/chats/slack/reading.py:_TS": reading._TS.fullmatch,
    "adapters/vendors/sellsn/vendor.py:_NUMBERS": sellsn._NUMBERS.fullmatch,
    "adapters/vendors/client/html.py:_ENTITY": lambda given: html.rich_text(f"&{given}".replace("<", "")),
    **{f"adapters/vendors/client/html_elements.py:{name}": _read_css for name in CSS},
    **{f"adapters/vendors/client/html_counting.py:{name}": _read_css for name in ("_LETTERS", "_UNMARKED", "_WHOLE")},
    "adapters/vendors/client/html_elements.py:_FIGURE": html_elements.raised,
    "adapters/vendors/client/html_elements.py:_NOT_IN_ADDRESSES": lambda given: html_elements.address_in(
        {"href": given}, "href"
    ),
    "adapters/vendors/client/html_elements.py:_TINY": lambda given: html_elements.is_tracking({"style": given}),
    "adapters/vendors/client/html_lines.py:_COLLAPSED": lambda given: html.html_to_text(f"<p>\xa0 {given}"),
    "adapters/vendors/client/html_lines.py:_INDENT": lambda given: html.html_to_text(f"<p>\xa0 {given}"),
    "adapters/vendors/client/html_tables.py:_NUMBER": lambda given: html.html_to_text(
        f'<table><td colspan="{given}">x'
    ),
    "adapters/vendors/client/html_writing.py:_SPACES": html_writing.text_to_html,
    "adapters/vendors/client/html.py:_LINE_TAG": html._without_tags,
    "adapters/vendors/client/html.py:_OPENED": html._count_elements,
    "adapters/vendors/client/html_reader.py:_SPACE": html.html_to_text,
    "adapters/vendors/client/html.py:_STRIKE_TAG": html._without_tags,
    "adapters/vendors/client/html.py:_STRUCTURE": html.looks_like_html,
    "adapters/vendors/client/html.py:_TAG": html._without_tags,
    "adapters/vendors/client/large_lists.py:_IN_TEXT": _read_list,
    "adapters/vendors/client/large_lists.py:_NEXT_OBJECT": _read_list,
    "adapters/vendors/client/large_lists.py:_RUN": _read_list,
    "adapters/vendors/client/large_lists.py:_RUN_OF_FIELD": _read_list,
    "adapters/vendors/client/large_lists.py:_RUN_OF_LISTS": _read_list,
    "adapters/vendors/client/large_lists.py:_RUN_OF_TEXTS": _read_list,
    "adapters/vendors/client/large_lists.py:_RUN_OF_TICKETS": _read_list,
    "adapters/vendors/client/parsing.py:_NUMBER": parsing._time,
    "adapters/vendors/client/parsing.py:_UTC_IN_WORDS": parsing._time,
    "adapters/vendors/client/parsing.py:money": lambda given: parsing.money(given, "EUR"),
    "bot/cli/export.py:_FORMULA": lambda given: export._cell(given, on_terminal=False),
    "bot/inbound/chats/which_ticket.py:_named": lambda given: re.fullmatch(r"#?\s*([0-9]{1,12})", given.strip()),
    "bot/text/addresses.py:_FOUND": lambda given: list(addresses.spans(given)),
    "bot/text/addresses.py:_GROUPING": lambda given: addresses.says_the_same(given, f"tel:{given}"),
    "bot/text/addresses.py:_KINDS": addresses.can_be_opened,
    "bot/text/addresses.py:_ENCODED_LETTERS": lambda given: addresses.says_the_same(f"%C3{given}", f"%c3{given}"),
    "bot/text/addresses.py:_WEB_NAME": lambda given: addresses.says_the_same(given, f"https://{given}"),
    "bot/text/addresses.py:_SCHEME": addresses.defused,
    "bot/text/addresses.py:_IN_NUMBERS": lambda given: addresses.defused(f"//{given}"),
    "bot/text/addresses.py:_NAME_DOT": lambda given: addresses.defused(f"a{given}"),
    "bot/text/audience.py:_COMMAND": lambda given: audience.audience(given, ("//",)),
    "bot/text/audience.py:_FEW_WORDS": lambda given: audience.audience(f"!{given}", ("//",)),
    "bot/text/note_prefixes.py:_LIST_NUMBER": lambda given: audience.audience(f"1. {given}", ("//",)),
    "bot/text/audience.py:_NAMED": lambda given: audience.audience(f"!note {given}", ("//",)),
    "bot/text/audience.py:_WITH_WORDS": lambda given: audience.audience(f"!snooze {given}", ("//",)),
    "bot/text/note_prefixes.py:_WORD": lambda given: audience.audience(f"@{given}", ("//",)),
    "bot/tickets/day/filling_snippets.py:_VARIABLE": lambda given: (
        filling_snippets.unknown(given),
        filling_snippets.fill(given, {}),
    ),
    "bot/text/cleaning.py:_HAS_MEANING": text.visible,
    "bot/text/cleaning.py:_INVISIBLE": text.visible,
    "bot/text/cleaning.py:_LINE_ENDS": text.clean,
    "bot/text/cleaning.py:_SURROGATES_IN_JSON": text.json_without_lone_surrogates,
    "bot/text/ticket_numbers.py:_FIRST": ticket_and_words,
    "bot/text/ticket_numbers.py:_LATER": lambda given: ticket_and_words(f"x {given}"),
    "bot/text/lengths.py:_SCHEME": lambda given: text.split(given, 400),
    "bot/text/times.py:_AROUND": _read_time,
    "bot/text/times.py:_LENGTH": lambda given: _read_time(f"1{given}"),
    "bot/text/times.py:_TIME": lambda given: _read_time(f"mon {given}"),
    "bot/tickets/from_vendors/own_messages.py:_EMOJI_NAME": lambda given: own_messages.are_alike("a😀", f"b{given}"),
    "bot/tickets/from_vendors/own_messages.py:_TAG": lambda given: own_messages.are_alike(given, f"{given}x"),
    "bot/tickets/day/list_edges.py:_WORD": read_edge,
    "bot/tickets/from_vendors/own_messages.py:_WORD": lambda given: own_messages.is_kept_as(given, f"{given}x"),
    "bot/tickets/lookup/searched_words.py:_WORD": _find,
    "bot/wording/masking.py:_ADDRESS": masking.masked,
}
"""By module and the name of the constant, or of the function in which the expression stands."""

OTHER: dict[str, Reader] = {
    "text.comparable": text.comparable,
    "text.one_line": lambda given: text.one_line(given, 100),
    "text.split": lambda given: text.split(given, 400, markup.width),
    "cutting.cut": lambda given: cut(verbatim(given[:FORMATTED]), 100, writing_markdown.measure),
    "file_names.file_name": file_names.file_name,
    "html.rich_text": html.rich_text,
    "html_writing.text_to_html": html_writing.text_to_html,
    "plain.inert": lambda given: inert(reading_markdown.read(given[: 10 * FORMATTED], brackets.Names())),
    "tree.verbatim": lambda given: plain(verbatim(given)),
    "html.html_to_text": lambda given: html.html_to_text(f"<p>{given}"),
    "blocks.pieces": blocks.pieces,
    "blocks.verbatim": blocks.verbatim,
}
"""Not one expression, but loops over foreign text."""

FORMATTING = (_write_markdown, _write_blocks, OTHER["cutting.cut"], OTHER["plain.inert"])
"""They write, or write again, what the readers above have read; slowly, but never more than so many characters."""

TRIED = {id(read): name for name, read in (FOREIGN | OTHER).items()}
"""Each reader once, however many expressions it uses."""

OURS = {
    "bot/cli/find.py:why": "an argument that the operator typed",
    "bot/db/statements.py:_HEADING": "a file of ours",
    "bot/tickets/erasure.py:_is_named": "a line of ours, for a name that is taken as it is",
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
    "list-style:", "text-decoration:", "white-space:", "font-weight ", "lower-",
    "visibility :", "1f512-", "!close ", "#1", "\\ud800", "\\\\ud83d", "\\udc00", "shopbell:close:t1", "http://a(",
    "a)", "1.", "mailto:",
)  # fmt: skip
_BEFORE = ("[", "`", "<", "http://a", "[a](http://x", "!close", "/close", "display", "1. ")


_ALL, _SOME = len(_BEFORE), 1


def _hostile(beginnings: int) -> Iterator[tuple[str, str]]:
    """Every piece alone, and behind so many beginnings, in turn."""
    turn = cycle(_BEFORE)
    for piece in _SIGNS:
        for before in ("", *islice(turn, beginnings)):
            yield before, piece


def _seconds(read: Reader, before: str, piece: str, length: int) -> float:
    """The processor's time for a text of about this length."""
    given = before + piece * (length // len(piece))
    begun = time.process_time()
    read(given)
    return time.process_time() - begun


@cache
def _least() -> float:
    """A quarter of what a short text takes, on this machine, that is read to its end at every place."""
    return min(_seconds(re.compile("<[^>]*>").findall, "", "<", SHORT) for _ in range(5)) / 4


def _grows_too_fast(read: Reader, before: str, piece: str, length: int) -> bool:
    """
    Whether four times as long a text takes far more than four times as long, each time it is measured.

    What takes less than `_least` there steps from one way of reading to another, and does not grow.
    """
    for _ in range(TRIES):
        short, long = (min(_seconds(read, before, piece, n) for _ in range(2)) for n in (length, 4 * length))
        if long < max(_least(), MOST_GROWTH * short):
            return False
    return True


def _out_of_proportion(read: Reader, beginnings: int = _SOME, length: int = SHORT) -> list[tuple[str, str]]:
    """
    The beginnings and pieces with which the time of reading grows faster than the text.

    All are read once, in a short text, so that nobody waits for hours. What would make somebody wait there takes much
    longer than most do.
    """
    read("<`:@")  # what is loaded with the first text is no reading
    taken = {hostile: _seconds(read, *hostile, length) for hostile in _hostile(beginnings)}
    suspicious = max(_least(), FACTOR * median(taken.values()))
    looked_at = (hostile for hostile, seconds in taken.items() if seconds > suspicious)
    return [hostile for hostile in looked_at if _grows_too_fast(read, *hostile, length)]


@pytest.mark.parametrize("name", TRIED.values())
def test_reading_foreign_text_takes_time_in_proportion(name: str) -> None:
    """Beginnings of all that is looked for, again and again, and never finished."""
    read = FOREIGN.get(name) or OTHER[name]
    assert _out_of_proportion(read, length=FORMATTED // 16 if read in FORMATTING else SHORT) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", TRIED.values())
def test_behind_every_beginning_it_takes_time_in_proportion(name: str) -> None:
    """The same with longer texts, and every piece behind every beginning."""
    assert _out_of_proportion(FOREIGN.get(name) or OTHER[name], _ALL, 4 * SHORT) == []


@pytest.mark.parametrize("pattern", ["<[^>]*>", r"\[[^\]]*\]\(", "a+b"])
def test_what_is_not_in_proportion_is_seen(pattern: str) -> None:
    """An expression that reads to the end at every place, and finds nothing."""
    assert _out_of_proportion(re.compile(pattern).findall)


def _read_in_full(name: str, worst: int, length: int = LENGTH) -> None:
    """The pieces that took longest, in so long a text."""
    read = FOREIGN.get(name) or OTHER[name]
    times = [(_seconds(read, "", piece, SHORT), piece) for piece in _SIGNS]
    for _, piece in sorted(times)[-worst:]:
        assert _seconds(read, "", piece, length) < SECONDS * length / LENGTH, piece


@pytest.mark.parametrize("name", TRIED.values())
def test_a_hundred_thousand_characters_are_read_within_seconds(name: str) -> None:
    """Of the piece that took longest."""
    _read_in_full(name, 1, LENGTH // 10)


@pytest.mark.soak
@pytest.mark.parametrize("name", TRIED.values())
def test_a_million_characters_of_many_kinds_are_read_within_seconds(name: str) -> None:
    """Of the ten pieces that took longest."""
    _read_in_full(name, 10)
