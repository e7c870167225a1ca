"""
Answers to an agent who used a command, a button or a menu. Only that agent reads them.

Each is short, says what happened and then what to do. What threads and channels read is in `bot.wording.notices`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.model import Counts, Status, TicketNumber
from bot.text import ended, one_line
from bot.text.times import TimeFault
from bot.wording.phrases import clock_time, duration, some_of

_QUOTED = 60
_STORES = 20
"""More names than these have no room in an answer, if they are long."""
BEGINNING_ONLY: Final = "That is only the beginning of what you typed: the rest was too long to be looked for."
"""Behind what was found, or not, where not everything that was typed was looked for."""


def not_allowed() -> str:
    return (
        "Only the team's agents can do that: they can see the ticket's channel, can write in its threads, and are "
        "agents by shopbell's settings. Ask whoever runs shopbell to add you."
    )


def command_too_old(typed: str, age: timedelta) -> str:
    return (
        f"“{one_line(typed, _QUOTED)}” was written {duration(age)} ago, while shopbell was offline, so it was not "
        "done. Write it again if you still want it."
    )


def command_missed(typed: str) -> str:
    return (
        f"“{one_line(typed, _QUOTED)}” was written while shopbell was offline, so it was not done. "
        "Write it again if you still want it."
    )


# ---------------------------------------------------------------- which ticket, which store


def no_such_ticket(typed: str) -> str:
    return (
        f"{ended(f'There is no ticket {typed}')} Give the short number that stands on the ticket's card. "
        "You find only tickets in channels where you can write."
    )


def which_ticket() -> str:
    return "Which ticket? Do this in a ticket's thread, or give the ticket's short number, such as 1042."


def no_such_store(typed: str, stores: Sequence[str]) -> str:
    return f"{ended(f'There is no store {one_line(typed, _QUOTED)}')} {_stores_are(stores)}"


def no_such_list(typed: str, lists: Sequence[str], stores: Sequence[str]) -> str:
    return (
        f"“{one_line(typed, _QUOTED)}” is neither a list nor a store. The lists are: {', '.join(lists)}. "
        f"{_stores_are(stores)}"
    )


def _stores_are(stores: Sequence[str]) -> str:
    return f"The stores are: {', '.join(some_of([one_line(each, _QUOTED) for each in stores], _STORES))}."


# ---------------------------------------------------------------- a masked address


def address(number: TicketNumber, email: str) -> str:
    return f"The customer of #{number}: {email}"


def no_address(number: TicketNumber) -> str:
    return f"No address is stored for #{number}."


# ---------------------------------------------------------------- close and reopen


def already_so(number: TicketNumber, status: Status) -> str:
    return f"#{number} is already {status.value}."


def already_under_way(number: TicketNumber, status: Status) -> str:
    return f"#{number} is already being {'closed' if status is Status.CLOSED else 'reopened'}."


def done(number: TicketNumber, status: Status) -> str:
    return f"#{number} is {'closed' if status is Status.CLOSED else 'open again'}."


def under_way(number: TicketNumber, status: Status, vendor: str) -> str:
    what = "closed" if status is Status.CLOSED else "reopened"
    return f"#{number} will be {what} as soon as {vendor} confirms it. The thread will say so."


def failed(number: TicketNumber, reason: str) -> str:
    return f"#{number} was not changed. {reason}"


def unsupported(vendor: str, status: Status, instead: str) -> str:
    return instead or f"{vendor} cannot {'close' if status is Status.CLOSED else 'reopen'} tickets from here."


# ---------------------------------------------------------------- take, release and assign


def taken(number: TicketNumber) -> str:
    return f"You have #{number} now."


def yours_already(number: TicketNumber) -> str:
    return f"You already have #{number}."


def somebody_has(number: TicketNumber, name: str) -> str:
    return f"{name} has #{number}. Do you want to take it over?"


def released(number: TicketNumber) -> str:
    return f"Nobody has #{number} now."


def nobody_has(number: TicketNumber) -> str:
    return f"Nobody has #{number}, so there is nothing to release."


def not_yours(number: TicketNumber, name: str) -> str:
    return f"{name} has #{number}. Only {name} can release it, but you can take it over."


def assigned(number: TicketNumber, name: str) -> str:
    return f"{name} has #{number} now."


def has_already(number: TicketNumber, name: str) -> str:
    return f"{name} already has #{number}."


def whom_to_assign() -> str:
    return "Who shall have the ticket? Name a person of this chat."


def cannot_be_assigned(name: str) -> str:
    return (
        f"{name} cannot answer this ticket: they do not see its channel, cannot write in its threads, or are no agent "
        "by shopbell's settings. Choose somebody else."
    )


# ---------------------------------------------------------------- snooze

_TIMES = "2h, tomorrow, mon 9:00 or 2026-12-01 9:00"


def snoozed(number: TicketNumber, until: datetime, zone: ZoneInfo) -> str:
    return f"#{number} is snoozed until {clock_time(until, zone)}, or until the customer writes."


def snooze_until_when(number: TicketNumber) -> str:
    return f"Until when? Choose, or type a time behind the command, such as {_TIMES}. The ticket is #{number}."


def time_choice(words: str, moment: datetime, zone: ZoneInfo) -> str:
    """What is offered while somebody types a time: `mon 9:00 · Mon 30 Nov 2026, 09:00 (Europe/Berlin)`."""
    return f"{words} · {clock_time(moment, zone)}"


def end_of_snooze(words: str) -> str:
    return f"{words} · back into the queue"


def no_time(typed: str, fault: TimeFault, zone: ZoneInfo) -> str:
    """Why a time that was typed is none."""
    what = f"“{one_line(typed, _QUOTED)}”"
    return {
        TimeFault.UNREADABLE: f"{what} is no time that shopbell can read. Type it like {_TIMES} (time in {zone.key}).",
        TimeFault.TOO_SHORT: f"{what} is too short. A snooze lasts one minute or longer: 1m, {_TIMES}.",
        TimeFault.PAST: f"{what} is over already (time in {zone.key}). Give a later time, like {_TIMES}.",
        TimeFault.TOO_FAR: f"{what} is more than a year away. Give a time within a year, like {_TIMES}.",
    }[fault]


def closed_cannot_be_snoozed(number: TicketNumber) -> str:
    return f"#{number} is closed, so there is nothing to snooze. It opens again when the customer writes."


def not_snoozed(number: TicketNumber) -> str:
    return f"#{number} is not snoozed."


def woken(number: TicketNumber) -> str:
    return f"#{number} is not snoozed any more."


# ---------------------------------------------------------------- figures


def figures_take_too_long() -> str:
    return "The figures could not be counted now. Ask again in a minute, or for fewer days or one store."


def figures_as_of(now: datetime, zone: ZoneInfo) -> str:
    return f"Figures as of {now.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}."


def vendor_counts(vendor: str, counts: Counts) -> str:
    named = (
        ("total", counts.total),
        ("open", counts.open),
        ("closed", counts.closed),
        ("waiting for us", counts.waiting_for_us),
    )
    return f"{vendor}'s own figures: " + " · ".join(f"{name} {amount}" for name, amount in named if amount is not None)


def vendor_counts_missing(vendor: str) -> str:
    return f"{vendor}'s own figures are not available right now."


def days_out_of_range() -> str:
    return "Give a number of days between 1 and 365."


# ---------------------------------------------------------------- find


TICKET = "Ticket"
FOUND_IN = "Where the words are"


def found(words: str, *, first: int, last: int, more: bool, left_out: bool) -> str:
    """Above a page of tickets that have these words, counted from 1."""
    which = f"ticket {first}" if first == last else f"tickets {first} to {last}"
    shown = f"“{words}”: {which}{', and there are more' if more else ' of ' + str(last)}."
    return f"{shown} {BEGINNING_ONLY}" if left_out else shown


def not_found(words: str, *, left_out: bool) -> str:
    text = (
        f"No ticket has “{words}”. Try fewer words, only the beginning of a word, or the ticket's number. "
        "You find only tickets in channels where you can write."
    )
    return f"{text} {BEGINNING_ONLY}" if left_out else text


def no_more_found(words: str) -> str:
    return f"There are no more tickets with “{words}”."


def what_to_find(typed: str) -> str:
    """`typed`: what has nothing in it that can be looked for; often nothing at all."""
    shown = one_line(typed, _QUOTED)
    signs = f"“{shown}” has no letter and no digit, and other signs are not looked for." if shown else ""
    what = "Give a ticket's number, a name, or words of a subject or a message."
    return f"{signs or 'What are you looking for?'} {what}"


# ---------------------------------------------------------------- send, retry and discard


def sending() -> str:
    return "That message is on its way to the customer."


def held() -> str:
    return "It is not sent yet: somebody else wrote at the same time. See the question in the thread."


def note_already() -> str:
    return "This message is a note already. The customer does not see it. “Send to customer” sends it all the same."


def already_sent() -> str:
    return "That message is already sent or on its way to the customer. “Why” in its menu says how far it is."


def not_in_a_thread() -> str:
    return (
        "That message is not in a ticket's thread, so it belongs to no customer. "
        "Use this on a message in a ticket's thread."
    )


def retrying() -> str:
    return "Trying again now."


def deleted_meanwhile() -> str:
    return "This message was deleted, so nothing was done with it. Write it again if it is still needed."


def discarded() -> str:
    return "Discarded. The customer will not get it."


def outdated() -> str:
    """To whoever sends a form that does something else in this version."""
    return "This is from another version of shopbell. Nothing was done: /help shows what there is."


def nothing_waits() -> str:
    return (
        "There is nothing to do: it is already delivered or dropped, or it is being sent right now. "
        "“Why” in the message's menu says which."
    )
