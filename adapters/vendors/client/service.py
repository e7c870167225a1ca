"""Where a store's vendor is asked, and how we log in there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    The address of a store's vendor, and how we log in there.

    Attributes:
        label: The vendor's name as people read it.
        base: What stands before every path. Nothing is ever sent to another address.
        remedy: What to do about refused credentials, as a sentence.
        secrets: What no text may ever quote.
        error_status: For vendors that send errors with status 200: the status that the body of a 2xx response stands
            for; None: the body is what we asked for.
        variable: The name of one of the store's settings as the operator writes it.
    """

    label: str
    base: str
    remedy: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: httpx.Auth | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    error_status: Callable[[Any], int | None] = lambda _value: None
    variable: Callable[[str], str] = str
