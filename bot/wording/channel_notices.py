"""What whole channels read: of stores and chats in trouble, and the day in a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.text import ended, one_line
from bot.wording.phrases import duration, listed

_NAMED = 3
_MOST_NAMED = 10
_CALLED = 100
"""Characters of what a ticket is called: an id can be of any length."""


def day(
    waiting: int,
    oldest: int,
    waited: timedelta,
    address: str,
    taken: Sequence[tuple[str, int]],
    *,
    broken: int | None,
    recovered: int,
    lost: int,
) -> str:
    """
    The day in a line, for a channel.

    Args:
        oldest: The number of the ticket that has waited longest, and `waited` how long; `address` may be empty.
        taken: Who has how many of those that wait.
        broken: Promises broken since yesterday; None: none was made.
    """
    tickets = "ticket waits" if waiting == 1 else "tickets wait"
    parts = [f"☀️ {waiting} {tickets} for us; the oldest is #{oldest}, for {duration(max(waited, timedelta()))}."]
    nobody = waiting - sum(amount for _, amount in taken)
    has = [f"{name} has {amount}" for name, amount in taken[:_MOST_NAMED]]
    more = sum(amount for _, amount in taken[_MOST_NAMED:])
    has += [f"others have {more}"] if more else []
    has += [f"nobody has {nobody}"] if nobody else []
    nobody_at_all = "Nobody has taken it." if waiting == 1 else "Nobody has taken one."
    parts.append(ended(listed(has)) if taken else nobody_at_all)
    if broken is not None:
        parts.append(f"Promises broken since yesterday: {broken}.")
    parts.append(f"Recovered since yesterday: {recovered}. Lost: {lost}.")
    parts += [f"The oldest: {address}"] if address else []
    return " ".join(parts)


def store_paused(store: str, reason: str) -> str:
    return f"⏸️ {store} is paused. {reason} Everything waits until this is fixed; nothing is lost."


def store_down(store: str, reason: str) -> str:
    return f"⚠️ {store} does not answer. {reason} What you write waits and is sent when it works again."


def store_limited(store: str, reason: str) -> str:
    return f"⏳ {store} is rate-limiting us. {reason} New messages come late, and your replies may be late, too."


def tickets_unreadable(store: str, tickets: Sequence[str], reason: str) -> str:
    tickets = [one_line(each, _CALLED) for each in tickets]
    if len(tickets) == 1:
        return (
            f"⚠️ A ticket of {store} cannot be read: {tickets[0]}. {reason} "
            "It gets its thread as soon as it can be read."
        )
    named, more = tickets[:_NAMED], len(tickets) - _NAMED
    all_named = listed([*named, f"{more} more"]) if more > 0 else listed(named)
    return (
        f"⚠️ {len(tickets)} tickets of {store} cannot be read: {all_named}. {reason} "
        "Each gets its thread as soon as it can be read."
    )


def missed_messages_found(amount: int, chat: str) -> str:
    what, are = ("1 missed message", "it is") if amount == 1 else (f"{amount} missed messages", "they are")
    return f"🔁 Connected to {chat} again. Found {what}; {are} being handled now."


def channel_failing(chat: str, reason: str) -> str:
    return f"⚠️ shopbell cannot show tickets in {chat} right now. {reason} What belongs there waits until this is fixed."


def channel_back(chat: str) -> str:
    return f"▶️ Tickets appear in {chat} again. What waited is on its way."


def store_back(store: str) -> str:
    return f"▶️ {store} works again. What waited is on its way."
