"""
Reading a file that a person added to a message: to its end, no more than fits, and nothing that is cut off.

The same for both chats. The hosts of their files have no codes of their own: who may not have a file, or asks for one
that does not exist, gets a refusal, a redirection or a page to log in. It is written to a file piece by piece, so that
only one piece is ever in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import aiohttp

from bot.errors import Rejected, Unavailable
from bot.model import Attachment

FILE_BYTES = 25 * 1024 * 1024
"""The largest file that is passed on; no vendor takes a larger one."""
TOO_LARGE = "This file is too large to be passed on."
CUT_OFF = "The file did not arrive whole."
NO_ROOM = "The disk of shopbell's machine has no room for this file."
TIMEOUT = aiohttp.ClientTimeout(total=120, sock_read=30)
HEADERS = {"Accept-Encoding": "identity"}
"""Nothing is packed on its way, so that its length can be compared."""
_CHUNK = 64 * 1024
_FOR_LATER = (408, 425, 429)
"""Statuses below 500 that do not refuse a file."""
_PAGES = ("text/html", "application/xhtml+xml")
_NAMES_OF_PAGES = (".html", ".htm", ".xhtml")
_JSON = ("application/json", "text/json", "application/problem+json")
_NAMES_OF_JSON = (".json", ".jsonl", ".geojson", ".har", ".ipynb", ".map", ".webmanifest")


def refuse_large(attachment: Attachment) -> None:
    """Raises `Rejected` for a file whose stated size is too large, before anything of it is read."""
    if attachment.size is not None and attachment.size > FILE_BYTES:
        raise Rejected(TOO_LARGE)


def is_refused(response: aiohttp.ClientResponse, attachment: Attachment) -> bool:
    """Whether the host does not give out the file: it refuses it, or sends a page or JSON where we expect none."""
    if response.status == 200:
        name, kind = attachment.name.lower(), response.content_type
        if kind in _JSON and not name.endswith(_NAMES_OF_JSON):
            return attachment.size is None or response.content_length != attachment.size
        return kind in _PAGES and not name.endswith(_NAMES_OF_PAGES)
    return 300 <= response.status < 500 and response.status not in _FOR_LATER


async def save(response: aiohttp.ClientResponse, attachment: Attachment, target: BinaryIO) -> None:
    """
    Write the body of a success to `target`, never more than `FILE_BYTES`.

    Raises:
        Rejected: It is too large.
        Unavailable: It is shorter than the size that the chat states, or the disk is full; it can be read again.
        aiohttp.ClientError: The connection broke.
    """
    if response.status != 200:
        raise Unavailable(CUT_OFF)
    size = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        size += len(chunk)
        if size > FILE_BYTES:
            raise Rejected(TOO_LARGE)
        with _room():
            target.write(chunk)
    if attachment.size is not None and size < attachment.size:
        raise Unavailable(CUT_OFF)
    with _room():
        target.flush()


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(NO_ROOM) from error
