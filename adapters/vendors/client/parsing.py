"""
Reading a vendor's JSON leniently.

A documented field may be missing, `false` may stand for null (Lightspeed), a number may be a text. A field that makes
no sense becomes None. One ticket or message without an id, or of another type, does not spoil the list that it is in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from adapters.vendors.client.large_lists import LEFT_OUT
from bot.clock import is_plausible
from bot.errors import Unavailable, Uncertain
from bot.model import Fact, FactKey, Message, MessageId, Nameless
from bot.text import one_line, visible

W = TypeVar("W", bound="Wire")

_REPEATED = "[Circular Reference]"
"""SellSN's text in place of an object that was already in the same answer."""
_ABOUT = ("subject", "title", "customer_email", "from_email", "email", "name")
"""Fields that tell people which ticket is meant, in the order in which they are shown."""
_UTC_IN_WORDS = re.compile(r"\s+(?:UTC|GMT)$", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LONGEST_TIME = 60
_MILLISECONDS_FROM = 1e11
"""As seconds this is the year 5138, as milliseconds 1973."""
MOST_OF_PAGE = 100_000
"""So many tickets of one page are read, which takes a second or two. Vendors that know pages send a hundred."""
LONGEST_FACT = 200
"""The longest value in characters: a card shows a fact on one line."""


class Wire(BaseModel):
    """An object of a vendor's JSON. Unknown fields are ignored, and no error quotes a value."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(value)


def _identifier(value: Any) -> str:
    # An id is sent back to the vendor, so it stays as it is where that is possible.
    text = value.encode("utf-8", "ignore").decode("utf-8") if isinstance(value, str) else _text(value)
    if not text:
        raise ValueError("must have an id")
    return text


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())


def _count(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return None


def _time(value: Any) -> datetime | None:
    """
    A time in UTC: from ISO 8601 or as mails have it (UTC where it has no offset), or from seconds or milliseconds.

    One at which nothing can have happened, such as the year 1, stands for an unknown time.
    """
    for read in (_written_time, _counted_time):
        try:
            moment = read(value)
        except (ValueError, OverflowError, OSError):
            continue
        if moment is not None and is_plausible(moment):
            return moment.astimezone(UTC)
    return None


def _written_time(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) > _LONGEST_TIME:
        return None
    text = _UTC_IN_WORDS.sub("+00:00", value.strip())
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _counted_time(value: Any) -> datetime | None:
    """From 1970 on. Fractions come as text; no time in seconds has as many digits as one in milliseconds."""
    text = str(value).strip() if isinstance(value, int | float | str) else ""
    if len(text) > _LONGEST_TIME or not _NUMBER.fullmatch(text):
        return None
    seconds = float(text)
    return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds, UTC)


def texts(value: Any) -> Any:
    """The texts and numbers of a list, as texts; empty where the value is no list."""
    return tuple(text for part in value if (text := _text(part))) if isinstance(value, list) else ()


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else None


def _objects(value: Any) -> Any:
    return objects(value) if isinstance(value, list) else None


def objects(listed: list[Any]) -> list[dict[str, Any]]:
    """The parts of a list as objects, so that one of another type is still seen to be there; it has no fields."""
    return [part if isinstance(part, dict) else {} for part in listed if part != _REPEATED]


Identifier = Annotated[str, BeforeValidator(_identifier)]


Text = Annotated[str | None, BeforeValidator(_text)]


class ListedTicket(Wire):
    """
    What every vendor's ticket must have.

    Attributes:
        left_out: What stands for the parts of a listed ticket that are too large; None: they are all there.
    """

    id: Identifier
    left_out: Text = Field(default=None, alias=LEFT_OUT)


Flag = Annotated[bool | None, BeforeValidator(_flag)]
Count = Annotated[int | None, BeforeValidator(_count)]
Time = Annotated[datetime | None, BeforeValidator(_time)]
OptionalObject = BeforeValidator(_object)
"""For an object; null, `false`, `[]` or a text in its place means that there is none."""
OptionalObjects = BeforeValidator(_objects)
"""For a list of objects; null or `false` in its place means that there is none."""


def read_one(model: type[W], value: Any, *, vendor: str) -> W:
    """
    One object of an answer.

    Raises:
        Unavailable: It is no object, or it has no id.
    """
    try:
        return model.model_validate(value)
    except ValidationError:
        raise not_understood(vendor) from None


def read_tickets(model: type[W], value: Any, *, vendor: str) -> tuple[tuple[W, ...], tuple[Nameless, ...]]:
    """
    A list of tickets of an answer, and those of its parts that have no id or are no tickets.

    Raises:
        Unavailable: It is no list, which is not an empty list, or none of its parts looks like a ticket, or it has
            more of them than any store.
    """
    if not isinstance(value, list) or len(value) > MOST_OF_PAGE:
        raise not_understood(vendor)
    read: list[W] = []
    nameless: list[Nameless] = []
    for part in value:
        if part == _REPEATED:
            continue
        try:
            read.append(model.model_validate(part))
        except ValidationError:
            nameless.append(Nameless(_about(part)))
    if value and not read and not any(isinstance(part, dict) and _fields_of(model) & part.keys() for part in value):
        raise not_understood(vendor)
    return tuple(read), tuple(nameless)


def _fields_of(model: type[Wire]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _about(part: Any) -> str:
    """What can be read of a ticket without an id, in words."""
    if not isinstance(part, dict):
        return one_line(_text(part) or "", 60) or "nothing that can be read"
    known = (one_line(text, 60) for key in _ABOUT if (text := _text(part.get(key))))
    return ", ".join(filter(None, known)) or "nothing that can be read"


def read_messages(model: type[W], value: Any, *, vendor: str) -> tuple[W, ...]:
    """
    A list of messages of an answer, with models that need no id. A part that is no object has no fields.

    Raises:
        Unavailable: It is no list, which is not an empty list, or it has only parts that are no objects.
    """
    if not isinstance(value, list) or (value and not any(isinstance(part, dict) for part in value)):
        raise not_understood(vendor)
    return tuple(read_one(model, part, vendor=vendor) for part in objects(value))


def named(identifier: str | None, *parts: object) -> MessageId:
    """A message's id; without one, an id made from what is shown of the message, so that it is shown once."""
    if identifier:
        return MessageId(identifier)
    return MessageId("unnamed-" + hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:24])


def unwrapped(value: Any, *keys: str) -> Any:
    """What stands under the first of `keys` that is there, else the value itself: objects come wrapped or bare."""
    if isinstance(value, dict):
        for key in keys:
            if isinstance(value.get(key), dict | list):
                return value[key]
    return value


def identifier_in(value: Any) -> str | None:
    """The `id` of an object in the answer to a write, which must never raise an error; None: it has none."""
    try:
        return _identifier(value.get("id")) if isinstance(value, dict) else None
    except ValueError:
        return None


def not_understood(vendor: str) -> Unavailable:
    """The error for an answer to a read that arrived whole and is not what we asked for."""
    return Unavailable(f"{vendor} sent an answer that shopbell does not understand.")


def perhaps_sent(vendor: str) -> Uncertain:
    """The error for a success in answer to a reply that is of another shape: who sent it may not be the vendor."""
    return Uncertain(f"{vendor} did not say whether it took the message.")


def new_message_in(value: Any, *, wrapper: str, text: str, vendor: str) -> MessageId | None:
    """
    The id of our reply in the answer to it, which is the message; None: it has none, or the answer is empty.

    Args:
        wrapper: The key under which the message stands, if it is not bare.
        text: The key of a message's text, by which one without an id is known as a message.

    Raises:
        Uncertain: The answer is no message.
    """
    found = unwrapped(value, wrapper)
    named = identifier_in(found)
    if value is not None and not named and not (isinstance(found, dict) and text in found):
        raise perhaps_sent(vendor)
    return MessageId(named) if named else None


def oldest_first(messages: Iterable[Message]) -> tuple[Message, ...]:
    """
    A ticket's messages in the order they were written, whichever order the vendor lists them in.

    Messages of the same second keep the vendor's order, reversed where the vendor lists the newest first. Those that
    share an id get ids of their own.
    """
    listed = _told_apart(list(messages))
    times = [message.written_at for message in listed if message.written_at is not None]
    if times and times[0] > times[-1]:
        listed.reverse()
    known = datetime.min.replace(tzinfo=UTC)
    dated: list[tuple[datetime, Message]] = []
    for message in listed:
        known = message.written_at or known
        dated.append((known, message))
    return tuple(message for _, message in sorted(dated, key=lambda pair: pair[0]))


def id_and_text(message: Message) -> tuple[MessageId, str]:
    """What tells a message from the others of its ticket; see `oldest_first` for those that share an id."""
    return message.id, message.text


def _told_apart(messages: list[Message]) -> list[Message]:
    """
    The messages, none with the id of another one that says something else: each of those gets an id made from it.

    A vendor may count the messages of each ticket, and merge two tickets. With one id only the first would be shown.
    """
    texts_of: dict[MessageId, set[str]] = {}
    for message in messages:
        texts_of.setdefault(message.id, set()).add(message.text)
    return [_by_itself(message) if len(texts_of[message.id]) > 1 else message for message in messages]


def _by_itself(message: Message) -> Message:
    return replace(message, id=named(None, *id_and_text(message)), shared_id=message.id)


def facts(*parts: tuple[str, str | None] | tuple[str, str | None, FactKey]) -> tuple[Fact, ...]:
    """Labels, values and, if they have one, keys: those that have a value, as lines of a card."""
    lines = (Fact(part[0], one_line(part[1] or "", LONGEST_FACT), *part[2:]) for part in parts)
    return tuple(line for line in lines if line.value)


def money(amount: str | None, currency: str | None) -> str | None:
    """An amount as people write it; JSON drops the last zero of 29.90."""
    if not amount:
        return None
    return " ".join(filter(None, (f"{amount}0" if re.fullmatch(r"\d+\.\d", amount) else amount, currency)))


def fingerprint_from(parts: Sequence[object]) -> str:
    """A fingerprint from the values that show whether a ticket changed. None differs from an empty text."""
    return "|".join("-" if part is None else str(part) for part in parts)
