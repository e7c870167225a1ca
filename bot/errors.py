"""
Everything that shopbell raises on purpose.

    ShopbellError
    ├── SettingsError        the settings have faults; one line per fault (exit code 2)
    ├── DatabaseError        the database cannot be used; says what to do
    │   ├── DatabaseInUse    another process holds it (exit code 3)
    │   ├── DatabaseTooNew   a newer shopbell wrote it
    │   └── DatabaseTooOld   its schema is older and must be updated first
    └── RemoteError          a vendor or a chat did not do what was asked
        ├── Unavailable      nothing happened there; try again later
        ├── RateLimited      nothing happened there; try again at a given time
        ├── Uncertain        it may have happened; search for it before trying again
        ├── AuthFailed       our credentials are refused; a person must fix that
        ├── Forbidden        a permission is missing; a person must fix that, and it is tried again
        ├── Gone             the ticket, thread or channel is no longer there
        ├── Rejected         it was understood and refused; a plainer form may help, trying the same again rarely
        └── Unsupported      the other side does not offer this at all

An adapter raises only `RemoteError`s. Any other exception from an adapter is a defect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LONGEST_RETRY_AFTER = 900.0
"""The longest wait in seconds that we accept from an answer: one must not stop a store or a chat for a day."""


def bounded_wait(seconds: float) -> float:
    """So many seconds as an answer asks us to wait, from 0 to `LONGEST_RETRY_AFTER`; what is no number is the most."""
    return LONGEST_RETRY_AFTER if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


class ShopbellError(Exception):
    """The root of the tree."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One fault in the settings: the variable as the operator writes it, and what must be true of it.

    Attributes:
        value: What it is instead, on one line; None: nothing, or it may be a secret.
    """

    variable: str
    requirement: str
    value: str | None = None

    def __str__(self) -> str:
        return f"{self.variable}: {self.requirement}" + ("" if self.value is None else f" (now “{self.value}”)")


class SettingsError(ShopbellError):
    """The settings have faults. None of them quotes a value that may be a secret."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class DatabaseError(ShopbellError):
    """The database cannot be used; the text says what to do."""


class DatabaseInUse(DatabaseError):
    """Another process holds this database."""


class DatabaseTooNew(DatabaseError):
    """A newer shopbell wrote this database; this one cannot read it."""


class DatabaseTooOld(DatabaseError):
    """The database has an older schema, or none; only `shopbell run` updates it to the current one."""


class RemoteError(ShopbellError):
    """
    A vendor or a chat did not do what was asked.

    Args:
        user_message: One or two whole sentences that agents can read in a thread; no secret and no message text.
        retry_after: Seconds until it makes sense to try again, of which `bounded_wait` is kept; None: as the caller's
            own schedule says.

    Attributes:
        certain: Whether it is certain that nothing happened on the other side.
        retryable: Whether it makes sense to try again without a person doing something.
    """

    certain = True
    retryable = False

    def __init__(self, user_message: str, *, retry_after: float | None = None) -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.retry_after = None if retry_after is None else bounded_wait(retry_after)


class Unavailable(RemoteError):
    """No connection, 502, 503, or an unreadable answer to a read: nothing happened; try again later."""

    retryable = True


class RateLimited(RemoteError):
    """429, or our own limit on requests: nothing happened; try again after `retry_after` seconds."""

    retryable = True

    def __init__(self, user_message: str, *, retry_after: float) -> None:
        super().__init__(user_message, retry_after=retry_after)


class Uncertain(RemoteError):
    """The request was sent and no usable answer came back: search the other side before trying again."""

    certain = False
    retryable = True


class AuthFailed(RemoteError):
    """The credentials are refused: wait and inform a person; `user_message` names the step that fixes it."""


class Forbidden(RemoteError):
    """The credentials are valid but a permission is missing; `user_message` names the step. It is tried again."""

    retryable = True


class Gone(RemoteError):
    """The ticket, thread, channel or message does not exist any more."""


class Rejected(RemoteError):
    """
    The other side understood the request and refused it.

    Attributes:
        fields: What it said about single fields, by field name; often empty.
        plainer_may_pass: Whether the refusal is about the words or their form, so that a plainer form may be accepted.
        passing: Whether nobody knows why, so that it may pass by itself: then it is tried for some minutes.
    """

    def __init__(
        self,
        user_message: str,
        *,
        fields: dict[str, str] | None = None,
        plainer_may_pass: bool = False,
        passing: bool = False,
    ) -> None:
        super().__init__(user_message)
        self.fields = fields or {}
        self.plainer_may_pass = plainer_may_pass
        self.passing = passing
        self.retryable = passing


class Unsupported(RemoteError):
    """The other side does not offer this. It is answered at once and never queued."""
