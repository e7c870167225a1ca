"""The variants of Next Commerce: one for each possible answer to what its documentation leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.sandbox.vendors.variant import Stamp, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class NextcommerceVariant(Variant):
    """
    One variant of Next Commerce. `page_cap` is the page size, which no call can choose.

    Attributes:
        closed_is_final: Whether a ticket with the status `closed` accepts no other status and no comment.
        public_by_default: Whether a comment is public if the call does not say so.
        anonymous: Whether a comment without an author has none; otherwise it is the token's user.
        comment_answer: The answer to a new comment: the ticket as the OpenAPI file says, the ticket as it was before,
            the comment, or nothing.
        comments_answer: The answer to a list of comments: the ticket as the OpenAPI file says, or a list.
        upload_answer: The answer to an upload; the OpenAPI file says a ticket, which is not possible.
        unregistered: Whether customers are not users: only their address is known.
        html: Whether people's messages are HTML.
        no_order: The order number if there is none.
        odd_words: Whether there can be values that are not documented.
    """

    stamp: Stamp = "microseconds"
    page_cap: int | None = 20
    closed_is_final: bool = True
    public_by_default: bool = True
    anonymous: bool = False
    comment_answer: Literal["ticket", "stale", "comment", "nothing"] = "ticket"
    comments_answer: Literal["ticket", "list"] = "ticket"
    upload_answer: Literal["list", "object", "wrapped"] = "list"
    unregistered: bool = False
    html: bool = False
    no_order: Literal[""] | None = ""
    odd_words: bool = False


NEXTCOMMERCE_VARIANTS = (
    NextcommerceVariant(),
    NextcommerceVariant(name="descending", order="descending"),
    NextcommerceVariant(name="recent first", order="recent"),
    NextcommerceVariant(name="scattered", order="scattered"),
    NextcommerceVariant(name="small pages", page_cap=5),
    NextcommerceVariant(name="closed can be left", closed_is_final=False),
    NextcommerceVariant(name="comments are internal by default", public_by_default=False),
    NextcommerceVariant(name="comments are anonymous", anonymous=True),
    NextcommerceVariant(name="comment answers the ticket as it was", comment_answer="stale"),
    NextcommerceVariant(name="comment answers itself", comment_answer="comment", comments_answer="list"),
    NextcommerceVariant(name="comment answers nothing", comment_answer="nothing"),
    NextcommerceVariant(name="upload answers an object", upload_answer="object"),
    NextcommerceVariant(name="upload answers a wrapped list", upload_answer="wrapped"),
    NextcommerceVariant(name="customers are no users", unregistered=True),
    NextcommerceVariant(name="bodies are HTML", html=True),
    NextcommerceVariant(name="no order is null, times with an offset", no_order=None, stamp="elsewhere"),
    NextcommerceVariant(name="times with seconds", stamp="seconds"),
    NextcommerceVariant(name="customer does not touch", customer_touches=False),
    NextcommerceVariant(name="odd words", odd_words=True),
    NextcommerceVariant(name="a ticket comes in between pages", order="recent", shift="insert", page_cap=5),
    NextcommerceVariant(name="a ticket is closed between pages", order="recent", shift="close", page_cap=5),
    NextcommerceVariant(name="a reply shows after three reads", lag_reads=3, comment_answer="stale"),
    NextcommerceVariant(name="a reply shows after a second", lag_seconds=1.0, comment_answer="nothing"),
    NextcommerceVariant(name="links elsewhere", hostile=True, foreign_links=True, page_cap=2),
    NextcommerceVariant(name="redirects elsewhere", hostile=True, redirects=True),
)
