"""Reading a file that a person added to a message: to its end, no more than fits, and nothing that is cut off."""

from __future__ import annotations

import aiohttp

from bot.errors import Rejected, Unavailable
from bot.model import Attachment

FILE_BYTES = 25 * 1024 * 1024
"""The largest file that is passed on; no vendor takes a larger one."""
TOO_LARGE = "This file is too large to be passed on."
CUT_OFF = "The file did not arrive whole."
_CHUNK = 64 * 1024


def refuse_large(attachment: Attachment) -> None:
    """Raises `Rejected` for a file whose stated size is too large, before anything of it is read."""
    if attachment.size is not None and attachment.size > FILE_BYTES:
        raise Rejected(TOO_LARGE)


async def read_file(response: aiohttp.ClientResponse) -> bytes:
    """
    The whole body of a response, never more than `FILE_BYTES` in memory.

    Raises:
        Rejected: It is too large.
        aiohttp.ClientError: The connection broke.
    """
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > FILE_BYTES:
            raise Rejected(TOO_LARGE)
    return bytes(content)


def whole(content: bytes, attachment: Attachment) -> bytes:
    """The content. Raises `Unavailable` if it is shorter than the size that the chat states: it can be read again."""
    if attachment.size is not None and len(content) < attachment.size:
        raise Unavailable(CUT_OFF)
    return content
