"""What all stores together keep in memory only to spare making it anew, and never more than so much of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

MOST = 50_000
"""So many things are kept in all; of the tickets on lists' pages each takes about 0.6 kB."""
IN_USE = 900.0
"""For so many seconds after it was used last, nothing makes room for another."""


@dataclass(slots=True)
class _Kept:
    value: Any
    size: int
    used_at: float


class KeptValues:
    """
    Values by key, those that were used last.

    Where there is no room for a new one, those go that were not used for longest, and for a quarter of an hour at
    least. So of a little more than fits, which is used in turns, most is still found; if each new one drove out another
    that is about to be used, nothing would be.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._size = 0

    @property
    def size(self) -> int:
        """How much is kept."""
        return self._size

    def use(self, key: Hashable, now: float) -> Any:
        """The value that is kept under this key, by the monotonic clock from now on again; None: none is."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        kept.used_at = now
        self._kept.move_to_end(key)
        return kept.value

    def keep(self, key: Hashable, value: Any, size: int, now: float) -> bool:
        """Keep a value of so many things in place of the one before; False: there is no room, and none is kept."""
        self.drop(key)
        self._make_room(size, now)
        if self._size + size > self._most:
            return False
        self._kept[key] = _Kept(value, size, now)
        self._size += size
        return True

    def drop(self, key: Hashable) -> None:
        """Keep it no longer, if it is kept."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._size -= kept.size

    def _make_room(self, size: int, now: float) -> None:
        while self._kept and self._size + size > self._most:
            key, oldest = next(iter(self._kept.items()))
            if now - oldest.used_at < IN_USE:
                return
            self.drop(key)
