"""
When a reply collides with another person's, or with what the customer has just written. Pure.

Times are those of the chats: each notes when a message appeared in it. So it does not matter when we read a message, or
what this machine's clock says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import PersonId

CROSSING = timedelta(seconds=60)
"""Two people's replies that were written in less time, or in exactly this time, are two answers to the same thing."""
READING = timedelta(seconds=10)
"""In this time after a customer's message shows, nobody has read it and answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """
    A reply to the customer.

    Attributes:
        message: Its row's id.
        person: Who answers for it.
        at: When it was written.
        has_left: Whether its sending has begun, so that it cannot be held any more.
    """

    message: int
    person: PersonId
    at: datetime
    has_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """
    A customer's message, other than the ticket's first, in the thread where a reply was written.

    Attributes:
        message: Its row's id.
        at: When it showed there; None: it is being posted at this moment.
    """

    message: int
    at: datetime | None


def collision(
    reply: Reply, others: Sequence[Reply], shown: Sequence[Shown], *, has_ticket: bool
) -> Reply | Shown | None:
    """
    What a reply collides with, so that its author must be asked; None: nothing.

    It collides with another person's reply that was written in the minute before it, if nothing from the customer
    showed between them. Read too late, when the other one has left, the earlier of the two is held in its place.

    It also collides with a customer's message that showed in the seconds before it. Who has the ticket is not asked
    then: they follow it, and nobody else is expected to answer.

    Args:
        others: The ticket's other replies that were sent, may have been, or are about to be.
        shown: In the thread of `reply`.
        has_ticket: Whether the person of `reply` has the ticket.
    """
    crossing = [other for other in others if _cross(reply, other, shown)]
    if crossing:
        return max(crossing, key=lambda other: other.at)
    return None if has_ticket else unread(reply, shown)


def unread(reply: Reply, shown: Sequence[Shown]) -> Shown | None:
    """What the customer wrote so short a time before a reply that its author cannot have read it; None: nothing."""
    found = [each for each in shown if each.at is None or timedelta() <= reply.at - each.at <= READING]
    return max(found, key=lambda each: each.at or reply.at, default=None)


def _cross(reply: Reply, other: Reply, shown: Sequence[Shown]) -> bool:
    first, last = sorted((reply.at, other.at))
    if other.person == reply.person or last - first > CROSSING:
        return False
    if other.at > reply.at and not other.has_left:
        return False  # the later of two is held
    return not any(each.at is not None and first < each.at <= last for each in shown)
