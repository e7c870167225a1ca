"""The variants of Lightspeed: one for each possible answer to what its documentation leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.sandbox.vendors.variant import Stamp, Unset, Variant

MessageAnswer = Literal["message", "bare message", "no id", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LightspeedVariant(Variant):
    """
    One variant of Lightspeed.

    Attributes:
        message_answer, message_status: The answer to a new message.
        messages_newest_first: The order of a ticket's messages.
        messages_page: How many messages come without a `limit`; None: always all.
        guests: Whether tickets have no customer.
        unset_memo: How an empty memo is written.
        errors_in_200: Whether 404 and 422 come as 200 with an `error` in it.
        odd_words: Whether `from` can have a value that is not documented.
    """

    unset: Unset = "false"
    stamp: Stamp = "offset"
    message_answer: MessageAnswer = "message"
    message_status: Literal[200, 201] = 201
    messages_newest_first: bool = False
    messages_page: int | None = None
    guests: bool = False
    unset_memo: Literal["", False] | None = ""
    errors_in_200: bool = False
    odd_words: bool = False


LIGHTSPEED_VARIANTS = (
    LightspeedVariant(),
    LightspeedVariant(name="descending", order="descending"),
    LightspeedVariant(name="recent first", order="recent"),
    LightspeedVariant(name="scattered", unset="null", order="scattered"),
    LightspeedVariant(name="customer does not touch", customer_touches=False),
    LightspeedVariant(name="bare message", message_answer="bare message", message_status=200),
    LightspeedVariant(name="message without id", message_answer="no id"),
    LightspeedVariant(name="message answers nothing", message_answer="nothing"),
    LightspeedVariant(name="newest message first", messages_newest_first=True),
    LightspeedVariant(name="messages in pages of 50", messages_page=50),
    LightspeedVariant(name="guests", guests=True, unset_memo=False),
    LightspeedVariant(name="guests are null", unset="null", guests=True, unset_memo=None),
    LightspeedVariant(name="unset is empty, times with microseconds", stamp="elsewhere", unset="empty"),
    LightspeedVariant(name="unset is absent", unset="absent", guests=True),
    LightspeedVariant(name="errors in a 200", errors_in_200=True),
    LightspeedVariant(name="odd words", odd_words=True),
    LightspeedVariant(name="a ticket comes in between pages", order="descending", shift="insert"),
    LightspeedVariant(name="a ticket is closed between pages", shift="close"),
    LightspeedVariant(name="a reply shows after three reads", lag_reads=3),
    LightspeedVariant(name="a reply shows after a second", lag_seconds=1.0, message_answer="no id"),
    LightspeedVariant(name="links elsewhere", hostile=True, foreign_links=True),
    LightspeedVariant(name="redirects elsewhere", hostile=True, redirects=True),
)
