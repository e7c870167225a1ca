"""
What agents are answered who ask for something by a command or a button; what threads and channels
say is `bot.wording.notices`.

Whole sentences, kind and short, that say what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Status, TicketNumber


def may_not() -> str:
    return "Only the team's agents can do that. Ask whoever runs shopbell to add you."


def no_such_ticket(typed: str) -> str:
    return f"There is no ticket {typed}. Give its short number, such as 1042; it stands on the ticket's card."


def which_ticket() -> str:
    return "Which ticket? Do this in a ticket's thread, or give the ticket's short number, such as 1042."


def no_such_store(typed: str, stores: Sequence[str]) -> str:
    return f"There is no store {typed}. There are: {', '.join(stores)}."


def days_out_of_range() -> str:
    return "Give a number of days between 1 and 365."


def already(number: TicketNumber, status: Status) -> str:
    return f"#{number} is {status.value} already."


def already_asked(number: TicketNumber, status: Status) -> str:
    return f"#{number} is being {'closed' if status is Status.CLOSED else 'reopened'} already."


def done(number: TicketNumber, status: Status) -> str:
    return f"#{number} is {'closed' if status is Status.CLOSED else 'open again'}."


def under_way(number: TicketNumber, status: Status, vendor: str) -> str:
    what = "closed" if status is Status.CLOSED else "reopened"
    return f"#{number} will be {what} as soon as {vendor} takes it. The thread will say so."


def failed(number: TicketNumber, reason: str) -> str:
    return f"#{number} stays as it is. {reason}"


def cannot(vendor: str, status: Status, instead: str) -> str:
    return instead or f"{vendor} cannot {'close' if status is Status.CLOSED else 'reopen'} tickets from here."


def discarded() -> str:
    return "Discarded. The customer does not get it."


def retrying() -> str:
    return "Trying again now."


def nothing_to_retry() -> str:
    return "There is nothing to try again: it was delivered, dropped, or is being tried already."


def sending() -> str:
    return "That message is on its way to the customer."


def sent_already() -> str:
    return "That message is on its way to the customer, or there, already."


def not_your_thread() -> str:
    return "That message stands in no ticket's thread, so there is no customer to send it to."
