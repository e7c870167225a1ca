"""When two replies cross, and when a customer's message cannot have been read: the whole table."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.model import PersonId
from bot.tickets.replies.collisions import Reply, Shown, collision
from tests.support.database import NOON


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def by(person: str, seconds: float, *, message: int = 1, has_left: bool = True) -> Reply:
    return Reply(message=message, person=PersonId(person), at=at(seconds), has_left=has_left)


def shows(seconds: float | None, message: int = 9) -> Shown:
    return Shown(message=message, at=None if seconds is None else at(seconds))


BOB = by("bob", 100, message=2, has_left=False)
"""He wrote a hundred seconds after noon; each case is about what else there is."""


@pytest.mark.parametrize(
    ("others", "shown", "expected"),
    [
        ([], [], None),
        ([by("ann", 40)], [], by("ann", 40)),  # sixty seconds before
        ([by("ann", 39.999)], [], None),
        ([by("ann", 100)], [], by("ann", 100)),  # at the same moment: whoever is read second is asked
        ([by("bob", 95)], [], None),  # his own
        ([by("bob", 97), by("ann", 95)], [], by("ann", 95)),
        ([by("ann", 60), by("cho", 90, message=3), by("ann", 70)], [], by("cho", 90, message=3)),  # the latest
        ([by("ann", 90, has_left=False)], [], by("ann", 90, has_left=False)),  # it waits, and was first
        ([by("ann", 101, has_left=False)], [], None),  # it waits, and is later: it is held in its turn
        ([by("ann", 101)], [], by("ann", 101)),  # it is later, and the customer has it
        ([by("ann", 160)], [], by("ann", 160)),
        ([by("ann", 160.001)], [], None),
        ([by("ann", 70)], [shows(80)], None),  # between
        ([by("ann", 70)], [shows(100)], None),
        ([by("ann", 70)], [shows(70)], by("ann", 70)),  # hers answers it
        ([by("ann", 70)], [shows(60)], by("ann", 70)),  # before both
        ([by("ann", 70)], [shows(101)], by("ann", 70)),  # after both
        ([by("ann", 70)], [shows(None)], by("ann", 70)),  # nobody has seen it yet
        ([by("ann", 120)], [shows(110)], None),  # she answers something newer
        ([by("ann", 120)], [shows(130)], by("ann", 120)),
        ([by("ann", 60), by("ann", 90, message=3)], [shows(80)], by("ann", 90, message=3)),  # one of two
    ],
)
def test_two_peoples_replies(others: list[Reply], shown: list[Shown], expected: Reply | None) -> None:
    """Whoever has the ticket is asked as well: they do not know of the other reply either."""
    assert collision(BOB, others, shown, has_ticket=True) == expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([], None),
        ([shows(100)], shows(100)),
        ([shows(90)], shows(90)),
        ([shows(89.999)], None),
        ([shows(100.001)], None),  # he wrote before it showed
        ([shows(None)], shows(None)),  # it is being posted
        ([shows(92, 7), shows(95, 8), shows(20)], shows(95, 8)),  # the latest
        ([shows(92, 7), shows(None, 8)], shows(None, 8)),
    ],
)
def test_what_the_customer_has_just_written(shown: list[Shown], expected: Shown | None) -> None:
    """It holds the reply of everybody but of whoever has the ticket."""
    assert collision(BOB, [], shown, has_ticket=False) == expected
    assert collision(BOB, [], shown, has_ticket=True) is None


def test_a_colleagues_reply_is_named_before_the_customers_message() -> None:
    """That the customer has an answer already is what matters most."""
    ann = by("ann", 97)
    assert collision(BOB, [ann], [shows(96)], has_ticket=False) == ann
