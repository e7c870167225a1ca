"""The variants of Sellgate: one for each possible answer to what its documentation leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.sandbox.vendors.rate_limits import FIVE_A_SECOND
from bot.sandbox.vendors.variant import Variant

ReplyAnswer = Literal["message", "bare message", "ticket", "id", "success", "nothing"]
StatusAnswer = Literal["ticket", "bare ticket", "success", "nothing"]
ErrorForm = Literal["word", "object", "message", "page"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SellgateVariant(Variant):
    """
    One variant of Sellgate.

    Attributes:
        reply_answer, reply_status: The answer to a reply.
        status_answer: The answer to a change of status.
        whole_ticket: Whether a single ticket has all fields of the ticket object, or those of the example.
        stats_follow: Whether `stats` counts only the tickets that fit the filter.
        total_follows: Whether `meta.total` does.
        meta: Whether a list has `meta`.
        missing: Fields of the ticket object that are missing in lists.
        odd_words: Whether there are values that are not documented: `on_hold`, `bot`, `nobody`.
        closed_refuses: Whether a reply to a closed ticket is refused.
        errors: How an error is written.
    """

    reply_answer: ReplyAnswer = "message"
    reply_status: Literal[200, 201] = 201
    status_answer: StatusAnswer = "ticket"
    whole_ticket: bool = False
    stats_follow: bool = False
    total_follows: bool = True
    meta: bool = True
    missing: tuple[str, ...] = ()
    odd_words: bool = False
    closed_refuses: bool = False
    errors: ErrorForm = "word"


SELLGATE_VARIANTS = (
    SellgateVariant(),
    SellgateVariant(name="descending, whole ticket", order="descending", whole_ticket=True),
    SellgateVariant(name="recent, figures follow the filter", order="recent", stats_follow=True),
    SellgateVariant(name="scattered, total ignores the filter", order="scattered", total_follows=False),
    SellgateVariant(name="small pages", page_cap=10),
    SellgateVariant(name="no meta", meta=False),
    SellgateVariant(name="reply answers a bare message", reply_answer="bare message", reply_status=200),
    SellgateVariant(name="reply answers the ticket", reply_answer="ticket", reply_status=200),
    SellgateVariant(name="reply answers an id", reply_answer="id", status_answer="bare ticket"),
    SellgateVariant(name="writes answer success", reply_answer="success", status_answer="success"),
    SellgateVariant(name="writes answer nothing", reply_answer="nothing", status_answer="nothing"),
    SellgateVariant(name="no updated_at", missing=("updated_at",)),
    SellgateVariant(name="no message_count", missing=("message_count", "has_owner_reply")),
    SellgateVariant(name="customer does not touch", customer_touches=False),
    SellgateVariant(name="unset is empty, times with milliseconds", unset="empty", stamp="milliseconds"),
    SellgateVariant(name="unset is false, times with an offset", unset="false", stamp="elsewhere"),
    SellgateVariant(name="unset is absent, times in UTC written out", unset="absent", stamp="offset"),
    SellgateVariant(name="odd words", odd_words=True),
    SellgateVariant(name="closed refuses replies, errors are objects", closed_refuses=True, errors="object"),
    SellgateVariant(name="errors are messages", errors="message"),
    SellgateVariant(name="errors are pages", errors="page"),
    SellgateVariant(name="a ticket comes in between pages", shift="insert", order="descending", page_cap=5),
    SellgateVariant(name="a ticket is closed between pages", shift="close", page_cap=5),
    SellgateVariant(name="a reply shows after three reads", lag_reads=3),
    SellgateVariant(name="a reply shows after a second", lag_seconds=1.0, reply_answer="success"),
    SellgateVariant(name="five requests a second", quota=FIVE_A_SECOND),
    SellgateVariant(name="five requests a second, Retry-After is a date", quota=FIVE_A_SECOND, retry_after="date"),
    SellgateVariant(name="five requests a second, no Retry-After", quota=FIVE_A_SECOND, retry_after="none"),
    SellgateVariant(name="redirects elsewhere", hostile=True, redirects=True),
)
