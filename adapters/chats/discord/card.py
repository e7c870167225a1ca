"""
A ticket's card as a Discord message: one embed and its buttons; pure.

Discord shows an embed's `url` only as the link behind a `title`. Our embeds have no title, so their `url` is seen by
nobody, and that is where the key of what was said is kept: a message's nonce would be the obvious place, but Discord
does not store it (https://github.com/Rapptz/discord.py/issues/2451), and a forum post has none at all.
"""

from __future__ import annotations

from typing import Any

from adapters.chats.discord import wording
from adapters.chats.discord.buttons import rows
from adapters.chats.discord.markup import cut_escaped, cut_line, units
from bot.model import Card, Customer, DeliveryKey, Status

_COLOUR = {Status.OPEN: 0xE67E22, Status.CLOSED: 0x57A773}
_KEY_ADDRESS = "https://discord.com/shopbell#"

NAME_LENGTH = 100
"""The longest name of a thread, in characters."""
EMBED_TOTAL = 6000
"""How much text all embeds of a message may hold together."""
_AUTHOR, _FOOTER, _FIELD_NAME, _FIELD_VALUE, _FIELDS = 256, 2048, 256, 1024, 25
_TITLE, _OPENING = 512, 2400

NOBODY: dict[str, Any] = {"parse": []}
"""`allowed_mentions` that let nothing ping; an edit that does not say so would ping again."""

Json = dict[str, Any]


def key_address(key: DeliveryKey) -> str:
    """What stands in an embed's unseen `url`."""
    return _KEY_ADDRESS + key


def carries(message: Json, key: DeliveryKey) -> bool:
    """Whether a message, as Discord returns it, was posted under `key`."""
    return any(embed.get("url") == key_address(key) for embed in message.get("embeds") or ())


def thread_name(card: Card) -> str:
    """The thread's name: the card's title, cut at its end, so that the number before it stays."""
    return cut_line(card.title, NAME_LENGTH) or f"#{card.number}"


def card_message(card: Card, key: DeliveryKey | None = None) -> Json:
    """
    The body of a request that posts or edits the card.

    Args:
        key: Of the delivery that posts it; None for an edit, when it is known where the card is.
    """
    title = f"**{cut_escaped(cut_line(card.title, _TITLE), _TITLE)}**"
    opening = cut_escaped(card.opening, _OPENING)
    embed: Json = {
        "author": {"name": cut_line(card.store, _AUTHOR)},
        "description": f"{title}\n\n{opening}" if opening else title,
        "footer": {"text": cut_line(card.hint, _FOOTER)},
        "color": _COLOUR[card.status],
    }
    embed = {name: value for name, value in embed.items() if value not in ({"name": ""}, {"text": ""})}
    embed["fields"] = _fields(card, EMBED_TOTAL - embed_length(embed))
    if key is not None:
        embed["url"] = key_address(key)
    return {
        "embeds": [embed],
        "components": rows(card.buttons, (wording.DASHBOARD_BUTTON, card.url) if card.url else None),
        "allowed_mentions": NOBODY,
    }


def _fields(card: Card, room: int) -> list[Json]:
    lines = [(wording.STATUS_FIELD, card.status_text)]
    if who := _customer(card.customer):
        lines.insert(0, (wording.CUSTOMER_FIELD, who))
    lines.extend((fact.label, fact.value) for fact in card.facts)
    fields: list[Json] = []
    for label, value in lines:
        name = cut_escaped(cut_line(label, _FIELD_NAME), _FIELD_NAME)
        shown = cut_escaped(value.strip(), _FIELD_VALUE)
        if not name or not shown:
            continue
        room -= units(name) + units(shown)
        if room < 0 or len(fields) == _FIELDS:
            break
        fields.append({"name": name, "value": shown, "inline": True})
    return fields


def _customer(customer: Customer) -> str:
    return "\n".join(part for part in (customer.name, customer.email) if part)


def embed_length(embed: Json) -> int:
    """How much of a message's 6000 characters of embeds this one takes."""
    texts = [embed.get("description") or "", (embed.get("author") or {}).get("name") or ""]
    texts.append((embed.get("footer") or {}).get("text") or "")
    texts.extend(field[part] for field in embed.get("fields") or () for part in ("name", "value"))
    return sum(units(text) for text in texts)


def shows(message: Json, card: Card) -> bool:
    """Whether a message, as Discord returns it, already shows the card; our key's place is no part of what it shows."""
    wanted = card_message(card)
    return _seen(message) == _seen(wanted)


def _seen(message: Json) -> list[Any]:
    seen: list[Any] = []
    for embed in message.get("embeds") or ():
        seen.append((embed.get("author") or {}).get("name"))
        seen.append((embed.get("description") or "").strip())
        seen.append((embed.get("footer") or {}).get("text"))
        seen.append(embed.get("color"))
        seen.extend((field["name"].strip(), field["value"].strip()) for field in embed.get("fields") or ())
    for row in message.get("components") or ():
        seen.extend(
            (part.get("style"), part.get("label"), part.get("custom_id") or part.get("url"))
            for part in row.get("components") or ()
        )
    return seen
