"""README's table of what was measured is what `docs/bench.json` holds."""

from __future__ import annotations

import pytest

from tests.bench.results import kept
from tests.bench.table import BEGIN, END, written_into
from tests.support.shell import PROJECT


def test_the_readme_has_the_present_table() -> None:
    """Nobody edits a figure by hand, and no figure is older in one place than in the other."""
    text = (PROJECT / "README.md").read_text("utf-8")
    assert written_into(text, kept()) == text, "run: python -m tests.bench.table README.md"


def test_a_text_without_markers_is_refused() -> None:
    """A table is never lost in silence because its place is."""
    for text in ("", BEGIN, END, f"{END} {BEGIN}"):
        with pytest.raises(ValueError, match="markers"):
            written_into(text, [])
