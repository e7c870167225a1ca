"""
What a message may be: read from a request's body, measured against Discord's limits.

Sources: https://github.com/discord/discord-api-docs/blob/main/developers/resources/message.mdx and
…/components/reference.mdx. The schema says 4000 characters of content; a bot gets 2000.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.discord.mentions import Allowed, allowed
from bot.sandbox.discord.refusals import Form, Json, Refusal
from bot.sandbox.discord.world import COMPONENTS_V2, Upload

CONTENT = 2000
EMBEDS = 10
EMBED_TOTAL = 6000
EMBED_FIELDS = 25
ROWS = 5
BUTTONS = 5
ALL_COMPONENTS = 40
ALL_COMPONENT_TEXT = 4000
FILES = 10
FILE_BYTES = 10 * 1024 * 1024
NONCE = 25

ACTION_ROW = 1
BUTTON = 2
SELECTS = (3, 5, 6, 7, 8)
TEXT_DISPLAY = 10
LINK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    What somebody wants a message to be.

    Attributes:
        given: The names of the fields that were there at all; an edit leaves the others as they are.
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
    kept: tuple[int, ...] | None = None
    files: tuple[Upload, ...] = ()
    stickers: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is left that a person could see."""
        return not (self.content or self.embeds or self.components or self.files or self.kept or self.stickers)


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
    form.longest(f"{under}content", draft.content, CONTENT)
    _check_nonce(draft.nonce, form, under)
    _check_embeds(draft.embeds, form, under)
    _check_components(draft, form, under)
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
    mentions = body.get("allowed_mentions")
    reference = body.get("message_reference") or {}
    kept = None
    if body.get("attachments") is not None:
        # An entry whose id counts from 0 describes an uploaded file; a snowflake names one that is there already.
        kept = tuple(int(entry["id"]) for entry in body["attachments"] if int(entry["id"]) >= FILES)
    return Draft(
        given=frozenset(body),
        content=content.strip(),
        embeds=_list(body, "embeds", form, under),
        components=_list(body, "components", form, under),
        flags=int(body.get("flags") or 0),
        nonce=body.get("nonce"),
        enforce_nonce=bool(body.get("enforce_nonce")),
        allowed=allowed(mentions, form),
        reply_to=int(reference["message_id"]) if reference.get("message_id") else None,
        kept=kept,
        files=files,
        stickers=tuple(str(sticker) for sticker in body.get("sticker_ids") or ()),
    )


def _list(body: Json, field: str, form: Form, under: str) -> tuple[Json, ...]:
    value = body.get(field) or []
    if not isinstance(value, list) or any(not isinstance(item, dict) for item in value):
        form.wrong(f"{under}{field}", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return ()
    return tuple(value)


def _check_nonce(nonce: str | int | None, form: Form, under: str) -> None:
    if isinstance(nonce, str) and len(nonce) > NONCE:
        form.wrong(f"{under}nonce", "NONCE_TYPE_TOO_LONG", f"Must be {NONCE} or fewer in length.")


def _check_embeds(embeds: tuple[Json, ...], form: Form, under: str) -> None:
    form.most(f"{under}embeds", list(embeds), EMBEDS)
    total = 0
    for index, embed in enumerate(embeds):
        at = f"{under}embeds.{index}"
        texts = _embed_texts(embed)
        total += sum(len(text.strip()) for _, text, _ in texts)
        for field, text, limit in texts:
            form.longest(f"{at}.{field}", text.strip(), limit)
        fields = embed.get("fields") or []
        form.most(f"{at}.fields", fields, EMBED_FIELDS)
        for number, field in enumerate(fields):
            for part in ("name", "value"):
                if not str(field.get(part) or "").strip():
                    form.wrong(f"{at}.fields.{number}.{part}", "BASE_TYPE_REQUIRED", "This field is required")
        pictures = any((embed.get(part) or {}).get("url") for part in ("image", "thumbnail"))
        if not pictures and not any(text.strip() for _, text, _ in texts):
            form.wrong(f"{at}.description", "BASE_TYPE_REQUIRED", "This field is required")
    if total > EMBED_TOTAL:
        form.wrong(
            f"{under}embeds",
            "MAX_EMBED_SIZE_EXCEEDED",
            f"Embed size exceeds maximum size of {EMBED_TOTAL}",
        )


def _embed_texts(embed: Json) -> list[tuple[str, str, int]]:
    texts = [
        ("title", str(embed.get("title") or ""), 256),
        ("description", str(embed.get("description") or ""), 4096),
        ("author.name", str((embed.get("author") or {}).get("name") or ""), 256),
        ("footer.text", str((embed.get("footer") or {}).get("text") or ""), 2048),
    ]
    for number, field in enumerate(embed.get("fields") or []):
        texts.append((f"fields.{number}.name", str(field.get("name") or ""), 256))
        texts.append((f"fields.{number}.value", str(field.get("value") or ""), 1024))
    return texts


def _check_components(draft: Draft, form: Form, under: str) -> None:
    every = list(walk(draft.components))
    custom_ids: set[str] = set()
    for at, component in every:
        _check_component(component, f"{under}components.{at}", form, custom_ids)
    if draft.flags & COMPONENTS_V2:
        _check_second_kind(draft, form, under, every)
        return
    form.most(f"{under}components", list(draft.components), ROWS)
    for index, row in enumerate(draft.components):
        if row.get("type") != ACTION_ROW:
            form.wrong(
                f"{under}components.{index}.type",
                "UNION_TYPE_CHOICES",
                'Value of field "type" must be one of (1,).',
            )


def _check_second_kind(draft: Draft, form: Form, under: str, every: list[tuple[str, Json]]) -> None:
    if len(every) > ALL_COMPONENTS:
        form.wrong(f"{under}components", "BASE_TYPE_MAX_LENGTH", f"Must be {ALL_COMPONENTS} or fewer in length.")
    text = sum(len(str(part.get("content") or "")) for _, part in every if part.get("type") == TEXT_DISPLAY)
    if text > ALL_COMPONENT_TEXT:
        form.wrong(f"{under}components", "COMPONENT_MAX_TOTAL_COMPONENTS_TEXT_EXCEEDED", "Too much text.")
    for field, value in (("content", draft.content), ("embeds", draft.embeds)):
        if value:
            form.wrong(
                f"{under}{field}",
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                f"The '{field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            )


def _check_component(component: Json, at: str, form: Form, custom_ids: set[str]) -> None:
    kind = component.get("type")
    custom_id = component.get("custom_id")
    if kind == ACTION_ROW:
        children = component.get("components") or []
        if not 1 <= len(children) <= BUTTONS:
            form.wrong(f"{at}.components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {BUTTONS} in length.")
        if len(children) > 1 and any(child.get("type") in SELECTS for child in children):
            form.wrong(f"{at}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified width is exceeded.")
    if kind == BUTTON:
        form.longest(f"{at}.label", component.get("label"), 80)
        if not component.get("label") and not component.get("emoji"):
            form.wrong(f"{at}.label", "BASE_TYPE_REQUIRED", "A button needs a label or an emoji")
        needed = "url" if component.get("style") == LINK else "custom_id"
        if not component.get(needed):
            form.wrong(f"{at}.{needed}", "BASE_TYPE_REQUIRED", f"A {needed} is required")
    if kind in SELECTS or custom_id is not None:
        form.between(f"{at}.custom_id", custom_id, 1, 100)
        if custom_id in custom_ids:
            form.wrong(
                f"{at}.custom_id",
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        custom_ids.add(str(custom_id))


def walk(components: tuple[Json, ...] | list[Json], at: str = "") -> list[tuple[str, Json]]:
    """Every component with its path, parents before children."""
    found = []
    for index, component in enumerate(components):
        path = f"{at}{index}"
        found.append((path, component))
        found += walk(component.get("components") or [], f"{path}.components.")
        if component.get("accessory"):
            found.append((f"{path}.accessory", component["accessory"]))
    return found
