"""A configured shop, and what the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.chats import Place
from bot.model.ids import StoreName


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """
    One configured shop, as the core sees it.

    Attributes:
        label: As people read it: `Main · Sellgate`.
        channels: Where its tickets get a thread, one in each.
        poll_seconds: How often it is swept while nothing happens.
        backfill_days: Which tickets of its past get threads at first contact: open ones with activity in so many
            days; None: by `backfill_open` and `backfill_closed` alone.
        sends_all: Whether every message in a thread goes to the customer, unless it is a note.
        dashboard: Template of a link to a ticket, with `{id}`.
    """

    name: StoreName
    label: str
    vendor_label: str
    channels: tuple[Place, ...]
    poll_seconds: float = 30.0
    backfill_open: bool = True
    backfill_closed: bool = False
    backfill_days: int | None = 7
    sends_all: bool = True
    dashboard: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One line of the doctor's report.

    Attributes:
        subject: What was looked at: `discord channel 123`, `store main`.
        remedy: The one step that mends it; empty where all is well.
    """

    ok: bool
    subject: str
    text: str
    remedy: str = ""
