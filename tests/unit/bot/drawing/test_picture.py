"""What is drawn: any name is a name. That it is done in a process of its own is in `test_process`."""

from __future__ import annotations

import json
import warnings
from io import BytesIO

import pytest

from bot.drawing.chart import Bars, ByDay, Chart, Lengths
from bot.drawing.picture import _Fonts, draw
from tests.support.drawing import NAMES


def drawn(chart: Chart) -> bytes:
    """As the process gets and draws it."""
    target = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draw(json.loads(chart.as_json()), target)
    return target.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_drawn(name: str) -> None:
    """Markup, mathematics, other scripts, control characters: a name is a name."""
    bars = Bars(name, (name, "Ann"), (1.0, 0.0), (name, "0"))
    empty = Lengths(name, (name,), (name, name), ((None, None),), ((name, "–"),))
    by_day = ByDay(name, ("2026-11-20",), (name, name), ((0, 0),))
    picture = drawn(Chart(name, by_day, (empty,), (bars, Bars("none", (), ()))))
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("text", "instead", "shown"),
    [
        ("Ann", "no. 1", "Ann"),
        ("\U000f0000", "no. 1", "no. 1"),
        ("", "no. 1", "no. 1"),
        ("Ann \U000f0000", "no. 1", "Ann ?"),
        ("A name that is far too long for it", "no. 1", "A name that is far to…"),
        ("A title that is as long as it is \U000f0000", "", "A title that is as long as it is ?"),
    ],
)
def test_what_no_font_has_is_left_out(text: str, instead: str, shown: str) -> None:
    """A letter without a picture is a question mark, and a name of such letters alone is its place in the table."""
    assert _Fonts([text]).shown(text, instead) == shown
