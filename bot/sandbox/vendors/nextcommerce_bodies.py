"""The bodies of tickets and comments that Next Commerce accepts; the rest is refused as Django REST framework does."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.vendors.calls import VendorRefusal

STATUSES = ("new", "open", "pending", "solved", "closed")
CLOSED_STATUSES = ("solved", "closed")
PRIORITIES = ("high", "medium", "low")
CHANNELS = ("customer_account", "dashboard", "email", "api", "follow_up")

_LINK = re.compile(r"https?://[^\s<>&\"']+")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """
    A comment that somebody wants to add.

    Attributes:
        author: The user who writes it; None: not in the call, or nobody.
        public: None: not in the call.
    """

    body: str
    author: int | None
    public: bool | None
    attachments: tuple[int, ...]


def refuse(field: str, reason: str) -> VendorRefusal:
    return VendorRefusal(400, reason, fields={field: reason})


def read_comment(value: Any, *, has_file: Callable[[int], bool], has_user: Callable[[int], bool]) -> NewComment:
    """Read a comment. Raises `VendorRefusal` 400 for what the real serializer would refuse."""
    if not isinstance(value, Mapping):
        raise refuse("comment", "Invalid data. Expected a dictionary.")
    body, author, public = value.get("body"), value.get("author"), value.get("is_public")
    if body is not None and not isinstance(body, str):
        raise refuse("body", "Not a valid string.")
    if author is not None and (not _is_number(author) or not has_user(author)):
        raise refuse("author", f'Invalid pk "{author}" - object does not exist.')
    if public is not None and not isinstance(public, bool):
        raise refuse("is_public", "Must be a valid boolean.")
    attachments = value.get("attachments") or ()
    for number in attachments:
        if not _is_number(number) or not has_file(number):
            raise refuse("attachments", f'Invalid pk "{number}" - object does not exist.')
    if not (body or "").strip() and not attachments:
        raise refuse("body", "This field may not be blank.")
    return NewComment(body=body or "", author=author, public=public, attachments=tuple(attachments))


def read_ticket_change(value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a change to a ticket, without its comment. Raises `VendorRefusal` 400 like `read_comment`."""
    choices = {"status": STATUSES, "priority": PRIORITIES}
    numbers = ("assignee", "requester", "ticket_type")
    for field, allowed in choices.items():
        if field in value and value[field] not in allowed:
            raise refuse(field, f'"{value[field]}" is not a valid choice.')
    for field in numbers:
        if value.get(field) is not None and not _is_number(value[field]):
            raise refuse(field, "Incorrect type. Expected pk value.")
    if "subject" in value and not (isinstance(value["subject"], str) and value["subject"].strip()):
        raise refuse("subject", "This field may not be blank.")
    if "tags" in value and not _is_list(value["tags"], str):
        raise refuse("tags", "Expected a list of strings.")
    known = (*choices, *numbers, "subject", "tags", "products", "order", "from_email")
    return {field: value[field] for field in known if field in value}


def as_html(text: str, *, tracker: str) -> str:
    """The text as a mail program writes it: paragraphs and links, with a style, a script and a tracker around them."""
    lines = [_LINK.sub(_anchor, html.escape(line, quote=False)) for line in text.split("\n")]
    return (
        "<html><head><style>p { color: #333 }</style><script>alert('practice')</script></head><body>"
        f'<p>{"<br>".join(lines)}</p><img src="{tracker}" width="1" height="1" alt=""></body></html>'
    )


def _anchor(match: re.Match[str]) -> str:
    return f'<a href="{match[0]}">{match[0]}</a>'


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(part, kind) for part in value)
