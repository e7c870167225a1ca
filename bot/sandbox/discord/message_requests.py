"""A request to write or edit a message, read from the body of a call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bot.sandbox.discord.mentions import AllowedMentions, read_allowed_mentions
from bot.sandbox.discord.message_limits import (
    FILE_BYTES,
    FILES,
    check_components,
    check_content,
    check_embeds,
    check_nonce,
)
from bot.sandbox.discord.refusals import DiscordRefusal, FieldErrors, Json
from bot.sandbox.discord.values import COMPONENTS_V2, Upload

_LONGEST_DESCRIPTION = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordMessageRequest:
    """
    The content of a new message, or of an edit.

    Attributes:
        given: The names of the fields in the request; an edit leaves the others as they are.
        reply_must_exist: Whether the request is refused when the message that it replies to does not exist.
        kept: The ids of attachments that an edit keeps; None: all.
    """

    given: frozenset[str] = frozenset()
    content: str = ""
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    flags: int = 0
    nonce: str | int | None = None
    enforce_nonce: bool = False
    allowed: AllowedMentions = field(default_factory=AllowedMentions)
    reply_to: int | None = None
    reply_must_exist: bool = True
    kept: tuple[int, ...] | None = None
    files: tuple[Upload, ...] = ()
    stickers: tuple[str, ...] = ()
    poll: str | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it that a person could see."""
        seen = (self.content, self.embeds, self.components, self.files, self.kept, self.stickers, self.poll)
        return not any(seen)


def read_message_request(body: Any, files: tuple[Upload, ...] = (), *, under: str = "") -> DiscordMessageRequest:
    """
    Read a message's body and refuse what is over a limit.

    Args:
        under: The path to the message in the whole body: `message.` in a forum post.

    Raises:
        DiscordRefusal: 50035 with every field error, or 40005 for a file that is too big.
    """
    errors = FieldErrors()
    if not isinstance(body, dict):
        errors.add(under.rstrip(".") or "body", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        errors.raise_any()
    request = _request_of(body, files, errors, under)
    check_content(request.content, errors, under)
    check_nonce(request.nonce, errors, under)
    check_embeds(request.embeds, errors, under)
    check_components(request.components, errors, under, version_2=bool(request.flags & COMPONENTS_V2))
    if request.flags & COMPONENTS_V2:
        _refuse_both_kinds(request, errors, under)
    errors.add_if_more(f"{under}attachments", [*request.files, *(request.kept or ())], FILES)
    errors.raise_any()
    if any(len(upload.data) > FILE_BYTES for upload in files):
        raise DiscordRefusal(40005)
    return request


def _described(files: tuple[Upload, ...], entries: list[Json], errors: FieldErrors, under: str) -> tuple[Upload, ...]:
    """The uploaded files with what the request says that they show."""
    said = {int(entry["id"]): str(entry.get("description") or "") for entry in entries if int(entry["id"]) < FILES}
    for number, text in said.items():
        errors.add_unless_between(f"{under}attachments.{number}.description", text, 0, _LONGEST_DESCRIPTION)
    return tuple(replace(file, description=said.get(number, "")) for number, file in enumerate(files))


def _request_of(body: Json, files: tuple[Upload, ...], errors: FieldErrors, under: str) -> DiscordMessageRequest:
    content = body.get("content") or ""
    if not isinstance(content, str):
        errors.add(f"{under}content", "STRING_TYPE_CONVERT", "Could not convert value to string.")
        content = ""
    reference = body.get("message_reference") or {}
    kept = None
    if body.get("attachments") is not None:
        # an entry whose id counts from 0 describes an uploaded file; a snowflake names one that is there already
        kept = tuple(int(entry["id"]) for entry in body["attachments"] if int(entry["id"]) >= FILES)
        files = _described(files, body["attachments"], errors, under)
    return DiscordMessageRequest(
        given=frozenset(body),
        content=content.strip(),
        embeds=_list(body, "embeds", errors, under),
        components=_list(body, "components", errors, under),
        flags=int(body.get("flags") or 0),
        nonce=body.get("nonce"),
        enforce_nonce=bool(body.get("enforce_nonce")),
        allowed=read_allowed_mentions(body.get("allowed_mentions"), errors),
        reply_to=int(reference["message_id"]) if reference.get("message_id") else None,
        reply_must_exist=reference.get("fail_if_not_exists", True) is not False,
        kept=kept,
        files=files,
        stickers=tuple(str(sticker) for sticker in body.get("sticker_ids") or ()),
    )


def _list(body: Json, name: str, errors: FieldErrors, under: str) -> tuple[Json, ...]:
    value = body.get(name) or []
    if not isinstance(value, list) or any(not isinstance(item, dict) for item in value):
        errors.add(f"{under}{name}", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return ()
    return tuple(value)


def _refuse_both_kinds(request: DiscordMessageRequest, errors: FieldErrors, under: str) -> None:
    for name, value in (("content", request.content), ("embeds", request.embeds)):
        if value:
            errors.add(
                f"{under}{name}",
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            )
