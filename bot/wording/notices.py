"""
Every sentence of shopbell's own in threads and channels, and to the author of a message, in one place.

Each is short, says what happened and then what to do. None contains a token or a stack trace; only the lines about
changed notes quote what people wrote. What the author of a held reply is asked is in
`bot.wording.questions`, answers to commands and buttons in `bot.wording.answers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.model import Status, Voice
from bot.text import ended, one_line
from bot.wording.phrases import clock_time, listed

_QUOTED = 60


# ---------------------------------------------------------------- lines in a thread


def status_changed(status: Status, by: str) -> str:
    return f"{'Closed' if status is Status.CLOSED else 'Reopened'} {by}."


def by_agent(name: str, chat: str) -> str:
    return f"by {name} from {chat}"


def at_vendor(vendor: str) -> str:
    return f"at {vendor}"


def perhaps_gone(vendor: str) -> str:
    return f"{vendor} says that it does not have this ticket. It is asked once more before that is believed."


def taken_over(name: str, before: str) -> str:
    return ended(f"{name} has this ticket now, instead of {before}")


def assigned(name: str, by: str) -> str:
    return ended(f"{by} has assigned this ticket to {name}")


def snooze_over() -> str:
    return "⏰ This ticket is back in the queue: its snooze is over."


def answer_due(until: datetime, zone: ZoneInfo, *, is_first: bool) -> str:
    what = "its first answer" if is_first else "an answer"
    return f"⏳ This ticket needs {what} by {clock_time(until, zone)}. That is what its customer was promised."


def answer_overdue(until: datetime, zone: ZoneInfo, *, is_first: bool) -> str:
    what = "a first answer" if is_first else "an answer"
    return f"⚠️ This ticket is late: its customer was promised {what} by {clock_time(until, zone)}."


def ticket_gone(vendor: str) -> str:
    return f"{vendor} no longer has this ticket. The messages here stay, but replies cannot reach the customer."


def store_not_served(store: str) -> str:
    return (
        f"The store {store} is no longer in shopbell's settings, so what you write in this thread reaches no customer. "
        "If the store has another name now, its tickets have new threads. "
        "You are told this once a day, whatever you write here."
    )


def left_behind(former: str, vendor: str) -> str:
    return (
        f"This store has moved to {vendor}, and this ticket stays behind at {former}. The messages here stay, but "
        "replies cannot reach the customer. Answer there, if there still is something to answer."
    )


def ticket_unreadable(vendor: str, reason: str) -> str:
    return (
        f"⚠️ shopbell cannot read this ticket at {vendor} right now. {reason} "
        "What the customer writes appears here as soon as it can be read."
    )


def no_id(vendor: str) -> str:
    return f"{vendor} lists it without an id, so nothing can be done with it here."


def about_another(vendor: str) -> str:
    return f"{vendor} answers with another ticket. Perhaps the two were merged there."


def messages_missing(vendor: str) -> str:
    return (
        f"{vendor} shows the ticket without messages that it had before, so it is not known whether this one arrived."
    )


def nameless(about: str) -> str:
    return f"without an id ({about})"


def message_malformed(vendor: str) -> str:
    return f"⚠️ {vendor} sent the message above in a way that shopbell does not understand. Look at it there, too."


def closed_here_only(vendor: str, by: str) -> str:
    return f"Closed here only, {by}: {vendor} cannot close it with this account. A new message opens it again."


def note_failed(reason: str) -> str:
    return f"❌ Your note was not saved at the vendor. {reason} The team still sees it here."


def replies_wait(reason: str) -> str:
    return (
        f"⏳ What was written here has not reached the customer yet. {reason} "
        "Everything is sent automatically once this is fixed."
    )


def replies_uncertain(reason: str) -> str:
    return (
        f"⏳ It is not clear yet whether the customer has received what was written here. {reason} "
        "shopbell keeps checking; later replies wait for that."
    )


def note_in_doubt(reason: str) -> str:
    return (
        f"❌ It is not clear whether your note was saved at the vendor. {reason} "
        "The team still sees it here; “Retry” checks first and saves it only if it is missing."
    )


def written_elsewhere(name: str, chat: str, text: str) -> str:
    """A line about what somebody wrote in a thread where nobody can say it. `name`: empty: not known."""
    return f"About what {name or 'somebody'} wrote in {chat}: {text}"


def reply_failed(reason: str) -> str:
    return f"❌ Your message did not reach the customer. {reason} Your message is kept here."


def reply_in_doubt(reason: str) -> str:
    return (
        f"❌ It is not clear whether your message reached the customer. {reason} "
        "Your message is kept here; “Retry” checks first and sends it only if it is missing."
    )


def perhaps_sent(vendor: str) -> str:
    return f"{vendor} did not confirm it, and shows a message from that time in other words, which may be yours."


def stores_left_out(amount: int) -> str:
    what = "1 more store" if amount == 1 else f"{amount} more stores"
    return f"{what}: name one to see it"


def status_waits(wanted: Status, reason: str) -> str:
    what = "closed" if wanted is Status.CLOSED else "reopened"
    return f"⏳ This ticket has not been {what} yet. {reason} It is {what} automatically once this is fixed."


def status_failed(status: Status, reason: str) -> str:
    what = "closed" if status is Status.CLOSED else "reopened"
    return f"❌ This ticket could not be {what}. {reason}"


def continues_here() -> str:
    return "The old thread of this ticket was deleted. The ticket continues here."


def new_card() -> str:
    return "The card of this ticket was deleted. The new card is below."


def continues_elsewhere(address: str) -> str:
    where = f": {address}" if address else "."
    return f"The card of this thread was deleted. What you write here still counts, but the ticket continues{where}"


def no_thread(chat: str, reason: str) -> str:
    return f"⚠️ This ticket has no thread in {chat} now. {reason}"


def opening_dropped(chat: str) -> str:
    return f"⚠️ This ticket has no thread in {chat}: opening one was cancelled. The next message opens one."


_WHOSE = {
    Voice.CUSTOMER: "A message of the customer",
    Voice.UNKNOWN: "A message of the customer or of a colleague",
    Voice.STAFF: "A colleague's reply to the customer",
    Voice.NOTE: "A colleague's note",
    Voice.BELL: "A line of shopbell's",
}


def words_missing(voice: Voice, name: str, reason: str, where: str) -> str:
    """A message that the chat does not show; `name` is its author's, empty: it is not said."""
    whose = _WHOSE[voice]
    return f"❌ {whose}{f' ({name})' if name else ''} could not be shown here. {reason} {where}"


def read_at_vendor(vendor: str, url: str | None = None) -> str:
    return f"It can be read at {vendor}{f': {url}' if url else '.'}"


def read_in_chat(chat: str) -> str:
    return f"It can be read in {chat}."


def card_outdated(reason: str) -> str:
    return f"❌ This ticket's card could not be brought up to date. {reason}"


def thread_refused(ticket: str, chat: str, reason: str, where: str) -> str:
    """A ticket that has no thread because of its own words; nothing is wrong with the channel."""
    return f"❌ The ticket {ticket} has no thread in {chat}. {reason} {where}"


def thread_takes_nothing(ticket: str, text: str) -> str:
    """In a ticket's channel: a line that its thread has refused."""
    return f"Nothing can be said in the thread of {ticket}, so it stands here: {text}"


def parts_left_out(vendor: str, what: Sequence[str]) -> str:
    return f"Your text is on its way to the customer, but without {listed(what)}: {vendor} does not accept that."


def about_to_send(name: str, words: str) -> str:
    return f"⏳ {name} is about to send: {words}"


def not_sent_yet(name: str) -> str:
    return f"✋ {name} is asked whether to send a message, because somebody else wrote at the same time."


def not_delivered(name: str, words: str) -> str:
    return f"❌ A message by {name} did not reach the customer: {words}"


def perhaps_delivered(name: str, words: str) -> str:
    return f"❌ It is not clear whether a message by {name} reached the customer: {words}"


def withdrawn(name: str) -> str:
    return f"{name} did not send a message after all."


def stays_open() -> str:
    return "The ticket stays open until it does."


def not_closed_as_customer_wrote() -> str:
    return "The reply has arrived. The ticket stays open, because the customer has written since you wrote it."


def snippet_offered(name: str, text: str) -> str:
    return f"The snippet {name}, filled in. Send it to the customer?\n\n{text}"


def note_sent(by: str, words: str) -> str:
    """Where a note was shown that is sent to the customer after all."""
    return f"🔓 {by or 'Somebody'} sends the note “{one_line(words, _QUOTED)}” to the customer."


def note_edited(name: str, before: str, now: str) -> str:
    return f"✏️ {name or 'Somebody'} changed the note “{one_line(before, _QUOTED)}”. It now says:\n{now or '(nothing)'}"


def note_deleted(name: str, before: str) -> str:
    return f"🗑️ The note “{one_line(before, _QUOTED)}” by {name or 'somebody'} was deleted."


# ---------------------------------------------------------------- to an author alone


def not_an_agent() -> str:
    return (
        "This was not sent: only the team's agents can answer customers. Ask whoever runs shopbell to add you. "
        "You are told this once a day, whatever you write here."
    )


def too_late_to_edit(*, certain: bool) -> str:
    """The answer to an edit or deletion. `certain`: whether it is certain that the customer has the message."""
    has = "already has" if certain else "may already have"
    return f"The customer {has} the first version of that message; an edit does not reach them. Send a new one."


def too_late_to_delete(*, certain: bool) -> str:
    """The answer to an edit or deletion. `certain`: whether it is certain that the customer has the message."""
    has = "already has" if certain else "may already have"
    return f"The customer {has} that message; deleting it here does not take it back."


def edited_after_failure() -> str:
    return "That message has not reached the customer. “Retry” sends the new version."


def still_a_note() -> str:
    return "That is still a note: an edit does not send it. Send a new message, or use “Send to customer”."


def note_stays_edited(vendor: str) -> str:
    return f"{vendor} still has the first version of that note; shopbell cannot edit it there."


def note_stays_deleted(vendor: str) -> str:
    return f"{vendor} still has that note; shopbell cannot delete it there."
