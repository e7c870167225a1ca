"""The variants of SellSN: one for each possible answer to what its documentation leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.sandbox.vendors.rate_limits import FIVE_A_SECOND
from bot.sandbox.vendors.variant import Stamp, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class SellsnVariant(Variant):
    """
    One variant of SellSN.

    Attributes:
        first_page: The number of the first page.
        outside: The answer for a page before the first or after the last; `nearest`: the nearest page.
        statuses: The status numbers of a ticket that waits for staff, that staff has answered, that is closed.
        after_delete: Whether a closed ticket is in the list, only not in the list, or not found at all.
        delete_answers: Whether the answer to closing is 200 with a body, or 204.
        reply_answer: The answer to a reply; `stale`: the whole ticket, without the new entry.
        names: How an entry names its writer: customers by address, by the part before its `@`, or as they call
            themselves; replies through the API by the user's name, the user's address, or the store's name.
        newest_entry_first: The order of entries.
        circular: Where the text for a repeated object is used: as in the documentation's example, or also for every
            store and owner that came before in the same answer.
        invalid_fields: Whether these are objects or names.
        closed_refuses: Whether a reply to a closed ticket is refused.
    """

    stamp: Stamp = "milliseconds"
    first_page: Literal[0, 1] = 0
    outside: Literal["empty", "nearest", "invalid", "missing"] = "empty"
    statuses: tuple[int, int, int] = (0, 0, 1)
    after_delete: Literal["listed", "unlisted", "gone"] = "listed"
    delete_answers: bool = True
    reply_answer: Literal["ticket", "stale", "no data", "nothing"] = "ticket"
    reply_status: Literal[200, 201] = 201
    names: Literal["address", "local part", "display"] = "address"
    newest_entry_first: bool = False
    circular: Literal["example", "everywhere"] = "example"
    invalid_fields: Literal["names", "objects"] = "names"
    closed_refuses: bool = False


SELLSN_VARIANTS = (
    SellsnVariant(),
    SellsnVariant(name="first page is 1", first_page=1),
    SellsnVariant(name="first page is 1, page 0 is invalid", first_page=1, outside="invalid"),
    SellsnVariant(name="first page is 1, page 0 is missing", first_page=1, outside="missing"),
    SellsnVariant(name="first page is 1, page 0 is the same", first_page=1, outside="nearest"),
    SellsnVariant(name="first page is 0, the end is missing", outside="missing"),
    SellsnVariant(name="descending", order="descending"),
    SellsnVariant(name="recent first", order="recent"),
    SellsnVariant(name="scattered", order="scattered"),
    SellsnVariant(name="small pages", page_cap=10),
    SellsnVariant(name="three statuses", statuses=(0, 1, 2)),
    SellsnVariant(name="closed is 0", statuses=(1, 1, 0)),
    SellsnVariant(name="closed is not listed", after_delete="unlisted"),
    SellsnVariant(name="closed is gone", after_delete="gone", delete_answers=False),
    SellsnVariant(name="reply answers 200", reply_status=200),
    SellsnVariant(name="reply answers the ticket as it was", reply_answer="stale"),
    SellsnVariant(name="reply answers no data", reply_answer="no data"),
    SellsnVariant(name="reply answers nothing", reply_answer="nothing"),
    SellsnVariant(name="names are parts of addresses", names="local part"),
    SellsnVariant(name="names are display names", names="display"),
    SellsnVariant(name="newest entry first", newest_entry_first=True),
    SellsnVariant(name="circular references everywhere", circular="everywhere"),
    SellsnVariant(name="closed refuses replies", closed_refuses=True, invalid_fields="objects"),
    SellsnVariant(name="unset is empty, times with an offset", unset="empty", stamp="elsewhere"),
    SellsnVariant(name="unset is absent, times with microseconds", unset="absent", stamp="microseconds"),
    SellsnVariant(name="a ticket comes in between pages", order="descending", shift="insert", page_cap=5),
    SellsnVariant(name="a ticket is closed between pages", after_delete="unlisted", shift="close", page_cap=5),
    SellsnVariant(name="a reply shows after three reads", lag_reads=3, reply_answer="stale"),
    SellsnVariant(name="a reply shows after a second", lag_seconds=1.0, reply_answer="no data"),
    SellsnVariant(name="five requests a second", quota=FIVE_A_SECOND),
    SellsnVariant(name="five requests a second, Retry-After is a date", quota=FIVE_A_SECOND, retry_after="date"),
    SellsnVariant(name="five requests a second, no Retry-After", quota=FIVE_A_SECOND, retry_after="none"),
    SellsnVariant(name="redirects elsewhere", hostile=True, redirects=True),
)
