"""
Lines with buttons: a question about a held reply, or the report of something that failed.

As soon as it is decided what becomes of that, the line shows the decision, and no buttons any more: they would do
nothing. That is an edit of the line's post, made by the line's own delivery, which waits again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import to_ms
from bot.model import Button, DeliveryId, State, Verb
from bot.wording import decisions


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What became of the delivery that a line asks about.

    Attributes:
        text: In words for people.
        plainer: The same without anybody's name.
    """

    text: str
    plainer: str


def hold_buttons(reply: DeliveryId) -> tuple[Button, ...]:
    """The buttons under a question whether a held reply shall be sent."""
    return (
        Button(verb=Verb.RETRY, label="Send", delivery=reply),
        Button(verb=Verb.DISCARD, label="Discard", delivery=reply),
    )


def sent_by(name: str | None, was: State) -> Decision:
    """
    Somebody has sent it, or has it tried again.

    Args:
        name: Who; None: the operator.
        was: The delivery's state before that.
    """
    return _chosen("Send" if was is State.HELD else "Retry", name)


def discarded_by(name: str | None) -> Decision:
    """Somebody has discarded it; None: the operator."""
    return _chosen("Discard", name)


def kept_by(name: str) -> Decision:
    """Somebody keeps it as a note."""
    return Decision(decisions.kept_as_note(name), decisions.kept_as_note(""))


def without_name(text: str) -> Decision:
    """A decision that names nobody."""
    return Decision(text, text)


def decided(tx: Transaction, delivery: DeliveryId, decision: Decision, now: datetime) -> None:
    """
    It is decided what becomes of a delivery: each line that has buttons about it shows that, and no later decision.

    A line that is not posted yet is not posted any more.
    """
    tx.run("decide_lines", delivery=delivery, text=decision.text, plainer=decision.plainer, now=to_ms(now))


def _chosen(label: str, name: str | None) -> Decision:
    return Decision(
        decisions.chosen(label, decisions.OPERATOR if name is None else name),
        decisions.chosen(label, decisions.OPERATOR if name is None else ""),
    )
