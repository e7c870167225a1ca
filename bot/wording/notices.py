"""
Every sentence that the core says in threads and channels, in one place, so that they can be read as a text.

Whole sentences, kind and short. They say what became of a message, and what to do next. None of them holds
a customer's words, a token or a stack trace. What agents are answered who ask for something is `bot.wording.answers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.model import Counts, Status, TicketNumber
from bot.text import one_line

_QUOTED = 60
_NAMED = 3


# ---------------------------------------------------------------- cards


def here_only() -> str:
    return "closed here only"


def other_tickets(numbers: Sequence[TicketNumber], more: int) -> str:
    listed = ", ".join(f"#{number}" for number in numbers)
    return f"{listed} and {more} more" if more else listed


def figures_as_of(now: datetime) -> str:
    return f"Figures as of {now:%Y-%m-%d %H:%M} UTC."


def not_counted(vendor: str) -> str:
    return f"{vendor} does not answer just now with its own figures."


def counted_at_vendor(vendor: str, counts: Counts) -> str:
    named = (
        ("total", counts.total),
        ("open", counts.open),
        ("closed", counts.closed),
        ("waiting for us", counts.waiting_for_us),
    )
    return f"{vendor} itself counts: " + " · ".join(f"{name} {amount}" for name, amount in named if amount is not None)


def card_title(number: TicketNumber, who: str, subject: str) -> str:
    return f"#{number} · {who} · {subject or 'no subject'}"


def status_text(status: Status, word: str | None, awaiting: str | None, *, gone: bool) -> str:
    if gone:
        return "🚫 No longer at the vendor"
    shown = f" ({word})" if word and word.lower() != status.value else ""
    if status is Status.CLOSED:
        return f"✅ Closed{shown}"
    turn = {"us": " · waiting for us", "customer": " · waiting for the customer"}.get(awaiting or "", "")
    return f"💬 Open{shown}{turn}"


def hint(*, sends_all: bool, note_prefixes: Sequence[str]) -> str:
    if not sends_all:
        return "Messages here stay with the team. Use “Send to customer” on a message to send it."
    if note_prefixes:
        return f"Write in this thread to answer the customer. Begin with {note_prefixes[0]} for a note to the team."
    return "Write in this thread to answer the customer."


# ---------------------------------------------------------------- lines in a thread


def status_changed(status: Status, by: str) -> str:
    return f"{'Closed' if status is Status.CLOSED else 'Reopened'} {by}."


def by_agent(name: str, chat: str) -> str:
    return f"by {name} from {chat}"


def at_vendor(vendor: str) -> str:
    return f"at {vendor}"


def ticket_gone(vendor: str) -> str:
    return f"{vendor} no longer has this ticket. What was said here stays, but replies cannot reach the customer."


def ticket_unreadable(vendor: str, reason: str) -> str:
    return (
        f"⚠️ {vendor} does not let this ticket be read just now. {reason} "
        "What the customer writes is shown here as soon as it can be read."
    )


def closed_here_only(vendor: str, by: str) -> str:
    return f"Closed here only, {by}: {vendor} cannot close it with this account. A new message opens it again."


def note_failed(reason: str) -> str:
    return f"❌ Your note did not reach the vendor's own notes. {reason} The team sees it here all the same."


def reply_waits(reason: str) -> str:
    return (
        f"⏳ What was written here has not reached the customer yet. {reason} "
        "It goes out by itself once that is mended."
    )


def reply_unseen(reason: str) -> str:
    return (
        f"⏳ Nobody can tell yet whether the customer has what was written here. {reason} "
        "It is looked for again and again, and what was written later waits for that."
    )


def note_in_doubt(reason: str) -> str:
    return (
        f"❌ Nobody can tell whether your note reached the vendor's own notes. {reason} "
        "The team sees it here all the same; “Retry” looks for it before it is put there again."
    )


def takes_no_notes() -> str:
    return "The vendor keeps no notes."


def file_lost(name: str) -> str:
    return f"The file {name} could not be fetched from the chat any more."


def reply_failed(reason: str) -> str:
    return f"❌ Your message did not reach the customer. {reason} It is kept here."


def reply_in_doubt(reason: str) -> str:
    return (
        f"❌ Nobody can tell whether your message reached the customer. {reason} "
        "It is kept here; “Retry” looks for it before it is sent again."
    )


def status_failed(status: Status, reason: str) -> str:
    what = "closed" if status is Status.CLOSED else "reopened"
    return f"❌ This ticket could not be {what}. {reason}"


def goes_on_here() -> str:
    return "The former thread of this ticket was deleted. It goes on here."


def card_again() -> str:
    return "The card of this ticket was deleted. From now on it is the one below."


def goes_on_elsewhere() -> str:
    return "This ticket goes on in a new thread. What is written here reaches nobody."


def no_thread(chat: str, reason: str) -> str:
    return f"⚠️ This ticket has no thread in {chat} now. {reason}"


def thread_given_up(chat: str) -> str:
    return f"⚠️ This ticket's thread in {chat} was given up. The next message opens one there again."


def written_long_ago(age: timedelta) -> str:
    return f"This was written {duration(age)} ago, while shopbell was away, so it was not sent. Send it now?"


def clock_is_off(chat: str, ahead: timedelta) -> str:
    which = "ahead of" if ahead > timedelta() else "behind"
    return f"This machine's clock is {duration(abs(ahead))} {which} {chat}'s."


def set_the_clock() -> str:
    return "Set this machine's clock, and let it be kept right (NTP)."


def written_before_restore() -> str:
    return "This was written before shopbell's backup was restored; the customer may have it already. Send it now?"


def delivery_failed(reason: str) -> str:
    return f"❌ Something could not be shown here. {reason}"


def interrupted() -> str:
    return "shopbell was interrupted while it was being delivered."


def parts_left_out(vendor: str, what: Sequence[str]) -> str:
    return f"Your text is on its way to the customer, but {_listed(what)} was not sent: {vendor} does not take it."


def not_taken(vendor: str, what: Sequence[str]) -> str:
    return f"{vendor} does not take {_listed(what)}."


def nothing_to_send() -> str:
    return "It holds nothing that can be sent."


def too_long(vendor: str, over: int) -> str:
    much = "1 character" if over == 1 else f"{over:,} characters"
    return f"{vendor} takes shorter replies; this one is {much} too long. Please send it in pieces."


def not_an_agent() -> str:
    return "This stayed here: only the team's agents can answer customers. Ask whoever runs shopbell to add you."


def already_sent_edit() -> str:
    return "The customer has the first version of that message already; an edit cannot reach them. Send a new one."


def already_sent_deletion() -> str:
    return "The customer has that message already; deleting it here does not take it back."


def perhaps_sent_edit() -> str:
    return "The customer may have the first version of that message already; an edit cannot reach them. Send a new one."


def perhaps_sent_deletion() -> str:
    return "The customer may have that message already; deleting it here does not take it back."


def edited_after_failure() -> str:
    return "That message has not reached the customer. “Retry” sends it as it is now."


def still_a_note() -> str:
    return "That is still a note: an edit sends nothing to the customer. Send a new message, or use “Send to customer”."


def note_stays_edited(vendor: str) -> str:
    return f"{vendor} keeps the first version of that note; it cannot be edited there from here."


def note_stays_deleted(vendor: str) -> str:
    return f"{vendor} keeps that note; it cannot be deleted there from here."


def note_edited(name: str, before: str, now: str) -> str:
    return f"✏️ {name or 'Somebody'} changed the note “{one_line(before, _QUOTED)}”. It says now:\n{now or '(nothing)'}"


def note_deleted(name: str, before: str) -> str:
    return f"🗑️ The note “{one_line(before, _QUOTED)}” by {name or 'somebody'} was deleted."


# ---------------------------------------------------------------- banners in a channel


def store_paused(store: str, reason: str) -> str:
    return f"⏸️ {store} is paused. {reason} Everything waits until then; nothing is lost."


def store_down(store: str, reason: str) -> str:
    return f"⚠️ {store} does not answer. {reason} What you write waits and is sent when it works again."


def store_limited(store: str, reason: str) -> str:
    return f"⏳ {store} lets us ask too seldom. {reason} New messages come late, and what you write may leave late."


def tickets_unreadable(store: str, tickets: Sequence[str], reason: str) -> str:
    if len(tickets) == 1:
        return (
            f"⚠️ A ticket of {store} cannot be read: {tickets[0]}. {reason} "
            "It gets its thread as soon as it can be read."
        )
    named, more = tickets[:_NAMED], len(tickets) - _NAMED
    listed = _listed([*named, f"{more} more"]) if more > 0 else _listed(named)
    return (
        f"⚠️ {len(tickets)} tickets of {store} cannot be read: {listed}. {reason} "
        "Each gets its thread as soon as it can be read."
    )


def recovered(amount: int, chat: str) -> str:
    what = "1 message that was" if amount == 1 else f"{amount} messages that were"
    return f"🔁 Back in {chat}. Found {what} written meanwhile; each goes where it belongs."


def channel_failing(chat: str, reason: str) -> str:
    return f"⚠️ shopbell cannot show tickets in {chat} now. {reason} What belongs there waits until then."


def channel_back(chat: str) -> str:
    return f"▶️ Tickets are shown in {chat} again. What waited is on its way."


def store_back(store: str) -> str:
    return f"▶️ {store} works again. What waited is on its way."


# ---------------------------------------------------------------- reasons


def store_unknown(store: str) -> str:
    return f"The store {store} is no longer configured here, so its tickets cannot be changed."


def went_wrong(reference: str) -> str:
    return f"Something went wrong inside shopbell. Whoever runs it finds the cause in the log under {reference}."


# ---------------------------------------------------------------- words


def duration(span: timedelta) -> str:
    """A length of time as people say it: `40 s`, `12 min`, `3 h 05 min`, `2 d 4 h`."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02d} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"


def _listed(things: Sequence[str]) -> str:
    return things[0] if len(things) == 1 else ", ".join(things[:-1]) + f" and {things[-1]}"
