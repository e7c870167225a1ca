"""
What Slack carries beside a message's text: files, tables, shared messages, canvases, calls; pure.

Everything becomes text or a file, or is named, so that its author is told that it was not sent.
Sources: docs.slack.dev/reference/objects/file-object, docs.slack.dev/reference/block-kit/blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.chats import shared_wording
from adapters.chats.slack import wording
from adapters.chats.slack.reading_blocks import unread_in
from bot.model import Attachment
from bot.text.file_names import UNNAMED, file_name

Event = Mapping[str, Any]

_GONE: Final = {"tombstone": wording.DELETED_FILE, "hidden_by_limit": wording.HIDDEN_FILE}
_DOCUMENTS: Final = {
    "quip": wording.CANVAS,
    "canvas": wording.CANVAS,
    "list": wording.LIST,
    "space": wording.POST,
    "post": wording.POST,
}
_PREVIEW: Final = ("from_url", "original_url", "app_unfurl_url", "is_app_unfurl", "is_msg_unfurl")
"""An attachment with one of these is what Slack shows of an address in the text."""
_PARTS: Final = {
    "call": wording.CALL,
    "condensed_call": wording.CALL,
    "image": wording.PICTURE,
    "video": wording.VIDEO,
    "actions": wording.BUTTONS,
    "input": wording.BUTTONS,
    "divider": "",
}


def files_to_ask(message: Event) -> list[str]:
    """The ids of the files of which an event says nothing more: in a channel shared with another workspace."""
    return [str(file["id"]) for file in _objects(message.get("files")) if _must_be_asked(file) and file.get("id")]


def file_ids(message: Event) -> list[str]:
    """The ids of the files that can be sent, as far as the message says it: whether it has others than before."""
    return [
        str(file.get("id")) for file in _objects(message.get("files")) if _must_be_asked(file) or not _not_sent(file)
    ]


def with_files(message: Event, found: Mapping[str, Event | None]) -> Event:
    """
    The message with what Slack said when it was asked for its files.

    Args:
        found: By id; None: Slack does not show this file to us.
    """
    files = [found.get(str(file.get("id"))) or file if _must_be_asked(file) else file for file in
             _objects(message.get("files"))]  # fmt: skip
    return {**message, "files": files}


def attachments_of(message: Event) -> tuple[Attachment, ...]:
    """The files. Their addresses work only for members of the workspace, so a customer cannot use any of them."""
    return tuple(
        Attachment(
            name=_called(file),
            url=str(file["permalink"]) if file.get("permalink") else _text_or_none(file.get("url_private")),
            source=_text_or_none(file.get("url_private_download") or file.get("url_private")),
            size=file["size"] if isinstance(file.get("size"), int) else None,
            lasting=False,
        )
        for file in _objects(message.get("files"))
        if not _not_sent(file)
    )


def tables_below(message: Event) -> list[Event]:
    """The blocks in attachments that hold text of the author's: tables stand there when they were pasted."""
    return [
        block
        for attachment in _objects(message.get("attachments"))
        if not _is_shared(attachment) and not _is_preview(attachment)
        for block in _objects(attachment.get("blocks"))
    ]


def not_sent(message: Event) -> tuple[str, ...]:
    """What is neither text nor a file that can be sent, in words for the author; each once."""
    return tuple(dict.fromkeys(_all_not_sent(message)))


def _all_not_sent(message: Event) -> Iterator[str]:
    yield from (said for file in _objects(message.get("files")) if (said := _not_sent(file)))
    for block in (*_objects(message.get("blocks")), *tables_below(message)):
        yield from unread_in(block, _PARTS)
    for attachment in _objects(message.get("attachments")):
        if _is_shared(attachment):
            yield wording.SHARED_MESSAGE
        elif not _is_preview(attachment) and not _objects(attachment.get("blocks")):
            yield shared_wording.UNKNOWN_PART
    if message.get("room") or message.get("call"):
        yield wording.CALL


def _not_sent(file: Event) -> str:
    """What a file is called that cannot be sent; empty: it can be."""
    mode, name = str(file.get("mode") or ""), _called(file)
    kind = _DOCUMENTS.get(mode) or _DOCUMENTS.get(str(file.get("filetype") or ""))
    if mode in _GONE:
        return _GONE[mode]
    if kind:
        return f"{kind} “{name}”" if name != UNNAMED else kind
    if _must_be_asked(file) or file.get("file_access") not in (None, "", "visible"):
        return wording.HIDDEN_FILE
    if file.get("is_external") or mode == "external":
        return wording.EXTERNAL_FILE.format(name=name)
    return ""


def _must_be_asked(file: Event) -> bool:
    return file.get("file_access") == "check_file_info"


def _called(file: Event) -> str:
    return file_name(_only_text(file.get("name")), _only_text(file.get("title")))


def _is_shared(attachment: Event) -> bool:
    return bool(attachment.get("is_share"))


def _is_preview(attachment: Event) -> bool:
    return any(attachment.get(sign) for sign in _PREVIEW)


def _objects(value: Any) -> list[Event]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _only_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _text_or_none(value: Any) -> str | None:
    return str(value) if value else None
