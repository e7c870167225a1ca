"""Threads whose first message does not say when the last reply came: their number of replies tells as well."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from adapters.chats.slack.reading import is_ts, order

_REMEMBERED = 10_000


class ReplyCounts:
    """
    Decides which threads have something new, by their first messages.

    A number of replies is remembered only for a thread that was read and held nothing new. So a thread that could not
    be read to its end is read again.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], object] = OrderedDict()

    def touched(self, channel: str, first: Mapping[str, Any], after: str | None) -> bool:
        """Whether a thread may have a reply that is newer than `after`; without `after`, whether it has any."""
        latest = str(first.get("latest_reply") or "")
        if is_ts(latest):
            return after is None or order(latest) > order(after)
        count = first.get("reply_count")
        return bool(count) and self._known.get((channel, str(first.get("ts")))) != count

    def nothing_new(self, channel: str, first: Mapping[str, Any]) -> None:
        """The thread was read, and all of it was known."""
        if not first:
            return
        key = (channel, str(first.get("ts")))
        self._known.pop(key, None)
        self._known[key] = first.get("reply_count")
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
