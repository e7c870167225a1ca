"""
Adding deliveries to their lanes, inside the transaction that makes them necessary.

A lane keeps its order. All messages of a ticket to one thread share a lane; so do its replies, notes and statuses to
the vendor. Each card and each mark has its own lane: it shows the current state, so its order does not matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, TicketRow, delivery_row, link_row, payload_json, require, to_ms
from bot.model import (
    Button,
    DeliveryId,
    ErasePayload,
    Kind,
    LinePayload,
    Mention,
    NewCardPayload,
    NoPayload,
    OpenPayload,
    Payload,
    State,
    Status,
    StatusPayload,
    StoreName,
    TicketNumber,
)

# A thread that is deleted again and again is replaced more slowly: a bot may be deleting it.
_OPENINGS_WINDOW = timedelta(minutes=10)
_MOST_OPENINGS = 3
_NO_PAYLOAD = NoPayload()
# What is said in a closed ticket's thread is said sooner; else its card is shown without waiting for it.
_CARD_WAITS = timedelta(seconds=2)


def store_destination(store: StoreName) -> str:
    """The destination of everything that goes to a store's vendor."""
    return f"store:{store}"


def chat_destination(chat: str) -> str:
    """The destination of everything that goes to a chat."""
    return f"chat:{chat}"


def links_of(tx: Transaction, ticket: TicketNumber) -> list[LinkRow]:
    """The ticket's links, oldest first."""
    return [link_row(row) for row in tx.all("links_of_ticket", ticket=ticket)]


def open_link(tx: Transaction, link: LinkRow, now: datetime) -> None:
    """Queue the opening of a link's thread, first in its lane; delayed if it was opened often lately."""
    often = len(tx.all("recent_openings", link=link.id, since=to_ms(now - _OPENINGS_WINDOW))) >= _MOST_OPENINGS
    lane, destination = thread_lane(link), chat_destination(link.chat)
    due = now + _OPENINGS_WINDOW if often else now
    add_delivery(
        tx, Kind.OPEN, lane, destination, now, due=due, ticket=link.ticket, link=link.id, payload=OpenPayload()
    )


def has_no_thread(tx: Transaction, link: LinkRow) -> bool:
    """Whether a link has no thread and none is being opened: the thread was given up."""
    return load_link(tx, link.id).thread is None and tx.one("unfinished_opening", link=link.id) is None


def post(tx: Transaction, link: LinkRow, message: int, now: datetime) -> None:
    """
    Queue a message for a link's thread, and a new thread if that was given up.

    Has no effect if called again, except where the post shows something else than the message: then it is changed.
    """
    if has_no_thread(tx, link):
        open_link(tx, link, now)
    lane, destination = thread_lane(link), chat_destination(link.chat)
    added = add_delivery(tx, Kind.POST, lane, destination, now, ticket=link.ticket, link=link.id, message=message)
    if added is None:
        tx.run("show_message_itself", message=message, link=link.id, now=to_ms(now))


def line(
    tx: Transaction,
    link: LinkRow,
    text: str,
    now: datetime,
    buttons: Iterable[Button] = (),
    *,
    plainer_text: str | None = None,
    ping: Mention | None = None,
    message: int | None = None,
) -> None:
    """
    Queue a line of shopbell's own for a link's thread. Has no effect if the thread was given up.

    Args:
        plainer_text: What is posted instead if the chat refuses `text`.
        ping: Whom the line pings; None: nobody.
        message: The message that it quotes, and without which `plainer_text` does; None: none.
    """
    if has_no_thread(tx, link):
        return
    payload = LinePayload(text=text, buttons=tuple(buttons), plainer_text=plainer_text, ping=ping)
    lane, destination = thread_lane(link), chat_destination(link.chat)
    add_delivery(
        tx, Kind.LINE, lane, destination, now, ticket=link.ticket, link=link.id, message=message, payload=payload
    )


def lines(tx: Transaction, ticket: TicketNumber, text: str, now: datetime) -> None:
    """Queue a line of shopbell's own for every thread of a ticket."""
    for link in links_of(tx, ticket):
        line(tx, link, text, now)


def cards(tx: Transaction, ticket: TicketNumber, now: datetime) -> None:
    """The ticket's cards must change: raise its version and queue each card, unless it is queued already."""
    tx.run("raise_ticket_version", number=ticket)
    for link in links_of(tx, ticket):
        card(tx, link, now)


def card(tx: Transaction, link: LinkRow, now: datetime) -> None:
    """
    Queue one card. A thread that is still to be opened needs none: its opening shows the current state.

    Call it after what is queued for the thread: then the card of a closed ticket is shown once, when that is said.
    """
    if link.thread is not None:
        tx.run(
            "insert_card",
            lane=f"card:{link.id}",
            thread_lane=thread_lane(link),
            destination=chat_destination(link.chat),
            ticket=link.ticket,
            link=link.id,
            now=to_ms(now),
            later=to_ms(now + _CARD_WAITS),
        )


def erase(tx: Transaction, link: LinkRow, now: datetime, messages: Collection[int] = ()) -> None:
    """
    Queue the erasing of what we posted in a link's thread, after what is being posted there now.

    Args:
        messages: Only what was posted of these; empty: everything, and the thread's name.
    """
    lane, destination = thread_lane(link), chat_destination(link.chat)
    payload = ErasePayload(messages=tuple(sorted(messages)))
    row = tx.one("waiting_erasing", link=link.id)
    if row is not None:  # this one comes later, so it finds all that the other one would
        tx.run("drop_delivery", id=row["id"], now=to_ms(now))
        before = delivery_row(row).payload_as(ErasePayload).messages
        both = before and payload.messages
        payload = ErasePayload(messages=tuple(sorted({*before, *payload.messages})) if both else ())
    add_delivery(tx, Kind.ERASE, lane, destination, now, ticket=link.ticket, link=link.id, payload=payload)


def new_card(tx: Transaction, link: LinkRow, now: datetime) -> None:
    """Queue a new card for a thread whose card was deleted, unless it is queued already."""
    lane, destination = thread_lane(link), chat_destination(link.chat)
    payload = NewCardPayload(deleted=require(link.card))
    add_delivery(tx, Kind.NEW_CARD, lane, destination, now, ticket=link.ticket, link=link.id, payload=payload)


def reply(
    tx: Transaction,
    ticket: TicketRow,
    message: int,
    due: datetime,
    now: datetime,
    *,
    held: bool = False,
    requested: bool = False,
) -> DeliveryId | None:
    """
    Queue an agent's message for the customer; None: it is queued or was sent already.

    Args:
        held: Whether it waits until an agent confirms it.
        requested: Whether an agent has just asked to send it as it is.
    """
    lane, destination = _vendor_lane(ticket), store_destination(ticket.store)
    state = State.HELD if held else State.WAITING
    return add_delivery(
        tx,
        Kind.REPLY,
        lane,
        destination,
        now,
        due=due,
        ticket=ticket.number,
        message=message,
        state=state,
        requested=requested,
    )


def order_replies(tx: Transaction, ticket: TicketNumber) -> None:
    """
    Put a ticket's replies that have not started into the order in which they were written.

    Chats can deliver messages of nearly the same time in any order. The deliveries keep their places in the lane, and
    exchange their contents.
    """
    waiting = tx.all("unattempted_replies", ticket=ticket)
    written = sorted(waiting, key=lambda row: (row["written_at"], row["message"]))
    moved = [(row["id"], other) for row, other in zip(waiting, written, strict=True) if row["id"] != other["id"]]
    for delivery, _ in moved:
        tx.run("clear_delivery_message", id=delivery)
    for delivery, other in moved:
        contents = {name: other[name] for name in ("message", "requested", "late_is_told")}
        tx.run("set_delivery_message", id=delivery, due=other["due_at"], **contents)


def note(tx: Transaction, ticket: TicketRow, message: int, due: datetime, now: datetime) -> None:
    """Queue an agent's note for the notes at the vendor."""
    lane, destination = _vendor_lane(ticket), store_destination(ticket.store)
    add_delivery(tx, Kind.NOTE, lane, destination, now, due=due, ticket=ticket.number, message=message)


def status(
    tx: Transaction, ticket: TicketRow, wanted: Status, by: str, now: datetime, agent: str | None = None
) -> DeliveryId:
    """Queue closing or reopening a ticket at its vendor; for `by` and `agent` see the payload."""
    payload = StatusPayload(wanted=wanted, by=by, agent=agent)
    lane, destination = _vendor_lane(ticket), store_destination(ticket.store)
    return require(add_delivery(tx, Kind.STATUS, lane, destination, now, ticket=ticket.number, payload=payload))


def _vendor_lane(ticket: TicketRow) -> str:
    return f"vendor:{ticket.number}"


def thread_lane(link: LinkRow) -> str:
    """The lane of everything that is posted in a link's thread."""
    return f"thread:{link.id}"


def load_link(tx: Transaction, link: int) -> LinkRow:
    """A link that is certain to be there. Raises `LookupError` if not: a defect."""
    return link_row(require(tx.one("link", id=link)))


def add_delivery(
    tx: Transaction,
    kind: Kind,
    lane: str,
    destination: str,
    now: datetime,
    *,
    due: datetime | None = None,
    ticket: TicketNumber | None = None,
    link: int | None = None,
    message: int | None = None,
    payload: Payload = _NO_PAYLOAD,
    state: State = State.WAITING,
    requested: bool = False,
) -> DeliveryId | None:
    """
    Add one delivery to its lane.

    Args:
        due: When it may start; None: now.
        payload: Of the type that `PAYLOADS` has for the kind.
        requested: Whether an agent has asked for it by hand.

    Returns:
        None: there is one already, by the unique indexes on `deliveries`.
    """
    delivery = tx.add(
        "insert_delivery",
        kind=kind,
        lane=lane,
        destination=destination,
        ticket=ticket,
        link=link,
        message=message,
        payload=payload_json(payload),
        state=state,
        requested=requested,
        asks_about=_asked_about(payload),
        now=to_ms(now),
        due=to_ms(due or now),
    )
    return None if delivery is None else DeliveryId(delivery)


def _asked_about(payload: Payload) -> DeliveryId | None:
    """The delivery that a line's buttons are about; None: it has none, or they are about a ticket."""
    return payload.buttons[0].delivery if isinstance(payload, LinePayload) and payload.buttons else None
