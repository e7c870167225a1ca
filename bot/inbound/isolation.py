"""A defect in the code for one store, one chat or one of the background tasks must not stop the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import structlog

from bot.clock import Clock
from bot.errors import AuthFailed, DatabaseError, RemoteError, Unavailable
from bot.ports import Chat, Intake
from bot.wording import reasons

_log = structlog.get_logger(__name__)
_AGAIN_SECONDS = 60.0


@contextmanager
def defects_as_unavailable(where: str) -> Iterator[None]:
    """
    Wrap a call to an adapter: log an unexpected exception with its traceback, and raise `Unavailable` instead.

    Args:
        where: What is being done, as the log shows it: `the sweep of store main`.

    Raises:
        Unavailable: In place of a defect, so that it is reported and retried like an outage.
        RemoteError, DatabaseError: Unchanged. Nothing can continue without the database.
    """
    try:
        yield
    except (RemoteError, DatabaseError):
        raise
    except Exception as defect:
        if isinstance(defect, ExceptionGroup) and defect.subgroup(DatabaseError):
            raise
        _log.exception("unexpected exception", where=where)
        raise Unavailable(reasons.went_wrong(f"{where} ({type(defect).__name__})")) from defect


async def keep_running(what: str, run: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """
    Run a task of the bridge, and start it again a minute after a defect, until it returns or is cancelled.

    One ticket that nobody has thought of must not end the bridge, and with it all stores and chats.

    Args:
        what: The task, as the log shows it.
        run: Begins anew each time it is called.

    Raises:
        DatabaseError: Nothing can continue without the database.
    """
    while True:
        try:
            with defects_as_unavailable(what):
                return await run()
        except RemoteError as error:
            _log.warning("task ended, and begins again in a minute", task=what, reason=error.user_message)
        await clock.sleep(_AGAIN_SECONDS)


async def keep_connected(chat: Chat, intake: Intake, clock: Clock) -> None:
    """
    Run a chat's connection, and start it again when it ends, until cancelled.

    Refused credentials are tried again every minute, so no restart is needed after they are corrected. Until then
    `healthz` says what is wrong.
    """
    while True:
        try:
            with defects_as_unavailable(f"the connection to {chat.label}"):
                await chat.run(intake)
        except AuthFailed as error:
            _log.error("chat refused us", chat=chat.name, reason=error.user_message)
        except RemoteError as error:
            _log.warning("chat connection ended", chat=chat.name, reason=error.user_message)
        await clock.sleep(_AGAIN_SECONDS)
