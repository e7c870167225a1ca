"""
A list that is larger than other answers: what is large in single tickets is left out, and each of these is read alone.

Anybody can write a ticket of ten megabytes. It must not hide the other tickets of its page.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

LARGEST_LIST = 40 * 1024 * 1024
"""The largest body of a list that is read, in bytes."""
LEFT_OUT = "shopbell_left_out"
"""The field that is there instead: a fingerprint of what was left out, so that a change of it is seen."""
_LARGE = 256 * 1024


def without_large_parts(value: Any) -> Any:
    """The JSON of a list, alone or in a wrapper, whose tickets have no large fields."""
    if isinstance(value, list):
        return [_ticket(part) for part in value]
    if isinstance(value, dict):
        return {key: without_large_parts(part) if isinstance(part, list) else part for key, part in value.items()}
    return value


def _ticket(ticket: Any) -> Any:
    if not isinstance(ticket, dict):
        return ticket
    written = {key: json.dumps(part) for key, part in ticket.items() if isinstance(part, str | list | dict)}
    large = {key: text for key, text in written.items() if len(text) > _LARGE}
    if not large:
        return ticket
    digest = hashlib.sha256("\n".join(large.values()).encode()).hexdigest()[:32]
    return {key: part for key, part in ticket.items() if key not in large} | {LEFT_OUT: digest}
