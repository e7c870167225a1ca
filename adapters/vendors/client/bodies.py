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


class Unpacker:
    """
    Takes the `Content-Encoding` off a body, piece by piece.

    Raises:
        UnusableBody: It is compressed in a way that we did not ask for.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise UnusableBody("compressed in an unknown way")
        is_packed = encoding in ("gzip", "x-gzip")
        self._decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if is_packed else None

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """
        What comes out of the next bytes, in small pieces, however much it is.

        Raises:
            UnusableBody: It is damaged.
        """
        if self._decompressor is None:
            yield chunk
            return
        while chunk:
            try:
                piece = self._decompressor.decompress(chunk, _PIECE)
            except zlib.error:
                raise UnusableBody("damaged") from None
            if piece:
                yield piece
            chunk = self._decompressor.unconsumed_tail

    def end(self) -> None:
        """Call after the last byte. Raises `UnusableBody` if something is missing."""
        if self._decompressor is not None and not self._decompressor.eof:
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
