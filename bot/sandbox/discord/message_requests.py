"""What somebody wants a message to be, read from a request's body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.discord.mentions import Allowed, allowed
from bot.sandbox.discord.message_limits import (
    FILE_BYTES,
    FILES,
    check_components,
    check_content,
    check_embeds,
    check_nonce,
)
from bot.sandbox.discord.refusals import Form, Json, Refusal
from bot.sandbox.discord.values import COMPONENTS_V2, Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    A message that is not one yet, or what an edit makes of one.

    Attributes:
        given: The names of the fields that were there at all; an edit leaves the others as they are.
        reply_must_exist: Whether it is refused when the message that it replies to is not there.
        kept: The ids of attachments that an edit keeps; None: all.
    """

    given: frozenset[str] = frozenset()
    content: str = ""
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    flags: int = 0
    nonce: str | int | None = None
    enforce_nonce: bool = False
    allowed: Allowed = field(default_factory=Allowed)
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


def read(body: Any, files: tuple[Upload, ...] = (), *, under: str = "") -> Draft:
    """
    Read a message's body and refuse what is over a limit.

    Args:
        under: Where the message stands in the whole body: `message.` in a forum post.

    Raises:
        Refusal: 50035 with every fault, or 40005 for a file that is too big.
    """
    form = Form()
    if not isinstance(body, dict):
        form.wrong(under.rstrip(".") or "body", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        form.refuse()
    draft = _draft(body, files, form, under)
    check_content(draft.content, form, under)
    check_nonce(draft.nonce, form, under)
    check_embeds(draft.embeds, form, under)
    check_components(draft.components, form, under, second_kind=bool(draft.flags & COMPONENTS_V2))
    if draft.flags & COMPONENTS_V2:
        _refuse_both_kinds(draft, form, under)
    form.most(f"{under}attachments", [*draft.files, *(draft.kept or ())], FILES)
    form.refuse()
    if any(len(upload.data) > FILE_BYTES for upload in files):
        raise Refusal(40005)
    return draft


def _draft(body: Json, files: tuple[Upload, ...], form: Form, under: str) -> Draft:
    content = body.get("content") or ""
    if not isinstance(content, str):
        form.wrong(f"{under}content", "STRING_TYPE_CONVERT", "Could not convert value to string.")
        content = ""
    reference = body.get("message_reference") or {}
    kept = None
    if body.get("attachments") is not None:
        # an entry whose id counts from 0 describes an uploaded file; a snowflake names one that is there already
        kept = tuple(int(entry["id"]) for entry in body["attachments"] if int(entry["id"]) >= FILES)
    return Draft(
        given=frozenset(body),
        content=content.strip(),
        embeds=_list(body, "embeds", form, under),
        components=_list(body, "components", form, under),
        flags=int(body.get("flags") or 0),
        nonce=body.get("nonce"),
        enforce_nonce=bool(body.get("enforce_nonce")),
        allowed=allowed(body.get("allowed_mentions"), form),
        reply_to=int(reference["message_id"]) if reference.get("message_id") else None,
        reply_must_exist=reference.get("fail_if_not_exists", True) is not False,
        kept=kept,
        files=files,
        stickers=tuple(str(sticker) for sticker in body.get("sticker_ids") or ()),
    )


def _list(body: Json, name: str, form: Form, under: str) -> tuple[Json, ...]:
    value = body.get(name) or []
    if not isinstance(value, list) or any(not isinstance(item, dict) for item in value):
        form.wrong(f"{under}{name}", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return ()
    return tuple(value)


def _refuse_both_kinds(draft: Draft, form: Form, under: str) -> None:
    for name, value in (("content", draft.content), ("embeds", draft.embeds)):
        if value:
            form.wrong(
                f"{under}{name}",
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            )
