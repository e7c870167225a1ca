"""Where a sentence ends, whatever stands in it."""

from __future__ import annotations

import pytest

from bot.text import ended


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("It is down", "It is down."),
        ("It is down.", "It is down."),
        ("Really?", "Really?"),
        ("It says: “Hello”", "It says: “Hello”."),
        ("It says: “Is that right?”", "It says: “Is that right?”"),
        ("It says: “Wait…”", "It says: “Wait…”"),
        ("It says: “(Stop!)”", "It says: “(Stop!)”"),
        ("It says: “はい。”", "It says: “はい。”"),
        ("It says: “a,”", "It says: “a,”."),
        ("There is no store keys.", "There is no store keys."),
        ("“”", "“”."),
        ("", "."),
    ],
)
def test_a_sentence_ends_once(words: str, sentence: str) -> None:
    """With one mark, however what it quotes ends."""
    assert ended(words) == sentence
