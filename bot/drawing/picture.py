"""
The program that draws a picture: reads a `Chart` as JSON, writes a PNG. It is run by its path, in an isolated Python.

It imports matplotlib and nothing of shopbell's, limits itself before it does, and reads and writes no file but the list
of fonts that matplotlib keeps. The background is opaque and light, so a picture reads the same in light and dark chats;
the colours differ for the colour-blind, too, and what they mean is also said by shape and in words.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

_MEMORY = 1 << 30
_SECONDS = 20
_FILES = 128

_INK = "#1f2328"
_PALE = "#d8dee4"
_PAPER = "#ffffff"
_FIRST = "#0072b2"
_SECOND = "#d55e00"
_WIDTH, _ROW, _DOTS = 9.0, 2.35, 120
_LONGEST_LABEL = 22
_FEW_DAYS = 31
_FEWEST_BARS = 4
_OTHER_SCRIPTS = (
    "CJK",
    "WenQuanYi",
    "IPA",
    "Gothic",
    "Mincho",
    "YaHei",
    "PingFang",
    "Hiragino",
    "Nanum",
    "Thai",
    "Deva",
)


def limit() -> None:
    """Give this process a limit of memory, of processor time and of files, where the system can."""
    try:
        import resource  # noqa: PLC0415 - some systems have none
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def draw(chart: Mapping[str, Any], target: Any) -> None:
    """Draw the chart into a file."""
    from matplotlib import rcParams  # noqa: PLC0415 - only under the limits
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    rcParams.update(
        {
            "text.parse_math": False,
            "font.size": 9,
            "text.color": _INK,
            "axes.labelcolor": _INK,
            "axes.edgecolor": _PALE,
            "axes.titlecolor": _INK,
            "axes.titlesize": 10,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.color": _INK,
            "ytick.color": _INK,
            "legend.frameon": False,
            "legend.fontsize": 8,
            "figure.facecolor": _PAPER,
            "axes.facecolor": _PAPER,
        }
    )
    fonts = _Fonts(_texts(chart))
    rcParams["font.family"] = fonts.families
    panels = [*chart["lengths"], *chart["bars"]]
    rows = 1 + -(-len(panels) // 2)
    figure = Figure(figsize=(_WIDTH, _ROW * rows + 0.3), dpi=_DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(fonts.shown(chart["title"], ""), fontsize=12, x=0.01, ha="left")
    grid = figure.add_gridspec(rows, 2)
    _draw_days(figure.add_subplot(grid[0, :]), chart["by_day"])
    for number, panel in enumerate(panels):
        is_alone = number == len(panels) - 1 and number % 2 == 0
        place = grid[1 + number // 2, :] if is_alone else grid[1 + number // 2, number % 2]
        axes = figure.add_subplot(place)
        if "series" in panel:
            _draw_lengths(axes, panel)
        else:
            _draw_bars(axes, panel, fonts)
    figure.savefig(target, format="png")


def _draw_days(axes: Any, panel: Mapping[str, Any]) -> None:
    """The first amount as bars, the second one as a line."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    axes.set_title(panel["title"])
    places = range(len(panel["days"]))
    first, second = ([pair[number] for pair in panel["values"]] for number in (0, 1))
    bars = axes.bar(places, first, color=_FIRST, label=panel["series"][0], width=0.8)
    marker = "o" if len(places) <= _FEW_DAYS else None
    (line,) = axes.plot(
        places, second, color=_SECOND, label=panel["series"][1], marker=marker, markersize=4, linewidth=1.8
    )
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.set_ylim(0, max([1, *first, *second]) * 1.1)
    step = max(1, -(-len(places) // 10))
    shown = [place for place in places if (len(places) - 1 - place) % step == 0]
    axes.set_xticks(shown, [panel["days"][place] if place == shown[0] else panel["days"][place][5:] for place in shown])
    axes.grid(axis="y", color=_PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(handles=[bars, line], loc="upper right", bbox_to_anchor=(1, 1.22), ncols=2)


def _draw_lengths(axes: Any, panel: Mapping[str, Any]) -> None:
    """
    Two bars for each length of time, on a scale on which each step is a multiple.

    For some wait minutes and others days, and both have to be seen.
    """
    from matplotlib.patches import Patch  # noqa: PLC0415

    axes.set_title(panel["title"])
    colours, known = (_FIRST, _SECOND), [each for pair in panel["values"] for each in pair if each]
    lowest = min(known, default=1.0) / 3
    for row, (pair, texts) in enumerate(zip(panel["values"], panel["texts"], strict=True)):
        for number, (value, text) in enumerate(zip(pair, texts, strict=True)):
            place = row + (number - 0.5) * 0.38
            if value is not None:
                axes.barh(place, max(value, lowest), height=0.36, color=colours[number])
            axes.text(max(value or lowest, lowest), place, f" {text}", va="center", fontsize=8)
    handles = [Patch(color=colour, label=name) for colour, name in zip(colours, panel["series"], strict=True)]
    axes.set_xscale("log")
    axes.set_xlim(lowest, max(known, default=1.0) * 12)
    axes.minorticks_off()
    axes.set_xticks([])
    axes.set_ylim(len(panel["labels"]) - 0.5, -0.5)
    axes.set_yticks(range(len(panel["labels"])), panel["labels"])
    axes.spines["bottom"].set_visible(False)
    axes.legend(handles=handles, loc="upper right", bbox_to_anchor=(1, 1.22), ncols=2)


def _draw_bars(axes: Any, panel: Mapping[str, Any], fonts: _Fonts) -> None:
    axes.set_title(panel["title"])
    places = range(len(panel["labels"]))
    axes.barh(places, panel["values"], color=_FIRST, height=0.7)
    for place, value in zip(places, panel["values"], strict=True):
        axes.text(value, place, f" {panel['texts'][place] if panel['texts'] else value}", va="center", fontsize=8)
    axes.set_yticks(
        places, [fonts.shown(label, f"no. {place + 1}") for place, label in zip(places, panel["labels"], strict=True)]
    )
    axes.set_ylim(max(len(places), _FEWEST_BARS) - 0.4, -0.6)
    axes.set_xlim(0, max([1, *panel["values"]]) * 1.2)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _texts(part: Any) -> Iterable[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for each in part.values():
            yield from _texts(each)
    elif isinstance(part, Sequence):
        for each in part:
            yield from _texts(each)


class _Fonts:
    """
    The fonts with which the texts can be drawn: matplotlib's own, and those of the system for other scripts.

    Args:
        texts: All that will be drawn.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        from matplotlib import font_manager  # noqa: PLC0415

        self.families = ["DejaVu Sans"]
        self._known = set(font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap())
        missing = {ord(letter) for text in texts for letter in text} - self._known
        candidates = font_manager.fontManager.ttflist if missing else []
        for entry in candidates:
            if missing and entry.name not in self.families and any(word in entry.name for word in _OTHER_SCRIPTS):
                with suppress(OSError, RuntimeError):
                    letters = set(font_manager.get_font(entry.fname).get_charmap())
                    if letters & missing:
                        self.families.append(entry.name)
                        self._known |= letters
                        missing -= letters

    def shown(self, text: str, instead: str) -> str:
        """
        The text as it can be drawn: short, and without the letters that no font has.

        Args:
            instead: For a text of which nothing is left; empty: what is left.
        """
        if len(text) > _LONGEST_LABEL and instead:
            text = text[: _LONGEST_LABEL - 1].rstrip() + "…"
        left = "".join(letter for letter in text if ord(letter) in self._known).strip(" …")
        if not left and instead:
            return instead
        return "".join(letter if ord(letter) in self._known else "?" for letter in text)


def main() -> None:
    """Draw the chart on the standard input to the standard output."""
    limit()
    chart = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    logging.disable()
    draw(chart, sys.stdout.buffer)


if __name__ == "__main__":
    main()
