"""
Messages that their vendor calls otherwise than before, as when its ids become longer, or are told for the first time.

They are known again by who wrote what at which time, so that nothing is shown twice. It is looked for only where no
message of a ticket has the id under which it was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.db.connection import Row, Transaction
from bot.db.rows import TicketRow, from_ms, message_row, to_ms
from bot.model import Author, Kind, Message, MessageId
from bot.text import comparable, signed
from bot.tickets.from_vendors.own_messages import Attempted, claimed
from bot.tickets.from_vendors.snapshot import Portion, TicketSnapshot


def rename(tx: Transaction, ticket: TicketRow, snapshot: TicketSnapshot) -> bool:
    """Record under which ids a whole reading has the ticket's messages, if those are others now; whether they are."""
    if snapshot.portion is not Portion.WHOLE:
        return False
    found = renamed(tx, ticket, snapshot)
    for message, vendor_id in found.items():
        tx.run("set_message_vendor_id", id=message, vendor_id=vendor_id)
    return bool(found)


def renamed(tx: Transaction, ticket: TicketRow, snapshot: TicketSnapshot) -> dict[int, MessageId]:
    """The new id of each recorded message that the reading has under another one; empty: none of a forgotten ticket."""
    messages = snapshot.messages or ()
    shown = {each for message in messages for each in (message.id, message.shared_id)}
    recorded = {row["vendor_id"] for row in tx.all("vendor_ids_of_ticket", ticket=ticket.number)}
    if not messages or not recorded or ticket.forgotten or not recorded.isdisjoint(shown):
        return {}
    rows = tx.all("messages_at_vendor", ticket=ticket.number)
    theirs = _theirs([row for row in rows if row["kind"] is None], messages)
    left = [message for message in messages if message.id not in theirs.values()]
    ours = claimed([(_attempted(row), row["id"]) for row in rows if row["kind"] is not None], left, snapshot.ahead)
    # Without a message of somebody else's that is the same, what looks like our reply may be a colleague's.
    return theirs | {message: vendor_id for vendor_id, message in ours.items()} if theirs else {}


def _theirs(rows: Sequence[Row], messages: Sequence[Message]) -> dict[int, MessageId]:
    """Of what was read from the vendor: which message each is now. Pure."""
    left = {_key(message): message.id for message in reversed(messages) if message.written_at is not None}
    found: dict[int, MessageId] = {}
    for row in rows:
        words = comparable(row["text"])
        vendor_id = left.pop((Author(row["author"]), bool(row["is_public"]), row["written_at"], words), None)
        if vendor_id is not None:
            found[row["id"]] = vendor_id
    return found


def _key(message: Message) -> tuple[Author, bool, int, str]:
    written_at = 0 if message.written_at is None else to_ms(message.written_at)
    return message.author, message.is_public, written_at, comparable(message.text)


def _attempted(row: Row) -> Attempted:
    files = tuple(file.name for file in message_row(row).attachments)
    kind = Kind(row["kind"])
    text = row["text"] if kind is Kind.REPLY else signed(row["author_name"] or "", row["text"])
    return Attempted(kind, text, from_ms(row["queued_at"]), files)
