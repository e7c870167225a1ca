"""A defect that one store or one chat brings out must not end the others with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot import phrases
from bot.errors import DatabaseError, RemoteError, Unavailable

_log = structlog.get_logger(__name__)


@contextmanager
def contained(where: str) -> Iterator[None]:
    """
    Around what an adapter is asked for: whatever escapes it that is no `RemoteError` goes to the log with its cause.

    Args:
        where: What is being done, as one finds it in the log: `the sweep of store main`.

    Raises:
        Unavailable: In place of the defect, so that it is told and tried again as an outage is.
        RemoteError, DatabaseError: As they came; without the database nothing can go on.
    """
    try:
        yield
    except (RemoteError, DatabaseError):
        raise
    except Exception as defect:
        if isinstance(defect, ExceptionGroup) and defect.subgroup(DatabaseError):
            raise
        _log.exception("met a defect", where=where)
        raise Unavailable(phrases.went_wrong(f"{where} ({type(defect).__name__})")) from defect
