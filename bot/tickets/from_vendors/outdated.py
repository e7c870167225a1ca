"""
What a reading of a ticket does not undo. Pure.

A ticket is read at its vendor and recorded some time later, and a vendor's reads may lag behind its writes. So a status
that we set, a reply of ours that arrived, and what another reading has shown may be newer than a reading that does not
show them. Then they stay, and the ticket is read again. Only what a customer certainly wrote later counts for more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.db.rows import TicketRow, to_ms
from bot.model import RECONCILE_DELAYS, Author, Message, MessageId
from bot.tickets.day.queue import Awaited, awaited
from bot.tickets.from_vendors.own_messages import latest
from bot.tickets.from_vendors.snapshot import TicketSnapshot

# How long a vendor's reads may lag behind its writes: when the last search for a reply found nothing, it is not there.
LONGEST_READ_LAG = timedelta(seconds=sum(RECONCILE_DELAYS))


def is_status_outdated(known: TicketRow, snapshot: TicketSnapshot) -> bool:
    """
    Whether the status that was read may be from before our own change to it, or from before the ticket was gone.

    It is not if the customer wrote after that change: who reads the message reads the status that it led to.
    """
    if is_from_before_it_was_gone(known, snapshot):
        return True
    if any(_is_written_after(message, known.status_set_at, snapshot) for message in snapshot.messages or ()):
        return False
    at_vendor_too = not known.closed_here_only and snapshot.ticket.status is not known.status
    return snapshot.said_at < known.status_set_at + (LONGEST_READ_LAG if at_vendor_too else timedelta())


def is_from_before_it_was_gone(known: TicketRow, snapshot: TicketSnapshot) -> bool:
    """
    Whether the reading was asked for before the vendor had said twice that the ticket does not exist.

    An answer that took longer than these two are apart says how it was before. Only what the customer certainly wrote
    afterwards proves that the ticket is there.
    """
    if known.gone_at is None or snapshot.read_at >= known.gone_at:
        return False
    return not any(_is_written_after(message, known.gone_at, snapshot) for message in snapshot.messages or ())


def is_older(known: TicketRow, snapshot: TicketSnapshot, now: datetime) -> bool:
    """
    Whether a newer reading of the ticket is recorded already. A time after now is from a clock that was set back.

    What the vendor says of the ticket itself has no times by which one could tell: subject, status, customer, facts.
    """
    return known.said_at is not None and snapshot.said_at < known.said_at <= now


def _is_written_after(message: Message, moment: datetime, snapshot: TicketSnapshot) -> bool:
    """Whether a customer's message was certainly written after this moment of our clock."""
    if message.author is not Author.CUSTOMER or message.written_at is None:
        return False
    return message.written_at - (snapshot.ahead or timedelta()) > moment


@dataclass(frozen=True, slots=True)
class Recent:
    """
    A public message that is at the vendor, as we have known only since a reading began, or shortly before.

    Attributes:
        id: None: ours, and the vendor has not named it.
        is_ours: It is a reply from a chat. Readings may lack it for some time after `known_at`.
        written_at: By the vendor's clock; None: unknown, as of everything that is ours.
        known_at: By our clock.
    """

    id: MessageId | None
    author: Author
    is_ours: bool
    written_at: datetime | None
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """
    Whose turn it is by a reading; `awaited` is None if nothing says it.

    Attributes:
        read_again: Whether the reading lacks what is newer, so that the next one has to show the order.
    """

    awaited: Awaited | None
    read_again: bool = False


def turn_as_read(snapshot: TicketSnapshot) -> Awaited | None:
    """Whose turn it is by a reading alone. What is older than a message that was read with it does not count."""
    messages = snapshot.messages or ()
    said_at = latest(snapshot.said_at, snapshot.ahead)
    is_older = any(message.written_at is not None and message.written_at > said_at for message in messages)
    return awaited(None if is_older else snapshot.ticket.awaiting, messages)


def undoes(known: TicketRow, found: Awaited | None) -> bool:
    """Whether a reading would change whose turn it is, or since when: only then it matters what it lacks."""
    if found is None or known.awaiting is None:
        return False
    since = known.waiting_since
    other_since = found.since is not None and (since is None or to_ms(found.since) != to_ms(since))
    return found.awaiting != known.awaiting or other_since


def turn(snapshot: TicketSnapshot, recent: Collection[Recent]) -> Turn:
    """
    Whose turn it is by a reading, with what it lacks.

    What the vendor itself says counts only if it says it after all of that.

    Args:
        recent: What may be newer than the reading. If that is not whole: also what is older, and may be missing there.
    """
    messages = snapshot.messages or ()
    shown = {message.id for message in messages}
    unseen = [each for each in recent if each.id is None or each.id not in shown]
    if not unseen and not any(each.is_ours for each in recent):
        return Turn(turn_as_read(snapshot))
    return Turn(awaited(None, _with(messages, unseen, snapshot.ahead)), read_again=bool(unseen))


def _with(messages: Sequence[Message], unseen: Sequence[Recent], ahead: timedelta | None) -> list[Message]:
    """A conversation with what it lacks: each stands before the first message that was certainly written later."""
    # A reply that the vendor altered beyond recognition and does not name always counts as lacking. Who writes within
    # two seconds of it (at a vendor whose clock is unknown: at any time while it is recent) then shows as waiting only
    # when it is not recent any more, `LONGEST_READ_LAG` later. Nothing shortens that for certain. A message of the
    # staff that nobody knows may be that reply or a colleague's; and that an earlier reading lacked the customer's
    # message proves no order, for it may have lagged. To take either for certain would tell people that somebody waits
    # whom they have just answered. The customer's message itself is shown at once, and its wait counts from its own
    # time.
    whole = [(message.written_at, message) for message in messages]
    for each in sorted(unseen, key=lambda each: each.known_at):
        at = each.written_at or latest(each.known_at, ahead)
        index = next((i for i, (written, _) in enumerate(whole) if written is not None and written > at), len(whole))
        message = Message(id=each.id or MessageId(""), author=each.author, text="", written_at=each.written_at)
        whole.insert(index, (at, message))
    return [message for _, message in whole]
