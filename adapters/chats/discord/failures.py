"""
Discord's errors and the network's, as the core's errors.

Codes: https://github.com/discord/discord-api-docs/blob/main/developers/topics/opcodes-and-status-codes.mdx
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from adapters.chats.discord import wording
from adapters.chats.discord.markup import cut_line
from adapters.chats.malformed import SHAPE_ERRORS
from bot.errors import AuthFailed, Forbidden, Gone, RateLimited, Rejected, RemoteError, Unavailable, Uncertain
from bot.text import ended

UNKNOWN_CHANNEL = 10003
UNKNOWN_SERVER = 10004
UNKNOWN_MESSAGE = 10008
UNKNOWN_EMOJI = 10014
_UNKNOWN_MEMBER, _UNKNOWN_PERSON, _UNKNOWN_TAG = 10007, 10013, 10087
_THINGS = (UNKNOWN_CHANNEL, UNKNOWN_SERVER, _UNKNOWN_MEMBER, UNKNOWN_MESSAGE, _UNKNOWN_PERSON, UNKNOWN_EMOJI)
"""What a request is about. Any other code with a 404 is about something that the request only mentions."""
TOO_MANY_OLD_EDITS = 30046
ARCHIVED = 50083
REACTIONS_BLOCKED = 90001
THREAD_EXISTS = 160004
TOO_MANY_THREADS = 160006
_BUSY = 40062
_MISSING_ACCESS = 50001
_MISSING_PERMISSION = 50013
_TITLE_BLOCKED = 200001
_FORM_INVALID = 50035
_NEEDS_A_PERSON = {
    20026: wording.FLAGGED,
    40002: wording.UNVERIFIED,
    40007: wording.BANNED,
    40067: wording.TAG_NEEDED,
    _MISSING_ACCESS: wording.HIDDEN,
    _MISSING_PERMISSION: wording.FORBIDDEN,
    60003: wording.SECOND_FACTOR,
    160005: wording.LOCKED,
    TOO_MANY_THREADS: wording.TOO_MANY_THREADS,
}
"""A person with rights has to change something; after that it works."""
_PASSING_STATES = (40004, 40006, 40333, 110001, 130000)
"""Discord itself has trouble, or has switched something off for a time."""
_TOO_FAST = (20016, 20022, 20028, 20029, _BUSY)
_OF_THE_WORDS = {
    40005: wording.TOO_LONG,
    50006: wording.NOTHING_IN_IT,
    _FORM_INVALID: "",
    200000: wording.BLOCKED,
    _TITLE_BLOCKED: wording.BLOCKED,
    240000: wording.LINK_BLOCKED,
}
"""A text was refused, or the form that it has; a plainer form may be accepted."""
_FINAL = (
    *(10008, 10014, 30010, 30033, 50005, 50007, 50008, 50019, 50021, 50024, 50027, 50034, 50083, 50109),
    *(REACTIONS_BLOCKED, THREAD_EXISTS),
)
"""What was asked for cannot be done, however often it is asked. Any code in none of these lists may pass."""
_NOT_DISCORDS = (403, 404, 408, 409, 425)
"""Statuses that come from Discord only with one of its codes. Without one, something in between has answered."""

_LONG = 600.0
"""Seconds to wait after a refusal for which Discord gives no time."""


@contextmanager
def remote_errors(*, wrote: bool, permission: str = "") -> Iterator[None]:
    """
    Turn what discord.py raises inside into a `RemoteError`, with the original as its cause.

    Args:
        wrote: Whether the requests inside change anything, so that without an answer the outcome is `Uncertain`.
        permission: The permission to name, as Discord calls it, where Discord only says that one is missing.
    """
    try:
        yield
    except discord.RateLimited as error:
        raise RateLimited(wording.SLOW_DOWN, retry_after=error.retry_after) from error
    except discord.LoginFailure as error:
        raise AuthFailed(wording.LOGIN_REFUSED) from error
    except discord.HTTPException as error:
        raise _error_for(error, wrote=wrote, permission=permission) from error
    except aiohttp.ClientConnectorError as error:
        raise no_answer(wrote=False) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise no_answer(wrote=wrote) from error


@contextmanager
def usable_answer(*, wrote: bool) -> Iterator[None]:
    """For reading an answer inside: one that has not the documented shape is no answer, as a lost one."""
    try:
        yield
    except SHAPE_ERRORS as error:
        raise no_answer(wrote=wrote) from error


@contextmanager
def seen_open() -> Iterator[None]:
    """For requests inside a thread that was open a moment ago: archived since, it is opened by the next attempt."""
    try:
        yield
    except Rejected as error:
        if code_of(error) != ARCHIVED:
            raise
        raise Unavailable(wording.ARCHIVED_MEANWHILE) from error


@contextmanager
def library_errors() -> Iterator[None]:
    """As `remote_errors` for what discord.py reads by itself: it also fails on answers that it does not expect."""
    with remote_errors(wrote=False), usable_answer(wrote=False):
        yield


def code_of(error: RemoteError) -> int:
    """Discord's own code for the error; 0: it gave none."""
    cause = error.__cause__
    if isinstance(cause, RemoteError):
        return code_of(cause)
    return cause.code if isinstance(cause, discord.HTTPException) else 0


def no_answer(*, wrote: bool) -> RemoteError:
    """The error where no answer came, or an unusable one."""
    return Uncertain(wording.NO_ANSWER) if wrote else Unavailable(wording.UNREACHABLE)


def _error_for(error: discord.HTTPException, *, wrote: bool, permission: str) -> RemoteError:
    if error.status >= 500:
        return no_answer(wrote=wrote)
    if error.status == 401:
        return AuthFailed(wording.LOGIN_REFUSED)
    if limited := _rate_limit(error):
        return limited
    if error.code in _PASSING_STATES or (not error.code and error.status in _NOT_DISCORDS):
        sentence = wording.NOT_NOW if error.code else wording.FOREIGN_ANSWER
        return Unavailable(sentence.format(code=error.code, status=error.status))
    if error.status == 404 and error.code in _THINGS:
        return Forbidden(wording.NOT_ON_SERVER) if error.code == UNKNOWN_SERVER else Gone(wording.GONE)
    return _refused_for_good(error, permission)


def _refused_for_good(error: discord.HTTPException, permission: str) -> RemoteError:
    """Refused until a person changes something in the server, for a reason that is in the words, or for another."""
    said = _user_message(error, permission)
    if error.code in _NEEDS_A_PERSON:
        return Forbidden(said, retry_after=_LONG if error.code == TOO_MANY_THREADS else None)
    is_unknown = error.code not in _FINAL and error.code not in _OF_THE_WORDS
    return Rejected(
        said,
        fields=_fields(error),
        plainer_may_pass=is_unknown or error.code in _OF_THE_WORDS,
        passing=is_unknown,
    )


def is_about_name(error: RemoteError) -> bool:
    """Whether Discord has refused a thread's name, and not what else was in the request."""
    if code_of(error) == _TITLE_BLOCKED:
        return True
    return isinstance(error, Rejected) and bool(error.fields) and all(field == "name" for field in error.fields)


def is_about_tags(error: RemoteError) -> bool:
    """Whether Discord has refused a forum post's tags: one of them was deleted."""
    if code_of(error) == _UNKNOWN_TAG:
        return True
    return (
        isinstance(error, Rejected)
        and bool(error.fields)
        and all(field.split(".")[0] == "applied_tags" for field in error.fields)
    )


def _rate_limit(error: discord.HTTPException) -> RateLimited | None:
    if error.code == TOO_MANY_OLD_EDITS:
        return RateLimited(wording.TOO_MANY_EDITS, retry_after=_LONG)
    if error.status == 429 or error.code in _TOO_FAST:
        return RateLimited(wording.SLOW_DOWN, retry_after=_retry_after(error))
    return None


def _retry_after(error: discord.HTTPException) -> float:
    try:
        return float(error.response.headers.get("Retry-After", ""))
    except ValueError:
        return 60.0


def _user_message(error: discord.HTTPException, permission: str) -> str:
    known = (_NEEDS_A_PERSON | _OF_THE_WORDS).get(error.code)
    if known and known != wording.FORBIDDEN:
        return known
    if permission and (error.code == _MISSING_PERMISSION or error.status == 403):
        return wording.FORBIDDEN.format(permission=permission)
    # Only the first line: the others name fields and may quote what was sent. Without a code, it is not Discord's.
    reason = error.text.split("\n", 1)[0] if error.text and error.code else str(error.status)
    return ended(wording.REFUSED.format(reason=cut_line(reason, 200)))


def _fields(error: discord.HTTPException) -> dict[str, str]:
    """The faults that code 50035 lists; discord.py gives them as lines: `In embeds.0.description: Too long`."""
    lines = (line.removeprefix("In ").partition(": ") for line in error.text.split("\n")[1:])
    return {name: cut_line(what, 200) for name, colon, what in lines if colon}
