"""
What waits for one thread and has one author is said in one post.

Who joins is written down with the beginning of an attempt, before it is made. A message that joins keeps its own
delivery: it waits behind the first one's and is done with it. If the attempt certainly failed, they part, and the next
attempt joins what waits then. If its outcome is not known, they stay together: the first one's key finds the post that
says them all. Should the first one end without that being known, each other one is searched for under that key, before
it is posted by itself.

Only messages that the vendor has are joined: they never change. Nothing waits in order to be joined.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, MessageRow, message_row, require, to_ms
from bot.model import DeliveryId, Form, Further, Kind, Post, Purpose, State

WAITED = timedelta(seconds=1)
"""A post that leaves sooner joins nothing: so messages are joined only where a limit or an outage made them wait."""
MOST_JOINED = 9
"""How many messages can join one. Discord shows ten in one post."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A delivery that is made together with another one, and its message."""

    delivery: DeliveryId
    message: MessageRow
    is_unsaid: bool


def may_lead(delivery: DeliveryRow, message: MessageRow, now: datetime) -> bool:
    """Whether others may join this post, of which nothing has been posted yet. Pure."""
    return (
        delivery.kind is Kind.POST
        and (delivery.part, delivery.form) == (0, Form.FULL)
        and now - delivery.created_at >= WAITED
        and message.purpose is Purpose.VENDOR
        and not message.erased
    )


def waiting_behind(tx: Transaction, delivery: DeliveryRow, message: MessageRow, now: datetime) -> list[Joined]:
    """What follows this post in its lane and can be said in it, up to the first that cannot."""
    rows = tx.all(
        "waiting_behind",
        lane=delivery.lane,
        id=delivery.id,
        author=message.author,
        author_name=message.author_name,
        is_public=message.is_public,
        now=to_ms(now),
        most=MOST_JOINED,
    )
    found: list[Joined] = []
    for row in rows:
        if not row["joins"]:
            break
        found.append(_joined(tx, row["id"], row["message"], State.WAITING))
    return found


def join(tx: Transaction, delivery: DeliveryRow, others: list[Joined]) -> None:
    """These are said in this delivery's post."""
    if others:
        tx.run("join_posts", id=delivery.id, joined=json.dumps([other.delivery for other in others]))


def joined_to(tx: Transaction, delivery: DeliveryRow) -> tuple[Joined, ...]:
    """What is said in this delivery's post besides its own message, in order."""
    if delivery.kind is not Kind.POST:
        return ()
    rows = tx.all("joined_posts", id=delivery.id)
    return tuple(_joined(tx, row["id"], row["message"], State(row["state"])) for row in rows)


def together(post: Post, messages: list[Post]) -> Post:
    """One post that says all of these, which have one author. Pure."""
    further = (
        Further(text=each.text, at=each.at, formatted=each.formatted, files=each.attachments) for each in messages
    )
    return replace(post, further=tuple(further))


def _joined(tx: Transaction, delivery: int, message: int, state: State) -> Joined:
    row = message_row(require(tx.one("message", id=message)))
    # What is searched for as part of this post was never posted by itself: a new attempt says it, too.
    return Joined(DeliveryId(delivery), row, is_unsaid=state in (State.WAITING, State.UNCERTAIN))
