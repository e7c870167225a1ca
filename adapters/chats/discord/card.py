"""
A ticket's card as a Discord message: one embed and its buttons; pure.

In its plainest form a card stands in no embed, so its key is a line in small letters at its end.

Discord shows an embed's `url` only as the link behind a `title`. Our embeds have no title, so nobody sees their
`url`, and we keep the delivery's key there. A message's nonce would be the obvious place, but Discord does not store
it (https://github.com/Rapptz/discord.py/issues/2451), and a forum post has no nonce.
"""

from __future__ import annotations

from typing import Any

from adapters.chats import shared_wording
from adapters.chats.discord.buttons import action_rows, is_link
from adapters.chats.discord.markup import cut_escaped, cut_line, escape
from bot.model import Card, Customer, DeliveryKey, Form, Status
from bot.text import units

_COLOUR = {Status.OPEN: 0xE67E22, Status.CLOSED: 0x57A773}
_KEY_ADDRESS = "https://discord.com/shopbell#"
_KEY_LINE = "-# shopbell "

NAME_LENGTH = 100
"""The longest name of a thread, in characters."""
EMBED_TOTAL = 6000
"""How much text all embeds of a message may hold together."""
_AUTHOR, _FOOTER, _FIELD_NAME, _FIELD_VALUE, _FIELDS = 256, 2048, 256, 1024, 25
_TITLE, _OPENING, _STATUS = 512, 2400, 800

_NO_NOTIFICATIONS = 1 << 12
"""Discord's flag SUPPRESS_NOTIFICATIONS: nobody hears of the message, who is pinged sees it marked all the same."""
NOBODY: dict[str, Any] = {"parse": []}
"""`allowed_mentions` that ping nobody; an edit needs it, too, or it would ping again."""

Json = dict[str, Any]


def key_address(key: DeliveryKey) -> str:
    """What an embed's hidden `url` is for this key."""
    return _KEY_ADDRESS + key


def key_line(key: DeliveryKey) -> str:
    """The last line of a message that has no embed for its key."""
    return _KEY_LINE + key


def has_key(message: Any, key: DeliveryKey, us: str) -> bool:
    """
    Whether a message, as Discord returns it, was posted by us under `key`.

    Everybody who sees a post can read its key, and so guess the next ones. A webhook or another bot can write them.

    Args:
        us: Our own id.
    """
    author = message.get("author") if isinstance(message, dict) else None
    if not isinstance(author, dict) or author.get("id") != us or message.get("webhook_id"):
        return False
    content = message.get("content")
    if isinstance(content, str) and content.split("\n")[-1] == key_line(key):
        return True
    embeds = message.get("embeds")
    listed = embeds if isinstance(embeds, list) else ()
    return any(isinstance(embed, dict) and embed.get("url") == key_address(key) for embed in listed)


def thread_name(card: Card, plainness: int = 0) -> str:
    """One of the thread's names, cut at its end, so that the number at its beginning stays."""
    return cut_line(card.names[plainness], NAME_LENGTH) or f"#{card.number}"


def card_message(card: Card, key: DeliveryKey | None = None) -> Json:
    """
    The body of a request that posts or edits the card.

    Args:
        key: The key of the delivery that posts it; None for an edit, because we know then where the card is.
    """
    message = _message(card, key)
    return silenced(message, silent=card.silent) if key is not None else message


def silenced(message: Json, *, silent: bool) -> Json:
    """A message that makes no sound when it is posted; an edit never makes any."""
    return {**message, "flags": message.get("flags", 0) | _NO_NOTIFICATIONS} if silent else message


def _message(card: Card, key: DeliveryKey | None) -> Json:
    link = _link(card)
    if card.form is Form.BARE:
        dashboard = escape(f"{shared_wording.DASHBOARD}: {card.url}") if card.url else ""
        lines = [f"**{escape(card.title)}**", _status(card), dashboard, escape(card.hint)]
        lines += [key_line(key)] if key is not None else []
        return {
            "content": "\n".join(line for line in lines if line),
            "embeds": [],
            "components": action_rows(card.buttons, link),
            "allowed_mentions": NOBODY,
        }
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
        "content": "",
        "embeds": [embed],
        "components": action_rows(card.buttons, link),
        "allowed_mentions": NOBODY,
    }


def _link(card: Card) -> tuple[str, str] | None:
    """The dashboard as a button; None: it stands in the text, because Discord may refuse its address."""
    return (shared_wording.DASHBOARD, card.url) if card.url and card.form is Form.FULL and is_link(card.url) else None


def _fields(card: Card, left: int) -> list[Json]:
    """The fields in order, as many as fit into the characters that are left."""
    lines = [(fact.label, _value(fact.value)) for fact in card.facts]
    lines.insert(0, (shared_wording.STATUS, _status(card)))
    if customer := _customer(card.customer):
        lines.insert(0, (shared_wording.CUSTOMER, _value(customer)))
    if card.others:
        lines.append((shared_wording.OTHER_TICKETS, _others(card)))
    if card.url and _link(card) is None:
        lines.append((shared_wording.DASHBOARD, _value(card.url)))
    fields: list[Json] = []
    for label, shown in lines:
        name = cut_escaped(cut_line(label, _FIELD_NAME), _FIELD_NAME)
        if not name or not shown:
            continue
        left -= units(name) + units(shown)
        if left < 0 or len(fields) == _FIELDS:
            break
        fields.append({"name": name, "value": shown, "inline": True})
    return fields


def _value(value: str) -> str:
    return cut_escaped(value.strip(), _FIELD_VALUE)


def _status(card: Card) -> str:
    """The status and, in the time zone of whoever reads it, since or until when."""
    words = cut_escaped(card.status_text.strip(), _STATUS)
    if card.moment is None:
        return words
    seconds = int(card.moment.at.timestamp())
    return f"{words} · {escape(card.moment.words)} <t:{seconds}:f> (<t:{seconds}:R>)"


def _others(card: Card) -> str:
    """The customer's other tickets, as links to their threads where the card may have links."""
    shown = [
        f"[#{other.number}]({other.address})" if other.address and card.form is Form.FULL else f"#{other.number}"
        for other in card.others
    ]
    more = f" {shared_wording.MORE_TICKETS.format(count=card.others_left_out)}" if card.others_left_out else ""
    return ", ".join(shown) + more


def _customer(customer: Customer) -> str:
    return "\n".join(part for part in (customer.name, customer.email) if part)


def embed_length(embed: Json) -> int:
    """How many of the 6000 characters that a message's embeds may have this one takes."""
    texts = [embed.get("description") or "", (embed.get("author") or {}).get("name") or ""]
    texts.append((embed.get("footer") or {}).get("text") or "")
    texts.extend(field[part] for field in embed.get("fields") or () for part in ("name", "value"))
    return sum(units(text) for text in texts)


def shows_card(message: Json, card: Card) -> bool:
    """Whether a message, as Discord returns it, already shows the card; the hidden key does not count."""
    return _visible(message) == _visible(card_message(card))


def _visible(message: Json) -> list[Any]:
    """What people see of a message."""
    lines = (message.get("content") or "").split("\n")
    visible: list[Any] = [line for line in lines if not line.startswith(_KEY_LINE)]
    for embed in message.get("embeds") or ():
        visible.append((embed.get("author") or {}).get("name"))
        visible.append((embed.get("description") or "").strip())
        visible.append((embed.get("footer") or {}).get("text"))
        visible.append(embed.get("color"))
        visible.extend((field["name"].strip(), field["value"].strip()) for field in embed.get("fields") or ())
    for row in message.get("components") or ():
        visible.extend(
            (part.get("style"), part.get("label"), part.get("custom_id") or part.get("url"))
            for part in row.get("components") or ()
        )
    return visible
