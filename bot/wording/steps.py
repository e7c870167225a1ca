"""
What became of a message, step by step, and what to do next: the sentences of `/why` and `shopbell why`.

A step is said in one short sentence behind its time. What to do next stands alone at the end.
"""

from __future__ import annotations

from datetime import datetime

from bot.model import Author, Mark, Purpose, State, Status, TicketNumber
from bot.text import one_line

_QUOTED = 60
_BEGINS = 40
_LABEL = "What to do: "


# ---------------------------------------------------------------- headings


def clock(at: datetime, day: datetime) -> str:
    """The time of a step, to the second, in UTC; with its date if it was on another day."""
    return f"{at:%H:%M:%S}" if at.date() == day.date() else f"{at:%Y-%m-%d %H:%M:%S}"


def about_message(number: TicketNumber, who: str, at: datetime, text: str) -> str:
    said = one_line(text, _QUOTED)
    return f"#{number}: {who} wrote on {at:%Y-%m-%d} (times are UTC): {f'“{said}”' if said else 'no text'}"


def label(who: str, text: str) -> str:
    """Which message it is: who wrote it, and how it begins."""
    return f"{who}{f' “{one_line(text, _BEGINS)}”' if text.strip() else ''}"


def of(which: str, what: str) -> str:
    """What became of one message, or what to do about it."""
    return f"{which}: {what}"


def about_ticket(title: str, status: Status, now: datetime) -> str:
    return f"{title} ({status.value}) as of {now:%Y-%m-%d %H:%M:%S} UTC"


def older(amount: int) -> str:
    return "1 older message" if amount == 1 else f"{amount} older messages"


def lines_left_out(amount: int) -> str:
    return f"… {'1 line' if amount == 1 else f'{amount} lines'} left out; `shopbell why` prints all of them"


def in_order(amount: int) -> str:
    return f"{older(amount)}: all in order"


def to_do(advice: str) -> str:
    return f"{_LABEL}{advice}"


# ---------------------------------------------------------------- seen and on disk


def who_wrote(author: Author, name: str, *, is_agent: bool) -> str:
    if is_agent:
        return name or "An agent"
    kind = {Author.CUSTOMER: "The customer", Author.STAFF: "A colleague", Author.UNKNOWN: "Somebody"}[author]
    return f"{kind} ({name})" if name else kind


def written(where: str, *, at_vendor: bool) -> str:
    return f"written {'at' if at_vendor else 'in'} {where}"


def seen_at_vendor() -> str:
    return "seen by shopbell, and on disk"


def not_public() -> str:
    return "a note at the vendor: the customer cannot read it"


def routed(purpose: Purpose) -> str:
    what = {
        Purpose.REPLY: "a reply to the customer",
        Purpose.NOTE: "a note, for the team only",
        Purpose.TALK: "talk, which stays in this thread",
        Purpose.VENDOR: "from the vendor",
    }
    return f"on disk, and taken as {what[purpose]}"


def not_routed() -> str:
    return "on disk; for whom it is, is decided when everything older is read"


def author_refused() -> str:
    return "not sent: its author may not answer this store's customers"


def deleted(reply: State | None) -> str:
    """`reply`: how far the reply is that it was; None: it was none."""
    if reply is State.DONE:
        return "deleted here by its author; the customer has it"
    return "deleted by its author before it left" if reply is State.DROPPED else "deleted by its author"


def edited() -> str:
    return "edited since; what was sent stays as it was"


def erased() -> str:
    return "its words were erased"


def on_card(where: str) -> str:
    return f"shown on the ticket's card in {where}"


# ---------------------------------------------------------------- tried


def may_leave(where: str) -> str:
    return f"may leave for {where} from then on"


def tried(where: str, attempts: int) -> str:
    return f"tried at {where}" if attempts == 1 else f"tried at {where}, for the {_ordinal(attempts)} time"


def tried_in(where: str, attempts: int) -> str:
    return f"tried in {where}" if attempts == 1 else f"tried in {where}, for the {_ordinal(attempts)} time"


def looked_for(where: str, searches: int) -> str:
    times = "once" if searches == 1 else f"{searches} times"
    return f"looked for {times} in {where}, and not found yet"


def answered(reason: str) -> str:
    return f"the answer: {reason}"


def answered_before(reason: str) -> str:
    return f"the answer to an earlier try: {reason}"


def kept_back() -> str:
    return "something has kept it back since then"


def queued_again() -> str:
    return "somebody asked for it by hand"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


# ---------------------------------------------------------------- outcomes


def arrived(vendor: str, vendor_id: str | None) -> str:
    return f"arrived at {vendor}" + (f" as {vendor_id}" if vendor_id else ", which has not said under which id")


def arrived_once(vendor: str) -> str:
    """Of a message that was erased since: a hash stands for its id."""
    return f"arrived at {vendor}"


def posted(where: str) -> str:
    return f"posted in {where}"


def failed(where: str, *, in_doubt: bool) -> str:
    doubt = "; it may be there all the same" if in_doubt else ""
    return f"given up: {where}{doubt}"


def dropped(where: str, *, at_vendor: bool) -> str:
    if at_vendor:
        return f"not sent to {where}: it was taken back or discarded"
    return f"not posted in {where}: it was taken back, or not needed any more"


def held(reason: str) -> str:
    return f"held: {reason}" if reason else "held until an agent decides"


def uncertain(where: str) -> str:
    return f"nobody knows yet whether it arrived: {where}"


def waits(where: str) -> str:
    return f"waits: {where}"


def under_way(where: str) -> str:
    return f"being made now: {where}"


def marked(mark: Mark | None, where: str) -> str:
    return f"marked {mark.value} in {where}" if mark else f"its mark was taken away in {where}"


def mark_missing(where: str) -> str:
    return f"its mark in {where} is not up to date yet"


def thread(where: str, *, is_open: bool) -> str:
    return f"has its thread in {where}" if is_open else f"has no thread in {where} yet"


def status(wanted: Status, by: str, where: str) -> str:
    what = "closing" if wanted is Status.CLOSED else "reopening"
    return f"{what} at {where}{f', {by}' if by else ''}"


def store_trouble(reason: str) -> str:
    return f"The store has trouble now: {reason}"


# ---------------------------------------------------------------- messages that are not recorded


def own_line(at: datetime, advice: str) -> str:
    """`advice`: what to do about what the line asks; empty: it asks nothing."""
    return f"This is a line of shopbell's own, of {at:%Y-%m-%d %H:%M:%S} UTC. {to_do(advice or 'Nothing.')}"


def by_program() -> str:
    return (
        "This is not recorded, because no person wrote it: what programs and the chat itself write goes to nobody. "
        + to_do("Nothing. Write it yourself if the customer must have it.")
    )


def not_in_a_thread() -> str:
    return "That message is not in a ticket's thread, so shopbell does nothing with it. " + to_do(
        "Nothing. Write in a ticket's thread what its customer must have."
    )


def unreadable(reason: str) -> str:
    return f"This is not recorded, because shopbell cannot read this channel. {to_do(reason)}"


def not_read_yet() -> str:
    return "This is not recorded yet. " + to_do(
        "Wait: shopbell is reading what was written while it was not connected, or while this thread was opened."
    )


def never_read() -> str:
    return (
        "This is not recorded: shopbell was not connected when it was written, and does not read again what is older "
        "than a month. " + to_do("Write it again, or use “Send to customer” in its menu.")
    )
