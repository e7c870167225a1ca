"""
Which replies in a simulated world cross, seen from outside: by when people wrote, and by what their threads showed.

It knows nothing of how the core finds that out. What only the core can know, such as that a post was on its way when
somebody wrote, makes it lenient: it is certain of what it calls a crossing, and of what it says was held for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations

from bot.model import Author, TicketId, Voice
from tests.support.simulation.room import Room, Written
from tests.support.simulation.shop import Shop

_CROSSING = timedelta(seconds=60)
_READING = timedelta(seconds=10)
_ONE_IN_BOTH = "Ann"

_Writing = tuple[Room, Written]


def crossed(shop: Shop, ticket: TicketId, written: Sequence[_Writing], told: Sequence[str]) -> list[str]:
    """
    Two people's replies of which the customer got both although they cross.

    Args:
        told: What the customer got without anybody having been asked; each text is that of one message.
    """
    sent = [(room, w) for room, w in written if w.versions == [w.versions[0]] and w.versions[0] in told]
    return [
        f"{ticket} was told {one.versions[0]!r} and {other.versions[0]!r}, which cross"
        for (one_room, one), (other_room, other) in combinations(sorted(sent, key=lambda each: each[1].at), 2)
        if _person(one_room, one) != _person(other_room, other)
        and other.at - one.at <= _CROSSING
        and not any(one.at < at <= other.at for room in (one_room, other_room) for at, _ in _shown(shop, ticket, room))
    ]


def may_be_held(shop: Shop, ticket: TicketId, room: Room, message: Written, written: Sequence[_Writing]) -> bool:
    """Whether somebody else wrote at nearly the same time, or the customer wrote what nobody had read."""
    others = [w for r, w in written if _person(r, w) != _person(room, message)]
    # A note that somebody sends by hand is a reply from then on.
    rivals = [w for w in others if w.sent_by_hand or not w.versions[0].startswith("// ")]
    # An edit makes a reply of what was a note, later than it was written.
    edited = len(message.versions) > 1 or message.sent_by_hand
    if edited or any(abs(w.at - message.at) <= _CROSSING or len(w.versions) > 1 or w.sent_by_hand for w in rivals):
        return True
    return _was_unread(shop, ticket, room, message.at)


def _person(room: Room, written: Written) -> str:
    return written.agent.name if written.agent.name == _ONE_IN_BOTH else f"{room.name}:{written.agent.id}"


def _shown(shop: Shop, ticket: TicketId, room: Room) -> list[tuple[datetime, str]]:
    """When the customer's messages, except the first, showed in the ticket's threads; some in parts, some twice."""
    theirs = _of_customer(shop, ticket)
    threads = [thread for thread in room.threads() if room.ticket_of(thread) == ticket]
    posts = [shown for thread in threads for shown in room.shown[thread] if shown.post.voice is Voice.CUSTOMER]
    return [(shown.at, shown.post.text) for shown in posts if shown.post.text in theirs[1:]]


def _was_unread(shop: Shop, ticket: TicketId, room: Room, at: datetime) -> bool:
    """
    Whether the customer had written something by then that had not stood in a thread for long enough.

    What showed again in the thread that replaced a deleted one counts as just shown, too, and so does what showed just
    afterwards: its post can have been on its way.
    """
    shown = _shown(shop, ticket, room)
    settled = {text for shown_at, text in shown if shown_at < at - _READING}
    before = [m for m in shop.said[ticket] if m.author is Author.CUSTOMER and (m.written_at or at) <= at]
    return len(before) - 1 > len(settled) or any(abs(shown_at - at) <= _READING for shown_at, _ in shown)


def _of_customer(shop: Shop, ticket: TicketId) -> list[str]:
    return [message.text for message in shop.said[ticket] if message.author is Author.CUSTOMER]
