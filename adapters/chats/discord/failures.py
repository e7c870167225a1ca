"""
What went wrong at Discord, as the core's errors.

Codes: https://github.com/discord/discord-api-docs/blob/main/developers/topics/opcodes-and-status-codes.mdx
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from adapters.chats.discord import wording
from adapters.chats.discord.markup import cut_line
from bot.errors import AuthFailed, Forbidden, Gone, RateLimited, Rejected, RemoteError, Unavailable, Uncertain

UNKNOWN_MESSAGE = 10008
UNKNOWN_EMOJI = 10014
TOO_MANY_OLD_EDITS = 30046
ARCHIVED = 50083
REACTIONS_BLOCKED = 90001
THREAD_EXISTS = 160004
TOO_MANY_THREADS = 160006
_BUSY = 40062
_TAG_REQUIRED = 40067
_MISSING_ACCESS = 50001
_OVERLOADED = 130000
_LOCKED = 160005
_MISSING_PERMISSION = 50013
# What a person with rights in the server has to mend, after which it goes on by itself.
_FOR_A_PERSON = (_MISSING_ACCESS, _MISSING_PERMISSION, _TAG_REQUIRED, _LOCKED, TOO_MANY_THREADS)
_BLOCKED = (200000, 200001)

_LONG = 600.0
"""Seconds; how long a cap that Discord gives no time for is left alone."""


@contextmanager
def understood(*, wrote: bool, permission: str = "") -> Iterator[None]:
    """
    Raise what discord.py raises inside as a `RemoteError`, with the original as its cause.

    Args:
        wrote: Whether the requests inside change anything, so that a lost answer is `Uncertain`.
        permission: What a bare "missing permissions" is about, as Discord names it.
    """
    try:
        yield
    except discord.RateLimited as error:
        raise RateLimited(wording.SLOW_DOWN, retry_after=error.retry_after) from error
    except discord.LoginFailure as error:
        raise AuthFailed(wording.LOGIN_REFUSED) from error
    except discord.HTTPException as error:
        raise _refusal(error, wrote=wrote, permission=permission) from error
    except aiohttp.ClientConnectorError as error:
        raise lost(wrote=False) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise lost(wrote=wrote) from error


def code_of(error: RemoteError) -> int:
    """Discord's own code for what went wrong; 0 where there is none."""
    cause = error.__cause__
    return cause.code if isinstance(cause, discord.HTTPException) else 0


def lost(*, wrote: bool) -> RemoteError:
    """The error for an answer that did not come, or says nothing."""
    return Uncertain(wording.NO_ANSWER) if wrote else Unavailable(wording.UNREACHABLE)


def _refusal(error: discord.HTTPException, *, wrote: bool, permission: str) -> RemoteError:
    if error.status >= 500:
        return lost(wrote=wrote)
    if error.status == 401:
        return AuthFailed(wording.LOGIN_REFUSED)
    if slow := _slow(error):
        return slow
    if error.code == _OVERLOADED:
        return Unavailable(wording.UNREACHABLE)
    if error.status == 404:
        return Gone(wording.GONE)
    return _refused_for_good(error, permission)


def _refused_for_good(error: discord.HTTPException, permission: str) -> RemoteError:
    """Until a person changes something in the server, or for ever."""
    if error.code in _FOR_A_PERSON:
        wait = _LONG if error.code == TOO_MANY_THREADS else None
        return Forbidden(_told(error, permission), retry_after=wait)
    return Rejected(_told(error, permission), fields=_fields(error))


def _slow(error: discord.HTTPException) -> RateLimited | None:
    if error.code == TOO_MANY_OLD_EDITS:
        return RateLimited(wording.TOO_MANY_EDITS, retry_after=_LONG)
    if error.status == 429 or error.code == _BUSY:
        return RateLimited(wording.SLOW_DOWN, retry_after=_retry_after(error))
    return None


def _retry_after(error: discord.HTTPException) -> float:
    try:
        return float(error.response.headers.get("Retry-After", ""))
    except ValueError:
        return 60.0


def _told(error: discord.HTTPException, permission: str) -> str:
    known = {
        _MISSING_ACCESS: wording.HIDDEN,
        _LOCKED: wording.LOCKED,
        _TAG_REQUIRED: wording.TAG_NEEDED,
        TOO_MANY_THREADS: wording.TOO_MANY_THREADS,
    }
    if error.code in known:
        return known[error.code]
    if error.code in _BLOCKED:
        return wording.BLOCKED
    if error.status == 403 and permission:
        return wording.FORBIDDEN.format(permission=permission)
    # Only the head: what follows names fields and may quote what was sent.
    reason = error.text.split("\n", 1)[0] if error.text else str(error.status)
    return wording.REFUSED.format(reason=cut_line(reason, 200))


def _fields(error: discord.HTTPException) -> dict[str, str]:
    """The single faults of a 50035, which discord.py has flattened to lines: `In embeds.0.description: Too long`."""
    lines = (line.removeprefix("In ").partition(": ") for line in error.text.split("\n")[1:])
    return {name: cut_line(what, 200) for name, colon, what in lines if colon}
