"""Fetching the files that people add to their messages."""

from __future__ import annotations

from adapters.chats.slack import wording
from adapters.chats.slack.requests import Api
from bot.errors import Gone
from bot.model import Attachment

_MOST_BYTES = 25 * 1024 * 1024


async def download(api: Api, attachment: Attachment) -> bytes:
    """
    A file's content; needs the scope `files:read`.

    Slack answers a request that it does not let in with 200 and its login page, so a page where no page was sent is
    a refusal. Raises `Gone`, `Rejected` and what a read may raise.
    """
    if attachment.source is None:
        raise Gone(wording.FILE_GONE)
    kind, content = await api.fetch(attachment.source, _MOST_BYTES)
    if kind == "text/html" and not attachment.name.lower().endswith((".html", ".htm")):
        raise Gone(wording.FILE_GONE)
    return content
