"""
Slack's errors and the network's, as the core's errors; pure.

Slack names an error by a short code in an answer with status 200. The codes are listed with each method
at docs.slack.dev/reference/methods.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.chats.malformed import SHAPE_ERRORS
from adapters.chats.slack import wording
from bot.errors import (
    AuthFailed,
    Forbidden,
    Gone,
    RateLimited,
    Rejected,
    RemoteError,
    Unavailable,
    Uncertain,
    bounded_wait,
)

OPEN_SOCKET = "apps.connections.open"
THREAD_LOCKED = ("restricted_action_thread_locked", "thread_locked")
"""An admin of the workspace has locked the thread: it takes no replies and no reactions until they unlock it."""

CAUGHT = (SlackApiError, aiohttp.ClientError, OSError, *SHAPE_ERRORS)
"""
What a call through slack_sdk may raise because of the other side. Where an answer is not the object that it expects,
it raises an AttributeError or another error of that kind.
"""

_RETRY_AFTER = 30.0
_CODE = re.compile(r"[a-z0-9_]{1,80}")
_SCOPES = re.compile(r"[a-z0-9_.:, ]{1,200}")
_TOKEN_REFUSED = frozenset(
    {"invalid_auth", "not_allowed_token_type", "not_authed", "token_expired", "token_revoked"},
)
_UNKNOWN = frozenset({"fatal_error", "internal_error", "request_timeout"})
"""After these codes some of the request may have taken effect, as Slack's documentation says."""
_OF_THE_WORDS = frozenset(
    {
        "attachment_payload_limit_exceeded",
        "invalid_arguments",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "markdown_text_conflict",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "slack_connect_canvas_sharing_blocked",
        "slack_connect_file_link_sharing_blocked",
        "slack_connect_lists_sharing_blocked",
        "too_many_attachments",
        "too_many_contact_cards",
    }
)
"""A text was refused, or the form that it has; a plainer form may be accepted."""
_FINAL = frozenset(
    {
        *("already_reacted", "no_reaction", "bad_timestamp", "cant_delete_message", "cant_update_message"),
        *("cannot_reply_to_message", "edit_window_closed", "expired_trigger_id", "invalid_name", "invalid_thread_ts"),
        *("no_item_specified", "too_many_emoji", "too_many_reactions", "user_not_in_channel"),
    }
)
"""What was asked for cannot be done, however often it is asked. Any code in none of these lists may pass."""


@contextmanager
def usable_answer(*, writes: bool) -> Iterator[None]:
    """For reading an answer inside: one that has not the documented shape is no answer, as a lost one."""
    try:
        yield
    except SHAPE_ERRORS as error:
        raise _no_answer(writes=writes) from error


def error_for(error: Exception, *, method: str, writes: bool) -> RemoteError:
    """
    The core's error for what a call raised.

    Args:
        error: One of `CAUGHT`.
        method: As Slack names it: `chat.postMessage`.
        writes: Whether the call changes something; then an unknown outcome is `Uncertain`, else `Unavailable`.
    """
    if isinstance(error, SlackApiError) and isinstance(error.response, AsyncSlackResponse):
        response = error.response
        body = response.data if isinstance(response.data, dict) else {}
        return error_for_answer(response.status_code, body, response.headers, method=method, writes=writes)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Unavailable(wording.UNREACHABLE)
    return _no_answer(writes=writes)


def code_of(error: RemoteError) -> str:
    """Slack's own code for the error; empty: it gave none."""
    response = getattr(error.__cause__, "response", None)
    body = response.data if isinstance(response, AsyncSlackResponse) else None
    return _code(body) if isinstance(body, dict) else ""


def error_for_answer(status: int, body: dict[str, Any], headers: Any, *, method: str, writes: bool) -> RemoteError:
    """The core's error for an answer that is no success."""
    code = _code(body)
    if status == 429 or code in ("ratelimited", "rate_limited"):
        seconds = _retry_after(headers)
        return RateLimited(wording.RATE_LIMITED.format(seconds=seconds), retry_after=seconds)
    if code:
        return _error_for_code(code, body, method=method, writes=writes)
    if 400 <= status < 500 and status != 408:
        return Unavailable(wording.FOREIGN_ANSWER.format(status=status))
    return _no_answer(writes=writes)


def _code(body: dict[str, Any]) -> str:
    """Slack's code in an answer; empty: there is none. What is no code is not Slack's, and is shown to nobody."""
    given = body.get("error")
    return given if isinstance(given, str) and _CODE.fullmatch(given) else ""


def _error_for_code(code: str, body: dict[str, Any], *, method: str, writes: bool) -> RemoteError:
    if code in _TOKEN_REFUSED:
        sentence = wording.APP_TOKEN_REFUSED if method == OPEN_SOCKET else wording.BOT_TOKEN_REFUSED
        return AuthFailed(sentence.format(code=code))
    if code in ("missing_scope", "no_permission"):
        return _missing_scope(body, method)
    if code in _UNKNOWN:
        return _no_answer(writes=writes)
    if code in wording.WORKSPACE_REFUSES:
        return AuthFailed(wording.WORKSPACE_REFUSES[code])
    if code in wording.LATER:
        return Unavailable(wording.LATER[code])
    return _refusal(code)


def _refusal(code: str) -> RemoteError:
    if code in wording.FORBIDDEN:
        return Forbidden(wording.FORBIDDEN[code])
    if code in wording.GONE:
        return Gone(wording.GONE[code])
    is_unknown = code not in _FINAL and code not in _OF_THE_WORDS
    return Rejected(
        wording.REJECTED.get(code, wording.REFUSED.format(code=code)),
        fields={"error": code},
        plainer_may_pass=is_unknown or code in _OF_THE_WORDS,
        passing=is_unknown,
    )


def _missing_scope(body: dict[str, Any], method: str) -> RemoteError:
    if method == OPEN_SOCKET:
        return AuthFailed(wording.APP_TOKEN_SCOPE)
    given = body.get("needed")
    needed = given.strip() if isinstance(given, str) and _SCOPES.fullmatch(given) else ""
    return Forbidden(wording.SCOPE_MISSING.format(scope=f"the scope {needed}" if needed else "a scope"))


def _no_answer(*, writes: bool) -> RemoteError:
    return Uncertain(wording.NO_ANSWER) if writes else Unavailable(wording.UNUSABLE_ANSWER)


def _retry_after(headers: Any) -> float:
    """Slack's `Retry-After` in whole seconds; only a proxy's own 429 may lack it, or ask for a year."""
    try:
        return max(1.0, bounded_wait(float(headers.get("Retry-After", _RETRY_AFTER))))
    except (TypeError, ValueError):
        return _RETRY_AFTER
