"""The page of their own that a chat shows an agent: Slack's App Home."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.chats import Button, Moment
from bot.model.events import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeTicket:
    """
    A ticket on the page.

    Attributes:
        title: `#1042 · Jane · Key not working`, on one line, of any length.
        address: Where its thread is opened; empty: nowhere, or it is not known yet.
        about: The status and who has it, as the card shows them.
        moment: What stands behind `about`; None: nothing.
    """

    title: str
    address: str
    about: str
    moment: Moment | None
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSection:
    """
    A list on the page.

    Attributes:
        tickets: At most ten.
        rest: What says how many more there are, or that there are none; empty: nothing is left out.
    """

    heading: str
    tickets: tuple[HomeTicket, ...]
    rest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """
    The whole page.

    Attributes:
        counts: How many tickets there are of each kind, in one line.
        answer: What came of the button that was pressed there last; None: nothing was pressed.
    """

    counts: str
    sections: tuple[HomeSection, ...]
    answer: Answer | None = None
