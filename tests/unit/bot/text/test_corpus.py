"""
Two hundred texts of both chats and of HTML mail, each with what is right in every form.

The files under `tests/corpus` are read by people: `source` is what came in, `plain`, `discord`, `slack` and `html` are
what goes out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.chats.discord import brackets, reading_markdown, writing_markdown
from adapters.chats.slack import reading_blocks, reading_mrkdwn, writing_blocks
from adapters.vendors.client.html import html_to_text
from adapters.vendors.client.html_writing import rich_text_to_html
from bot.sandbox.slack.composer import compose
from bot.text import comparable
from bot.text.normal_form import normal
from bot.text.plain import plain
from bot.text.stored import from_json, to_json
from bot.text.tree import RichText

CORPUS = Path(__file__).resolve().parents[3] / "corpus"
DISCORD = brackets.Names(users={"11": "Ana"}, roles={"22": "Support"}, channels={"33": "orders"})
SLACK = reading_mrkdwn.Names(users={"U1": "Ana"})


def read_blocks(source: str) -> RichText:
    return reading_blocks.read([{"elements": json.loads(source)}], SLACK)


READERS = {
    "discord": lambda source: reading_markdown.read(source, DISCORD),
    "slack_text": lambda source: reading_mrkdwn.read(source, SLACK),
    "slack_blocks": read_blocks,
    "html": html_to_text,
}


# Every worker reads them; the loader in C is ten times faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def entries() -> Iterator[Any]:
    for name in READERS:
        for number, entry in enumerate(yaml.load((CORPUS / f"{name}.yaml").read_text("utf-8"), LOADER)):
            yield pytest.param(name, entry, id=f"{name}-{number}")


ALL = list(entries())


@pytest.mark.parametrize(("name", "entry"), ALL)
def test_each_text_is_right_in_every_form(name: str, entry: dict[str, str]) -> None:
    """What came in is one tree, and what goes out is what a person has found right."""
    text = READERS[name](entry["source"])
    assert plain(text) == entry["plain"]
    assert writing_markdown.write(text) == entry["discord"]
    assert writing_blocks.write(text) == json.loads(entry["slack"])
    assert rich_text_to_html(text) == entry["html"]


@pytest.mark.parametrize(("name", "entry"), ALL)
def test_each_text_reads_the_same_wherever_it_went(name: str, entry: dict[str, str]) -> None:
    """No word is lost, doubled or moved on the way through a chat, through HTML or through the database."""
    text = READERS[name](entry["source"])
    assert normal(text) == text
    assert from_json(to_json(text)) == text
    assert comparable(plain(reading_markdown.read(entry["discord"], DISCORD))) == comparable(entry["plain"])
    assert comparable(plain(html_to_text(entry["html"]))) == comparable(entry["plain"])
    assert plain(read_blocks(entry["slack"])) == entry["plain"]


@pytest.mark.parametrize(("name", "entry"), [entry for entry in ALL if entry.values[0] == "slack_blocks"])
def test_the_practice_composer_writes_what_slacks_does(name: str, entry: dict[str, str]) -> None:
    """What was typed is the block in the corpus; the others cannot be typed there."""
    if "typed" in entry:
        assert compose(entry["typed"], {})[1][0]["elements"] == json.loads(entry["source"])


def test_there_are_enough_of_them() -> None:
    """Two hundred, and none twice."""
    sources = [entry.values for entry in ALL]
    assert len(sources) >= 200
    assert len({(name, entry["source"]) for name, entry in sources}) == len(sources)
