"""
Everything that shopbell raises on purpose.

    ShopbellError
    ├── SettingsError        the settings have faults; one line per fault (exit code 2)
    ├── DatabaseError        the database cannot be used; says what to do
    │   ├── DatabaseInUse    another process holds it (exit code 3)
    │   ├── DatabaseTooNew   a newer shopbell wrote it
    │   └── DatabaseTooOld   it is still to be brought to this schema
    └── RemoteError          a vendor or a chat did not do what was asked
        ├── Unavailable      nothing happened there; try again later
        ├── RateLimited      nothing happened there; try again at a given time
        ├── Uncertain        it may have happened; look before trying again
        ├── AuthFailed       our credentials are refused; a person must mend it
        ├── Forbidden        a permission is missing there; a person must mend it, then it goes on
        ├── Gone             the ticket, thread or channel is no longer there
        ├── Rejected         it was understood and refused; trying again is no use
        └── Unsupported      the other side offers no such thing at all

An adapter raises only `RemoteError`s; whatever else escapes one is a defect.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_RETRY_AFTER = 900.0
"""The longest wait in seconds that we accept from a `Retry-After`: one answer must not stop a store for a day."""


class ShopbellError(Exception):
    """The root of the tree."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the settings: the variable as the operator writes it, and what it wants."""

    variable: str
    wants: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.wants}"


class SettingsError(ShopbellError):
    """The settings have faults; none of them quotes a value, for a value may be a secret."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class DatabaseError(ShopbellError):
    """The database cannot be used; the text says what to do about it."""


class DatabaseInUse(DatabaseError):
    """Another process holds this database."""


class DatabaseTooNew(DatabaseError):
    """A newer shopbell has written this database; this one would not understand it."""


class DatabaseTooOld(DatabaseError):
    """The database is of an older schema, or of none; only `shopbell run` brings it to the present one."""


class RemoteError(ShopbellError):
    """
    A vendor or a chat did not do what was asked.

    Args:
        told: One or two whole sentences that an agent can read in a thread.
            Never a secret, never a message body.
        retry_after: Seconds until it makes sense to try again; None: the caller's own schedule.

    Attributes:
        certain: Whether it is certain that nothing happened on the other side.
        again: Whether trying again by itself can help.
    """

    certain = True
    again = False

    def __init__(self, told: str, *, retry_after: float | None = None) -> None:
        super().__init__(told)
        self.told = told
        self.retry_after = retry_after


class Unavailable(RemoteError):
    """No connection, 502, 503, an answer that makes no sense to a read: nothing happened; try again later."""

    again = True


class RateLimited(RemoteError):
    """429 or a budget of our own: nothing happened; try again after `retry_after` seconds."""

    again = True

    def __init__(self, told: str, *, retry_after: float) -> None:
        super().__init__(told, retry_after=retry_after)


class Uncertain(RemoteError):
    """The request left and no usable answer came back: look at the far side before trying again."""

    certain = False
    again = True


class AuthFailed(RemoteError):
    """The credentials are refused: pause and tell a person; `told` names the step that mends it."""


class Forbidden(RemoteError):
    """We are let in but not to this place, or not to do this; `told` names the step that mends it. Tried again."""

    again = True


class Gone(RemoteError):
    """What was addressed does not exist any more."""


class Rejected(RemoteError):
    """
    The other side understood and refused.

    Attributes:
        fields: What it said about single fields, by the field's name; often empty.
    """

    def __init__(self, told: str, *, fields: dict[str, str] | None = None) -> None:
        super().__init__(told)
        self.fields = fields or {}


class Unsupported(RemoteError):
    """The other side has no such thing: answered at once, never queued."""
