"""The page of `shopbell sandbox`: the stores, Discord and Slack side by side, to look at and to type into."""

from __future__ import annotations

from bot.sandbox.page.server import PracticePage

__all__ = ["PracticePage"]
