"""The variants of SellApp: one for each possible answer to what its documentation leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.sandbox.vendors.rate_limits import FIVE_A_SECOND
from bot.sandbox.vendors.variant import Stamp, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class SellappVariant(Variant):
    """
    One variant of SellApp.

    Attributes:
        v2: Whether the account has v2; without it, its paths are unknown or forbidden.
        reply_wrapped, reply_status: The answer to a reply: `{"data": …}` as the SDK expects, or bare as documented.
        customer_ids: Numbers as the SDK's v1 expects, UUIDs as documented, or null (v2).
        paging: Which of `links` and `meta` a list has; their content is not documented.
        reference: How an empty reference is written: as an empty list, as documented, or as an object of nulls.
        newest_message_first: The order of messages.
        senders: Whether the customer is named by address or by user name.
        idempotent: Whether a PATCH with a known `Idempotency-Key` is answered without being done again.
        store_required: Whether the header `X-STORE` is required.
        odd_words: Whether statuses and authors can have values that are not documented.
    """

    stamp: Stamp = "microseconds"
    v2: Literal["there", "missing", "forbidden"] = "there"
    reply_wrapped: bool = True
    reply_status: Literal[200, 201] = 201
    customer_ids: Literal["numbers", "uuids", "null"] = "numbers"
    paging: Literal["whole", "links", "meta", "none"] = "whole"
    reference: Literal["list", "object"] = "list"
    newest_message_first: bool = False
    senders: Literal["address", "user name"] = "address"
    idempotent: bool = True
    store_required: bool = True
    odd_words: bool = False


SELLAPP_VARIANTS = (
    SellappVariant(),
    SellappVariant(name="as the pages show", reply_wrapped=False, reply_status=200, customer_ids="uuids"),
    SellappVariant(name="v2 is missing", v2="missing"),
    SellappVariant(name="v2 is forbidden", v2="forbidden"),
    SellappVariant(name="descending", order="descending"),
    SellappVariant(name="recent first", order="recent"),
    SellappVariant(name="scattered", order="scattered"),
    SellappVariant(name="small pages", page_cap=10),
    SellappVariant(name="links without meta", paging="links"),
    SellappVariant(name="meta without links", paging="meta"),
    SellappVariant(name="neither links nor meta", paging="none", page_cap=15),
    SellappVariant(name="customers have no id", customer_ids="null", reference="object"),
    SellappVariant(name="newest message first", newest_message_first=True, senders="user name"),
    SellappVariant(name="customer does not touch", customer_touches=False),
    SellappVariant(name="idempotency keys mean nothing", idempotent=False, store_required=False),
    SellappVariant(name="times with an offset", stamp="elsewhere"),
    SellappVariant(name="times with milliseconds", stamp="milliseconds"),
    SellappVariant(name="odd words", odd_words=True),
    SellappVariant(name="a ticket comes in between pages", order="descending", shift="insert", page_cap=5),
    SellappVariant(name="a ticket is closed between pages", order="recent", shift="close", page_cap=5),
    SellappVariant(name="a reply shows after three reads", lag_reads=3),
    SellappVariant(name="a reply shows after a second", lag_seconds=1.0),
    SellappVariant(name="five requests a second", quota=FIVE_A_SECOND),
    SellappVariant(name="five requests a second, Retry-After is a date", quota=FIVE_A_SECOND, retry_after="date"),
    SellappVariant(name="links elsewhere", hostile=True, foreign_links=True),
    SellappVariant(name="redirects elsewhere", hostile=True, redirects=True),
)
