"""
What Slack and the network answer instead of what was asked, as the errors of the core; pure.

Slack says what is wrong by a short code in an answer with status 200; the codes are listed with each method
at docs.slack.dev/reference/methods.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import AuthFailed, Forbidden, Gone, RateLimited, Rejected, RemoteError, Unavailable, Uncertain

OPEN_SOCKET = "apps.connections.open"

CAUGHT = (SlackApiError, aiohttp.ClientError, TimeoutError, UnicodeDecodeError, AttributeError)
"""
What a call through slack_sdk may raise because of the other side. It trips with an AttributeError over an answer
that is text or a list instead of an object.
"""

_RETRY_AFTER = 30.0
_REFUSED = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
_UNKNOWN = frozenset({"fatal_error", "internal_error", "request_timeout"})
"""Codes after which, by Slack's own words, some of what was asked may have happened."""
_LATER = frozenset({"service_unavailable", "team_added_to_org", "accesslimited"})
_GONE = {
    "message_not_found": "The message is no longer in Slack.",
    "thread_not_found": "The thread is no longer in Slack.",
    "user_not_found": "Slack knows no such person.",
}
_FORBIDDEN = {
    "channel_not_found": "Slack finds no such channel, or the bot is not in it. Invite it, or mend the channel id.",
    "not_in_channel": "The bot is not in the Slack channel. Type /invite and the bot's name there.",
    "is_archived": "The Slack channel is archived. Unarchive it, or give the store another channel.",
    "restricted_action": "A setting of the workspace keeps the bot from posting here. Ask an admin to allow it.",
    "restricted_action_read_only_channel": "The Slack channel is read-only. Allow the bot to post there.",
    "restricted_action_thread_only_channel": "The Slack channel takes only replies. Allow the bot to post there.",
}
_REJECTED = {
    "cant_update_message": "Slack does not let the bot change this message: another account has posted it.",
    "edit_window_closed": "This workspace does not allow messages to be changed so late. Mend its message settings.",
    "cannot_reply_to_message": "Slack allows no replies to this message.",
    "invalid_thread_ts": "Slack does not take this for a thread.",
    "msg_too_long": "Slack found the message too long.",
    "msg_blocks_too_long": "Slack found the message too long.",
    "user_not_in_channel": "This person is not in the Slack channel.",
    "too_many_emoji": "The message has as many reactions as Slack allows.",
    "too_many_reactions": "The message has as many reactions as Slack allows.",
    "expired_trigger_id": "That took too long for Slack. Try the command again.",
}


def failure(error: Exception, *, method: str, writes: bool) -> RemoteError:
    """
    The core's error for what a call raised.

    Args:
        error: One of `CAUGHT`.
        method: As Slack names it: `chat.postMessage`.
        writes: Whether the call was to change something; then what is unclear is `Uncertain`, else `Unavailable`.
    """
    if isinstance(error, SlackApiError) and isinstance(error.response, AsyncSlackResponse):
        response = error.response
        body = response.data if isinstance(response.data, dict) else {}
        return answered(response.status_code, body, response.headers, method=method, writes=writes)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Unavailable("Slack could not be reached.")
    return _unclear(writes=writes)


def answered(status: int, body: dict[str, Any], headers: Any, *, method: str, writes: bool) -> RemoteError:
    """The core's error for an answer that is no success."""
    code = str(body.get("error") or "")
    if status == 429 or code in ("ratelimited", "rate_limited"):
        wait = _seconds(headers)
        return RateLimited(f"Slack asks to wait {wait:.0f} seconds.", retry_after=wait)
    if code:
        return _coded(code, body, method=method, writes=writes)
    if 400 <= status < 500 and status != 408:
        return Unavailable(f"Something between here and Slack answered {status}.")
    return _unclear(writes=writes)


def _coded(code: str, body: dict[str, Any], *, method: str, writes: bool) -> RemoteError:
    if code in _REFUSED:
        return AuthFailed(_token_step(code, method))
    if code in ("missing_scope", "no_permission"):
        return _scope(body, method)
    if code in _UNKNOWN:
        return _unclear(writes=writes)
    if code in _LATER:
        return Unavailable("Slack cannot do this at the moment.")
    return _refused(code)


def _refused(code: str) -> RemoteError:
    if code in _FORBIDDEN:
        return Forbidden(_FORBIDDEN[code])
    if code in _GONE:
        return Gone(_GONE[code])
    return Rejected(_REJECTED.get(code, f"Slack refused this ({code})."), fields={"error": code})


def _token_step(code: str, method: str) -> str:
    if method == OPEN_SOCKET:
        return (
            f"Slack refuses the app token ({code}). "
            "Make one with the scope connections:write and put it in SLACK_APP_TOKEN."
        )
    return f"Slack refuses the bot token ({code}). Reinstall the app and put its token in SLACK_BOT_TOKEN."


def _scope(body: dict[str, Any], method: str) -> RemoteError:
    if method == OPEN_SOCKET:
        return AuthFailed("The Slack app token lacks the scope connections:write. Make a new one with it.")
    needed = str(body.get("needed") or "").strip()
    which = f"the scope {needed}" if needed else "a scope"
    return Forbidden(f"The Slack app lacks {which}. Add it to the app and reinstall the app.")


def _unclear(*, writes: bool) -> RemoteError:
    if writes:
        return Uncertain("The connection to Slack broke before it answered.")
    return Unavailable("Slack did not answer in a usable way.")


def _seconds(headers: Any) -> float:
    """Slack's `Retry-After`, in whole seconds; it is always there, but for a proxy's own 429."""
    try:
        return max(1.0, float(headers.get("Retry-After", _RETRY_AFTER)))
    except (TypeError, ValueError):
        return _RETRY_AFTER
