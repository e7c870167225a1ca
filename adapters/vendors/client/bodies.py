"""The body of a response as its bytes come: unpacked, counted, and never more of it in memory than fits."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Iterator
from typing import Any

import httpx

from adapters.vendors.client.large_lists import ListReader
from adapters.vendors.client.responses import LARGEST_BODY, NestedTooDeep, TooLargeBody, UnusableBody, json_of

LARGEST_KNOWN_AGAIN = 256 * 1024
"""The largest body in bytes that is known again when it comes once more."""
_PIECE = 64 * 1024
_MOST_MEMBERS = 1_000
"""A packed body may be made of so many; some servers pack it piece by piece."""


def list_of(body: bytes) -> Any:
    """
    The JSON of a list of tickets, without the fields that are nested too deep.

    Raises:
        UnusableBody: As `json_of`.
    """
    try:
        return json_of(body)
    except NestedTooDeep:
        reader = ListReader()
        reader.feed(body)
        if reader.gave_up:
            raise TooLargeBody from None
        return json_of(reader.whole())


class BodyDigest:
    """
    By which the answer to a request is known again when it is sent once more.

    Args:
        before: The digest of the body that came before; empty: none is known.
        request: The request whose answer that was. To make one takes a third of what it takes to send it.

    Attributes:
        request: The request that is answered now; None: it was not made yet.
        value: The digest of the body that came now; empty: it is too large to be known again.
        unchanged: This body, if it is the one that came before; else None.
    """

    def __init__(self, before: bytes = b"", request: httpx.Request | None = None) -> None:
        self._before = before
        self.request = request
        self.value = b""
        self.unchanged: bytes | None = None

    def is_unchanged(self, body: bytes) -> bool:
        """Whether this body, which came now, is the one that came before."""
        if len(body) <= LARGEST_KNOWN_AGAIN:
            self.value = hashlib.sha256(body).digest()
            if self.value == self._before:
                self.unchanged = body
        return self.unchanged is not None


def _gzip() -> zlib._Decompress:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


class Unpacker:
    """
    Takes the `Content-Encoding` off a body, piece by piece.

    A packed body may be several, its members, one after the other (RFC 1952, 2.2). What follows them and is none is
    left out, and never given to zlib, which would keep all of it.

    Raises:
        UnusableBody: It is compressed in a way that we did not ask for.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise UnusableBody("compressed in an unknown way")
        self._is_packed = encoding in ("gzip", "x-gzip")
        self._member = _gzip()
        self._members = 1
        # Whether it is sure that these bytes are a member: what follows the first one may be anything.
        self._is_begun = True
        self._is_over = False

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """
        What comes out of the next bytes, in small pieces, however much it is.

        Raises:
            UnusableBody: It is damaged.
        """
        if not self._is_packed:
            yield chunk
            return
        while chunk and not self._is_over:
            if self._member.eof:
                self._begin_next()
            piece = self._unpacked(chunk)
            if piece:
                yield piece
            chunk = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def _begin_next(self) -> None:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise UnusableBody("damaged")
        self._member, self._is_begun = _gzip(), False

    def _unpacked(self, chunk: bytes) -> bytes:
        try:
            piece = self._member.decompress(chunk, _PIECE)
        except zlib.error:
            if self._is_begun:
                raise UnusableBody("damaged") from None
            self._is_over = True
            return b""
        self._is_begun = self._is_begun or bool(piece)
        return piece

    def end(self) -> None:
        """Call after the last byte. Raises `UnusableBody` if something is missing."""
        if self._is_packed and not (self._member.eof or self._is_over):
            raise UnusableBody("cut off")


class Body:
    """
    A body while it comes.

    Args:
        most: How many bytes are read, packed and unpacked.
        is_list: Whether it is a list of tickets. If it is larger than what fits into memory, what is large in single
            tickets is left out.

    Attributes:
        size: How many bytes have come, unpacked.
    """

    def __init__(self, most: int, *, is_list: bool = False) -> None:
        self._most = most
        self._is_list = is_list
        self._packed = 0
        self._held = bytearray()
        self._reader: ListReader | None = None
        self.size = 0

    def count(self, packed: int) -> None:
        """So many bytes came over the wire. Raises `TooLargeBody`."""
        self._packed += packed
        if self._packed > self._most:
            raise TooLargeBody

    async def add(self, piece: bytes) -> None:
        """
        The next bytes, unpacked.

        Raises:
            TooLargeBody
        """
        self.size += len(piece)
        if self._reader is not None:
            self._reader.feed(piece)
            await asyncio.sleep(0)  # a few bytes may unpack to many pieces
        else:
            self._held += piece
            if self._is_list and len(self._held) > LARGEST_BODY:
                self._reader = ListReader()
                # So much takes half a second, and the loop has other things to do.
                await asyncio.to_thread(self._reader.feed, bytes(self._held))
                self._held.clear()
        held = len(self._held) if self._reader is None else self._reader.size
        gave_up = self._reader is not None and self._reader.gave_up
        if self.size > self._most or held > LARGEST_BODY or gave_up:
            raise TooLargeBody

    def whole(self) -> bytes:
        """The body after its last byte; of a large list without what is large in it."""
        return bytes(self._held) if self._reader is None else self._reader.whole()

    def beginning(self) -> Any:
        """Of a list: the JSON of what has come so far; None: nothing of it can be read."""
        reader = self._reader
        if reader is None:
            reader = ListReader()
            reader.feed(bytes(self._held))
        try:
            return json_of(reader.beginning())
        except UnusableBody:
            return None
