"""Names as people may really have them, or as somebody means harm by them."""

from __future__ import annotations

NAMES = ("$\\frac{", "$$", "\\", "<b>Bob</b>", "李雷", "محمد", "🎉", "x" * 500, "", "a\x00b\x1b[2J", "${HOME}", "%s{0}")
