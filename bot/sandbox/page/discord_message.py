"""A practice Discord message as the page shows it; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.sandbox.discord.message_limits import ACTION_ROW, BUTTON, LINK
from bot.sandbox.discord.modals import fields_of, initial_value
from bot.sandbox.discord.state import DiscordState
from bot.sandbox.discord.values import DiscordMessage, MessageType
from bot.sandbox.page.actions import Json
from bot.sandbox.page.formatted_text import Names, discord_lines, file, line, plain, span

_STYLES = {1: "primary", 3: "good", 4: "danger", 5: "link"}
_GREY = 0x4E5058
_PARAGRAPH = 2


def author(state: DiscordState, message: DiscordMessage) -> str:
    member = state.members.get(message.author_id)
    return "somebody who left" if member is None else member.name


def system_line(state: DiscordState, message: DiscordMessage) -> str:
    """The text of a system message; empty if somebody wrote the message."""
    match message.type:
        case MessageType.RENAMED:
            return f"{author(state, message)} changed the name to {message.content}"
        case MessageType.THREAD_CREATED:
            return f"{author(state, message)} started a thread: {message.content}"
        case MessageType.THREAD_STARTER:
            return "The message that this thread began with is gone."
        case _:
            return ""


def modal(body: Json, interaction: int) -> Json:
    """A modal as the page shows it; the client's own button sends it."""
    return {
        "id": str(interaction),
        "title": body["title"],
        "submit": "Submit",
        "close": "Cancel",
        "blocks": [_input(field) for field in fields_of(body)],
    }


def _input(field: Json) -> Json:
    options = field.get("options") or ()
    return {
        "kind": "input",
        "id": field["custom_id"],
        "block": field["custom_id"],
        "type": "radio_buttons" if options else "plain_text_input",
        "label": field["label"],
        "hint": field["hint"] or "",
        "placeholder": field.get("placeholder") or "",
        "optional": not field.get("required", True),
        "multiline": field.get("style") == _PARAGRAPH,
        "options": [{"label": option["label"], "value": option["value"]} for option in options],
        "value": initial_value(field),
        "least": 0,
    }


def blocks(state: DiscordState, message: DiscordMessage) -> list[Json]:
    """The content of the message, from top to bottom."""
    names = _names(state)
    shown: list[Json] = []
    if message.content:
        shown.append({"kind": "text", "lines": discord_lines(message.content, names)})
    shown += [_embed(embed, names) for embed in message.embeds]
    uploads = [attachment.upload for attachment in message.attachments]
    shown += [file(each.name, each.data, each.content_type, each.description) for each in uploads]
    shown += [_row(row) for row in message.components]
    return shown


def _names(state: DiscordState) -> Names:
    def name(kind: str, wanted: int) -> str:
        if kind == "channel":
            place = state.channels.get(wanted) or state.threads.get(wanted)
            return "unknown" if place is None else place.name
        known = state.roles.get(wanted) if kind == "role" else state.members.get(wanted)
        return "unknown" if known is None else known.name

    return name


def _embed(embed: Json, names: Names) -> Json:
    inside: list[Json] = []
    if embed.get("title"):
        heading = {"link": embed["url"]} if str(embed.get("url", "")).startswith(("https://", "http://")) else {}
        inside.append({"kind": "text", "lines": [line("heading", span(embed["title"], **heading))]})
    if embed.get("description"):
        inside.append({"kind": "text", "lines": discord_lines(embed["description"], names)})
    if embed.get("fields"):
        inside.append({"kind": "fields", "fields": [_field(field, names) for field in embed["fields"]]})
    if embed.get("footer"):
        inside.append({"kind": "text", "lines": plain(embed["footer"]["text"], "small")})
    written = embed.get("timestamp")
    return {
        "kind": "card",
        "author": str((embed.get("author") or {}).get("name") or ""),
        "colour": f"#{embed.get('color') or _GREY:06x}",
        "at": None if written is None else datetime.fromisoformat(written).timestamp(),
        "blocks": inside,
    }


def _field(field: Json, names: Names) -> Json:
    return {"name": discord_lines(field["name"], names), "value": discord_lines(field["value"], names)}


def _row(row: Json) -> Json:
    parts: list[Any] = row.get("components") or [] if row["type"] == ACTION_ROW else [row]
    buttons = [_button(part) for part in parts if part["type"] == BUTTON]
    if buttons:
        return {"kind": "buttons", "buttons": buttons}
    return {"kind": "text", "lines": plain("(something that this page cannot show)", "small")}


def _button(button: Json) -> Json:
    return {
        "id": button.get("custom_id", ""),
        "label": str(button.get("label") or (button.get("emoji") or {}).get("name") or "…"),
        "style": _STYLES.get(button.get("style", 2), "plain"),
        "disabled": bool(button.get("disabled")),
        "url": button.get("url") if button.get("style") == LINK else None,
    }
