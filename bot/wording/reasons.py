"""
Why something did not happen or cannot be done. Other sentences contain these, after what happened.

Each says what is wrong and, if somebody can help, what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.wording.phrases import characters, duration, listed


def notes_unsupported() -> str:
    return "The vendor has no place for notes."


def file_lost(name: str) -> str:
    return f"The file {name} is no longer in the chat. Please attach it to a new message."


def file_out_of_reach(name: str, chat: str) -> str:
    return f"The file {name} cannot be fetched, because {chat} is no longer in shopbell's settings."


def file_too_large(name: str) -> str:
    return f"The file {name} is too large for this store's vendor. Please send it in another way."


def no_room() -> str:
    return "The disk of shopbell's machine has no room for a file."


def interrupted() -> str:
    return "shopbell was stopped while sending it."


def not_read_yet(chat: str) -> str:
    return f"shopbell cannot read yet what else was written in {chat}, or by whom."


def not_accepted(vendor: str, what: Sequence[str]) -> str:
    return f"{vendor} does not accept {listed(what)}."


def nothing_to_send() -> str:
    return "It contains nothing to send."


def too_long(vendor: str, over: int) -> str:
    return f"This reply is {characters(over)} too long for {vendor}. Please send it in parts."


def forgotten() -> str:
    return (
        "This ticket was erased here, so nothing can be sent to its vendor from here. "
        "Answer in the vendor's own dashboard, or wait until the customer writes again."
    )


def replaced(vendor: str) -> str:
    return f"{vendor} no longer has this ticket, and has given its id to another one. That one has a thread of its own."


def left_behind(vendor: str) -> str:
    return (
        f"This ticket is at the store's former vendor. The store is at {vendor} now, which does not know this ticket."
    )


def message_erased() -> str:
    return "This message was erased."


def store_unknown(store: str) -> str:
    return f"The store {store} is no longer in shopbell's settings, so its tickets cannot be changed."


def went_wrong(reference: str) -> str:
    return f"Something went wrong inside shopbell. Its log has the details under {reference}."


def clock_is_off(chat: str, ahead: timedelta) -> str:
    which = "ahead of" if ahead > timedelta() else "behind"
    return f"This machine's clock is {duration(abs(ahead))} {which} {chat}'s."


def set_the_clock() -> str:
    return "Set this machine's clock, and keep it right with a time service (NTP)."
