"""
A list that is larger than other answers, read piece by piece: what is large in single tickets is left out.

Anybody can write a ticket of ten megabytes. It must not hide the other tickets of its page. So a page is never held in
memory whole: of each ticket only the small fields are kept. A page whose reading stopped in its middle still has the
tickets before that, and of the one in which it stopped what stands at its beginning, by which that ticket is known.
"""

from __future__ import annotations

import hashlib
import re

LEFT_OUT = "shopbell_left_out"
"""The field that is there instead: a fingerprint of what was left out, so that a change of it is seen."""
CUT_OFF = "cut off"
"""What the field has if the reading stopped inside the ticket."""
LARGEST_FIELD = 256 * 1024
"""The largest field of a ticket that is kept, in bytes."""
DEEPEST_FIELD = 40
"""How deep a field that is kept may be nested."""

_DEEPEST_WRAPPER = 3
_PIECE = 64 * 1024
_MOST_STEPS = 2_000_000
"""After so many steps, which take some seconds, a list counts as too large; no list of real tickets needs as many."""

# What is taken in one step: texts, and lists and objects in which there are no others. Each part begins with a sign of
# its own, so that no search goes back: its time is that of reading once.
_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_TEXTS = rb'[^"{}\[\]]*(?:%b[^"{}\[\]]*)*' % _TEXT
_TEXTS_OF_FIELD = rb'[^"{}\[\],]*(?:%b[^"{}\[\],]*)*' % _TEXT
_LIST, _OBJECT = rb"\[%b\]" % _TEXTS, rb"\{%b\}" % _TEXTS
_RUN_OF_TEXTS = re.compile(_TEXTS, re.DOTALL)
_RUN = re.compile(rb"%b(?:(?:%b|%b)%b)*" % (_TEXTS, _LIST, _OBJECT, _TEXTS), re.DOTALL)
_RUN_OF_FIELD = re.compile(rb"%b(?:(?:%b|%b)%b)*" % (_TEXTS_OF_FIELD, _LIST, _OBJECT, _TEXTS_OF_FIELD), re.DOTALL)
_RUN_OF_TICKETS = re.compile(rb"(?:%b(?:%b|%b))+" % (_TEXTS, _LIST, _OBJECT), re.DOTALL)
_RUN_OF_LISTS = re.compile(rb"(?:%b%b)*" % (_TEXTS, _LIST), re.DOTALL)
_NEXT_OBJECT = re.compile(_TEXTS + _OBJECT, re.DOTALL)
_IN_TEXT = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_SPACE = b" \t\r\n"
_CLOSES = {ord("{"): b"}", ord("["): b"]"}


class ListReader:
    """
    The JSON of a list, alone or in a wrapper, as its bytes come. Its time is that of reading them once.

    The first list with objects is that of the tickets; whatever stands beside it is kept as it is.

    Attributes:
        gave_up: Whether it has so many parts that it is not read on.
    """

    def __init__(self) -> None:
        self._kept = bytearray()
        self._open: list[int] = []
        self._in_text = False
        self._is_escaped = False
        self._list_depth = 0  # 0: the list was not found yet; -1: it has ended
        self._closed_at = 0  # so much of what is kept can stand if the rest is missing
        self._closing = b""
        self._has_objects = False
        self._in_ticket = False
        self._is_object = False
        self._field = bytearray()
        self._field_size = 0
        self._field_is_deep = False
        self._digest = hashlib.sha256()
        self._fields = 0
        self._is_short = True
        self._steps = 0
        self.gave_up = False

    @property
    def size(self) -> int:
        """How many bytes are held."""
        return len(self._kept) + len(self._field)

    def feed(self, data: bytes) -> None:
        """The next bytes of the body. Other threads get their turn between pieces of it: one search holds them up."""
        for start in range(0, len(data), _PIECE):
            self._feed(data[start : start + _PIECE])

    def _feed(self, data: bytes) -> None:
        at = 0
        while at < len(data) and not self.gave_up:
            self._steps += 1
            self.gave_up = self._steps > _MOST_STEPS
            if self._in_text:
                at = self._text(data, at)
                continue
            at = self._run(data, at)
            if at < len(data):
                self._token(data[at : at + 1])
                at += 1

    def _run(self, data: bytes, at: int) -> int:
        """Takes what is taken in one step, as far as it is there whole; returns where it ends in these bytes."""
        depth = len(self._open) - self._list_depth
        if self._in_ticket:
            is_edge = depth == 1 + DEEPEST_FIELD and not self._field_is_deep
            return self._run_of(_RUN_OF_FIELD if depth == 1 else _RUN_OF_TEXTS if is_edge else _RUN, data, at)
        if self._list_depth <= 0:
            return self._run_of(_RUN, data, at)
        if depth == 0:
            at = self._tickets(data, at)
        return self._run_of(_RUN_OF_TEXTS, data, at)

    def _tickets(self, data: bytes, at: int) -> int:
        """`_run` for the whole tickets that come next."""
        if not self._has_objects:
            at = self._run_of(_RUN_OF_LISTS, data, at)
            self._has_objects = _NEXT_OBJECT.match(data, at) is not None
            self._closed_at = len(self._kept)
        end = self._run_of(_RUN_OF_TICKETS, data, at)
        if end > at:
            self._closed_at = len(self._kept)
        return end

    def _run_of(self, pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
        found = pattern.match(data, at)
        if found is None:
            return at
        self._take(found[0])
        return found.end()

    def whole(self) -> bytes:
        """The list's JSON after its last byte; not JSON if the body is none."""
        return bytes(self._kept + self._field)

    def beginning(self) -> bytes:
        """The JSON of what has come so far; empty: no list has come yet."""
        if not self._has_objects:
            return b""
        if not (self._in_ticket and self._is_object):
            return bytes(self._kept[: self._closed_at]) + self._closing
        self._field.clear()
        ticket = bytes(self._kept) + (b"," if self._fields else b"")
        return ticket + f'"{LEFT_OUT}":"{CUT_OFF}"}}'.encode() + self._closing

    def _text(self, data: bytes, at: int) -> int:
        """Takes what belongs to the text that is open; returns where it ends in these bytes."""
        begins = at
        if self._is_escaped:
            self._is_escaped = False
            at += 1
        found = _IN_TEXT.match(data, at)
        at = at if found is None else found.end()
        if at < len(data):  # at the quotation mark that ends it, or at the escape whose other half is still to come
            self._in_text = self._is_escaped = data[at : at + 1] == b"\\"
            at += 1
        self._take(data[begins:at])
        return at

    def _token(self, token: bytes) -> None:
        if token in b"{[":
            self._opens(token)
        elif token in b"}]":
            self._closes(token)
        elif token == b"," and self._in_ticket and len(self._open) == self._list_depth + 1:
            self._field_ends()
        else:
            self._in_text = token == b'"'
            self._take(token)

    def _opens(self, token: bytes) -> None:
        self._open.append(token[0])
        depth = len(self._open)
        if self._in_ticket:
            self._field_is_deep = self._field_is_deep or depth > self._list_depth + 1 + DEEPEST_FIELD
            self._take(token)
            return
        self._take(token)
        if token == b"[" and self._list_depth == 0 and depth <= _DEEPEST_WRAPPER:
            self._list_depth, self._closed_at = depth, len(self._kept)
            self._closing = b"".join(_CLOSES[bracket] for bracket in reversed(self._open))
        elif depth == self._list_depth + 1 and self._list_depth > 0:
            self._in_ticket, self._is_object = True, token == b"{"
            self._has_objects = self._has_objects or self._is_object
            self._fields, self._is_short, self._digest = 0, True, hashlib.sha256()

    def _closes(self, token: bytes) -> None:
        depth = len(self._open)
        if depth:
            self._open.pop()
        if self._in_ticket and depth == self._list_depth + 1:
            self._field_ends()
            if not self._is_short:
                name, comma = f'"{LEFT_OUT}":' if self._is_object else "", "," if self._fields else ""
                self._kept += f'{comma}{name}"{self._digest.hexdigest()[:32]}"'.encode()
            self._in_ticket = False
            self._kept += token
            self._closed_at = len(self._kept)
            return
        self._take(token)
        if depth == self._list_depth and self._has_objects:
            # From here on the list itself is closed, so only what is around it is missing.
            self._list_depth, self._closed_at, self._closing = -1, len(self._kept), self._closing[1:]
        elif depth == self._list_depth:
            self._list_depth, self._closing = 0, b""  # it was another list

    def _take(self, data: bytes) -> None:
        if not self._in_ticket:
            self._kept += data
            return
        self._field_size += len(data)
        if self._field_size > LARGEST_FIELD or self._field_is_deep:
            self._digest.update(self._field + data)
            self._field.clear()
        else:
            self._field += data

    def _field_ends(self) -> None:
        if self._field_size > LARGEST_FIELD or self._field_is_deep:
            self._digest.update(self._field)
            self._is_short = False
        elif self._field.strip(_SPACE):
            self._kept += (b"," if self._fields else b"") + self._field
            self._fields += 1
        self._field.clear()
        self._field_size, self._field_is_deep = 0, False
