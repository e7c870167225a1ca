"""
What Discord answers when it refuses a request.

Codes, messages and HTTP statuses follow Discord's table of JSON error codes
(https://github.com/discord/discord-api-docs/blob/main/developers/topics/opcodes-and-status-codes.mdx).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]

_KNOWN: Mapping[int, tuple[int, str]] = MappingProxyType(
    {
        0: (401, "401: Unauthorized"),
        10003: (404, "Unknown Channel"),
        10004: (404, "Unknown Guild"),
        10007: (404, "Unknown Member"),
        10008: (404, "Unknown Message"),
        10014: (400, "Unknown Emoji"),
        10062: (404, "Unknown interaction"),
        10063: (404, "Unknown application command"),
        10087: (404, "Unknown tag"),
        30005: (400, "Maximum number of guild roles reached (250)"),
        30010: (400, "Maximum number of reactions reached (20)"),
        30034: (429, "Max number of daily application command creates has been reached (200)"),
        30046: (429, "Maximum number of edits to messages older than 1 hour reached. Try again later"),
        40005: (413, "Request entity too large"),
        40060: (400, "Interaction has already been acknowledged."),
        40061: (400, "Tag names must be unique"),
        40067: (400, "A tag is required to create a forum post in this channel"),
        50001: (403, "Missing Access"),
        50005: (403, "Cannot edit a message authored by another user"),
        50006: (400, "Cannot send an empty message"),
        50007: (403, "Cannot send messages to this user"),
        # a forum takes posts, not messages; seen at the real service, although 40058 seems to fit
        50008: (400, "Cannot send messages in a non-text channel"),
        50013: (403, "Missing Permissions"),
        50016: (400, "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100."),
        50021: (403, "Cannot execute action on a system message"),
        50024: (400, "Cannot execute action on this channel type"),
        50027: (401, "Invalid Webhook Token"),
        50034: (400, "A message provided was too old to bulk delete"),
        50035: (400, "Invalid Form Body"),
        50083: (400, "Thread is archived"),
        50109: (400, "The request body contains invalid JSON."),
        160004: (400, "A thread has already been created for this message"),
        160005: (403, "Thread is locked"),
        60003: (403, "Two factor is required for this operation"),
        160006: (400, "Maximum number of active threads reached"),
        200000: (400, "Message was blocked by automatic moderation"),
        200001: (400, "Title was blocked by automatic moderation"),
        240000: (400, "Message blocked by harmful links filter"),
    },
)


class DiscordRefusal(Exception):
    """
    One error answer.

    Args:
        code: Discord's JSON error code; 0: none.
        errors: What is wrong with which field, in Discord's nested form; None: nothing about fields.
        retry_after: Seconds; only with a 429.
    """

    def __init__(
        self,
        code: int,
        *,
        status: int | None = None,
        message: str | None = None,
        errors: Json | None = None,
        retry_after: float | None = None,
        everywhere: bool = False,
    ) -> None:
        known_status, known_message = _KNOWN.get(code, (400, "Bad Request"))
        self.code = code
        self.status = known_status if status is None else status
        self.message = known_message if message is None else message
        self.errors = errors
        self.retry_after = retry_after
        self.everywhere = everywhere
        super().__init__(f"{self.status} {self.message} ({self.code})")

    def body(self) -> Json:
        """The answer's JSON body."""
        body: Json = {"message": self.message, "code": self.code}
        if self.errors is not None:
            body["errors"] = self.errors
        if self.status == 429:
            body["retry_after"] = round(self.retry_after or 1.0, 3)
            body["global"] = self.everywhere
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class WordFilter:
    """
    Refuses what holds a word: AutoMod, the filter for harmful links, or a name that Discord does not want.

    Attributes:
        word: Sought without regard to upper and lower case, wherever it stands; empty: everything is refused.
        fields: In which fields of the request it is sought: `content`, `embeds`, `components`, `name`.
        code: What is answered; 50035 lists the field.
    """

    word: str
    fields: tuple[str, ...] = ("content", "embeds", "components", "name")
    code: int = 240000

    def check(self, body: Json) -> None:
        """Raises `DiscordRefusal` if the word is in a request's body; a forum post has its message in a field."""
        errors = FieldErrors()
        for under, part in (("", body), ("message.", body.get("message") or {})):
            for name in self.fields:
                if part.get(name) and self.word.lower() in json.dumps(part[name], ensure_ascii=False).lower():
                    errors.add(f"{under}{name}", "FIELD_CONTAINS_BLOCKED_WORD", "Contains a word that is not allowed.")
        if errors and self.code == 50035:
            errors.raise_any()
        if errors:
            raise DiscordRefusal(self.code)


class FieldErrors:
    """Collects what is wrong with a request's fields, to refuse them all at once."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def __bool__(self) -> bool:
        return bool(self._errors)

    def add(self, field: str, code: str, message: str) -> None:
        """Add one error; `field` is a path with dots: `embeds.0.title`."""
        at = self._errors
        for step in field.split("."):
            at = at.setdefault(step, {})
        at.setdefault("_errors", []).append({"code": code, "message": message})

    def add_if_longer(self, field: str, text: str | None, limit: int) -> None:
        if text is not None and len(text) > limit:
            self.add(field, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")

    def add_unless_between(self, field: str, text: str | None, low: int, high: int) -> None:
        """Add an error if the text is missing, or shorter or longer than that."""
        if text is None:
            self.add(field, "BASE_TYPE_REQUIRED", "This field is required")
        elif not low <= len(text) <= high:
            self.add(field, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")

    def add_if_more(self, field: str, items: list[Any], limit: int) -> None:
        if len(items) > limit:
            self.add(field, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")

    def raise_any(self) -> None:
        """Raise `DiscordRefusal` 50035 if there is any error."""
        if self._errors:
            raise DiscordRefusal(50035, errors=self._errors)
