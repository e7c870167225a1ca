"""The links of a ticket to its threads: found by a thread, opened in each channel, dropped if none can be opened."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Sequence
from dataclasses import replace
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, LinkRow, MessageRow, delivery_row, link_row, to_ms
from bot.model import ChannelId, ChatName, Kind, Place, TicketNumber
from bot.tickets.decisions import decided, discarded_by
from bot.tickets.enqueue import has_no_thread, line, links_of, load_link, open_link
from bot.wording import notices


def find_link(tx: Transaction, place: Place) -> LinkRow | None:
    """The link that has this thread, or had it before its present one; None: it belongs to no ticket."""
    if place.thread is None:
        return None
    where = {"chat": place.chat, "channel": place.channel, "thread": place.thread}
    row = tx.one("link_by_thread", **where) or tx.one("link_by_former_thread", **where)
    return None if row is None else link_row(row)


def threads_to_tell(tx: Transaction, link: int, chats: Container[ChatName]) -> list[LinkRow]:
    """
    Where something is said about a message: in the thread of its link, or if nobody can say it there, in the others.

    Args:
        chats: Those that the settings name.
    """
    own = load_link(tx, link)
    if own.chat in chats and not has_no_thread(tx, own):
        return [own]
    others = (other for other in links_of(tx, own.ticket) if other.id != link and other.chat in chats)
    return [other for other in others if not has_no_thread(tx, other)]


def is_in_present_thread(link: LinkRow, message: MessageRow) -> bool:
    """Whether a message that was written in a thread of this link is in the one that the link has now."""
    return link.id == message.link and link.thread == message.thread


def place_of(link: LinkRow, message: MessageRow) -> Place:
    """Where a person wrote a message: in the link's thread, or in one that it had before."""
    return replace(link.place, thread=message.thread)


def channels_with_threads(tx: Transaction, chat: ChatName) -> frozenset[ChannelId]:
    """The channels in which tickets have threads; a thread that works stays, whatever the settings say now."""
    return frozenset(ChannelId(row["channel"]) for row in tx.all("channels_with_threads", chat=chat))


def message_in_unknown_thread(tx: Transaction, place: Place) -> None:
    """A message came in a thread of no known ticket: threads being opened there must be read."""
    if place.thread is not None:
        tx.run("set_spoken_in", chat=place.chat, channel=place.channel)


def is_being_opened(tx: Transaction, link: LinkRow) -> bool:
    """Whether a link's thread exists, but its first messages are still to be read."""
    return tx.one("opening_in_progress", link=link.id) is not None


def open_links(tx: Transaction, ticket: TicketNumber, channels: Sequence[Place], now: datetime) -> None:
    """Give the ticket a link, and the delivery that opens its thread, in each channel where it has none."""
    for channel in channels:
        link = tx.add("insert_link", ticket=ticket, chat=channel.chat, channel=channel.channel)
        if link is not None:
            open_link(tx, load_link(tx, link), now)


def give_up_thread(tx: Transaction, opening: DeliveryRow, now: datetime) -> list[DeliveryRow]:
    """
    The opening of a thread was dropped: drop all that waits for it, and report that in the ticket's other threads.

    Returns:
        What was dropped with it.
    """
    link = None if opening.link is None else load_link(tx, opening.link)
    if opening.kind is not Kind.OPEN or link is None or link.thread is not None:
        return []
    waiting = [delivery_row(row) for row in tx.all("unfinished_in_lane", lane=opening.lane)]
    for delivery in waiting:
        tx.run("drop_delivery", id=delivery.id, now=to_ms(now))
        decided(tx, delivery.id, discarded_by(None), now)
    for other in links_of(tx, link.ticket):
        line(tx, other, notices.opening_dropped(link.chat.title()), now)
    return waiting


def address_of(
    tx: Transaction, ticket: TicketNumber, places: Collection[Place], address: Callable[[Place], str]
) -> str:
    """
    Where a ticket's thread in one of these channels is opened; empty: it has none yet.

    Args:
        address: Of the channels' chat; see `bot.ports.Chat.address`.
    """
    for link in links_of(tx, ticket):
        if link.thread is not None and Place(chat=link.chat, channel=link.channel) in places:
            return address(link.place)
    return ""
