"""A defect that one store or one chat brings out must not end the others with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.clock import Clock
from bot.errors import AuthFailed, DatabaseError, RemoteError, Unavailable
from bot.ports import Chat, Intake
from bot.wording import notices

_log = structlog.get_logger(__name__)
_RECONNECT_SECONDS = 60.0


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
        raise Unavailable(notices.went_wrong(f"{where} ({type(defect).__name__})")) from defect


async def keep_connected(chat: Chat, intake: Intake, clock: Clock) -> None:
    """
    Run a chat's connection for ever.

    Refused credentials are tried again once a minute, so that mending them needs no restart; `healthz` says what is
    wrong meanwhile.
    """
    while True:
        try:
            with contained(f"the connection to {chat.label}"):
                await chat.run(intake)
        except AuthFailed as error:
            _log.error("chat refused us", chat=chat.name, told=error.told)
        except RemoteError as error:
            _log.warning("chat connection ended", chat=chat.name, told=error.told)
        await clock.sleep(_RECONNECT_SECONDS)
