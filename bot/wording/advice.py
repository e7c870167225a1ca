"""What to do next about a message or a ticket: the last sentence of `/why` and `shopbell why`."""

from __future__ import annotations

from bot.text import ended


def nothing_arrived() -> str:
    return "Nothing: it arrived."


def nothing_shown() -> str:
    return "Nothing: every thread of the ticket shows it."


def nothing_note() -> str:
    return "Nothing: it is a note, and stays with the team."


def nothing_discarded() -> str:
    return "Nothing: it was discarded. If the customer must have it, write it again."


def nothing_command() -> str:
    return "Nothing: it was a command."


def nothing_deleted() -> str:
    return "Nothing: it was deleted before it left."


def nothing_erased() -> str:
    return "Nothing: this message was erased."


def nothing_in_order() -> str:
    return "Nothing: everything is in order."


def nothing_not_followed() -> str:
    return "Nothing: this ticket has no threads, because it was there before shopbell and nobody has written since."


def send_it() -> str:
    return "If the customer must have it, use “Send to customer” in its menu."


def no_command(near: str) -> str:
    """Of a message that seems to be meant for shopbell; `near`: the command that is most like it, or nothing."""
    guess = f" Did you mean {near}?" if near else ""
    return f"This is no command of shopbell, so nothing was done.{guess} {send_it()}"


def command_not_alone() -> str:
    """Of a command that was sent with a file, a poll or the like, where messages stay with the team."""
    return f"A command that comes with more, such as a file, is not done. Write the command alone. {send_it()}"


def send_again() -> str:
    return "It was discarded. If the customer must have it, use “Send to customer” in its menu."


def add_agent() -> str:
    return "Ask whoever runs shopbell to add its author as an agent, or use “Send to customer” in its menu."


def wait_for_older() -> str:
    return "Wait: shopbell still reads what was written before it."


def wait_until(at: str) -> str:
    return f"Wait: it leaves at {at}."


def wait_for_turn() -> str:
    return "Wait: its turn comes at once."


def wait_for_answer(where: str) -> str:
    return f"Wait: {where} is answering just now."


def wait_for_try(at: str, reason: str) -> str:
    return f"Wait: the next try is at {at}. {reason}".rstrip()


def wait_for_search(at: str, where: str, reason: str) -> str:
    return f"Wait: it is looked for in {where} again at {at}, and sent again only if it is not there. {reason}".rstrip()


def goes_first(advice: str) -> str:
    return f"Something of this ticket that is older goes first. {advice}"


def press_retry(reason: str, *, in_doubt: bool) -> str:
    """`reason`: the answer, as a sentence; empty: it is not known."""
    what = "Press Retry in its thread" + (" (it first looks whether it arrived)" if in_doubt else "")
    return f"{what}{_once_put_right(reason)}"


def press_send_or_discard() -> str:
    return "Press Send or Discard in its thread."


def retry_in_outbox(reason: str, delivery: int) -> str:
    """`reason`: as in `press_retry`."""
    return f"Ask whoever runs shopbell to type `shopbell outbox retry {delivery}`{_once_put_right(reason)}"


def _once_put_right(reason: str) -> str:
    """The end of a sentence that says what to do. The reason stands last, because it may be long and is cut then."""
    return f" once this is put right: {ended(reason)}" if reason else "."


def store_first(reason: str) -> str:
    return f"{reason} Afterwards it goes on by itself."


def store_missing(store: str) -> str:
    return f"Put the store {store} back into shopbell's settings: without it nothing is sent."
