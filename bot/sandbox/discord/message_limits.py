"""
Discord's limits on a message: lengths, counts and what may be where.

Sources: https://github.com/discord/discord-api-docs/blob/main/developers/resources/message.mdx and
…/components/reference.mdx. Discord's schema says 4000 characters of content; a bot gets 2000.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.sandbox.discord.refusals import FieldErrors, Json

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

_ADDRESS = re.compile(r"https?://[^\s/]+\S*")
_PICTURE = re.compile(r"(https?://[^\s/]+|attachment://)\S*")


def check_content(content: str, errors: FieldErrors, under: str) -> None:
    errors.add_if_longer(f"{under}content", content, CONTENT)


def check_nonce(nonce: str | int | None, errors: FieldErrors, under: str) -> None:
    if isinstance(nonce, str) and len(nonce) > NONCE:
        errors.add(f"{under}nonce", "NONCE_TYPE_TOO_LONG", f"Must be {NONCE} or fewer in length.")


def check_embeds(embeds: Sequence[Json], errors: FieldErrors, under: str) -> None:
    """Each embed by itself, and all their text together."""
    errors.add_if_more(f"{under}embeds", list(embeds), EMBEDS)
    total = 0
    for index, embed in enumerate(embeds):
        total += _check_embed(embed, f"{under}embeds.{index}", errors)
    if total > EMBED_TOTAL:
        words = f"Embed size exceeds maximum size of {EMBED_TOTAL}"
        errors.add(f"{under}embeds", "MAX_EMBED_SIZE_EXCEEDED", words)


def _check_embed(embed: Json, at: str, errors: FieldErrors) -> int:
    """Returns how many characters of text it has."""
    texts = _embed_texts(embed)
    for name, text, limit in texts:
        errors.add_if_longer(f"{at}.{name}", text, limit)
    errors.add_if_more(f"{at}.fields", embed.get("fields") or [], EMBED_FIELDS)
    for name, text, _ in texts:
        if name.startswith("fields.") and not text:
            errors.add(f"{at}.{name}", "BASE_TYPE_REQUIRED", "This field is required")
    pictures = [str((embed.get(part) or {}).get("url") or "") for part in ("image", "thumbnail")]
    if not any(pictures) and not any(text for _, text, _ in texts):
        errors.add(f"{at}.description", "BASE_TYPE_REQUIRED", "This field is required")
    _check_address(embed.get("url"), f"{at}.url", errors, _ADDRESS)
    for part, address in zip(("image", "thumbnail"), pictures, strict=True):
        _check_address(address, f"{at}.{part}.url", errors, _PICTURE)
    return sum(len(text) for _, text, _ in texts)


def _embed_texts(embed: Json) -> list[tuple[str, str, int]]:
    """Path, text and longest length of each text; trimmed, because Discord trims before it counts."""
    texts = [
        ("title", embed.get("title"), 256),
        ("description", embed.get("description"), 4096),
        ("author.name", (embed.get("author") or {}).get("name"), 256),
        ("footer.text", (embed.get("footer") or {}).get("text"), 2048),
    ]
    for number, part in enumerate(embed.get("fields") or []):
        texts.append((f"fields.{number}.name", part.get("name"), 256))
        texts.append((f"fields.{number}.value", part.get("value"), 1024))
    return [(name, str(text or "").strip(), limit) for name, text, limit in texts]


def _check_address(address: str | None, at: str, errors: FieldErrors, pattern: re.Pattern[str]) -> None:
    if address and not pattern.fullmatch(address):
        errors.add(at, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def check_components(components: Sequence[Json], errors: FieldErrors, under: str, *, version_2: bool) -> None:
    """
    Check rows of buttons and selects; with version 2 any layout is allowed.

    Args:
        version_2: Whether the message has the flag IS_COMPONENTS_V2.
    """
    every = walk(components)
    custom_ids: set[str] = set()
    for path, component in every:
        _check_component(component, f"{under}components.{path}", errors, custom_ids)
    if version_2:
        if len(every) > ALL_COMPONENTS:
            errors.add(f"{under}components", "BASE_TYPE_MAX_LENGTH", f"Must be {ALL_COMPONENTS} or fewer in length.")
        text = sum(len(str(part.get("content") or "")) for _, part in every if part.get("type") == TEXT_DISPLAY)
        if text > ALL_COMPONENT_TEXT:
            errors.add(f"{under}components", "COMPONENT_MAX_TOTAL_COMPONENTS_TEXT_EXCEEDED", "Too much text.")
        return
    errors.add_if_more(f"{under}components", list(components), ROWS)
    for index, row in enumerate(components):
        if row.get("type") != ACTION_ROW:
            at = f"{under}components.{index}.type"
            errors.add(at, "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')


def _check_component(component: Json, at: str, errors: FieldErrors, custom_ids: set[str]) -> None:
    kind, custom_id = component.get("type"), component.get("custom_id")
    if kind == ACTION_ROW:
        _check_row(component.get("components") or [], at, errors)
    if kind == BUTTON:
        _check_button(component, at, errors)
    if kind in SELECTS or custom_id is not None:
        errors.add_unless_between(f"{at}.custom_id", custom_id, 1, 100)
        if custom_id in custom_ids:
            words = "Component custom id cannot be duplicated"
            errors.add(f"{at}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", words)
        custom_ids.add(str(custom_id))


def _check_row(children: Sequence[Json], at: str, errors: FieldErrors) -> None:
    if not 1 <= len(children) <= BUTTONS:
        errors.add(f"{at}.components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {BUTTONS} in length.")
    if len(children) > 1 and any(child.get("type") in SELECTS for child in children):
        errors.add(f"{at}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified width is exceeded.")


def _check_button(button: Json, at: str, errors: FieldErrors) -> None:
    errors.add_if_longer(f"{at}.label", button.get("label"), 80)
    if not button.get("label") and not button.get("emoji"):
        errors.add(f"{at}.label", "BASE_TYPE_REQUIRED", "A button needs a label or an emoji")
    needed = "url" if button.get("style") == LINK else "custom_id"
    if not button.get(needed):
        errors.add(f"{at}.{needed}", "BASE_TYPE_REQUIRED", f"A {needed} is required")
    errors.add_if_longer(f"{at}.url", button.get("url"), 512)
    _check_address(button.get("url"), f"{at}.url", errors, _ADDRESS)


def walk(components: Sequence[Json], at: str = "") -> list[tuple[str, Json]]:
    """Every component with its path, parents before children."""
    found = []
    for index, component in enumerate(components):
        path = f"{at}{index}"
        found.append((path, component))
        found += walk(component.get("components") or [], f"{path}.components.")
        if component.get("accessory"):
            found.append((f"{path}.accessory", component["accessory"]))
    return found
