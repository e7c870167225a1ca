"""A configured store, and one finding of `shopbell check`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.chats import Place
from bot.model.ids import ChatName, StoreName
from bot.model.promises import Hours, Promises


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """
    One configured store, as the core sees it.

    Attributes:
        label: The name for people: `Main · Sellgate`.
        vendor: Its vendor's name in the settings.
        channels: In each of them every ticket gets a thread.
        poll_seconds: The time between two sweeps while nothing happens.
        backfill_open, backfill_closed: Whether open and closed tickets get threads at the first sweep.
        backfill_days: Of the open ones only those with activity in so many days; None: as `backfill_open` says.
        sends_all: Whether every message in a thread that is not a note goes to the customer.
        dashboard: Template of a link to a ticket, with `{id}`; None: no links.
        promises: Within which time it answers; None: it promises nothing.
        hours: When it is open; None: the settings name no hours.
        agents: For each chat, the ids of the people, roles and user groups that are agents; none: all full members.
    """

    name: StoreName
    label: str
    vendor_label: str
    channels: tuple[Place, ...]
    vendor: str = ""
    poll_seconds: float = 30.0
    backfill_open: bool = True
    backfill_closed: bool = False
    backfill_days: int | None = 7
    sends_all: bool = True
    dashboard: str | None = None
    promises: Promises | None = None
    hours: Hours | None = None
    agents: Mapping[ChatName, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """
    What an adapter found out of its store.

    Attributes:
        value: As the adapter writes it.
        evidence: How it was found out, in words for people; names no ticket and no customer.
    """

    value: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One finding of `shopbell check`.

    Attributes:
        subject: What was checked: `discord channel 123`, `store main`.
        remedy: The one step that fixes it; empty if nothing is wrong.
    """

    ok: bool
    subject: str
    text: str
    remedy: str = ""
