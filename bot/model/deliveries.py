"""Deliveries: what they are and how far."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """What becomes of a message; see `messages.purpose`."""

    VENDOR = "vendor"
    REPLY = "reply"
    NOTE = "note"
    TALK = "talk"


class Kind(StrEnum):
    """What a delivery is; see `deliveries.kind`."""

    OPEN = "open"
    POST = "post"
    LINE = "line"
    CARD = "card"
    HEAD = "head"
    MARK = "mark"
    REPLY = "reply"
    NOTE = "note"
    STATUS = "status"


class State(StrEnum):
    """How far a delivery is; see `deliveries.state`."""

    WAITING = "waiting"
    BEGUN = "begun"
    UNCERTAIN = "uncertain"
    HELD = "held"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"
